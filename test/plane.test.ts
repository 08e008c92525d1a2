/** The plane as a process: its start, its flags, its pages and its end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { CALLER_IDENTITY, form, signed } from '../src/testing/signed.ts';
import { bytesOf, isWhole, raw, statusOf } from '../src/testing/socket.ts';
import { testCertificate } from '../src/testing/x509.ts';
import { folder, gatehouse, keyFlags, keyIn, plane, run, startedPlane } from './processes.ts';

const KEY = { accessKeyId: 'AKIAPLANEPLANEPLANE1', secretAccessKey: "it's/a+key" };
const EPHEMERAL = ['--ephemeral'];

const call = async (port: number, request: Parameters<typeof bytesOf>[0]) =>
  (await raw(port, bytesOf(request), isWhole)).text;
const page = (port: number, method: string, name: string, body = '', headers = '') =>
  raw(
    port,
    `${method} /_gatehouse/${name} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`,
    isWhole,
  );
const bodyOf = (text: string) => JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));

test('the first start makes account, root key and credentials for their owner only; the second keeps everything', async (t) => {
  const data = join(folder(t), 'new');
  const first = await startedPlane(t, data, { flags: ['--account-id', '111122223333'] });
  for (const name of ['credentials', 'root.key', 'endpoint']) {
    assert.equal(statSync(join(data, name)).mode & 0o777, 0o600, name);
  }
  assert.equal(statSync(data).mode & 0o777, 0o700);
  assert.match(readFileSync(join(data, 'credentials'), 'utf8'), /^\[root\]\naws_access_key_id = AKIA/);
  const key = keyIn(data);
  const create = signed(form('Action=CreateUser&Version=2010-05-08&UserName=kept'), { ...key, service: 'iam' });
  assert.match(await call(first.port, create), /<Arn>arn:aws:iam::111122223333:user\/kept<\/Arn>/);
  const end = await first.stop();
  assert.deepEqual([end.code, end.err], [0, '']);

  const second = await startedPlane(t, data);
  assert.deepEqual(keyIn(data), key);
  const get = signed(form('Action=GetUser&Version=2010-05-08&UserName=kept'), { ...key, service: 'iam' });
  assert.match(await call(second.port, get), /<UserName>kept<\/UserName>/);
  const health = await page(second.port, 'GET', 'health');
  assert.equal(statusOf(health.text), 200);
  const { status, account, ephemeral } = bodyOf(health.text);
  assert.deepEqual({ status, account, ephemeral }, { status: 'ready', account: '111122223333', ephemeral: false });
  for (const name of ['reset', 'clock']) {
    assert.equal(statusOf((await page(second.port, 'POST', name, '{"advance":"P1D"}')).text), 403, name);
  }
  assert.match(await call(second.port, get), /<UserName>kept<\/UserName>/);
  await second.stop();

  const refused: [string[], RegExp][] = [
    [[...keyFlags(KEY)], /The root access key is chosen at the first start/],
    [
      ['--account-id', '999999999999'],
      /The management account is chosen at the first start; this store's is 111122223333/,
    ],
  ];
  for (const [flags, sentence] of refused) {
    const { code, err } = await plane(['--port', '0', '--data', data, ...flags]).ended;
    assert.equal(code, 2);
    assert.match(err, sentence);
  }
  writeFileSync(join(data, 'root.key'), `${Buffer.alloc(32, 1).toString('base64')}\n`);
  const { code, err } = await plane(['--port', '0', '--data', data]).ended;
  assert.equal(code, 2);
  assert.match(err, /sealed under another root key/);
});

test('a first start that ends before its credentials are written leaves them to the next; deleted ones stay deleted', async (t) => {
  const [data, other] = [folder(t), folder(t)];
  const { port } = await startedPlane(t, other, { flags: EPHEMERAL });
  assert.equal((await plane(['--port', String(port), '--data', data]).ended).code, 2);
  assert.deepEqual(readdirSync(data).includes('credentials'), false);
  const first = await startedPlane(t, data);
  const who = { ...keyIn(data), service: 'sts' };
  const identity = signed(form('Action=GetCallerIdentity&Version=2011-06-15'), who);
  assert.match(await call(first.port, identity), /:root<\/Arn>/);
  await first.stop();
  rmSync(join(data, 'credentials'));
  const second = await (await startedPlane(t, data)).stop();
  assert.match(second.out, /credentials {2}\S+ {2}\(which is gone\)/);
  assert.deepEqual(readdirSync(data).includes('credentials'), false);
});

test('wrong settings end with 2 and a sentence; help is help; a taken port is said to be', async (t) => {
  const wrong = await plane(['--prot', '1']).ended;
  assert.deepEqual(
    [wrong.code, wrong.out, wrong.err],
    [2, '', 'gatehouse: Unknown flag: --prot. --help lists the flags.\n'],
  );
  const variable = await plane([], { GATEHOUSE_EPHEMERL: '1' }).ended;
  assert.deepEqual(
    [variable.code, variable.err],
    [2, 'gatehouse: Unknown environment variable: GATEHOUSE_EPHEMERL.\n'],
  );
  const help = await plane(['--help']).ended;
  assert.equal(help.code, 0);
  assert.match(help.out, /--tls-cert FILE/);
  const command = await gatehouse(['frobnicate']).ended;
  assert.equal(command.code, 2);
  assert.match(command.err, /unknown command: frobnicate/);
  const running = await startedPlane(t, folder(t), { flags: EPHEMERAL });
  const taken = await plane(['--port', String(running.port), '--data', folder(t), '--ephemeral']).ended;
  assert.equal(taken.code, 2);
  assert.equal(taken.err, `gatehouse: Port ${running.port} on 127.0.0.1 is taken. Choose another with --port.\n`);
  const nowhere = await plane(['--port', '0', '--host', '192.0.2.1', '--data', folder(t), '--ephemeral']).ended;
  assert.deepEqual([nowhere.code, /no address 192\.0\.2\.1/.test(nowhere.err)], [2, true]);
});

test('a start that the operator can mend ends with 2 and a sentence about what is in the way', async (t) => {
  const data = folder(t);
  const file = join(data, 'file');
  writeFileSync(file, 'not what it should be\n');
  await (await startedPlane(t, join(data, 'newer'))).stop();
  const database = new DatabaseSync(join(data, 'newer/gatehouse.db'));
  database.exec('pragma user_version = 99');
  database.close();
  const running = await startedPlane(t, join(data, 'used'));
  const cases: readonly (readonly [flags: readonly string[], RegExp])[] = [
    [['--data', file], /cannot live in \S+file: it is no folder\. Mend that, or choose another with --data/],
    [['--data', join(file, 'below')], /cannot live in \S+below: it is no folder/],
    [['--data', join(data, 'newer')], /newer\/gatehouse\.db was written by a newer gatehouse/],
    [['--data', join(data, 'used')], new RegExp(`is in use by another gatehouse \\(pid ${running.child.pid}\\)`)],
    [['--data', data, '--store', `sqlite:${file}`], /The store \S+file cannot be opened: file is not a database/],
    [['--data', data, '--store', 'sqlite:/no/such.db'], /no such file or directory, open '\/no\/such\.db'/],
    [['--data', data, '--store', 'postgres://u:secret@127.0.0.1:1/x'], /The store 127\.0\.0\.1:1\/x cannot be opened/],
    [['--data', data, '--tls-cert', file, '--tls-key', file], /--tls-cert and --tls-key hold no certificate in PEM/],
    [['--data', data, '--quota', 'UserQuota=1'], /there is no UserQuota/],
  ];
  for (const [flags, sentence] of cases) {
    const { code, out, err } = await plane(['--port', '0', ...flags]).ended;
    assert.deepEqual([code, out], [2, ''], err);
    assert.match(err, sentence);
    assert.match(err, /^gatehouse: [^\n]+\n$/);
    assert.doesNotMatch(err, /secret/);
  }
  await running.stop();
});

test('--ephemeral keeps nothing on disk but credentials and endpoint; reset brings back the first start', async (t) => {
  const data = folder(t);
  const { port, ...running } = await startedPlane(t, data, { flags: EPHEMERAL });
  assert.equal(existsSync(join(data, 'root.key')), false);
  assert.equal(existsSync(join(data, 'gatehouse.db')), false);
  const key = keyIn(data);
  const create = () =>
    call(port, signed(form('Action=CreateUser&Version=2010-05-08&UserName=u'), { ...key, service: 'iam' }));
  const identity = (by: Parameters<typeof signed>[1]) => call(port, signed(CALLER_IDENTITY, by));
  assert.equal(statusOf(await create()), 200);
  const token = await call(port, signed(form('Action=GetSessionToken&Version=2011-06-15'), key));
  const part = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(token)![1]!;
  const session = {
    accessKeyId: part('AccessKeyId'),
    secretAccessKey: part('SecretAccessKey'),
    sessionToken: part('SessionToken'),
  };
  assert.equal(statusOf(await identity(session)), 200);
  assert.equal(statusOf((await page(port, 'POST', 'reset')).text), 200);
  assert.match(await identity(session), /<Code>InvalidClientTokenId<\/Code>/);
  assert.equal(statusOf(await identity(key)), 200);
  assert.equal(statusOf(await create()), 200);
  await running.stop();
});

test('the clock moves forward only, expires sessions, and is set back by reset', async (t) => {
  const { port, ...running } = await startedPlane(t, folder(t), { key: KEY, flags: EPHEMERAL });
  const token = await call(port, signed(form('Action=GetSessionToken&Version=2011-06-15'), KEY));
  const part = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(token)![1]!;
  const session = {
    accessKeyId: part('AccessKeyId'),
    secretAccessKey: part('SecretAccessKey'),
    sessionToken: part('SessionToken'),
  };
  const before = Date.now();
  const advanced = await page(port, 'POST', 'clock', '{"advance":"P30D"}');
  const passed = Date.parse(bodyOf(advanced.text).now) - 30 * 86_400_000;
  assert.ok(passed >= before && passed <= Date.now());
  assert.match(await call(port, signed(CALLER_IDENTITY, session)), /<Code>ExpiredToken<\/Code>/);
  assert.equal(statusOf(await call(port, signed(CALLER_IDENTITY, KEY))), 200);
  for (const body of ['', '{', '{}', '{"advance":5}', '{"advance":"-P1D"}', '{"advance":"P99999D"}', '[]', 'null']) {
    assert.equal(statusOf((await page(port, 'POST', 'clock', body)).text), 400, body);
  }
  const foreign = ['http://evil.test', `http://evil.test:${port}`, 'null', `http://localhost:${port + 1}`];
  for (const origin of foreign) {
    assert.equal(statusOf((await page(port, 'POST', 'reset', '', `origin: ${origin}\r\n`)).text), 403, origin);
  }
  assert.equal(statusOf((await page(port, 'POST', 'reset', '', `origin: http://127.0.0.1:${port}\r\n`)).text), 200);
  assert.equal(statusOf((await page(port, 'GET', 'reset')).text), 404);
  assert.equal(statusOf((await page(port, 'GET', 'nothing')).text), 404);
  await running.stop();
});

test('SIGTERM lets the request under way be answered, takes no new one, and ends with 0', async (t) => {
  const running = await startedPlane(t, folder(t), { key: KEY });
  const begun = { ...CALLER_IDENTITY, headers: { ...CALLER_IDENTITY.headers, expect: '100-continue' } };
  const request = bytesOf(signed(begun, KEY));
  const [idle, socket] = [connect(running.port, '127.0.0.1'), connect(running.port, '127.0.0.1')];
  const idleEnds = once(idle, 'close');
  let text = '';
  socket.on('data', (chunk) => (text += chunk));
  socket.write(request.subarray(0, request.length - 10));
  while (!text.includes('100 Continue')) await once(socket, 'data');
  const ended = running.stop();
  while (await connects(running.port)) await new Promise(setImmediate);
  await idleEnds;
  const answered = once(socket, 'close');
  text = '';
  socket.write(request.subarray(request.length - 10));
  await answered;
  assert.equal(statusOf(text), 200);
  const { code, err } = await ended;
  assert.deepEqual([code, err], [0, '']);
});

const connects = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

test('--tls-cert and --tls-key serve HTTPS only', async (t) => {
  const data = folder(t);
  const { pem, privateKey } = testCertificate('localhost');
  const [cert, key] = [join(data, 'cert.pem'), join(data, 'key.pem')];
  writeFileSync(cert, pem);
  writeFileSync(key, privateKey);
  const running = await startedPlane(t, data, {
    key: KEY,
    flags: [...EPHEMERAL, '--tls-cert', cert, '--tls-key', key],
  });
  assert.match(readFileSync(join(data, 'endpoint'), 'utf8'), /^https:\/\//);
  const { out } = await run('curl', ['-sk', `https://127.0.0.1:${running.port}/_gatehouse/health`]);
  assert.equal(JSON.parse(out).status, 'ready');
  const plain = await raw(running.port, 'GET /_gatehouse/health HTTP/1.1\r\nhost: x\r\n\r\n', isWhole);
  assert.equal(plain.text.includes('ready'), false);
  await running.stop();
});
