/** Metrics in events, in the embedded metric format. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { promptly } from '../../testing/promptly.ts';

async function withGroup(more: object = {}) {
  const cloud = await testCloud();
  const { logs, cloudwatch } = cloud.root;
  const stream = { logGroupName: 'app', logStreamName: 's' };
  await logs.createLogGroup({ logGroupName: 'app', ...more });
  await logs.createLogStream(stream);
  const put = async (...messages: (string | object)[]) => {
    const text = (message: string | object) => (typeof message === 'string' ? message : JSON.stringify(message));
    const logEvents = messages.map((message) => ({ timestamp: cloud.now().getTime(), message: text(message) }));
    await logs.putLogEvents({ ...stream, logEvents });
    await cloud.settle();
  };
  const statistics = async (Namespace: string, MetricName: string, dimensions: object = {}, Period = 60) => {
    const { Datapoints = [] } = await cloudwatch.getMetricStatistics({
      ...{ Namespace, MetricName, Period, Statistics: ['Sum', 'SampleCount'] },
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(cloud.now().getTime() - 60_000),
      EndTime: new Date(cloud.now().getTime() + 60_000),
    });
    return Datapoints.map(({ Sum, SampleCount, Unit }) => [Sum, SampleCount, Unit]);
  };
  const errors = async () => [
    (await statistics('AWS/Logs', 'EMFParsingErrors', { LogGroupName: 'app' }))[0]?.[0] ?? 0,
    (await statistics('AWS/Logs', 'EMFValidationErrors', { LogGroupName: 'app' }))[0]?.[0] ?? 0,
  ];
  const emf = (metrics: object[], root: object, dimensions: unknown = [[]], directive: object = {}) => ({
    _aws: {
      Timestamp: cloud.now().getTime(),
      CloudWatchMetrics: [{ Namespace: 'mine', Dimensions: dimensions, Metrics: metrics, ...directive }],
    },
    ...root,
  });
  return { cloud, put, statistics, errors, emf };
}

test('Values are told under each set of dimensions, with their units', async () => {
  const { put, statistics, errors, emf } = await withGroup();
  const metrics = [{ Name: 'time', Unit: 'Milliseconds' }, { Name: 'sizes' }];
  const root = { time: 100, sizes: [1, 2, 2], version: '$LATEST', zone: 'a', requestId: 'x' };
  await put(emf(metrics, root, [['version'], ['version', 'zone']]), emf(metrics, { ...root, time: 50 }, [['version']]));
  assert.deepEqual(await statistics('mine', 'time', { version: '$LATEST' }), [[150, 2, 'Milliseconds']]);
  assert.deepEqual(await statistics('mine', 'time', { version: '$LATEST', zone: 'a' }), [[100, 1, 'Milliseconds']]);
  assert.deepEqual(await statistics('mine', 'sizes', { version: '$LATEST' }), [[10, 6, 'None']]);
  assert.deepEqual(await statistics('mine', 'time'), []);
  assert.deepEqual(await errors(), [0, 0]);
});

test('High resolution is kept to the second, under the time that the document says', async () => {
  const { cloud, put, statistics, emf } = await withGroup();
  const second = () => emf([{ Name: 'n', StorageResolution: 1 }], { n: 1 });
  const first = second();
  cloud.advance('PT1S');
  await put(first, second());
  assert.deepEqual(await statistics('mine', 'n', {}, 1), [
    [1, 1, 'None'],
    [1, 1, 'None'],
  ]);
});

test('What is wrong is counted, and what is right beside it is told', async () => {
  const { cloud, put, statistics, errors, emf } = await withGroup();
  const good = { Name: 'n' };
  await put(
    '{"_aws":{"CloudWatchMetrics":[',
    { _aws: { CloudWatchMetrics: [] } },
    'no "_aws" "CloudWatchMetrics" here',
  );
  assert.deepEqual(await errors(), [3, 0]);
  const invalid = [
    emf([good, { Name: 'missing' }], { n: 1 }),
    emf([good, { Name: 'text' }], { n: 1, text: 'x' }),
    emf([good, { Name: 'n', Unit: 'Furlongs' }], { n: 1 }),
    emf([good, { Name: 'many' }], { n: 1, many: Array(101).fill(1) }),
    emf([good], { n: 1 }, [[], ['absent']]),
    emf([good], { n: 1, nested: { a: 'b' } }, [[], ['nested']]),
    emf([good], { n: 1 }, [[]], { Namespace: 'AWS/EC2' }),
    emf(Array(101).fill(good), { n: 1 }),
    { ...emf([good], { n: 1 }), _aws: { ...emf([good], {})._aws, Timestamp: cloud.now().getTime() - 15 * 86_400_000 } },
  ];
  await put(...invalid);
  assert.deepEqual(await errors(), [3, 9]);
  assert.deepEqual(await statistics('mine', 'n'), [[6, 6, 'None']]);
});

test('Groups of infrequent access give no metrics; what is masked is masked in dimensions too', async () => {
  const rare = await withGroup({ logGroupClass: 'INFREQUENT_ACCESS' });
  await rare.put(rare.emf([{ Name: 'n' }], { n: 1 }));
  assert.deepEqual(await rare.statistics('mine', 'n'), []);
  const { cloud, put, statistics, emf } = await withGroup();
  const DataIdentifier = ['arn:aws:dataprotection::aws:data-identifier/EmailAddress'];
  const policyDocument = JSON.stringify({
    Version: '2021-06-01',
    Statement: [
      { DataIdentifier, Operation: { Audit: { FindingsDestination: {} } } },
      { DataIdentifier, Operation: { Deidentify: { MaskConfig: {} } } },
    ],
  });
  await cloud.root.logs.putDataProtectionPolicy({ logGroupIdentifier: 'app', policyDocument });
  await put(emf([{ Name: 'n' }], { n: 1, who: 'a@b.org' }, [['who']]));
  assert.deepEqual(await statistics('mine', 'n', { who: '*******' }), [[1, 1, 'None']]);
});

test('A document of a great many sets of dimensions is cut short', async () => {
  const { put, statistics, errors, emf } = await withGroup();
  const names = Array.from({ length: 60_000 }, (_, n) => `d${n}`);
  const root = Object.fromEntries(names.map((name) => [name, 'v']));
  const document = emf(
    [{ Name: 'n' }, { Name: 'm' }],
    { n: 1, m: 1, ...root },
    names.map((name) => [name]),
  );
  await promptly(() => put(JSON.stringify(document).slice(0, 1_040_000), emf([{ Name: 'n' }], { n: 1 })));
  assert.deepEqual(await errors(), [1, 0]);
  const fewer = names.slice(0, 25_000);
  const values = Object.fromEntries(fewer.map((name) => [name, 'v']));
  await promptly(() =>
    put(
      emf(
        [{ Name: 'n' }],
        { n: 1, ...values },
        fewer.map((name) => [name]),
      ),
    ),
  );
  assert.deepEqual(await errors(), [1, 1]);
  assert.deepEqual(await statistics('mine', 'n', { d19999: 'v' }), [[1, 1, 'None']]);
  assert.deepEqual(await statistics('mine', 'n', { d20001: 'v' }), []);
});
