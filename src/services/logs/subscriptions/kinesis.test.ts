import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type Cloud, testCloud } from '../../../testing/cloud.ts';
import { rejected } from '../../../testing/rejected.ts';
import { groupFor, type Message, own, ready, roleFor, type Side, texts } from './fixtures.ts';

/** A stream that is ready; its ARN. */
async function streamFor(cloud: Cloud, { clients: { kinesis } }: Side, StreamName: string): Promise<string> {
  await kinesis.createStream({ StreamName, ShardCount: 1 });
  await ready(cloud);
  const { StreamDescriptionSummary } = await kinesis.describeStreamSummary({ StreamName });
  return StreamDescriptionSummary!.StreamARN!;
}

/** All records of a stream by now, with their keys. */
async function received(cloud: Cloud, { clients: { kinesis } }: Side, StreamName: string) {
  await cloud.settle();
  const wanted = { StreamName, ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' as const };
  const { ShardIterator } = await kinesis.getShardIterator(wanted);
  const { Records } = await kinesis.getRecords({ ShardIterator });
  return Records!.map(({ Data, PartitionKey }) => ({
    key: PartitionKey!,
    message: JSON.parse(gunzipSync(Data!).toString()) as Message,
  }));
}

const messages = async (...from: Parameters<typeof received>) =>
  (await received(...from)).map(({ message }) => message);

const FILTER = { logGroupName: 'app', filterName: 'all', filterPattern: '' };

async function subscribed(distribution?: 'Random' | 'ByLogStream') {
  const cloud = await testCloud();
  const side = own(cloud);
  const destinationArn = await streamFor(cloud, side, 'central');
  const roleArn = await roleFor(side, 'CWLtoKinesis', 'kinesis:PutRecord');
  const put = await groupFor(cloud, side);
  const filter = { ...FILTER, destinationArn, roleArn, distribution };
  await cloud.root.logs.putSubscriptionFilter(filter);
  return { cloud, side, logs: cloud.root.logs, put, filter };
}

test('Events of a stream come in order, under the key of the stream; with Random under any', async () => {
  const { cloud, side, logs, put, filter } = await subscribed();
  for (let n = 0; n < 5; n++) await put(`event ${n}`);
  const first = await received(cloud, side, 'central');
  assert.deepEqual(texts(first.map(({ message }) => message)), ['event 0', 'event 1', 'event 2', 'event 3', 'event 4']);
  await put('more');
  const again = await received(cloud, side, 'central');
  assert.equal(again.at(-1)!.key, again.at(-2)!.key);
  await logs.putSubscriptionFilter({ ...filter, distribution: 'Random' });
  await put('elsewhere');
  const [data] = (await received(cloud, side, 'central')).filter(({ message }) => texts([message])[0] === 'elsewhere');
  assert.notEqual(data!.key, again.at(-1)!.key);
});

test('A filter of the account is for all groups but those that it excludes', async () => {
  const cloud = await testCloud();
  const side = own(cloud);
  const DestinationArn = await streamFor(cloud, side, 'central');
  const RoleArn = await roleFor(side, 'CWLtoKinesis', 'kinesis:PutRecord');
  const policy = {
    policyName: 'everything',
    policyType: 'SUBSCRIPTION_FILTER_POLICY' as const,
    policyDocument: JSON.stringify({ DestinationArn, RoleArn, FilterPattern: 'ERROR', Distribution: 'Random' }),
    selectionCriteria: 'LogGroupName NOT IN ["loop"]',
  };
  await cloud.root.logs.putAccountPolicy(policy);
  const put = await groupFor(cloud, side);
  const loop = await groupFor(cloud, side, 'loop');
  await put('ERROR', 'fine');
  await loop('ERROR in a ring');
  const data = (await messages(cloud, side, 'central')).filter(({ messageType }) => messageType === 'DATA_MESSAGE');
  assert.deepEqual(
    data.map(({ logEvents, ...envelope }) => [envelope, logEvents.map(({ message }) => message)]),
    [
      [
        {
          messageType: 'DATA_MESSAGE',
          owner: side.account,
          logGroup: 'app',
          logStream: 's',
          subscriptionFilters: ['everything'],
          policyLevel: 'ACCOUNT_LEVEL_POLICY',
        },
        ['ERROR'],
      ],
    ],
  );
  const { accountPolicies } = await cloud.root.logs.describeAccountPolicies({ policyType: policy.policyType });
  const [read] = accountPolicies!;
  assert.deepEqual(
    [read!.policyName, read!.policyDocument, read!.selectionCriteria, read!.scope],
    [policy.policyName, policy.policyDocument, policy.selectionCriteria, 'ALL'],
  );
  const refused = (more: object) => cloud.root.logs.putAccountPolicy({ ...policy, ...more });
  await rejected(refused({ policyName: 'another' }), 'LimitExceededException', /^Only one/);
  await rejected(refused({ selectionCriteria: 'LogGroupNamePrefix IN ["a"]' }), 'InvalidParameterException', /NOT IN/);
  await rejected(refused({ policyDocument: '{"RoleArn":"x"}' }), 'InvalidParameterException', /DestinationArn/);
  await cloud.root.logs.deleteAccountPolicy({ policyName: 'everything', policyType: policy.policyType });
  await put('ERROR too late');
  assert.equal((await messages(cloud, side, 'central')).length, 2);
});

test('A central account takes events of others, as long as its destination lets them in', async () => {
  const cloud = await testCloud();
  const central = own(cloud);
  const { id, root } = await cloud.memberAccount('app');
  const sender: Side = { clients: root, account: id };
  const targetArn = await streamFor(cloud, central, 'central');
  const condition = {
    StringLike: { 'aws:SourceArn': [id, central.account].map((account) => `arn:aws:logs:us-east-1:${account}:*`) },
  };
  const roleArn = await roleFor(central, 'CWLtoKinesis', 'kinesis:PutRecord', { condition });
  const { destination } = await cloud.root.logs.putDestination({ destinationName: 'logs', targetArn, roleArn });
  const destinationArn = `arn:aws:logs:us-east-1:${central.account}:destination:logs`;
  assert.equal(destination!.arn, destinationArn);
  const put = await groupFor(cloud, sender);
  const subscribe = () => root.logs.putSubscriptionFilter({ ...FILTER, destinationArn });
  await rejected(subscribe(), 'AccessDeniedException', /logs:PutSubscriptionFilter on resource: .*:destination:logs/);
  const letIn = (account: string) =>
    cloud.root.logs.putDestinationPolicy({
      destinationName: 'logs',
      accessPolicy: JSON.stringify({
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { AWS: account },
          Action: 'logs:PutSubscriptionFilter',
          Resource: destinationArn,
        },
      }),
    });
  await letIn(id);
  await subscribe();
  await put('from the application');
  const all = await messages(cloud, central, 'central');
  assert.deepEqual(texts(all), ['from the application']);
  assert.equal(all.at(-1)!.owner, id);
  await letIn('999999999999');
  await put('no longer wanted');
  assert.deepEqual(texts(await messages(cloud, central, 'central')), ['from the application']);
  await letIn(id);
  await put('wanted again');
  assert.deepEqual(texts(await messages(cloud, central, 'central')), ['from the application', 'wanted again']);
});

test('What the stream has no room for comes later, in order; what it refuses is dropped', async () => {
  const { cloud, side, put } = await subscribed();
  const large = (n: number) => `${n} ${randomText(700_000)}`;
  for (let n = 0; n < 4; n++) await put(large(n));
  await cloud.settle();
  const orderOf = (all: Message[]) => texts(all).map((text) => text.split(' ')[0]);
  const first = orderOf(await messages(cloud, side, 'central'));
  assert.ok(first.length < 4, 'a shard takes a megabyte in a second');
  const { Datapoints } = await cloud.root.cloudwatch.getMetricStatistics({
    ...{ Namespace: 'AWS/Logs', MetricName: 'DeliveryThrottling', Period: 60, Statistics: ['Sum'] },
    Dimensions: [
      { Name: 'LogGroupName', Value: 'app' },
      { Name: 'DestinationType', Value: 'Kinesis' },
      { Name: 'FilterName', Value: 'all' },
    ],
    StartTime: new Date(cloud.now().getTime() - 3_600_000),
    EndTime: new Date(cloud.now().getTime() + 3_600_000),
  });
  assert.ok(Datapoints![0]!.Sum! > 0);
  for (let n = 0; n < 20; n++) {
    cloud.advance('PT10S');
    await cloud.settle();
  }
  assert.deepEqual(orderOf(await messages(cloud, side, 'central')), ['0', '1', '2', '3']);
  await cloud.root.iam.deleteRolePolicy({ RoleName: 'CWLtoKinesis', PolicyName: 'may' });
  await put('not permitted');
  await cloud.settle();
  cloud.advance('PT1H');
  assert.equal((await messages(cloud, side, 'central')).length, 5);
});

const randomText = (bytes: number) => randomBytes(bytes).toString('base64').slice(0, bytes);
