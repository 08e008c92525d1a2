/** The plane as a process: its start, its flags, its pages, its end, and real clients at its socket. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CALLER_IDENTITY, form, signed } from '../src/testing/signed.ts';
import { bytesOf, isWhole, raw, statusOf } from '../src/testing/socket.ts';
import { testCertificate } from '../src/testing/x509.ts';

const root = join(import.meta.dirname, '..');
const KEY = { accessKeyId: 'AKIAPLANEPLANEPLANE1', secretAccessKey: "it's/a+key" };
const KEY_FLAGS = ['--root-access-key-id', KEY.accessKeyId, '--root-secret-access-key', KEY.secretAccessKey];
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|GATEHOUSE)_/.test(name)));

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'gatehouse-plane-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  readonly data: string;
  readonly ended: Promise<Ended>;
}

function spawned(args: readonly string[], env: NodeJS.ProcessEnv = {}, script = 'src/main.ts') {
  const child = spawn(process.execPath, [script, ...args], { cwd: root, env: { ...clean, ...env } });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, out, err })));
  return { child, ended, said: () => out };
}

async function started(t: TestContext, data: string, ...args: string[]): Promise<Running> {
  const { child, ended, said } = spawned(['--port', '0', '--data', data, ...args]);
  t.after(() => child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', () => {
      const port = /ready at https?:\/\/\S+:(\d+)/.exec(said())?.[1];
      if (port) resolve({ child, port: Number(port), data, ended });
    });
    ended.then(({ err }) => reject(new Error(err)));
  });
}

async function stopped({ child, ended }: Running): Promise<Ended> {
  child.kill('SIGTERM');
  return ended;
}

const call = async (port: number, request: Parameters<typeof bytesOf>[0]) =>
  (await raw(port, bytesOf(request), isWhole)).text;
const page = (port: number, method: string, name: string, body = '', headers = '') =>
  raw(
    port,
    `${method} /_gatehouse/${name} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`,
    isWhole,
  );
const bodyOf = (text: string) => JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));

function profile(data: string) {
  const text = readFileSync(join(data, 'credentials'), 'utf8');
  return {
    accessKeyId: /aws_access_key_id = (\S+)/.exec(text)![1]!,
    secretAccessKey: /aws_secret_access_key = (\S+)/.exec(text)![1]!,
  };
}

test('the first start makes account, root key and credentials for their owner only; the second keeps everything', async (t) => {
  const data = join(folder(t), 'new');
  const first = await started(t, data, '--account-id', '111122223333');
  for (const name of ['credentials', 'root.key', 'endpoint']) {
    assert.equal(statSync(join(data, name)).mode & 0o777, 0o600, name);
  }
  assert.equal(statSync(data).mode & 0o777, 0o700);
  assert.match(readFileSync(join(data, 'credentials'), 'utf8'), /^\[root\]\naws_access_key_id = AKIA/);
  const key = profile(data);
  const create = signed(form('Action=CreateUser&Version=2010-05-08&UserName=kept'), { ...key, service: 'iam' });
  assert.match(await call(first.port, create), /<Arn>arn:aws:iam::111122223333:user\/kept<\/Arn>/);
  const end = await stopped(first);
  assert.deepEqual([end.code, end.err], [0, '']);

  const second = await started(t, data);
  assert.deepEqual(profile(data), key);
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
  await stopped(second);

  const refused: [string[], RegExp][] = [
    [KEY_FLAGS, /The root access key is chosen at the first start/],
    [
      ['--account-id', '999999999999'],
      /The management account is chosen at the first start; this store's is 111122223333/,
    ],
  ];
  for (const [flags, sentence] of refused) {
    const { code, err } = await spawned(['--port', '0', '--data', data, ...flags]).ended;
    assert.equal(code, 2);
    assert.match(err, sentence);
  }
  writeFileSync(join(data, 'root.key'), `${Buffer.alloc(32, 1).toString('base64')}\n`);
  const { code, err } = await spawned(['--port', '0', '--data', data]).ended;
  assert.equal(code, 2);
  assert.match(err, /sealed under another root key/);
});

test('a first start that ends before its credentials are written leaves them to the next; deleted ones stay deleted', async (t) => {
  const [data, other] = [folder(t), folder(t)];
  const { port } = await started(t, other, '--ephemeral');
  assert.equal((await spawned(['--port', String(port), '--data', data]).ended).code, 2);
  assert.deepEqual(readdirSync(data).includes('credentials'), false);
  const first = await started(t, data);
  const who = { ...profile(data), service: 'sts' };
  const identity = signed(form('Action=GetCallerIdentity&Version=2011-06-15'), who);
  assert.match(await call(first.port, identity), /:root<\/Arn>/);
  await stopped(first);
  rmSync(join(data, 'credentials'));
  const second = await stopped(await started(t, data));
  assert.match(second.out, /credentials {2}\S+ {2}\(which is gone\)/);
  assert.deepEqual(readdirSync(data).includes('credentials'), false);
});

test('wrong settings end with 2 and a sentence; help is help; a taken port is said to be', async (t) => {
  const wrong = await spawned(['--prot', '1']).ended;
  assert.deepEqual(
    [wrong.code, wrong.out, wrong.err],
    [2, '', 'gatehouse: Unknown flag: --prot. --help lists the flags.\n'],
  );
  const variable = await spawned([], { GATEHOUSE_EPHEMERL: '1' }).ended;
  assert.deepEqual(
    [variable.code, variable.err],
    [2, 'gatehouse: Unknown environment variable: GATEHOUSE_EPHEMERL.\n'],
  );
  const help = await spawned(['--help']).ended;
  assert.equal(help.code, 0);
  assert.match(help.out, /--tls-cert FILE/);
  const command = await spawned(['frobnicate'], {}, 'src/cli/index.ts').ended;
  assert.equal(command.code, 2);
  assert.match(command.err, /unknown command: frobnicate/);
  const running = await started(t, folder(t), '--ephemeral');
  const taken = await spawned(['--port', String(running.port), '--data', folder(t), '--ephemeral']).ended;
  assert.equal(taken.code, 2);
  assert.equal(taken.err, `gatehouse: Port ${running.port} on 127.0.0.1 is taken. Choose another with --port.\n`);
  const nowhere = await spawned(['--port', '0', '--host', '192.0.2.1', '--data', folder(t), '--ephemeral']).ended;
  assert.deepEqual([nowhere.code, /no address 192\.0\.2\.1/.test(nowhere.err)], [2, true]);
});

test('--ephemeral keeps nothing on disk but credentials and endpoint; reset brings back the first start', async (t) => {
  const data = folder(t);
  const { port, ...running } = await started(t, data, '--ephemeral');
  assert.equal(existsSync(join(data, 'root.key')), false);
  assert.equal(existsSync(join(data, 'gatehouse.db')), false);
  const key = profile(data);
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
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const { text, ms } = await page(port, 'POST', 'reset');
    assert.equal(statusOf(text), 200);
    times.push(ms);
  }
  t.diagnostic(`reset in ${times.map((ms) => ms.toFixed(1)).join(', ')} ms`);
  assert.ok(Math.min(...times) < 10, `${times}`);
  assert.match(await identity(session), /<Code>InvalidClientTokenId<\/Code>/);
  assert.equal(statusOf(await identity(key)), 200);
  assert.equal(statusOf(await create()), 200);
  await stopped({ port, ...running });
});

test('the clock moves forward only, expires sessions, and is set back by reset', async (t) => {
  const { port, ...running } = await started(t, folder(t), '--ephemeral', ...KEY_FLAGS);
  const token = await call(port, signed(form('Action=GetSessionToken&Version=2011-06-15'), KEY));
  const part = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(token)![1]!;
  const session = {
    accessKeyId: part('AccessKeyId'),
    secretAccessKey: part('SecretAccessKey'),
    sessionToken: part('SessionToken'),
  };
  const advanced = await page(port, 'POST', 'clock', '{"advance":"P30D"}');
  const now = Date.parse(bodyOf(advanced.text).now);
  assert.ok(Math.abs(now - Date.now() - 30 * 86_400_000) < 5000);
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
  await stopped({ port, ...running });
});

test('SIGTERM lets the request under way be answered, takes no new one, and ends with 0', async (t) => {
  const running = await started(t, folder(t), ...KEY_FLAGS);
  const request = bytesOf(signed(CALLER_IDENTITY, KEY));
  const idle = connect(running.port, '127.0.0.1');
  idle.on('error', () => undefined);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(running.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    socket.write(request.subarray(0, request.length - 10));
    setTimeout(() => running.child.kill('SIGTERM'), 200);
    setTimeout(() => socket.write(request.subarray(request.length - 10)), 400);
  });
  assert.equal(statusOf(answer), 200);
  const start = performance.now();
  const { code, err } = await running.ended;
  assert.deepEqual([code, err], [0, '']);
  assert.ok(performance.now() - start < 2000, 'an idle connection kept it');
  idle.destroy();
});

test('--tls-cert and --tls-key serve HTTPS only', async (t) => {
  const data = folder(t);
  const { pem, privateKey } = testCertificate('localhost');
  const [cert, key] = [join(data, 'cert.pem'), join(data, 'key.pem')];
  writeFileSync(cert, pem);
  writeFileSync(key, privateKey);
  const running = await started(t, data, '--ephemeral', '--tls-cert', cert, '--tls-key', key, ...KEY_FLAGS);
  assert.match(readFileSync(join(data, 'endpoint'), 'utf8'), /^https:\/\//);
  const { stdout } = await run('curl', ['-sk', `https://127.0.0.1:${running.port}/_gatehouse/health`]);
  assert.equal(JSON.parse(stdout).status, 'ready');
  const plain = await raw(running.port, 'GET /_gatehouse/health HTTP/1.1\r\nhost: x\r\n\r\n', isWhole);
  assert.equal(plain.text.includes('ready'), false);
  await stopped(running);
});

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(command, args, { cwd: root, env: { ...clean, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

test('gatehouse env points a shell at the plane, whatever is in the secret', async (t) => {
  const data = folder(t);
  const running = await started(t, data, '--ephemeral', ...KEY_FLAGS);
  const script = `AWS_PROFILE=stale AWS_SESSION_TOKEN=stale; export AWS_PROFILE AWS_SESSION_TOKEN
    eval "$('${process.execPath}' src/cli/index.ts env --data '${data}')"
    printf '%s|' "$AWS_ENDPOINT_URL" "$AWS_REGION" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "$AWS_PROFILE$AWS_SESSION_TOKEN"`;
  const { stdout, stderr } = await run('sh', ['-c', script]);
  assert.equal(
    stdout,
    `http://127.0.0.1:${running.port}|us-east-1|${KEY.accessKeyId}|${KEY.secretAccessKey}||`,
    stderr,
  );
  const json = await run(process.execPath, ['src/cli/index.ts', 'env', '--data', data, '--json']);
  assert.equal(JSON.parse(json.stdout).AWS_SECRET_ACCESS_KEY, KEY.secretAccessKey);
  for (const args of [
    ['env', '--nope'],
    ['env', '--data', '/no/such'],
    ['why'],
    ['why', 'a', 'b'],
    ['env', '--data', data, '--profile', 'x'],
  ]) {
    const wrong = await run(process.execPath, ['src/cli/index.ts', ...args]);
    assert.equal(wrong.code, 2, args.join(' '));
    assert.match(wrong.stderr, /^gatehouse: .+\n/, args.join(' '));
  }
  const rootMayNot = await run(process.execPath, [
    'src/cli/index.ts',
    'env',
    '--data',
    data,
    '--role',
    'arn:aws:iam::000000000001:role/r',
  ]);
  assert.equal(rootMayNot.code, 1);
  assert.match(rootMayNot.stderr, /Roles may not be assumed by root accounts/);
  const kept = await run(process.execPath, [
    'src/cli/index.ts',
    'why',
    '--data',
    data,
    '00000000-0000-4000-8000-000000000000',
  ]);
  assert.equal(kept.code, 1);
  assert.match(kept.stderr, /No decision on request/);
  await stopped(running);
});

test('gatehouse env --role hands out the credentials of a role', async (t) => {
  const data = folder(t);
  const running = await started(t, data, '--ephemeral', ...KEY_FLAGS);
  const iam = async (text: string) => {
    const answer = await call(running.port, signed(form(`${text}&Version=2010-05-08`), { ...KEY, service: 'iam' }));
    assert.equal(statusOf(answer), 200, answer);
    return answer;
  };
  const trust = { Effect: 'Allow', Principal: { AWS: '000000000001' }, Action: 'sts:AssumeRole' };
  const any = { Effect: 'Allow', Action: '*', Resource: '*' };
  const text = (statement: object) =>
    encodeURIComponent(JSON.stringify({ Version: '2012-10-17', Statement: statement }));
  await iam('Action=CreateUser&UserName=alice');
  await iam(`Action=PutUserPolicy&UserName=alice&PolicyName=p&PolicyDocument=${text(any)}`);
  await iam(`Action=CreateRole&RoleName=r&AssumeRolePolicyDocument=${text(trust)}`);
  const made = await iam('Action=CreateAccessKey&UserName=alice');
  const part = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(made)![1]!;
  const env = { AWS_ACCESS_KEY_ID: part('AccessKeyId'), AWS_SECRET_ACCESS_KEY: part('SecretAccessKey') };
  const args = ['src/cli/index.ts', 'env', '--data', data, '--role', 'arn:aws:iam::000000000001:role/r', '--json'];
  const { stdout, stderr, code } = await run(process.execPath, args, env);
  assert.equal(code, 0, stderr);
  const role = JSON.parse(stdout);
  const by = {
    accessKeyId: role.AWS_ACCESS_KEY_ID,
    secretAccessKey: role.AWS_SECRET_ACCESS_KEY,
    sessionToken: role.AWS_SESSION_TOKEN,
  };
  assert.match(await call(running.port, signed(CALLER_IDENTITY, by)), /assumed-role\/r\/gatehouse/);
  await stopped(running);
});

const BOTO = `
import boto3, os
from botocore.exceptions import ClientError
# Older ones do not know AWS_ENDPOINT_URL.
def client(name, **more):
    return boto3.client(name, endpoint_url=os.environ['AWS_ENDPOINT_URL'], **more)
def code(call):
    try:
        call()
        return 'fine'
    except ClientError as error:
        return error.response['Error']['Code']
iam = client('iam')
id = boto3.Session().get_credentials().access_key
print(client('sts').get_caller_identity()['Arn'])
iam.create_user(UserName='boto', Path='/a b/'.replace(' ', '_'), Tags=[{'Key': 'k', 'Value': 'v + w/é'}])
print(iam.get_user(UserName='boto')['User']['Tags'])
print(code(lambda: iam.get_user(UserName='nobody')))
print(code(lambda: client('sts', aws_access_key_id=id, aws_secret_access_key='x').get_caller_identity()))
print(code(lambda: client('organizations', aws_access_key_id=id, aws_secret_access_key='x').list_roots()))
print(code(lambda: client('organizations', aws_access_key_id='AKIAIOSFODNN7EXAMPLE', aws_secret_access_key='x').list_roots()))
print(code(lambda: client('cloudwatch').put_metric_data(Namespace='n', MetricData=[{'MetricName': 'm' * 200, 'Value': i} for i in range(200)])))
print(code(lambda: client('sqs', aws_access_key_id=id, aws_secret_access_key='x').list_queues()))
url = client('sts').generate_presigned_url('get_caller_identity', ExpiresIn=60, HttpMethod='GET')
import urllib.request
print(urllib.request.urlopen(url).status)
`;

const hasBoto = (await run('python3', ['-c', 'import boto3'])).code === 0;

test('boto3 talks to the plane', { skip: hasBoto ? false : 'no boto3' }, async (t) => {
  const data = folder(t);
  const running = await started(t, data, '--ephemeral', ...KEY_FLAGS);
  const env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${running.port}`,
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: KEY.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
  };
  const { stdout, stderr } = await run('python3', ['-c', BOTO], env);
  assert.deepEqual(
    stdout.trim().split('\n'),
    [
      'arn:aws:iam::000000000001:root',
      "[{'Key': 'k', 'Value': 'v + w/é'}]",
      'NoSuchEntity',
      'SignatureDoesNotMatch',
      'InvalidSignatureException',
      'UnrecognizedClientException',
      'fine',
      'SignatureDoesNotMatch', // SQS once spoke the query protocol, and boto3 keeps its names.
      '200',
    ],
    stderr,
  );
  await stopped(running);
});

for (const aws of ['aws', '/usr/bin/aws']) {
  const version = (await run(aws, ['--version'])).stdout.trim();
  test(`the AWS CLI (${version || aws}) talks to the plane`, { skip: version ? false : `no ${aws}` }, async (t) => {
    const running = await started(t, folder(t), '--ephemeral', ...KEY_FLAGS);
    const endpoint = `http://127.0.0.1:${running.port}`;
    const env = {
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: KEY.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
      AWS_PAGER: '',
    };
    const cli = (args: string[], more: NodeJS.ProcessEnv = {}) =>
      run(aws, ['--endpoint-url', endpoint, ...args], { ...env, ...more });
    const who = await cli(['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text']);
    assert.equal(who.stdout.trim(), 'arn:aws:iam::000000000001:root', who.stderr);
    const wrong = await cli(['organizations', 'list-roots'], { AWS_SECRET_ACCESS_KEY: 'x' });
    assert.match(
      wrong.stderr,
      /\(InvalidSignatureException\) when calling the ListRoots operation: The request signature/,
    );
    const expired = await cli(['sts', 'get-caller-identity'], { AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjAAAA' });
    assert.match(expired.stderr, /\(InvalidClientTokenId\) when calling the GetCallerIdentity operation/);
    await stopped(running);
  });
}
