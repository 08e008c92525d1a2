/** Sign-in at identity providers of other makers, in a real browser. Skipped where there is none. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { chromium } from 'playwright-core';
import { operated } from '../src/testing/operator.ts';
import { portalOf } from '../src/testing/people.ts';
import { oidcProvider, samlifyProvider } from './realProviders.ts';
import { planeOnSocket } from './socket.ts';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = BROWSERS.find((file) => existsSync(file));
const skip = executablePath === undefined && 'no Chromium here';
const ADA = 'ada@example.com';

async function world(t: TestContext, userName: string) {
  // The providers have clocks of their own.
  const { cloud, endpoint } = await planeOnSocket(t, false, { now: new Date() });
  const portal = await portalOf(cloud);
  const id = await portal.person(userName);
  await portal.assign('AdminRole', 'AdministratorAccess', { type: 'USER', id }, cloud.managementAccount);
  const rules = `--host-resolver-rules=MAP cloud.test ${new URL(endpoint).host}`;
  const browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox', rules] });
  t.after(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  /** The portal, and what it hands out. */
  const arrived = async () => {
    await page.getByRole('heading', { name: 'Access portal' }).waitFor();
    await page.getByRole('button', { name: 'Credentials of AdminRole' }).click();
    const text = (await page.locator('#environment').textContent())!;
    const value = (name: string) => new RegExp(`export ${name}="([^"]+)"`).exec(text)![1]!;
    return cloud.as({
      accessKeyId: value('AWS_ACCESS_KEY_ID'),
      secretAccessKey: value('AWS_SECRET_ACCESS_KEY'),
      sessionToken: value('AWS_SESSION_TOKEN'),
    });
  };
  return { ...portal, page, arrived };
}

test('somebody signs in at a SAML identity provider, and takes credentials, in Chromium', { skip }, async (t) => {
  const { cloud, page, arrived, IdentityStoreId } = await world(t, ADA);
  const ours = async () => {
    const path = `/platform/saml/${IdentityStoreId}/metadata`;
    return String((await cloud.send({ method: 'GET', path, headers: { host: 'cloud.test' } })).body);
  };
  const metadata = await samlifyProvider(t, ours);
  const { status, body } = await operated(cloud, 'POST', 'identity-source', { kind: 'saml', metadata });
  assert.equal(status, 200, JSON.stringify(body));
  const { ssoOidc, sso } = cloud.unsigned;
  const { clientId, clientSecret } = await ssoOidc.registerClient({ clientName: 'cli', clientType: 'public' });
  const startUrl = `https://${IdentityStoreId}.awsapps.com/start`;
  const { deviceCode, userCode } = await ssoOidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
  await page.goto(`http://cloud.test/start/device?user_code=${userCode}`);
  await page.getByLabel('E-mail').fill(ADA);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText(userCode!).waitFor();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByText('The device may act as you').waitFor();
  const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
  const { accessToken } = await ssoOidc.createToken({ clientId, clientSecret, grantType, deviceCode });
  const role = { accountId: cloud.managementAccount, roleName: 'AdminRole' };
  assert.ok((await sso.getRoleCredentials({ accessToken, ...role })).roleCredentials?.sessionToken);
  await page.goto('http://cloud.test/start');
  assert.match((await (await arrived()).sts.getCallerIdentity({})).Arn!, /AdminRole_\w+\/ada@example\.com$/);
  await page.goto('http://cloud.test/start');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out').waitFor();
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await page.getByLabel('E-mail').fill('eve@example.com');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('An unexpected error has occurred').waitFor();
});

test('somebody signs in at an OpenID Connect provider, and takes credentials, in Chromium', { skip }, async (t) => {
  const { cloud, page, arrived } = await world(t, 'ada');
  const { redirectUri } = (await operated(cloud, 'GET', 'identity-source')).body.gatehouse;
  const client = { id: 'gatehouse', secret: 'a-secret', redirectUri };
  const issuer = await oidcProvider(t, client);
  const set = { kind: 'oidc', issuer, clientId: client.id, clientSecret: client.secret };
  assert.equal((await operated(cloud, 'POST', 'identity-source', set)).status, 200);
  await page.goto('http://cloud.test/start');
  await page.getByPlaceholder('Enter any login').fill('ada');
  await page.getByPlaceholder('and password').fill('x');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  assert.match((await (await arrived()).sts.getCallerIdentity({})).Arn!, /AdminRole_\w+\/ada$/);
});
