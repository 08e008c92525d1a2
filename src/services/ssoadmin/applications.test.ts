import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const CUSTOM = 'arn:aws:sso::aws:applicationProvider/custom';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer' as const;
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange' as const;

async function instance() {
  const cloud = await testCloud();
  const { ssoAdmin, identitystore } = cloud.root;
  const { InstanceArn } = await ssoAdmin.createInstance({});
  const { Instances } = await ssoAdmin.listInstances({});
  const IdentityStoreId = Instances![0]!.IdentityStoreId!;
  const make = async (more: object = {}) => {
    const said = { InstanceArn: InstanceArn!, ApplicationProviderArn: CUSTOM, Name: 'payroll', ...more };
    return (await ssoAdmin.createApplication(said)).ApplicationArn!;
  };
  const issuer = async (Name = 'okta', more: object = {}, IssuerUrl = `https://${Name}.example.com`) => {
    const OidcJwtConfiguration = {
      ...{ IssuerUrl, ClaimAttributePath: 'email', IdentityStoreAttributePath: 'emails.value' },
      JwksRetrievalOption: 'OPEN_ID_DISCOVERY' as const,
    };
    const said = { InstanceArn: InstanceArn!, Name, TrustedTokenIssuerType: 'OIDC_JWT' as const, ...more };
    const made = await ssoAdmin.createTrustedTokenIssuer({
      ...said,
      TrustedTokenIssuerConfiguration: { OidcJwtConfiguration },
    });
    return { arn: made.TrustedTokenIssuerArn!, OidcJwtConfiguration };
  };
  return { cloud, ssoAdmin, identitystore, InstanceArn: InstanceArn!, IdentityStoreId, make, issuer };
}

test('an application is read back as made and as changed', async () => {
  const { cloud, ssoAdmin, make, InstanceArn } = await instance();
  const Tags = [{ Key: 'team', Value: 'blue' }];
  const ApplicationArn = await make({ Description: 'Pays', Tags });
  const account = cloud.managementAccount;
  assert.match(
    ApplicationArn,
    new RegExp(`^arn:aws:sso::${account}:application/ssoins-[0-9a-f]{16}/apl-[0-9a-f]{16}$`),
  );
  const {
    $metadata: _,
    IdentityStoreArn,
    CreatedFrom,
    ...read
  } = await ssoAdmin.describeApplication({ ApplicationArn });
  const expected = {
    ...{ ApplicationArn, ApplicationProviderArn: CUSTOM, Name: 'payroll', ApplicationAccount: account, InstanceArn },
    ...{ Status: 'ENABLED', Description: 'Pays', CreatedDate: cloud.now() },
    PortalOptions: { SignInOptions: { Origin: 'IDENTITY_CENTER' }, Visibility: 'ENABLED' },
  };
  assert.deepEqual(read, expected);
  assert.match(IdentityStoreArn!, /identitystore\/d-/);
  assert.equal(CreatedFrom, 'us-east-1');
  const SignInOptions = { Origin: 'APPLICATION' as const, ApplicationUrl: 'https://pay.example.com' };
  await ssoAdmin.updateApplication({ ApplicationArn, Status: 'DISABLED', PortalOptions: { SignInOptions } });
  const { Applications } = await ssoAdmin.listApplications({ InstanceArn, Filter: { ApplicationProvider: CUSTOM } });
  assert.equal(Applications?.length, 1);
  assert.equal(Applications[0]!.Status, 'DISABLED');
  assert.deepEqual(Applications[0]!.PortalOptions, { SignInOptions, Visibility: 'ENABLED' });
  await ssoAdmin.tagResource({ InstanceArn, ResourceArn: ApplicationArn, Tags: [{ Key: 'a', Value: 'b' }] });
  await ssoAdmin.untagResource({ ResourceArn: ApplicationArn, TagKeys: ['a'] });
  assert.deepEqual((await ssoAdmin.listTagsForResource({ ResourceArn: ApplicationArn })).Tags, Tags);
  await ssoAdmin.deleteApplication({ ApplicationArn });
  await assert.rejects(ssoAdmin.describeApplication({ ApplicationArn }), { name: 'ResourceNotFoundException' });
});

test('what cannot be an application is refused', async () => {
  const { make, ssoAdmin } = await instance();
  await assert.rejects(make({ ApplicationProviderArn: `${CUSTOM}-saml` }), { name: 'ValidationException' });
  await assert.rejects(make({ ApplicationProviderArn: `${CUSTOM}-x` }), { name: 'ResourceNotFoundException' });
  await assert.rejects(make({ PortalOptions: { SignInOptions: { Origin: 'APPLICATION' } } }), {
    name: 'ValidationException',
  });
  const { ApplicationProviders } = await ssoAdmin.listApplicationProviders({});
  for (const provider of ApplicationProviders!) {
    const { ApplicationProviderArn } = provider;
    const { $metadata: _, ...read } = await ssoAdmin.describeApplicationProvider({ ApplicationProviderArn });
    assert.deepEqual(read, provider);
  }
});

test('a client token makes one application, and is of one request', async () => {
  const { cloud, make, issuer } = await instance();
  const made = await make({ ClientToken: 'once' });
  assert.equal(await make({ ClientToken: 'once' }), made);
  assert.notEqual(await make(), made);
  await assert.rejects(make({ ClientToken: 'once', Name: 'other' }), { name: 'ConflictException' });
  const { arn } = await issuer('okta', { ClientToken: 'once' });
  assert.equal((await issuer('okta', { ClientToken: 'once' })).arn, arn);
  const other = (await cloud.memberAccount('other')).root.ssoAdmin;
  const asked = { Name: 'own', ClientToken: 'once' };
  const { InstanceArn } = await other.createInstance(asked);
  assert.equal((await other.createInstance(asked)).InstanceArn, InstanceArn);
  await assert.rejects(other.createInstance({ ...asked, ClientToken: 'twice' }), { name: 'ConflictException' });
  cloud.advance('P2D');
  assert.notEqual(await make({ ClientToken: 'once', Name: 'other' }), made, 'for a day');
});

test('assignments are of people who are there, and a user has those of the groups', async () => {
  const { ssoAdmin, identitystore, make, IdentityStoreId, InstanceArn } = await instance();
  const ApplicationArn = await make();
  const person = { DisplayName: 'Alice', Name: { GivenName: 'Alice', FamilyName: 'Doe' } };
  const { UserId } = await identitystore.createUser({ IdentityStoreId, UserName: 'alice', ...person });
  const { GroupId } = await identitystore.createGroup({ IdentityStoreId, DisplayName: 'Admins' });
  await identitystore.createGroupMembership({ IdentityStoreId, GroupId: GroupId!, MemberId: { UserId: UserId! } });
  const group = { ApplicationArn, PrincipalType: 'GROUP' as const, PrincipalId: GroupId! };
  await ssoAdmin.createApplicationAssignment(group);
  await assert.rejects(ssoAdmin.createApplicationAssignment(group), { name: 'ConflictException' });
  await assert.rejects(ssoAdmin.createApplicationAssignment({ ...group, PrincipalId: UserId! }), {
    name: 'ResourceNotFoundException',
  });
  const { $metadata: _, ...read } = await ssoAdmin.describeApplicationAssignment(group);
  assert.deepEqual(read, group);
  assert.deepEqual((await ssoAdmin.listApplicationAssignments({ ApplicationArn })).ApplicationAssignments, [group]);
  const principal = { InstanceArn, PrincipalType: 'USER' as const, PrincipalId: UserId! };
  const { ApplicationAssignments } = await ssoAdmin.listApplicationAssignmentsForPrincipal(principal);
  assert.deepEqual(ApplicationAssignments, [group]);
  assert.equal((await ssoAdmin.getApplicationAssignmentConfiguration({ ApplicationArn })).AssignmentRequired, true);
  await ssoAdmin.putApplicationAssignmentConfiguration({ ApplicationArn, AssignmentRequired: false });
  assert.equal((await ssoAdmin.getApplicationAssignmentConfiguration({ ApplicationArn })).AssignmentRequired, false);
  await ssoAdmin.deleteApplicationAssignment(group);
  await assert.rejects(ssoAdmin.deleteApplicationAssignment(group), { name: 'ResourceNotFoundException' });
});

test('scopes, authentication and sessions are read back as set', async () => {
  const { ssoAdmin, make, cloud, InstanceArn } = await instance();
  const ApplicationArn = await make();
  const scope = { Scope: 'payroll:read', AuthorizedTargets: [ApplicationArn] };
  await ssoAdmin.putApplicationAccessScope({ ApplicationArn, ...scope });
  await ssoAdmin.putApplicationAccessScope({ ApplicationArn, Scope: 'payroll:write' });
  const { $metadata: _, ...read } = await ssoAdmin.getApplicationAccessScope({ ApplicationArn, Scope: scope.Scope });
  assert.deepEqual(read, scope);
  const { Scopes } = await ssoAdmin.listApplicationAccessScopes({ ApplicationArn });
  assert.deepEqual(Scopes, [scope, { Scope: 'payroll:write' }]);
  await ssoAdmin.deleteApplicationAccessScope({ ApplicationArn, Scope: scope.Scope });
  await assert.rejects(ssoAdmin.getApplicationAccessScope({ ApplicationArn, Scope: scope.Scope }), {
    name: 'ResourceNotFoundException',
  });

  const method = { ApplicationArn, AuthenticationMethodType: 'IAM' as const };
  const ActorPolicy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: cloud.managementAccount },
        Action: 'sso-oauth:CreateTokenWithIAM',
        Resource: '*',
      },
    ],
  };
  const AuthenticationMethod = { Iam: { ActorPolicy } };
  await ssoAdmin.putApplicationAuthenticationMethod({ ...method, AuthenticationMethod });
  assert.deepEqual(
    (await ssoAdmin.getApplicationAuthenticationMethod(method)).AuthenticationMethod,
    AuthenticationMethod,
  );
  const wrong = { Iam: { ActorPolicy: { Statement: 1 } } };
  await assert.rejects(ssoAdmin.putApplicationAuthenticationMethod({ ...method, AuthenticationMethod: wrong }), {
    name: 'ValidationException',
  });
  await ssoAdmin.deleteApplicationAuthenticationMethod(method);
  const { AuthenticationMethods } = await ssoAdmin.listApplicationAuthenticationMethods({ ApplicationArn });
  assert.deepEqual(AuthenticationMethods, []);

  const status = async () =>
    (await ssoAdmin.getApplicationSessionConfiguration({ ApplicationArn })).UserBackgroundSessionApplicationStatus;
  assert.equal(await status(), 'DISABLED');
  await ssoAdmin.putApplicationSessionConfiguration({
    ApplicationArn,
    UserBackgroundSessionApplicationStatus: 'ENABLED',
  });
  assert.equal(await status(), 'ENABLED');
  assert.equal((await ssoAdmin.listApplications({ InstanceArn })).Applications?.length, 1);
});

test('grants are of their type, and name issuers that are there', async () => {
  const { ssoAdmin, make, issuer } = await instance();
  const ApplicationArn = await make();
  const { arn } = await issuer();
  const grants = [
    {
      GrantType: 'authorization_code' as const,
      Grant: { AuthorizationCode: { RedirectUris: ['https://pay.example.com/'] } },
    },
    {
      GrantType: JWT_BEARER,
      Grant: { JwtBearer: { AuthorizedTokenIssuers: [{ TrustedTokenIssuerArn: arn, AuthorizedAudiences: ['pay'] }] } },
    },
    { GrantType: 'refresh_token' as const, Grant: { RefreshToken: {} } },
    { GrantType: EXCHANGE, Grant: { TokenExchange: {} } },
  ];
  for (const grant of grants) {
    await ssoAdmin.putApplicationGrant({ ApplicationArn, ...grant });
    const { GrantType } = grant;
    assert.deepEqual((await ssoAdmin.getApplicationGrant({ ApplicationArn, GrantType })).Grant, grant.Grant);
  }
  assert.deepEqual((await ssoAdmin.listApplicationGrants({ ApplicationArn })).Grants, grants);
  const [code] = grants;
  await assert.rejects(ssoAdmin.putApplicationGrant({ ApplicationArn, GrantType: EXCHANGE, Grant: code!.Grant }), {
    name: 'ValidationException',
  });
  for (const uri of ['nowhere', 'javascript:alert(1)', 'DATA:text/html,x']) {
    const said = { GrantType: code!.GrantType, Grant: { AuthorizationCode: { RedirectUris: [uri] } } };
    await assert.rejects(
      ssoAdmin.putApplicationGrant({ ApplicationArn, ...said }),
      { name: 'ValidationException' },
      uri,
    );
  }
  const unknown = { TrustedTokenIssuerArn: arn.replace(/.$/, (c) => (c === '0' ? '1' : '0')) };
  const Grant = { JwtBearer: { AuthorizedTokenIssuers: [unknown] } };
  await assert.rejects(ssoAdmin.putApplicationGrant({ ApplicationArn, GrantType: JWT_BEARER, Grant }), {
    name: 'ResourceNotFoundException',
  });
  await ssoAdmin.deleteApplicationGrant({ ApplicationArn, GrantType: EXCHANGE });
  await assert.rejects(ssoAdmin.getApplicationGrant({ ApplicationArn, GrantType: EXCHANGE }), {
    name: 'ResourceNotFoundException',
  });
});

test('a trusted token issuer is read back as made and as changed', async () => {
  const { ssoAdmin, issuer, InstanceArn, cloud } = await instance();
  const { arn: TrustedTokenIssuerArn, OidcJwtConfiguration } = await issuer('okta', {
    Tags: [{ Key: 'a', Value: 'b' }],
  });
  assert.match(TrustedTokenIssuerArn, /:trustedTokenIssuer\/ssoins-[0-9a-f]{16}\/tti-[0-9a-f-]{36}$/);
  const read = async () => {
    const { $metadata: _, ...told } = await ssoAdmin.describeTrustedTokenIssuer({ TrustedTokenIssuerArn });
    return told;
  };
  const listed = { TrustedTokenIssuerArn, Name: 'okta', TrustedTokenIssuerType: 'OIDC_JWT' };
  assert.deepEqual(await read(), { ...listed, TrustedTokenIssuerConfiguration: { OidcJwtConfiguration } });
  assert.deepEqual((await ssoAdmin.listTrustedTokenIssuers({ InstanceArn })).TrustedTokenIssuers, [listed]);
  await assert.rejects(issuer('okta', {}, 'https://other.example.com'), { name: 'ConflictException' });
  await assert.rejects(issuer('entra', {}, 'https://okta.example.com'), { name: 'ConflictException' });
  await ssoAdmin.updateTrustedTokenIssuer({
    TrustedTokenIssuerArn,
    Name: 'new',
    TrustedTokenIssuerConfiguration: { OidcJwtConfiguration: { ClaimAttributePath: 'sub' } },
  });
  const changed = { ...OidcJwtConfiguration, ClaimAttributePath: 'sub' };
  assert.deepEqual(await read(), {
    ...listed,
    Name: 'new',
    TrustedTokenIssuerConfiguration: { OidcJwtConfiguration: changed },
  });
  const { Tags } = await ssoAdmin.listTagsForResource({ ResourceArn: TrustedTokenIssuerArn });
  assert.deepEqual(Tags, [{ Key: 'a', Value: 'b' }]);
  const stranger = await cloud.memberAccount('stranger');
  await assert.rejects(stranger.root.ssoAdmin.describeTrustedTokenIssuer({ TrustedTokenIssuerArn }), {
    name: 'AccessDeniedException',
  });
  await ssoAdmin.deleteTrustedTokenIssuer({ TrustedTokenIssuerArn });
  await assert.rejects(read(), { name: 'ResourceNotFoundException' });
});

test('to a delegated administrator applications are as its own', async () => {
  const cloud = await testCloud();
  const { organizations, ssoAdmin } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  await organizations.createAccount({ AccountName: 'dev', Email: 'dev@example.com' });
  cloud.advance('PT1M');
  const { Accounts } = await organizations.listAccounts({});
  const AccountId = Accounts!.find(({ Id }) => Id !== cloud.managementAccount)!.Id!;
  const { InstanceArn } = await ssoAdmin.createInstance({});
  await organizations.registerDelegatedAdministrator({ AccountId, ServicePrincipal: 'sso.amazonaws.com' });
  const said = { InstanceArn: InstanceArn!, ApplicationProviderArn: CUSTOM, Name: 'payroll' };
  const ApplicationArn = (await ssoAdmin.createApplication(said)).ApplicationArn!;
  const member = cloud.as(await cloud.keyFor(AccountId)).ssoAdmin;
  assert.equal((await member.describeApplication({ ApplicationArn })).Name, 'payroll');
  await member.tagResource({ ResourceArn: ApplicationArn, Tags: [{ Key: 'a', Value: 'b' }] });
  assert.equal((await ssoAdmin.listTagsForResource({ ResourceArn: ApplicationArn })).Tags?.length, 1);
});
