import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { type Answerer, endpoint, MY_APP, put, roleFor } from './fixtures.ts';

const TAG = [{ TagKey: 'EventBridgeApiDestinations', TagValue: 'true' }];
const BASIC = { BasicAuthParameters: { Username: 'plane', Password: 'very-secret' } };

const keyIn = async ({ root }: Cloud, Tags = TAG) => (await root.kms.createKey({ Tags })).KeyMetadata!.KeyId!;

const connect = ({ root }: Cloud, KmsKeyIdentifier: string, more: object = {}) =>
  root.events.createConnection({
    Name: 'c',
    AuthorizationType: 'BASIC',
    AuthParameters: BASIC,
    KmsKeyIdentifier,
    ...more,
  });

const stateOf = async ({ root }: Cloud) => {
  const { ConnectionState, StateReason } = await root.events.describeConnection({ Name: 'c' });
  return [ConnectionState, StateReason] as const;
};

/** Events of `my.app` go to an endpoint, with a connection under that key. */
async function calling(t: Parameters<typeof endpoint>[0], answer: Answerer = () => ({ status: 200 })) {
  const { url, received } = await endpoint(t, answer);
  const cloud = await testCloud();
  const { events } = cloud.root;
  const key = await keyIn(cloud);
  const { ConnectionArn } = await connect(cloud, key);
  const made = { Name: 'd', ConnectionArn, InvocationEndpoint: url, HttpMethod: 'POST' as const };
  const { ApiDestinationArn: Arn } = await events.createApiDestination(made);
  const may = { Action: 'events:InvokeApiDestination', Resource: Arn };
  const RoleArn = await roleFor(cloud.root, 'caller', 'events.amazonaws.com', may);
  await events.putRule({ Name: 'r', EventPattern: MY_APP });
  await events.putTargets({ Rule: 'r', Targets: [{ Id: 'd', Arn, RoleArn }] });
  return { cloud, key, received };
}

test('A connection under a key is read back with it, and what is secret lies under it alone', async () => {
  const cloud = await testCloud();
  const key = await keyIn(cloud);
  await connect(cloud, key);
  const shown = await cloud.root.events.describeConnection({ Name: 'c' });
  assert.equal(shown.KmsKeyIdentifier, key);
  assert.equal(shown.ConnectionState, 'AUTHORIZED');
  assert.deepEqual(shown.AuthParameters, { BasicAuthParameters: { Username: 'plane' } });
  const calls = await cloud.root.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'GenerateDataKey' }],
  });
  const record = JSON.parse(calls.Events![0]!.CloudTrailEvent!);
  assert.equal(record.userIdentity.invokedBy, 'secretsmanager.amazonaws.com');
  assert.match(record.userIdentity.arn, /assumed-role\/AWSServiceRoleForAmazonEventBridgeApiDestinations\//);
  assert.equal(record.requestParameters.encryptionContext.SecretARN, shown.SecretArn);
  await cloud.root.events.updateConnection({
    Name: 'c',
    AuthParameters: { BasicAuthParameters: { Username: 'other' } },
  });
  const without = await cloud.root.events.describeConnection({ Name: 'c' });
  assert.equal(without.KmsKeyIdentifier, undefined);
  assert.deepEqual(without.AuthParameters, { BasicAuthParameters: { Username: 'other' } });
});

test('The key serves calls; a key that is disabled deauthorizes the connection once it is asked for again', async (t) => {
  const { cloud, key, received } = await calling(t);
  await put(cloud, { n: 1 });
  await cloud.settle();
  cloud.advance('PT10M');
  await put(cloud, { n: 2 });
  await cloud.settle();
  const authorization = `Basic ${Buffer.from('plane:very-secret').toString('base64')}`;
  assert.deepEqual(
    received.map(({ headers }) => headers.authorization),
    [authorization, authorization],
  );
  await cloud.root.kms.disableKey({ KeyId: key });
  cloud.advance('PT1S');
  await put(cloud, { n: 3 });
  await cloud.settle();
  assert.equal(received.length, 3);
  cloud.advance('PT10M');
  await put(cloud, { n: 4 });
  await cloud.settle();
  assert.equal(received.length, 3);
  const [state, reason] = await stateOf(cloud);
  assert.equal(state, 'DEAUTHORIZED');
  assert.match(reason ?? '', /is disabled/);
  assert.equal((await cloud.root.events.describeConnection({ Name: 'c' })).AuthParameters, undefined);
  await cloud.root.kms.enableKey({ KeyId: key });
  await cloud.root.events.updateConnection({ Name: 'c', AuthParameters: BASIC, KmsKeyIdentifier: key });
  assert.deepEqual(await stateOf(cloud), ['AUTHORIZED', undefined]);
  cloud.advance('PT10M');
  await cloud.settle();
  assert.equal(received.length, 4);
});

test('A call that fails and is tried again counts no look for the key', async (t) => {
  const { cloud, received } = await calling(t, () => ({ status: 500 }));
  const { events } = cloud.root;
  const [target] = (await events.listTargetsByRule({ Rule: 'r' })).Targets!;
  await events.putTargets({ Rule: 'r', Targets: [{ ...target!, RetryPolicy: { MaximumRetryAttempts: 3 } }] });
  cloud.advance('PT10M');
  await put(cloud, { n: 1 });
  for (let n = 0; n < 8; n++) {
    await cloud.settle();
    cloud.advance('PT10M');
  }
  assert.equal(received.length, 4);
});

test('Without the tag that EventBridge’s role asks for, a connection is deauthorized from the start', async () => {
  const cloud = await testCloud();
  await connect(cloud, await keyIn(cloud, []));
  const [state, reason] = await stateOf(cloud);
  assert.equal(state, 'DEAUTHORIZED');
  assert.match(reason ?? '', /not authorized to perform: kms:GenerateDataKey/);
});

test('A key that is none, or that the caller may not see, is refused', async () => {
  const cloud = await testCloud();
  const missing = '00000000-0000-4000-8000-000000000000';
  await rejected(connect(cloud, missing), 'ValidationException', /KmsKeyIdentifier is not valid/);
  const key = await keyIn(cloud);
  await cloud.root.kms.disableKey({ KeyId: key });
  await rejected(connect(cloud, key), 'ValidationException', /enabled symmetric/);
  await cloud.root.kms.enableKey({ KeyId: key });
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'events:*', Resource: '*' }],
  });
  const made = connect({ ...cloud, root: alice } as Cloud, key);
  await rejected(made, 'AccessDeniedException', /kms:DescribeKey/);
});
