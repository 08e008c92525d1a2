import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { generateKeyPair, type JWTPayload } from 'jose';
import { browserOn } from '../testing/browser.ts';
import { testCloud } from '../testing/cloud.ts';
import { operated } from '../testing/operator.ts';
import { portalOf } from '../testing/people.ts';
import { tokenIssuer } from '../testing/tokenIssuer.ts';

const UNEXPECTED = /<h1>An unexpected error has occurred/;

async function world(t: TestContext, more: object = {}, discovery: object = {}) {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const ada = await portal.person('ada');
  await portal.assign('AdminRole', 'AdministratorAccess', { type: 'USER', id: ada }, cloud.managementAccount);
  const provider = await tokenIssuer(t, discovery);
  const set = { kind: 'oidc', issuer: provider.issuer, clientId: 'gatehouse', ...more };
  const { status, body } = await operated(cloud, 'POST', 'identity-source', set);
  assert.equal(status, 200, JSON.stringify(body));
  const seconds = () => Math.floor(cloud.now().getTime() / 1000);
  /** Somebody is sent to the provider, and comes back with these claims. */
  async function visited(change: (usual: JWTPayload) => Promise<string> | string, back: Record<string, string> = {}) {
    const browser = browserOn(cloud.send);
    const { location } = await browser.go('/start');
    const asked = new URL(location!).searchParams;
    const usual = {
      ...{ iss: provider.issuer, aud: 'gatehouse', sub: '7', iat: seconds(), exp: seconds() + 300 },
      ...{ nonce: asked.get('nonce')!, preferred_username: 'ada' },
    };
    provider.state.idToken = await change(usual);
    const query = new URLSearchParams({ code: 'c1', state: asked.get('state')!, ...back });
    const page = `${new URL(body.gatehouse.redirectUri).pathname}?${query}`;
    return { browser, asked, page, shown: () => browser.go(page) };
  }
  return { ...portal, provider, redirectUri: body.gatehouse.redirectUri as string, visited, seconds };
}

test('somebody signs in at the provider with a code that only we can trade', async (t) => {
  const { provider, redirectUri, visited, cloud } = await world(t);
  const { asked, shown, browser, page } = await visited((claims) => provider.sign(claims));
  const expected = {
    ...{ response_type: 'code', client_id: 'gatehouse', redirect_uri: redirectUri },
    ...{ scope: 'openid profile email', code_challenge_method: 'S256' },
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(asked.get(name), value);
  assert.match((await shown()).text, /<h1>Access portal/);
  const [{ form, authorization } = assert.fail()] = provider.asked;
  assert.equal(
    createHash('sha256').update(form.get('code_verifier')!).digest('base64url'),
    asked.get('code_challenge'),
  );
  assert.deepEqual([form.get('client_id'), form.get('code'), authorization], ['gatehouse', 'c1', undefined]);
  const credentials = await browser.submit('/start/credentials', {
    account: cloud.managementAccount,
    role: 'AdminRole',
  });
  assert.match(credentials.text, /AWS_SESSION_TOKEN/);
  assert.match((await browser.go(page)).text, UNEXPECTED);
});

test('a confidential client proves itself as the provider wants; its secret is read by nobody', async (t) => {
  const basic = await world(t, { clientSecret: 's+ö:1' });
  await (await basic.visited((claims) => basic.provider.sign(claims))).shown();
  const [{ authorization } = assert.fail()] = basic.provider.asked;
  assert.equal(Buffer.from(authorization!.slice(6), 'base64').toString(), 'gatehouse:s%2B%C3%B6%3A1');
  const read = await operated(basic.cloud, 'GET', 'identity-source');
  assert.equal(read.body.authentication, 'client_secret_basic');
  assert.doesNotMatch(JSON.stringify(read.body), /s\+ö/);
  const inForm = await world(
    t,
    { clientSecret: 's' },
    { token_endpoint_auth_methods_supported: ['client_secret_post'] },
  );
  await (await inForm.visited((claims) => inForm.provider.sign(claims))).shown();
  assert.equal(inForm.provider.asked[0]!.form.get('client_secret'), 's');
});

test('tokens that are not the provider’s, or not for us and for now, let nobody in', async (t) => {
  const { provider, visited, seconds, cloud } = await world(t);
  const stranger = (await generateKeyPair('RS256')).privateKey;
  const changed = (change: JWTPayload) => (claims: JWTPayload) => provider.sign({ ...claims, ...change });
  const none = (claims: JWTPayload) =>
    `${[{ alg: 'none' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
  const cases: Record<string, (claims: JWTPayload) => Promise<string> | string> = {
    'by a stranger': (claims) => provider.sign(claims, {}, stranger),
    'by nobody': none,
    'with a shared key': (claims) => provider.sign(claims, { alg: 'HS256' }, Buffer.from(provider.issuer.padEnd(64))),
    'other issuer': changed({ iss: 'https://other.example.com' }),
    'other audience': changed({ aud: 'other' }),
    'for another party': changed({ aud: ['gatehouse', 'other'], azp: 'other' }),
    'for many, without a party': changed({ aud: ['gatehouse', 'other'] }),
    'other nonce': changed({ nonce: 'x' }),
    'of the past': changed({ exp: seconds() }),
    'of the future': changed({ iat: seconds() + 301 }),
    'without a name': changed({ preferred_username: 7 }),
    'a name that nobody has': changed({ preferred_username: 'eve' }),
    'no token': () => '',
  };
  for (const [name, change] of Object.entries(cases)) {
    assert.match((await (await visited(change)).shown()).text, UNEXPECTED, name);
  }
  const fine = (claims: JWTPayload) => provider.sign(claims);
  assert.match((await (await visited(fine, { iss: 'https://other.example.com' })).shown()).text, UNEXPECTED);
  assert.match((await (await visited(fine, { state: 'x' })).shown()).text, UNEXPECTED);
  const { page } = await visited(fine);
  const thief = browserOn(cloud.send);
  await thief.go('/start');
  assert.match((await thief.go(page)).text, UNEXPECTED);
  assert.match((await (await visited(fine, { iss: provider.issuer })).shown()).text, /<h1>Access portal/);
});

test('an error of the provider, and one that cannot be asked, are told as such', async (t) => {
  const { provider, visited, cloud, redirectUri } = await world(t);
  const { browser, asked } = await visited((claims) => provider.sign(claims));
  const query = new URLSearchParams({ error: 'access_denied', state: asked.get('state')! });
  assert.match((await browser.go(`${new URL(redirectUri).pathname}?${query}`)).text, UNEXPECTED);
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'ExternalIdPDirectoryLogin' }];
  const { Events = [] } = await cloud.root.cloudtrail.lookupEvents({ LookupAttributes });
  assert.equal(JSON.parse(Events[0]!.CloudTrailEvent!).errorMessage, 'The identity provider answered access_denied.');
  const set = { kind: 'oidc', issuer: 'http://127.0.0.1:9', clientId: 'x' };
  await operated(cloud, 'POST', 'identity-source', set);
  assert.match((await browserOn(cloud.send).go('/start')).text, UNEXPECTED);
  for (const wrong of [{ issuer: 'http://idp.example.com' }, { clientId: '' }, { claim: 'a b' }, { scopes: ['a b'] }]) {
    assert.equal((await operated(cloud, 'POST', 'identity-source', { ...set, ...wrong })).status, 400);
  }
});

test('the name may be in another claim; an address that is not verified is none', async (t) => {
  const { provider, visited } = await world(t, { claim: 'email' });
  const email = (verified: boolean) => (claims: JWTPayload) =>
    provider.sign({ ...claims, email: 'ada', email_verified: verified });
  assert.match((await (await visited(email(true))).shown()).text, /<h1>Access portal/);
  assert.match((await (await visited(email(false))).shown()).text, UNEXPECTED);
});

test('a code of one provider is not shown to another one, that took its place meanwhile', async (t) => {
  const { cloud, provider, visited } = await world(t);
  const { shown } = await visited((claims) => provider.sign(claims));
  const other = await tokenIssuer(t);
  const set = { kind: 'oidc', issuer: other.issuer, clientId: 'gatehouse' };
  assert.equal((await operated(cloud, 'POST', 'identity-source', set)).status, 200);
  assert.match((await shown()).text, UNEXPECTED);
  assert.deepEqual([provider.asked.length, other.asked.length], [0, 0]);
});
