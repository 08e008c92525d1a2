import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MalformedQueryException } from '@aws-sdk/client-cloudwatch-logs';
import fc from 'fast-check';
import { ask, cloudWith, rows, START } from '../../../testing/logQueries.ts';
import { planOf } from './plan.ts';

const HOUSE: readonly (readonly [number, object])[] = [
  [0, { level: 'INFO', code: 200, ms: 10, user: { name: 'ann', tags: ['x', 'y'] }, ip: '10.0.0.7' }],
  [60_000, { level: 'ERROR', code: 500, ms: 70, user: { name: 'bob', tags: [] }, ip: '203.0.113.9' }],
  [120_000, { level: 'INFO', code: 200, ms: 30, user: { name: 'ann' }, 'odd.name': 'o' }],
  [400_000, { level: 'WARN', code: 404, ms: 20, user: { name: 'cat' }, ip: '2001:db8::1' }],
];

test('A query shows time and message, newest first, with pointers to the records', async () => {
  const cloud = await cloudWith([
    [0, 'one'],
    [1000, 'two'],
  ]);
  const { results, statistics } = await ask(cloud, 'fields @timestamp, @message');
  assert.deepEqual(results![0]!.slice(0, 2), [
    { field: '@timestamp', value: '2030-01-01 00:00:01.000' },
    { field: '@message', value: 'two' },
  ]);
  assert.equal(results![0]![2]!.field, '@ptr');
  assert.deepEqual([statistics!.recordsMatched, statistics!.recordsScanned, statistics!.bytesScanned], [2, 2, 58]);
  const { logRecord } = await cloud.root.logs.getLogRecord({ logRecordPointer: results![0]![2]!.value });
  assert.equal(logRecord!['@message'], 'two');
  assert.equal(logRecord!['@log'], '111122223333:app');
});

const QUERIES: readonly (readonly [query: string, rows: readonly object[]])[] = [
  ['filter code = 500 | display user.name', [{ 'user.name': 'bob' }]],
  ['filter code >= 404 | fields user.name as u | sort u', [{ u: 'bob' }, { u: 'cat' }]],
  ['filter level in ["ERROR", "WARN"] and not (code = 404) | display code', [{ code: '500' }]],
  ['filter level not in ["INFO"] | stats count(*) as n', [{ n: '2' }]],
  ["filter level like 'RR' | display code", [{ code: '500' }]],
  ['filter level like /(?i)^err/ | display code', [{ code: '500' }]],
  ['filter level =~ /RR/ | display code', [{ code: '500' }]],
  ['filter @message not like /INFO/ | stats count()', [{ 'count()': '2' }]],
  ['display `odd.name` | filter ispresent(`odd.name`)', [{ 'odd.name': 'o' }]],
  ['filter user.tags.1 = "y" | display user.tags.0', [{ 'user.tags.0': 'x' }]],
  [
    'stats count(*) as n, avg(ms) as a by level | sort n desc, level',
    [
      { level: 'INFO', n: '2', a: '20' },
      { level: 'ERROR', n: '1', a: '70' },
      { level: 'WARN', n: '1', a: '20' },
    ],
  ],
  [
    'stats sum(ms)/count(*) by bin(5m) | sort bin(5m)',
    [
      { 'bin(5m)': '2030-01-01 00:00:00.000', 'sum(ms)/count(*)': '36.6667' },
      { 'bin(5m)': '2030-01-01 00:05:00.000', 'sum(ms)/count(*)': '20' },
    ],
  ],
  [
    'stats min(ms), max(ms), pct(ms, 50), count_distinct(level)',
    [{ 'min(ms)': '10', 'max(ms)': '70', 'pct(ms, 50)': '20', 'count_distinct(level)': '3' }],
  ],
  ['stats stddev(code) as s, variance(ms) as v', [{ s: '130.4914', v: '518.75' }]],
  [
    'stats earliest(level) as a, latest(level) as b, sortsFirst(level) as c, sortsLast(level) as d',
    [{ a: 'INFO', b: 'WARN', c: 'ERROR', d: 'WARN' }],
  ],
  ['stats values(level) as l', [{ l: '["INFO","ERROR","WARN"]' }]],
  ['stats topk(1, level) as l', [{ l: '["INFO"]' }]],
  [
    'stats sum(ms) as s by bin(5m) as t | stats max(s) as m by dateceil(t, 10m) as u',
    [
      { u: '2030-01-01 00:00:00.000', m: '110' },
      { u: '2030-01-01 00:10:00.000', m: '20' },
    ],
  ],
  ['stats count(*) as n by level | filter n > 1 | fields n * 10 as m', [{ level: 'INFO', n: '2', m: '20' }]],
  ['parse @message /"name":"(?<who>\\w+)"/ | filter code = 404 | display who', [{ who: 'cat' }]],
  ['parse @message \'"level":"*","code":*,\' as lvl, c | display lvl, c | limit 1', [{ lvl: 'WARN', c: '404' }]],
  ['fields level | dedup level | limit 2', [{ level: 'WARN' }, { level: 'INFO' }]],
  ['fields ms | sort ms desc | limit 2', [{ ms: '70' }, { ms: '30' }]],
  ['fields ms | sort @timestamp asc | limit 2', [{ ms: '10' }, { ms: '70' }]],
  ['fields @timestamp | sort code desc, ms | limit 1 | display code', [{ code: '500' }]],
  ['filter isPrivateIP(ip) | display ip', [{ ip: '10.0.0.7' }]],
  ['filter isIpInSubnet(ip, "2001:db8::/32") or isIpv4InSubnet(ip, "10.0.0.0/8") | stats count() as n', [{ n: '2' }]],
  [
    'filter code = 500 | fields strlen(level) + 2 ^ 3 % 5 as a, -ms as b, 7 / 2 as c | display a, b, c',
    [{ a: '8', b: '-70', c: '3.5' }],
  ],
  [
    'filter code = 500 | display toupper("a"), concat(level, "-", code) as k, substr("xyZfooxyZ",3, 3) as f',
    [{ 'toupper("a")': 'A', k: 'ERROR-500', f: 'foo' }],
  ],
  [
    'filter code=500 | display ltrim("xyZxyfooxyZ","xyZ") as l, rtrim("xyZfooxyxyZ","xyZ") as r, trim(" x ") as t',
    [{ l: 'fooxyZ', r: 'xyZfoo', t: 'x' }],
  ],
  [
    'filter code=500 | display replace("a.b", ".", "") as a, regexReplace("a1b22", /[0-9]+/, "<$0>") as b',
    [{ a: 'ab', b: 'a<1>b<22>' }],
  ],
  [
    'filter code=500 | display if(ms > 50, "slow", "fast") as a, case(ms < 50, 1, ms < 90, 2, 3) as b',
    [{ a: 'slow', b: '2' }],
  ],
  [
    'filter code=500 | display level = "ERROR" as e, isempty(none) as x, coalesce(none, level) as c',
    [{ e: '1', x: '1', c: 'ERROR' }],
  ],
  [
    'filter code=500 | display hexToDec("0xff") as a, decToHex(-255) as b, hexToAscii("48656c6c6f") as c',
    [{ a: '255', b: '-0xff', c: 'Hello' }],
  ],
  [
    'filter code=500 | display datefloor(@timestamp, 1h) as a, toMillis(@timestamp) as b, fromMillis(0) as c',
    [{ a: '2030-01-01 00:00:00.000', b: String(START + 60_000), c: '1970-01-01 00:00:00.000' }],
  ],
  [
    'filter code=500 | display formatDate(@timestamp, "%Y-%m-%d %H:%M", "Europe/Berlin") as a, bin(1mo) as m',
    [{ a: '2030-01-01 01:01', m: '2030-01-01 00:00:00.000' }],
  ],
  [
    'filter code=500 | display parseDate("2030-07-01 12:00", "yyyy-MM-dd HH:mm", "Europe/Berlin") as a',
    [{ a: String(Date.parse('2030-07-01T10:00:00Z')) }],
  ],
  [
    'filter code=500 | display parseDate("31 Mar 2030 03:10", "dd MMM yyyy HH:mm", "Europe/Berlin") as a',
    [{ a: String(Date.parse('2030-03-31T01:10:00Z')) }],
  ],
  ['fields jsonParse(@message) as j | unnest j.user.tags into tag | display tag', [{ tag: 'x' }, { tag: 'y' }]],
  [
    'fields jsonParse(@message) as j | filter j.user.name = "bob" | display j.code, jsonArraySize(j.user.tags) as n',
    [{ 'j.code': '500', n: '0' }],
  ],
  ['# a comment\nfilter code = 404 # | filter code = 1\n| display code', [{ code: '404' }]],
  ['filter none = 1', []],
  ['filter none != 1', []],
  ['stats count(*) as n by none', [{ n: '4' }]],
  ['filter code = 1 | stats count(*) as n', [{ n: '0' }]],
  ['FIELDS @message | PARSE @message "*ERR*" as a, b | FILTER b LIKE "OR" | DISPLAY strlen(b) > 3 as x', [{ x: '1' }]],
];

test('The query language', async () => {
  const cloud = await cloudWith(HOUSE);
  for (const [query, wanted] of QUERIES) assert.deepEqual(await rows(cloud, query), wanted, query);
});

test('sort is natural, as the user guide shows it', async () => {
  const order = [
    '!:',
    '#',
    '*%04',
    '0#',
    '5A',
    '111A',
    '2345_',
    '@',
    '@_',
    'A',
    'A9876fghj',
    'a12345hfh',
    '0',
    '1',
    '2',
    '3',
  ];
  const cloud = await cloudWith(order.toReversed().map((v, i) => [i, { v }] as const));
  assert.deepEqual(
    (await rows(cloud, 'fields v | sort v asc')).map(({ v }) => v),
    order,
  );
  assert.deepEqual(
    (await rows(cloud, 'fields v | sort v desc')).map(({ v }) => v),
    order.toReversed(),
  );
});

test('The fields of VPC flow logs are discovered', async () => {
  const line = (from: string, port: number, bytes: number, action: string) =>
    `2 123456789010 eni-1235b8ca123456789 ${from} 172.31.16.21 20641 ${port} 6 20 ${bytes} 1418530010 1418530070 ${action} OK`;
  const cloud = await cloudWith([
    [0, line('172.31.16.139', 22, 4249, 'ACCEPT')],
    [1, line('172.31.9.69', 3389, 100, 'REJECT')],
    [2, line('172.31.9.69', 3389, 150, 'REJECT')],
    [3, '2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA'],
  ]);
  const query = 'filter action = "REJECT" | stats sum(bytes) as b by srcAddr, dstPort';
  assert.deepEqual(await rows(cloud, query), [{ srcAddr: '172.31.9.69', dstPort: '3389', b: '250' }]);
  assert.deepEqual(await rows(cloud, 'filter not ispresent(action) | display logStatus'), [{ logStatus: 'NODATA' }]);
  cloud.advance('PT1S');
  const { logGroupFields } = await cloud.root.logs.getLogGroupFields({ logGroupName: 'app' });
  const percent = (name: string) => logGroupFields!.find((field) => field.name === name)?.percent;
  assert.deepEqual([percent('@message'), percent('srcAddr'), percent('none')], [100, 75, undefined]);
});

const MALFORMED: readonly (readonly [query: string, message: string | RegExp, start: number])[] = [
  ['bad @message', 'unexpected symbol found bad at line 1 and position 0', 0],
  ['fields @message\n| filter', /^unexpected symbol found end of query at line 2 and position 8$/, 24],
  ['filter @message like', /^unexpected symbol/, 20],
  ['filter nofunction(1)', 'unknown function nofunction', 7],
  ['stats @message', 'stats needs an aggregation function', 14],
  ['filter @message like /(a/', /^invalid regular expression/, 21],
  ['limit 0', /^limit takes/, 6],
  ['join', /^unexpected symbol found end of query/, 4],
  ['makemv x', /^unexpected symbol found makemv/, 0],
  ['fillmissing', /^fillmissing must follow stats by bin\(\)$/, 11],
  ['fields @message | anomaly', 'anomaly must follow pattern', 25],
  ['pattern @message | pattern @message', 'a query may have one pattern command', 35],
  ['sort x | stats count(*)', /^sort and limit/, 14],
  ['stats sum(a) by b | stats max(strlen(@message))', 'Invalid reference to @message', 37],
  ['stats sum(a) as s by b | stats avg(s) by bin(5m)', 'Invalid reference to @timestamp', 45],
  ['stats topk(3, status) by x', /^topk cannot be combined/, 26],
  ['dedup x | fields y', 'only limit may follow dedup', 10],
];

test('A query that is none is refused with the place of the fault', async () => {
  const cloud = await cloudWith([[0, 'x']]);
  for (const [queryString, message, start] of MALFORMED) {
    const work = cloud.root.logs.startQuery({ logGroupName: 'app', queryString, startTime: 0, endTime: 1 });
    await assert.rejects(work, (error: MalformedQueryException) => {
      assert.equal(error.name, 'MalformedQueryException', queryString);
      assert.match(error.message, typeof message === 'string' ? new RegExp(`^${message}$`) : message, queryString);
      assert.equal(error.queryCompileError?.location?.startCharOffset, start, queryString);
      return true;
    });
  }
});

const PIECES = [
  'fields',
  'filter',
  'stats',
  'sort',
  'limit',
  'parse',
  'display',
  'dedup',
  '|',
  'as',
  'by',
  'like',
  'in',
  'not',
  'and',
];
const MORE = [
  '@message',
  'a.b',
  '`x y`',
  '"s"',
  "'t*'",
  '/r(x)/',
  '1',
  '5m',
  '(',
  ')',
  '[',
  ']',
  ',',
  '=',
  '!=',
  '<',
  '+',
  '-',
  '*',
  '/',
];
const NAMES = [
  'count(*)',
  'bin(5m)',
  'if(',
  'case(',
  'strlen(',
  'pct(',
  'avg(',
  'jsonParse(',
  '^',
  '%',
  '#',
  '\n',
  '=~',
  'into',
  'unnest',
  ...[
    'SOURCE',
    'SOURCE logGroups()',
    'SOURCE lg start=-1d',
    'in (fields a)',
    'in (',
    'appendcols (',
    'estimate',
    '!',
    '(',
  ],
  ...[
    'join left=a right=b where a.x=b.y (SOURCE lg)',
    'join type=left',
    'sessionize a maxspan 1h',
    'outlier param=2 a',
  ],
  ...[
    'relevantfields where a > 1',
    'logcompare timeshift 1d',
    'histogram(a, 3)',
    'rate(a, 1m)',
    'offset 1h',
    '|',
    'end=now',
  ],
];

test('Any text is a query or malformed', () => {
  const text = fc
    .array(fc.constantFrom(...PIECES, ...MORE, ...NAMES), { maxLength: 25 })
    .map((pieces) => pieces.join(' '));
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ maxLength: 60 })), (query) => {
      try {
        planOf(query, { started: 0, from: 0, to: 0 });
      } catch (error) {
        assert.equal((error as Error).name, 'MalformedQueryException', String((error as Error).stack));
      }
    }),
    { numRuns: 5000 },
  );
});
