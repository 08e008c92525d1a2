/** Calls within calls: authorized, recorded and undone like any other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as sdk from '@aws-sdk/client-sqs';
import type { Context } from '../core/context.ts';
import { defineService, Open } from '../core/operation.ts';
import { services } from '../services/index.ts';
import { type Cloud, testCloud } from '../testing/cloud.ts';
import { resolverOf } from './resolve.ts';

const ACCOUNT = '111122223333';

/** SQS of another making: ListQueues does what the test wants. */
async function cloudWith(run: (ctx: Context) => Promise<unknown>): Promise<Cloud> {
  const cloud = await testCloud();
  const sqs = defineService({
    name: 'sqs',
    eventSource: 'sqs.amazonaws.com',
    sdk,
    wire: { protocols: ['awsJson1_0'], target: 'AmazonSQS' },
    operations: {
      ListQueues: {
        access: () => new Open('a test'),
        run: async (_input, ctx) => {
          await run(ctx);
          return {};
        },
      },
    },
  });
  const others = services.filter(({ name }) => name !== 'sqs');
  const resolver = resolverOf([...others, { name: 'sqs', target: 'AmazonSQS', load: async () => sqs }]);
  Object.assign(cloud.deps, { resolver });
  return cloud;
}

async function recordsIn(cloud: Cloud) {
  const rows = await cloud.deps.store.journal.read(0, 1000);
  return rows.filter(({ kind }) => kind === 'api').map(({ body }) => JSON.parse(body));
}

const policy = (Action: string, Condition: object = {}) => ({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action, Resource: '*', Condition },
});
const createGroup = (ctx: Context) => ctx.call('iam', 'CreateGroup', { GroupName: 'inner' });

test('an inner call is authorized as the caller, through the service, and recorded on its own', async () => {
  const cloud = await cloudWith(createGroup);
  const via = {
    Bool: { 'aws:ViaAWSService': 'true' },
    'ForAnyValue:StringEquals': { 'aws:CalledVia': 'sqs.amazonaws.com' },
  };
  const alice = await cloud.user('alice', policy('iam:CreateGroup', via));
  await assert.rejects(alice.iam.createGroup({ GroupName: 'direct' }), { name: 'AccessDenied' });
  const { $metadata } = await alice.sqs.listQueues({});
  const [inner, outer] = (await recordsIn(cloud)).slice(-2);
  assert.deepEqual([inner.eventName, outer.eventName], ['CreateGroup', 'ListQueues']);
  assert.equal(inner.requestID, $metadata.requestId);
  assert.equal(inner.userIdentity.invokedBy, 'sqs.amazonaws.com');
  assert.equal(inner.sourceIPAddress, 'sqs.amazonaws.com');
  assert.equal(inner.userIdentity.arn, `arn:aws:iam::${ACCOUNT}:user/alice`);
  assert.equal(outer.userIdentity.invokedBy, undefined);
});

test('an inner call that is refused undoes the outer one; both are recorded', async () => {
  const cloud = await cloudWith(async (ctx) => {
    await createGroup(ctx);
    await ctx.call('iam', 'CreateUser', { UserName: 'inner' });
  });
  const alice = await cloud.user('alice', policy('iam:CreateGroup'));
  await assert.rejects(alice.sqs.listQueues({}), /not authorized to perform: iam:CreateUser/);
  const records = (await recordsIn(cloud)).map(({ eventName, errorCode }) => [eventName, errorCode]);
  assert.deepEqual(records, [
    ['CreateUser', 'AccessDenied'],
    ['ListQueues', 'AccessDeniedException'],
  ]);
  assert.equal((await cloud.root.iam.listGroups({})).Groups?.length, 0);
});

test('an inner call whose failure the outer one bears is recorded with it', async () => {
  const cloud = await cloudWith(async (ctx) => {
    await ctx.call('iam', 'GetUser', { UserName: 'nobody' }).catch(() => undefined);
  });
  await cloud.root.sqs.listQueues({});
  const records = (await recordsIn(cloud)).map(({ eventName, errorCode }) => [eventName, errorCode]);
  assert.deepEqual(records.sort(), [
    ['GetUser', 'NoSuchEntityException'],
    ['ListQueues', undefined],
  ]);
});

test('a service that calls in its own name is a service principal, without rights of its own', async () => {
  const service = {
    type: 'Service',
    account: '',
    arn: '',
    userId: 'sqs.amazonaws.com',
    service: 'sqs.amazonaws.com',
  } as const;
  const cloud = await cloudWith((ctx) => ctx.call('iam', 'CreateGroup', { GroupName: 'g' }, service));
  await assert.rejects(
    cloud.root.sqs.listQueues({}),
    /^AccessDeniedException: User: sqs\.amazonaws\.com is not authorized/,
  );
  const [inner] = await recordsIn(cloud);
  assert.deepEqual(inner.userIdentity, { type: 'AWSService', invokedBy: 'sqs.amazonaws.com' });
  assert.equal(inner.recipientAccountId, ACCOUNT);
});
