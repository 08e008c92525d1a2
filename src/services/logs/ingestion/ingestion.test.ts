import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommonError } from '../../../core/errors.ts';
import { promptly } from '../../../testing/promptly.ts';
import { refused } from './answers.ts';

import { events, listening, texts } from './ingestion.fixture.ts';

test('The HLC endpoint takes one event, an array, or one after the other; and skips what has no event', async () => {
  const { cloud, send } = await listening();
  const seconds = cloud.now().getTime() / 1000;
  const one = `{"event":"Hello","time":${seconds - 5.5},"host":"web"}`;
  assert.deepEqual(await send({ body: one }).then(({ status, body }) => [status, body]), [200, '{}']);
  await send({ body: `[{"event":{"a":1},"time":"${seconds - 4}"},{"message":"skipped"},"x"]` });
  await send({ body: `{"event":"} {","time":${seconds - 3}}{"event":42,"time":"invalid"} 17` });
  assert.deepEqual(await events(cloud), [
    [-5_500, `{"event":"Hello","time":${seconds - 5.5},"host":"web"}`],
    [-4_000, `{"event":{"a":1},"time":"${seconds - 4}"}`],
    [-3_000, `{"event":"} {","time":${seconds - 3}}`],
    [0, '{"event":42,"time":"invalid"}'],
  ]);
});

test('The ND-JSON endpoint takes any value a line, and tells what was too old', async () => {
  const { cloud, send } = await listening();
  const now = cloud.now().getTime();
  const lines = [
    `{"timestamp":${now - 9},"m":1}`,
    '',
    'no JSON',
    '"text"',
    '42',
    `[{"timestamp":${now - 8}},"b"]`,
    '[]',
  ];
  const path = '/ingest/bulk';
  const headers = { 'content-type': 'application/x-ndjson' };
  assert.equal((await send({ path, headers, body: lines.join('\r\n') })).body, '{}');
  assert.deepEqual(await events(cloud), [
    [-9, `{"timestamp":${now - 9},"m":1}`],
    [-8, `{"timestamp":${now - 8}}`],
    [0, 'text'],
    [0, '42'],
    [0, 'b'],
  ]);
  const old = await send({
    path,
    body: `{"timestamp":${now - 15 * 86_400_000}}\n{"timestamp":${now + 9 * 3_600_000}}`,
  });
  const errorMessage = '{"tooOldLogEventCount":1,"tooNewLogEventCount":1,"expiredLogEventCount":0}';
  assert.deepEqual(JSON.parse(old.body), { partialSuccess: { rejectedLogRecords: 2, errorMessage } });
  const invalid = await send({ path, body: 'a\nb' });
  assert.deepEqual([invalid.status, JSON.parse(invalid.body).message], [400, 'All events were invalid']);
});

test('The structured JSON endpoint takes objects only', async () => {
  const { cloud, send } = await listening();
  const path = '/ingest/json';
  const now = cloud.now().getTime();
  await send({ path, body: `[{"timestamp":${now - 2},"m":1},"text",42,{"m":2}]` });
  await send({ path, body: '{"first":1}{"second":2}' });
  assert.deepEqual(await texts(cloud), [`{"timestamp":${now - 2},"m":1}`, '{"m":2}', '{"first":1}']);
  assert.equal((await send({ path, body: '"text"' })).status, 400);
  assert.equal((await send({ path, body: '{' })).status, 400);
});

const span = (fields: readonly (readonly [number, Buffer])[]) =>
  Buffer.concat(fields.flatMap(([number, bytes]) => [Buffer.from([(number << 3) | 2, bytes.length]), bytes]));

test('The OpenTelemetry endpoint takes JSON and protocol buffers', async () => {
  const { cloud, send } = await listening();
  const headers = { 'x-aws-log-group': 'app', 'x-aws-log-stream': 's' };
  const nanoseconds = `${BigInt(cloud.now().getTime() - 5) * 1_000_000n}`;
  const attributes = [{ key: 'user.id', value: { intValue: '7' } }];
  const record = { timeUnixNano: nanoseconds, severityText: 'INFO', body: { stringValue: 'in JSON' }, attributes };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  const body = { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'lib' }, logRecords: [record] }] }] };
  const path = '/v1/logs';
  const sent = await send({ path, headers, query: '', body: JSON.stringify(body) });
  assert.deepEqual([sent.status, sent.body], [200, '{}']);
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE(BigInt(nanoseconds));
  const text = span([[1, Buffer.from('in protobuf')]]);
  const logRecord = Buffer.concat([Buffer.from([0x09]), time, Buffer.from([0x10, 9]), span([[5, text]])]);
  const packed = span([[1, span([[2, span([[2, logRecord]])]])]]);
  const asProtobuf = { ...headers, 'content-type': 'application/x-protobuf' };
  const answer = await send({ path, headers: asProtobuf, query: '', body: packed });
  assert.deepEqual([answer.status, answer.bytes.length], [200, 0]);
  const found = (await events(cloud)).map(([at, message]) => [at, JSON.parse(message!)]);
  const number = Number(nanoseconds);
  assert.deepEqual(
    found.toSorted(([, a], [, b]) => (a.body < b.body ? -1 : 1)),
    [
      [
        -5,
        {
          resource: { attributes: { 'service.name': 'shop' } },
          scope: { name: 'lib' },
          timeUnixNano: number,
          severityText: 'INFO',
          body: 'in JSON',
          attributes: { 'user.id': 7 },
        },
      ],
      [
        -5,
        {
          resource: { attributes: {} },
          scope: {},
          timeUnixNano: number,
          severityNumber: 9,
          body: 'in protobuf',
          attributes: {},
        },
      ],
    ],
  );
  assert.equal((await send({ path, headers: asProtobuf, query: '', body: Buffer.from([0xff, 0xff]) })).status, 400);
  assert.equal((await send({ path, body: JSON.stringify(body) })).status, 400, 'group and stream are headers here');
});

test('Bodies that are hostile are refused, at a cost that does not explode', async () => {
  const { cloud, send } = await listening();
  const deep = '['.repeat(400_000);
  const bodies = [
    `{"event":${deep}${']'.repeat(400_000)}}`,
    deep,
    '{"event":"'.repeat(50_000),
    `{"timestamp":1e999,"m":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
  ];
  for (const path of ['/services/collector/event', '/ingest/bulk', '/ingest/json', '/v1/logs']) {
    for (const body of bodies) await promptly(() => send({ path, body }));
  }
  const headers = { 'x-aws-log-group': 'app', 'x-aws-log-stream': 's', 'content-type': 'application/x-protobuf' };
  const nested = (depth: number): Buffer => {
    let bytes = Buffer.alloc(0);
    for (let n = 0; n < depth; n++)
      bytes = Buffer.concat([Buffer.from([0x2a, 0x80 | (bytes.length & 127), bytes.length >> 7]), bytes]);
    return bytes;
  };
  for (const body of [nested(3_000), Buffer.alloc(100_000, 0xff), Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x7f])]) {
    const { status } = await promptly(() => send({ path: '/v1/logs', query: '', headers, body }));
    assert.ok(status === 400 || status === 200);
  }
  assert.ok((await texts(cloud)).length < 10);
});

test('Values in OpenTelemetry that are none are left out, and every element of a long line is told', async () => {
  const { cloud, send } = await listening();
  const none = { toString: null, valueOf: 1 };
  const record = {
    timeUnixNano: none,
    body: { intValue: none },
    attributes: [{ key: none, value: { stringValue: 'x' } }],
  };
  const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });
  const headers = { 'x-aws-log-group': 'app', 'x-aws-log-stream': 's' };
  assert.equal((await send({ path: '/v1/logs', query: '', headers, body })).status, 200);
  const attributes = { [JSON.stringify(none)]: 'x' };
  const told = { resource: { attributes: {} }, scope: {}, body: null, attributes };
  assert.deepEqual(
    (await texts(cloud)).map((text) => JSON.parse(text!)),
    [told],
  );
  const long = await send({ path: '/ingest/bulk', body: `{"kept":1}\n[${'1,'.repeat(300_000)}1]` });
  assert.deepEqual(
    [long.status, /at most 10000 events/.test(long.body)],
    [400, true],
    'none is passed over in silence',
  );
});

test('Senders of OTLP are told when to come again', () => {
  const busy = new CommonError('ThrottlingException', 'Rate exceeded', 400);
  const away = new CommonError('ServiceUnavailable', 'The request has failed.', 503);
  const told = [refused(busy, '/v1/logs'), refused(away, '/v1/logs'), refused(busy, '/ingest/json')];
  assert.deepEqual(
    told.map(({ status, headers }) => [status, headers['retry-after']]),
    [
      [429, '1'],
      [503, '1'],
      [429, undefined],
    ],
  );
});
