import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicePrincipal } from '../../core/context.ts';
import { errand } from '../../gateway/errand.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { refusal, rejected } from '../../testing/rejected.ts';

const ACCOUNT = '111122223333';
const RULE = `arn:aws:events:us-east-1:${ACCOUNT}:rule/r`;

/** As EventBridge writes to a log group. */
async function write(cloud: Cloud, operation: string, input: object) {
  const role = { principal: 'events.amazonaws.com', account: ACCOUNT, region: 'us-east-1' };
  const as = servicePrincipal('events.amazonaws.com', { arn: RULE, account: ACCOUNT });
  return errand(cloud.deps, role, (ctx) => ctx.call('logs', operation, input, as));
}

const allowing = (service: string, resource: string, more: object = {}) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: service },
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: resource,
      ...more,
    },
  });

test('A service writes only where a resource policy lets it', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: '/aws/events/x' });
  const stream = { logGroupName: '/aws/events/x', logStreamName: 's' };
  await assert.rejects(write(cloud, 'CreateLogStream', stream), { name: 'AccessDenied' });
  const resource = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/events/*:*`;
  const other = allowing('delivery.logs.amazonaws.com', resource);
  await logs.putResourcePolicy({ policyName: 'a', policyDocument: other });
  await assert.rejects(write(cloud, 'CreateLogStream', stream), { name: 'AccessDenied' });
  const condition = { Condition: { ArnEquals: { 'aws:SourceArn': RULE } } };
  await logs.putResourcePolicy({
    policyName: 'b',
    policyDocument: allowing('events.amazonaws.com', resource, condition),
  });
  await write(cloud, 'CreateLogStream', stream);
  const logEvents = [{ timestamp: cloud.now().getTime(), message: '{}' }];
  await write(cloud, 'PutLogEvents', { ...stream, logEvents });
  await assert.rejects(write(cloud, 'FilterLogEvents', { logGroupName: '/aws/events/x' }), { name: 'AccessDenied' });
  assert.equal((await logs.filterLogEvents({ logGroupName: '/aws/events/x' })).events!.length, 1);
});

test('A policy of one group bears on that group alone, and goes with it', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'a' });
  await logs.createLogGroup({ logGroupName: 'b' });
  const resourceArn = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:a`;
  const { revisionId } = await logs.putResourcePolicy({
    resourceArn,
    policyDocument: allowing('events.amazonaws.com', '*'),
  });
  await write(cloud, 'CreateLogStream', { logGroupName: 'a', logStreamName: 's' });
  const elsewhere = write(cloud, 'CreateLogStream', { logGroupName: 'b', logStreamName: 's' });
  await assert.rejects(elsewhere, { name: 'AccessDenied' });
  const shown = await logs.describeResourcePolicies({ resourceArn });
  assert.deepEqual(shown.resourcePolicies![0]!.revisionId, revisionId);
  const policyDocument = allowing('events.amazonaws.com', '*');
  for (const expectedRevisionId of ['x', undefined]) {
    const stale = { resourceArn, expectedRevisionId };
    await refusal(logs.putResourcePolicy({ ...stale, policyDocument }), 'OperationAbortedException');
    await refusal(logs.deleteResourcePolicy(stale), 'OperationAbortedException');
  }
  await logs.putResourcePolicy({ resourceArn, policyDocument, expectedRevisionId: revisionId });
  await logs.deleteLogGroup({ logGroupName: 'a' });
  await logs.createLogGroup({ logGroupName: 'a' });
  assert.deepEqual((await logs.describeResourcePolicies({ resourceArn })).resourcePolicies, []);
});

test('Resource policies are read back as written, ten at most', async () => {
  const { logs } = (await testCloud()).root;
  const policyDocument = allowing('events.amazonaws.com', '*');
  for (let i = 0; i < 10; i++) await logs.putResourcePolicy({ policyName: `p${i}`, policyDocument });
  await refusal(logs.putResourcePolicy({ policyName: 'more', policyDocument }), 'LimitExceededException');
  await logs.putResourcePolicy({ policyName: 'p0', policyDocument });
  const { resourcePolicies } = await logs.describeResourcePolicies({});
  assert.equal(resourcePolicies!.length, 10);
  assert.equal(resourcePolicies![0]!.policyDocument, policyDocument);
  assert.equal(resourcePolicies![0]!.policyScope, 'ACCOUNT');
  await rejected(
    logs.deleteResourcePolicy({ policyName: 'non-existent' }),
    'ResourceNotFoundException',
    'Policy with name [non-existent] does not exist',
  );
  await logs.deleteResourcePolicy({ policyName: 'p0' });
  await refusal(logs.putResourcePolicy({ policyName: 'x', policyDocument: '{' }), 'InvalidParameterException');
});
