import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { metrics } from '../../core/metrics.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { type Aggregate, aggregateOf, join, pack, unpack, valuesOf } from './aggregates.ts';
import { distributionOf, joined, weighted } from './distribution.ts';
import { errorOf } from './fixtures.ts';
import { blocks } from './metricRows.ts';
import { statistic } from './statistics.ts';

const minutesAgo = (cloud: Cloud, minutes: number) => new Date(cloud.now().getTime() - minutes * 60_000);

async function statistics(cloud: Cloud, stats: readonly string[], options: object = {}) {
  const extended = stats.filter((name) => !/^[A-Z][a-z]+[A-Z]?[a-z]*$/.test(name));
  const plain = stats.filter((name) => !extended.includes(name));
  const { Datapoints } = await cloud.root.cloudwatch.getMetricStatistics({
    Namespace: 'Test',
    MetricName: 'Load',
    StartTime: minutesAgo(cloud, 60),
    EndTime: new Date(cloud.now().getTime() + 60_000),
    Period: 60,
    ...(plain.length > 0 && { Statistics: plain as never }),
    ...(extended.length > 0 && { ExtendedStatistics: extended }),
    ...options,
  });
  return Datapoints!;
}

const put = (cloud: Cloud, datum: object, namespace = 'Test') =>
  cloud.root.cloudwatch.putMetricData({ Namespace: namespace, MetricData: [{ MetricName: 'Load', ...datum }] });

test('PutMetricData is read back as statistics of its minutes', async () => {
  const cloud = await testCloud();
  await put(cloud, { Value: 3, Timestamp: minutesAgo(cloud, 5), Unit: 'Count' });
  await put(cloud, { Values: [1, 5], Counts: [2, 1], Timestamp: minutesAgo(cloud, 5), Unit: 'Count' });
  await put(cloud, {
    StatisticValues: { SampleCount: 4, Sum: 20, Minimum: 2, Maximum: 9 },
    Timestamp: minutesAgo(cloud, 2),
    Unit: 'Count',
  });
  const found = await statistics(cloud, ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum']);
  assert.deepEqual(found, [
    { Timestamp: minutesAgo(cloud, 5), SampleCount: 4, Sum: 10, Average: 2.5, Minimum: 1, Maximum: 5, Unit: 'Count' },
    { Timestamp: minutesAgo(cloud, 2), SampleCount: 4, Sum: 20, Average: 5, Minimum: 2, Maximum: 9, Unit: 'Count' },
  ]);
  const [point, ...others] = await statistics(cloud, ['p50', 'tm75', 'PR(:1)', 'TC(1:5)', 'IQM']);
  assert.deepEqual(others, [], 'a statistic set does not say what its values were');
  assert.deepEqual(point?.ExtendedStatistics, { p50: 1, tm75: 5 / 3, 'PR(:1)': 50, 'TC(1:5)': 2, IQM: 2 });
});

test('PutMetricData in each protocol and unit is kept apart by unit', async () => {
  const cloud = await testCloud();
  await put(cloud, { Value: 1, Unit: 'Bytes' });
  await put(cloud, { Value: 7 });
  const found = await statistics(cloud, ['Sum']);
  assert.deepEqual(found.map(({ Unit, Sum }) => [Unit, Sum]).toSorted(), [
    ['Bytes', 1],
    ['None', 7],
  ]);
  assert.deepEqual((await statistics(cloud, ['Sum'], { Unit: 'Bytes' })).length, 1);
  assert.deepEqual(await statistics(cloud, ['Sum'], { Unit: 'Seconds' }), []);
});

test('PutMetricData keeps high resolution for three hours and minutes after', async () => {
  const cloud = await testCloud();
  for (let second = 0; second < 30; second++) {
    const Timestamp = new Date(cloud.now().getTime() - 60_000 + second * 1000);
    await put(cloud, { Value: second, StorageResolution: 1, Timestamp });
  }
  const tens = await statistics(cloud, ['Sum'], { StartTime: minutesAgo(cloud, 1), Period: 10 });
  assert.deepEqual(
    tens.map(({ Sum }) => Sum),
    [45, 145, 245],
  );
  assert.equal((await statistics(cloud, ['Sum'], { StartTime: minutesAgo(cloud, 1), Period: 1 })).length, 30);
  cloud.advance('PT5H');
  await cloud.settle();
  const late = { StartTime: minutesAgo(cloud, 301), EndTime: minutesAgo(cloud, 300) };
  assert.deepEqual(await statistics(cloud, ['Sum'], { ...late, Period: 10 }), []);
  assert.deepEqual(
    (await statistics(cloud, ['Sum'], late)).map(({ Sum }) => Sum),
    [435],
  );
  const kept = await cloud.deps.store.transaction((tx) => tx.list(blocks, ['s'], { index: 'age', limit: 10 }));
  assert.deepEqual(kept.rows, []);
});

test('data grow coarser with age: 5 minutes after 15 days, an hour after 63, nothing after 455', async () => {
  const cloud = await testCloud();
  const start = minutesAgo(cloud, 60);
  for (let minute = 0; minute < 60; minute++) {
    await put(cloud, { Value: minute, Timestamp: new Date(start.getTime() + minute * 60_000) });
  }
  const counts = async () => {
    const span = { StartTime: start, EndTime: new Date(start.getTime() + 3_600_000) };
    const of = async (Period: number) =>
      (await statistics(cloud, ['Sum', 'p50'].slice(0, 1), { ...span, Period })).length;
    return [await of(60), await of(300), await of(3600)];
  };
  const sum = async () => {
    const span = { StartTime: start, EndTime: new Date(start.getTime() + 3_600_000), Period: 3600 };
    return [
      (await statistics(cloud, ['Sum'], span))[0]?.Sum,
      (await statistics(cloud, ['p50'], span))[0]?.ExtendedStatistics,
    ];
  };
  assert.deepEqual(await counts(), [60, 12, 1]);
  const whole = [1770, { p50: 29 }];
  assert.deepEqual(await sum(), whole);
  for (const [days, expected] of [
    ['P1D', [60, 12, 1]],
    ['P15D', [0, 12, 1]],
    ['P60D', [0, 0, 1]],
  ] as const) {
    cloud.advance(days);
    await cloud.settle();
    assert.deepEqual(await counts(), expected, days);
    assert.deepEqual(await sum(), whole, days);
  }
  cloud.advance('P400D');
  await cloud.settle();
  assert.deepEqual(await counts(), [0, 0, 0]);
  const left = await cloud.deps.store.transaction((tx) => tx.list(blocks, [], { limit: 1000 }));
  assert.deepEqual(
    left.rows.filter(({ time }) => time * 1000 < start.getTime() + 3_600_000),
    [],
  );
});

test('PutMetricData refuses in CloudWatch words', async () => {
  const cloud = await testCloud();
  const refused = async (datum: object, name: string, message: RegExp) => {
    const error = await errorOf(put(cloud, datum));
    assert.equal(error.name, name);
    assert.match(error.message, message);
  };
  const combination = 'InvalidParameterCombinationException';
  const value = 'InvalidParameterValueException';
  await refused(
    { Value: 1, Values: [1] },
    combination,
    /^The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive/,
  );
  await refused({}, 'MissingRequiredParameterException', /MetricData.member.1.Value is required/);
  await refused({ Value: Number.NaN }, value, /The value NaN for parameter MetricData.member.1.Value is invalid/);
  await refused({ Value: 2 ** 361 }, value, /is invalid/);
  await refused({ Values: Array(151).fill(1) }, value, /Values must not have a size greater than 150/);
  await refused({ Values: [1], Counts: [1, 2] }, value, /must be of the same size/);
  await refused({ Value: 1, StorageResolution: 30 }, value, /StorageResolution/);
  await refused({ Value: 1, Timestamp: minutesAgo(cloud, 14 * 1440 + 1) }, value, /within the past two weeks/);
  await refused({ Value: 1, Timestamp: minutesAgo(cloud, -121) }, value, /no more than two hours in the future/);
  const error = await errorOf(put(cloud, { Value: 1 }, 'AWS/EC2'));
  assert.match(error.message, /The value AWS\/EC2 for parameter Namespace is invalid/);
  const many = Array.from({ length: 1001 }, () => ({ MetricName: 'Load', Value: 1 }));
  const tooMany = await errorOf(cloud.root.cloudwatch.putMetricData({ Namespace: 'Test', MetricData: many }));
  assert.match(tooMany.message, /must not have a size greater than 1000/);
  assert.deepEqual(await statistics(cloud, ['Sum']), []);
});

test('PutMetricData may be allowed for one namespace', async () => {
  const cloud = await testCloud();
  const statement = {
    Effect: 'Allow',
    Action: 'cloudwatch:PutMetricData',
    Resource: '*',
    Condition: { StringEquals: { 'cloudwatch:namespace': 'Mine' } },
  };
  const user = await cloud.user('agent', { Version: '2012-10-17', Statement: [statement] });
  const data = { MetricData: [{ MetricName: 'Load', Value: 1 }] };
  await user.cloudwatch.putMetricData({ Namespace: 'Mine', ...data });
  assert.match((await errorOf(user.cloudwatch.putMetricData({ Namespace: 'Yours', ...data }))).name, /AccessDenied/);
});

test('ListMetrics filters by name and dimensions, shows two weeks, pages', async () => {
  const cloud = await testCloud();
  const { cloudwatch } = cloud.root;
  const data = Array.from({ length: 600 }, (_, at) => ({
    MetricName: `M${String(at % 2)}`,
    Value: 1,
    Dimensions: [
      { Name: 'Host', Value: `h${at}` },
      { Name: 'Zone', Value: at < 3 ? 'a' : 'b' },
    ],
  }));
  await cloudwatch.putMetricData({ Namespace: 'Many', MetricData: data });
  const first = await cloudwatch.listMetrics({ Namespace: 'Many' });
  assert.equal(first.Metrics?.length, 500);
  const second = await cloudwatch.listMetrics({ Namespace: 'Many', NextToken: first.NextToken });
  assert.equal(second.Metrics?.length, 100);
  assert.equal(second.NextToken, undefined);
  const inZone = await cloudwatch.listMetrics({ MetricName: 'M0', Dimensions: [{ Name: 'Zone', Value: 'a' }] });
  assert.deepEqual(inZone.Metrics?.map(({ Dimensions }) => Dimensions?.[0]?.Value).toSorted(), ['h0', 'h2']);
  assert.equal((await cloudwatch.listMetrics({ Dimensions: [{ Name: 'Rack' }] })).Metrics?.length, 0);
  assert.equal((await errorOf(cloudwatch.listMetrics({ NextToken: 'x!' }))).name, 'InvalidParameterValueException');
  cloud.advance('PT4H');
  assert.equal((await cloudwatch.listMetrics({ Namespace: 'Many', RecentlyActive: 'PT3H' })).Metrics?.length, 0);
  cloud.advance('P15D');
  assert.equal((await cloudwatch.listMetrics({ Namespace: 'Many' })).Metrics?.length, 0);
});

test('AWS/Usage counts calls, and services tell what they measure', async () => {
  const cloud = await testCloud();
  for (let n = 0; n < 3; n++) await cloud.root.iam.listUsers({});
  await cloud.deps.store.transaction(async (store) => {
    const where = { store, now: cloud.now(), account: cloud.managementAccount, region: 'us-east-1' };
    const points = [{ name: 'SentMessageSize', value: 10, unit: 'Bytes', count: 4 }];
    metrics(where, { namespace: 'AWS/SQS', dimensions: { QueueName: 'q' }, points });
  });
  const read = async (Namespace: string, MetricName: string, dimensions: Record<string, string>) => {
    const found = await cloud.root.cloudwatch.getMetricStatistics({
      Namespace,
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: minutesAgo(cloud, 1),
      EndTime: minutesAgo(cloud, -1),
      Period: 60,
      Statistics: ['Sum', 'SampleCount'],
    });
    return [found.Datapoints?.[0]?.Sum, found.Datapoints?.[0]?.SampleCount];
  };
  const call = { Type: 'API', Service: 'IAM', Class: 'None', Resource: 'ListUsers' };
  assert.deepEqual(await read('AWS/Usage', 'CallCount', call), [3, 3]);
  assert.deepEqual(await read('AWS/SQS', 'SentMessageSize', { QueueName: 'q' }), [40, 4]);
});

test('GetMetricStatistics refuses in AWS words', async () => {
  const cloud = await testCloud();
  const many = await errorOf(
    statistics(cloud, ['Sum'], { StartTime: minutesAgo(cloud, 1440), EndTime: cloud.now(), Period: 1 }),
  );
  assert.equal(
    many.message,
    'You have requested up to 86400 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.',
  );
  const backwards = await errorOf(
    statistics(cloud, ['Sum'], { StartTime: cloud.now(), EndTime: minutesAgo(cloud, 1) }),
  );
  assert.equal(backwards.message, 'The parameter StartTime must be less than the parameter EndTime.');
  assert.match(
    (await errorOf(statistics(cloud, ['Sum'], { Period: 45 }))).message,
    /The value 45 for parameter Period/,
  );
  assert.match((await errorOf(statistics(cloud, ['p101']))).message, /The value p101 for/);
  assert.match((await errorOf(statistics(cloud, ['Sum', 'p50']))).name, /InvalidParameterCombination/);
});

const positive = fc.array(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 400 });

test('percentiles of any values lie within the documented accuracy', () => {
  fc.assert(
    fc.property(positive, positive, fc.integer({ min: 0, max: 1000 }), (left, right, mille) => {
      const all = [...left, ...right].sort((a, b) => a - b);
      const sum = join(aggregateOf(left)!, aggregateOf(right)!);
      const aggregate = unpack(JSON.parse(JSON.stringify(pack(sum))));
      const exact = all[Math.max(0, Math.ceil((mille / 1000) * all.length) - 1)]!;
      const found = statistic(`p${mille / 10}`)!(aggregate)!;
      assert.ok(Math.abs(found - exact) <= 0.0401 * exact, `${found} is not ${exact}`);
      assert.equal(aggregate.count, all.length);
      assert.ok(JSON.stringify(pack(aggregate)).length < 20_000);
    }),
  );
});

test('joining is the same in any order, and few different values are kept exactly', () => {
  const few = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(few, few, (a, b) => {
      const [x, y] = [aggregateOf(a)!, aggregateOf(b)!];
      assert.deepEqual(join(x, y), join(y, x));
      assert.deepEqual(valuesOf(join(x, y)), valuesOf(aggregateOf([...a, ...b])!));
    }),
  );
});

test('a distribution stays bounded whatever its values span', () => {
  const all = Array.from({ length: 3000 }, (_, at) => [10 ** (at / 10 - 150), 1] as const);
  const distribution = joined(distributionOf(all), distributionOf([[0, 5]]));
  const points = weighted(distribution, 0, 1e150);
  assert.ok(distribution.v.length <= 800);
  assert.equal(
    points.reduce((n, [, count]) => n + count, 0),
    3005,
  );
  assert.deepEqual(points[0], [0, 5]);
});

test('statistics are those of the definitions', () => {
  const hundred = aggregateOf(Array.from({ length: 100 }, (_, at) => at + 1).slice(0, 60))!;
  const of = (name: string, a: Aggregate = hundred) => statistic(name)?.(a);
  const table: [string, number | undefined][] = [
    ['p50', 30],
    ['p100', 60],
    ['p0', 1],
    ['tm50', 15.5],
    ['TM(50%:)', 45.5],
    ['TM(10:20)', 15.5],
    ['tc10', 6],
    ['TC(0.5:2.5)', 2],
    ['ts10', 21],
    ['TS(:2)', 3],
    ['WM(:30)', (30 * 31) / 2 / 60 + 15],
    ['PR(:15)', 25],
    ['PR(15:30)', 25],
    ['PR(60:)', 0],
    ['IQM', 30.5],
  ];
  for (const [name, value] of table) assert.ok(Math.abs(of(name)! - value!) < 1e-9, `${name}: ${of(name)}`);
  for (const name of [
    'p101',
    'tm',
    'TM()',
    'TM(:)',
    'TM(5:1)',
    'TM(90%:10%)',
    'PR(5%:)',
    'P50',
    'sum',
    'constructor',
  ]) {
    assert.equal(statistic(name), undefined, name);
  }
  assert.equal(of('p50', aggregateOf([-1, 2])!), undefined, 'negative values have no percentiles');
});
