import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { ACCOUNT, attributesOf, MY_APP, put, queue, roleFor } from './fixtures.ts';

const StreamName = 'line';
const Arn = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${StreamName}`;

async function stream(cloud: Cloud) {
  await cloud.root.kinesis.createStream({ StreamName, ShardCount: 1 });
  await cloud.advance('PT1M');
}

async function records(cloud: Cloud) {
  const named = { StreamName, ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' as const };
  const { ShardIterator } = await cloud.root.kinesis.getShardIterator(named);
  const { Records = [] } = await cloud.root.kinesis.getRecords({ ShardIterator });
  return Records.map(({ PartitionKey, Data }) => [PartitionKey, Buffer.from(Data!).toString()]);
}

const sender = (cloud: Cloud, name = 'sender') =>
  roleFor(cloud.root, name, 'events.amazonaws.com', { Action: 'kinesis:PutRecord', Resource: Arn });

async function ruleWith(cloud: Cloud, target: object) {
  const { events } = cloud.root;
  await events.putRule({ Name: 'r', EventPattern: MY_APP });
  await events.putTargets({ Rule: 'r', Targets: [{ Id: 's', Arn, ...target }] });
}

test('Events go into a stream of Kinesis, under the key that the target names', async () => {
  const cloud = await testCloud();
  await stream(cloud);
  const RoleArn = await sender(cloud);
  await ruleWith(cloud, { RoleArn, KinesisParameters: { PartitionKeyPath: '$.detail.who' }, InputPath: '$.detail' });
  await put(cloud, { who: 'ann' });
  const { Entries = [] } = await put(cloud, { n: 1 });
  await cloud.settle();
  assert.deepEqual(await records(cloud), [
    ['ann', '{"who":"ann"}'],
    [Entries[0]!.EventId, '{"n":1}'],
  ]);
  const { Targets = [] } = await cloud.root.events.listTargetsByRule({ Rule: 'r' });
  assert.deepEqual(Targets[0]!.KinesisParameters, { PartitionKeyPath: '$.detail.who' });
});

test('A stream that has no room is tried again; one that refuses or is gone makes dead letters', async () => {
  const cloud = await testCloud();
  await stream(cloud);
  const dead = await queue(cloud.root, 'dead');
  const DeadLetterConfig = { Arn: dead.arn };
  await ruleWith(cloud, { RoleArn: await sender(cloud), DeadLetterConfig });
  const full = Array.from({ length: 500 }, () => ({ PartitionKey: 'k', Data: Buffer.from('x') }));
  for (const _ of [1, 2]) await cloud.root.kinesis.putRecords({ StreamName, Records: full });
  await put(cloud, { n: 1 });
  await cloud.settle();
  assert.equal((await records(cloud)).length, 1000);
  await cloud.advance('PT10S');
  await cloud.settle();
  assert.equal((await records(cloud)).length, 1001);
  const blind = await roleFor(cloud.root, 'blind', 'events.amazonaws.com', { Action: 's3:*', Resource: '*' });
  await ruleWith(cloud, { RoleArn: blind, DeadLetterConfig });
  await put(cloud, { n: 2 });
  await cloud.settle();
  await ruleWith(cloud, {
    RoleArn: await roleFor(cloud.root, 'all', 'events.amazonaws.com', { Action: '*', Resource: '*' }),
    DeadLetterConfig,
  });
  await cloud.root.kinesis.deleteStream({ StreamName });
  await cloud.advance('PT1M');
  await put(cloud, { n: 3 });
  await cloud.settle();
  const letters = (await dead.received()).map(attributesOf);
  assert.deepEqual(
    letters.map(({ ERROR_CODE }) => ERROR_CODE),
    ['NO_PERMISSIONS', 'NO_RESOURCE'],
  );
  const sumOf = async (MetricName: string) => {
    const { Datapoints = [] } = await cloud.root.cloudwatch.getMetricStatistics({
      Namespace: 'AWS/Events',
      MetricName,
      Dimensions: [{ Name: 'RuleName', Value: 'r' }],
      StartTime: new Date(cloud.now().getTime() - 600_000),
      EndTime: new Date(cloud.now().getTime() + 60_000),
      Period: 60,
      Statistics: ['Sum'],
    });
    return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  };
  assert.equal(await sumOf('MatchedEvents'), 3);
  assert.equal(await sumOf('SuccessfulInvocationAttempts'), 1);
  assert.equal(await sumOf('FailedInvocations'), 2);
  assert.equal(await sumOf('InvocationsSentToDlq'), 2);
  assert.ok((await sumOf('RetryInvocationAttempts')) >= 1);
});

test('Streams want a role, and a path that is one', async () => {
  const cloud = await testCloud();
  const RoleArn = await sender(cloud);
  const delivery = `arn:aws:firehose:us-east-1:${ACCOUNT}:deliverystream/d`;
  const foreign = delivery.replace(ACCOUNT, '444455556666');
  const refused: readonly [target: object, sentence: string][] = [
    [{}, `RoleArn is required for target ${Arn}.`],
    [{ Arn: delivery }, `RoleArn is required for target ${delivery}.`],
    [
      { RoleArn, Arn: foreign },
      `Parameter ${foreign} is not valid. Reason: The delivery stream must be in the account of the rule.`,
    ],
    [{ RoleArn, KinesisParameters: { PartitionKeyPath: 'who' } }, 'Invalid PartitionKeyPath for target s.'],
    [
      { RoleArn, Arn: delivery, KinesisParameters: { PartitionKeyPath: '$.a' } },
      'Parameter(s) KinesisParameters not supported for target: s.',
    ],
  ];
  for (const [target, sentence] of refused) {
    await rejected(ruleWith(cloud, target), 'ValidationException', sentence);
  }
});

test('Events go through Firehose into a bucket', async () => {
  const cloud = await testCloud();
  const { firehose, s3 } = cloud.root;
  await s3.createBucket({ Bucket: 'kept-events' });
  const RoleARN = await roleFor(cloud.root, 'writer', 'firehose.amazonaws.com', { Action: 's3:*', Resource: '*' });
  await firehose.createDeliveryStream({
    DeliveryStreamName: 'd',
    ExtendedS3DestinationConfiguration: { RoleARN, BucketARN: 'arn:aws:s3:::kept-events', Prefix: 'e/' },
  });
  await cloud.advance('PT2M');
  const delivery = `arn:aws:firehose:us-east-1:${ACCOUNT}:deliverystream/d`;
  const RoleArn = await roleFor(cloud.root, 'feeder', 'events.amazonaws.com', {
    Action: 'firehose:PutRecordBatch',
    Resource: delivery,
  });
  await ruleWith(cloud, { Arn: delivery, RoleArn, InputPath: '$.detail' });
  await put(cloud, { n: 1 });
  await put(cloud, { n: 2 });
  await cloud.settle();
  await cloud.advance('PT10M');
  await cloud.settle();
  const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'kept-events' });
  assert.equal(Contents.length, 1);
  const { Body } = await s3.getObject({ Bucket: 'kept-events', Key: Contents[0]!.Key });
  assert.equal(await Body!.transformToString(), '{"n":1}{"n":2}');
});
