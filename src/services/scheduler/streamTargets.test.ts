import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const ACCOUNT = '111122223333';
const StreamName = 'line';
const Arn = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${StreamName}`;

async function roleFor(cloud: Cloud, name: string, service: string, statement: object) {
  const { iam } = cloud.root;
  const document = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
  const trust = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
  const { Role } = await iam.createRole({ RoleName: name, AssumeRolePolicyDocument: document(trust) });
  const PolicyDocument = document({ Effect: 'Allow', ...statement });
  await iam.putRolePolicy({ RoleName: name, PolicyName: 'may', PolicyDocument });
  return Role!.Arn!;
}

async function scheduled(cloud: Cloud, Name: string, target: object) {
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/timer`;
  await cloud.root.scheduler.createSchedule({
    Name,
    ScheduleExpression: 'at(2030-01-01T01:00:00)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn, RoleArn, ...target },
  });
}

test('Schedules put records into streams of Kinesis, by template and by name', async () => {
  const cloud = await testCloud();
  const { kinesis } = cloud.root;
  await kinesis.createStream({ StreamName, ShardCount: 1 });
  await roleFor(cloud, 'timer', 'scheduler.amazonaws.com', { Action: 'kinesis:PutRecord', Resource: Arn });
  await rejected(scheduled(cloud, 'bare', {}), 'ValidationException', /KinesisParameters must be specified/);
  await scheduled(cloud, 'template', { KinesisParameters: { PartitionKey: 'k' }, Input: 'tick' });
  await scheduled(cloud, 'universal', {
    Arn: 'arn:aws:scheduler:::aws-sdk:kinesis:putRecord',
    Input: JSON.stringify({ StreamName, PartitionKey: 'u', Data: 'tock' }),
  });
  await cloud.advance('PT1H');
  await cloud.settle();
  const named = { StreamName, ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' as const };
  const { ShardIterator } = await kinesis.getShardIterator(named);
  const { Records = [] } = await kinesis.getRecords({ ShardIterator });
  const told = Records.map(({ PartitionKey, Data }) => `${PartitionKey} ${Buffer.from(Data!)}`);
  assert.deepEqual(told.toSorted(), ['k tick', 'u tock']);
  const { Target } = await cloud.root.scheduler.getSchedule({ Name: 'template' });
  assert.deepEqual(Target!.KinesisParameters, { PartitionKey: 'k' });
});

test('Schedules put records into delivery streams', async () => {
  const cloud = await testCloud();
  const { firehose, s3 } = cloud.root;
  await s3.createBucket({ Bucket: 'ticks' });
  const RoleARN = await roleFor(cloud, 'writer', 'firehose.amazonaws.com', { Action: 's3:*', Resource: '*' });
  const ExtendedS3DestinationConfiguration = { RoleARN, BucketARN: 'arn:aws:s3:::ticks' };
  await firehose.createDeliveryStream({ DeliveryStreamName: 'd', ExtendedS3DestinationConfiguration });
  const delivery = `arn:aws:firehose:us-east-1:${ACCOUNT}:deliverystream/d`;
  await roleFor(cloud, 'timer', 'scheduler.amazonaws.com', { Action: 'firehose:PutRecord', Resource: delivery });
  await scheduled(cloud, 'template', { Arn: delivery, Input: 'tick' });
  await cloud.advance('PT1H');
  await cloud.settle();
  await cloud.advance('PT10M');
  await cloud.settle();
  const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'ticks' });
  const { Body } = await s3.getObject({ Bucket: 'ticks', Key: Contents[0]!.Key });
  assert.equal(await Body!.transformToString(), 'tick');
});
