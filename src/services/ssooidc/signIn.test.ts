import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { portalOf, welcome } from '../../testing/people.ts';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

async function world() {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const { IdentityStoreId, InstanceArn } = portal;
  const UserId = await portal.person('alice');
  const alice = { type: 'USER', id: UserId } as const;
  const PermissionSetArn = await portal.assign('AdminRole', 'AdministratorAccess', alice, cloud.managementAccount);
  await cloud.root.ssoAdmin.updatePermissionSet({ InstanceArn, PermissionSetArn, SessionDuration: 'PT2H' });
  const { browser } = await welcome(cloud, 'alice');
  /** What somebody who is signed in does on the page. */
  const confirm = async (userCode: string, decision: 'ALLOWED' | 'DENIED') => {
    await browser.go(`/start/device?user_code=${userCode}`);
    await browser.submit('/start/device', { decision });
  };
  const { ssoOidc: oidc, sso } = cloud.unsigned;
  const startUrl = `https://${IdentityStoreId}.awsapps.com/start`;
  /** A client of devices that asks for somebody to confirm it. */
  const device = async () => {
    const { clientId, clientSecret } = await oidc.registerClient({ clientName: 'cli', clientType: 'public' });
    const { deviceCode, ...shown } = await oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
    const ask = { clientId, clientSecret, grantType: DEVICE_CODE, deviceCode };
    return { ...shown, userCode: shown.userCode!, ask };
  };
  return {
    cloud,
    oidc,
    sso,
    browser,
    startUrl,
    IdentityStoreId,
    UserId,
    InstanceArn,
    PermissionSetArn,
    confirm,
    device,
  };
}

test('a device is confirmed in a browser, and its token opens accounts, roles and credentials', async () => {
  const { cloud, oidc, sso, confirm, device } = await world();
  const { ask, userCode, ...shown } = await device();
  assert.match(userCode, /^[A-Z]{4}-[A-Z]{4}$/);
  assert.equal(shown.verificationUriComplete, `${shown.verificationUri}?user_code=${userCode}`);
  await assert.rejects(oidc.createToken(ask), {
    name: 'AuthorizationPendingException',
    error: 'authorization_pending',
  });
  await confirm(userCode, 'ALLOWED');
  const { accessToken, tokenType, refreshToken } = await oidc.createToken(ask);
  assert.deepEqual([tokenType, refreshToken], ['Bearer', undefined]);
  await assert.rejects(oidc.createToken(ask), { name: 'InvalidGrantException' });

  const { accountList } = await sso.listAccounts({ accessToken });
  assert.deepEqual(
    accountList?.map(({ accountId }) => accountId),
    [cloud.managementAccount],
  );
  const accountId = cloud.managementAccount;
  const { roleList } = await sso.listAccountRoles({ accessToken, accountId });
  assert.deepEqual(roleList, [{ roleName: 'AdminRole', accountId }]);
  const { roleCredentials } = await sso.getRoleCredentials({ accessToken, accountId, roleName: 'AdminRole' });
  assert.equal(roleCredentials!.expiration, cloud.now().getTime() + 7_200_000);
  const { accessKeyId, secretAccessKey, sessionToken } = roleCredentials!;
  const person = cloud.as({
    accessKeyId: accessKeyId!,
    secretAccessKey: secretAccessKey!,
    sessionToken: sessionToken!,
  });
  const { Arn } = await person.sts.getCallerIdentity({});
  assert.match(Arn!, /assumed-role\/AWSReservedSSO_AdminRole_[0-9a-f]{16}\/alice$/);
  await person.iam.listUsers({});

  await assert.rejects(sso.getRoleCredentials({ accessToken, accountId, roleName: 'Other' }), {
    name: 'ForbiddenException',
  });
  await assert.rejects(sso.listAccounts({ accessToken: 'x' }), { name: 'UnauthorizedException' });
  await sso.logout({ accessToken });
  await assert.rejects(sso.listAccounts({ accessToken }), { name: 'UnauthorizedException' });
});

test('what somebody does by a token is recorded as theirs, by id and without a name', async () => {
  const { cloud, oidc, sso, browser, confirm, device, UserId, IdentityStoreId } = await world();
  const { ask, userCode } = await device();
  await confirm(userCode, 'ALLOWED');
  const { accessToken } = await oidc.createToken(ask);
  await sso.listAccounts({ accessToken });
  await browser.go('/start');
  await browser.submit('/start/credentials', { account: cloud.managementAccount, role: 'AdminRole' });
  const identityOf = async (name: string) => {
    const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: name }];
    const [event] = (await cloud.root.cloudtrail.lookupEvents({ LookupAttributes })).Events!;
    assert.equal(event!.EventSource, 'sso.amazonaws.com');
    return JSON.parse(event!.CloudTrailEvent!).userIdentity;
  };
  const identityStoreArn = `arn:aws:identitystore::${cloud.managementAccount}:identitystore/${IdentityStoreId}`;
  const alice = {
    ...{ type: 'IdentityCenterUser', accountId: cloud.managementAccount },
    onBehalfOf: { userId: UserId, identityStoreArn },
  };
  assert.deepEqual(await identityOf('CreateToken'), alice);
  const { credentialId: token, ...byToken } = await identityOf('ListAccounts');
  const { credentialId: session, ...inBrowser } = await identityOf('GetRoleCredentials');
  assert.deepEqual([byToken, inBrowser], [alice, alice]);
  assert.match(session, /^[0-9a-f-]{36}$/);
  assert.ok(token !== session && !accessToken!.includes(token));
});

test('on the wire it is what the AWS CLI relies on', async () => {
  const { cloud, confirm, startUrl } = await world();
  const sent = async (host: string, method: string, path: string, body: object | undefined, headers: object = {}) => {
    const [at = '', query = ''] = path.split('?');
    const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body));
    const all = { host, 'content-type': 'application/json', ...headers };
    const answer = await cloud.send({ method, path: at, query, headers: all, body: bytes });
    return { status: answer.status, kind: answer.headers['x-amzn-errortype'], told: JSON.parse(String(answer.body)) };
  };
  const oidc = (path: string, body: object) => sent('oidc.us-east-1.amazonaws.com', 'POST', path, body);
  const { told: client } = await oidc('/client/register', { clientName: 'botocore-client', clientType: 'public' });
  const { clientId, clientSecret } = client;
  const { told: device } = await oidc('/device_authorization', { clientId, clientSecret, startUrl });
  assert.deepEqual([device.interval, device.expiresIn], [1, 600]);
  const ask = { clientId, clientSecret, grantType: DEVICE_CODE, deviceCode: device.deviceCode };
  const waiting = await oidc('/token', ask);
  assert.deepEqual([waiting.status, waiting.kind], [400, 'AuthorizationPendingException']);
  assert.equal(waiting.told.error, 'authorization_pending');
  await confirm(device.userCode, 'ALLOWED');
  const { told: token } = await oidc('/token', ask);
  assert.deepEqual([token.tokenType, typeof token.expiresIn], ['Bearer', 'number']);
  const asked = `/federation/credentials?account_id=${cloud.managementAccount}&role_name=AdminRole`;
  const bearer = { 'x-amz-sso_bearer_token': token.accessToken };
  const { status, told } = await sent('portal.sso.us-east-1.amazonaws.com', 'GET', asked, undefined, bearer);
  assert.deepEqual([status, told.roleCredentials.expiration], [200, cloud.now().getTime() + 7_200_000]);
  const nobody = await sent('portal.sso.us-east-1.amazonaws.com', 'GET', asked, undefined, {
    'x-amz-sso_bearer_token': 'nobody',
  });
  assert.deepEqual([nobody.status, nobody.kind], [401, 'UnauthorizedException']);
});

test('a device asks once a second; more often it is told to slow down, but not kept waiting', async () => {
  const { cloud, oidc, confirm, device } = await world();
  const { ask, userCode, interval } = await device();
  const pending = { name: 'AuthorizationPendingException', error: 'authorization_pending' };
  const hasty = { name: 'SlowDownException', error: 'slow_down' };
  await assert.rejects(oidc.createToken(ask), pending);
  await assert.rejects(oidc.createToken(ask), hasty);
  const other = await device();
  await assert.rejects(oidc.createToken(other.ask), pending);
  cloud.advance(`PT${interval}S`);
  await assert.rejects(oidc.createToken(ask), pending);
  await assert.rejects(oidc.createToken(ask), hasty);
  await confirm(userCode, 'ALLOWED');
  assert.ok((await oidc.createToken(ask)).accessToken);
});

test('a device that is denied, late, or of another client gets nothing', async () => {
  const { cloud, oidc, startUrl, confirm } = await world();
  const client = await oidc.registerClient({ clientName: 'cli', clientType: 'public' });
  const { clientId, clientSecret } = client;
  const denied = await oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
  await confirm(denied.userCode!, 'DENIED');
  const ask = { clientId, clientSecret, grantType: DEVICE_CODE };
  await assert.rejects(oidc.createToken({ ...ask, deviceCode: denied.deviceCode }), { name: 'AccessDeniedException' });
  const late = await oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
  cloud.advance('PT11M');
  await assert.rejects(oidc.createToken({ ...ask, deviceCode: late.deviceCode }), { name: 'ExpiredTokenException' });
  const other = await oidc.registerClient({ clientName: 'other', clientType: 'public' });
  const own = await oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
  const stolen = { clientId: other.clientId, clientSecret: other.clientSecret, grantType: DEVICE_CODE };
  await assert.rejects(oidc.createToken({ ...stolen, deviceCode: own.deviceCode }), { name: 'InvalidGrantException' });
  const wrong = { ...ask, clientSecret: `${clientSecret}x`, deviceCode: own.deviceCode };
  await assert.rejects(oidc.createToken(wrong), { name: 'InvalidClientException', error: 'invalid_client' });
  const nowhere = oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl: 'https://example.com/start' });
  await assert.rejects(nowhere, { name: 'InvalidRequestException' });
  cloud.advance('P91D');
  await assert.rejects(oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl }), {
    name: 'InvalidClientException',
  });
});

const CALLBACK = 'http://127.0.0.1/oauth/callback';
const codeVerifier = 'v'.repeat(64);

/** A command line, and codes that the page gives it. */
async function commandLine({ oidc, browser }: Awaited<ReturnType<typeof world>>) {
  const { clientId, clientSecret } = await oidc.registerClient({
    ...{ clientName: 'cli', clientType: 'public', scopes: ['sso:account:access'], redirectUris: [CALLBACK] },
    grantTypes: ['authorization_code', 'refresh_token'],
  });
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: clientId!, redirect_uri: CALLBACK, code_challenge_method: 'S256' },
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
  });
  const given = async () => {
    await browser.go(`/authorize?${query}`);
    const { location } = await browser.submit('/authorize', { decision: 'ALLOWED' });
    return new URL(location!).searchParams.get('code')!;
  };
  const client = { clientId, clientSecret };
  return { given, ask: { ...client, grantType: 'authorization_code', redirectUri: CALLBACK }, client };
}

test('a code is exchanged once, by who can prove that it asked; its refresh token works once too', async () => {
  const here = await world();
  const { cloud, oidc, sso } = here;
  const { given, ask, client } = await commandLine(here);
  const spoiled = await given();
  await assert.rejects(oidc.createToken({ ...ask, code: spoiled, codeVerifier: 'wrong' }), {
    name: 'InvalidGrantException',
  });
  const code = await given();
  const first = await oidc.createToken({ ...ask, code, codeVerifier });
  await assert.rejects(oidc.createToken({ ...ask, code, codeVerifier }), { name: 'InvalidGrantException' });
  const { accessToken, refreshToken } = first;
  assert.equal((await sso.listAccounts({ accessToken })).accountList?.length, 1);
  const renew = { ...client, grantType: 'refresh_token', refreshToken };
  const second = await oidc.createToken(renew);
  await assert.rejects(sso.listAccounts({ accessToken }), { name: 'UnauthorizedException' });
  await assert.rejects(oidc.createToken(renew), { name: 'InvalidGrantException' });
  assert.equal((await sso.listAccounts({ accessToken: second.accessToken })).accountList?.length, 1);
  cloud.advance('PT2H');
  await assert.rejects(sso.listAccounts({ accessToken: second.accessToken }), { name: 'UnauthorizedException' });
});

test('tokens are renewed while the sign-in lasts that they came of, and none outlives it', async () => {
  const here = await world();
  const { cloud, oidc, sso, confirm, device } = here;
  const { given, ask, client } = await commandLine(here);
  cloud.advance('PT7H');
  let { refreshToken, ...token } = await oidc.createToken({ ...ask, code: await given(), codeVerifier });
  assert.equal(token.expiresIn, 3600);
  const late = await device();
  await confirm(late.userCode, 'ALLOWED');
  const { accessToken, expiresIn } = await oidc.createToken(late.ask);
  assert.equal(expiresIn, 3600, 'as long as the sign-in: eight hours');
  cloud.advance('PT55M');
  const renew = () => oidc.createToken({ ...client, grantType: 'refresh_token', refreshToken });
  ({ refreshToken, ...token } = await renew());
  assert.equal(token.expiresIn, 300);
  const unexchanged = await device();
  await confirm(unexchanged.userCode, 'ALLOWED');
  cloud.advance('PT5M');
  for (const each of [accessToken, token.accessToken]) {
    await assert.rejects(sso.listAccounts({ accessToken: each }), { name: 'UnauthorizedException' });
  }
  await assert.rejects(renew(), { name: 'ExpiredTokenException', error: 'expired_token' });
  const never = await device();
  assert.match(
    (await here.browser.go(`/start/device?user_code=${never.userCode}`)).text,
    /Sign in to the access portal/,
  );
  await assert.rejects(oidc.createToken(unexchanged.ask), { name: 'AccessDeniedException' });
});

test('a policy tells people of one permission set apart, and keeps out who is gone', async () => {
  const here = await world();
  const { cloud, oidc, sso, UserId, InstanceArn, PermissionSetArn, IdentityStoreId } = here;
  const { given, ask } = await commandLine(here);
  const { accessToken } = await oidc.createToken({ ...ask, code: await given(), codeVerifier });
  const role = { accountId: cloud.managementAccount, roleName: 'AdminRole' };
  const { roleCredentials } = await sso.getRoleCredentials({ accessToken, ...role });
  const { accessKeyId = '', secretAccessKey = '', sessionToken = '' } = roleCredentials!;
  const person = cloud.as({ accessKeyId, secretAccessKey, sessionToken });
  const other = (
    await cloud.root.identitystore.createUser({
      ...{ IdentityStoreId, UserName: 'bob', DisplayName: 'Bob', Name: { GivenName: 'Bob', FamilyName: 'Doe' } },
    })
  ).UserId!;
  const { ssoAdmin } = cloud.root;
  const allowing = async (...Statement: object[]) => {
    const InlinePolicy = JSON.stringify({ Version: '2012-10-17', Statement });
    await ssoAdmin.putInlinePolicyToPermissionSet({ InstanceArn, PermissionSetArn, InlinePolicy });
    await ssoAdmin.provisionPermissionSet({ InstanceArn, PermissionSetArn, TargetType: 'ALL_PROVISIONED_ACCOUNTS' });
    await cloud.settle();
  };
  const user = '$' + '{identitystore:UserId}';
  const NotResource = [`arn:aws:identitystore:::user/${user}`, 'arn:aws:identitystore::*:identitystore/*'];
  await allowing({ Effect: 'Deny', Action: 'identitystore:DescribeUser', NotResource });
  assert.equal((await person.identitystore.describeUser({ IdentityStoreId, UserId })).UserName, 'alice');
  await assert.rejects(person.identitystore.describeUser({ IdentityStoreId, UserId: other }), {
    name: 'AccessDeniedException',
  });
  const gone = { Effect: 'Deny', Action: '*', Resource: '*' };
  await allowing({ ...gone, Condition: { StringEquals: { 'identitystore:UserId': other } } });
  await person.iam.listRoles({});
  await allowing({ ...gone, Condition: { StringEquals: { 'identitystore:UserId': UserId } } });
  await assert.rejects(person.iam.listRoles({}), { name: 'AccessDenied' });
});

test('attributes for access control become session tags, and a deleted user is out at once', async () => {
  const { cloud, oidc, sso, IdentityStoreId, UserId, InstanceArn, PermissionSetArn, confirm, device } = await world();
  const { ssoAdmin, identitystore } = cloud.root;
  const Source = ['$' + '{path:emails[primary eq true].value}'];
  const AccessControlAttributes = [{ Key: 'mail', Value: { Source } }];
  await ssoAdmin.createInstanceAccessControlAttributeConfiguration({
    InstanceArn,
    InstanceAccessControlAttributeConfiguration: { AccessControlAttributes },
  });
  const { ask, userCode } = await device();
  await confirm(userCode, 'ALLOWED');
  const { accessToken } = await oidc.createToken(ask);
  const role = { accountId: cloud.managementAccount, roleName: 'AdminRole' };
  const { roleCredentials } = await sso.getRoleCredentials({ accessToken, ...role });
  const { accessKeyId, secretAccessKey, sessionToken } = roleCredentials!;
  const person = cloud.as({
    accessKeyId: accessKeyId!,
    secretAccessKey: secretAccessKey!,
    sessionToken: sessionToken!,
  });
  const Statement = [
    {
      ...{ Effect: 'Deny', Action: 'iam:ListUsers', Resource: '*' },
      Condition: { StringEquals: { 'aws:PrincipalTag/mail': 'alice@example.com' } },
    },
    { Effect: 'Allow', Action: 'iam:*', Resource: '*' },
  ];
  const InlinePolicy = JSON.stringify({ Version: '2012-10-17', Statement });
  const named = { InstanceArn, PermissionSetArn };
  await ssoAdmin.putInlinePolicyToPermissionSet({ ...named, InlinePolicy });
  await ssoAdmin.provisionPermissionSet({ ...named, TargetType: 'ALL_PROVISIONED_ACCOUNTS' });
  await cloud.settle();
  await assert.rejects(person.iam.listUsers({}), { name: 'AccessDenied' });
  await person.iam.listRoles({});
  await identitystore.deleteUser({ IdentityStoreId, UserId });
  await assert.rejects(sso.listAccounts({ accessToken }), { name: 'UnauthorizedException' });
});
