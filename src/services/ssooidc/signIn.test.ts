import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { clientOfId } from '../../identity/oidcClients.ts';
import { authorizationCodes, deviceAuthorizations, digestOf, newToken } from '../../identity/portalSessions.ts';
import { testCloud } from '../../testing/cloud.ts';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

async function world() {
  const cloud = await testCloud();
  const { organizations, ssoAdmin, identitystore } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  const { InstanceArn } = await ssoAdmin.createInstance({});
  const { IdentityStoreId } = (await ssoAdmin.listInstances({})).Instances![0]!;
  const { UserId } = await identitystore.createUser({
    ...{ IdentityStoreId, UserName: 'alice', DisplayName: 'Alice', Name: { GivenName: 'Alice', FamilyName: 'Doe' } },
    Emails: [{ Value: 'alice@example.com', Primary: true }],
  });
  const { PermissionSet } = await ssoAdmin.createPermissionSet({
    InstanceArn,
    Name: 'AdminRole',
    SessionDuration: 'PT2H',
  });
  const PermissionSetArn = PermissionSet!.PermissionSetArn!;
  const ManagedPolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
  await ssoAdmin.attachManagedPolicyToPermissionSet({ InstanceArn, PermissionSetArn, ManagedPolicyArn });
  await ssoAdmin.createAccountAssignment({
    ...{ InstanceArn, PermissionSetArn, TargetId: cloud.managementAccount, TargetType: 'AWS_ACCOUNT' },
    ...{ PrincipalType: 'USER', PrincipalId: UserId },
  });
  await cloud.settle();
  /** What the page does when somebody who is signed in confirms a device. */
  const confirm = (userCode: string, decision: 'ALLOWED' | 'DENIED') =>
    cloud.deps.store.transaction(async (tx) => {
      const { rows } = await tx.list(deviceAuthorizations, [userCode], { limit: 1, index: 'userCode' });
      await tx.replace(deviceAuthorizations, { ...rows[0]!, decision, user: UserId! });
    });
  const { ssoOidc: oidc, sso } = cloud.unsigned;
  return { cloud, oidc, sso, IdentityStoreId: IdentityStoreId!, UserId: UserId!, InstanceArn: InstanceArn!, confirm };
}

test('a device is confirmed in a browser, and its token opens accounts, roles and credentials', async () => {
  const { cloud, oidc, sso, IdentityStoreId, confirm } = await world();
  const { clientId, clientSecret } = await oidc.registerClient({ clientName: 'cli', clientType: 'public' });
  const startUrl = `https://${IdentityStoreId}.awsapps.com/start`;
  const device = await oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
  assert.match(device.userCode!, /^[A-Z]{4}-[A-Z]{4}$/);
  assert.equal(device.verificationUriComplete, `${device.verificationUri}?user_code=${device.userCode}`);
  const ask = { clientId, clientSecret, grantType: DEVICE_CODE, deviceCode: device.deviceCode };
  await assert.rejects(oidc.createToken(ask), {
    name: 'AuthorizationPendingException',
    error: 'authorization_pending',
  });
  await confirm(device.userCode!, 'ALLOWED');
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

test('a device that is denied, late, or of another client gets nothing', async () => {
  const { cloud, oidc, IdentityStoreId, confirm } = await world();
  const client = await oidc.registerClient({ clientName: 'cli', clientType: 'public' });
  const { clientId, clientSecret } = client;
  const startUrl = `https://${IdentityStoreId}.awsapps.com/start`;
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

test('a code is exchanged once, by who can prove that it asked; its refresh token works once too', async () => {
  const { cloud, oidc, sso, IdentityStoreId, UserId } = await world();
  const redirectUri = 'http://127.0.0.1/oauth/callback';
  const { clientId, clientSecret } = await oidc.registerClient({
    ...{ clientName: 'cli', clientType: 'public', scopes: ['sso:account:access'], redirectUris: [redirectUri] },
    grantTypes: ['authorization_code', 'refresh_token'],
  });
  const codeVerifier = 'v'.repeat(64);
  const given = async () => {
    const code = newToken(cloud.deps);
    await cloud.deps.store.transaction((tx) =>
      tx.insert(authorizationCodes, {
        ...{
          code: digestOf(code),
          client: clientOfId(cloud.deps.secrets, clientId!)!.id,
          redirectUri,
          scopes: ['sso:account:access'],
        },
        ...{ identityStore: IdentityStoreId, user: UserId, expires: cloud.now().getTime() + 60_000 },
        challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      }),
    );
    return code;
  };
  const ask = { clientId, clientSecret, grantType: 'authorization_code', redirectUri };
  const spoiled = await given();
  await assert.rejects(oidc.createToken({ ...ask, code: spoiled, codeVerifier: 'wrong' }), {
    name: 'InvalidGrantException',
  });
  const code = await given();
  const first = await oidc.createToken({ ...ask, code, codeVerifier });
  await assert.rejects(oidc.createToken({ ...ask, code, codeVerifier }), { name: 'InvalidGrantException' });
  const { accessToken, refreshToken } = first;
  assert.equal((await sso.listAccounts({ accessToken })).accountList?.length, 1);
  const renew = { clientId, clientSecret, grantType: 'refresh_token', refreshToken };
  const second = await oidc.createToken(renew);
  await assert.rejects(sso.listAccounts({ accessToken }), { name: 'UnauthorizedException' });
  await assert.rejects(oidc.createToken(renew), { name: 'InvalidGrantException' });
  assert.equal((await sso.listAccounts({ accessToken: second.accessToken })).accountList?.length, 1);
  cloud.advance('PT2H');
  await assert.rejects(sso.listAccounts({ accessToken: second.accessToken }), { name: 'UnauthorizedException' });
});

test('attributes for access control become session tags, and a deleted user is out at once', async () => {
  const { cloud, oidc, sso, IdentityStoreId, UserId, InstanceArn, confirm } = await world();
  const { ssoAdmin, identitystore } = cloud.root;
  const Source = ['$' + '{path:emails[primary eq true].value}'];
  const AccessControlAttributes = [{ Key: 'mail', Value: { Source } }];
  await ssoAdmin.createInstanceAccessControlAttributeConfiguration({
    InstanceArn,
    InstanceAccessControlAttributeConfiguration: { AccessControlAttributes },
  });
  const { clientId, clientSecret } = await oidc.registerClient({ clientName: 'cli', clientType: 'public' });
  const startUrl = `https://${IdentityStoreId}.awsapps.com/start`;
  const device = await oidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
  await confirm(device.userCode!, 'ALLOWED');
  const ask = { clientId, clientSecret, grantType: DEVICE_CODE, deviceCode: device.deviceCode };
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
  const { PermissionSets } = await ssoAdmin.listPermissionSets({ InstanceArn });
  const named = { InstanceArn, PermissionSetArn: PermissionSets![0]! };
  await ssoAdmin.putInlinePolicyToPermissionSet({ ...named, InlinePolicy });
  await ssoAdmin.provisionPermissionSet({ ...named, TargetType: 'ALL_PROVISIONED_ACCOUNTS' });
  await cloud.settle();
  await assert.rejects(person.iam.listUsers({}), { name: 'AccessDenied' });
  await person.iam.listRoles({});
  await identitystore.deleteUser({ IdentityStoreId, UserId });
  await assert.rejects(sso.listAccounts({ accessToken }), { name: 'UnauthorizedException' });
});
