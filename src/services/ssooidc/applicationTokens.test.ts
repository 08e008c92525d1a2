import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Grant, GrantType } from '@aws-sdk/client-sso-admin';
import { decodeJwt, generateKeyPair, type JWTPayload } from 'jose';
import { testCloud } from '../../testing/cloud.ts';
import { underKey } from '../../testing/customerKeys.ts';
import { portalOf, welcome } from '../../testing/people.ts';
import { tokenIssuer } from '../../testing/tokenIssuer.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const PROVIDER = 'arn:aws:iam::aws:contextProvider/IdentityCenter';
const REDIRECT = 'https://pay.example.com/back';

async function world(t: TestContext) {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const ada = await portal.person('ada');
  const { ssoAdmin } = cloud.root;
  const { InstanceArn } = portal;
  const provider = await tokenIssuer(t);
  const OidcJwtConfiguration = {
    ...{ IssuerUrl: provider.issuer, ClaimAttributePath: 'email', IdentityStoreAttributePath: 'emails.value' },
    JwksRetrievalOption: 'OPEN_ID_DISCOVERY' as const,
  };
  const { TrustedTokenIssuerArn } = await ssoAdmin.createTrustedTokenIssuer({
    ...{ InstanceArn, Name: 'okta', TrustedTokenIssuerType: 'OIDC_JWT' },
    TrustedTokenIssuerConfiguration: { OidcJwtConfiguration },
  });
  const user = await cloud.user('payroll');
  const actor = `arn:aws:iam::${cloud.managementAccount}:user/payroll`;
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: actor },
    Action: 'sso-oauth:CreateTokenWithIAM',
    Resource: '*',
  };
  const ActorPolicy = { Version: '2012-10-17', Statement: [statement] };
  const application = async (Name: string, assigned = true) => {
    const ApplicationProviderArn = 'arn:aws:sso::aws:applicationProvider/custom';
    const { ApplicationArn } = await ssoAdmin.createApplication({ InstanceArn, ApplicationProviderArn, Name });
    const said = { ApplicationArn: ApplicationArn! };
    await ssoAdmin.putApplicationAuthenticationMethod({
      ...{ ...said, AuthenticationMethodType: 'IAM', AuthenticationMethod: { Iam: { ActorPolicy } } },
    });
    const AuthorizedTokenIssuers = [{ TrustedTokenIssuerArn, AuthorizedAudiences: ['pay'] }];
    const grants = [
      { GrantType: JWT_BEARER, Grant: { JwtBearer: { AuthorizedTokenIssuers } } },
      { GrantType: 'authorization_code', Grant: { AuthorizationCode: { RedirectUris: [REDIRECT] } } },
      { GrantType: 'refresh_token', Grant: { RefreshToken: {} } },
      { GrantType: EXCHANGE, Grant: { TokenExchange: {} } },
    ] satisfies { GrantType: GrantType; Grant: Grant }[];
    for (const { GrantType, Grant } of grants) await ssoAdmin.putApplicationGrant({ ...said, GrantType, Grant });
    if (assigned) {
      await ssoAdmin.createApplicationAssignment({ ...said, PrincipalType: 'USER', PrincipalId: ada });
    }
    return ApplicationArn!;
  };
  const seconds = () => Math.floor(cloud.now().getTime() / 1000);
  const usual = (): JWTPayload => ({
    ...{ iss: provider.issuer, aud: 'pay', sub: '7', email: 'ada@example.com', iat: seconds(), exp: seconds() + 600 },
  });
  const oidc = user.ssoOidc;
  const bearer = async (clientId: string, claims: JWTPayload = {}, more: object = {}) =>
    oidc.createTokenWithIAM({
      ...{ clientId, grantType: JWT_BEARER, assertion: await provider.sign({ ...usual(), ...claims }), ...more },
    });
  return { ...portal, ada, provider, application, usual, oidc, bearer, seconds, actor };
}

test('a token of a trusted issuer becomes one for the application, about the user that it fits', async (t) => {
  const { application, bearer, cloud, ada, InstanceArn, IdentityStoreId, seconds } = await world(t);
  const clientId = await application('pay');
  await cloud.root.ssoAdmin.putApplicationAccessScope({ ApplicationArn: clientId, Scope: 'pay:read' });
  const { $metadata: _, idToken, awsAdditionalDetails, accessToken, refreshToken, ...told } = await bearer(clientId);
  const scope = ['openid', 'aws', 'sts:identity_context', 'pay:read'];
  const issuedTokenType = 'urn:ietf:params:oauth:token-type:refresh_token';
  assert.deepEqual(told, { tokenType: 'Bearer', expiresIn: 3600, scope, issuedTokenType });
  assert.ok(accessToken && refreshToken);
  const claims = decodeJwt(idToken!);
  assert.deepEqual(
    [claims.sub, claims.aud, claims['aws:instance_arn'], claims['aws:identity_store_id'], claims.exp],
    [ada, clientId, InstanceArn, IdentityStoreId, seconds() + 3600],
  );
  assert.equal(claims['sts:identity_context'], awsAdditionalDetails?.identityContext);
  assert.match((claims.act as { sub: string }).sub, /:trustedTokenIssuer\//);
  const fewer = await bearer(clientId, {}, { scope: ['pay:read'] });
  assert.deepEqual([fewer.scope, fewer.idToken, fewer.awsAdditionalDetails], [['pay:read'], undefined, undefined]);
  await assert.rejects(bearer(clientId, {}, { scope: ['pay:write'] }), { name: 'InvalidScopeException' });
  await assert.rejects(cloud.unsigned.sso.listAccounts({ accessToken: accessToken! }), {
    name: 'UnauthorizedException',
  });
  await cloud.root.ssoAdmin.putApplicationAccessScope({ ApplicationArn: clientId, Scope: 'sso:account:access' });
  const opening = await bearer(clientId);
  assert.deepEqual((await cloud.unsigned.sso.listAccounts({ accessToken: opening.accessToken! })).accountList, []);
});

test('tokens that nobody trusted made, or that are not for the application and for now, are refused', async (t) => {
  const { application, bearer, provider, usual, oidc, seconds, cloud } = await world(t);
  const clientId = await application('pay');
  const stranger = (await generateKeyPair('RS256')).privateKey;
  const send = (assertion: string) => oidc.createTokenWithIAM({ clientId, grantType: JWT_BEARER, assertion });
  const invalid = { name: 'InvalidGrantException' };
  await assert.rejects(send(await provider.sign(usual(), {}, stranger)), invalid);
  await assert.rejects(send(await provider.sign(usual(), { alg: 'HS256' }, Buffer.alloc(32))), invalid);
  await assert.rejects(send('x'), invalid);
  await assert.rejects(bearer(clientId, { iss: 'https://other.example.com' }), invalid);
  await assert.rejects(bearer(clientId, { aud: 'other' }), invalid);
  await assert.rejects(bearer(clientId, { email: 'eve@example.com' }), invalid);
  await assert.rejects(bearer(clientId, { email: undefined }), invalid);
  await assert.rejects(bearer(clientId, { iat: seconds() + 400 }), invalid);
  await assert.rejects(bearer(clientId, { exp: seconds() }), { name: 'ExpiredTokenException' });
  await bearer(clientId, { jti: 'once' });
  await assert.rejects(bearer(clientId, { jti: 'once' }), invalid);
  await bearer(clientId);
  await bearer(clientId);
  await cloud.root.ssoAdmin.deleteApplicationGrant({ ApplicationArn: clientId, GrantType: JWT_BEARER });
  await assert.rejects(bearer(clientId), { name: 'UnauthorizedClientException' });
  await assert.rejects(oidc.createTokenWithIAM({ clientId, grantType: 'password' }), {
    name: 'UnsupportedGrantTypeException',
  });
});

test('only whom the application’s own policy names may ask, and only for people who are assigned', async (t) => {
  const { application, provider, usual, cloud, bearer } = await world(t);
  const clientId = await application('pay');
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sso-oauth:*', Resource: '*' }] };
  const other = await cloud.user('other', document);
  const asked = { clientId, grantType: JWT_BEARER, assertion: await provider.sign(usual()) };
  await assert.rejects(other.ssoOidc.createTokenWithIAM(asked), { name: 'AccessDeniedException' });
  await assert.rejects(cloud.root.ssoOidc.createTokenWithIAM(asked), { name: 'AccessDeniedException' });
  await assert.rejects(cloud.unsigned.ssoOidc.createTokenWithIAM(asked));
  const missing = clientId.replace(/.{4}$/, '0000');
  await assert.rejects(other.ssoOidc.createTokenWithIAM({ ...asked, clientId: missing }), {
    name: 'AccessDeniedException',
  });
  const { ssoAdmin } = cloud.root;
  const method = { ApplicationArn: clientId, AuthenticationMethodType: 'IAM' as const };
  const statement = {
    ...{ Effect: 'Allow', Principal: { AWS: cloud.managementAccount } },
    ...{ Action: 'sso-oauth:CreateTokenWithIAM', Resource: '*' },
  };
  const ActorPolicy = { Version: '2012-10-17', Statement: [statement] };
  await ssoAdmin.putApplicationAuthenticationMethod({ ...method, AuthenticationMethod: { Iam: { ActorPolicy } } });
  await other.ssoOidc.createTokenWithIAM(asked);
  await assert.rejects(bearer(clientId), { name: 'AccessDeniedException' });
  await ssoAdmin.deleteApplicationAuthenticationMethod(method);
  await assert.rejects(other.ssoOidc.createTokenWithIAM(asked), { name: 'AccessDeniedException' });
  const empty = await application('empty', false);
  await assert.rejects(bearer(empty), { name: 'AccessDeniedException', error: 'access_denied' });
  await ssoAdmin.putApplicationAssignmentConfiguration({ ApplicationArn: empty, AssignmentRequired: false });
  await bearer(empty);
  await ssoAdmin.updateApplication({ ApplicationArn: empty, Status: 'DISABLED' });
  await assert.rejects(bearer(empty));
});

test('a refresh token works once, for its application, within the session', async (t) => {
  const { application, bearer, oidc, cloud } = await world(t);
  const clientId = await application('pay');
  const other = await application('other');
  const { refreshToken } = await bearer(clientId);
  const ask = (of: string, token: string | undefined) =>
    oidc.createTokenWithIAM({ clientId: of, grantType: 'refresh_token', refreshToken: token });
  await assert.rejects(ask(other, refreshToken), { name: 'InvalidGrantException' });
  const second = await ask(clientId, refreshToken);
  await assert.rejects(ask(clientId, refreshToken), { name: 'InvalidGrantException' });
  cloud.advance('PT7H30M');
  const third = await ask(clientId, second.refreshToken);
  assert.equal(third.expiresIn, 1800);
  cloud.advance('PT30M');
  await assert.rejects(ask(clientId, third.refreshToken), { name: 'ExpiredTokenException' });
});

test('a person authorizes an application in the browser, and it trades the code', async (t) => {
  const { application, oidc, cloud } = await world(t);
  const clientId = await application('pay');
  const codeVerifier = 'v'.repeat(64);
  const page = (client: string, redirect = REDIRECT) =>
    `/authorize?${new URLSearchParams({
      ...{ response_type: 'code', client_id: client, redirect_uri: redirect, state: 's', scopes: 'openid' },
      code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
    })}`;
  const { browser } = await welcome(cloud, 'ada', page(clientId));
  const { location } = await browser.submit('/authorize', { decision: 'ALLOWED' });
  const code = new URL(location!).searchParams.get('code')!;
  const asked = { clientId, grantType: 'authorization_code', code, redirectUri: REDIRECT };
  const { scope, refreshToken } = await oidc.createTokenWithIAM({ ...asked, codeVerifier });
  assert.deepEqual(scope, ['openid']);
  await assert.rejects(oidc.createTokenWithIAM({ ...asked, codeVerifier }), { name: 'InvalidGrantException' });
  assert.match((await browser.go(page(clientId, 'https://evil.example/'))).text, /did not register/);
  const unassigned = await application('other', false);
  await browser.go(page(unassigned));
  assert.match((await browser.submit('/authorize', { decision: 'ALLOWED' })).text, /<h1>No access/);
  await browser.go('/start');
  await browser.submit('/start/signout', {});
  const renew = { clientId, grantType: 'refresh_token', refreshToken };
  await assert.rejects(oidc.createTokenWithIAM(renew), { name: 'InvalidGrantException' });
});

test('a token is exchanged for another application’s, where a scope of the first names it', async (t) => {
  const { application, bearer, oidc, cloud } = await world(t);
  const front = await application('front');
  const back = await application('back');
  const ask = (subjectToken: string | undefined, more: object = {}) =>
    oidc.createTokenWithIAM({
      ...{ clientId: back, grantType: EXCHANGE, subjectToken, subjectTokenType: ACCESS_TOKEN, ...more },
    });
  await assert.rejects(ask((await bearer(front)).accessToken), { name: 'InvalidGrantException' });
  const { ssoAdmin } = cloud.root;
  const scope = { ApplicationArn: front, Scope: 'back:use', AuthorizedTargets: [back] };
  await ssoAdmin.putApplicationAccessScope(scope);
  const { accessToken } = await bearer(front);
  const narrow = await bearer(front, {}, { scope: ['openid'] });
  await assert.rejects(ask(narrow.accessToken), { name: 'InvalidGrantException' });
  const given = await ask(accessToken);
  assert.deepEqual([given.issuedTokenType, given.refreshToken], [ACCESS_TOKEN, undefined]);
  assert.deepEqual(decodeJwt(given.idToken!).act, { sub: front });
  const requestedTokenType = 'urn:ietf:params:oauth:token-type:refresh_token';
  assert.ok((await ask(accessToken, { requestedTokenType })).refreshToken);
  await assert.rejects(ask(accessToken, { subjectTokenType: 'x' }), { name: 'InvalidRequestException' });
  await assert.rejects(ask('x'), { name: 'InvalidGrantException' });
  cloud.advance('PT61M');
  await assert.rejects(ask(accessToken), { name: 'ExpiredTokenException' });
});

test('a role is assumed on behalf of the user, who is in conditions and records', async (t) => {
  const { application, bearer, cloud, ada, actor, IdentityStoreId } = await world(t);
  const clientId = await application('pay');
  const { awsAdditionalDetails, idToken } = await bearer(clientId);
  const Condition = {
    StringEquals: {
      'sts:RequestContext/identitystore:UserId': ada,
      'sts:RequestContext/identitycenter:ApplicationArn': clientId,
    },
    'ForAllValues:ArnEquals': { 'sts:RequestContextProviders': [PROVIDER] },
  };
  const trust = (actions: string[]) => ({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: actor }, Action: 'sts:AssumeRole' },
      { Effect: 'Allow', Principal: { AWS: actor }, Action: actions, Condition },
    ],
  });
  const { iam } = cloud.root;
  const RoleName = 'OnBehalf';
  const document = (actions: string[]) => JSON.stringify(trust(actions));
  const { Role } = await iam.createRole({ RoleName, AssumeRolePolicyDocument: document(['sts:TagSession']) });
  const payroll = cloud.as(await cloud.keyFor(cloud.managementAccount, 'payroll'));
  const assume = (ContextAssertion: string | undefined, ProviderArn = PROVIDER) =>
    payroll.sts.assumeRole({
      ...{ RoleArn: Role!.Arn!, RoleSessionName: 'ada' },
      ProvidedContexts: [{ ProviderArn, ContextAssertion }],
    });
  const context = awsAdditionalDetails?.identityContext;
  await assert.rejects(assume(context), /sts:SetContext/);
  await iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: document(['sts:SetContext']) });
  const { Credentials } = await assume(context);
  await assert.rejects(assume(`${context}x`), { name: 'ValidationError' });
  await assert.rejects(assume(context, 'arn:aws:iam::aws:contextProvider/Other'), { name: 'ValidationError' });
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!;
  const keys = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! };
  const session = cloud.as(keys);
  await session.sts.getCallerIdentity({});
  const statement = {
    ...{ Effect: 'Allow', Action: ['sqs:ListQueues', 'sts:SetContext'], Resource: '*' },
    Condition: { StringEquals: { 'identitystore:UserId': ada } },
  };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument });
  await assert.rejects(session.sqs.listQueues({}), /explicit deny/);
  const audit = decodeJwt(idToken!)['sts:audit_context'] as string;
  const audited = (await assume(audit)).Credentials!;
  const auditKeys = { accessKeyId: audited.AccessKeyId!, secretAccessKey: audited.SecretAccessKey! };
  const auditing = cloud.as({ ...auditKeys, sessionToken: audited.SessionToken! });
  await assert.rejects(auditing.sqs.listQueues({}), /no identity-based policy/);
  const { Events = [] } = await cloud.root.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'GetCallerIdentity' }],
  });
  const { onBehalfOf } = JSON.parse(Events[0]!.CloudTrailEvent!).userIdentity;
  const identityStoreArn = `arn:aws:identitystore::${cloud.managementAccount}:identitystore/${IdentityStoreId}`;
  assert.deepEqual(onBehalfOf, { userId: ada, identityStoreArn });
  cloud.advance('PT61M');
  await assert.rejects(assume(context), { name: 'ExpiredTokenException' });
});

test('with the key of the instance disabled there are no tokens, and nobody acts on behalf of its people', async (t) => {
  const its = await world(t);
  const { cloud, application, bearer, actor } = its;
  const clientId = await application('pay');
  const { awsAdditionalDetails } = await bearer(clientId);
  const statement = { Effect: 'Allow', Principal: { AWS: actor }, Action: ['sts:AssumeRole', 'sts:SetContext'] };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const { Role } = await cloud.root.iam.createRole({ RoleName: 'payer', AssumeRolePolicyDocument });
  const payroll = cloud.as(await cloud.keyFor(cloud.managementAccount, 'payroll'));
  const assume = () =>
    payroll.sts.assumeRole({
      ...{ RoleArn: Role!.Arn!, RoleSessionName: 'ada' },
      ProvidedContexts: [{ ProviderArn: PROVIDER, ContextAssertion: awsAdditionalDetails?.identityContext }],
    });
  const KeyId = await underKey(its);
  await assume();
  await cloud.root.kms.disableKey({ KeyId });
  await assert.rejects(assume(), { name: 'AccessDenied', message: /access is blocked/ });
  const disabled = { name: 'InvalidRequestException', reason: 'KMS_DisabledException' };
  await assert.rejects(bearer(clientId), disabled);
  await cloud.root.kms.enableKey({ KeyId });
  await assume();
});

test('records of tokens have no token in them', async (t) => {
  const { application, oidc, provider, usual, cloud } = await world(t);
  const clientId = await application('pay');
  const assertion = await provider.sign(usual());
  const asked = { clientId, grantType: JWT_BEARER, assertion };
  const { accessToken, refreshToken, idToken, awsAdditionalDetails } = await oidc.createTokenWithIAM(asked);
  const all = (await cloud.deps.store.journal.read(0, 10_000)).map(({ body }) => body).join('\n');
  assert.match(all, /CreateTokenWithIAM/);
  for (const secret of [assertion, accessToken, refreshToken, idToken, awsAdditionalDetails?.identityContext]) {
    assert.ok(!all.includes(secret!));
  }
});

test('a client that registers under an application has no more than that, and only its people', async (t) => {
  const { application, cloud } = await world(t);
  const arn = await application('tool');
  const { ssoAdmin } = cloud.root;
  await ssoAdmin.putApplicationAccessScope({ ApplicationArn: arn, Scope: 'sso:account:access' });
  const redirectUri = 'http://127.0.0.1/back';
  const Grant = { AuthorizationCode: { RedirectUris: [redirectUri] } };
  await ssoAdmin.putApplicationGrant({ ApplicationArn: arn, GrantType: 'authorization_code', Grant });
  const { ssoOidc: oidc, sso } = cloud.unsigned;
  const { clientId, clientSecret } = await oidc.registerClient({
    ...{ clientName: 'tool', clientType: 'public', scopes: ['sso:account:access', 'other'] },
    ...{ grantTypes: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'] },
    ...{ redirectUris: [redirectUri, 'http://127.0.0.1/other'], entitledApplicationArn: arn },
  });
  const codeVerifier = 'v'.repeat(64);
  const page = (scopes: string, redirect = redirectUri) =>
    `/authorize?${new URLSearchParams({
      ...{ response_type: 'code', client_id: clientId!, redirect_uri: redirect, scopes },
      code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
    })}`;
  const { browser } = await welcome(cloud, 'ada', page('sso:account:access'));
  const { location } = await browser.submit('/authorize', { decision: 'ALLOWED' });
  const code = new URL(location!).searchParams.get('code')!;
  const asked = { clientId, clientSecret, grantType: 'authorization_code', code, codeVerifier, redirectUri };
  const { accessToken, refreshToken } = await oidc.createToken(asked);
  assert.deepEqual((await sso.listAccounts({ accessToken })).accountList, []);
  assert.equal(new URL((await browser.go(page('other'))).location!).searchParams.get('error'), 'invalid_scope');
  assert.match((await browser.go(page('sso:account:access', 'http://127.0.0.1/other'))).text, /did not register/);
  const device = { clientId, clientSecret, startUrl: 'http://cloud.test/start' };
  await assert.rejects(oidc.startDeviceAuthorization(device), { name: 'UnauthorizedClientException' });
  const { ApplicationAssignments } = await ssoAdmin.listApplicationAssignments({ ApplicationArn: arn });
  const { PrincipalId } = ApplicationAssignments![0]!;
  await ssoAdmin.deleteApplicationAssignment({ ApplicationArn: arn, PrincipalType: 'USER', PrincipalId });
  const renew = { clientId, clientSecret, grantType: 'refresh_token', refreshToken };
  await assert.rejects(oidc.createToken(renew), { name: 'AccessDeniedException' });
  await browser.go(page('sso:account:access'));
  assert.match((await browser.submit('/authorize', { decision: 'ALLOWED' })).text, /<h1>No access/);
  await ssoAdmin.deleteApplication({ ApplicationArn: arn });
  await assert.rejects(oidc.createToken(renew), { name: 'UnauthorizedClientException' });
  const metadata = { clientName: 'x', clientType: 'public', entitledApplicationArn: 'x' };
  await assert.rejects(oidc.registerClient(metadata), { name: 'InvalidClientMetadataException' });
});
