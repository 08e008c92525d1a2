import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, cloudWith, fill, rows, START } from '../../../../testing/logQueries.ts';
import { promptly } from '../../../../testing/promptly.ts';
import { refusal, rejected } from '../../../../testing/rejected.ts';

/** The accounts of AWS's examples. */
const ACCOUNTS: readonly (readonly [number, object])[] = [
  [0, { account_number: 1, firstname: 'Jane', gender: 'F', age: 32, employer: 'AnyCorp', email: 'jane@any.com' }],
  [1, { account_number: 6, firstname: 'Mary', gender: 'M', age: 36, employer: 'AnyCompany', email: 'mary@corp.org' }],
  [2, { account_number: 13, firstname: 'Nikki', gender: 'M', age: 28, employer: null, address: '671 Bristol Street' }],
  [3, { account_number: 18, firstname: 'Juan', gender: 'M', age: 33, email: 'juan@any.com', ip: '192.168.1.7' }],
];
const OLDEST = 'sort @timestamp |';
const PPL = { queryLanguage: 'PPL' } as const;

/** A query, and its rows. */
const CASES: readonly (readonly [string, readonly object[]])[] = [
  [
    'where age > 30 and gender = "M" | fields firstname | sort firstname',
    [{ firstname: 'Juan' }, { firstname: 'Mary' }],
  ],
  [
    `${OLDEST} fields + account_number, firstname | fields - firstname | head 2 from 1`,
    [{ account_number: '6' }, { account_number: '13' }],
  ],
  [
    `${OLDEST} eval doubleAge = age * 2, ddAge = doubleAge * 2 | fields age, doubleAge, ddAge | head 1`,
    [{ age: '32', doubleAge: '64', ddAge: '128' }],
  ],
  [
    'stats avg(age), sum(age), count() as cnt, count(employer) by gender | sort gender',
    [
      { gender: 'F', 'avg(age)': '32', 'sum(age)': '32', cnt: '1', 'count(employer)': '1' },
      { gender: 'M', 'avg(age)': '32.333333333333336', 'sum(age)': '97', cnt: '3', 'count(employer)': '1' },
    ],
  ],
  [
    'stats count() as cnt by gender, span(age, 5) as age_span | sort age_span, - gender',
    [
      { age_span: '25', gender: 'M', cnt: '1' },
      { age_span: '30', gender: 'M', cnt: '1' },
      { age_span: '30', gender: 'F', cnt: '1' },
      { age_span: '35', gender: 'M', cnt: '1' },
    ],
  ],
  [
    'stats distinct_count(gender) as d, percentile(age, 90) as p, stddev_pop(age) as s',
    [{ d: '2', p: '36', s: '2.8613807855648994' }],
  ],
  ['stats sum(none) as s, max(firstname) as m, take(firstname, 2) as t', [{ m: 'Nikki', t: '["Jane","Mary"]' }]],
  ['stats avg(age) as a by gender | eval b = a - 1 | stats max(b) as m', [{ m: '31.333333333333336' }]],
  [
    `${OLDEST} parse email '.+@(?<host>.+)' | fields email, host`,
    [
      { email: 'jane@any.com', host: 'any.com' },
      { email: 'mary@corp.org', host: 'corp.org' },
      { host: '' },
      { email: 'juan@any.com', host: 'any.com' },
    ],
  ],
  [
    "where isnotnull(address) | parse address '(?<number>\\d+) (?<street>.+)' | where cast(number as int) > 500 | fields street",
    [{ street: 'Bristol Street' }],
  ],
  ["where isnotnull(email) | grok email '.+@%{HOSTNAME:host}' | top 1 host", [{ host: 'any.com' }]],
  ['top gender', [{ gender: 'M' }, { gender: 'F' }]],
  ['rare 1 gender', [{ gender: 'F' }]],
  [
    'top 1 age by gender | sort gender',
    [
      { gender: 'F', age: '32' },
      { gender: 'M', age: '36' },
    ],
  ],
  [`${OLDEST} dedup gender | fields account_number`, [{ account_number: '1' }, { account_number: '6' }]],
  [
    `${OLDEST} dedup 2 gender | fields account_number`,
    [{ account_number: '1' }, { account_number: '6' }, { account_number: '13' }],
  ],
  [`${OLDEST} dedup address keepempty=true | fields account_number | head 1 from 3`, [{ account_number: '18' }]],
  [`${OLDEST} rename account_number as an, employer as emp | fields an, emp | head 1`, [{ an: '1', emp: 'AnyCorp' }]],
  [
    `${OLDEST} fields account_number, employer | fillnull with 'none' in employer | head 2 from 2`,
    [
      { account_number: '13', employer: 'none' },
      { account_number: '18', employer: 'none' },
    ],
  ],
  [
    'fillnull using employer = "x", ip = concat("no", " ip") | stats count() as n by ip | sort n | fields ip',
    [{ ip: '192.168.1.7' }, { ip: 'no ip' }],
  ],
  [
    `${OLDEST} trendline sma(2, age) as trend | fields age, trend`,
    [{ age: '32' }, { age: '36', trend: '34' }, { age: '28', trend: '32' }, { age: '33', trend: '30.5' }],
  ],
  [
    'trendline sort - age sma(3, age) | fields age_trendline | head 4',
    [{}, {}, { age_trendline: '33.666666666666664' }, { age_trendline: '31' }],
  ],
  [
    `${OLDEST} eventstats avg(age) as mean by gender | fields firstname, mean | head 2`,
    [
      { firstname: 'Jane', mean: '32' },
      { firstname: 'Mary', mean: '32.333333333333336' },
    ],
  ],
  [
    'head 1 | eval array = json_array(1, 2, 3) | expand array as uid | fields firstname, uid',
    ['1', '2', '3'].map((uid) => ({ firstname: 'Juan', uid })),
  ],
  [
    'head 1 | eval m = json_object("size", 3, "color", "red") | flatten m as (s, c) | fields s, c',
    [{ s: '3', c: 'red' }],
  ],
  ['head 1 | eval b = json_extract(\'{"a":[{"b":1},{"b":2}]}\', \'$.a[*].b\') | fields b', [{ b: '[1,2]' }]],
  [
    'fieldsummary includefields = age',
    [
      {
        Fields: 'age',
        COUNT: '4',
        COUNT_DISTINCT: '4',
        MIN: '28',
        MAX: '36',
        AVG: '32.25',
        MEAN: '32.25',
        STDDEV: '3.304037933599835',
        NULLS: '0',
        TYPEOF: 'int',
      },
    ],
  ],
  [
    "where age in (32, 33) or firstname like 'N%' and not age between 30 and 40 | fields firstname | sort firstname",
    [{ firstname: 'Jane' }, { firstname: 'Juan' }, { firstname: 'Nikki' }],
  ],
  [
    "where cidrmatch(ip, '192.168.0.0/16') | eval c = case(age > 40, 'old', age > 30, 'grown' else 'young') | fields c",
    [{ c: 'grown' }],
  ],
  [
    'sort employer // null first\n| fields account_number /* and\nno more */ | head 3;',
    [{ account_number: '18' }, { account_number: '13' }, { account_number: '6' }],
  ],
  ['stats count() as n by span(`@timestamp`, 1h) as t', [{ t: '2030-01-01 00:00:00', n: '4' }]],
  [
    `where age in [ source = app | where firstname in [ subquery source = other | fields name ] | fields age ]
     | fields firstname | sort - firstname`,
    [{ firstname: 'Mary' }, { firstname: 'Jane' }],
  ],
  ['where age > [ source = app | stats avg(age) ] | stats count() as n', [{ n: '2' }]],
  [
    'where firstname not in [ source = other | where stars > 3 | fields name ] | fields firstname | sort firstname',
    [{ firstname: 'Juan' }, { firstname: 'Mary' }, { firstname: 'Nikki' }],
  ],
  [
    'left join left=l, right=r on l.firstname = r.name and r.stars > 2 `other` | fields l.firstname, r.stars | sort l.firstname',
    [{ firstname: 'Jane', stars: '5' }, { firstname: 'Juan' }, { firstname: 'Mary' }, { firstname: 'Nikki' }],
  ],
  [
    'inner join left=l right=r on l.firstname = r.name other | fields firstname, stars | sort stars',
    [
      { firstname: 'Mary', stars: '1' },
      { firstname: 'Jane', stars: '5' },
    ],
  ],
];

async function accounts() {
  const cloud = await cloudWith(ACCOUNTS);
  await fill(cloud, 'other', [
    [0, { name: 'Jane', stars: 5 }],
    [1, { name: 'Mary', stars: 1 }],
  ]);
  return cloud;
}

test('PPL: commands', async () => {
  const cloud = await accounts();
  for (const [query, wanted] of CASES) assert.deepEqual(await rows(cloud, query, PPL), wanted, query);
});

test('PPL: without fields all is shown, the source may stand in the query', async () => {
  const cloud = await accounts();
  const open = { ...PPL, logGroupName: undefined };
  const [all] = await rows(cloud, 'search source = [lg:`other`] name = "Jane" | fields - `@log`', open);
  assert.deepEqual(all, {
    '@timestamp': '2030-01-01 00:00:00.000',
    '@message': '{"name":"Jane","stars":5}',
    '@logStream': 's',
    name: 'Jane',
    stars: '5',
  });
  assert.equal((await rows(cloud, 'source = `other` as o | where o.stars > 1', open)).length, 1);
  assert.deepEqual(await rows(cloud, 'source = other as o | where o.stars > 1 | fields o.name', open), [
    { name: 'Jane' },
  ]);
  assert.equal((await rows(cloud, 'source = other, app | stats count()', open))[0]?.['count()'], '6');
  const indexed = 'source = [lg:`other`, `aws:fieldIndex` IN ("name"), `name` IN ("Jane", "Juan")] | fields name';
  await cloud.root.logs.putIndexPolicy({ logGroupIdentifier: 'other', policyDocument: '{"Fields":["name"]}' });
  await cloud.root.logs.putLogEvents({
    logGroupName: 'other',
    logStreamName: 's',
    logEvents: [{ timestamp: START + 5, message: '{"name":"Juan"}' }],
  });
  assert.deepEqual(await rows(cloud, indexed, open), [{ name: 'Juan' }]);
  await rejected(rows(cloud, 'source = other', PPL), 'InvalidParameterException', /together/);
  await refusal(rows(cloud, 'fields a', open), 'InvalidParameterException');
  const { queryLanguage } = await ask(cloud, 'head 1', PPL);
  assert.equal(queryLanguage, 'PPL');
  const listed = await cloud.root.logs.describeQueries({ queryLanguage: 'PPL' });
  assert.equal(listed.queries?.[0]?.queryString, 'head 1');
});

const FUNCTIONS: readonly (readonly [string, string | undefined])[] = [
  ["concat_ws(',', 'hello', 'world')", 'hello,world'],
  ["length('helloworld')", '10'],
  ["position('world' in 'helloworld')", '6'],
  ["right('helloworld', 5)", 'world'],
  ["substring('helloworld', 5, 3)", 'owo'],
  ["trim('  x ')", 'x'],
  ["reverse('abcde')", 'edcba'],
  ["dayname('2020-08-26')", 'Wednesday'],
  ["dayofweek(date('2020-08-26'))", '4'],
  ["dayofyear('2020-08-26')", '239'],
  ["week('2008-02-20')", '8'],
  ["last_day('2023-02-06')", '2023-02-28'],
  ['from_unixtime(1220249547)', '2008-09-01 06:12:27'],
  ["from_unixtime(1220249547, 'HH:mm:ss')", '06:12:27'],
  ["unix_timestamp(timestamp('1996-11-15 17:05:42'))", '848077542'],
  ["subdate(date('2008-01-02'), 31)", '2007-12-02'],
  ["subdate(timestamp('2020-08-26 01:01:01'), 1)", '2020-08-25 01:01:01'],
  ["date_add(date('2020-08-26'), interval 1 day)", '2020-08-27'],
  ["timestampadd(quarter, -1, '2000-01-01 00:00:00')", '1999-10-01 00:00:00'],
  ["timestampdiff(year, '1997-01-01 00:00:00', '2001-03-06 00:00:00')", '4'],
  ["timestampdiff(second, timestamp('1997-01-01 00:00:23'), timestamp('1997-01-01 00:00:00'))", '-23'],
  ['cast(true as int)', '1'],
  ['cast(cast(true as string) as boolean)', 'true'],
  ["cast('2012-08-07 01:01:01' as timestamp)", '2012-08-07 01:01:01'],
  ["cast('no number' as int)", undefined],
  ['acos(2)', undefined],
  ['atan2(2, 3)', '0.5880026035475675'],
  ["conv('2C', 16, 10)", '44'],
  ["crc32('MySQL')", '3259397556'],
  ['log(2, 8)', '3'],
  ['round(12.34, -1)', '10'],
  ['mod(7, 0)', undefined],
  ['7 / 2', '3'],
  ['7.5 / 2', '3.75'],
  ["md5('hello')", '5d41402abc4b2a76b9719d911017c592'],
  ['json_keys(\'{"f1":"abc","f2":{"f3":1}}\')', '["f1","f2"]'],
  ['json_valid(\'{"invalid": "json"\')', 'false'],
  ['json_extract(\'{"a":"b"}\', \'$a\')', 'b'],
  ['array_length(json_array(1,2,3,4))', '4'],
  ["ifnull(nothing, 'default')", 'default'],
  ["nullif('a', 'a')", undefined],
  ['if(age > 30 and isnotnull(age), true, false)', 'true'],
  ['nothing = 1 or true', 'true'],
  ['nothing = 1 and true', undefined],
  ['now()', '2030-01-01 00:00:00'],
];

test('PPL: functions', async () => {
  const cloud = await cloudWith([[0, { age: 32 }]]);
  const now = cloud.now().toISOString().slice(0, 19).replace('T', ' ');
  for (const [text, wanted] of FUNCTIONS) {
    const [row] = await rows(cloud, `eval x = ${text} | fields x`, PPL);
    assert.equal(row?.x, text === 'now()' ? now : wanted, text);
  }
});

const WRONG: readonly (readonly [string, RegExp])[] = [
  ['patterns message', /not supported/],
  ['lookup accounts id', /not supported/],
  ['fields', /unexpected symbol/],
  ['where nofunction(a) = 1', /unknown function nofunction/],
  ['eval x = substring(a)', /does not take 1 arguments/],
  ['eval x = count()', /does not belong here/],
  ["parse a '(?<x'", /invalid regular expression/],
  ["parse a 'no group'", /no group/],
  ["where a rlike '('", /invalid regular expression/],
  ['stats a', /is no aggregate/],
  ['eventstats count()', /does not support count/],
  ['dedup a consecutive=true', /unsupported/],
  ['join left=l right=r on l.a > r.a other', /needs l.field = r.field/],
  ['source = app as t | where a > [ source = other | where t.b = c | stats max(c) ]', /correlated/],
  ['source = app | where a in [ source = other | where app.b = c | fields c ]', /correlated/],
  ['where exists [ source = other | where a = b ]', /exists/],
  ['fieldsummary includefields = a, b', /one field/],
  [`where ${'('.repeat(100)}a`, /nested too deeply/],
  [`eval x = ${'1+'.repeat(300)}1`, /too long/],
  [`fields ${'a.'.repeat(3000)}a`, /too many parts/],
];

test('PPL: what is none is told', async () => {
  const { logs } = (await cloudWith([])).root;
  for (const [queryString, message] of WRONG) {
    const group = queryString.startsWith('source') ? {} : { logGroupName: 'app' };
    const asked = logs.startQuery({ queryString, startTime: 0, endTime: 1, ...group, ...PPL });
    await rejected(asked, 'MalformedQueryException', message);
  }
  await logs.createLogGroup({ logGroupName: 'rare', logGroupClass: 'INFREQUENT_ACCESS' });
  const rare = logs.startQuery({ logGroupName: 'rare', queryString: 'head 1', startTime: 0, endTime: 1, ...PPL });
  await rejected(rare, 'InvalidParameterException', /Infrequent Access/);
});

test('PPL: hostile patterns end promptly', async () => {
  const cloud = await cloudWith([[0, { a: 'a'.repeat(100_000) }]]);
  for (const query of [
    `where a like '${'%a'.repeat(300)}b'`,
    "where a rlike '(a|a)*b'",
    "eval x = regexp_replace(a, 'a*a*b', '')",
    "parse a '(?<x>(a*)*)b'",
    `eval b = replace(a, 'a', a) | eval c = concat_ws(b, split(a, ''), a) | eval y = length(c)`,
    `eval ${'bcdefgh'
      .split('')
      .map((name, i) => `${name} = json_array(${`${'abcdefg'[i]}, `.repeat(40)}1)`)
      .join(', ')}`,
    "eval b = regexp_replace(a, 'a.*b|a', 'x'), c = format_string(a)",
    "eval b = split(a, '') | sort b | fields b | head 1",
    `eval x = ${'concat(a,a,a,a,a,a,a,a,a,'.repeat(10)}a${')'.repeat(10)} | eval y = length(x)`,
  ]) {
    const range = { startTime: START / 1000, endTime: START / 1000 + 1 };
    await cloud.root.logs.startQuery({ logGroupName: 'app', queryString: query, ...range, ...PPL });
    await promptly(() => cloud.settle());
  }
});
