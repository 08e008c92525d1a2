/** `gatehouse env`: a shell, or a program, is pointed at the plane. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { CALLER_IDENTITY, form, signed } from '../src/testing/signed.ts';
import { bytesOf, isWhole, raw, statusOf } from '../src/testing/socket.ts';
import { folder, gatehouse, run, startedPlane } from './processes.ts';

const KEY = { accessKeyId: 'AKIAPLANEPLANEPLANE1', secretAccessKey: "it's/a+key" };

const call = async (port: number, request: Parameters<typeof bytesOf>[0]) =>
  (await raw(port, bytesOf(request), isWhole)).text;

test('gatehouse env points a shell at the plane, whatever is in the secret', async (t) => {
  const data = folder(t);
  const running = await startedPlane(t, data, { key: KEY, flags: ['--ephemeral'] });
  const script = `AWS_PROFILE=stale AWS_SESSION_TOKEN=stale; export AWS_PROFILE AWS_SESSION_TOKEN
    eval "$('${process.execPath}' src/cli/index.ts env --data '${data}')"
    printf '%s|' "$AWS_ENDPOINT_URL" "$AWS_REGION" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "$AWS_PROFILE$AWS_SESSION_TOKEN"`;
  const { out, err } = await run('sh', ['-c', script]);
  assert.equal(out, `http://127.0.0.1:${running.port}|us-east-1|${KEY.accessKeyId}|${KEY.secretAccessKey}||`, err);
  const json = await gatehouse(['env', '--data', data, '--json']).ended;
  assert.equal(JSON.parse(json.out).AWS_SECRET_ACCESS_KEY, KEY.secretAccessKey);
  for (const args of [
    ['env', '--nope'],
    ['env', '--data', '/no/such'],
    ['why'],
    ['why', 'a', 'b'],
    ['env', '--data', data, '--profile', 'x'],
    ['env', '--data', data, '--region', 'Frankfurt'],
    ['env', '--data', data, '--endpoint', 'localhost:4566'],
  ]) {
    const wrong = await gatehouse(args).ended;
    assert.equal(wrong.code, 2, args.join(' '));
    assert.match(wrong.err, /^gatehouse: .+\n/, args.join(' '));
  }
  const rootMayNot = await gatehouse(['env', '--data', data, '--role', 'arn:aws:iam::000000000001:role/r']).ended;
  assert.equal(rootMayNot.code, 1);
  assert.match(rootMayNot.err, /Roles may not be assumed by root accounts/);
  const kept = await gatehouse(['why', '--data', data, '00000000-0000-4000-8000-000000000000']).ended;
  assert.equal(kept.code, 1);
  assert.match(kept.err, /No decision on request/);
});

test('gatehouse env hands out no key of root that was deleted', async (t) => {
  const data = folder(t);
  const running = await startedPlane(t, data, { key: KEY, flags: ['--ephemeral'] });
  const body = form(`Action=DeleteAccessKey&AccessKeyId=${KEY.accessKeyId}&Version=2010-05-08`);
  assert.equal(statusOf(await call(running.port, signed(body, { ...KEY, service: 'iam' }))), 200);
  const { out, err, code } = await gatehouse(['env', '--data', data]).ended;
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /^gatehouse: The plane does not take the access key AKIAPLANEPLANEPLANE1: it was deleted/);
});

test('commands go where the shell was pointed, unless a folder is named', async (t) => {
  const [data, other] = [folder(t), folder(t)];
  const running = await startedPlane(t, data, { key: KEY, flags: ['--ephemeral'] });
  await startedPlane(t, other, { flags: ['--ephemeral'] });
  const pointed = JSON.parse((await gatehouse(['env', '--data', data, '--json']).ended).out);
  assert.equal(pointed.AWS_ENDPOINT_URL, running.endpoint);
  const mail = (...args: string[]) => gatehouse(['mail', ...args], pointed).ended;
  assert.deepEqual(await mail(), { code: 0, out: 'No letter waits.\n', err: '' });
  const elsewhere = await mail('--data', other);
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.err, /security token included in the request is invalid/);
  const back = await gatehouse(['env', '--data', other, '--json'], pointed).ended;
  assert.notEqual(JSON.parse(back.out).AWS_ENDPOINT_URL, running.endpoint);
  const web = createServer((_request, response) => response.end('<html>')).listen(0, '127.0.0.1');
  t.after(() => web.close());
  await once(web, 'listening');
  const elsewhereOnTheWeb = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const noPlane = await mail('--endpoint', elsewhereOnTheWeb);
  assert.deepEqual(
    [noPlane.code, noPlane.err],
    [1, `gatehouse: What answers at ${elsewhereOnTheWeb} (200) is no plane.\n`],
  );
  await running.stop();
  const gone = await mail();
  assert.deepEqual([gone.code, gone.out], [1, '']);
  assert.match(gone.err, /^gatehouse: No plane answers \(.*127\.0\.0\.1:\d+\)\. Start one with npm start, or use/);
});

test('gatehouse --version, --help, and without a word', async () => {
  const { out, code } = await gatehouse(['--version']).ended;
  assert.equal(code, 0);
  assert.match(out, /^\d+\.\d+\.\d+\n$/);
  const help = await gatehouse(['--help']).ended;
  assert.deepEqual([help.code, help.err], [0, '']);
  assert.deepEqual(await gatehouse([]).ended, { code: 2, out: '', err: help.out });
});

test('gatehouse env --role hands out the credentials of a role', async (t) => {
  const data = folder(t);
  const running = await startedPlane(t, data, { key: KEY, flags: ['--ephemeral'] });
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
  const args = ['env', '--data', data, '--role', 'arn:aws:iam::000000000001:role/r', '--json'];
  const { out, err, code } = await gatehouse(args, env).ended;
  assert.equal(code, 0, err);
  const role = JSON.parse(out);
  const by = {
    accessKeyId: role.AWS_ACCESS_KEY_ID,
    secretAccessKey: role.AWS_SECRET_ACCESS_KEY,
    sessionToken: role.AWS_SESSION_TOKEN,
  };
  assert.match(await call(running.port, signed(CALLER_IDENTITY, by)), /assumed-role\/r\/gatehouse/);
});
