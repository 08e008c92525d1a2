import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { testCloud } from '../../testing/cloud.ts';
import { asked, later, storeIn } from './fixtures.ts';
import { askLake } from './lakeEngine.ts';
import type { LakeAnswer } from './lakeMessages.ts';
import type { Range } from './lakeRanges.ts';
import { statementOf } from './lakeSql.ts';
import type { ResultsPage } from './queryResults.ts';

const ID = '0a1b2c3d-0000-4000-8000-0123456789ab';
const EVENT = {
  eventTime: '2030-01-05T10:20:30Z',
  eventName: 'PutObject',
  userIdentity: {
    ...{ type: 'IAMUser', userName: 'alice', principalId: 'AIDA' },
    sessionContext: { attributes: { creationDate: '2030-01-05T09:00:00Z' } },
  },
  requestParameters: { bucketName: 'b', key: 'k' },
  resources: [{ ARN: 'arn:aws:s3:::b', type: 'AWS::S3::Bucket' }],
};

interface Limits {
  readonly timeoutMs?: number;
  readonly isWanted?: () => Promise<boolean>;
}

/** Asks about one event; `EDS` in the statement stands for the store. */
async function ask(sql: string, { timeoutMs = 60_000, isWanted }: Limits = {}) {
  const { text = '', stores = [] } = statementOf(sql.replaceAll('EDS', ID)) ?? {};
  let ranges: Readonly<Record<string, Range>> = {};
  const answer = await askLake({
    question: async () => ({
      ...{ statement: text, now: '2030-01-08T00:00:00.000Z', memoryMegabytes: 128, timeoutMs, rowsMax: 5000 },
      stores: stores.map((id) => ({ id, kind: 'calls' as const, since: '2029-01-01T00:00:00.000Z' })),
    }),
    async *events(needed) {
      ranges = needed;
      for (const store of stores) yield { store, segment: gzipSync(JSON.stringify(EVENT)) };
    },
    ...(isWanted && { isWanted }),
  });
  return { answer, range: ranges[ID] };
}

const pagesIn = (answer: LakeAnswer): ResultsPage[] => {
  assert.ok(!('error' in answer), JSON.stringify(answer));
  return answer.pages.map((page) => JSON.parse(Buffer.from(page).toString()) as ResultsPage);
};

const errorOf = (answer: LakeAnswer) => ('error' in answer ? answer.error : '');

test('the functions of AWS’s SQL mean what they mean there', async () => {
  const cases: readonly (readonly [sql: string, value: string | null])[] = [
    ['now()', '2030-01-08 00:00:00.000 UTC'],
    ['current_date', '2030-01-08'],
    ['localtimestamp', '2030-01-08 00:00:00.000'],
    ['eventTime', '2030-01-05 10:20:30.000'],
    ["date_add('day', -7, eventTime)", '2029-12-29 10:20:30.000'],
    ["date_add('month', 1, timestamp '2030-01-31 00:00:00')", '2030-02-28 00:00:00.000'],
    ["date_diff('day', eventTime, now())", '2'],
    ["date_diff('hour', eventTime, from_iso8601_timestamp('2030-01-05T11:20:29Z'))", '0'],
    ["date_trunc('hour', eventTime)", '2030-01-05 10:00:00.000'],
    ["date_format(eventTime, '%Y-%m-%d %H:%i:%s %W %M %e')", '2030-01-05 10:20:30 Saturday January 5'],
    ["date_parse('2030-01-05 10:20', '%Y-%m-%d %H:%i')", '2030-01-05 10:20:00.000'],
    ['to_iso8601(eventTime)', '2030-01-05T10:20:30.000Z'],
    ['from_unixtime(0)', '1970-01-01 00:00:00.000 UTC'],
    ['day_of_week(eventTime)', '6'],
    ['userIdentity.sessionContext.attributes.creationDate', '2030-01-05 09:00:00.000'],
    ['userIdentity.onBehalfOf.userId', null],
    ["element_at(requestParameters, 'bucketName')", 'b'],
    ["element_at(requestParameters, 'none')", null],
    ['cardinality(resources)', '1'],
    ["json_extract_scalar(eventJson, '$.userIdentity.userName')", 'alice'],
    ["regexp_replace('a-b-c', '-', '+')", 'a+b+c'],
    ["regexp_like(eventName, '^Put')", 'true'],
    ["array_join(array['a', null, 'b'], '/', '?')", 'a/?/b'],
    ['slice(array[1, 2, 3], 2, 2)', '[2, 3]'],
    ['requestParameters', '{bucketName=b, key=k}'],
    ['resources', '[{accountid=null, type=AWS::S3::Bucket, arn=arn:aws:s3:::b, arnprefix=null}]'],
  ];
  const { answer } = await ask(`select ${cases.map(([sql], n) => `${sql} as c${n}`).join(', ')} from EDS`);
  const [row = []] = pagesIn(answer)[0]?.rows ?? [];
  assert.deepEqual(
    cases.map(([sql], n) => [sql, row[n]]),
    cases,
  );
});

test('what has no name is called by its place', async () => {
  const { answer } = await ask(
    `select eventName, count(*), userIdentity.principalid, count(*) as "so many", element_at(array[1], 1)
     from EDS group by eventName, userIdentity`,
  );
  assert.deepEqual(pagesIn(answer)[0]?.columns, ['eventName', '_col1', 'principalid', 'so many', '_col4']);
});

test('a query reads the events of its time', async () => {
  const day = (n: number) => `2030-01-0${n}T00:00:00.000Z`;
  for (const [where, range] of [
    ['', {}],
    ["where eventTime > '2030-01-03 00:00:00' and eventTime <= '2030-01-06'", { from: day(3), to: day(6) }],
    ["where eventTime between '2030-01-03' and '2030-01-06' and eventName = 'x'", { from: day(3), to: day(6) }],
    ["where eventTime > now() - interval '7' day", { from: day(1) }],
    ["where date(eventTime) = date '2030-01-05'", { from: day(5), to: day(6) }],
    ["where eventTime > '2030-01-03' or eventName = 'x'", {}],
    ["where not (eventTime > '2030-01-03')", { to: day(3) }],
    ["where eventName = 'eventTime>''2030-01-03 00:00:00''::TIMESTAMP'", {}],
    [
      "a join EDS b on a.eventID = b.eventID where a.eventTime > '2030-01-03' and b.eventTime > '2030-01-05'",
      { from: day(3) },
    ],
    ["where eventTime > '2030-01-03' union all select * from EDS", {}],
    ["where eventTime > '2030-01-03' and eventID in (select eventID from EDS where eventTime < '2030-01-02')", {}],
    ['where 1 = 0', {}],
  ] as const) {
    const { range: found, answer } = await ask(`select * from EDS ${where}`);
    assert.equal(errorOf(answer), '', where);
    assert.deepEqual(JSON.parse(JSON.stringify(found)), range, where);
  }
});

test('a query that outgrows its memory, or an answer that is too long, is ended; the plane is not', async () => {
  for (const [sql, sentence] of [
    ["select count(*) from EDS, range(2048) r where length(repeat('x' || r.range, 30000000)) > 5", /more memory/],
    ["select repeat('x', 20000) from EDS, range(5000)", /results are more than|more memory/],
    ["select repeat('x', 5000000) from EDS", /row of the results is longer/],
    ['select list(range) from EDS, range(1000000000)', /[Mm]emory/],
  ] as const) {
    assert.match(errorOf((await ask(sql)).answer), sentence, sql);
  }
  const { answer } = await ask("select repeat('x', 1500000) as x from EDS, range(4)");
  assert.ok('pages' in answer);
  assert.deepEqual(answer.rowsOfPages, [2, 2]);
});

test('files are out of reach while the query is planned, too', async () => {
  for (const sql of [
    "select * from EDS, read_text('/etc/passwd')",
    "select * from EDS where eventName in (select content from read_text('/etc/hostname'))",
    'with x as (select * from EDS) select * from x, duckdb_secrets()',
  ]) {
    const { answer } = await ask(sql);
    assert.ok('error' in answer ? /disabled/.test(answer.error) : answer.rowsOfPages.length === 0, sql);
  }
});

test('nobody computes what nobody waits for', async () => {
  let asks = 0;
  const isWanted = async () => ++asks < 2;
  const { answer } = await ask('select count(*) from EDS, range(1000000000000)', { isWanted });
  assert.match(errorOf(answer), /Nobody waits/);
});

test('queries ask the plane’s clock, and read no more than the time that they name', async () => {
  const cloud = await testCloud();
  const { id } = await storeIn(cloud);
  await cloud.root.iam.createUser({ UserName: 'early' });
  await later(cloud, 'PT5M');
  await later(cloud, 'P3D');
  await cloud.root.iam.createUser({ UserName: 'late' });
  await later(cloud, 'PT5M');
  const users = (where: string) =>
    asked(
      cloud,
      `select element_at(requestParameters, 'userName') as name from ${id} where eventName = 'CreateUser' ${where}`,
    );
  const all = await users('');
  assert.deepEqual(all.rows.map(({ name }) => name).sort(), ['early', 'late']);
  const recent = await users("and eventTime > now() - interval '1' day");
  assert.deepEqual(recent.rows, [{ name: 'late' }]);
  const scanned = async ({ QueryId }: { QueryId?: string | undefined }) =>
    (await cloud.root.cloudtrail.describeQuery({ QueryId })).QueryStatistics?.BytesScanned ?? 0;
  assert.ok((await scanned(recent)) > 0 && (await scanned(recent)) < (await scanned(all)));
});
