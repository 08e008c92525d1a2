/** SelectObjectContent through the front door: formats in and out, expressions, errors, bounds. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { InputSerialization, OutputSerialization, SelectObjectContentRequest } from '@aws-sdk/client-s3';
import { type Cloud, testCloud } from '../../../testing/cloud.ts';

const Bucket = 'a-bucket';
const Key = 'k';
const CSV: InputSerialization = { CSV: { FileHeaderInfo: 'USE' } };
const LINES: InputSerialization = { JSON: { Type: 'LINES' } };
const people = 'Name,age,City\nAnn,34,"New York, NY"\nBob,7,Paris\nCid,,"O""Hara"\nDee,41,Rome\n';

async function withBucket() {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  const select = async (
    Body: string | Buffer,
    Expression: string,
    InputSerialization: InputSerialization = CSV,
    OutputSerialization: OutputSerialization = { CSV: {} },
    more: Partial<SelectObjectContentRequest> = {},
  ) => {
    await s3.putObject({ Bucket, Key, Body });
    return selected(s3, { Expression, InputSerialization, OutputSerialization, ...more });
  };
  return { cloud, s3, select };
}

type S3 = Cloud['root']['s3'];

async function selected(s3: S3, asked: Partial<SelectObjectContentRequest>) {
  const request = { Bucket, Key, ExpressionType: 'SQL', ...asked } as SelectObjectContentRequest;
  const { Payload } = await s3.selectObjectContent(request);
  let text = '';
  const kinds: string[] = [];
  let stats: object | undefined;
  for await (const event of Payload!) {
    kinds.push(Object.keys(event)[0]!);
    if (event.Records) text += Buffer.from(event.Records.Payload!).toString();
    if (event.Stats) stats = event.Stats.Details;
  }
  return { text, kinds, stats };
}

test('Records, how much was read, and the end', async () => {
  const { select } = await withBucket();
  const { text, kinds, stats } = await select(people, 'SELECT s.Name, s.age FROM S3Object s WHERE s.age > 30');
  assert.equal(text, 'Ann,34\nDee,41\n');
  assert.deepEqual(kinds, ['Records', 'Stats', 'End']);
  assert.deepEqual(stats, { BytesScanned: people.length, BytesProcessed: people.length, BytesReturned: 14 });
  const progress = await select(
    people,
    'SELECT * FROM S3Object',
    CSV,
    { CSV: {} },
    { RequestProgress: { Enabled: true } },
  );
  assert.deepEqual(progress.kinds, ['Records', 'Progress', 'Stats', 'End']);
});

const EXPRESSIONS: readonly (readonly [string, string])[] = [
  ['SELECT * FROM S3Object', 'Ann,34,"New York, NY"\nBob,7,Paris\nCid,,"O""Hara"\nDee,41,Rome\n'],
  ['select count(*) from s3object', '4\n'],
  [
    "SELECT COUNT(*), SUM(CAST(age AS INT)), AVG(CAST(age AS FLOAT)) FROM S3Object WHERE age <> ''",
    '3,82,27.333333333333332\n',
  ],
  ['SELECT MIN(name), MAX(s."Name") FROM S3Object s', 'Ann,Dee\n'],
  ['SELECT _1 FROM S3Object LIMIT 2', 'Ann\nBob\n'],
  ["SELECT name FROM S3Object WHERE city LIKE '%o%' OR name = 'Dee'", 'Ann\nDee\n'],
  ["SELECT name FROM S3Object WHERE city LIKE 'P_ris' AND NOT (age = 8)", 'Bob\n'],
  ["SELECT name FROM S3Object WHERE age BETWEEN 7 AND 34 AND name IN ('Ann', 'Cid')", 'Ann\n'],
  ["SELECT name || '!', UPPER(city) FROM S3Object s WHERE CHAR_LENGTH(s.city) = 4", 'Dee!,ROME\n'],
  ['SELECT SUBSTRING(name, 2), SUBSTRING(name FROM 1 FOR 1) FROM S3Object LIMIT 1', 'nn,A\n'],
  ["SELECT CASE WHEN age > 30 THEN 'old' ELSE 'young' END FROM S3Object LIMIT 2", 'old\nyoung\n'],
  ["SELECT age * 2 + 1 AS more FROM S3Object WHERE name = 'Ann'", '69\n'],
  ["SELECT COALESCE(NULLIF(age, ''), 'none') FROM S3Object WHERE name = 'Cid'", 'none\n'],
  ['SELECT nothing FROM S3Object WHERE nothing IS MISSING AND nothing IS NULL LIMIT 1', '\n'],
  ['SELECT name FROM S3Object LIMIT 0', ''],
];

test('Expressions over CSV', async (t) => {
  const { select } = await withBucket();
  for (const [expression, expected] of EXPRESSIONS) {
    await t.test(expression, async () => assert.equal((await select(people, expression)).text, expected));
  }
});

test('CSV of other delimiters, with comments, packed, of many reads', async () => {
  const { select } = await withBucket();
  const odd: InputSerialization = {
    CSV: { FieldDelimiter: ';', RecordDelimiter: '|', QuoteCharacter: "'", QuoteEscapeCharacter: '\\', Comments: '!' },
  };
  const { text } = await select("!no|a;'b;\\'c|d'|e;f|", 'SELECT _2, _1 FROM S3Object', odd, {
    CSV: { QuoteFields: 'ALWAYS', FieldDelimiter: '\t' },
  });
  assert.equal(text, '"b;\'c|d"\t"a"\n"f"\t"e"\n');
  const windows = await select('a,b\r\n"c",d\r\n', 'SELECT * FROM S3Object', { CSV: { FileHeaderInfo: 'NONE' } });
  assert.equal(windows.text, 'a,b\nc,d\n');
  const many = Array.from({ length: 40_000 }, (_, i) => `${i},"line ${i}, é"\n`).join('');
  const sums = await select(
    gzipSync(many),
    "SELECT COUNT(*), SUM(CAST(_1 AS INT)) FROM S3Object WHERE _2 LIKE '%, é'",
    { CSV: {}, CompressionType: 'GZIP' },
  );
  assert.equal(sums.text, `40000,${(40_000 * 39_999) / 2}\n`);
  const plain = await select(many, 'SELECT _1 FROM S3Object WHERE _1 > 39998', { CSV: {} });
  assert.equal(plain.text, '39999\n');
  const all = await select(many, 'SELECT * FROM S3Object', { CSV: {} });
  assert.equal(all.text, many);
  assert.ok(all.kinds.length > 5);
});

test('JSON: lines, documents and what is deep in them', async () => {
  const { select } = await withBucket();
  const lines = '{"name":"Ann","tags":["a","b"],"at":{"City":"Rome"}}\n\n{"name":"Bob","n":1e3,"ok":true}\n';
  const json: OutputSerialization = { JSON: {} };
  const of = async (expression: string, input = LINES, body = lines) =>
    (await select(body, expression, input, json)).text;
  assert.equal(await of('SELECT * FROM S3Object'), lines.replace('\n\n', '\n').replace('1e3', '1000'));
  assert.equal(
    await of('SELECT s.at.city, s.tags[1] AS second FROM S3Object[*] s LIMIT 1'),
    '{"city":"Rome","second":"b"}\n',
  );
  assert.equal(await of('SELECT s.name FROM S3Object s WHERE s.ok = true AND s.n >= 1000'), '{"name":"Bob"}\n');
  assert.equal(await of('SELECT s.n FROM S3Object s'), '{}\n{"n":1000}\n');
  const document = JSON.stringify({
    rules: [
      { id: 'a', x: [1, 2] },
      { id: 'b', x: [3] },
    ],
  });
  const whole: InputSerialization = { JSON: { Type: 'DOCUMENT' } };
  assert.equal(await of('SELECT r.id FROM S3Object[*].rules[*] r', whole, document), '{"id":"a"}\n{"id":"b"}\n');
  assert.equal(await of('SELECT _1 FROM S3Object[*].rules[*].x[*]', whole, document), '{"_1":1}\n{"_1":2}\n{"_1":3}\n');
  assert.equal(await of('SELECT COUNT(*) AS n FROM S3Object[*].rules[*]', whole, document), '{"n":2}\n');
  assert.equal(await of('SELECT r."__proto__" FROM S3Object[*].rules[*] r LIMIT 1', whole, document), '{}\n');
});

const REFUSED: readonly (readonly [string, string])[] = [
  ['SELECT', 'ParseUnexpectedToken'],
  ['SELECT * FROM elsewhere', 'InvalidDataSource'],
  ['SELECT * FROM S3Object WHERE a ~ b', 'LexerInvalidChar'],
  ['SELECT * FROM S3Object WHERE', 'ParseUnexpectedToken'],
  ['SELECT * FROM S3Object; DROP TABLE x', 'LexerInvalidChar'],
  ['SELECT a FROM S3Object GROUP BY a', 'UnsupportedSqlStructure'],
  ['SELECT a, COUNT(*) FROM S3Object', 'UnsupportedSqlStructure'],
  ['SELECT a FROM S3Object WHERE COUNT(*) > 1', 'UnsupportedSqlStructure'],
  ["SELECT read_csv('/etc/passwd') FROM S3Object", 'UnsupportedFunction'],
  ['SELECT LOWER(a, b) FROM S3Object', 'EvaluatorInvalidArguments'],
  ['SELECT CAST(a AS BLOB) FROM S3Object', 'UnsupportedSqlOperation'],
  [`SELECT ${'('.repeat(5000)}1${')'.repeat(5000)} FROM S3Object`, 'UnsupportedSqlStructure'],
  [`SELECT a FROM S3Object WHERE ${'a = 1 OR '.repeat(2000)} a = 2`, 'UnsupportedSqlStructure'],
  [`SELECT ${'1 + '.repeat(2000)} 1 FROM S3Object`, 'UnsupportedSqlStructure'],
  [`SELECT '${'x'.repeat(256 * 1024)}' FROM S3Object`, 'ExpressionTooLong'],
];

test('Expressions that cannot be are refused in AWS’s words', async () => {
  const { select } = await withBucket();
  for (const [expression, name] of REFUSED) {
    await assert.rejects(select(people, expression), { name }, expression.slice(0, 60));
  }
});

test('Formats that cannot be, and records that are none', async () => {
  const { select } = await withBucket();
  const all = 'SELECT * FROM S3Object';
  const faults: readonly (readonly [string | Buffer, InputSerialization, string])[] = [
    ['x', {}, 'MissingRequiredParameter'],
    ['x', { CSV: {}, JSON: { Type: 'LINES' } }, 'ObjectSerializationConflict'],
    ['x', { CSV: { FieldDelimiter: 'ab' } }, 'InvalidRequestParameter'],
    ['x', { Parquet: {} }, 'ParquetParsingError'],
    ['x', { Parquet: {}, CompressionType: 'GZIP' }, 'InvalidCompressionFormat'],
    ['x', { CSV: {}, CompressionType: 'BZIP2' }, 'TruncatedInput'],
    ['x', { CSV: {}, CompressionType: 'ZSTD' as 'GZIP' }, 'InvalidCompressionFormat'],
    ['not packed', { CSV: {}, CompressionType: 'GZIP' }, 'TruncatedInput'],
    [gzipSync(people.repeat(1000)).subarray(0, 60), { CSV: {}, CompressionType: 'GZIP' }, 'TruncatedInput'],
    ['"never ends', { CSV: {} }, 'CSVParsingError'],
    ['{"a":', LINES, 'JSONParsingError'],
    [Buffer.from([0x61, 0xff, 0x0a]), { CSV: {} }, 'InvalidTextEncoding'],
    ['x'.repeat(1_200_000), { CSV: {} }, 'OverMaxRecordSize'],
  ];
  for (const [body, input, name] of faults) {
    await assert.rejects(select(body, all, input), { name }, name);
  }
  await assert.rejects(select('a\nb', 'SELECT CAST(_1 AS INT) FROM S3Object', { CSV: {} }), { name: 'CastFailed' });
});

test('Whoever may read the object may ask it, with the key that it takes', async () => {
  const { cloud, s3, select } = await withBucket();
  await select(people, 'SELECT * FROM S3Object');
  const asked = {
    Expression: 'SELECT COUNT(*) FROM S3Object',
    InputSerialization: CSV,
    OutputSerialization: { CSV: {} },
  };
  await assert.rejects(selected((await cloud.user('alice')).s3, asked), { name: 'AccessDenied' });
  const Statement = [{ Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/${Key}` }];
  const bob = await cloud.user('bob', { Version: '2012-10-17', Statement });
  assert.equal((await selected(bob.s3, asked)).text, '4\n');
  await assert.rejects(selected(s3, { ...asked, Key: 'missing' }), { name: 'NoSuchKey' });
  await s3.putObject({ Bucket, Key, Body: people, StorageClass: 'GLACIER' });
  await assert.rejects(selected(s3, asked), { name: 'InvalidObjectState' });
  const Rules = [{ BlockedEncryptionTypes: { EncryptionType: ['NONE' as const] } }];
  await s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules } });
  const key = randomBytes(32);
  const customer = {
    SSECustomerAlgorithm: 'AES256',
    SSECustomerKey: key.toString('base64'),
    SSECustomerKeyMD5: createHash('md5').update(key).digest('base64'),
  };
  await s3.putObject({ Bucket, Key, Body: people, ...customer });
  await assert.rejects(selected(s3, asked), { name: 'InvalidRequest' });
  assert.equal((await selected(s3, { ...asked, ...customer })).text, '4\n');
});
