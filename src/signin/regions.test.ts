import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { browserOn } from '../testing/browser.ts';
import { testCloud } from '../testing/cloud.ts';
import { baselinePolicy, underKey } from '../testing/customerKeys.ts';
import { operated } from '../testing/operator.ts';
import { PASSWORD, portalOf, welcome } from '../testing/people.ts';
import { metadataOf, samlIssuer, signedResponse } from '../testing/samlIssuer.ts';

const PLACE = 'eu-west-1';
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

async function world() {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const id = await portal.person('alice');
  await portal.assign('AdminRole', 'AdministratorAccess', { type: 'USER', id }, cloud.managementAccount);
  const KeyId = await underKey(portal);
  const Policy = baselinePolicy(cloud.managementAccount);
  await cloud.root.kms.replicateKey({ KeyId, ReplicaRegion: PLACE, Policy });
  const { InstanceArn } = portal;
  await cloud.root.ssoAdmin.addRegion({ InstanceArn, RegionName: PLACE });
  cloud.advance('PT1M');
  /** A call of a command line, which names the Region in the host alone. */
  const asks = async (host: string, method: string, path: string, body?: object, headers: object = {}) => {
    const [at = '', query = ''] = path.split('?');
    const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body));
    const sent = { host, 'content-type': 'application/json', ...headers };
    const answer = await cloud.send({ method, path: at, query, headers: sent, body: bytes });
    return { status: answer.status, told: JSON.parse(String(answer.body)) };
  };
  const oidc = (region: string) => (path: string, body: object) =>
    asks(`oidc.${region}.amazonaws.com`, 'POST', path, body);
  const accounts = async (region: string, token: string) =>
    (
      await asks(`portal.sso.${region}.amazonaws.com`, 'GET', '/assignment/accounts', undefined, {
        'x-amz-sso_bearer_token': token,
      })
    ).status;
  return { ...portal, KeyId, oidc, accounts, hosts: hostsOf(InstanceArn.split('/')[1]!) };
}

const hostsOf = (instance: string) => (region: string) => [
  `${instance}.${region}.portal.amazonaws.com`,
  `${instance}.portal.${region}.app.aws`,
];

test('the portal is at the host names of every enabled Region, and of no other', async () => {
  const { cloud, hosts, KeyId, InstanceArn } = await world();
  const titleAt = async (host: string) => /<h1>([^<]+)/.exec((await browserOn(cloud.send, host).go('/')).text)?.[1];
  for (const host of [...hosts('us-east-1'), ...hosts(PLACE)]) {
    assert.equal(await titleAt(host), 'Sign in to the access portal', host);
  }
  for (const host of hosts('eu-west-2')) assert.equal(await titleAt(host), 'No access portal', host);
  assert.equal(await titleAt(`ssoins-${'0'.repeat(16)}.${PLACE}.portal.amazonaws.com`), 'No access portal');

  const { code } = await welcome(cloud, 'alice');
  await cloud.root.kms.disableKey({ KeyId });
  const browser = browserOn(cloud.send, hosts(PLACE)[0]);
  await browser.go('/');
  await browser.submit('/start/signin', { name: 'alice', password: PASSWORD });
  const page = await browser.submit('/start/code', { code: code() });
  assert.match(page.text, /<h1>Access portal/, 'the primary Region is of no account');
  const shown = await browser.submit('/start/credentials', { account: cloud.managementAccount, role: 'AdminRole' });
  assert.match(shown.text, /export AWS_ACCESS_KEY_ID="ASIA/);
  await cloud.root.kms.enableKey({ KeyId });
  await cloud.root.ssoAdmin.removeRegion({ InstanceArn, RegionName: PLACE });
  cloud.advance('PT1M');
  assert.match((await browser.go('/start')).text, /<h1>No access portal/);
});

test('nobody signs in at the host name of a Region that was not added', async () => {
  const { cloud, hosts, IdentityStoreId } = await world();
  await welcome(cloud, 'alice');
  const host = hosts('eu-west-2')[0]!;
  const browser = browserOn(cloud.send, host);
  const { text } = await browser.go(`/start/forgot/${IdentityStoreId}`);
  const csrf = /name="csrf" value="([^"]+)"/.exec(text)![1]!;
  const filled = { csrf, store: IdentityStoreId, name: 'alice', password: PASSWORD, next: '/start' };
  const answer = await cloud.send({
    ...{ method: 'POST', path: '/start/signin', query: '' },
    headers: { host, cookie: browser.cookie(), 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams(filled).toString()),
  });
  assert.match(String(answer.body), /The user name or the password is wrong/);
});

test('a command line is let in by the Region, and its token is of that Region', async () => {
  const { cloud, oidc, accounts, hosts, IdentityStoreId } = await world();
  const { browser } = await welcome(cloud, 'alice');
  const there = oidc(PLACE);
  const { told: client } = await there('/client/register', { clientName: 'cli', clientType: 'public' });
  const { clientId, clientSecret } = client;
  const startUrl = `https://${hosts(PLACE)[1]}`;
  const elsewhere = await oidc('eu-west-2')('/device_authorization', { clientId, clientSecret, startUrl });
  assert.deepEqual([elsewhere.status, elsewhere.told.error], [400, 'invalid_request']);
  const { told: device } = await there('/device_authorization', { clientId, clientSecret, startUrl });
  await browser.go(`/start/device?user_code=${device.userCode}`);
  await browser.submit('/start/device', { decision: 'ALLOWED' });
  const ask = { clientId, clientSecret, grantType: DEVICE_CODE, deviceCode: device.deviceCode };
  const wrong = await oidc('us-east-1')('/token', ask);
  assert.deepEqual([wrong.status, wrong.told.error], [400, 'invalid_grant']);
  const { told } = await there('/token', ask);
  assert.equal(await accounts(PLACE, told.accessToken), 200);
  assert.equal(await accounts('us-east-1', told.accessToken), 401);

  const classic = { clientId, clientSecret, startUrl: `https://${IdentityStoreId}.awsapps.com/start` };
  const { told: other } = await oidc('us-east-1')('/device_authorization', classic);
  await browser.go(`/start/device?user_code=${other.userCode}`);
  await browser.submit('/start/device', { decision: 'ALLOWED' });
  const home = await oidc('us-east-1')('/token', { ...ask, deviceCode: other.deviceCode });
  assert.equal(await accounts('us-east-1', home.told.accessToken), 200);
  const session = /=([\w-]{43})$/.exec(browser.cookie())![1]!;
  assert.deepEqual([await accounts('us-east-1', session), await accounts(PLACE, session)], [200, 200]);
});

test('a SAML provider answers by the name of the Region where somebody came, and they go on there', async () => {
  const { cloud, InstanceArn, IdentityStoreId, hosts } = await world();
  const signer = samlIssuer();
  const source = { kind: 'saml', metadata: metadataOf([signer]) };
  const { entityId, acsUrl, regionalAcsUrls } = (await operated(cloud, 'POST', 'identity-source', source)).body
    .gatehouse;
  const acs = (host: string) => `https://${host}/platform/saml/acs/${InstanceArn.split('/')[1]}`;
  const here = ['us-east-1', PLACE].flatMap((region) => [acs(`${region}.signin.aws`), acs(`${region}.sso.signin.aws`)]);
  assert.deepEqual(regionalAcsUrls, here);
  const { text } = await browserOn(cloud.send).go(`/platform/saml/${IdentityStoreId}/metadata`);
  assert.deepEqual(
    [...text.matchAll(/Location="([^"]+)" index/g)].map(([, url]) => url),
    [acsUrl, ...here],
  );
  let answers = 0;
  const answered = async (url: string, inResponseTo?: string) => {
    const parts = { issued: cloud.now(), audience: entityId, recipient: url, destination: url, subject: 'alice' };
    const xml = signedResponse({ ...parts, id: `_${answers++}`, ...(inResponseTo && { inResponseTo }) }, signer);
    const body = Buffer.from(new URLSearchParams({ SAMLResponse: Buffer.from(xml).toString('base64') }).toString());
    const headers = { host: new URL(url).host, 'content-type': 'application/x-www-form-urlencoded' };
    const { headers: told } = await cloud.send({ method: 'POST', path: new URL(url).pathname, body, headers });
    return told.location;
  };
  const [portal, dualStack] = hosts(PLACE);
  const ways = { [portal!]: here[2]!, [dualStack!]: here[3]!, [`${IdentityStoreId}.awsapps.com`]: acsUrl };
  for (const [host, url] of Object.entries(ways)) {
    const browser = browserOn(cloud.send, host);
    const { location } = await browser.go('/');
    const sent = new URL(location!).searchParams.get('SAMLRequest')!;
    const request = inflateRawSync(Buffer.from(sent, 'base64')).toString('utf8');
    assert.equal(/AssertionConsumerServiceURL="([^"]+)"/.exec(request)![1], url);
    const back = new URL((await answered(url, / ID="([^"]+)"/.exec(request)![1]))!);
    assert.equal(back.origin, `https://${host}`);
    assert.match((await browser.go(back.pathname + back.search)).text, /<h1>Access portal/);
  }
  const begun = new URL((await answered(here[2]!))!);
  assert.equal(begun.host, portal);
  assert.equal(await answered(acs('eu-west-2.signin.aws')), undefined);
});

test('an application gets its tokens in the Region where it was made', async () => {
  const { cloud, InstanceArn } = await world();
  const root = await cloud.keyFor(cloud.managementAccount);
  const there = cloud.as(root, PLACE);
  const ApplicationProviderArn = 'arn:aws:sso::aws:applicationProvider/custom';
  const { ApplicationArn } = await there.ssoAdmin.createApplication({
    InstanceArn,
    ApplicationProviderArn,
    Name: 'app',
  });
  await there.ssoAdmin.putApplicationAuthenticationMethod({
    ApplicationArn,
    AuthenticationMethodType: 'IAM',
    AuthenticationMethod: {
      Iam: {
        ActorPolicy: {
          Version: '2012-10-17',
          Statement: [
            {
              ...{ Effect: 'Allow', Action: 'sso-oauth:CreateTokenWithIAM', Resource: '*' },
              Principal: { AWS: cloud.managementAccount },
            },
          ],
        },
      },
    },
  });
  const asked = {
    clientId: ApplicationArn,
    grantType: 'authorization_code',
    code: 'none',
    redirectUri: 'https://a.test',
  };
  await assert.rejects(cloud.as(root).ssoOidc.createTokenWithIAM(asked), {
    ...{ name: 'InvalidRequestRegionException', region: PLACE, endpoint: `https://oidc.${PLACE}.amazonaws.com` },
  });
  await assert.rejects(there.ssoOidc.createTokenWithIAM(asked), { name: 'UnauthorizedClientException' });
  await assert.rejects(cloud.as(root, 'eu-west-2').ssoOidc.createTokenWithIAM(asked), { name: /AccessDenied|Invalid/ });
});
