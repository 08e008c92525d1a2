import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { promptly } from '../../testing/promptly.ts';
import { refusal, rejected } from '../../testing/rejected.ts';

async function group() {
  const cloud = await testCloud();
  const { logs, cloudwatch } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'trail' });
  await logs.createLogStream({ logGroupName: 'trail', logStreamName: 's' });
  const put = (...messages: (string | object)[]) =>
    logs.putLogEvents({
      logGroupName: 'trail',
      logStreamName: 's',
      logEvents: messages.map((message) => ({
        timestamp: cloud.now().getTime(),
        message: typeof message === 'string' ? message : JSON.stringify(message),
      })),
    });
  const values = async (MetricName: string, Dimensions: { Name: string; Value: string }[] = []) => {
    await cloud.settle();
    const { Datapoints } = await cloudwatch.getMetricStatistics({
      Namespace: 'Own',
      MetricName,
      Dimensions,
      StartTime: new Date(cloud.now().getTime() - 3_600_000),
      EndTime: new Date(cloud.now().getTime() + 3_600_000),
      Period: 60,
      Statistics: ['Sum', 'SampleCount', 'Maximum'],
    });
    const point = Datapoints![0];
    return point && [point.Sum, point.SampleCount, point.Maximum, point.Unit];
  };
  const filter = (filterName: string, filterPattern: string, transformation: object = {}) =>
    logs.putMetricFilter({
      logGroupName: 'trail',
      filterName,
      filterPattern,
      metricTransformations: [{ metricName: filterName, metricNamespace: 'Own', metricValue: '1', ...transformation }],
    });
  return { cloud, logs, put, values, filter };
}

const ROOT = '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}';

test('A metric filter counts events into CloudWatch, each once', async () => {
  const { put, values, filter } = await group();
  await filter('RootUse', ROOT);
  await put({ userIdentity: { type: 'Root' }, eventType: 'AwsApiCall' }, { userIdentity: { type: 'IAMUser' } });
  await put({ userIdentity: { type: 'Root' }, eventType: 'AwsConsoleSignIn' });
  assert.deepEqual(await values('RootUse'), [2, 2, 1, 'None']);
});

test('Events that take too long to look at keep no filter from counting the others', async () => {
  const { put, values, filter } = await group();
  await filter('Errors', '?ERROR ?%a[ab]{200}c%');
  let seed = 1;
  const costly = () =>
    Array.from({ length: 20_000 }, () => 'ab'[(seed = (seed * 48_271) % 2_147_483_647) & 1]).join('');
  const hostile = Array.from({ length: 12 }, costly);
  await promptly(() => put(...hostile, 'ERROR behind them'));
  assert.deepEqual(await values('Errors'), [1, 1, 1, 'None']);
});

test('Values, units and dimensions come out of the events', async () => {
  const { put, values, filter } = await group();
  await filter('Latency', '{ $.ms > 0 }', {
    metricValue: '$.ms',
    unit: 'Milliseconds',
    dimensions: { Path: '$.path' },
  });
  await filter('Bytes', '[ip, id, user, size]', { metricValue: '$size' });
  await put({ ms: 12, path: '/a' }, { ms: 30, path: '/a' }, { ms: 5, path: '/b' }, { ms: 7 }, '1.2.3.4 - ann 512');
  assert.deepEqual(await values('Latency', [{ Name: 'Path', Value: '/a' }]), [42, 2, 30, 'Milliseconds']);
  assert.deepEqual(await values('Latency', [{ Name: 'Path', Value: '/b' }]), [5, 1, 5, 'Milliseconds']);
  assert.equal(await values('Latency'), undefined);
  assert.deepEqual(await values('Bytes'), [512, 1, 512, 'None']);
});

test('The default value stands for a time in which nothing matched', async () => {
  const { put, values, filter } = await group();
  await filter('Errors', 'ERROR', { defaultValue: 0 });
  await put('fine', 'fine too');
  assert.deepEqual(await values('Errors'), [0, 1, 0, 'None']);
});

test('Metric filters are read back as written, by group, prefix and metric', async () => {
  const { cloud, logs, filter } = await group();
  await filter('b', 'ERROR', { defaultValue: 0, unit: 'Count' });
  await filter('a', ROOT);
  const all = await logs.describeMetricFilters({ logGroupName: 'trail' });
  assert.deepEqual(
    all.metricFilters!.map(({ filterName }) => filterName),
    ['a', 'b'],
  );
  assert.deepEqual(all.metricFilters![1], {
    filterName: 'b',
    filterPattern: 'ERROR',
    metricTransformations: [
      { metricName: 'b', metricNamespace: 'Own', metricValue: '1', defaultValue: 0, unit: 'Count' },
    ],
    creationTime: cloud.now().getTime(),
    logGroupName: 'trail',
    applyOnTransformedLogs: false,
  });
  const byMetric = await logs.describeMetricFilters({ metricName: 'b', metricNamespace: 'Own' });
  assert.deepEqual(
    byMetric.metricFilters!.map(({ filterName }) => filterName),
    ['b'],
  );
  assert.equal((await logs.describeMetricFilters({ filterNamePrefix: 'a' })).metricFilters!.length, 1);
  assert.equal((await logs.describeLogGroups({})).logGroups![0]!.metricFilterCount, 2);
  await logs.deleteMetricFilter({ logGroupName: 'trail', filterName: 'a' });
  assert.equal((await logs.describeLogGroups({})).logGroups![0]!.metricFilterCount, 1);
  await refusal(logs.deleteMetricFilter({ logGroupName: 'trail', filterName: 'a' }), 'ResourceNotFoundException');
});

test('What cannot be a metric filter is refused', async () => {
  const { filter } = await group();
  const invalid = (work: Promise<unknown>, message: string | RegExp) =>
    rejected(work, 'InvalidParameterException', message);
  await invalid(filter('x', '{ $.a = }'), 'Invalid metric filter pattern');
  await invalid(filter('x', 'ERROR', { metricValue: '$.a' }), /^Invalid metric transformation/);
  await invalid(filter('x', 'ERROR', { dimensions: { A: '$.a' } }), /^Invalid metric transformation/);
  await invalid(filter('x', '{$.a=1}', { dimensions: { A: '$.a' }, defaultValue: 1 }), /mutually exclusive properties/);
  await invalid(filter('x', 'ERROR', { metricNamespace: 'AWS/Logs' }), /AWS\/ are reserved/);
  for (let i = 0; i < 5; i++) await filter(`r${i}`, '%a%');
  await refusal(filter('r5', '%a%'), 'LimitExceededException');
});

test('TestMetricFilter shows what a pattern finds', async () => {
  const { logs } = await group();
  const { matches } = await logs.testMetricFilter({
    filterPattern: '[..., status_code = 4*, bytes]',
    logEventMessages: ['a b 404 12', 'a b 200 13', '400 1'],
  });
  assert.deepEqual(matches, [
    { eventNumber: 1, eventMessage: 'a b 404 12', extractedValues: { $status_code: '404', $bytes: '12' } },
    { eventNumber: 3, eventMessage: '400 1', extractedValues: { $status_code: '400', $bytes: '1' } },
  ]);
});

test('A group tells CloudWatch what comes in', async () => {
  const { cloud, put } = await group();
  await put('abc', 'de');
  await cloud.settle();
  const { Datapoints } = await cloud.root.cloudwatch.getMetricStatistics({
    Namespace: 'AWS/Logs',
    MetricName: 'IncomingBytes',
    Dimensions: [{ Name: 'LogGroupName', Value: 'trail' }],
    StartTime: new Date(cloud.now().getTime() - 60_000),
    EndTime: new Date(cloud.now().getTime() + 60_000),
    Period: 60,
    Statistics: ['Sum'],
  });
  assert.equal(Datapoints![0]!.Sum, 57);
});
