import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { consumers, subscriptions } from './consumerRows.ts';
import { active, put, StreamName, shard } from './fixtures.ts';
import { heads, packs } from './packRows.ts';
import { shardMaps } from './shardRows.ts';
import { streams } from './streamRows.ts';
import { shardReads } from './throughput.ts';

test('a stream that is deleted leaves nothing behind', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud, 2);
  const Records = Array.from({ length: 500 }, (_, i) => ({ PartitionKey: `${i}`, Data: Buffer.alloc(900) }));
  await kinesis.putRecords({ StreamName, Records });
  await kinesis.getShardIterator({ StreamName, ShardId: shard(0), ShardIteratorType: 'LATEST' });
  const { store } = cloud.deps;
  const [row] = (await store.transaction((tx) => tx.list(streams, [cloud.managementAccount], { limit: 1 }))).rows;
  const place = `${row!.id}.0`;
  const { rows } = await store.transaction((tx) => tx.list(packs, [place], { limit: 10 }));
  const bytesOf = (tx: Parameters<Parameters<typeof store.transaction>[0]>[0]) =>
    tx.bytes(`kinesis/${place}/${rows[0]!.last}`);
  assert.ok(await store.transaction(bytesOf));
  const StreamARN = `arn:aws:kinesis:us-east-1:${cloud.managementAccount}:stream/${StreamName}`;
  const { Consumer } = await kinesis.registerStreamConsumer({ StreamARN, ConsumerName: 'c' });
  await cloud.advance('PT10S');
  const StartingPosition = { Type: 'LATEST' as const };
  await kinesis.subscribeToShard({ ConsumerARN: Consumer!.ConsumerARN, ShardId: shard(0), StartingPosition });
  await kinesis.deleteStream({ StreamName, EnforceConsumerDeletion: true });
  await cloud.advance('PT1M');
  await cloud.settle();
  const left = await store.transaction(async (tx) => [
    await tx.get(streams, streams.key(row!)),
    await tx.get(shardMaps, [row!.id]),
    await tx.get(heads, [place]),
    await tx.get(shardReads, [place]),
    (await tx.list(consumers, [row!.id], { limit: 1 })).rows[0],
    (await tx.list(subscriptions, [row!.id], { limit: 1 })).rows[0],
    (await tx.list(packs, [place], { limit: 1 })).rows[0],
    await bytesOf(tx),
  ]);
  assert.deepEqual(
    left,
    left.map(() => undefined),
  );
});

test('puts and reads are data events, without what was put; the rest are management events', async () => {
  const cloud = await testCloud();
  const { cloudtrail, s3 } = cloud.root;
  const Bucket = 'trail-of-streams';
  await s3.createBucket({ Bucket });
  const Service = 'cloudtrail.amazonaws.com';
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service },
        Action: 's3:*',
        Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
      },
    ],
  });
  await s3.putBucketPolicy({ Bucket, Policy });
  await cloudtrail.createTrail({ Name: 'trail', S3BucketName: Bucket });
  const FieldSelectors = [
    { Field: 'eventCategory', Equals: ['Data'] },
    { Field: 'resources.type', Equals: ['AWS::Kinesis::Stream'] },
  ];
  await cloudtrail.putEventSelectors({ TrailName: 'trail', AdvancedEventSelectors: [{ FieldSelectors }] });
  await cloudtrail.startLogging({ Name: 'trail' });
  const kinesis = await active(cloud);
  await put(kinesis, 'a secret');
  const { entries } = await cloud.deps.store.journal.lookup({
    kind: 'data',
    account: cloud.managementAccount,
    region: 'us-east-1',
    limit: 10,
  });
  const [record] = entries.map(({ body }) => JSON.parse(body));
  assert.equal(record.eventName, 'PutRecord');
  assert.deepEqual(record.requestParameters, { streamName: StreamName, partitionKey: 'k' });
  assert.equal(record.responseElements.shardId, shard(0));
  assert.equal(record.resources[0].type, 'AWS::Kinesis::Stream');
  const { Events = [] } = await cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateStream' }],
  });
  assert.deepEqual(JSON.parse(Events[0]!.CloudTrailEvent!).requestParameters, {
    streamName: StreamName,
    shardCount: 1,
  });
});

test('CreateStream with tags wants permission to add them', async () => {
  const cloud = await testCloud();
  const allow = (Action: string[]) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  });
  const plain = await cloud.user('plain', allow(['kinesis:CreateStream']));
  const tagger = await cloud.user('tagger', allow(['kinesis:CreateStream', 'kinesis:AddTagsToStream']));
  const input = { StreamName, ShardCount: 1, Tags: { a: 'b' } };
  await assert.rejects(plain.kinesis.createStream(input), {
    name: 'AccessDeniedException',
    message: /AddTagsToStream/,
  });
  await tagger.kinesis.createStream(input);
});
