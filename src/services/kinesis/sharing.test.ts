import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SubscribeToShardCommandOutput } from '@aws-sdk/client-kinesis';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { active, put, StreamName, shard, textOf } from './fixtures.ts';

async function encrypted(cloud: Cloud, KeyPolicy?: object) {
  const kinesis = await active(cloud);
  const { KeyMetadata } = await cloud.root.kms.createKey({ ...(KeyPolicy && { Policy: JSON.stringify(KeyPolicy) }) });
  const KeyId = KeyMetadata!.Arn!;
  await put(kinesis, 'clear');
  await kinesis.startStreamEncryption({ StreamName, EncryptionType: 'KMS', KeyId });
  await cloud.advance('PT1M');
  return { kinesis, KeyId };
}

const arnOf = (cloud: Cloud) => `arn:aws:kinesis:us-east-1:${cloud.managementAccount}:stream/${StreamName}`;
const allow = (Action: string | string[], Resource: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource }],
});

test('records are sealed under a KMS key that producers may generate with and consumers decrypt with', async () => {
  const cloud = await testCloud();
  const { kinesis, KeyId } = await encrypted(cloud);
  const sealed = await put(kinesis, 'sealed');
  assert.equal(sealed.EncryptionType, 'KMS');
  const arn = arnOf(cloud);
  const reads = allow(['kinesis:Get*', 'kinesis:PutRecord'], arn);
  const blind = await cloud.user('blind', reads);
  const named = { StreamName, ShardId: shard(0), ShardIteratorType: 'TRIM_HORIZON' as const };
  const { ShardIterator } = await blind.kinesis.getShardIterator(named);
  await assert.rejects(blind.kinesis.getRecords({ ShardIterator }), { name: 'KMSAccessDeniedException' });
  await assert.rejects(put(blind.kinesis, 'x'), { name: 'KMSAccessDeniedException' });
  const context = {
    StringEquals: { 'kms:EncryptionContext:aws:kinesis:arn': arn, 'kms:ViaService': 'kinesis.us-east-1.amazonaws.com' },
  };
  const decrypts = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: KeyId, Condition: context };
  const seeing = await cloud.user('seeing', reads, { Version: '2012-10-17', Statement: [decrypts] });
  const read = await seeing.kinesis.getRecords({ ShardIterator });
  assert.deepEqual(
    read.Records!.map(({ Data, EncryptionType }) => [textOf(Data), EncryptionType]),
    [
      ['clear', undefined],
      ['sealed', 'KMS'],
    ],
  );
  await cloud.root.kms.disableKey({ KeyId });
  await cloud.advance('PT6M');
  await assert.rejects(put(kinesis, 'x'), { name: 'KMSDisabledException' });
  await cloud.root.kms.enableKey({ KeyId });
  await kinesis.stopStreamEncryption({ StreamName, EncryptionType: 'KMS', KeyId });
  await cloud.advance('PT1M');
  assert.equal((await put(kinesis, 'clear again')).EncryptionType, 'NONE');
  assert.equal((await kinesis.describeStream({ StreamName })).StreamDescription!.KeyId, undefined);
});

test('StartStreamEncryption takes AWS’s own key, and refuses keys that cannot be used', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  const start = (KeyId: string) => kinesis.startStreamEncryption({ StreamName, EncryptionType: 'KMS', KeyId });
  await assert.rejects(start('alias/none'), { name: 'KMSNotFoundException' });
  const { KeyMetadata } = await cloud.root.kms.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
  await assert.rejects(start(KeyMetadata!.KeyId!), { name: 'KMSInvalidStateException' });
  await start('alias/aws/kinesis');
  await cloud.advance('PT1M');
  assert.equal((await put(kinesis, 'a')).EncryptionType, 'KMS');
  assert.equal((await kinesis.describeStream({ StreamName })).StreamDescription!.KeyId, 'alias/aws/kinesis');
});

test('a resource policy shares a stream with another account, for what AWS lets be shared', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  const other = await cloud.memberAccount('other');
  const ResourceARN = arnOf(cloud);
  const statement = {
    Sid: 'write',
    Effect: 'Allow',
    Principal: { AWS: other.id },
    Action: ['kinesis:PutRecord', 'kinesis:DescribeStreamSummary'],
    Resource: ResourceARN,
  };
  const policy = (changes: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, ...changes }] });
  const set = (changes: object) => kinesis.putResourcePolicy({ ResourceARN, Policy: policy(changes) });
  const refused: [object, RegExp][] = [
    [{ Principal: '*' }, /Wildcards are not supported/],
    [{ Principal: { Service: 'events.amazonaws.com' } }, /must be AWS accounts, users or roles/],
    [{ Action: 'kinesis:*' }, /Action kinesis:\* is not supported/],
    [{ Action: 'kinesis:DeleteStream' }, /is not supported in the resource policy of a stream/],
    [{ Resource: '*' }, /The resource of each statement/],
  ];
  for (const [changes, message] of refused)
    await assert.rejects(set(changes), { name: 'InvalidArgumentException', message });
  await assert.rejects(kinesis.getResourcePolicy({ ResourceARN }), { name: 'ResourceNotFoundException' });
  const foreign = { StreamARN: ResourceARN, PartitionKey: 'k', Data: Buffer.from('theirs') };
  await assert.rejects(other.root.kinesis.putRecord(foreign), { name: 'AccessDeniedException' });
  await set({});
  assert.equal((await kinesis.getResourcePolicy({ ResourceARN })).Policy, policy({}));
  await other.root.kinesis.putRecord(foreign);
  await other.root.kinesis.describeStreamSummary({ StreamARN: ResourceARN });
  await assert.rejects(other.root.kinesis.listShards({ StreamARN: ResourceARN }), { name: 'AccessDeniedException' });
  await assert.rejects(other.root.kinesis.deleteStream({ StreamARN: ResourceARN }), { name: 'AccessDeniedException' });
  await kinesis.deleteResourcePolicy({ ResourceARN });
  await assert.rejects(other.root.kinesis.putRecord(foreign), { name: 'AccessDeniedException' });
});

test('consumers are registered, described, listed, tagged and deregistered', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  const StreamARN = arnOf(cloud);
  const { Consumer } = await kinesis.registerStreamConsumer({ StreamARN, ConsumerName: 'reader', Tags: { a: '1' } });
  assert.match(Consumer!.ConsumerARN!, /:stream\/line\/consumer\/reader:\d+$/);
  assert.equal(Consumer!.ConsumerStatus, 'CREATING');
  await assert.rejects(kinesis.registerStreamConsumer({ StreamARN, ConsumerName: 'reader' }), {
    name: 'ResourceInUseException',
  });
  await cloud.advance('PT1M');
  const { ConsumerDescription } = await kinesis.describeStreamConsumer({ StreamARN, ConsumerName: 'reader' });
  assert.deepEqual([ConsumerDescription!.ConsumerStatus, ConsumerDescription!.StreamARN], ['ACTIVE', StreamARN]);
  const ResourceARN = Consumer!.ConsumerARN!;
  assert.deepEqual((await kinesis.listTagsForResource({ ResourceARN })).Tags, [{ Key: 'a', Value: '1' }]);
  for (const ConsumerName of ['b', 'c']) await kinesis.registerStreamConsumer({ StreamARN, ConsumerName });
  const first = await kinesis.listStreamConsumers({ StreamARN, MaxResults: 2 });
  assert.deepEqual(
    first.Consumers!.map(({ ConsumerName }) => ConsumerName),
    ['b', 'c'],
  );
  const second = await kinesis.listStreamConsumers({ StreamARN, NextToken: first.NextToken });
  assert.deepEqual(
    second.Consumers!.map(({ ConsumerName }) => ConsumerName),
    ['reader'],
  );
  assert.equal((await kinesis.describeStreamSummary({ StreamName })).StreamDescriptionSummary!.ConsumerCount, 3);
  await assert.rejects(kinesis.deleteStream({ StreamName }), { name: 'ResourceInUseException' });
  await kinesis.deregisterStreamConsumer({ ConsumerARN: ResourceARN });
  await cloud.advance('PT1M');
  await assert.rejects(kinesis.describeStreamConsumer({ ConsumerARN: ResourceARN }), {
    name: 'ResourceNotFoundException',
  });
  await kinesis.deleteStream({ StreamName, EnforceConsumerDeletion: true });
});

const eventsOf = ({ EventStream }: SubscribeToShardCommandOutput) => EventStream![Symbol.asyncIterator]();

/** The texts of the next event that has records. */
async function nextTexts(events: ReturnType<typeof eventsOf>): Promise<string[]> {
  for (;;) {
    const { value, done } = await events.next();
    if (done) return [];
    const { Records = [] } = value.SubscribeToShardEvent!;
    if (Records.length > 0) return Records.map(({ Data }: { Data: Uint8Array | undefined }) => textOf(Data));
  }
}

async function consumer(cloud: Cloud, ConsumerName: string) {
  const { Consumer } = await cloud.root.kinesis.registerStreamConsumer({ StreamARN: arnOf(cloud), ConsumerName });
  return Consumer!.ConsumerARN!;
}

test('SubscribeToShard pushes what comes to every consumer', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  const consumers = [await consumer(cloud, 'one'), await consumer(cloud, 'two')];
  await put(kinesis, 'early');
  await cloud.advance('PT1M');
  const subscribe = (ConsumerARN: string) =>
    kinesis.subscribeToShard({ ConsumerARN, ShardId: shard(0), StartingPosition: { Type: 'TRIM_HORIZON' } });
  const streams = await Promise.all(consumers.map(async (arn) => eventsOf(await subscribe(arn))));
  for (const events of streams) assert.deepEqual(await nextTexts(events), ['early']);
  const coming = streams.map((events) => nextTexts(events));
  await put(kinesis, 'late');
  assert.deepEqual(await Promise.all(coming), [['late'], ['late']]);
  await assert.rejects(subscribe(consumers[0]!), { name: 'ResourceInUseException' });
  await cloud.advance('PT10S');
  const taken = eventsOf(await subscribe(consumers[0]!));
  assert.deepEqual(await nextTexts(taken), ['early', 'late']);
  const lost = assert.rejects(nextTexts(streams[0]!), { name: 'ResourceInUseException' });
  await put(kinesis, 'last');
  await lost;
  assert.deepEqual(await nextTexts(streams[1]!), ['last']);
  const over = nextTexts(streams[1]!);
  await cloud.advance('PT5M');
  assert.deepEqual(await over, [], 'a subscription ends after five minutes');
  await taken.return?.();
});

test('SubscribeToShard tells where a closed shard goes on', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  const ConsumerARN = await consumer(cloud, 'one');
  await cloud.advance('PT1M');
  const { SequenceNumber } = await put(kinesis, 'a');
  await put(kinesis, 'b');
  const StartingPosition = { Type: 'AFTER_SEQUENCE_NUMBER' as const, SequenceNumber };
  const events = eventsOf(await kinesis.subscribeToShard({ ConsumerARN, ShardId: shard(0), StartingPosition }));
  assert.deepEqual(await nextTexts(events), ['b']);
  await kinesis.splitShard({ StreamName, ShardToSplit: shard(0), NewStartingHashKey: String(2n ** 127n) });
  const last = events.next();
  await cloud.advance('PT10S');
  const { ChildShards, Records } = (await last).value.SubscribeToShardEvent!;
  assert.deepEqual(Records, []);
  assert.deepEqual(
    ChildShards!.map(({ ShardId }: { ShardId: string | undefined }) => ShardId),
    [shard(1), shard(2)],
  );
  assert.equal((await events.next()).done, true);
});
