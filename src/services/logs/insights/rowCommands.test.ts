import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudWith, fill, rows, START } from '../../../testing/logQueries.ts';
import { promptly } from '../../../testing/promptly.ts';

const EVENTS: readonly (readonly [number, object])[] = [
  [0, { n: 1, bytes: 10, host: 'a', cpu_user: 1, items: ['x', 'y'], ip: '10.1.2.3' }],
  [1, { n: 2, bytes: 20, cpu_sys: 2, ip: '10.9.9.9' }],
  [2, { n: 3, host: 'b', list: '["p", "q"]', ip: '2001:db8::1' }],
  [3, { n: 4, bytes: 5, ip: '192.0.2.1' }],
];
const SORTED = 'sort @timestamp asc';

/** A query after `fields`, and its rows. */
const CASES: readonly (readonly [string, readonly object[]])[] = [
  [
    `fields n, bytes | ${SORTED} | accum bytes as total`,
    [
      { n: '1', bytes: '10', total: '10' },
      { n: '2', bytes: '20', total: '30' },
      { n: '3' },
      { n: '4', bytes: '5', total: '35' },
    ],
  ],
  [
    `fields n | ${SORTED} | autoregress n p=1-2`,
    [{ n: '1' }, { n: '2', n_p1: '1' }, { n: '3', n_p1: '2', n_p2: '1' }, { n: '4', n_p1: '3', n_p2: '2' }],
  ],
  [
    `fields host, cpu_user, cpu_sys, bytes | ${SORTED} | filldown host cpu*`,
    [
      { host: 'a', cpu_user: '1', bytes: '10' },
      { host: 'a', cpu_user: '1', cpu_sys: '2', bytes: '20' },
      { host: 'b', cpu_user: '1', cpu_sys: '2' },
      { host: 'b', cpu_user: '1', cpu_sys: '2', bytes: '5' },
    ],
  ],
  [
    `fields n | filter n < 2 | expand items`,
    [
      { n: '1', items: 'x' },
      { n: '1', items: 'y' },
    ],
  ],
  [
    `fields n | filter n = 3 | expand list`,
    [
      { n: '3', list: 'p' },
      { n: '3', list: 'q' },
    ],
  ],
  [
    'expand items | stats count(*) as c by items | sort items',
    [{ c: '3' }, { items: 'x', c: '1' }, { items: 'y', c: '1' }],
  ],
  [
    `fields n, bytes | ${SORTED} | filter n <= 2 | addtotals fieldname=sum col=true`,
    [
      { n: '1', bytes: '10', sum: '11' },
      { n: '2', bytes: '20', sum: '22' },
      { n: '3', bytes: '30' },
    ],
  ],
  [`fields n, bytes | filter n = 2 | addtotals row=false`, [{ n: '2', bytes: '20' }]],
  [
    'fields host | countFrequent host',
    [{ _approxcount: '2' }, { host: 'b', _approxcount: '1' }, { host: 'a', _approxcount: '1' }],
  ],
];

test('Commands that look from row to row', async () => {
  const cloud = await cloudWith(EVENTS);
  for (const [query, wanted] of CASES) assert.deepEqual(await rows(cloud, query), wanted, query);
});

test('fillmissing inserts rows for empty periods', async () => {
  const cloud = await cloudWith([
    [0, { ms: 4, path: '/a' }],
    [180_000, { ms: 6, path: '/a' }],
    [180_001, { ms: 8, path: '/b' }],
  ]);
  const times = ['00:00', '01:00', '02:00', '03:00'].map((time) => `2030-01-01 00:${time}.000`);
  assert.deepEqual(
    await rows(cloud, 'stats avg(ms) as a by bin(1m) | fillmissing with 0 for a'),
    ['4', '0', '0', '7'].map((a, i) => ({ 'bin(1m)': times[i], a })),
  );
  const grouped = await rows(
    cloud,
    'stats max(ms) as m by path, bin(1m) as t | fillmissing with -1 for m | sort path, t',
  );
  assert.deepEqual(
    grouped.map(({ path, m }) => [path, m]),
    [...['4', '-1', '-1', '6'].map((m) => ['/a', m]), ...['-1', '-1', '-1', '8'].map((m) => ['/b', m])],
  );
  const day = await cloudWith([
    [-86_000_000, { n: 1 }],
    [0, { n: 1 }],
  ]);
  const { queryId } = await day.root.logs.startQuery({
    logGroupName: 'app',
    queryString: 'stats count(*) by bin(1ms) | fillmissing',
    startTime: Date.parse('2029-12-31T00:00:00Z') / 1000,
    endTime: Date.parse('2030-01-01T01:00:00Z') / 1000,
    limit: 10,
  });
  await day.settle();
  assert.equal((await day.root.logs.getQueryResults({ queryId })).results?.length, 10);
});

test('cidrlookup finds the narrowest network of a table', async () => {
  const cloud = await cloudWith(EVENTS);
  const tableBody =
    'net,owner\n10.0.0.0/8,all\n10.1.0.0/16,part\n2001:db8::/32,six\n300.0.0.0/8,wrong\n10.0.0.0/99,wrong';
  await cloud.root.logs.createLookupTable({ lookupTableName: 'nets', tableBody });
  const owners = async (command: string) =>
    (await rows(cloud, `fields n | ${command} | ${SORTED}`)).map(({ owner, host, who }) => owner ?? host ?? who);
  assert.deepEqual(await owners('cidrlookup nets ip as net OUTPUT owner'), ['part', 'all', 'six', undefined]);
  assert.deepEqual(await owners('cidrlookup nets ip OUTPUT owner as who'), ['part', 'all', 'six', undefined]);
  assert.deepEqual(await owners('cidrlookup nets ip OUTPUTNEW owner as host'), ['a', 'all', 'b', undefined]);
});

test('One row becomes so many; many rows may become as many as they like', async () => {
  const list = Array.from({ length: 1_000 }, (_, i) => i);
  const cloud = await cloudWith([[0, { list }]]);
  const { logs } = cloud.root;
  const range = { startTime: START / 1000, endTime: START / 1000 + 10 };
  const explosive = [
    [
      'CWLI',
      'fields jsonParse(@message) as m | fields m.list as a | expand a | fields m.list as b | expand b | stats count(*)',
    ],
    [
      'CWLI',
      'fields jsonParse(@message) as m | unnest m.list into a | unnest m.list into b | unnest m.list into c | stats count(*)',
    ],
    ['PPL', 'eval a = list, b = list, c = list | expand a | expand b | expand c | stats count()'],
    ['PPL', 'eval a = sequence(1, 10000) | expand a | eval b = sequence(1, 10000) | expand b | where b < 0'],
  ] as const;
  for (const [queryLanguage, queryString] of explosive) {
    const { queryId } = await logs.startQuery({ logGroupName: 'app', queryString, queryLanguage, ...range });
    await promptly(() => cloud.settle());
    assert.equal((await logs.getQueryResults({ queryId })).status, 'Failed', queryString);
  }
  const many = Array.from({ length: 2_500 }, (_, i) => [i, { i, list: list.slice(0, 50) }] as const);
  await fill(cloud, 'many', many);
  const counted = { logGroupName: 'many', queryLanguage: 'PPL' };
  assert.deepEqual(await rows(cloud, 'sort i | expand list | stats count() as n', counted), [{ n: '125000' }]);
  assert.deepEqual(await rows(cloud, 'expand list | stats count() as n', counted), [{ n: '125000' }]);
});

test('What a query keeps counts, also where it keeps one value of each group or row', async () => {
  const a = 'x'.repeat(1_000);
  const cloud = await cloudWith(Array.from({ length: 900 }, (_, i) => [i, { i, a }] as const));
  const { logs } = cloud.root;
  const range = { startTime: START / 1000, endTime: START / 1000 + 10 };
  const long = `concat(i, ${Array.from({ length: 99 }, () => 'a').join()})`;
  const status = async (queryLanguage: 'CWLI' | 'PPL' | 'SQL', queryString: string) => {
    const group = queryLanguage === 'SQL' ? {} : { logGroupName: 'app' };
    const { queryId } = await logs.startQuery({ ...group, queryString, queryLanguage, ...range });
    await promptly(() => cloud.settle());
    return (await logs.getQueryResults({ queryId })).status;
  };
  for (const [language, query] of [
    ['CWLI', (value: string) => `stats max(${value}) as m by i | stats count(*)`],
    ['CWLI', (value: string) => `stats latest(${value}) as m by i | stats count(*)`],
    ['CWLI', (value: string) => `sort ${value}`],
    ['PPL', (value: string) => `stats first(${value}) as f by i | stats count()`],
    ['SQL', (value: string) => `SELECT i, max_by(i, ${value}) AS m FROM app GROUP BY i LIMIT 1`],
    ['SQL', (value: string) => `SELECT lag(${value}) OVER (ORDER BY i) AS l FROM app LIMIT 1`],
    ['SQL', (value: string) => `SELECT rank() OVER (ORDER BY ${value}) AS l FROM app LIMIT 1`],
  ] as const) {
    const answers = [await status(language, query('a')), await status(language, query(long))];
    assert.deepEqual(answers, ['Complete', 'Failed'], query('a'));
  }
});

test('A row on which a query works too long ends it', async () => {
  const cloud = await cloudWith([[0, { l: Array.from({ length: 200_000 }, (_, i) => (i * 7_919) % 10) }]]);
  const { logs } = cloud.root;
  await fill(cloud, 'text', [[0, 'ab'.repeat(20_000)]]);
  const range = { startTime: START / 1000, endTime: START / 1000 + 10 };
  const times = (count: number, text: (n: number) => string, by = ', ') =>
    Array.from({ length: count }, (_, n) => text(n)).join(by);
  for (const [logGroupName, queryLanguage, queryString] of [
    ['app', 'PPL', `eval ${times(400, (n) => `a${n} = sort_array(l)`)} | stats count()`],
    ['app', 'PPL', `stats first(l) as l | eval ${times(400, (n) => `a${n} = sort_array(l)`)}`],
    ['text', 'CWLI', `fields ${times(150, (n) => `regexReplace(@message, "[ab]{1,199}c", "x") as r${n}`)}`],
  ] as const) {
    const { queryId } = await logs.startQuery({ logGroupName, queryString, queryLanguage, ...range });
    await promptly(() => cloud.settle());
    assert.match((await logs.getQueryResults({ queryId })).status!, /Failed|Complete/, queryString.slice(0, 80));
  }
});

test('Queries that keep much one by one wait for each other', async () => {
  const a = 'x'.repeat(1_000);
  const cloud = await cloudWith(Array.from({ length: 550 }, (_, i) => [i, { i, a }] as const));
  const { logs } = cloud.root;
  const range = { startTime: START / 1000, endTime: START / 1000 + 10 };
  const queryString = `stats max(concat(${Array.from({ length: 100 }, () => 'a').join()})) as m by i | stats count(m) as n`;
  const started = [];
  for (let i = 0; i < 6; i++) started.push(await logs.startQuery({ logGroupName: 'app', queryString, ...range }));
  await promptly(() => cloud.settle());
  for (const { queryId } of started) {
    const { status, results } = await logs.getQueryResults({ queryId });
    assert.deepEqual([status, results], ['Complete', [[{ field: 'n', value: '550' }]]]);
  }
});
