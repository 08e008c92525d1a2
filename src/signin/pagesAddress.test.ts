import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserOn } from '../testing/browser.ts';
import { testCloud } from '../testing/cloud.ts';
import { operated } from '../testing/operator.ts';
import { lettersIn, portalOf } from '../testing/people.ts';
import { metadataOf, SIGN_ON, samlIssuer } from '../testing/samlIssuer.ts';

const ADDRESS = 'http://127.0.0.1:4566';

/** A plane at an address of this machine. */
async function world() {
  const cloud = await testCloud();
  (cloud.deps.settings as { endpoint: string }).endpoint = ADDRESS;
  const portal = await portalOf(cloud);
  await portal.person('alice');
  return portal;
}

test('links lead to localhost, and start URLs of either name are taken', async () => {
  const { cloud } = await world();
  const browser = browserOn(cloud.send, 'localhost:4566');
  await browser.go('/start/forgot');
  await browser.submit('/start/forgot', { name: 'alice' });
  assert.match((await lettersIn(cloud)).at(-1)!.text, /http:\/\/localhost:4566\/start\/password\?token=/);
  const { ssoOidc: oidc } = cloud.unsigned;
  const { clientId, clientSecret } = await oidc.registerClient({ clientName: 'cli', clientType: 'public' });
  for (const startUrl of [`${ADDRESS}/start`, 'http://localhost:4566/start']) {
    const { verificationUri } = await oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
    assert.equal(verificationUri, 'http://localhost:4566/start/device');
  }
  const startUrl = 'http://localhost:9999/start';
  await assert.rejects(oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl }), {
    name: 'InvalidRequestException',
  });
  const { body } = await operated(cloud, 'GET', 'health');
  assert.equal(body.portal, 'http://localhost:4566/start');
});

test('whoever signs in elsewhere begins where the provider sends them back to', async () => {
  const { cloud } = await world();
  await operated(cloud, 'POST', 'identity-source', { kind: 'saml', metadata: metadataOf([samlIssuer()]) });
  assert.equal((await browserOn(cloud.send, 'localhost:4566').go('/start')).location, `${ADDRESS}/start`);
  assert.ok((await browserOn(cloud.send, '127.0.0.1:4566').go('/start')).location?.startsWith(SIGN_ON));
});

test('a command line that sends its user to the address leads to the page where the session is', async () => {
  const { cloud, IdentityStoreId } = await world();
  const { clientId } = await cloud.unsigned.ssoOidc.registerClient({
    ...{ clientName: 'cli', clientType: 'public', scopes: ['sso:account:access'] },
    ...{ grantTypes: ['authorization_code'], redirectUris: ['http://127.0.0.1/oauth/callback'] },
    issuerUrl: `https://${IdentityStoreId}.awsapps.com/start`,
  });
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: clientId!, redirect_uri: 'http://127.0.0.1:5000/oauth/callback' },
    ...{ code_challenge_method: 'S256', code_challenge: 'x'.repeat(43), scopes: 'sso:account:access' },
  });
  const page = `/authorize?${query}`;
  assert.equal((await browserOn(cloud.send, '127.0.0.1:4566').go(page)).location, `http://localhost:4566${page}`);
  const browser = browserOn(cloud.send, 'localhost:4566');
  assert.match((await browser.go(page)).text, /<h1>Sign in to the access portal/);
  await operated(cloud, 'POST', 'identity-source', { kind: 'saml', metadata: metadataOf([samlIssuer()]) });
  assert.equal((await browser.go(page)).location, ADDRESS + page, 'where the provider sends them back to');
  assert.ok((await browserOn(cloud.send, '127.0.0.1:4566').go(page)).location?.startsWith(SIGN_ON));
});
