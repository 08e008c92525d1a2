/** What people and command lines prove themselves with is in no record, no row, and no page of a refusal. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { browserOn } from '../testing/browser.ts';
import { ADMIN, type Cloud, testCloud } from '../testing/cloud.ts';
import { allowedCode, commandLine, signedInBrowser } from '../testing/login.ts';
import { operated } from '../testing/operator.ts';
import { lettersIn, linkIn, PASSWORD, type Portal, portalOf, welcome } from '../testing/people.ts';

const WRONG = 'Mistyped-horse-9';

type Browser = ReturnType<typeof browserOn>;

/** By what it is; the longest that a page, an answer or a cookie showed. */
class Secrets extends Map<string, string> {
  keep(name: string, value: string | undefined): string {
    assert.ok(value !== undefined && value.length >= 8, `${name}: ${value}`);
    this.set(name, value);
    return value;
  }
  cookies(name: string, browser: Browser): void {
    for (const each of browser.cookie().split('; ')) this.keep(`${name} ${each.split('=')[0]}`, each.split('=')[1]);
  }
}

async function onDisk(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const cloud = await testCloud({ store: `sqlite:${join(folder, 'store.db')}` });
  const written = async () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const rows = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
    const records = (await cloud.deps.store.journal.read(0, 100_000)).map(({ body }) => body);
    assert.ok(rows.length > 0 && records.length > 10, `${rows.map((r) => r.length)} ${records.length}`);
    return [...rows, ...records].join('\n');
  };
  return { cloud, written, secrets: new Secrets() };
}

async function assertHidden({ written, secrets }: Pick<Awaited<ReturnType<typeof onDisk>>, 'written' | 'secrets'>) {
  const all = await written();
  for (const [name, value] of secrets) {
    for (const form of new Set([value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)])) {
      assert.ok(!all.includes(form), name);
    }
  }
}

/** A device that is allowed in the browser, with its tokens. */
async function deviceTokens(cloud: Cloud, { IdentityStoreId }: Portal, browser: Browser, secrets: Secrets) {
  const { ssoOidc: oidc, sso } = cloud.unsigned;
  const { clientId, clientSecret } = await oidc.registerClient({
    ...{ clientName: 'cli', clientType: 'public', scopes: ['sso:account:access'] },
  });
  secrets.keep('client secret', clientSecret);
  const startUrl = `https://${IdentityStoreId}.awsapps.com/start`;
  const { deviceCode, userCode } = await oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
  const pending = await oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
  // AWS records those that were exchanged, and are of no more use.
  const other = { clientId, clientSecret, deviceCode: secrets.keep('device code', pending.deviceCode) };
  await browser.go(`/start/device?user_code=${userCode}`);
  await browser.submit('/start/device', { decision: 'ALLOWED' });
  const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
  await assert.rejects(oidc.createToken({ ...other, grantType }), { name: 'AuthorizationPendingException' });
  const first = await oidc.createToken({ clientId, clientSecret, grantType, deviceCode });
  secrets.keep('access token', first.accessToken);
  const refreshToken = secrets.keep('refresh token', first.refreshToken);
  const { accessToken } = await oidc.createToken({ clientId, clientSecret, grantType: 'refresh_token', refreshToken });
  secrets.keep('renewed access token', accessToken);
  const at = { accountId: cloud.managementAccount, roleName: 'AdminRole' };
  const { roleCredentials } = await sso.getRoleCredentials({ accessToken, ...at });
  secrets.keep('secret key of a role', roleCredentials!.secretAccessKey);
  secrets.keep('session token of a role', roleCredentials!.sessionToken);
  await assert.rejects(sso.listAccounts({ accessToken: `${accessToken}x` }));
}

test('a person of a directory', async (t) => {
  const { cloud, written, secrets } = await onDisk(t);
  const portal = await portalOf(cloud);
  const id = await portal.person('ada');
  await portal.assign('AdminRole', 'AdministratorAccess', { type: 'USER', id }, cloud.managementAccount);
  const { browser, page, key } = await welcome(cloud, 'ada');
  assert.match(page.text, /Access portal/);
  secrets.keep('password', PASSWORD);
  secrets.keep('seed', key);
  for (const letter of await lettersIn(cloud)) secrets.keep('link', /token=([\w-]+)/.exec(letter.text)?.[1]);
  secrets.cookies('portal', browser);
  const stranger = browserOn(cloud.send);
  await stranger.go('/start');
  const refused = await stranger.submit('/start/signin', { name: 'ada', password: secrets.keep('wrong', WRONG) });
  assert.ok(!refused.text.includes(WRONG));
  await deviceTokens(cloud, portal, browser, secrets);
  await browser.go('/start');
  const shown = await browser.submit('/start/credentials', { account: cloud.managementAccount, role: 'AdminRole' });
  secrets.keep('secret key in the portal', /SECRET_ACCESS_KEY=&?"?([\w+/]{40})/.exec(shown.text)?.[1]);
  secrets.keep('SCIM token', (await operated(cloud, 'POST', 'scim-tokens')).body.token);
  const begun = await operated(cloud, 'GET', 'mfa-apps/ada');
  secrets.keep('seed that an administrator registers', begun.body.key);
  const clientSecret = secrets.keep('secret of an identity source', 'of-the-provider-7');
  const source = { kind: 'oidc', issuer: 'https://idp.example.com', clientId: 'gatehouse', clientSecret };
  assert.equal((await operated(cloud, 'POST', 'identity-source', source)).status, 200);
  await assertHidden({ written, secrets });
});

test('root and IAM users, and their command lines', async (t) => {
  const { cloud, written, secrets } = await onDisk(t);
  const { iam, organizations } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  const { Account } = await organizations.describeAccount({ AccountId: cloud.managementAccount });
  const root = browserOn(cloud.send);
  await root.go('/signin/root/forgot');
  await root.submit('/signin/root/forgot', { email: Account!.Email! });
  const link = await linkIn(cloud);
  secrets.keep('link of root', /token=([\w-]+)/.exec(link)?.[1]);
  await root.go(link);
  const chosen = secrets.keep('password of root', 'Rooted-horse-3');
  await root.submit('/signin/root/password', { new: chosen, again: chosen });
  await root.go('/signin/root');
  const refused = await root.submit('/signin/root', { email: Account!.Email!, password: secrets.keep('wrong', WRONG) });
  assert.ok(!refused.text.includes(WRONG));
  assert.match((await root.submit('/signin/root', { email: Account!.Email!, password: chosen })).text, /signed in/);
  secrets.cookies('root', root);
  await root.go('/signin/security');
  const app = await root.submit('/signin/security/app', { name: 'phone' });
  secrets.keep('seed of root', /id="key">([A-Z2-7]+)</.exec(app.text)?.[1]);

  await cloud.user('ada', ADMIN);
  const browser = await signedInBrowser(cloud, 'ada');
  secrets.keep('password', PASSWORD);
  secrets.cookies('console', browser);
  const client = commandLine(cloud);
  const code = secrets.keep('login code', await allowedCode(browser, client));
  const dpop = secrets.keep('proof', client.proof());
  const tokens = await client.exchange(code, {}, { dpop });
  secrets.keep('verifier', client.verifier);
  const renewed = await client.refresh(secrets.keep('login refresh token', tokens.refreshToken));
  for (const { accessToken } of [tokens, renewed]) {
    secrets.keep(`secret key of ${accessToken.accessKeyId}`, accessToken.secretAccessKey);
    secrets.keep(`session token of ${accessToken.accessKeyId}`, accessToken.sessionToken);
  }
  const NewPassword = secrets.keep('new password', 'Newer-horse-4');
  await cloud.as(tokens.accessToken).iam.changePassword({ OldPassword: PASSWORD, NewPassword });
  const { VirtualMFADevice: device } = await iam.createVirtualMFADevice({ VirtualMFADeviceName: 'adas' });
  secrets.keep('seed', Buffer.from(device!.Base32StringSeed!).toString());
  await assertHidden({ written, secrets });
});
