import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../../testing/cloud.ts';
import { rejected } from '../../../testing/rejected.ts';

const ACCOUNT = '111122223333';
const BUS = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`;
const GROUP = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:vended:*`;
const SOURCE = { name: 'bus', resourceArn: BUS, logType: 'INFO_LOGS' };

/** The default bus logs; its source, and a destination of that account. */
async function prepared(destinationResourceArn = GROUP, owner?: Cloud['root']) {
  const cloud = await testCloud();
  const { events, logs } = cloud.root;
  await events.updateEventBus({ Name: 'default', LogConfig: { Level: 'INFO' } });
  await logs.putDeliverySource({ ...SOURCE, tags: { a: '1' } });
  const deliveryDestinationConfiguration = { destinationResourceArn };
  const { deliveryDestination } = await (owner ?? cloud.root).logs.putDeliveryDestination({
    name: 'there',
    deliveryDestinationConfiguration,
  });
  return { cloud, destination: deliveryDestination!.arn! };
}

const send = ({ root }: Cloud) =>
  root.events.putEvents({ Entries: [{ Source: 'my.app', DetailType: 'Order', Detail: '{}' }] });

const INGESTED = ['EVENT_INGEST_SUCCESS', 'NO_STANDARD_RULES_MATCHED'];
const typeOf = (text: string) => JSON.parse(text).message_type as string;

test('Sources and deliveries are read back, listed and tagged, and go in the order in which they hang together', async () => {
  const { cloud, destination } = await prepared();
  const { logs } = cloud.root;
  const { deliverySource } = await logs.getDeliverySource({ name: 'bus' });
  assert.deepEqual(deliverySource, {
    name: 'bus',
    arn: `arn:aws:logs:us-east-1:${ACCOUNT}:delivery-source:bus`,
    resourceArns: [BUS],
    service: 'events',
    logType: 'INFO_LOGS',
    tags: { a: '1' },
  });
  await logs.tagResource({ resourceArn: deliverySource!.arn!, tags: { b: '2' } });
  assert.deepEqual((await logs.describeDeliverySources({})).deliverySources, [
    { ...deliverySource, tags: { a: '1', b: '2' } },
  ]);
  const ends = { deliverySourceName: 'bus', deliveryDestinationArn: destination };
  const recordFields = ['event_id', 'message_type'];
  const { delivery } = await logs.createDelivery({ ...ends, recordFields, tags: { c: '3' } });
  const id = delivery!.id!;
  const arn = `arn:aws:logs:us-east-1:${ACCOUNT}:delivery:${id}`;
  const shown = { id, arn, ...ends, deliveryDestinationType: 'CWL', recordFields, tags: { c: '3' } };
  assert.deepEqual(delivery, shown);
  assert.deepEqual((await logs.describeDeliveries({})).deliveries, [shown]);
  await logs.updateDeliveryConfiguration({ id, recordFields: ['details'] });
  assert.deepEqual((await logs.getDelivery({ id })).delivery, { ...shown, recordFields: ['details'] });
  const fields = logs.updateDeliveryConfiguration({ id, recordFields: ['colour'] });
  await rejected(fields, 'ValidationException', /record field colour is not valid/);
  await rejected(logs.createDelivery(ends), 'ConflictException', /already exists/);
  await rejected(logs.deleteDeliverySource({ name: 'bus' }), 'ConflictException', /has deliveries/);
  await rejected(logs.deleteDeliveryDestination({ name: 'there' }), 'ConflictException', /has deliveries/);
  await logs.deleteDelivery({ id });
  await logs.deleteDeliverySource({ name: 'bus' });
  await logs.deleteDeliveryDestination({ name: 'there' });
  const none = 'Requested Delivery Source does not exist in this account.';
  await rejected(logs.createDelivery(ends), 'ResourceNotFoundException', none);
});

test('Templates say what deliveries can be set to', async () => {
  const { logs } = (await testCloud()).root;
  const asked = { service: 'events', logTypes: ['INFO_LOGS'], deliveryDestinationTypes: ['S3' as const] };
  const { configurationTemplates = [] } = await logs.describeConfigurationTemplates(asked);
  assert.equal(configurationTemplates.length, 1);
  const [template] = configurationTemplates;
  assert.equal(
    template!.allowedActionForAllowVendedLogsDeliveryForResource,
    'events:AllowVendedLogDeliveryForResource',
  );
  assert.ok(template!.allowedSuffixPathFields!.includes('yyyy'));
  assert.equal((await logs.describeConfigurationTemplates({})).configurationTemplates!.length, 9);
  assert.deepEqual((await logs.describeConfigurationTemplates({ service: 'mars' })).configurationTemplates, []);
});

test('A caller who may not write policies leaves them to others: records wait until log delivery is let in', async () => {
  const { cloud, destination } = await prepared();
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'vended' });
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'logs:CreateDelivery', Resource: '*' }],
  });
  await alice.logs.createDelivery({ deliverySourceName: 'bus', deliveryDestinationArn: destination });
  await send(cloud);
  await cloud.settle();
  const types = async () =>
    (await logs.filterLogEvents({ logGroupName: 'vended' })).events!.map(({ message }) => typeOf(message!));
  assert.deepEqual(await types(), []);
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'CreateLogStream' }];
  const { Events } = await cloud.root.cloudtrail.lookupEvents({ LookupAttributes });
  assert.deepEqual(Events, [], 'a refusal is no missing stream: none is asked for');
  const statement = { Effect: 'Allow', Principal: { Service: 'delivery.logs.amazonaws.com' }, Action: 'logs:*' };
  const Condition = { ArnLike: { 'aws:SourceArn': `arn:aws:logs:us-east-1:${ACCOUNT}:delivery-source:*` } };
  const policyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: { ...statement, Resource: '*', Condition },
  });
  await logs.putResourcePolicy({ policyName: 'let-in', policyDocument });
  cloud.advance('PT5M');
  await cloud.settle();
  assert.deepEqual(await types(), INGESTED);
});

test('Records go to a delivery stream, in the service-linked role of log delivery', async () => {
  const stream = `arn:aws:firehose:us-east-1:${ACCOUNT}:deliverystream/vended`;
  const { cloud, destination } = await prepared(stream);
  const { firehose, iam, logs, s3 } = cloud.root;
  await s3.createBucket({ Bucket: 'kept' });
  const trust = { Effect: 'Allow', Principal: { Service: 'firehose.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const document = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
  const { Role } = await iam.createRole({ RoleName: 'writer', AssumeRolePolicyDocument: document(trust) });
  const PolicyDocument = document({ Effect: 'Allow', Action: 's3:*', Resource: '*' });
  await iam.putRolePolicy({ RoleName: 'writer', PolicyName: 'may', PolicyDocument });
  await firehose.createDeliveryStream({
    DeliveryStreamName: 'vended',
    ExtendedS3DestinationConfiguration: { RoleARN: Role!.Arn!, BucketARN: 'arn:aws:s3:::kept' },
  });
  cloud.advance('PT2M');
  await logs.createDelivery({ deliverySourceName: 'bus', deliveryDestinationArn: destination });
  const { Tags } = await firehose.listTagsForDeliveryStream({ DeliveryStreamName: 'vended' });
  assert.deepEqual(Tags, [{ Key: 'LogDeliveryEnabled', Value: 'true' }]);
  await send(cloud);
  await cloud.settle();
  cloud.advance('PT10M');
  await cloud.settle();
  const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'kept' });
  const { Body } = await s3.getObject({ Bucket: 'kept', Key: Contents[0]!.Key! });
  const lines = (await Body!.transformToString()).trim().split('\n');
  assert.deepEqual(lines.map(typeOf), INGESTED);
});

test('A delivery stream of another account is no destination', async () => {
  const stranger = 'arn:aws:firehose:us-east-1:444455556666:deliverystream/theirs';
  await rejected(prepared(stranger), 'ValidationException', /not supported as a delivery destination/);
});

test('A destination of another account must let the caller in', async () => {
  const { cloud } = await prepared();
  const other = await cloud.memberAccount('central');
  const Resource = `arn:aws:logs:us-east-1:${other.id}:log-group:central:log-stream:*`;
  await other.root.logs.createLogGroup({ logGroupName: 'central' });
  const { deliveryDestination } = await other.root.logs.putDeliveryDestination({
    name: 'central',
    deliveryDestinationConfiguration: { destinationResourceArn: Resource.replace(':log-stream', '') },
  });
  const arn = deliveryDestination!.arn!;
  const create = () => cloud.root.logs.createDelivery({ deliverySourceName: 'bus', deliveryDestinationArn: arn });
  await rejected(create(), 'AccessDeniedException', /logs:CreateDelivery/);
  const allow = (Principal: object, Action: string[], more: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action, ...more }] });
  await other.root.logs.putDeliveryDestinationPolicy({
    deliveryDestinationName: 'central',
    deliveryDestinationPolicy: allow({ AWS: ACCOUNT }, ['logs:CreateDelivery'], { Resource: arn }),
  });
  await other.root.logs.putResourcePolicy({
    policyName: 'let-in',
    policyDocument: allow({ Service: 'delivery.logs.amazonaws.com' }, ['logs:CreateLogStream', 'logs:PutLogEvents'], {
      Resource,
      Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    }),
  });
  await create();
  await send(cloud);
  await cloud.settle();
  const { events = [] } = await other.root.logs.filterLogEvents({ logGroupName: 'central' });
  assert.deepEqual(
    events.map(({ message }) => typeOf(message!)),
    INGESTED,
  );
});
