/** The pages of sign-in in a real browser: what its policies forbid would show here. Skipped where there is none. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { linkIn, PASSWORD, portalOf, telephone } from '../src/testing/people.ts';
import { pageIn, skip } from './chromium.ts';
import { planeOnSocket } from './socket.ts';

async function world(t: TestContext) {
  const { cloud, endpoint } = await planeOnSocket(t);
  const portal = await portalOf(cloud);
  const alice = await portal.person('alice');
  await portal.assign('AdminRole', 'AdministratorAccess', { type: 'USER', id: alice }, cloud.managementAccount);
  const { page, complaints } = await pageIn(t);
  return { ...portal, endpoint, page, complaints };
}

/** From nothing to the portal, by the keyboard's labels alone. */
async function arrive({ cloud, endpoint, page }: Awaited<ReturnType<typeof world>>, start: string): Promise<void> {
  await page.goto(`${endpoint}/start`);
  await page.getByRole('link', { name: 'Forgot password' }).click();
  await page.getByLabel('User name').fill('alice');
  await page.getByRole('button', { name: 'Send the link' }).click();
  await page.getByText('a link is on its way').waitFor();
  await page.goto(endpoint + (await linkIn(cloud)));
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByLabel('The same again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.getByText('Your password is set').waitFor();
  await page.goto(endpoint + start);
  await signIn(page, 'wrong');
  await page.getByRole('alert').getByText('is wrong').waitFor();
  await signIn(page, PASSWORD);
  const key = await page.locator('#key').textContent();
  assert.equal(await page.getByRole('img', { name: 'QR code' }).count(), 1);
  await page.getByLabel('Code of your').fill(telephone(cloud, key!)());
  await page.getByRole('button', { name: 'Continue' }).click();
}

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('User name').fill('alice');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('a person gets in, takes credentials, and signs out, in Chromium', { skip }, async (t) => {
  const here = await world(t);
  const { page, complaints, endpoint } = here;
  await arrive(here, '/start');
  await page.getByRole('heading', { name: 'Access portal' }).waitFor();
  await page.getByRole('button', { name: 'Credentials of AdminRole' }).click();
  assert.match((await page.locator('#environment').textContent())!, /AWS_SESSION_TOKEN=".{100,}"/);
  await page.getByRole('link', { name: 'Back to the access portal' }).click();
  const [cookie] = await page.context().cookies();
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Lax']);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to the access portal' }).waitFor();
  await page.goto(`${endpoint}/start/nothing`);
  await page.getByText('There is no page').waitFor();
  assert.deepEqual(
    complaints.filter((text) => !/404|400/.test(text)),
    [],
  );
});

test('an authorization code reaches a client that listens on the loopback interface, in Chromium', {
  skip,
}, async (t) => {
  const here = await world(t);
  const { page, cloud, IdentityStoreId } = here;
  const { ssoOidc } = cloud.unsigned;
  const { clientId, clientSecret } = await ssoOidc.registerClient({
    ...{ clientName: 'cli', clientType: 'public', scopes: ['sso:account:access'] },
    ...{ grantTypes: ['authorization_code', 'refresh_token'], redirectUris: ['http://127.0.0.1/oauth/callback'] },
    issuerUrl: `https://${IdentityStoreId}.awsapps.com/start`,
  });
  const client = createServer((_request, response) => response.end('Done.'));
  await new Promise<void>((resolve) => client.listen(0, '127.0.0.1', resolve));
  t.after(() => client.close());
  const redirectUri = `http://127.0.0.1:${(client.address() as AddressInfo).port}/oauth/callback`;
  const codeVerifier = 'v'.repeat(64);
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: clientId!, redirect_uri: redirectUri, state: 'x' },
    ...{ scopes: 'sso:account:access', code_challenge_method: 'S256' },
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
  });
  await arrive(here, `/authorize?${query}`);
  await page.getByRole('button', { name: 'Allow access' }).click();
  await page.getByText('Done.').waitFor();
  const code = new URL(page.url()).searchParams.get('code')!;
  const grant = { clientId, clientSecret, grantType: 'authorization_code', redirectUri, code, codeVerifier };
  const { accessToken } = await ssoOidc.createToken(grant);
  assert.equal((await cloud.unsigned.sso.listAccounts({ accessToken })).accountList?.length, 1);
});
