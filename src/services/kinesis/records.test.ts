import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { ShardIteratorType } from '@aws-sdk/client-kinesis';
import { testCloud } from '../../testing/cloud.ts';
import { active, iteratorOf, StreamName, shard, textOf } from './fixtures.ts';

test('a stream is CREATING, then ACTIVE, then DELETING, then gone', async () => {
  const cloud = await testCloud();
  const { kinesis } = cloud.root;
  await kinesis.createStream({ StreamName, ShardCount: 2, Tags: { team: 'a' } });
  const stateNow = async () => (await kinesis.describeStream({ StreamName })).StreamDescription!.StreamStatus;
  assert.equal(await stateNow(), 'CREATING');
  const early = kinesis.putRecord({ StreamName, PartitionKey: 'a', Data: Buffer.from('a') });
  await assert.rejects(early, {
    name: 'ResourceNotFoundException',
    message: /Stream line under account \d+ not found/,
  });
  await cloud.advance('PT1M');
  assert.equal(await stateNow(), 'ACTIVE');
  await assert.rejects(kinesis.createStream({ StreamName, ShardCount: 1 }), { name: 'ResourceInUseException' });
  await kinesis.deleteStream({ StreamName });
  assert.equal(await stateNow(), 'DELETING');
  await cloud.advance('PT1M');
  await assert.rejects(stateNow(), { name: 'ResourceNotFoundException' });
  await kinesis.createStream({ StreamName, ShardCount: 1 });
  assert.equal(await stateNow(), 'CREATING');
});

test('PutRecord puts a record where its key belongs, and GetRecords reads it back byte for byte', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud, 3);
  const Data = Buffer.from([0, 255, 1, 254]);
  const { ShardId, SequenceNumber, EncryptionType } = await kinesis.putRecord({ StreamName, PartitionKey: 'k', Data });
  const hash = BigInt(`0x${createHash('md5').update('k').digest('hex')}`);
  const { Shards = [] } = (await kinesis.describeStream({ StreamName })).StreamDescription!;
  const owner = Shards.find(({ HashKeyRange: range }) => BigInt(range!.EndingHashKey!) >= hash)!;
  assert.equal(ShardId, owner.ShardId);
  assert.equal(EncryptionType, 'NONE');
  assert.match(SequenceNumber!, /^\d{56}$/);
  assert.ok(BigInt(SequenceNumber!) > BigInt(owner.SequenceNumberRange!.StartingSequenceNumber!));
  const index = Number(ShardId!.slice(-12));
  const ShardIterator = await iteratorOf(kinesis, 'TRIM_HORIZON', index);
  const read = await kinesis.getRecords({ ShardIterator });
  assert.equal(read.Records!.length, 1);
  const { Data: back, ...record } = read.Records![0]!;
  assert.deepEqual(Buffer.from(back!), Data);
  assert.deepEqual(record, { SequenceNumber, PartitionKey: 'k', ApproximateArrivalTimestamp: cloud.now() });
  assert.equal(read.MillisBehindLatest, 0);
  assert.deepEqual((await kinesis.getRecords({ ShardIterator: read.NextShardIterator })).Records, []);
});

test('PutRecords keeps the order of each shard, and limits cut what is read', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud, 2);
  const Records = Array.from({ length: 500 }, (_, i) => ({ PartitionKey: `k${i}`, Data: Buffer.from(`r${i}`) }));
  const put = await kinesis.putRecords({ StreamName, Records });
  assert.equal(put.FailedRecordCount, 0);
  for (const index of [0, 1]) {
    const mine = put.Records!.flatMap((record, i) =>
      record.ShardId === shard(index) ? [{ ...record, text: `r${i}` }] : [],
    );
    const found: { SequenceNumber?: string; text: string }[] = [];
    let next = await iteratorOf(kinesis, 'TRIM_HORIZON', index);
    for (let turn = 0; turn < 5; turn++) {
      const read = await kinesis.getRecords({ ShardIterator: next, Limit: 77 });
      for (const { SequenceNumber, Data } of read.Records!)
        found.push({ SequenceNumber: SequenceNumber!, text: textOf(Data) });
      next = read.NextShardIterator;
    }
    assert.deepEqual(
      found,
      mine.map(({ SequenceNumber, text }) => ({ SequenceNumber, text })),
    );
    const numbers = found.map(({ SequenceNumber }) => BigInt(SequenceNumber!));
    assert.ok(numbers.every((number, i) => i === 0 || number > numbers[i - 1]!));
  }
});

test('GetShardIterator finds its place in five ways', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  const sequences: string[] = [];
  const times: Date[] = [];
  for (let i = 0; i < 4; i++) {
    await cloud.advance('PT10S');
    times.push(cloud.now());
    const put = await kinesis.putRecord({ StreamName, PartitionKey: 'k', Data: Buffer.from(String(i)) });
    sequences.push(put.SequenceNumber!);
  }
  const between = new Date(times[1]!.getTime() + 1);
  const cases: [ShardIteratorType, object, string][] = [
    ['TRIM_HORIZON', {}, '0123'],
    ['LATEST', {}, ''],
    ['AT_SEQUENCE_NUMBER', { StartingSequenceNumber: sequences[2] }, '23'],
    ['AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber: sequences[2] }, '3'],
    ['AT_TIMESTAMP', { Timestamp: times[1] }, '123'],
    ['AT_TIMESTAMP', { Timestamp: between }, '23'],
    ['AT_TIMESTAMP', { Timestamp: new Date(0) }, '0123'],
  ];
  for (const [type, more, expected] of cases) {
    await cloud.advance('PT1S');
    const { Records = [] } = await kinesis.getRecords({ ShardIterator: await iteratorOf(kinesis, type, 0, more) });
    assert.equal(Records.map(({ Data }) => textOf(Data)).join(''), expected, `${type} ${JSON.stringify(more)}`);
  }
  await cloud.advance('PT1S');
  const latest = await iteratorOf(kinesis, 'LATEST');
  await kinesis.putRecord({ StreamName, PartitionKey: 'k', Data: Buffer.from('new') });
  const { Records = [] } = await kinesis.getRecords({ ShardIterator: latest });
  assert.deepEqual(
    Records.map(({ Data }) => textOf(Data)),
    ['new'],
  );
});

test('GetShardIterator and GetRecords refuse in AWS’s words', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud, 2);
  const { SequenceNumber } = await kinesis.putRecord({
    StreamName,
    PartitionKey: 'k',
    ExplicitHashKey: '0',
    Data: Buffer.from('a'),
  });
  const both =
    '(1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber';
  const cases: [ShardIteratorType, number, object, string][] = [
    [
      'AT_SEQUENCE_NUMBER',
      0,
      {},
      `Must either specify ${both}. Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber.`,
    ],
    [
      'LATEST',
      0,
      { StartingSequenceNumber: '5' },
      `Must either specify ${both}. Request specified LATEST and also a StartingSequenceNumber.`,
    ],
    [
      'AT_SEQUENCE_NUMBER',
      1,
      { StartingSequenceNumber: SequenceNumber },
      `Invalid StartingSequenceNumber. It encodes ${shard(0)}, while it was used in a call to a shard with ${shard(1)}`,
    ],
    [
      'AT_SEQUENCE_NUMBER',
      0,
      { StartingSequenceNumber: '5' },
      `StartingSequenceNumber 5 used in GetShardIterator on shard ${shard(0)} in stream line under account ${cloud.managementAccount} is invalid.`,
    ],
    ['LATEST', 7, {}, `Shard ${shard(7)} in stream line under account ${cloud.managementAccount} does not exist`],
  ];
  for (const [type, index, more, message] of cases) {
    await assert.rejects(iteratorOf(kinesis, type, index, more), { message });
  }
  await assert.rejects(kinesis.getRecords({ ShardIterator: 'AAAA' }), {
    name: 'InvalidArgumentException',
    message: 'Invalid ShardIterator.',
  });
  const ShardIterator = await iteratorOf(kinesis, 'TRIM_HORIZON');
  await cloud.advance('PT5M1S');
  await assert.rejects(kinesis.getRecords({ ShardIterator }), {
    name: 'ExpiredIteratorException',
    message:
      'Iterator expired. The iterator was created at time Tue Jan 01 00:01:00 UTC 2030 while right now it is Tue Jan 01 00:06:01 UTC 2030 which is further in the future than the tolerated delay of 300000 milliseconds.',
  });
});

test('a shard takes a thousand records and a mebibyte in a second, and gives five reads', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  const batch = (length: number, bytes: number) => ({
    StreamName,
    Records: Array.from({ length }, () => ({ PartitionKey: 'k', Data: Buffer.alloc(bytes) })),
  });
  for (const _ of [1, 2]) assert.equal((await kinesis.putRecords(batch(500, 1))).FailedRecordCount, 0);
  const none = await kinesis.putRecords(batch(3, 1));
  assert.equal(none.FailedRecordCount, 3);
  const message = `Rate exceeded for shard ${shard(0)} in stream line under account ${cloud.managementAccount}.`;
  assert.deepEqual(none.Records![0], { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: message });
  await assert.rejects(kinesis.putRecord({ StreamName, PartitionKey: 'k', Data: Buffer.alloc(1) }), {
    name: 'ProvisionedThroughputExceededException',
    message,
  });
  await cloud.advance('PT1S');
  const some = await kinesis.putRecords(batch(12, 100_000));
  assert.equal(some.FailedRecordCount, 2);
  assert.ok(some.Records!.slice(0, 10).every(({ SequenceNumber }) => SequenceNumber !== undefined));
  const ShardIterator = await iteratorOf(kinesis, 'TRIM_HORIZON');
  for (let i = 0; i < 5; i++) await kinesis.getRecords({ ShardIterator, Limit: 1 });
  await assert.rejects(kinesis.getRecords({ ShardIterator, Limit: 1 }), {
    name: 'ProvisionedThroughputExceededException',
  });
  await cloud.advance('PT1S');
  assert.equal((await kinesis.getRecords({ ShardIterator, Limit: 1 })).Records!.length, 1);
});

test('records are gone after the retention period', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  await kinesis.putRecord({ StreamName, PartitionKey: 'k', Data: Buffer.from('old') });
  await cloud.advance('PT23H');
  const { SequenceNumber } = await kinesis.putRecord({ StreamName, PartitionKey: 'k', Data: Buffer.from('new') });
  await cloud.advance('PT2H');
  const read = async () => {
    const { Records = [] } = await kinesis.getRecords({ ShardIterator: await iteratorOf(kinesis, 'TRIM_HORIZON') });
    return Records.map((record) => record.SequenceNumber);
  };
  assert.deepEqual(await read(), [SequenceNumber]);
  await cloud.settle();
  assert.deepEqual(await read(), [SequenceNumber]);
});
