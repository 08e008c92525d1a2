import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { CommonError } from '../../../core/errors.ts';
import { type Cloud, testCloud } from '../../../testing/cloud.ts';
import { promptly } from '../../../testing/promptly.ts';
import { refused } from './answers.ts';

const POLICY = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: ['logs:CallWithBearerToken', 'logs:PutLogEvents'], Resource: '*' },
};

interface Sent {
  readonly path?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
  readonly query?: string;
}

/** A group that lets tokens in, and a user who has one. */
async function listening(policy: object = POLICY) {
  const cloud = await testCloud();
  const { iam, logs } = cloud.root;
  await cloud.user('sender', policy);
  const made = { UserName: 'sender', ServiceName: 'logs.amazonaws.com', CredentialAgeDays: 30 };
  const { ServiceSpecificCredential: credential } = await iam.createServiceSpecificCredential(made);
  const token = credential!.ServiceCredentialSecret!;
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const enabled = (bearerTokenAuthenticationEnabled: boolean) =>
    logs.putBearerTokenAuthentication({ logGroupIdentifier: 'app', bearerTokenAuthenticationEnabled });
  await enabled(true);
  const send = async ({ path = '/services/collector/event', body = '', headers = {}, query }: Sent) => {
    const answer = await cloud.send({
      path,
      query: query ?? 'logGroup=app&logStream=s',
      headers: {
        host: 'logs.us-east-1.amazonaws.com',
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        ...headers,
      },
      body: Buffer.from(body as string),
    });
    const text = Buffer.from(answer.body as string).toString();
    return { status: answer.status, body: text, bytes: Buffer.from(answer.body as Uint8Array) };
  };
  return { cloud, logs, iam, send, token, id: credential!.ServiceSpecificCredentialId!, enabled };
}

async function events(cloud: Cloud) {
  const found = await cloud.root.logs.filterLogEvents({ logGroupName: 'app' });
  return found.events!.map(({ timestamp, message }) => [timestamp! - cloud.now().getTime(), message] as const);
}

const texts = async (cloud: Cloud) => (await events(cloud)).map(([, message]) => message);

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

const EVENT = '{"event":"x"}';

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

test('A token is used in the Region of the host that it is sent to', async () => {
  const Condition = { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } };
  const { cloud, send } = await listening({ Version: '2012-10-17', Statement: { ...POLICY.Statement, Condition } });
  const { logs } = cloud.as(await cloud.keyFor(cloud.managementAccount), 'eu-west-1');
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.putBearerTokenAuthentication({ logGroupIdentifier: 'app', bearerTokenAuthenticationEnabled: true });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  assert.equal((await send({ body: EVENT })).status, 403);
  assert.equal((await send({ body: EVENT, headers: { host: 'logs.eu-west-1.amazonaws.com' } })).status, 200);
  assert.equal((await logs.filterLogEvents({ logGroupName: 'app' })).events?.length, 1);
});

test('A token opens nothing in a Region that its account has disabled', async () => {
  const { cloud, send } = await listening();
  const { logs } = cloud.as(await cloud.keyFor(cloud.managementAccount), 'af-south-1');
  const { account } = cloud.root;
  const moved = async () => {
    cloud.advance('PT1H');
    await cloud.settle();
  };
  await account.enableRegion({ RegionName: 'af-south-1' });
  await moved();
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  await logs.putBearerTokenAuthentication({ logGroupIdentifier: 'app', bearerTokenAuthenticationEnabled: true });
  const headers = { host: 'logs.af-south-1.amazonaws.com' };
  assert.equal((await send({ body: EVENT, headers })).status, 200);
  await account.disableRegion({ RegionName: 'af-south-1' });
  await moved();
  assert.equal((await send({ body: EVENT, headers })).status, 401);
});

test('A token must be one, hold, and its user be permitted; the group must let tokens in', async () => {
  const { cloud, iam, send, id, enabled, logs } = await listening();
  const status = async (more: Sent = {}) => (await send({ body: EVENT, ...more })).status;
  assert.equal(await status(), 200);
  assert.equal(await status({ headers: { authorization: 'Bearer ACWLbm90aGluZw==' } }), 401);
  assert.equal(await status({ query: 'logGroup=none&logStream=s' }), 404);
  assert.equal(await status({ query: 'logGroup=app' }), 400);
  assert.equal(await status({ headers: { 'x-aws-log-group': 'app' } }), 400);
  assert.equal(await status({ headers: { 'content-type': 'text/plain' } }), 400);
  assert.equal((await logs.describeLogGroups({})).logGroups![0]!.bearerTokenAuthenticationEnabled, true);
  await enabled(false);
  assert.equal(await status(), 403);
  await enabled(true);
  await iam.updateServiceSpecificCredential({
    UserName: 'sender',
    ServiceSpecificCredentialId: id,
    Status: 'Inactive',
  });
  assert.equal(await status(), 401);
  await iam.updateServiceSpecificCredential({ UserName: 'sender', ServiceSpecificCredentialId: id, Status: 'Active' });
  assert.equal(await status(), 200);
  cloud.advance('P31D');
  assert.equal(await status(), 401);
  assert.equal((await texts(cloud)).length, 2);
});

test('Without logs:CallWithBearerToken, or logs:PutLogEvents, nobody sends', async () => {
  for (const action of ['logs:PutLogEvents', 'logs:CallWithBearerToken']) {
    const Statement = { Effect: 'Allow', Action: action, Resource: '*' };
    const { cloud, send } = await listening({ Version: '2012-10-17', Statement });
    assert.equal((await send({ body: EVENT })).status, 403, action);
    assert.deepEqual(await texts(cloud), []);
  }
});

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

test('Each use of a token is a data event, for trails that ask for it', async () => {
  const { cloud, iam, send } = await listening();
  const { s3, cloudtrail } = cloud.root;
  const Bucket = 'token-audit';
  await s3.createBucket({ Bucket });
  const Resource = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
  const letIn = { Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' }, Action: 's3:*', Resource };
  await s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement: letIn }) });
  await cloudtrail.createTrail({ Name: 'audit', S3BucketName: Bucket });
  await send({ body: EVENT });
  const FieldSelectors = [
    { Field: 'eventCategory', Equals: ['Data'] },
    { Field: 'resources.type', Equals: ['AWS::Logs::LogGroupAuthorization'] },
  ];
  await cloudtrail.putEventSelectors({ TrailName: 'audit', AdvancedEventSelectors: [{ FieldSelectors }] });
  await cloudtrail.startLogging({ Name: 'audit' });
  await send({ body: EVENT });
  await send({ body: EVENT, query: 'logGroup=none&logStream=s' });
  const Statement = { Effect: 'Deny', Action: 'logs:CallWithBearerToken', Resource: '*' };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.putUserPolicy({ UserName: 'sender', PolicyName: 'no', PolicyDocument });
  await send({ body: EVENT });
  const { entries } = await cloud.deps.store.journal.lookup({
    ...{ kind: 'data', account: cloud.managementAccount, region: 'us-east-1', limit: 10 },
  });
  const records = entries.map(({ body }) => JSON.parse(body)).reverse();
  const group = (name: string) => `arn:aws:logs:us-east-1:${cloud.managementAccount}:log-group:${name}`;
  assert.deepEqual(
    records.map(({ eventName, errorCode, resources, userIdentity }) => [
      ...[eventName, errorCode, resources[0].type, resources[0].ARN, userIdentity.userName],
    ]),
    [
      ['CallWithBearerToken', undefined, 'AWS::Logs::LogGroupAuthorization', group('app'), 'sender'],
      ['CallWithBearerToken', undefined, 'AWS::Logs::LogGroupAuthorization', group('none'), 'sender'],
      ['CallWithBearerToken', 'AccessDeniedException', 'AWS::Logs::LogGroupAuthorization', group('app'), 'sender'],
    ],
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
