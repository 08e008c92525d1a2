/** The socket: what strangers may send, and what they get. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Credentials, seeded, testCloud } from '../testing/cloud.ts';
import { hostileBodies, hostilePolicies } from '../testing/hostileRequests.ts';
import { promptly } from '../testing/promptly.ts';
import { CALLER_IDENTITY, form, signed } from '../testing/signed.ts';
import { bytesOf, isWhole, listening, raw, statusOf } from '../testing/socket.ts';
import { gatewayServer } from './http.ts';

const MEGABYTE = 1024 * 1024;

async function plane(t: TestContext) {
  const cloud = await testCloud();
  const port = await listening(t, cloud);
  const root = await cloud.keyFor(cloud.managementAccount);
  const users = async () => (await cloud.root.iam.listUsers({})).Users?.length;
  return { cloud, port, root, users };
}

const createUser = (root: Credentials, name: string, more = '') =>
  signed(form(`Action=CreateUser&Version=2010-05-08&UserName=${name}${more}`), { ...root, service: 'iam' });

test('a signed request over a socket is answered, one after the other on one connection', async (t) => {
  const { port, root } = await plane(t);
  const request = bytesOf(signed(CALLER_IDENTITY, root));
  const { text } = await raw(
    port,
    Buffer.concat([request, request]),
    (seen) => seen.split('</GetCallerIdentityResponse>').length > 2,
  );
  assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
  assert.match(text, /<Arn>arn:aws:iam::111122223333:root<\/Arn>/);
});

test('bodies of a megabyte are read, longer ones refused as the client parses it, and the connection goes on', async (t) => {
  const { port, root, users } = await plane(t);
  const padded = (length: number) => {
    const head = 'Action=CreateUser&Version=2010-05-08&UserName=a&Path=';
    return signed(form(head + 'x'.repeat(length - head.length)), { ...root, service: 'iam' });
  };
  const fits = await raw(port, bytesOf(padded(MEGABYTE)), isWhole);
  assert.match(fits.text, /<Code>ValidationError<\/Code>/);
  const { text } = await raw(
    port,
    Buffer.concat([bytesOf(padded(MEGABYTE + 1)), bytesOf(signed(CALLER_IDENTITY, root))]),
    (seen) => seen.includes('</GetCallerIdentityResponse>'),
  );
  assert.equal(statusOf(text), 413);
  assert.match(text, /<Code>RequestEntityTooLargeException<\/Code>/);
  assert.match(text, /HTTP\/1\.1 200 OK/);
  const json = {
    ...padded(MEGABYTE + 1),
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'a.b' },
  };
  assert.match((await raw(port, bytesOf(json), isWhole)).text, /"__type":"RequestEntityTooLargeException"/);
  const chunked = `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${`40000\r\n${'x'.repeat(0x40000)}\r\n`.repeat(5)}0\r\n\r\n`;
  assert.equal(statusOf((await raw(port, chunked, isWhole)).text), 413);
  assert.equal(await users(), 0);
});

test('a chunked body is the same body', async (t) => {
  const { port, root } = await plane(t);
  const request = signed(CALLER_IDENTITY, root);
  const text = request.body.toString();
  const chunks = [text.slice(0, 10), text.slice(10)]
    .map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)
    .join('');
  const head = bytesOf(
    { ...request, headers: { ...request.headers, 'transfer-encoding': 'chunked' }, body: Buffer.alloc(0) },
    false,
  );
  const answer = await raw(port, `${head.toString('latin1')}${chunks}0\r\n\r\n`, isWhole);
  assert.match(answer.text, /<Arn>arn:aws:iam::111122223333:root<\/Arn>/);
});

test('an upload that breaks off changes nothing', async (t) => {
  const { port, root, users } = await plane(t);
  const whole = bytesOf(createUser(root, 'half'));
  for (const length of [whole.length - 1, whole.length - 20, 100, 10]) {
    await raw(port, whole.subarray(0, length), undefined, { end: true, patienceMs: 200 });
  }
  assert.equal(await users(), 0);
});

test('longer bodies are read where the operation says so, and for none of its neighbours', async (t) => {
  const { cloud, port, root } = await plane(t);
  const ask = async (service: string, target: string, input: object) => {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
    const request = signed({ headers, body: Buffer.from(JSON.stringify(input)) }, { ...root, service });
    return (await raw(port, bytesOf(request), isWhole)).text;
  };
  const tableBody = `id,name\n${Array.from({ length: 150_000 }, (_, i) => `${i},"the name of the ${i}th"`).join('\n')}`;
  assert.ok(tableBody.length > 4 * MEGABYTE);
  const made = await ask('logs', 'Logs_20140328.CreateLookupTable', { lookupTableName: 'names', tableBody });
  assert.equal(statusOf(made), 200, made);
  const Detail = JSON.stringify({ text: '"'.repeat(400_000) });
  const Entries = [{ Source: 'a', DetailType: 'b', Detail }];
  const put = await ask('events', 'AWSEvents.PutEvents', { Entries });
  assert.match(put, /"FailedEntryCount":0/);
  const groups = await ask('logs', 'Logs_20140328.DescribeLogGroups', { logGroupNamePrefix: 'x'.repeat(MEGABYTE) });
  assert.equal(statusOf(groups), 413);
  assert.match(groups, /longer than 1048576 bytes/);
  assert.equal((await cloud.root.logs.describeLookupTables({})).lookupTables?.length, 1);
});

test('gzipped bodies are unpacked: signed is what was sent, and a bomb is refused', async (t) => {
  const { port, root, users } = await plane(t);
  const packed = (text: string | Uint8Array, encoding = 'gzip', body = gzipSync(text)) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': encoding };
    return bytesOf(signed({ headers, body }, { ...root, service: 'iam' }));
  };
  const fine = await raw(port, packed('Action=CreateUser&Version=2010-05-08&UserName=packed'), isWhole);
  assert.equal(statusOf(fine.text), 200);
  assert.equal(await users(), 1);
  const bytes = packed(Buffer.alloc(500 * MEGABYTE, 'a'));
  const bomb = await promptly(() => raw(port, bytes, isWhole));
  assert.equal(statusOf(bomb.text), 413);
  const rows: [Buffer, number][] = [
    [packed('', 'gzip', Buffer.from('Action=ListUsers')), 400],
    [packed('', 'gzip', gzipSync('Action=ListUsers').subarray(0, 20)), 400],
    [packed('', 'deflate'), 415],
    [packed('', 'gzip, gzip'), 415],
    [packed('', 'identity', Buffer.from('Action=ListUsers&Version=2010-05-08')), 200],
  ];
  for (const [bytes, status] of rows) assert.equal(statusOf((await raw(port, bytes, isWhole)).text), status);
  assert.equal(await users(), 1);
});

test('requests that two readers would read differently are refused', async (t) => {
  const { port, root, users } = await plane(t);
  const request = createUser(root, 'smuggled');
  const text = bytesOf(request).toString('latin1');
  const withLine = (line: string) => text.replace('\r\n', `\r\n${line}\r\n`);
  const rows: Readonly<Record<string, string>> = {
    'length and chunks': withLine('transfer-encoding: chunked'),
    'two lengths': withLine('content-length: 0'),
    'a list of lengths': text.replace(/content-length: (\d+)/, 'content-length: $1, $1'),
    'a signed length': text.replace(/content-length: /, 'content-length: +'),
    'a length in hexadecimal': text.replace(/content-length: \d+/, 'content-length: 0x10'),
    'two hosts': withLine('Host: other'),
    'two authorizations': withLine('Authorization: Basic eA=='),
    'two dates': withLine('X-Amz-Date: 20300101T000000Z'),
    'two content types': withLine('Content-Type: application/json'),
    'two tokens': withLine('x-amz-security-token: a').replace('\r\n\r\n', '\r\nx-amz-security-token: b\r\n\r\n'),
    'unknown transfer coding': withLine('transfer-encoding: xchunked').replace(/content-length: \d+\r\n/, ''),
    'chunked not last': withLine('transfer-encoding: chunked, identity').replace(/content-length: \d+\r\n/, ''),
    'space before the colon': text.replace('content-length:', 'content-length :'),
    'a folded header': withLine('x-a: b\r\n c'),
    'a bare line feed': text.replace('\r\nhost', '\nhost'),
    'a bare carriage return': withLine('x-a: b\rc'),
    'a null byte': withLine('x-a: b\0c'),
  };
  for (const [what, bytes] of Object.entries(rows)) {
    const answer = await raw(port, Buffer.from(bytes, 'latin1'), isWhole);
    assert.equal(statusOf(answer.text), 400, `${what}: ${answer.text}`);
    assert.match(answer.text, /<Code>\w+<\/Code>|"__type":"InvalidRequest"/, what);
    assert.match(answer.text, /connection: close/i, what);
  }
  assert.equal(await users(), 0);
});

test('headers are long enough for anything, and not longer; none is dropped', async (t) => {
  const { port, root } = await plane(t);
  const request = bytesOf(signed(CALLER_IDENTITY, root)).toString('latin1');
  const long = (bytes: number) => request.replace('\r\n', `\r\nx-long: ${'x'.repeat(bytes)}\r\n`);
  assert.equal(statusOf((await raw(port, long(20_000), isWhole)).text), 200);
  const over = await raw(port, long(40_000), isWhole);
  assert.equal(statusOf(over.text), 431);
  assert.match(over.text, /<Code>InvalidRequest<\/Code>/);
  const many = request.replace('\r\n', `\r\n${'a:\r\n'.repeat(3000)}`);
  assert.equal(statusOf((await raw(port, many, isWhole)).text), 200);
  const hidden = request.replace('\r\n\r\n', `\r\n${'a:\r\n'.repeat(3000)}x-amz-region-set: *\r\n\r\n`);
  assert.match((await raw(port, hidden, isWhole)).text, /<Code>SignatureDoesNotMatch<\/Code>/);
});

test('headers that do not come to an end are not waited for', async (t) => {
  const { cloud } = await plane(t);
  const server = gatewayServer(cloud.deps, { version: 'test' }, undefined);
  server.headersTimeout = 100;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const slow = await raw(port, 'POST / HTTP/1.1\r\nhost: x\r\nx-a: ', undefined);
  assert.equal(slow.closed, true);
  assert.equal(statusOf(slow.text), 408);
});

test('all methods and all forms of a target get an answer', async (t) => {
  const { port, root } = await plane(t);
  const request = signed(CALLER_IDENTITY, root);
  const absolute = bytesOf({ ...request, path: 'http://elsewhere.test/' });
  assert.equal(statusOf((await raw(port, absolute, isWhole)).text), 200);
  const get = signed({ method: 'GET', query: 'Action=GetCallerIdentity&Version=2011-06-15' }, root);
  assert.equal(statusOf((await raw(port, bytesOf(get), isWhole)).text), 200);
  const rows: [string, number][] = [
    ['HEAD / HTTP/1.1', 403],
    ['TRACE / HTTP/1.1', 403],
    ['PATCH /a/b/../c HTTP/1.1', 403],
    ['GET /%ff%fe/%00 HTTP/1.1', 403],
    ['GET /?%zz=%00&&&=== HTTP/1.1', 400],
    ['GET //////../../etc/passwd HTTP/1.1', 403],
    ['GET http:// HTTP/1.1', 400],
    ['GET * HTTP/1.1', 403],
    ['FOO / HTTP/1.1', 400],
    ['GET / HTTP/9.9', 400],
    ['GET', 400],
  ];
  for (const [line, status] of rows) {
    const { text } = await raw(port, `${line}\r\nhost: x\r\n\r\n`, (seen) => seen.includes('\r\n\r\n'));
    const accepted = [status, 400, 403];
    assert.ok(accepted.includes(statusOf(text)), `${line}: ${text}`);
  }
  const { closed } = await raw(port, 'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n', undefined);
  assert.equal(closed, true);
});

test('pages of other origins may ask before they call, and see what tells a request apart', async (t) => {
  const { port, root } = await plane(t);
  const asked = await raw(
    port,
    'OPTIONS / HTTP/1.1\r\nhost: x\r\norigin: http://console\r\naccess-control-request-method: POST\r\n\r\n',
    isWhole,
  );
  assert.equal(statusOf(asked.text), 200);
  assert.match(asked.text, /^access-control-allow-origin: \*\r$/m);
  assert.match(asked.text, /^access-control-allow-methods: .*POST/m);
  assert.match(asked.text, /^access-control-allow-headers: \*,authorization\r$/m);
  const call = bytesOf(signed(CALLER_IDENTITY, root)).toString('latin1');
  const fromPage = Buffer.from(call.replace('\r\n', '\r\norigin: http://console\r\n'), 'latin1');
  const called = await raw(port, fromPage, isWhole);
  assert.match(called.text, /^access-control-allow-origin: \*\r$/m);
  assert.match(called.text, /^access-control-expose-headers: .*x-amzn-requestid/m);
  assert.doesNotMatch(called.text, /access-control-allow-credentials/);
});

test('a connection that was answered with an error goes on', async (t) => {
  const { port, root } = await plane(t);
  const wrong = bytesOf(signed(CALLER_IDENTITY, { ...root, secretAccessKey: 'x' }));
  const malformed = bytesOf(signed(form('Action=%zz'), root));
  const right = bytesOf(signed(CALLER_IDENTITY, root));
  const { text } = await raw(port, Buffer.concat([wrong, malformed, right]), (seen) =>
    seen.includes('</GetCallerIdentityResponse>'),
  );
  assert.deepEqual(
    [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((m) => m[1]),
    ['403', '400', '200'],
  );
});

test('a request followed by rubbish is done once and the connection closed', async (t) => {
  const { port, root, users } = await plane(t);
  const { closed } = await raw(
    port,
    Buffer.concat([bytesOf(createUser(root, 'once')), Buffer.from('\0\0\0rubbish\r\n\r\n')]),
  );
  assert.equal(closed, true);
  assert.ok(((await users()) ?? 0) <= 1);
});

/** A reader of strangers' bytes: mutated requests, answered or closed, and nothing changes. */
test('rubbish of every kind is answered or closed, and changes nothing', async (t) => {
  const seed = process.env.SEED ?? String(Date.now());
  t.diagnostic(`SEED=${seed}`);
  const { cloud, port, root, users } = await plane(t);
  const dice = seeded(seed);
  const roll = (n: number) => Buffer.from(dice(4)).readUInt32BE() % n;
  await cloud.root.iam.listUsers({});
  const base = [
    bytesOf(createUser({ ...root, secretAccessKey: 'wrong' }, 'fuzz')),
    bytesOf(signed({ method: 'GET', query: 'Action=ListUsers' }, { ...root, secretAccessKey: 'x', expires: 60 })),
    Buffer.from(
      'POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: AWSOrganizationsV20161128.ListRoots\r\ncontent-length: 2\r\n\r\n{}',
    ),
  ];
  for (let i = 0; i < 400; i++) {
    const bytes = Buffer.from(base[roll(base.length)]!);
    for (let flips = roll(6); flips >= 0; flips--) bytes[roll(bytes.length)] = roll(256);
    const cut = roll(4) === 0 ? bytes.subarray(0, roll(bytes.length)) : bytes;
    const { text, closed } = await raw(port, cut, isWhole, { end: true });
    assert.ok(closed || isWhole(text), `not answered: ${JSON.stringify(cut.toString('latin1'))}`);
  }
  assert.equal(await users(), 0);
});

for (const { what, service, request } of hostileBodies) {
  test(`a hostile body of ${what} gets a clear error`, async () => {
    const cloud = await testCloud();
    const root = await cloud.keyFor(cloud.managementAccount);
    const { status, body } = await promptly(() => cloud.send(signed(request, { ...root, service })));
    assert.ok(status >= 400 && status <= 501 && status !== 500, `${status} ${body}`);
    assert.equal((await cloud.root.iam.listUsers({})).Users?.length, 0);
  });
}

for (const { what, service, request } of hostilePolicies) {
  test(`${what} is refused`, async () => {
    const cloud = await testCloud();
    const root = await cloud.keyFor(cloud.managementAccount);
    const { status, body } = await promptly(() => cloud.send(signed(request, { ...root, service })));
    assert.ok([400, 409].includes(status), `${status} ${body}`);
    assert.equal((await cloud.root.iam.listPolicies({ Scope: 'Local' })).Policies?.length, 0);
  });
}

test('wildcards that would backtrack are matched at once', async () => {
  const cloud = await testCloud();
  const Resource = `arn:aws:iam::*:user/${'a*'.repeat(400)}b`;
  const eve = await cloud.user('eve', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'iam:*G*e*t*U*s*', Resource },
  });
  const UserName = 'a'.repeat(64);
  await promptly(() => assert.rejects(eve.iam.getUser({ UserName }), { name: 'AccessDenied' }));
});
