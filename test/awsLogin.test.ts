/**
 * `aws login` as it is (AWS CLI 2.32 and later), on AWS's own hosts, and the SDK's provider of what it keeps. What is not
 * on the machine is skipped and says so.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash, createPrivateKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { browserOn } from '../src/testing/browser.ts';
import { ADMIN, type Cloud, testCloud } from '../src/testing/cloud.ts';
import { allowedCode, commandLine, SAME, signedInBrowser } from '../src/testing/login.ts';
import { PASSWORD } from '../src/testing/people.ts';
import { awsSince, outputOf } from './awsClients.ts';
import { awsHosts } from './awsHosts.ts';
import { planeOnSocket } from './socket.ts';

const run = promisify(execFile);
const REGION = 'eu-central-1';
const HOST = `${REGION}.signin.aws.amazon.com`;
const ARN = 'arn:aws:iam::111122223333:user/anaya';

const aws = awsSince({ 2: 32 });
const missing =
  (aws === undefined && 'no AWS CLI 2.32 or later here') ||
  (outputOf('openssl', 'version') === '' && 'no openssl here');

async function world(t: TestContext) {
  const cloud = await testCloud();
  await cloud.user('anaya', ADMIN);
  await cloud.root.iam.createLoginProfile({ UserName: 'anaya', Password: PASSWORD });
  const hosts = await awsHosts(t, cloud, [`*.${REGION}.amazonaws.com`, '*.amazonaws.com', '*.signin.aws.amazon.com']);
  writeFileSync(join(hosts.folder, 'config'), `[profile lab]\nregion = ${REGION}\n`);
  const env = { ...hosts.env, BROWSER: 'true' };
  const cli = (...args: string[]) => run(aws as string, [...args, '--profile', 'lab'], { env });
  return { ...hosts, cloud, env, cli };
}

/** `aws login` begun: the address that it wants a browser to go to, and its end. */
function begun(env: NodeJS.ProcessEnv, ...more: string[]) {
  const login = spawn(aws as string, ['login', '--profile', 'lab', ...more], { env });
  let said = '';
  const ended = new Promise<number | null>((resolve) => login.on('close', resolve));
  const address = new Promise<URL>((resolve, reject) => {
    const hear = (text: Buffer) => {
      said += text;
      const found = /(https:\/\/\S+\/v1\/authorize\?\S+code_challenge=\S+)\s/.exec(said);
      if (found) resolve(new URL(found[1]!));
    };
    login.stdout.on('data', hear);
    login.stderr.on('data', hear);
    ended.then(() => reject(new Error(said)));
  });
  return { login, ended, address, said: () => said };
}

/** Whoever sits before the browser signs in, and allows it. */
async function allow(cloud: Cloud, address: URL) {
  const browser = browserOn(cloud.send, HOST);
  await browser.go(address.pathname + address.search);
  await browser.submit('/signin', { account: cloud.managementAccount, name: 'anaya', password: PASSWORD });
  return browser.submit('/v1/authorize', { decision: 'ALLOWED' });
}

/** Time passes, for the plane and for what the command line keeps. */
function pass(cloud: Cloud, folder: string): void {
  cloud.advance('PT20M');
  const cache = join(folder, '.aws', 'login', 'cache');
  for (const name of readdirSync(cache)) {
    const token = JSON.parse(readFileSync(join(cache, name), 'utf8'));
    token.accessToken.expiresAt = '2026-01-01T00:00:00Z';
    writeFileSync(join(cache, name), JSON.stringify(token));
  }
}

const WHO = `
import { Agent } from 'node:https';
import { STS } from '@aws-sdk/client-sts';
import { fromLoginCredentials } from '@aws-sdk/credential-provider-login';
const requestHandler = { httpsAgent: new Agent({ proxyEnv: process.env }) };
const credentials = fromLoginCredentials({ profile: 'lab', clientConfig: { requestHandler } });
console.log((await new STS({ region: '${REGION}', credentials, requestHandler }).getCallerIdentity({})).Arn);
`;

test('aws login on the same device; then the CLI and the JavaScript SDK, also when time passes', {
  skip: missing,
}, async (t) => {
  const { cloud, folder, env, cli, asked } = await world(t);
  const { ended, address, said } = begun(env);
  const { location } = await allow(cloud, await address);
  assert.equal((await fetch(location!)).status, 200, 'the command line listens');
  assert.equal(await ended, 0, said());
  assert.match(said(), /Updated profile lab to use arn:aws:iam::111122223333:user\/anaya credentials/);
  assert.ok(asked.has(`${HOST}:443`));
  assert.match((await cli('sts', 'get-caller-identity')).stdout, new RegExp(ARN));
  const script = ['--input-type=module', '-e', WHO];
  assert.match((await run(process.execPath, script, { env })).stdout, new RegExp(ARN));
  pass(cloud, folder);
  assert.match((await cli('sts', 'get-caller-identity')).stdout, new RegExp(ARN), 'renewed by the command line');
  pass(cloud, folder);
  assert.match((await run(process.execPath, script, { env })).stdout, new RegExp(ARN), 'renewed by the SDK');
  await cloud.root.iam.updateLoginProfile({ UserName: 'anaya', Password: 'Another-horse-2' });
  pass(cloud, folder);
  await assert.rejects(cli('sts', 'get-caller-identity'), /password|reauthenticate/i);
  await cli('logout');
  assert.deepEqual(readdirSync(join(folder, '.aws', 'login', 'cache')), []);
});

test('aws login --remote: the code is copied from a browser somewhere else', { skip: missing }, async (t) => {
  const { cloud, env, cli } = await world(t);
  const { login, ended, address, said } = begun(env, '--remote');
  const page = await allow(cloud, await address);
  login.stdin.write(`${/<pre id="code">([^<]+)</.exec(page.text)![1]}\n`);
  assert.equal(await ended, 0, said());
  assert.match((await cli('sts', 'get-caller-identity')).stdout, new RegExp(ARN));
});

test('aws login is told when access is denied', { skip: missing }, async (t) => {
  const { cloud, env } = await world(t);
  const deny = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 'signin:*', Resource: '*' }] };
  await cloud.root.iam.putUserPolicy({ UserName: 'anaya', PolicyName: 'no', PolicyDocument: JSON.stringify(deny) });
  const { ended, address, said } = begun(env);
  const { location } = await allow(cloud, await address);
  await fetch(location!);
  assert.notEqual(await ended, 0);
  assert.match(said(), /authorization code/i);
});

test("the SDK's provider renews what a command line keeps", async (t) => {
  const { cloud, endpoint } = await planeOnSocket(t);
  await cloud.user('anaya', ADMIN);
  const client = commandLine(cloud);
  const answer = await client.exchange(await allowedCode(await signedInBrowser(cloud, 'anaya'), client));
  const folder = mkdtempSync(join(tmpdir(), 'aws-login-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const key = createPrivateKey(client.key).export({ type: 'sec1', format: 'pem' });
  const expiresAt = new Date(0).toISOString();
  const token = {
    accessToken: { ...answer.accessToken, accountId: cloud.managementAccount, expiresAt },
    ...{ tokenType: answer.tokenType, clientId: SAME, refreshToken: answer.refreshToken, dpopKey: key },
  };
  mkdirSync(join(folder, 'cache'));
  const name = `${createHash('sha256').update(ARN).digest('hex')}.json`;
  writeFileSync(join(folder, 'cache', name), JSON.stringify(token));
  writeFileSync(join(folder, 'config'), `[profile lab]\nregion = us-east-1\nlogin_session = ${ARN}\n`);
  const script = `
    import { STS } from '@aws-sdk/client-sts';
    import { fromLoginCredentials } from '@aws-sdk/credential-provider-login';
    const endpoint = '${endpoint}';
    const credentials = fromLoginCredentials({ profile: 'lab', clientConfig: { endpoint } });
    console.log((await new STS({ region: 'us-east-1', credentials, endpoint }).getCallerIdentity({})).Arn);`;
  const env = {
    ...{ PATH: process.env.PATH, AWS_CONFIG_FILE: join(folder, 'config') },
    ...{ AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_LOGIN_CACHE_DIRECTORY: join(folder, 'cache') },
  };
  const who = () => run(process.execPath, ['--input-type=module', '-e', script], { env });
  assert.match((await who()).stdout, new RegExp(ARN));
  const kept = JSON.parse(readFileSync(join(folder, 'cache', name), 'utf8'));
  assert.notEqual(kept.refreshToken, answer.refreshToken);
  await cloud.root.iam.deleteLoginProfile({ UserName: 'anaya' });
  writeFileSync(join(folder, 'cache', name), JSON.stringify({ ...kept, accessToken: token.accessToken }));
  await assert.rejects(who(), /because of a change in your password/);
});
