import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accounts } from '../identity/organization.ts';
import { browserOn } from '../testing/browser.ts';
import { type Cloud, testCloud } from '../testing/cloud.ts';
import { operated } from '../testing/operator.ts';
import { linkIn, PASSWORD, portalOf, telephone, welcome } from '../testing/people.ts';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const OTHER = 'Another-horse-2';

/** A device that asks to be confirmed, and its question for a token. */
async function deviceOf(cloud: Cloud, IdentityStoreId: string) {
  const { ssoOidc: oidc } = cloud.unsigned;
  const { clientId, clientSecret } = await oidc.registerClient({ clientName: 'cli', clientType: 'public' });
  const startUrl = `https://${IdentityStoreId}.awsapps.com/start`;
  const { deviceCode, userCode } = await oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
  const ask = () => oidc.createToken({ clientId, clientSecret, grantType: DEVICE_CODE, deviceCode });
  return { page: `/start/device?user_code=${userCode}`, ask };
}

async function newPassword(cloud: Cloud, name: string, password: string) {
  const browser = browserOn(cloud.send);
  await browser.go('/start/forgot');
  await browser.submit('/start/forgot', { name });
  await browser.go(await linkIn(cloud));
  await browser.submit('/start/password', { password, again: password });
}

test('a device that was allowed gets nothing, once the sign-in that allowed it has ended', async () => {
  const cloud = await testCloud();
  const { person, IdentityStoreId } = await portalOf(cloud);
  await person('ada');
  const { browser } = await welcome(cloud, 'ada');
  const device = await deviceOf(cloud, IdentityStoreId);
  await browser.go(device.page);
  assert.match((await browser.submit('/start/device', { decision: 'ALLOWED' })).text, /Request approved/);
  await browser.go('/start');
  await browser.submit('/start/signout', {});
  await assert.rejects(device.ask(), { name: 'AccessDeniedException' });
});

test('another password ends what somebody of a directory has begun, and what was allowed by them', async () => {
  const cloud = await testCloud();
  const { person, IdentityStoreId } = await portalOf(cloud);
  await person('ada');
  const { browser, code } = await welcome(cloud, 'ada');
  const device = await deviceOf(cloud, IdentityStoreId);
  await browser.go(device.page);
  await browser.submit('/start/device', { decision: 'ALLOWED' });
  const begun = browserOn(cloud.send);
  await begun.go('/start');
  await begun.submit('/start/signin', { name: 'ada', password: PASSWORD });
  cloud.advance('PT1S');
  await newPassword(cloud, 'ada', OTHER);
  await assert.rejects(device.ask(), { name: 'AccessDeniedException' });
  assert.match((await browser.go('/start')).text, /<h1>Sign in to the access portal/);
  assert.match((await begun.submit('/start/code', { code: code() })).text, /<h1>Sign in to the access portal/);
});

test('an administrator sees who is signed in, ends that, and keeps somebody out', async () => {
  const cloud = await testCloud();
  const { person, IdentityStoreId } = await portalOf(cloud);
  const id = await person('ada');
  const { browser, code } = await welcome(cloud, 'ada');
  const device = await deviceOf(cloud, IdentityStoreId);
  await browser.go(device.page);
  await browser.submit('/start/device', { decision: 'ALLOWED' });
  const { accessToken } = await device.ask();
  const opens = () => cloud.unsigned.sso.listAccounts({ accessToken });
  const asked = async (method: 'GET' | 'POST' | 'DELETE', content?: object) =>
    (await operated(cloud, method, 'people/ada', content)).body;
  const seen = await asked('GET');
  assert.deepEqual([seen.userId, seen.status, seen.sessions.length], [id, 'ENABLED', 1]);
  await opens();
  assert.deepEqual((await asked('DELETE')).sessions, []);
  await assert.rejects(opens(), { name: 'UnauthorizedException' });
  assert.match((await browser.go('/start')).text, /<h1>Sign in to the access portal/);

  await browser.submit('/start/signin', { name: 'ada', password: PASSWORD });
  await browser.submit('/start/code', { code: code() });
  assert.equal((await asked('GET')).sessions.length, 1);
  assert.equal((await asked('POST', { status: 'DISABLED' })).status, 'DISABLED');
  assert.match((await browser.go('/start')).text, /<h1>Sign in to the access portal/);
  assert.match((await browser.submit('/start/signin', { name: 'ada', password: PASSWORD })).text, /may not sign in/);
  assert.equal((await asked('POST', { status: 'ENABLED' })).status, 'ENABLED');
  assert.match((await browser.go('/start')).text, /<h1>Sign in to the access portal/, 'not signed in again by that');
  assert.match((await browser.submit('/start/signin', { name: 'ada', password: PASSWORD })).text, /<h1>Enter a code/);

  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'DisableUser' }];
  const [event] = (await cloud.root.cloudtrail.lookupEvents({ LookupAttributes })).Events!;
  assert.equal(JSON.parse(event!.CloudTrailEvent!).requestParameters.userId, id);
  assert.equal((await operated(cloud, 'GET', 'people/eve')).status, 404);
  assert.equal((await operated(cloud, 'POST', 'people/ada', { status: 'GONE' })).status, 400);
});

test('the token of a command line opens accounts, but none of the pages', async () => {
  const cloud = await testCloud();
  const { person, IdentityStoreId } = await portalOf(cloud);
  await person('ada');
  const { browser } = await welcome(cloud, 'ada');
  const device = await deviceOf(cloud, IdentityStoreId);
  await browser.go(device.page);
  await browser.submit('/start/device', { decision: 'ALLOWED' });
  const { accessToken } = await device.ask();
  await cloud.unsigned.sso.listAccounts({ accessToken });
  for (const path of ['/start', '/start/devices']) {
    const headers = { host: 'cloud.test', cookie: `gatehouse-portal=${accessToken}` };
    const { status, body, headers: answered } = await cloud.send({ method: 'GET', path, headers });
    assert.ok(
      status === 303 ? answered.location === '/start' : /Sign in to the access portal/.test(String(body)),
      path,
    );
  }
});

test('another password ends the sessions of root, and what an IAM user has begun', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const { email } = (await cloud.deps.store.transaction((tx) => tx.get(accounts, [cloud.managementAccount])))!;
  const choose = async (password: string) => {
    const browser = browserOn(cloud.send);
    await browser.go('/signin/root/forgot');
    await browser.submit('/signin/root/forgot', { email });
    await browser.go(await linkIn(cloud));
    await browser.submit('/signin/root/password', { new: password, again: password });
  };
  await choose(PASSWORD);
  const root = browserOn(cloud.send);
  await root.go('/signin/root');
  assert.match((await root.submit('/signin/root', { email, password: PASSWORD })).text, /You are signed in/);
  cloud.advance('PT1S');
  await choose(OTHER);
  assert.match((await root.go('/signin/home')).text, /<h1>Sign in/);

  await iam.createUser({ UserName: 'anaya' });
  await iam.createLoginProfile({ UserName: 'anaya', Password: PASSWORD });
  const { VirtualMFADevice } = await iam.createVirtualMFADevice({ VirtualMFADeviceName: 'phone' });
  const code = telephone(cloud, Buffer.from(VirtualMFADevice!.Base32StringSeed!).toString());
  const SerialNumber = VirtualMFADevice!.SerialNumber!;
  const codes = { AuthenticationCode1: code(), AuthenticationCode2: code() };
  await iam.enableMFADevice({ UserName: 'anaya', SerialNumber, ...codes });
  const user = browserOn(cloud.send);
  await user.go('/signin');
  const given = { account: cloud.managementAccount, name: 'anaya', password: PASSWORD };
  assert.match((await user.submit('/signin', given)).text, /Multi-factor/);
  cloud.advance('PT1S');
  await iam.updateLoginProfile({ UserName: 'anaya', Password: OTHER });
  assert.match((await user.submit('/signin/code', { code: code() })).text, /<h1>Sign in as an IAM user/);
});

test('an account has one count of attempts, under its id and under its alias', async () => {
  const cloud = await testCloud();
  await cloud.root.iam.createAccountAlias({ AccountAlias: 'acme' });
  const browser = browserOn(cloud.send);
  await browser.go('/signin');
  const texts: string[] = [];
  for (const account of ['acme', cloud.managementAccount, 'acme', cloud.managementAccount, 'acme', 'acme', 'acme']) {
    texts.push((await browser.submit('/signin', { account, name: 'nobody', password: 'wrong' })).text);
  }
  assert.deepEqual(
    texts.map((text) => /too many attempts/.test(text)),
    [false, false, false, false, false, true, true],
  );
});
