import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, cloudWith, rows, START } from '../../../testing/logQueries.ts';
import { rejected } from '../../../testing/rejected.ts';

const MINUTE = 60_000;
const SORTED = 'sort @timestamp asc';

const VISITS: readonly (readonly [number, object])[] = [
  [0, { user: 'a', device: 1, n: 1 }],
  [10 * MINUTE, { user: 'b', device: 1, n: 2 }],
  [30 * MINUTE, { user: 'a', device: 1, n: 3 }],
  [40 * MINUTE + 1, { user: 'b', device: 1, n: 4 }],
  [41 * MINUTE, { device: 1, n: 5 }],
  [90 * MINUTE, { user: 'a', device: 2, n: 6 }],
];

test('sessionize ends a session after a gap', async () => {
  const cloud = await cloudWith(VISITS);
  const sessions = async (command: string, name = 'session_id') =>
    (await rows(cloud, `fields n | ${SORTED} | ${command}`)).map((row) => row[name] ?? '-');
  assert.deepEqual(await sessions('sessionize user'), ['1', '2', '1', '3', '-', '4']);
  assert.deepEqual(await sessions('sessionize user maxspan 1h as s', 's'), ['1', '2', '1', '2', '-', '1']);
  assert.deepEqual(await sessions('sessionize user, device maxspan 2h'), ['1', '2', '1', '2', '-', '3']);
  assert.deepEqual(await rows(cloud, 'sessionize user | stats count(*) as n by session_id | filter n > 1'), [
    { session_id: '1', n: '2' },
  ]);
});

test('outlier draws numbers back to the bounds, or drops their rows', async () => {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1000, -1000];
  const cloud = await cloudWith(numbers.map((cpu, i) => [i, { cpu, i }] as const));
  const cpus = async (command: string) =>
    (await rows(cloud, `fields cpu | ${SORTED} | ${command}`)).map(({ cpu }) => cpu);
  // Quartiles 2.5 and 7.5.
  assert.deepEqual((await cpus('outlier cpu')).slice(-2), ['20', '-1000']);
  assert.deepEqual((await cpus('outlier param=1 uselower=true cpu')).slice(-2), ['12.5', '-2.5']);
  assert.deepEqual((await cpus('outlier action=remove cpu i')).slice(-2), ['9', '-1000']);
  const marked = await rows(cloud, 'outlier mark=true cpu | filter cpu_outlier = 1 | display i, cpu, cpu_outlier');
  assert.deepEqual(marked, [{ i: '9', cpu: '20', cpu_outlier: '1' }]);
});

test('relevantfields ranks fields by how they differ', async () => {
  const cloud = await cloudWith(
    Array.from({ length: 100 }, (_, i) => {
      const slow = i % 4 === 0;
      return [i, { Time: slow ? 500 : 100, path: slow ? '/slow' : '/fast', host: i % 2 === 0 ? 'x' : 'y' }] as const;
    }),
  );
  const found = await rows(cloud, 'relevantfields where Time > 400');
  assert.deepEqual(
    found.map((row) => [row['@fieldName'], row['@relevanceScore']]),
    [
      ['Time', '1'],
      ['path', '1'],
      ['host', '0.6667'],
    ],
  );
  assert.deepEqual([found[0]?.['@conditionalMedian'], found[0]?.['@baselineMedian']], ['500', '100']);
  assert.deepEqual(JSON.parse(found[1]?.['@topRelevanceContributors'] ?? ''), [
    { value: '/slow', shift: 1 },
    { value: '/fast', shift: -1 },
  ]);
  const some = await rows(cloud, 'relevantfields host, path where Time > 400');
  assert.deepEqual(
    some.map((row) => row['@fieldName']),
    ['path', 'host'],
  );
});

test('estimate reads nothing, and must be last', async () => {
  const cloud = await cloudWith(VISITS);
  const { results, statistics } = await ask(cloud, 'fields @message | filter n > 2 | estimate');
  const whole = await ask(cloud, 'fields @message');
  assert.deepEqual(results, [[{ field: '@estimatedBytes', value: String(whole.statistics?.bytesScanned) }]]);
  assert.deepEqual([statistics?.recordsScanned, statistics?.bytesScanned], [0, 0]);
  const queryString = 'estimate | fields n';
  const wrong = cloud.root.logs.startQuery({ logGroupName: 'app', queryString, startTime: 0, endTime: 1 });
  await rejected(wrong, 'MalformedQueryException', /last command/);
});

test('logcompare compares with a range so long before', async () => {
  const cloud = await cloudWith([
    [-3_600_000 * 3, 'task started'],
    [0, 'task started'],
    [1, 'task started'],
    [2, 'disk is full'],
  ]);
  const range = { startTime: START / 1000 - 1800, endTime: START / 1000 + 1800 };
  const found = await rows(cloud, 'logcompare timeshift 3h', range);
  assert.deepEqual(
    found.map((row) => [row['@pattern'], row['@sampleCount'], row['@differenceCount']]),
    [
      ['task started', '2', '1'],
      ['disk is full', '1', '1'],
    ],
  );
});

test('Time-series functions', async () => {
  const cloud = await cloudWith([
    [0, { bytes: 10 }],
    [MINUTE, { bytes: 40 }],
    [4 * MINUTE, { bytes: 20 }],
    [6 * MINUTE, { bytes: 30 }],
    [6 * MINUTE, { other: 1 }],
  ]);
  assert.deepEqual(
    await rows(cloud, 'stats rate(bytes, 1m) as r, countOverTime(bytes) as c, sumOverTime(bytes) as s by bin(5m) as t'),
    [
      { t: '2030-01-01 00:00:00.000', r: '2.5', c: '3', s: '70' },
      { t: '2030-01-01 00:05:00.000', c: '1', s: '30' },
    ],
  );
  assert.deepEqual(await rows(cloud, 'stats histogram(bytes, 3) as h'), [{ h: '{"10-20":1,"20-30":1,"30-40":2}' }]);
  assert.deepEqual(await rows(cloud, 'stats count(*) as n by bin(5m) as t offset 1h'), [
    { t: '2030-01-01 01:00:00.000', n: '3' },
    { t: '2030-01-01 01:05:00.000', n: '2' },
  ]);
});
