import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, cloudWith, fill, rows, START } from '../../../../testing/logQueries.ts';
import { promptly } from '../../../../testing/promptly.ts';
import { refusal, rejected } from '../../../../testing/rejected.ts';

const REQUESTS: readonly (readonly [number, object])[] = [
  [0, { method: 'GET', status: 200, bytes: 100, host: 'a', requestId: 'r1', tags: ['x', 'y'], user: { name: 'ann' } }],
  [60_000, { method: 'GET', status: 404, bytes: 50, host: 'b', requestId: 'r2' }],
  [120_000, { method: 'POST', status: 500, bytes: 900, host: 'a', requestId: 'r3', error: 'boom' }],
  [3_600_000, { method: 'PUT', status: '201', bytes: 30, host: 'c', requestId: 'r4', user: { name: 'bob' } }],
];
const CALLS: readonly (readonly [number, object])[] = [
  [0, { id: 'r1', duration: 7 }],
  [1, { id: 'r3', duration: 9 }],
  [2, { id: 'r3', duration: 90 }],
];
const SQL = { queryLanguage: 'SQL', logGroupName: undefined } as const;

async function groups() {
  const cloud = await cloudWith(REQUESTS);
  await fill(cloud, '/aws/lambda/f', CALLS);
  return cloud;
}

/** A query, and its rows. */
const CASES: readonly (readonly [string, readonly object[]])[] = [
  [
    'SELECT method, status FROM `app` WHERE status >= 300 ORDER BY status DESC',
    [
      { method: 'POST', status: '500' },
      { method: 'GET', status: '404' },
    ],
  ],
  ["select host from app where method like 'P%' and error is null limit 1;", [{ host: 'c' }]],
  [
    'SELECT method, COUNT(*) AS n, SUM(bytes) AS total FROM app GROUP BY method HAVING n > 1 OR SUM(bytes) > 500 ORDER BY total',
    [
      { method: 'GET', n: '2', total: '150' },
      { method: 'POST', n: '1', total: '900' },
    ],
  ],
  [
    'SELECT COUNT(DISTINCT host) AS hosts, AVG(bytes), MIN(method) m FROM app',
    [{ hosts: '3', 'AVG(bytes)': '270', m: 'GET' }],
  ],
  ['SELECT COUNT(*) AS n, SUM(bytes) s FROM app WHERE status = 1', [{ n: '0' }]],
  [
    'SELECT upper(host) AS h, count(*) FROM app GROUP BY 1 ORDER BY 2 DESC, h LIMIT 2',
    [
      { h: 'A', 'count(*)': '2' },
      { h: 'B', 'count(*)': '1' },
    ],
  ],
  [
    "SELECT requestId, CASE WHEN status BETWEEN 200 AND 299 THEN 'ok' WHEN status >= 500 THEN 'bad' ELSE 'odd' END AS what, CASE method WHEN 'GET' THEN 'read' END AS kind FROM app ORDER BY requestId",
    [
      { requestId: 'r1', what: 'ok', kind: 'read' },
      { requestId: 'r2', what: 'odd', kind: 'read' },
      { requestId: 'r3', what: 'bad' },
      { requestId: 'r4', what: 'ok' },
    ],
  ],
  [
    'SELECT A.requestId, B.duration AS d FROM `app` AS A INNER JOIN `/aws/lambda/f` AS B ON A.requestId = B.id ORDER BY B.duration DESC',
    [
      { requestId: 'r3', d: '90' },
      { requestId: 'r3', d: '9' },
      { requestId: 'r1', d: '7' },
    ],
  ],
  [
    'SELECT A.requestId, B.duration FROM app A LEFT OUTER JOIN `/aws/lambda/f` B ON A.requestId = B.id AND B.duration < 50 ORDER BY A.requestId',
    [{ requestId: 'r1', duration: '7' }, { requestId: 'r2' }, { requestId: 'r3', duration: '9' }, { requestId: 'r4' }],
  ],
  [
    'SELECT a.method, sum(f.slow) AS s FROM app a INNER JOIN (SELECT id, max(duration) AS slow FROM `/aws/lambda/f` GROUP BY id) f ON a.requestId = f.id GROUP BY a.method ORDER BY s',
    [
      { method: 'GET', s: '7' },
      { method: 'POST', s: '90' },
    ],
  ],
  [
    'SELECT requestId FROM app WHERE requestId IN (SELECT id FROM `/aws/lambda/f` WHERE duration > 8)',
    [{ requestId: 'r3' }],
  ],
  [
    'SELECT requestId FROM app WHERE requestId NOT IN (SELECT id FROM `/aws/lambda/f`) ORDER BY 1',
    [{ requestId: 'r2' }, { requestId: 'r4' }],
  ],
  ['SELECT requestId FROM app WHERE bytes > (SELECT avg(bytes) FROM app)', [{ requestId: 'r3' }]],
  ['SELECT count(*) AS n FROM app WHERE EXISTS (SELECT id FROM `/aws/lambda/f` WHERE duration > 50)', [{ n: '4' }]],
  [
    'SELECT max(n) AS most FROM (SELECT host, count(*) AS n FROM app GROUP BY host) AS counts WHERE counts.n < 5',
    [{ most: '2' }],
  ],
  ['SELECT DISTINCT method FROM app ORDER BY method', [{ method: 'GET' }, { method: 'POST' }, { method: 'PUT' }]],
  ['SELECT requestId FROM app ORDER BY bytes LIMIT 2 OFFSET 1', [{ requestId: 'r2' }, { requestId: 'r1' }]],
  ['SELECT requestId FROM app ORDER BY `@timestamp` ASC LIMIT 1', [{ requestId: 'r1' }]],
  ['SELECT requestId FROM app ORDER BY error DESC, requestId LIMIT 2', [{ requestId: 'r3' }, { requestId: 'r1' }]],
  ['SELECT app.host AS h, t.user.name FROM app t WHERE t.user.name = "ann"', [{ 'user.name': 'ann' }]],
  ['SELECT `user.name` AS who FROM app WHERE `user.name` IS NOT NULL ORDER BY who', [{ who: 'ann' }, { who: 'bob' }]],
  [
    "SELECT size(tags) AS n, array_contains(tags, 'y') AS y, tags[0] AS t FROM app WHERE tags IS NOT NULL",
    [{ n: '2', y: 'true', t: 'x' }],
  ],
  [
    "SELECT date_trunc('hour', `@timestamp`) AS hour, count(*) AS n FROM app GROUP BY date_trunc('hour', `@timestamp`) ORDER BY hour",
    [
      { hour: '2030-01-01 00:00:00', n: '3' },
      { hour: '2030-01-01 01:00:00', n: '1' },
    ],
  ],
  [
    'SELECT requestId, RANK() OVER (ORDER BY bytes DESC) AS r, ROW_NUMBER() OVER (PARTITION BY host ORDER BY `@timestamp`) AS n, LAG(requestId) OVER (ORDER BY requestId) AS before FROM app ORDER BY requestId',
    [
      { requestId: 'r1', r: '2', n: '1' },
      { requestId: 'r2', r: '3', n: '1', before: 'r1' },
      { requestId: 'r3', r: '1', n: '2', before: 'r2' },
      { requestId: 'r4', r: '4', n: '1', before: 'r3' },
    ],
  ],
  [
    'SELECT requestId, SUM(bytes) OVER (ORDER BY requestId) AS running, AVG(bytes) OVER (ORDER BY requestId ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS moving, MAX(bytes) OVER (PARTITION BY host) AS most, NTILE(2) OVER (ORDER BY requestId) AS half FROM app ORDER BY requestId',
    [
      { requestId: 'r1', running: '100', moving: '100', most: '900', half: '1' },
      { requestId: 'r2', running: '150', moving: '75', most: '50', half: '1' },
      { requestId: 'r3', running: '1050', moving: '475', most: '900', half: '2' },
      { requestId: 'r4', running: '1080', moving: '465', most: '30', half: '2' },
    ],
  ],
  [
    'SELECT host, COUNT(*) AS n, DENSE_RANK() OVER (ORDER BY COUNT(*) DESC) AS place FROM app GROUP BY host ORDER BY place, host',
    [
      { host: 'a', n: '2', place: '1' },
      { host: 'b', n: '1', place: '2' },
      { host: 'c', n: '1', place: '2' },
    ],
  ],
  [
    'SELECT host AS h FROM app UNION SELECT id FROM `/aws/lambda/f` ORDER BY h LIMIT 4',
    [{ h: 'a' }, { h: 'b' }, { h: 'c' }, { h: 'r1' }],
  ],
  ['SELECT requestId AS r FROM app INTERSECT SELECT id FROM `/aws/lambda/f` ORDER BY r', [{ r: 'r1' }, { r: 'r3' }]],
  ['SELECT requestId AS r FROM app EXCEPT SELECT id FROM `/aws/lambda/f` ORDER BY 1 DESC', [{ r: 'r4' }, { r: 'r2' }]],
  [
    'SELECT count(*) AS n FROM (SELECT id FROM `/aws/lambda/f` UNION ALL SELECT id FROM `/aws/lambda/f`) t',
    [{ n: '6' }],
  ],
  [
    "SELECT lg1.host FROM `logGroups(logGroupIdentifier: ['app', '/aws/lambda/f'])` AS lg1 WHERE lg1.host = 'b'",
    [{ host: 'b' }],
  ],
  [
    'SELECT percentile(bytes, 0.5) AS p, median(bytes) AS m, percentile_approx(bytes, 0.5) AS a FROM app',
    [{ p: '75', m: '75', a: '50' }],
  ],
  ['SELECT requestId FROM app -- not this\n WHERE /* nor this */ host = "a" AND status <> 500', [{ requestId: 'r1' }]],
];

test('SQL: queries', async () => {
  const cloud = await groups();
  for (const [query, wanted] of CASES) assert.deepEqual(await rows(cloud, query, SQL), wanted, query);
});

test('SQL: * shows all there is, in pages of the same name twice if asked so', async () => {
  const cloud = await groups();
  const [all] = await rows(cloud, "SELECT * FROM app WHERE requestId = 'r4'", SQL);
  assert.deepEqual(all, {
    '@timestamp': '2030-01-01 01:00:00.000',
    '@message': JSON.stringify(REQUESTS[3]![1]),
    '@logStream': 's',
    '@log': '111122223333:app',
    method: 'PUT',
    status: '201',
    bytes: '30',
    host: 'c',
    requestId: 'r4',
    'user.name': 'bob',
  });
  const { results, queryLanguage } = await ask(
    cloud,
    'SELECT A.`@logStream`, B.`@logStream` FROM app A INNER JOIN `/aws/lambda/f` B ON A.requestId = B.id LIMIT 1',
    SQL,
  );
  assert.deepEqual(results, [
    [
      { field: '@logStream', value: 's' },
      { field: '@logStream', value: 's' },
    ],
  ]);
  assert.equal(queryLanguage, 'SQL');
});

test('Data sources select groups by their tags', async () => {
  const cloud = await groups();
  const tags = { 'cw:datasource:name': 'shop', 'cw:datasource:type': 'requests' };
  await cloud.root.logs.tagLogGroup({ logGroupName: 'app', tags });
  const count = async (text: string, more: object = SQL) => (await rows(cloud, text, more))[0]?.n;
  assert.equal(await count("SELECT count(*) AS n FROM `dataSource(['shop.requests'])`"), '4');
  assert.equal(await count("SELECT count(*) AS n FROM `dataSource(['shop.other'])`"), '0');
  const both = "`logGroups(logGroupIdentifier: ['app', '/aws/lambda/f']) dataSource(['shop'])`";
  assert.equal(await count(`SELECT count(*) AS n FROM ${both}`), '4');
  const ppl = { queryLanguage: 'PPL', logGroupName: undefined };
  assert.equal(await count('source = [ds:`shop.requests`] | stats count() as n', ppl), '4');
});

test('SQL: filterIndex reads what is indexed', async () => {
  const cloud = await groups();
  const { logs } = cloud.root;
  await logs.putIndexPolicy({ logGroupIdentifier: 'app', policyDocument: '{"Fields":["host","status"]}' });
  await logs.putLogEvents({
    logGroupName: 'app',
    logStreamName: 's',
    logEvents: [{ timestamp: START + 9, message: '{"host":"z","status":1}' }],
  });
  const query =
    "SELECT status FROM `logGroups(logGroupIdentifier: ['app']) filterIndex('host' IN ['z', 'y'], 'status' = 1)`";
  assert.deepEqual(await rows(cloud, query, SQL), [{ status: '1' }]);
});

const FUNCTIONS: readonly (readonly [string, string | undefined])[] = [
  ["concat('a', 1, true)", 'a1true'],
  ["'a' || 'b'", 'ab'],
  ["initcap('hello wORLD')", 'Hello World'],
  ["substring_index('a.b.c', '.', -2)", 'b.c'],
  ["split_part('a,b,c', ',', 2)", 'b'],
  ["split('a1b22c', '[0-9]+')", '["a","b","c"]'],
  ["regexp_extract('100-200', '(\\\\d+)-(\\\\d+)', 2)", '200'],
  ["regexp_replace('100-200', '(\\\\d+)', 'n')", 'n-n'],
  ["lpad('7', 3, '0')", '007'],
  ["translate('AaBbCc', 'abc', '123')", 'A1B2C3'],
  ["instr('SparkSQL', 'SQL')", '6'],
  ["'it''s'", "it's"],
  ['7 / 2', '3.5'],
  ["'7' + 1", '8'],
  ['pmod(-7, 3)', '2'],
  ["hex('Spark SQL')", '537061726B2053514C'],
  ["date_format('2016-04-08', 'y-MM EEEE')", '2016-04 Friday'],
  ["from_utc_timestamp('2030-03-31 01:10:00', 'Europe/Berlin')", '2030-03-31 03:10:00'],
  ["to_utc_timestamp('2030-03-31 03:10:00', 'Europe/Berlin')", '2030-03-31 01:10:00'],
  ["to_utc_timestamp('2030-03-31 03:10:00', 'Mars/Olympus')", undefined],
  ["date_add('2016-07-30', 3)", '2016-08-02'],
  ["datediff('2009-07-31', '2009-07-30')", '1'],
  ["add_months('2016-08-31', 1)", '2016-09-30'],
  ["to_timestamp('2016-12-31 00:12:00') + interval 1 hour", '2016-12-31 01:12:00'],
  ["to_date('31/12/2016', 'dd/MM/yyyy')", '2016-12-31'],
  ["unix_timestamp('2016-04-08', 'yyyy-MM-dd')", '1460073600'],
  ["extract(month from timestamp '2019-08-12 01:00:00')", '8'],
  ["trunc('2019-08-04', 'month')", '2019-08-01'],
  ["CAST('12.7' AS INT)", '12'],
  ['CAST(1 AS STRING)', '1'],
  ["CAST('x' AS DOUBLE)", undefined],
  ['coalesce(nothing, 3)', '3'],
  ["nvl2(nothing, 'a', 'b')", 'b'],
  ['nothing = nothing', undefined],
  ['nothing <=> nothing', 'true'],
  ['nothing IS NULL', 'true'],
  ['NOT (1 IN (2, 3))', 'true'],
  ['1 IN (2, nothing)', undefined],
  ['1 BETWEEN 0 AND 2', 'true'],
  ['get_json_object(\'{"a":{"b":[1,2]}}\', \'$.a.b[1]\')', '2'],
  ['from_json(\'{"a":1, "b":0.8, "c":[1]}\', \'a INT, b STRUCT<x: INT>, c ARRAY<INT>\')', '{"a":1,"b":null,"c":[1]}'],
  ['from_json(\'{"host":"h","n":"x"}\', \'STRUCT<host: STRING, n: INT>\')', '{"host":"h","n":null}'],
  ["to_json(array('x', 1))", '["x",1]'],
  ["array_join(sort_array(array('b', 'a')), '-')", 'a-b'],
  ['element_at(array(1, 2, 3), -1)', '3'],
  ["trim(leading 'x' from 'xxaxx')", 'axx'],
  ["trim('xy' from 'xyaxy')", 'a'],
  ["trim(' a ')", 'a'],
  ["substring('Feathers' from 5 for 2)", 'he'],
  ["substr('Feathers', -3)", 'ers'],
  ["position('bar', 'foobarbar', 5)", '7'],
  ["regexp_count('Steven Jones and Stephen Smith', 'Ste(v|ph)en')", '2'],
  ["regexp_extract_all('100-200, 300-400', '(\\\\d+)-(\\\\d+)', 1)", '["100","300"]'],
  ["regexp_instr('user@opensearch.org', '@[^.]*')", '5'],
  ["regexp_substr('Steven', 'Jeck')", undefined],
  ["split('oneAtwoBthreeC', '[ABC]')", '["one","two","three",""]'],
  ["split('oneAtwoBthreeC', '[ABC]', 2)", '["one","twoBthreeC"]'],
  ["overlay('Spark SQL', '_', 6)", 'Spark_SQL'],
  ['format_number(12332.123456, 4)', '12,332.1235'],
  ["format_string('Hello World %d %s', 100, 'days')", 'Hello World 100 days'],
  ["mask('AbCD123-@$#')", 'XxXXnnn-@$#'],
  ["soundex('Miller')", 'M460'],
  ["levenshtein('kitten', 'sitting')", '3'],
  ["levenshtein('kitten', 'sitting', 2)", '-1'],
  ["luhn_check('8112189876')", 'true'],
  ["find_in_set('ab', 'abc,b,ab,c,def')", '3'],
  ["months_between('1997-02-28 10:30:00', '1996-10-30')", '3.94959677'],
  ["next_day('2015-01-14', 'TU')", '2015-01-20'],
  ["from_utc_timestamp('2016-08-31', 'Asia/Seoul')", '2016-08-31 09:00:00'],
  ["to_utc_timestamp('2016-08-31', 'Asia/Seoul')", '2016-08-30 15:00:00'],
  ["date_part('year', timestamp '2019-08-12 01:00:00')", '2019'],
  ['ceil(3.1411, 3)', '3.142'],
  ['bround(2.5)', '2'],
  ['width_bucket(5.3, 0.2, 10.6, 5)', '3'],
  ['7 div 2', '3'],
  ['! true', 'false'],
  ['array_union(array(1, 2, 3), array(1, 3, 5))', '[1,2,3,5]'],
  ['array_except(array(1, 2, 3), array(1, 3, 5))', '[2]'],
  ['arrays_overlap(array(1, 2), array(2, 3))', 'true'],
  ['sequence(1, 9, 4)', '[1,5,9]'],
  ['current_date()', '2030-01-01'],
];

test('SQL: functions', async () => {
  const cloud = await cloudWith([[0, { a: 1 }]]);
  const today = cloud.now().toISOString().slice(0, 10);
  for (const [text, wanted] of FUNCTIONS) {
    const [row] = await rows(cloud, `SELECT ${text} AS x FROM app`, SQL);
    assert.equal(row?.x, text === 'current_date()' ? today : wanted, text);
  }
});

const WRONG: readonly (readonly [string, RegExp])[] = [
  ['SELECT 1', /takes a FROM/],
  ['DROP TABLE app', /unexpected symbol found DROP/],
  ['SELECT a FROM app; SELECT b FROM app', /unexpected symbol found SELECT/],
  ['WITH t AS (SELECT a FROM app) SELECT a FROM t', /common table expressions/],
  ['SELECT a FROM app, other', /logGroups/],
  ['SELECT a FROM app x JOIN app y ON x.a = y.a', /INNER JOIN or LEFT OUTER JOIN/],
  ['SELECT a FROM app x INNER JOIN app y ON x.a = y.a INNER JOIN app z ON x.a = z.a', /only one JOIN/],
  ['SELECT a FROM app x INNER JOIN app y ON x.a > y.a', /needs x.field = y.field/],
  ['SELECT a FROM app WHERE b IN (SELECT c FROM app WHERE d IN (SELECT e FROM app))', /only one level/],
  ['SELECT a FROM app t WHERE EXISTS (SELECT b FROM other o WHERE o.b = t.a)', /correlated/],
  ['SELECT (SELECT max(b) FROM other o WHERE o.b = app.a) AS m FROM app', /correlated/],
  ['SELECT a, count(*) FROM app', /a is neither grouped nor aggregated/],
  ['SELECT a FROM app WHERE count(*) > 1', /does not belong here/],
  ['SELECT a AS x, b AS X FROM app', /differ in case only/],
  ['SELECT a FROM app OFFSET 10', /together with LIMIT/],
  ['SELECT nofunction(a) FROM app', /unknown function nofunction/],
  ['SELECT explode(array(1)) FROM app', /unknown function explode/],
  ['SELECT row_number() FROM app', /does not belong here/],
  ['SELECT collect_list(a) OVER (ORDER BY b) FROM app', /whole partition only/],
  ["SELECT a FROM app WHERE a RLIKE '('", /invalid regular expression/],
  ["SELECT a FROM `dataSource(['x.y'])` WHERE b IN (SELECT c FROM app)", /with data sources/],
  ['SELECT a FROM app UNION SELECT a, b FROM app', /as many columns/],
  ['SELECT a FROM app PIVOT (x)', /unexpected symbol/],
];

test('SQL: what is none is told, and groups stand in the query', async () => {
  const cloud = await cloudWith([]);
  const { logs } = cloud.root;
  const asking = (queryString: string, more: object = {}) =>
    logs.startQuery({ queryString, startTime: 0, endTime: 1, queryLanguage: 'SQL', ...more });
  for (const [query, message] of WRONG) await rejected(asking(query), 'MalformedQueryException', message);
  const named = asking('SELECT a FROM app', { logGroupName: 'app' });
  await rejected(named, 'InvalidParameterException', /together/);
  await refusal(asking('SELECT a FROM none'), 'ResourceNotFoundException');
  await refusal(asking('SELECT a FROM app WHERE a IN (SELECT b FROM none)'), 'ResourceNotFoundException');
});

test('SQL: what explodes ends promptly', async () => {
  const cloud = await cloudWith(Array.from({ length: 4_000 }, (_, i) => [i, { k: 1, i, a: 'a'.repeat(50) }] as const));
  for (const query of [
    'SELECT count(*) FROM app x INNER JOIN app y ON x.k = y.k',
    'SELECT AVG(i) OVER (ORDER BY i ROWS BETWEEN 100 PRECEDING AND 100 FOLLOWING) AS m FROM app ORDER BY m LIMIT 1',
    'SELECT repeat(a, 1000000) AS r FROM app ORDER BY r',
    `SELECT ${'trim('.repeat(15)}a${')'.repeat(15)} AS a FROM app LIMIT 1`,
    `SELECT a FROM app WHERE ${"a LIKE '%a%a%b' OR ".repeat(50)}false`,
  ]) {
    const range = { startTime: START / 1000, endTime: START / 1000 + 10 };
    await cloud.root.logs.startQuery({ queryString: query, ...range, queryLanguage: 'SQL' });
    await promptly(() => cloud.settle());
  }
});
