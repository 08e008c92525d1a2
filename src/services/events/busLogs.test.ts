import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { ACCOUNT, loggingTrail, MY_APP, queue } from './fixtures.ts';

const BUS = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/shop`;

type Level = 'ERROR' | 'INFO' | 'TRACE';
const LEVELS: readonly Level[] = ['ERROR', 'INFO', 'TRACE'];

/** A bus that logs, and a source of each of its log types. */
async function logging(level: Level, IncludeDetail: 'NONE' | 'FULL' = 'NONE') {
  const cloud = await testCloud();
  const { events, logs } = cloud.root;
  await events.createEventBus({ Name: 'shop', LogConfig: { Level: level, IncludeDetail } });
  for (const each of LEVELS) {
    await logs.putDeliverySource({ name: `shop-${each}`, resourceArn: BUS, logType: `${each}_LOGS` });
  }
  return cloud;
}

/** Deliveries of all log types to a resource. */
async function deliverTo({ root: { logs } }: Cloud, destinationResourceArn: string, settings: object = {}) {
  const { deliveryDestination } = await logs.putDeliveryDestination({
    name: 'there',
    deliveryDestinationConfiguration: { destinationResourceArn },
  });
  for (const each of LEVELS) {
    const deliveryDestinationArn = deliveryDestination!.arn!;
    await logs.createDelivery({ deliverySourceName: `shop-${each}`, deliveryDestinationArn, ...settings });
  }
}

async function toGroup(cloud: Cloud) {
  await cloud.root.logs.createLogGroup({ logGroupName: '/aws/vendedlogs/shop' });
  await deliverTo(cloud, `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/vendedlogs/shop:*`);
}

const send = ({ root }: Cloud, Source: string) =>
  root.events.putEvents({
    Entries: [{ EventBusName: 'shop', Source, DetailType: 'Order', Detail: '{"n":1}', Resources: ['r'] }],
  });

async function recordsIn({ root }: Cloud) {
  const { events = [] } = await root.logs.filterLogEvents({ logGroupName: '/aws/vendedlogs/shop' });
  return events.map(({ message }) => JSON.parse(message!));
}

const typesIn = async (cloud: Cloud) => (await recordsIn(cloud)).map(({ message_type }) => message_type).toSorted();

async function rule({ root: { events } }: Cloud, arn: string, target: object = {}) {
  await events.putRule({ Name: 'mine', EventBusName: 'shop', EventPattern: MY_APP });
  await events.putTargets({ Rule: 'mine', EventBusName: 'shop', Targets: [{ Id: 'q', Arn: arn, ...target }] });
}

test('Each step of an event is a record of the bus’s log, with details where they are asked for', async () => {
  const cloud = await logging('TRACE', 'FULL');
  await toGroup(cloud);
  const orders = await queue(cloud.root, 'orders');
  await rule(cloud, orders.arn);
  await send(cloud, 'my.app');
  await cloud.settle();
  assert.deepEqual(await typesIn(cloud), [
    'EVENT_INGEST_SUCCESS',
    'EVENT_RECEIPT',
    'INVOCATION_ATTEMPT_START',
    'INVOCATION_ATTEMPT_SUCCESS',
    'INVOCATION_START',
    'INVOCATION_SUCCESS',
    'RULE_MATCH',
    'RULE_MATCH_START',
  ]);
  const records = await recordsIn(cloud);
  const of = (type: string) => records.find(({ message_type }) => message_type === type);
  const ingested = of('EVENT_INGEST_SUCCESS');
  assert.deepEqual(ingested.details, {
    caller_account_id: ACCOUNT,
    source_time_ms: cloud.now().getTime(),
    source: 'my.app',
    detail_type: 'Order',
    resources: ['r'],
    event_detail: '{"n":1}',
  });
  assert.deepEqual([ingested.resource_arn, ingested.log_level], [BUS, 'INFO']);
  const matched = of('RULE_MATCH').details;
  assert.deepEqual(matched.target_arns, [orders.arn]);
  const succeeded = of('INVOCATION_SUCCESS');
  assert.deepEqual(matched.invocation_ids, [succeeded.invocation_id]);
  assert.equal(succeeded.details.final_invocation_status, 'SUCCESS');
  assert.equal(JSON.parse(succeeded.details.target_input).detail.n, 1);
  assert.equal(new Set(records.map(({ event_id }) => event_id)).size, 1);
});

test('The level says which steps are logged, and a bus without one logs nothing', async () => {
  const cloud = await logging('INFO');
  await toGroup(cloud);
  const orders = await queue(cloud.root, 'orders', { AWS: ACCOUNT });
  await rule(cloud, orders.arn);
  await send(cloud, 'other.app');
  await cloud.settle();
  assert.deepEqual(await typesIn(cloud), ['EVENT_INGEST_SUCCESS', 'NO_STANDARD_RULES_MATCHED']);
  assert.equal((await recordsIn(cloud))[0].details.event_detail, undefined);
  await cloud.root.events.updateEventBus({ Name: 'shop', LogConfig: { Level: 'ERROR' } });
  await send(cloud, 'my.app');
  await cloud.settle();
  const failed = (await recordsIn(cloud)).slice(2);
  const types = failed.map(({ message_type }) => message_type);
  assert.deepEqual(types, ['INVOCATION_ATTEMPT_PERMANENT_FAILURE', 'INVOCATION_FAILURE']);
  assert.equal(failed[0].details.invocation_status, 'NO_PERMISSIONS');
  assert.equal(failed[0].error.aws_service, 'sqs');
  await cloud.root.events.updateEventBus({ Name: 'shop', LogConfig: { Level: 'OFF' } });
  await send(cloud, 'other.app');
  await cloud.settle();
  assert.equal((await recordsIn(cloud)).length, 4);
});

test('A log of all that happens does not feed itself', async () => {
  const cloud = await testCloud();
  const { events, logs } = cloud.root;
  const resourceArn = BUS.replace('shop', 'default');
  await events.updateEventBus({ Name: 'default', LogConfig: { Level: 'TRACE' } });
  for (const each of LEVELS)
    await logs.putDeliverySource({ name: `shop-${each}`, resourceArn, logType: `${each}_LOGS` });
  await toGroup(cloud);
  await loggingTrail(cloud, 'us-east-1');
  const all = await queue(cloud.root, 'all');
  const State = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';
  await events.putRule({ Name: 'all', EventPattern: '{"account":[{"exists":true}]}', State });
  await events.putTargets({ Rule: 'all', Targets: [{ Id: 'q', Arn: all.arn }] });
  await cloud.root.iam.createUser({ UserName: 'somebody' });
  await cloud.settle();
  const before = (await recordsIn(cloud)).length;
  assert.ok(before > 0);
  await cloud.settle();
  cloud.advance('PT10M');
  await cloud.settle();
  const more = (await recordsIn(cloud)).length - before;
  assert.ok(more < before, `${more} more`);
});

test('Records lie in a bucket, five minutes in an object, where the suffix path says', async () => {
  const cloud = await logging('INFO');
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket: 'shop-logs' });
  const s3DeliveryConfiguration = { suffixPath: '{region}/{yyyy}/{MM}', enableHiveCompatiblePath: true };
  await deliverTo(cloud, 'arn:aws:s3:::shop-logs/buses', { s3DeliveryConfiguration, recordFields: ['message_type'] });
  for (let n = 0; n < 3; n++) await send(cloud, 'my.app');
  await cloud.settle();
  assert.equal((await s3.listObjectsV2({ Bucket: 'shop-logs' })).KeyCount, 0);
  cloud.advance('PT5M');
  await cloud.settle();
  const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'shop-logs' });
  assert.equal(Contents.length, 1);
  const folder = `buses/AWSLogs/${ACCOUNT}/EventBusLogs/region=us-east-1/year=2030/month=01/`;
  const [{ Key = '' } = {}] = Contents;
  assert.equal(
    Key.slice(0, Key.lastIndexOf('_', Key.lastIndexOf('_') - 1)),
    `${folder}${ACCOUNT}_EventBusLogs_us-east-1_shop`,
  );
  const { Body } = await s3.getObject({ Bucket: 'shop-logs', Key });
  const lines = gunzipSync(await Body!.transformToByteArray())
    .toString()
    .trim()
    .split('\n');
  assert.equal(lines.length, 6);
  assert.deepEqual(Object.keys(JSON.parse(lines[0]!)), ['message_type']);
});

test('The caller must be allowed to have the bus’s logs delivered, and details of a bus with a key are not logged', async () => {
  const cloud = await logging('INFO');
  const allow = (Action: string, more: object) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*', ...more }],
  });
  const alice = await cloud.user('alice', JSON.stringify(allow('logs:*', {})));
  const source = { name: 'mine', resourceArn: BUS, logType: 'INFO_LOGS' };
  await rejected(alice.logs.putDeliverySource(source), 'AccessDeniedException', /AllowVendedLogDeliveryForResource/);
  const { logs, events, kms } = cloud.root;
  await rejected(logs.putDeliverySource(source), 'ConflictException', /already exists/);
  const wrong = { ...source, logType: 'ACCESS_LOGS' };
  await rejected(logs.putDeliverySource(wrong), 'ValidationException', /Valid log types: ERROR_LOGS/);
  const gone = { ...source, resourceArn: `${BUS}-2` };
  await rejected(logs.putDeliverySource(gone), 'ResourceNotFoundException', /does not exist/);
  const Principal = { AWS: ACCOUNT, Service: 'events.amazonaws.com' };
  const { KeyMetadata } = await kms.createKey({ Policy: JSON.stringify(allow('kms:*', { Principal })) });
  const LogConfig = { Level: 'INFO', IncludeDetail: 'FULL' } as const;
  const made = events.createEventBus({ Name: 'sealed', KmsKeyIdentifier: KeyMetadata!.Arn!, LogConfig });
  await rejected(made, 'NotImplemented', /IncludeDetail FULL/);
});

test('An event that pretends to be of log delivery is logged as any', async () => {
  const cloud = await logging('INFO');
  await toGroup(cloud);
  const orders = await queue(cloud.root, 'orders');
  await rule(cloud, orders.arn);
  const Detail = JSON.stringify({ userIdentity: { invokedBy: 'delivery.logs.amazonaws.com' } });
  await cloud.root.events.putEvents({
    Entries: [{ EventBusName: 'shop', Source: 'my.app', DetailType: 'Order', Detail }],
  });
  await cloud.settle();
  assert.deepEqual(await typesIn(cloud), [
    'EVENT_INGEST_SUCCESS',
    'INVOCATION_START',
    'INVOCATION_SUCCESS',
    'RULE_MATCH',
  ]);
});
