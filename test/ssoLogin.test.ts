/** `aws sso login` as it is, on AWS's own hosts. What is not on the machine is skipped and says so. */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { testCloud } from '../src/testing/cloud.ts';
import { PASSWORD, portalOf, welcome } from '../src/testing/people.ts';
import { awsSince } from './awsClients.ts';
import { awsHosts } from './awsHosts.ts';
import { skip as noBrowser, pageIn } from './chromium.ts';
import { planeOnSocket } from './socket.ts';

const run = promisify(execFile);
/** Where the instance is: no other Region knows of it. */
const REGION = 'us-east-1';

function works(file: string, ...args: string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const aws = works('/usr/bin/aws', '--version') ? '/usr/bin/aws' : undefined;
const boto = works('/usr/bin/python3', '-c', 'import boto3');
const missing = (aws === undefined && 'no AWS CLI here') || (!works('openssl', 'version') && 'no openssl here');

async function world(t: TestContext) {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const alice = await portal.person('alice');
  await portal.assign('AdminRole', 'AdministratorAccess', { type: 'USER', id: alice }, cloud.managementAccount);
  const names = [`*.${REGION}.amazonaws.com`, `*.sso.${REGION}.amazonaws.com`, '*.amazonaws.com'];
  return { ...portal, ...(await awsHosts(t, cloud, names)) };
}

const profile = (start: string, account: string, more: string) => `[profile lab]
region = ${REGION}
sso_account_id = ${account}
sso_role_name = AdminRole
${more.replaceAll('START', start)}
`;

const LEGACY = `sso_start_url = START\nsso_region = ${REGION}`;
const SESSION = `sso_session = mine\n[sso-session mine]\nsso_start_url = START
sso_region = ${REGION}\nsso_registration_scopes = sso:account:access`;

/** The provider that the SDK's clients bring along; its agent goes through the proxy, as theirs must be told to. */
const WHO = `
import { Agent } from 'node:https';
import { STS } from '@aws-sdk/client-sts';
import { fromSSO } from '@aws-sdk/credential-provider-sso';
const requestHandler = { httpsAgent: new Agent({ proxyEnv: process.env }) };
const credentials = fromSSO({ profile: 'lab', clientConfig: { requestHandler } });
console.log((await new STS({ region: '${REGION}', credentials, requestHandler }).getCallerIdentity({})).Arn);
`;

const DEVICE = /\?user_code=([A-Z]{4}-[A-Z]{4})/;

/** What a login shows, and its end. */
function heard(login: ReturnType<typeof spawn>, wanted: RegExp) {
  let said = '';
  const ended = new Promise<number | null>((resolve) => login.on('close', resolve));
  const code = new Promise<string>((resolve, reject) => {
    const hear = (text: Buffer) => {
      said += text;
      const found = wanted.exec(said);
      if (found) resolve(found[1]!);
    };
    login.stdout?.on('data', hear);
    login.stderr?.on('data', hear);
    ended.then(() => reject(new Error(said)));
  });
  return { code, ended, said: () => said };
}

for (const [kind, config] of Object.entries({ 'a start URL': LEGACY, 'an SSO session': SESSION })) {
  test(`aws sso login with ${kind}, then AWS CLI, boto3 and the JavaScript SDK`, { skip: missing }, async (t) => {
    const { cloud, IdentityStoreId, folder, env, asked } = await world(t);
    const start = `https://${IdentityStoreId}.awsapps.com/start`;
    writeFileSync(join(folder, 'config'), profile(start, cloud.managementAccount, config));
    const login = spawn(aws as string, ['sso', 'login', '--profile', 'lab', '--no-browser'], { env });
    const { code, ended, said } = heard(login, DEVICE);
    const { browser, page } = await welcome(cloud, 'alice', `/start/device?user_code=${await code}`);
    assert.match(page.text, /<strong>botocore-client-\w+<\/strong>/);
    await browser.submit('/start/device', { decision: 'ALLOWED' });
    assert.equal(await ended, 0, said());
    const ARN = /arn:aws:sts::111122223333:assumed-role\/AWSReservedSSO_AdminRole_[0-9a-f]{16}\/alice/;
    const cli = await run(aws as string, ['sts', 'get-caller-identity', '--profile', 'lab'], { env });
    assert.match(cli.stdout, ARN);
    assert.deepEqual(
      [`oidc.${REGION}.amazonaws.com:443`, `portal.sso.${REGION}.amazonaws.com:443`].filter((host) => !asked.has(host)),
      [],
    );
    if (boto) {
      const script =
        'import boto3; print(boto3.Session(profile_name="lab").client("sts").get_caller_identity()["Arn"])';
      assert.match((await run('/usr/bin/python3', ['-c', script], { env })).stdout, ARN);
    }
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', WHO], { env });
    assert.match(stdout, ARN);
    await run(aws as string, ['sso', 'logout'], { env });
    const { text } = await browser.go('/start');
    assert.match(text, /Sign in to the access portal/, 'signing out ends the sign-in');
  });
}

const today = awsSince({ 2: 32 });

/** Somebody at a plane with an address of this machine, and what today's AWS CLI needs to know of it. */
async function addressed(t: TestContext) {
  const { cloud, endpoint } = await planeOnSocket(t, true);
  const { IdentityStoreId, assign, person } = await portalOf(cloud);
  const id = await person('alice');
  await assign('AdminRole', 'AdministratorAccess', { type: 'USER', id }, cloud.managementAccount);
  const folder = mkdtempSync(join(tmpdir(), 'sso-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config');
  writeFileSync(file, profile(`https://${IdentityStoreId}.awsapps.com/start`, cloud.managementAccount, SESSION));
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    AWS_CONFIG_FILE: file,
    AWS_ENDPOINT_URL: endpoint,
    AWS_PAGER: '',
  };
  const login = (...more: string[]) =>
    spawn(today as string, ['sso', 'login', '--profile', 'lab', '--no-browser', ...more], { env });
  const who = async () =>
    (await run(today as string, ['sts', 'get-caller-identity', '--profile', 'lab'], { env })).stdout;
  return { cloud, endpoint, login, who };
}

test("today's AWS CLI signs in to a plane at an address, by AWS's own start URL", {
  skip: today === undefined && 'no AWS CLI 2.32 or later here',
}, async (t) => {
  const { cloud, login, who } = await addressed(t);
  const { code, ended, said } = heard(login('--use-device-code'), DEVICE);
  const { browser } = await welcome(cloud, 'alice', `/start/device?user_code=${await code}`);
  await browser.submit('/start/device', { decision: 'ALLOWED' });
  assert.equal(await ended, 0, said());
  assert.match(await who(), /AWSReservedSSO_AdminRole_[0-9a-f]{16}\/alice/);
});

test("today's AWS CLI opens the authorization page and hears of the code itself, in Chromium", {
  skip: (today === undefined && 'no AWS CLI 2.32 or later here') || noBrowser,
}, async (t) => {
  const { cloud, endpoint, login, who } = await addressed(t);
  const { code } = await welcome(cloud, 'alice');
  const { page } = await pageIn(t);
  const { code: address, ended, said } = heard(login(), /(http:\/\/127\.0\.0\.1:\d+\/authorize\?\S+)/);
  await page.goto(await address);
  assert.equal(new URL(page.url()).origin, endpoint.replace('127.0.0.1', 'localhost'));
  await page.getByLabel('User name').fill('alice');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Code of your').fill(code());
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Allow access' }).click();
  await page.waitForURL(/^http:\/\/127\.0\.0\.1:\d+\/oauth\/callback\?code=/);
  assert.equal(await ended, 0, said());
  assert.match(await who(), /AWSReservedSSO_AdminRole_[0-9a-f]{16}\/alice/);
});
