/** Events over HTTP that are signed. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { listening, type Sent, texts } from './ingestion.fixture.ts';

const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

interface Signing {
  readonly path: string;
  readonly query?: string;
  readonly body: string | Uint8Array;
  /** Seconds ago. */
  readonly age?: number;
  /** Of the credential scope, when not of the signature's time. */
  readonly day?: string;
  readonly region?: string;
  readonly service?: string;
  /** Further headers that are signed. */
  readonly more?: Readonly<Record<string, string>>;
}

const QUERY = 'logGroup=app&logStream=s';

/** Headers of Signature Version 4 as AWS describes it. */
function signed(key: { accessKeyId: string; secretAccessKey: string }, signing: Signing) {
  const { path, query = QUERY, body, age = 0, region = 'us-east-1', service = 'logs', more = {} } = signing;
  const timestamp = new Date(Date.now() - age * 1000).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const date = signing.day ?? timestamp.slice(0, 8);
  const headers = { host: 'logs.us-east-1.amazonaws.com', 'x-amz-date': timestamp, ...more };
  const lines = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = lines.map(([name]) => name).join(';');
  const told = lines.map(([name, value]) => `${name}:${value}\n`).join('');
  const canonical = ['POST', path, query, told, names, sha256(body)].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonical)}`;
  const signingKey = scope
    .split('/')
    .reduce<string | Buffer>((so, step) => hmac(so, step), `AWS4${key.secretAccessKey}`);
  const signature = hmac(signingKey, text).toString('hex');
  const credential = `Credential=${key.accessKeyId}/${scope}, SignedHeaders=${names}`;
  return { ...headers, authorization: `AWS4-HMAC-SHA256 ${credential}, Signature=${signature}` };
}

test('A request that is signed is sent by whoever signed it, whatever the group says of tokens', async () => {
  const { cloud, send, enabled } = await listening();
  await enabled(false);
  const key = await cloud.keyFor(cloud.managementAccount, 'sender');
  const path = '/ingest/json';
  const body = '{"a":1}';
  const headers = signed(key, { path, body });
  const sent = await send({ path, headers, body });
  assert.deepEqual([sent.status, sent.body], [200, '{}']);
  const inHeaders = { 'x-aws-log-group': 'app', 'x-aws-log-stream': 's' };
  const named = signed(key, { path, query: '', body, more: inHeaders });
  assert.equal((await send({ path, query: '', headers: named, body })).status, 200);
  assert.deepEqual(await texts(cloud), [body, body]);
  await cloud.user('nobody');
  const other = await cloud.keyFor(cloud.managementAccount, 'nobody');
  assert.equal((await send({ path, headers: signed(other, { path, body }), body })).status, 403);
  assert.equal((await texts(cloud)).length, 2);
});

test('A signature holds for what it signs, where and when', async () => {
  const { cloud, send } = await listening();
  const key = await cloud.keyFor(cloud.managementAccount, 'sender');
  const path = '/ingest/json';
  const body = '{"a":1}';
  const whole = { path, body };
  const headers = signed(key, whole);
  const elsewhere = signed(key, { ...whole, query: 'logStream=s' });
  const refused: readonly (readonly [why: string, sent: Sent])[] = [
    ['another body', { ...whole, headers, body: '{"a":2}' }],
    ['another path', { ...whole, headers, path: '/ingest/bulk' }],
    ['another stream', { ...whole, headers, query: 'logGroup=app&logStream=t' }],
    [
      'a group that is not signed',
      { ...whole, headers: { ...elsewhere, 'x-aws-log-group': 'app' }, query: 'logStream=s' },
    ],
    ['another time', { ...whole, headers: { ...headers, 'x-amz-date': '20200101T000000Z' } }],
    ['a signature of long ago', { ...whole, headers: signed(key, { ...whole, age: 16 * 60 }) }],
    ['a signature of later', { ...whole, headers: signed(key, { ...whole, age: -16 * 60 }) }],
    ['an old day', { ...whole, headers: signed(key, { ...whole, day: '20200101' }) }],
    ['a key that is none', { ...whole, headers: signed({ ...key, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' }, whole) }],
    ['another secret', { ...whole, headers: signed({ ...key, secretAccessKey: 'x' }, whole) }],
  ];
  for (const [why, sent] of refused) assert.equal((await send(sent)).status, 401, why);
  const ofEurope = signed(key, { ...whole, region: 'eu-west-1' });
  assert.equal((await send({ ...whole, headers: ofEurope })).status, 404, 'the group is of another Region');
  const ofS3 = signed(key, { ...whole, service: 's3' });
  const dressed = { ...ofS3, authorization: `${ofS3.authorization}, x=/logs/aws4_request` };
  for (const each of [ofS3, dressed]) assert.notEqual((await send({ ...whole, headers: each })).status, 200);
  assert.deepEqual(await texts(cloud), []);
});

test('Bodies may be packed', async () => {
  const { cloud, send } = await listening();
  const key = await cloud.keyFor(cloud.managementAccount, 'sender');
  const path = '/ingest/json';
  const body = gzipSync('{"packed":true}');
  const packed = { 'content-encoding': 'gzip' };
  assert.equal((await send({ path, headers: packed, body })).status, 200);
  assert.equal((await send({ path, headers: { ...packed, ...signed(key, { path, body }) }, body })).status, 200);
  assert.deepEqual(await texts(cloud), ['{"packed":true}', '{"packed":true}']);
  const bomb = gzipSync(`"${' '.repeat(20_000_000)}"`);
  const refused = [
    { headers: packed, body: '{}' },
    { headers: { 'content-encoding': 'br' }, body },
    { headers: packed, body: bomb },
  ];
  for (const sent of refused) assert.match(String((await send({ path, ...sent })).status), /^4/);
});
