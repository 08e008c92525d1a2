import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Shard } from '@aws-sdk/client-kinesis';
import { testCloud } from '../../testing/cloud.ts';
import { active, iteratorOf, put, StreamName, shard, textOf, textsIn } from './fixtures.ts';
import { headOf, heads } from './packRows.ts';

const LAST = (1n << 128n) - 1n;
const spanOf = ({ HashKeyRange: range }: Shard) =>
  [BigInt(range!.StartingHashKey!), BigInt(range!.EndingHashKey!)] as const;
const isOpen = ({ SequenceNumberRange: range }: Shard) => range!.EndingSequenceNumber === undefined;

/** Open shards cover every hash key once. */
function requireWhole(shards: readonly Shard[]): void {
  const spans = shards
    .filter(isOpen)
    .map(spanOf)
    .sort((a, b) => (a[0] < b[0] ? -1 : 1));
  assert.equal(spans[0]![0], 0n);
  assert.equal(spans.at(-1)![1], LAST);
  for (const [i, [from]] of spans.entries()) if (i > 0) assert.equal(from, spans[i - 1]![1] + 1n);
}

test('SplitShard closes a shard and opens two, which a reader finds at its end', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  await put(kinesis, 'before');
  const half = String(1n << 127n);
  await kinesis.splitShard({ StreamName, ShardToSplit: shard(0), NewStartingHashKey: half });
  const during = (await kinesis.describeStream({ StreamName })).StreamDescription!;
  assert.equal(during.StreamStatus, 'UPDATING');
  assert.equal(during.Shards!.length, 1);
  assert.equal((await put(kinesis, 'during')).ShardId, shard(0));
  const again = kinesis.splitShard({ StreamName, ShardToSplit: shard(0), NewStartingHashKey: half });
  const account = cloud.managementAccount;
  await assert.rejects(again, {
    name: 'ResourceInUseException',
    message: `Stream line under account ${account} not ACTIVE, instead in state UPDATING`,
  });
  await cloud.advance('PT10S');
  const { StreamStatus, Shards = [] } = (await kinesis.describeStream({ StreamName })).StreamDescription!;
  assert.equal(StreamStatus, 'ACTIVE');
  assert.deepEqual(
    Shards.map(({ ShardId, ParentShardId }) => [ShardId, ParentShardId]),
    [
      [shard(0), undefined],
      [shard(1), shard(0)],
      [shard(2), shard(0)],
    ],
  );
  requireWhole(Shards);
  assert.equal(spanOf(Shards[2]!)[0], BigInt(half));
  const after = await put(kinesis, 'after', { ExplicitHashKey: half });
  assert.equal(after.ShardId, shard(2));
  const read = await kinesis.getRecords({ ShardIterator: await iteratorOf(kinesis, 'TRIM_HORIZON') });
  assert.deepEqual(
    read.Records!.map(({ Data }) => textOf(Data)),
    ['before', 'during'],
  );
  assert.equal(read.NextShardIterator, undefined);
  assert.deepEqual(
    read.ChildShards!.map(({ ShardId, ParentShards }) => [ShardId, ParentShards]),
    [
      [shard(1), [shard(0)]],
      [shard(2), [shard(0)]],
    ],
  );
  assert.deepEqual(await textsIn(kinesis, 2), ['after']);
  assert.ok(BigInt(after.SequenceNumber!) > BigInt(Shards[0]!.SequenceNumberRange!.EndingSequenceNumber!));
});

test('MergeShards makes one of two that are neighbours', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud, 3);
  const account = cloud.managementAccount;
  const pair = (ShardToMerge: string, AdjacentShardToMerge: string) =>
    kinesis.mergeShards({ StreamName, ShardToMerge, AdjacentShardToMerge });
  await assert.rejects(pair(shard(1), shard(0)), {
    name: 'InvalidArgumentException',
    message: `Shards ${shard(1)} and ${shard(0)} in stream line under account ${account} are not an adjacent pair of shards eligible for merging`,
  });
  await assert.rejects(pair(shard(0), shard(5)), {
    message: `Could not find shard ${shard(5)} in stream line under account ${account}.`,
  });
  await pair(shard(0), shard(1));
  await cloud.advance('PT10S');
  const { Shards = [] } = await kinesis.listShards({ StreamName });
  requireWhole(Shards);
  const merged = Shards.at(-1)!;
  assert.deepEqual([merged.ParentShardId, merged.AdjacentParentShardId], [shard(0), shard(1)]);
  await assert.rejects(pair(shard(0), shard(1)), /has already been merged or split/);
  await assert.rejects(
    kinesis.splitShard({ StreamName, ShardToSplit: shard(2), NewStartingHashKey: '7' }),
    /is not both greater than one plus the shard's StartingHashKey/,
  );
});

test('UpdateShardCount scales up and down to shards of one size', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud, 3);
  for (const target of [5, 4, 8, 6, 3]) {
    const { CurrentShardCount, TargetShardCount } = await kinesis.updateShardCount({
      StreamName,
      TargetShardCount: target,
      ScalingType: 'UNIFORM_SCALING',
    });
    assert.notEqual(CurrentShardCount, TargetShardCount);
    await cloud.advance('PT2M');
    const { StreamStatus } = (await kinesis.describeStreamSummary({ StreamName })).StreamDescriptionSummary!;
    assert.equal(StreamStatus, 'ACTIVE');
    const { Shards = [] } = await kinesis.listShards({ StreamName });
    requireWhole(Shards);
    const open = Shards.filter(isOpen);
    assert.equal(open.length, target);
    const size = (LAST + 1n) / BigInt(target);
    assert.deepEqual(
      open.map((one) => spanOf(one)[0]).sort((a, b) => (a < b ? -1 : 1)),
      [...open.keys()].map((i) => size * BigInt(i)),
    );
  }
  const scale = (TargetShardCount: number) =>
    kinesis.updateShardCount({ StreamName, TargetShardCount, ScalingType: 'UNIFORM_SCALING' });
  await assert.rejects(scale(7), {
    name: 'LimitExceededException',
    message:
      'UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 3, Target shard count: 7',
  });
  await assert.rejects(scale(1), { name: 'LimitExceededException', message: /below half/ });
  for (const target of [4, 3, 4, 3, 4]) {
    await scale(target);
    await cloud.advance('PT2M');
  }
  await assert.rejects(scale(3), { name: 'LimitExceededException', message: /more than 10 times/ });
  await cloud.advance('P1D');
  await scale(3);
  assert.equal((await kinesis.describeLimits({})).OpenShardCount, 3);
});

test('ListShards filters by time and pages with tokens that expire', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud, 2);
  const before = cloud.now();
  await cloud.advance('PT1H');
  await kinesis.mergeShards({ StreamName, ShardToMerge: shard(0), AdjacentShardToMerge: shard(1) });
  await cloud.advance('PT1H');
  const idsOf = async (ShardFilter?: object) => {
    const { Shards = [] } = await kinesis.listShards({
      StreamName,
      ...(ShardFilter && { ShardFilter: ShardFilter as never }),
    });
    return Shards.map(({ ShardId }) => Number(ShardId!.slice(-12)));
  };
  assert.deepEqual(await idsOf(), [0, 1, 2]);
  assert.deepEqual(await idsOf({ Type: 'AT_LATEST' }), [2]);
  assert.deepEqual(await idsOf({ Type: 'AT_TRIM_HORIZON' }), [0, 1]);
  assert.deepEqual(await idsOf({ Type: 'FROM_TRIM_HORIZON' }), [0, 1, 2]);
  assert.deepEqual(await idsOf({ Type: 'AT_TIMESTAMP', Timestamp: before }), [0, 1]);
  assert.deepEqual(await idsOf({ Type: 'FROM_TIMESTAMP', Timestamp: cloud.now() }), [2]);
  assert.deepEqual(await idsOf({ Type: 'AFTER_SHARD_ID', ShardId: shard(0) }), [1, 2]);
  await assert.rejects(idsOf({ Type: 'AT_TIMESTAMP' }), { name: 'InvalidArgumentException' });
  const first = await kinesis.listShards({ StreamName, MaxResults: 2 });
  assert.equal(first.Shards!.length, 2);
  const second = await kinesis.listShards({ NextToken: first.NextToken });
  assert.deepEqual(
    second.Shards!.map(({ ShardId }) => ShardId),
    [shard(2)],
  );
  assert.equal(second.NextToken, undefined);
  await assert.rejects(kinesis.listShards({ StreamName, NextToken: first.NextToken }), {
    message: 'NextToken and StreamName cannot be provided together.',
  });
  await cloud.advance('PT6M');
  await assert.rejects(kinesis.listShards({ NextToken: first.NextToken }), { name: 'ExpiredNextTokenException' });
  await cloud.advance('P2D');
  assert.deepEqual(await idsOf(), [2], 'closed shards expire with the retention period');
  await assert.rejects(iteratorOf(kinesis, 'LATEST', 0), { name: 'ResourceNotFoundException' });
});

test('a stream on demand grows where it is sent much', async () => {
  const cloud = await testCloud();
  const { kinesis } = cloud.root;
  await kinesis.createStream({ StreamName, StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
  await cloud.advance('PT1M');
  assert.equal((await kinesis.listShards({ StreamName })).Shards!.length, 4);
  await assert.rejects(kinesis.splitShard({ StreamName, ShardToSplit: shard(0), NewStartingHashKey: '77' }), {
    name: 'ValidationException',
  });
  const Data = Buffer.alloc(1_000_000);
  for (let second = 0; second < 33; second++) {
    await kinesis.putRecord({ StreamName, PartitionKey: 'k', ExplicitHashKey: '0', Data });
    await cloud.advance('PT1S');
  }
  await cloud.settle();
  await cloud.advance('PT1M');
  const open = (await kinesis.listShards({ StreamName })).Shards!.filter(isOpen);
  requireWhole(open);
  assert.deepEqual(open.map(({ ParentShardId }) => ParentShardId).filter(Boolean), [shard(0), shard(0)]);
});

test('A put that is slower than the end of its shard, which a reader was told of, goes elsewhere', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  await put(kinesis, 'before');
  await kinesis.splitShard({ StreamName, ShardToSplit: shard(0), NewStartingHashKey: String(1n << 127n) });
  const { rows } = await cloud.deps.store.transaction((tx) => tx.list(heads, [], { limit: 10 }));
  const place = rows[0]!.shard;
  const looked = Promise.withResolvers<void>();
  const told = Promise.withResolvers<void>();
  const seen: (true | undefined)[] = [];
  const slow = cloud.deps.store.transaction(async (store) => {
    const head = await headOf({ store }, place);
    seen.push(head.ended);
    looked.resolve();
    await told.promise;
    await store.replace(heads, head);
  });
  await looked.promise;
  await cloud.advance('PT10S');
  const read = await kinesis.getRecords({ ShardIterator: await iteratorOf(kinesis, 'TRIM_HORIZON') });
  assert.equal(read.NextShardIterator, undefined);
  told.resolve();
  await slow;
  assert.deepEqual(seen, [undefined, true]);
  assert.notEqual((await put(kinesis, 'after')).ShardId, shard(0));
});
