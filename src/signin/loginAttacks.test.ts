import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../testing/cloud.ts';
import { allowedCode, CALLBACK, CROSS, commandLine, signedInBrowser } from '../testing/login.ts';
import { usedProofs } from './dpop.ts';

const allow = (...Action: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: 'arn:aws:signin:*:*:oauth2/public-client/*' }],
});
const BOTH = allow('signin:AuthorizeOAuth2Access', 'signin:CreateOAuth2Token');

async function world(...documents: object[]) {
  const cloud = await testCloud();
  await cloud.user('anaya', ...(documents.length > 0 ? documents : [BOTH]));
  return { cloud, browser: await signedInBrowser(cloud, 'anaya'), client: commandLine(cloud) };
}

async function recordsIn(cloud: Cloud, name: string) {
  const rows = await cloud.deps.store.journal.read(0, 10_000);
  return rows.map(({ body }) => JSON.parse(body)).filter(({ eventName }) => eventName === name);
}

test('a client, or an address, that is not known gets neither code nor error: a page says so', async () => {
  const { browser, client, cloud } = await world();
  const cross = commandLine(cloud, { client: CROSS });
  const addresses = [
    client.address({ client_id: 'arn:aws:signin:::devtools/other' }),
    client.address({ redirect_uri: 'http://127.0.0.1:53037/elsewhere' }),
    client.address({ redirect_uri: 'http://127.0.0.1.evil.example/oauth/callback' }),
    client.address({ redirect_uri: 'http://localhost:53037/oauth/callback' }),
    client.address({ redirect_uri: 'https://127.0.0.1:53037/oauth/callback' }),
    client.address({ redirect_uri: 'http://u:p@127.0.0.1:53037/oauth/callback' }),
    client.address({ redirect_uri: `${CALLBACK}?next=1` }),
    client.address({ redirect_uri: 'javascript:alert(1)' }),
    cross.address({ redirect_uri: 'http://evil.example/v1/sessions/confirmation' }),
    cross.address({ redirect_uri: CALLBACK }),
  ];
  for (const address of addresses) {
    const { status, location } = await browser.go(address);
    assert.deepEqual([status, location], [400, undefined], address);
  }
});

test('what else is wrong is told to the client at its own address', async () => {
  const { browser, client } = await world();
  const wrong: [Record<string, string>, string][] = [
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ code_challenge: 'short' }, 'invalid_request'],
    [{ scope: 'openid email' }, 'invalid_scope'],
    [{ resource: 'https://aws-mcp.us-east-1.api.aws/mcp' }, 'invalid_target'],
  ];
  for (const [more, error] of wrong) {
    const sent = new URL((await browser.go(client.address(more))).location!);
    assert.deepEqual([sent.origin, sent.searchParams.get('error')], ['http://127.0.0.1:53037', error]);
    assert.equal(sent.searchParams.get('state'), client.state);
  }
});

test('the question is answered by a form of ours only', async () => {
  const { browser, client, cloud } = await world();
  await browser.go(client.address());
  const [, query] = client.address().split('?');
  for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }, {}]) {
    const answer = await cloud.send({
      ...{ method: 'POST', path: '/v1/authorize', body: Buffer.from(`${query}&decision=ALLOWED`) },
      headers: {
        ...{ host: 'cloud.test', cookie: browser.cookie(), 'content-type': 'application/x-www-form-urlencoded' },
        ...(headers as Record<string, string>),
      },
    });
    assert.equal(answer.status, 403);
  }
  assert.deepEqual(await recordsIn(cloud, 'AuthorizeOAuth2Access'), []);
});

test('a code is of one client, address and verifier, is used once, and soon', async () => {
  const { browser, client, cloud } = await world();
  const wrong: [object, string][] = [
    [{ codeVerifier: 'x'.repeat(64) }, 'INVALID_REQUEST'],
    [{ codeVerifier: undefined }, 'INVALID_REQUEST'],
    [{ redirectUri: 'http://127.0.0.1:1/oauth/callback' }, 'INVALID_REQUEST'],
    [{ clientId: CROSS }, 'INVALID_REQUEST'],
  ];
  for (const [more, error] of wrong) {
    const code = await allowedCode(browser, client);
    const answer = await client.exchange(code, more);
    assert.deepEqual([answer.status, answer.error], [400, error]);
    assert.equal(answer.headers['x-amzn-errortype'], 'ValidationException');
    assert.equal((await client.exchange(code)).error, 'AUTHCODE_EXPIRED', 'it is burnt');
  }
  const late = await allowedCode(browser, client);
  cloud.advance('PT1M');
  assert.deepEqual((await client.exchange(late)).error, 'AUTHCODE_EXPIRED');
  assert.deepEqual((await client.exchange('made-up')).error, 'AUTHCODE_EXPIRED');
});

test('a code that comes a second time ends the login that it began', async () => {
  const { browser, client } = await world();
  const code = await allowedCode(browser, client);
  const { refreshToken } = await client.exchange(code);
  const again = await client.exchange(code);
  assert.deepEqual([again.status, again.error], [401, 'AUTHCODE_EXPIRED']);
  assert.equal((await client.refresh(refreshToken)).error, 'TOKEN_EXPIRED');
});

test('a proof must be there, hold for this request and this moment, and is taken once', async () => {
  const { browser, client } = await world();
  const { refreshToken } = await client.exchange(await allowedCode(browser, client));
  const now = Math.floor(Date.now() / 1000);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const otherJwk = other.publicKey.export({ format: 'jwk' });
  const proofs: Record<string, string> = {
    none: '',
    'no token': 'a.b.c',
    'another method': client.proof({ claims: { htm: 'GET' } }),
    'another path': client.proof({ claims: { htu: 'http://cloud.test/v1/authorize' } }),
    'another host': client.proof({ claims: { htu: 'http://evil.example/v1/token' } }),
    'too old': client.proof({ claims: { iat: now - 301 } }),
    'too new': client.proof({ claims: { iat: now + 310 } }),
    'no time': client.proof({ claims: { iat: 'now' } }),
    'no id': client.proof({ claims: { jti: '' } }),
    'another type': client.proof({ header: { typ: 'JWT' } }),
    'no algorithm': client.proof({ header: { alg: 'none' } }),
    'another algorithm': client.proof({ header: { alg: 'HS256' } }),
    'another curve': client.proof({ header: { jwk: p384.publicKey.export({ format: 'jwk' }) }, by: p384.privateKey }),
    'a key that did not sign': client.proof({ header: { jwk: otherJwk } }),
    'a private key': client.proof({
      header: { jwk: other.privateKey.export({ format: 'jwk' }) },
      by: other.privateKey,
    }),
    'a point off the curve': client.proof({ header: { jwk: { ...otherJwk, y: otherJwk.x } } }),
    'something critical': client.proof({ header: { crit: ['b64'] } }),
    'two proofs': `${client.proof()}, ${client.proof()}`,
  };
  for (const [name, dpop] of Object.entries(proofs)) {
    const answer = await client.refresh(refreshToken, { dpop });
    assert.deepEqual([answer.status, answer.error], [400, 'INVALID_REQUEST'], name);
  }
  const dpop = client.proof();
  const answer = await client.refresh(refreshToken, { dpop });
  assert.equal(answer.status, 200);
  const replay = await client.refresh(answer.refreshToken, { dpop });
  assert.deepEqual([replay.status, replay.message], [400, 'The DPoP proof was used already.']);
  const query = client.proof({ claims: { htu: 'http://CLOUD.test:80/v1/token?x=1#y' } });
  assert.equal((await client.refresh(answer.refreshToken, { dpop: query })).status, 200, 'as RFC 9449 compares');
});

test('strangers with proofs of their own write nothing', async () => {
  const { client, cloud } = await world();
  const before = await cloud.deps.store.journal.tip();
  await client.refresh('x');
  await client.exchange('x');
  const { rows } = await cloud.deps.store.transaction((tx) => tx.list(usedProofs, [], { limit: 10 }));
  assert.deepEqual(rows, []);
  assert.equal(await cloud.deps.store.journal.tip(), before);
});

test('a Region in a host name must be one of AWS’s; the record is kept there', async () => {
  const { cloud, browser } = await world();
  for (const [host, region] of Object.entries({ 'eu-west-1': 'eu-west-1', 'aa-bb-1': 'us-east-1' })) {
    const there = commandLine(cloud, { host: `${host}.signin.aws.amazon.com` });
    const answer = await there.exchange(await allowedCode(browser, there));
    assert.equal(answer.status, 200, String(answer.message));
    assert.equal((await recordsIn(cloud, 'CreateOAuth2Token')).at(-1).awsRegion, region);
  }
});

test('a refresh token is worth nothing without the key that it is bound to', async () => {
  const { browser, client } = await world();
  const { refreshToken } = await client.exchange(await allowedCode(browser, client));
  const thief = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const dpop = client.proof({ header: { jwk: thief.publicKey.export({ format: 'jwk' }) }, by: thief.privateKey });
  const answer = await client.refresh(refreshToken, { dpop });
  assert.deepEqual([answer.status, answer.error], [400, 'INVALID_REQUEST']);
  assert.equal((await client.refresh(refreshToken)).status, 200, 'its owner goes on');
  assert.equal((await client.refresh(`${refreshToken}x`)).error, 'TOKEN_EXPIRED');
});

test('a refresh token that was renewed answers the same for a quarter of an hour; then it ends the login', async () => {
  const { browser, client, cloud } = await world();
  const first = await client.exchange(await allowedCode(browser, client));
  const second = await client.refresh(first.refreshToken);
  cloud.advance('PT5M');
  const again = await client.refresh(first.refreshToken);
  assert.deepEqual(again.accessToken, second.accessToken);
  assert.deepEqual([again.refreshToken, again.expiresIn], [second.refreshToken, 600]);
  cloud.advance('PT10M');
  const stolen = await client.refresh(first.refreshToken);
  assert.deepEqual([stolen.status, stolen.error], [401, 'TOKEN_EXPIRED']);
  assert.equal((await client.refresh(second.refreshToken)).error, 'TOKEN_EXPIRED', 'for everybody');
});

test('a refresh token of two rounds ago ends the login at once', async () => {
  const { browser, client } = await world();
  const first = await client.exchange(await allowedCode(browser, client));
  const second = await client.refresh(first.refreshToken);
  const third = await client.refresh(second.refreshToken);
  assert.equal((await client.refresh(first.refreshToken)).error, 'TOKEN_EXPIRED');
  assert.equal((await client.refresh(third.refreshToken)).error, 'TOKEN_EXPIRED');
});

test('two programs that renew at the same time get the same credentials', async () => {
  const { browser, client } = await world();
  const { refreshToken } = await client.exchange(await allowedCode(browser, client));
  const [a, b] = await Promise.all([client.refresh(refreshToken), client.refresh(refreshToken)]);
  assert.deepEqual([a.status, b.status], [200, 200]);
  assert.deepEqual(a.accessToken, b.accessToken);
});

test('changing the password, or taking it away, or the user, ends the login', async () => {
  const changes: Record<string, (cloud: Cloud) => Promise<unknown>> = {
    changed: ({ root }) => root.iam.updateLoginProfile({ UserName: 'anaya', Password: 'Another-horse-2' }),
    gone: ({ root }) => root.iam.deleteLoginProfile({ UserName: 'anaya' }),
    'another user of that name': async ({ root, user }) => {
      await root.iam.deleteLoginProfile({ UserName: 'anaya' });
      const { AccessKeyMetadata } = await root.iam.listAccessKeys({ UserName: 'anaya' });
      await root.iam.deleteAccessKey({ UserName: 'anaya', AccessKeyId: AccessKeyMetadata![0]!.AccessKeyId! });
      const { PolicyNames } = await root.iam.listUserPolicies({ UserName: 'anaya' });
      for (const PolicyName of PolicyNames!) await root.iam.deleteUserPolicy({ UserName: 'anaya', PolicyName });
      await root.iam.deleteUser({ UserName: 'anaya' });
      await user('anaya', BOTH);
    },
  };
  for (const [name, change] of Object.entries(changes)) {
    const { browser, client, cloud } = await world();
    const { refreshToken } = await client.exchange(await allowedCode(browser, client));
    await change(cloud);
    const answer = await client.refresh(refreshToken);
    assert.deepEqual([answer.status, answer.error], [403, 'USER_CREDENTIALS_CHANGED'], name);
    assert.equal(answer.headers['x-amzn-errortype'], 'AccessDeniedException');
    assert.equal((await client.refresh(refreshToken)).error, 'TOKEN_EXPIRED', 'for good');
  }
});

test('policies are asked when access is allowed, at the exchange and at each renewal', async () => {
  const without = await world(allow('signin:CreateOAuth2Token'));
  await without.browser.go(without.client.address());
  const sent = new URL((await without.browser.submit('/v1/authorize', { decision: 'ALLOWED' })).location!);
  assert.equal(sent.searchParams.get('error'), 'access_denied');
  const resource = 'arn:aws:signin:us-east-1:111122223333:oauth2/public-client/localhost';
  assert.equal(
    sent.searchParams.get('error_description')!.split(' because no identity-based policy allows')[0],
    `User: arn:aws:iam::111122223333:user/anaya is not authorized to perform: signin:AuthorizeOAuth2Access on resource: ${resource}`,
  );
  const [record] = await recordsIn(without.cloud, 'AuthorizeOAuth2Access');
  assert.deepEqual([record.errorCode, record.additionalEventData.success], ['AccessDenied', 'false']);

  const half = await world(allow('signin:AuthorizeOAuth2Access'));
  const refused = await half.client.exchange(await allowedCode(half.browser, half.client));
  assert.deepEqual([refused.status, refused.error], [403, 'INSUFFICIENT_PERMISSIONS']);

  const { cloud, browser, client } = await world();
  const { refreshToken } = await client.exchange(await allowedCode(browser, client));
  const deny = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: 'signin:CreateOAuth2Token',
        Resource: '*',
        Condition: { StringEquals: { 'signin:OAuthGrantType': 'refresh_token' } },
      },
    ],
  };
  await cloud.root.iam.putUserPolicy({ UserName: 'anaya', PolicyName: 'no', PolicyDocument: JSON.stringify(deny) });
  assert.equal((await client.refresh(refreshToken)).error, 'INSUFFICIENT_PERMISSIONS');
  await cloud.root.iam.deleteUserPolicy({ UserName: 'anaya', PolicyName: 'no' });
  assert.equal((await client.refresh(refreshToken)).status, 200, 'what is allowed again goes on');
});

test('either kind of sign-in can be allowed alone', async () => {
  const localhost = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'signin:*',
        Resource: 'arn:aws:signin:us-east-1:111122223333:oauth2/public-client/localhost',
      },
    ],
  };
  const { cloud, browser, client } = await world(localhost);
  assert.equal((await client.exchange(await allowedCode(browser, client))).status, 200);
  const cross = commandLine(cloud, { client: CROSS });
  await browser.go(cross.address());
  const page = await browser.submit('/v1/authorize', { decision: 'ALLOWED' });
  assert.equal(page.status, 403);
  assert.match(page.text, /public-client\/remote/);
});

test('a body that is no request, or not of the model, is refused; a form is read like JSON', async () => {
  const { browser, client, cloud } = await world();
  const good = { clientId: 'arn:aws:signin:::devtools/same-device', grantType: 'refresh_token', refreshToken: 'x' };
  const bad: object[] = [
    [],
    { ...good, clientId: undefined },
    { ...good, clientId: 'other' },
    { ...good, grantType: 'client_credentials' },
    { ...good, refreshToken: 7 },
    { ...good, refreshToken: 'x'.repeat(2049) },
    { ...good, refreshToken: undefined },
    { ...good, grantType: 'authorization_code', code: undefined },
    { ...good, codeVerifier: 'too short' },
  ];
  for (const input of bad) {
    const answer = await client.token(input);
    assert.deepEqual([answer.status, answer.error], [400, 'INVALID_REQUEST'], JSON.stringify(input));
  }
  const code = await allowedCode(browser, client);
  const form = new URLSearchParams({
    ...{ client_id: good.clientId, grant_type: 'authorization_code', code },
    ...{ code_verifier: client.verifier, redirect_uri: client.redirectUri },
  });
  const answer = await cloud.send({
    ...{ method: 'POST', path: '/v1/token', body: Buffer.from(form.toString()) },
    headers: { host: 'cloud.test', dpop: client.proof(), 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.equal(answer.status, 200);
});

test('a service control policy of the organization counts in a member account', async () => {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  await organizations.createAccount({ AccountName: 'dev', Email: 'dev@example.com' });
  cloud.advance('PT1H');
  const { Accounts } = await organizations.listAccounts({});
  const TargetId = Accounts!.find(({ Id }) => Id !== cloud.managementAccount)!.Id!;
  const { Roots } = await organizations.listRoots({});
  await organizations.enablePolicyType({ RootId: Roots![0]!.Id!, PolicyType: 'SERVICE_CONTROL_POLICY' });
  const root = cloud.as(await cloud.keyFor(TargetId));
  const deny = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Action: 'signin:AuthorizeOAuth2Access', Resource: '*' }],
  };
  const { Policy } = await organizations.createPolicy({
    ...{ Name: 'no-login', Description: '', Type: 'SERVICE_CONTROL_POLICY', Content: JSON.stringify(deny) },
  });
  await root.iam.createUser({ UserName: 'bob' });
  await root.iam.putUserPolicy({ UserName: 'bob', PolicyName: 'p', PolicyDocument: JSON.stringify(BOTH) });
  const browser = await signedInBrowser(cloud, 'bob', { iam: root.iam, account: TargetId });
  const client = commandLine(cloud);
  assert.equal((await client.exchange(await allowedCode(browser, client))).status, 200);
  await organizations.attachPolicy({ PolicyId: Policy!.PolicySummary!.Id!, TargetId });
  await browser.go(client.address());
  const sent = new URL((await browser.submit('/v1/authorize', { decision: 'ALLOWED' })).location!);
  assert.match(sent.searchParams.get('error_description')!, /with an explicit deny in a service control policy/);
});
