import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { handle } from '../gateway/pipeline.ts';
import { directoryUsers } from '../identity/directory.ts';
import { browserOn } from '../testing/browser.ts';
import { testCloud } from '../testing/cloud.ts';
import { lettersIn, linkIn, PASSWORD, portalOf, welcome } from '../testing/people.ts';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

async function world() {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const alice = await portal.person('alice');
  const user = { type: 'USER', id: alice } as const;
  const PermissionSetArn = await portal.assign('AdminRole', 'AdministratorAccess', user, cloud.managementAccount);
  return { ...portal, alice, PermissionSetArn };
}

test('somebody new gets a link, chooses a password, adds a telephone, and sees what is theirs', async () => {
  const { cloud } = await world();
  const { browser, page } = await welcome(cloud, 'alice');
  assert.equal(page.status, 200);
  assert.match(page.text, /<h1>Access portal<\/h1>/);
  assert.match(page.text, new RegExp(cloud.managementAccount));
  assert.match(page.text, /AdminRole/);
  const shown = await browser.submit('/start/credentials', { account: cloud.managementAccount, role: 'AdminRole' });
  const value = (name: string) => new RegExp(`export ${name}="([^"]+)"`).exec(shown.text)![1]!;
  const clients = cloud.as({
    accessKeyId: value('AWS_ACCESS_KEY_ID'),
    secretAccessKey: value('AWS_SECRET_ACCESS_KEY'),
    sessionToken: value('AWS_SESSION_TOKEN'),
  });
  assert.match((await clients.sts.getCallerIdentity({})).Arn!, /AWSReservedSSO_AdminRole_\w{16}\/alice$/);
  assert.match(shown.text, /SSO start URL: https:\/\/d-[0-9a-f]{10}\.awsapps\.com\/start\nSSO Region: us-east-1/);
  assert.equal(value('AWS_ENDPOINT_URL'), 'http://cloud.test', 'pasted into a new terminal they go to no other plane');
  await browser.go('/start');
  const cookie = browser.cookie();
  assert.match((await browser.submit('/start/signout', {})).text, /Sign in to the access portal/);
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'Logout' }];
  const [logout] = (await cloud.root.cloudtrail.lookupEvents({ LookupAttributes })).Events!;
  assert.equal(logout?.EventSource, 'sso.amazonaws.com');
  const again = await cloud.send({ method: 'GET', path: '/start', headers: { host: 'cloud.test', cookie } });
  assert.match(String(again.body), /Sign in to the access portal/);
});

test('a role leads to the page that its permission set says', async () => {
  const { cloud, InstanceArn, PermissionSetArn } = await world();
  const { browser } = await welcome(cloud, 'alice');
  const role = { account: cloud.managementAccount, role: 'AdminRole' };
  const through = async (RelayState: string) => {
    await cloud.root.ssoAdmin.updatePermissionSet({ InstanceArn, PermissionSetArn, RelayState });
    await browser.go('/start');
    return (await browser.submit('/start/console', role)).text;
  };
  assert.match(
    await through('https://console.aws.amazon.com/ec2/'),
    /with it <code>https:\/\/console\.aws\.amazon\.com\/ec2\//,
  );
  assert.match(await through('http://cloud.test/start/devices'), /<h1>MFA devices/);
  const elsewhere = await through('https://evil.example/');
  assert.match(elsewhere, /<h1>You are signed in/);
  assert.doesNotMatch(elsewhere, /evil/);
});

test('a password opens nothing without the code, and a code works once', async () => {
  const { cloud } = await world();
  const { code } = await welcome(cloud, 'alice');
  const browser = browserOn(cloud.send);
  await browser.go('/start');
  const asked = await browser.submit('/start/signin', { name: 'Alice', password: PASSWORD });
  assert.match(asked.text, /<h1>Enter a code<\/h1>/);
  assert.match((await browser.go('/start')).text, /Sign in to the access portal/);
  await browser.go('/start/code');
  assert.equal((await browser.submit('/start/code', { code: '000000' })).status, 400);
  const right = code();
  assert.match((await browser.submit('/start/code', { code: right })).text, /<h1>Access portal/);
  const other = browserOn(cloud.send);
  await other.go('/start');
  await other.submit('/start/signin', { name: 'alice', password: PASSWORD });
  assert.match((await other.submit('/start/code', { code: right })).text, /The code is wrong, or was used/);
});

test('wrong passwords, unknown names and disabled users read the same; after five each attempt waits longer', async () => {
  const { cloud, IdentityStoreId, alice, person } = await world();
  await welcome(cloud, 'alice');
  await person('bob');
  const answers = new Set<string>();
  const browser = browserOn(cloud.send);
  const tried = async (name: string, password: string) => {
    await browser.go('/start');
    return (await browser.submit('/start/signin', { name, password })).text.replace(/value="[^"]*"/g, '');
  };
  answers.add(await tried('alice', 'wrong'));
  answers.add(await tried('nobody', 'wrong'));
  answers.add(await tried('bob', 'wrong'));
  await cloud.deps.store.transaction(async (tx) => {
    const row = await tx.get(directoryUsers, [IdentityStoreId, alice]);
    await tx.replace(directoryUsers, { ...row!, status: 'DISABLED' });
  });
  answers.add(await tried('alice', PASSWORD));
  await cloud.deps.store.transaction(async (tx) => {
    const row = await tx.get(directoryUsers, [IdentityStoreId, alice]);
    await tx.replace(directoryUsers, { ...row!, status: 'ENABLED' });
  });
  cloud.advance('PT2H');
  assert.equal(answers.size, 1);
  assert.match([...answers][0]!, /role="alert"><p>The user name or the password is wrong/);
  for (const name of ['alice', 'nobody']) {
    for (let i = 0; i < 5; i++) await tried(name, 'wrong');
    assert.match(await tried(name, PASSWORD), /too many attempts\. Try again in 2 seconds/);
    cloud.advance('PT3S');
    await tried(name, 'wrong');
    assert.match(await tried(name, PASSWORD), /Try again in 4 seconds/);
  }
  cloud.advance('PT5S');
  assert.match(await tried('alice', PASSWORD), /<h1>Enter a code/);
});

test('a link works once, for an hour, and whom the directory does not know gets none', async () => {
  const { cloud } = await world();
  const browser = browserOn(cloud.send);
  const ask = async (name: string) => {
    await browser.go('/start/forgot');
    return (await browser.submit('/start/forgot', { name })).text;
  };
  assert.equal(await ask('nobody'), await ask('alice'));
  assert.deepEqual(
    (await lettersIn(cloud)).map(({ to }) => to),
    ['alice@example.com'],
  );
  const link = await linkIn(cloud);
  await browser.go(link);
  const weak = await browser.submit('/start/password', { password: 'password', again: 'password' });
  assert.match(weak.text, /must have a lower-case letter/);
  assert.match((await browser.submit('/start/password', { password: PASSWORD, again: 'x' })).text, /not the same/);
  assert.match((await browser.submit('/start/password', { password: PASSWORD, again: PASSWORD })).text, /is set/);
  assert.match((await browser.go(link)).text, /This link does not work/);
  cloud.advance('PT1S');
  await ask('alice');
  const second = await linkIn(cloud);
  await browser.go(second);
  const same = await browser.submit('/start/password', { password: PASSWORD, again: PASSWORD });
  assert.match(same.text, /one of your last three/);
  cloud.advance('PT61M');
  assert.match((await browser.go(second)).text, /This link does not work/);
});

test('a form that is not ours changes nothing', async () => {
  const { cloud } = await world();
  const { browser } = await welcome(cloud, 'alice');
  const post = (headers: Record<string, string>, body: string) =>
    cloud.send({
      method: 'POST',
      path: '/start/signout',
      headers: { host: 'cloud.test', ...headers },
      body: Buffer.from(body),
    });
  const cookie = browser.cookie();
  assert.equal((await post({ cookie }, '')).status, 403);
  assert.equal((await post({ cookie }, `csrf=${'x'.repeat(43)}`)).status, 403);
  const csrf = createHash('sha256')
    .update(`form:${cookie.split('=')[1]}`)
    .digest('base64url');
  assert.equal((await post({ cookie, origin: 'https://evil.example' }, `csrf=${csrf}`)).status, 403);
  assert.equal((await post({ cookie, 'sec-fetch-site': 'same-site' }, `csrf=${csrf}`)).status, 403);
  assert.match((await browser.go('/start')).text, /<h1>Access portal/);
  assert.equal((await post({ cookie, origin: 'http://cloud.test' }, `csrf=${csrf}`)).status, 303);
});

test('pages load nothing, run nothing, and are shown in no frame; the cookie is for this site only', async () => {
  const { cloud } = await world();
  const { headers } = await cloud.send({
    method: 'GET',
    path: '/start',
    headers: { host: 'cloud.test', origin: 'https://x.example' },
  });
  assert.match(
    headers['content-security-policy']!,
    /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
  );
  assert.deepEqual(
    [headers['cache-control'], headers['x-frame-options'], headers['access-control-allow-origin']],
    ['no-store', 'DENY', undefined],
  );
  assert.match(headers['set-cookie']!, /^gatehouse-portal=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
});

test('a device is confirmed on its page; signing out of the browser ends its token', async () => {
  const { cloud, IdentityStoreId } = await world();
  const { ssoOidc: oidc, sso } = cloud.unsigned;
  const { clientId, clientSecret } = await oidc.registerClient({ clientName: '<b>cli', clientType: 'public' });
  const startUrl = `https://${IdentityStoreId}.awsapps.com/start`;
  const device = await oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
  const page = device.verificationUriComplete!.replace('http://cloud.test', '');
  const { browser, page: confirm } = await welcome(cloud, 'alice', page);
  assert.match(confirm.text, new RegExp(device.userCode!));
  assert.match(confirm.text, /&#60;b&#62;cli/);
  const done = await browser.submit('/start/device', { decision: 'ALLOWED' });
  assert.match(done.text, /Request approved/);
  const ask = { clientId, clientSecret, grantType: DEVICE_CODE, deviceCode: device.deviceCode };
  const { accessToken } = await oidc.createToken(ask);
  assert.equal((await sso.listAccounts({ accessToken })).accountList?.length, 1);
  const denied = await oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
  await browser.go(`/start/device?user_code=${denied.userCode!.toLowerCase().replace('-', '')}`);
  assert.match((await browser.submit('/start/device', { decision: 'DENIED' })).text, /Request denied/);
  await assert.rejects(oidc.createToken({ ...ask, deviceCode: denied.deviceCode }), { name: 'AccessDeniedException' });
  assert.match((await browser.go('/start/device?user_code=BBBB-BBBB')).text, /no request with this code/);
  await browser.go('/start');
  await browser.submit('/start/signout', {});
  await assert.rejects(sso.listAccounts({ accessToken }), { name: 'UnauthorizedException' });
});

test('a command line that listens on a port of its own gets a code, and tokens for it', async () => {
  const { cloud, IdentityStoreId } = await world();
  const { ssoOidc: oidc, sso } = cloud.unsigned;
  const { clientId, clientSecret } = await oidc.registerClient({
    ...{ clientName: 'cli', clientType: 'public', scopes: ['sso:account:access'] },
    ...{ grantTypes: ['authorization_code', 'refresh_token'], redirectUris: ['http://127.0.0.1/oauth/callback'] },
    issuerUrl: `https://${IdentityStoreId}.awsapps.com/start`,
  });
  const codeVerifier = 'v'.repeat(64);
  const redirectUri = 'http://127.0.0.1:53123/oauth/callback';
  const query = (more: Record<string, string> = {}) =>
    `/authorize?${new URLSearchParams({
      ...{
        response_type: 'code',
        client_id: clientId!,
        redirect_uri: redirectUri,
        state: 'a&b',
        scopes: 'sso:account:access',
      },
      ...{
        code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
        code_challenge_method: 'S256',
      },
      ...more,
    })}`;
  const { browser, page } = await welcome(cloud, 'alice', query());
  assert.match(page.headers['content-security-policy']!, /form-action 'self' http:\/\/127\.0\.0\.1:53123;/);
  const sent = new URL((await browser.submit('/authorize', { decision: 'ALLOWED' })).location!);
  assert.deepEqual([sent.port, sent.pathname, sent.searchParams.get('state')], ['53123', '/oauth/callback', 'a&b']);
  const ask = { clientId, clientSecret, grantType: 'authorization_code', redirectUri };
  const code = sent.searchParams.get('code')!;
  const { accessToken, refreshToken } = await oidc.createToken({ ...ask, code, codeVerifier });
  assert.equal((await sso.listAccounts({ accessToken })).accountList?.length, 1);
  const renewed = await oidc.createToken({ clientId, clientSecret, grantType: 'refresh_token', refreshToken });
  assert.equal((await sso.listAccounts({ accessToken: renewed.accessToken })).accountList?.length, 1);
  assert.match((await browser.go('/start')).text, /<h1>Access portal/);

  await browser.go(query());
  const denied = new URL((await browser.submit('/authorize', { decision: 'DENIED' })).location!);
  assert.equal(denied.searchParams.get('error'), 'access_denied');
  const cases: [Record<string, string>, number, RegExp | string][] = [
    [{ redirect_uri: 'http://127.0.0.1.evil.example/oauth/callback' }, 400, /did not register/],
    [{ redirect_uri: 'http://127.0.0.1:1/other' }, 400, /did not register/],
    [{ redirect_uri: 'http://u:p@127.0.0.1:1/oauth/callback' }, 400, /did not register/],
    [{ client_id: 'x' }, 400, /is not registered/],
    [{ code_challenge_method: 'plain' }, 303, 'invalid_request'],
    [{ response_type: 'token' }, 303, 'unsupported_response_type'],
    [{ scopes: 'other' }, 303, 'invalid_scope'],
  ];
  for (const [more, status, said] of cases) {
    const answer = await browser.go(query(more));
    assert.equal(answer.status, status, JSON.stringify(more));
    if (typeof said === 'string') assert.equal(new URL(answer.location!).searchParams.get('error'), said);
    else assert.match(answer.text, said);
  }
});

test('signing in is recorded without secrets; names that nobody has are hidden', async () => {
  const { cloud } = await world();
  await welcome(cloud, 'alice');
  const browser = browserOn(cloud.send);
  await browser.go('/start');
  await browser.submit('/start/signin', { name: 'mistyped-password-1', password: 'hunter2-secret' });
  const named = async (EventName: string) => {
    const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: EventName }];
    const { Events = [] } = await cloud.root.cloudtrail.lookupEvents({ LookupAttributes });
    return Events.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent!));
  };
  const [authentication] = await named('UserAuthentication');
  assert.equal(authentication.userIdentity.type, 'IdentityCenterUser');
  assert.deepEqual(authentication.additionalEventData.CredentialType, 'PASSWORD,TOTP');
  assert.equal(authentication.additionalEventData.DeviceEnrollmentRequired, 'true');
  const failed = (await named('CredentialVerification')).filter(
    (e) => e.serviceEventDetails.CredentialVerification === 'Failure',
  );
  assert.deepEqual(
    failed.map((e) => e.additionalEventData.UserName),
    ['HIDDEN_DUE_TO_SECURITY_REASONS'],
  );
  const all = (await cloud.deps.store.journal.read(0, 10_000)).map(({ body }) => body).join('\n');
  assert.doesNotMatch(all, /hunter2|mistyped|Correct-horse/);
});

test('AWS’s own host names lead to the same pages', async () => {
  const { cloud, IdentityStoreId } = await world();
  const at = async (host: string, path: string, query = '') => {
    const { status, headers, body } = await cloud.send({ method: 'GET', path, query, headers: { host } });
    return status === 303 ? headers.location : /<h1>([^<]+)/.exec(String(body))?.[1];
  };
  const store = `${IdentityStoreId}.awsapps.com`;
  assert.equal(await at(store, '/'), '/start');
  assert.equal(await at(store, '/start'), 'Sign in to the access portal');
  assert.equal(await at('d-0123456789.awsapps.com', '/start'), 'No access portal');
  assert.equal(await at('cloud.test', `/start/${IdentityStoreId}`), 'Sign in to the access portal');
  const device = 'device.sso.us-east-1.amazonaws.com';
  assert.equal(await at(device, '/', 'user_code=BBBB-BBBB'), '/start/device?user_code=BBBB-BBBB');
  assert.equal(await at('oidc.us-east-1.amazonaws.com', '/authorize'), 'Unknown client');
  assert.equal(await at('signin.aws.amazon.com', '/'), '/signin');
});

test('a cookie under TLS is bound to the host and to TLS', async () => {
  const { cloud } = await world();
  const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' };
  const source = { ip: '127.0.0.1', userAgent: '', host: 'cloud.test', tls };
  const request = { method: 'GET', path: '/start', query: '', headers: { host: 'cloud.test' }, body: Buffer.alloc(0) };
  const { headers } = await handle(request, source, cloud.deps);
  assert.match(headers['set-cookie']!, /^__Host-gatehouse-portal=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
});
