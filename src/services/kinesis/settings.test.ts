import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { active, iteratorOf, put, StreamName, shard, textsIn } from './fixtures.ts';

test('retention periods are lengthened and shortened within a day and a year', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  await put(kinesis, 'old');
  const longer = (RetentionPeriodHours: number) =>
    kinesis.increaseStreamRetentionPeriod({ StreamName, RetentionPeriodHours });
  const shorter = (RetentionPeriodHours: number) =>
    kinesis.decreaseStreamRetentionPeriod({ StreamName, RetentionPeriodHours });
  const cases: [Promise<unknown>, string][] = [
    [longer(23), 'Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.'],
    [
      longer(8761),
      'Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long.',
    ],
    [
      shorter(48),
      'Requested retention period (48 hours) for stream line can not be longer than existing retention period (24 hours). Use IncreaseRetentionPeriod API.',
    ],
  ];
  for (const [call, message] of cases) await assert.rejects(call, { name: 'InvalidArgumentException', message });
  await longer(48);
  await cloud.advance('PT30H');
  assert.deepEqual(await textsIn(kinesis), ['old']);
  await shorter(24);
  await cloud.advance('PT1M');
  assert.deepEqual(await textsIn(kinesis), []);
  assert.equal((await kinesis.describeStream({ StreamName })).StreamDescription!.RetentionPeriodHours, 24);
});

test('shard-level metrics are enabled, told, and disabled', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  const enabled = await kinesis.enableEnhancedMonitoring({
    StreamName,
    ShardLevelMetrics: ['IncomingRecords', 'IncomingBytes'],
  });
  assert.deepEqual(enabled.CurrentShardLevelMetrics, []);
  assert.deepEqual(enabled.DesiredShardLevelMetrics, ['IncomingBytes', 'IncomingRecords']);
  await cloud.advance('PT1M');
  await put(kinesis, 'abc');
  await textsIn(kinesis);
  await cloud.advance('PT1M');
  const sumOf = async (MetricName: string, more: { Name: string; Value: string }[] = []) => {
    const { Datapoints = [] } = await cloud.root.cloudwatch.getMetricStatistics({
      Namespace: 'AWS/Kinesis',
      MetricName,
      Dimensions: [{ Name: 'StreamName', Value: StreamName }, ...more],
      StartTime: new Date(cloud.now().getTime() - 600_000),
      EndTime: cloud.now(),
      Period: 60,
      Statistics: ['Sum'],
    });
    return Datapoints.map(({ Sum }) => Sum).reduce<number | undefined>((a, b) => (a ?? 0) + b!, undefined);
  };
  const ShardId = [{ Name: 'ShardId', Value: shard(0) }];
  assert.equal(await sumOf('IncomingBytes'), 4);
  assert.equal(await sumOf('PutRecord.Success'), 1);
  assert.equal(await sumOf('GetRecords.Records'), 1);
  assert.equal(await sumOf('IncomingRecords', ShardId), 1);
  assert.equal(await sumOf('OutgoingRecords', ShardId), undefined);
  const ShardIterator = await iteratorOf(kinesis, 'LATEST');
  for (let i = 0; i < 5; i++) await kinesis.getRecords({ ShardIterator });
  await assert.rejects(kinesis.getRecords({ ShardIterator }), { name: 'ProvisionedThroughputExceededException' });
  await cloud.advance('PT1M');
  assert.equal(await sumOf('ReadProvisionedThroughputExceeded'), 1, 'what a refused call measured is kept');
  const left = await kinesis.disableEnhancedMonitoring({ StreamName, ShardLevelMetrics: ['IncomingBytes'] });
  assert.deepEqual(left.DesiredShardLevelMetrics, ['IncomingRecords']);
  await cloud.advance('PT1M');
  const all = await kinesis.enableEnhancedMonitoring({ StreamName, ShardLevelMetrics: ['ALL'] });
  assert.equal(all.DesiredShardLevelMetrics!.length, 7);
});

test('UpdateStreamMode switches twice a day, and counts shards as it should', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud, 3);
  const { StreamARN } = (await kinesis.describeStreamSummary({ StreamName })).StreamDescriptionSummary!;
  const limits = async () => {
    const { OpenShardCount, OnDemandStreamCount } = await kinesis.describeLimits({});
    return [OpenShardCount, OnDemandStreamCount];
  };
  assert.deepEqual(await limits(), [3, 0]);
  const switched = async (StreamMode: 'ON_DEMAND' | 'PROVISIONED') => {
    await kinesis.updateStreamMode({ StreamARN, StreamModeDetails: { StreamMode } });
    await cloud.advance('PT1M');
  };
  await switched('ON_DEMAND');
  assert.deepEqual(await limits(), [0, 1]);
  await switched('PROVISIONED');
  assert.deepEqual(await limits(), [3, 0]);
  await assert.rejects(switched('ON_DEMAND'), { name: 'LimitExceededException' });
  await cloud.advance('P1D');
  await switched('ON_DEMAND');
  const records = Array.from({ length: 8 }, (_, i) => ({ Data: Buffer.from(`r${i}`), PartitionKey: 'same' }));
  const shardsOf = async (Records: object[]) => {
    const put = await kinesis.putRecords({ StreamName, Records: Records as never });
    return new Set(put.Records!.map(({ ShardId }) => ShardId)).size;
  };
  assert.equal(await shardsOf(records), 1);
  await kinesis.updateStreamRecordDistributionStrategy({ StreamARN, RecordDistributionStrategy: 'AUTO' });
  assert.equal(await shardsOf(records), 3);
  assert.equal(await shardsOf(records.map(({ Data }) => ({ Data }))), 3);
  const summary = (await kinesis.describeStreamSummary({ StreamName })).StreamDescriptionSummary!;
  assert.equal(summary.RecordDistributionStrategy, 'AUTO');
});

test('On-demand Advantage brings warm throughput, and lasts a day at least', async () => {
  const cloud = await testCloud();
  const { kinesis } = cloud.root;
  const ON_DEMAND = { StreamModeDetails: { StreamMode: 'ON_DEMAND' as const } };
  await kinesis.createStream({ StreamName, ...ON_DEMAND });
  await cloud.advance('PT1M');
  const warm = (WarmThroughputMiBps: number) => kinesis.updateStreamWarmThroughput({ StreamName, WarmThroughputMiBps });
  await assert.rejects(warm(10), { name: 'ValidationException' });
  const set = (Status: 'ENABLED' | 'DISABLED') =>
    kinesis.updateAccountSettings({ MinimumThroughputBillingCommitment: { Status } });
  const enabled = (await set('ENABLED')).MinimumThroughputBillingCommitment!;
  assert.equal(enabled.Status, 'ENABLED');
  const answer = await warm(10);
  assert.deepEqual(answer.WarmThroughput, { TargetMiBps: 10, CurrentMiBps: 4 });
  await cloud.advance('PT5M');
  assert.equal((await kinesis.describeStreamSummary({ StreamName })).StreamDescriptionSummary!.OpenShardCount, 10);
  await assert.rejects(set('DISABLED'), { name: 'ValidationException' });
  await warm(0);
  await cloud.advance('PT5M');
  const ending = (await set('DISABLED')).MinimumThroughputBillingCommitment!;
  assert.equal(ending.Status, 'ENABLED_UNTIL_EARLIEST_ALLOWED_END');
  await cloud.advance('P1D');
  const { MinimumThroughputBillingCommitment: over } = await kinesis.describeAccountSettings({});
  assert.deepEqual([over!.Status, over!.EndedAt], ['DISABLED', enabled.EarliestAllowedEndAt]);
});

test('UpdateMaxRecordSize lets larger records in', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  const Data = Buffer.alloc(3 * 1024 * 1024, 7);
  const large = () => kinesis.putRecord({ StreamName, PartitionKey: 'k', Data });
  await assert.rejects(large(), { name: 'InvalidArgumentException', message: /exceeds the maximum record size/ });
  const { StreamARN } = (await kinesis.describeStreamSummary({ StreamName })).StreamDescriptionSummary!;
  await kinesis.updateMaxRecordSize({ StreamARN, MaxRecordSizeInKiB: 4096 });
  await cloud.advance('PT1M');
  await large();
  await assert.rejects(large(), { name: 'ProvisionedThroughputExceededException' });
  assert.equal((await textsIn(kinesis))[0]!.length, Data.length);
});

test('tags are added, listed and removed by either API', async () => {
  const cloud = await testCloud();
  const kinesis = await active(cloud);
  await kinesis.addTagsToStream({ StreamName, Tags: { a: '1', b: '2', c: '' } });
  const page = await kinesis.listTagsForStream({ StreamName, Limit: 2 });
  assert.deepEqual(page, {
    $metadata: page.$metadata,
    HasMoreTags: true,
    Tags: [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ],
  });
  const { StreamARN: ResourceARN } = (await kinesis.describeStreamSummary({ StreamName })).StreamDescriptionSummary!;
  await kinesis.tagResource({ ResourceARN, Tags: { a: '9' } });
  await kinesis.untagResource({ ResourceARN, TagKeys: ['b'] });
  await kinesis.removeTagsFromStream({ StreamName, TagKeys: ['c'] });
  assert.deepEqual((await kinesis.listTagsForResource({ ResourceARN })).Tags, [{ Key: 'a', Value: '9' }]);
  await assert.rejects(kinesis.addTagsToStream({ StreamName, Tags: { 'a;b': '' } }), {
    name: 'InvalidArgumentException',
  });
});

test('ListStreams pages, and no more than five streams are made at once', async () => {
  const cloud = await testCloud();
  const { kinesis } = cloud.root;
  for (const name of ['e', 'd', 'c', 'b', 'a']) await kinesis.createStream({ StreamName: name, ShardCount: 1 });
  await assert.rejects(kinesis.createStream({ StreamName: 'f', ShardCount: 1 }), { name: 'LimitExceededException' });
  const first = await kinesis.listStreams({ Limit: 3 });
  assert.deepEqual([first.StreamNames, first.HasMoreStreams], [['a', 'b', 'c'], true]);
  const second = await kinesis.listStreams({ Limit: 3, NextToken: first.NextToken });
  assert.deepEqual([second.StreamNames, second.HasMoreStreams], [['d', 'e'], false]);
  const after = await kinesis.listStreams({ ExclusiveStartStreamName: 'b' });
  assert.deepEqual(after.StreamNames, ['c', 'd', 'e']);
  assert.equal(after.StreamSummaries![0]!.StreamStatus, 'CREATING');
});

test('shards are counted against the quota of the account', async () => {
  const cloud = await testCloud({ quotas: { 'Shards per Region': 3 } });
  const kinesis = await active(cloud, 2);
  await assert.rejects(kinesis.createStream({ StreamName: 'other', ShardCount: 2 }), {
    name: 'LimitExceededException',
    message: /Current shard count for the account: 2. Limit: 3. Number of additional shards .*: 2\./,
  });
  await kinesis.deleteStream({ StreamName });
  await kinesis.createStream({ StreamName: 'other', ShardCount: 3 });
});
