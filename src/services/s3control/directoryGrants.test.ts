/** S3 Access Grants for people of a directory: they get at what is granted to them and to their groups. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Grantee, Permission } from '@aws-sdk/client-s3-control';
import { testCloud } from '../../testing/cloud.ts';
import { portalOf } from '../../testing/people.ts';
import { tokenIssuer } from '../../testing/tokenIssuer.ts';

const Bucket = 'a-bucket';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const PROVIDER = 'arn:aws:iam::aws:contextProvider/IdentityCenter';
const SCOPE = 's3:access_grants:read_write';
const denied = { name: 'AccessDenied' };
const invalid = { name: 'InvalidAccessGrant' };
const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const allow = (Action: string | string[], more: object = { Resource: '*' }) => ({ Effect: 'Allow', Action, ...more });
const byService = { Principal: { Service: 'access-grants.s3.amazonaws.com' } };

/** An organization with a directory, and an instance of Access Grants with a bucket, which is not associated yet. */
async function unassociated() {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const { s3, iam, s3control: control } = cloud.root;
  const AccountId = cloud.managementAccount;
  await s3.createBucket({ Bucket });
  for (const Key of ['ada/1', 'team/2', 'role/3']) await s3.putObject({ Bucket, Key, Body: Key });
  const trust = (...actions: string[]) => document(allow(actions, byService));
  const RoleName = 'reaches';
  const { Role } = await iam.createRole({
    ...{ RoleName, AssumeRolePolicyDocument: trust('sts:AssumeRole', 'sts:SetContext') },
  });
  await iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: document(allow('s3:*')) });
  await control.createAccessGrantsInstance({ AccountId });
  await control.createAccessGrantsLocation({ AccountId, LocationScope: 's3://', IAMRoleArn: Role!.Arn! });
  const ada = await portal.person('ada');
  const { GroupId } = await cloud.root.identitystore.createGroup({
    ...{ IdentityStoreId: portal.IdentityStoreId, DisplayName: 'team' },
  });
  const { MembershipId } = await cloud.root.identitystore.createGroupMembership({
    ...{ IdentityStoreId: portal.IdentityStoreId, GroupId, MemberId: { UserId: ada } },
  });
  const grant = (to: Grantee, prefix: string, more: { Permission?: Permission; ApplicationArn?: string } = {}) =>
    control.createAccessGrant({
      ...{ AccountId, AccessGrantsLocationId: 'default', Permission: 'READ' as const, Grantee: to, ...more },
      AccessGrantsLocationConfiguration: { S3SubPrefix: `${Bucket}/${prefix}` },
    });
  const user = { GranteeType: 'DIRECTORY_USER', GranteeIdentifier: ada } as const;
  const group = { GranteeType: 'DIRECTORY_GROUP', GranteeIdentifier: GroupId! } as const;
  return { ...portal, iam, control, AccountId, ada, user, group, MembershipId: MembershipId!, grant, trust };
}

/** It is associated, and an application asks on behalf of Ada. */
async function world(t: TestContext) {
  const made = await unassociated();
  const { cloud, control, iam, AccountId, InstanceArn, ada } = made;
  await control.associateAccessGrantsIdentityCenter({ AccountId, IdentityCenterArn: InstanceArn });
  const { ssoAdmin } = cloud.root;
  const provider = await tokenIssuer(t);
  const OidcJwtConfiguration = {
    ...{ IssuerUrl: provider.issuer, ClaimAttributePath: 'email', IdentityStoreAttributePath: 'emails.value' },
    JwksRetrievalOption: 'OPEN_ID_DISCOVERY' as const,
  };
  const { TrustedTokenIssuerArn } = await ssoAdmin.createTrustedTokenIssuer({
    ...{ InstanceArn, Name: 'okta', TrustedTokenIssuerType: 'OIDC_JWT' },
    TrustedTokenIssuerConfiguration: { OidcJwtConfiguration },
  });
  const viewer = await cloud.user('viewer');
  const who = { Principal: { AWS: `arn:aws:iam::${AccountId}:user/viewer` } };
  const actions = ['s3:GetDataAccess', 's3:ListCallerAccessGrants', 's3:GetAccessGrantsInstanceForPrefix'];
  const { Role } = await iam.createRole({
    ...{ RoleName: 'bearer', AssumeRolePolicyDocument: document(allow(['sts:AssumeRole', 'sts:SetContext'], who)) },
  });
  const PolicyDocument = document(allow([...actions, 's3:GetObject']));
  await iam.putRolePolicy({ RoleName: 'bearer', PolicyName: 'p', PolicyDocument });
  const application = async (Name: string) => {
    const ApplicationProviderArn = 'arn:aws:sso::aws:applicationProvider/custom';
    const { ApplicationArn } = await ssoAdmin.createApplication({ InstanceArn, ApplicationProviderArn, Name });
    const said = { ApplicationArn: ApplicationArn! };
    const ActorPolicy = JSON.parse(document(allow('sso-oauth:CreateTokenWithIAM', { ...who, Resource: '*' })));
    await ssoAdmin.putApplicationAuthenticationMethod({
      ...{ ...said, AuthenticationMethodType: 'IAM', AuthenticationMethod: { Iam: { ActorPolicy } } },
    });
    const AuthorizedTokenIssuers = [{ TrustedTokenIssuerArn, AuthorizedAudiences: ['pay'] }];
    await ssoAdmin.putApplicationGrant({
      ...{ ...said, GrantType: JWT_BEARER, Grant: { JwtBearer: { AuthorizedTokenIssuers } } },
    });
    await ssoAdmin.putApplicationAccessScope({ ...said, Scope: SCOPE });
    await ssoAdmin.createApplicationAssignment({ ...said, PrincipalType: 'USER', PrincipalId: ada });
    return ApplicationArn!;
  };
  const onBehalf = async (clientId: string) => {
    const iat = Math.floor(cloud.now().getTime() / 1000);
    const assertion = await provider.sign({
      ...{ iss: provider.issuer, aud: 'pay', sub: '7', email: 'ada@example.com', iat, exp: iat + 600 },
    });
    const token = await viewer.ssoOidc.createTokenWithIAM({ clientId, grantType: JWT_BEARER, assertion });
    const ContextAssertion = token.awsAdditionalDetails!.identityContext!;
    const { Credentials } = await viewer.sts.assumeRole({
      ...{ RoleArn: Role!.Arn!, RoleSessionName: 'ada' },
      ProvidedContexts: [{ ProviderArn: PROVIDER, ContextAssertion }],
    });
    return clientsOf({ ...Credentials });
  };
  const clientsOf = ({ AccessKeyId, SecretAccessKey, SessionToken }: Record<string, unknown>) =>
    cloud.as({
      ...{ accessKeyId: `${AccessKeyId}`, secretAccessKey: `${SecretAccessKey}`, sessionToken: `${SessionToken}` },
    });
  const vended = async (clients: ReturnType<typeof clientsOf>, key: string) => {
    const asked = { AccountId, Target: `s3://${Bucket}/${key}`, Permission: 'READ' as const };
    const answer = await clients.s3control.getDataAccess(asked);
    return { ...answer, s3: clientsOf({ ...answer.Credentials }).s3 };
  };
  const bearer = { GranteeType: 'IAM', GranteeIdentifier: Role!.Arn! } as const;
  return { ...made, application, onBehalf, vended, bearer };
}

test('an instance is associated with a directory, in which it is an application', async () => {
  const { cloud, control, AccountId, InstanceArn, user, grant } = await unassociated();
  const notAssociated = {
    name: 'InvalidIdentityCenterInstance',
    message: 'The specified identity center instance is invalid',
  };
  await assert.rejects(grant(user, 'ada/*'), notAssociated);
  await assert.rejects(control.dissociateAccessGrantsIdentityCenter({ AccountId }), notAssociated);
  const associate = (IdentityCenterArn: string, by = control) =>
    by.associateAccessGrantsIdentityCenter({ AccountId, IdentityCenterArn });
  await assert.rejects(associate('arn:aws:sso:::instance/ssoins-1234567890abcdef'), notAssociated);
  const half = await cloud.user('half', JSON.parse(document(allow('s3:*'))));
  await assert.rejects(associate(InstanceArn, half.s3control), denied);
  await associate(InstanceArn);
  await assert.rejects(associate(InstanceArn), notAssociated);
  const instance = await control.getAccessGrantsInstance({ AccountId });
  assert.equal(instance.IdentityCenterInstanceArn, InstanceArn);
  const ApplicationArn = instance.IdentityCenterApplicationArn!;
  assert.equal(instance.IdentityCenterArn, ApplicationArn);
  const { ssoAdmin } = cloud.root;
  const application = await ssoAdmin.describeApplication({ ApplicationArn });
  assert.equal(application.ApplicationAccount, AccountId);
  const { ApplicationProviderArn } = application;
  const own = { InstanceArn, ApplicationProviderArn, Name: 'mine' };
  await assert.rejects(ssoAdmin.createApplication(own), { name: 'ValidationException' });
  await control.deleteAccessGrantsLocation({ AccountId, AccessGrantsLocationId: 'default' });
  await assert.rejects(control.deleteAccessGrantsInstance({ AccountId }), {
    name: 'AccessGrantsInstanceNotEmptyError',
  });
  await assert.rejects(half.s3control.dissociateAccessGrantsIdentityCenter({ AccountId }), denied);
  await control.dissociateAccessGrantsIdentityCenter({ AccountId });
  await assert.rejects(ssoAdmin.describeApplication({ ApplicationArn }), { name: 'ResourceNotFoundException' });
  assert.equal((await control.getAccessGrantsInstance({ AccountId })).IdentityCenterArn, undefined);
  await control.deleteAccessGrantsInstance({ AccountId });
  const again = await control.createAccessGrantsInstance({ AccountId, IdentityCenterArn: InstanceArn });
  assert.equal(again.IdentityCenterInstanceArn, InstanceArn);
  assert.match(again.IdentityCenterApplicationArn!, /:application\/ssoins-.*\/apl-[0-9a-f]{16}$/);
});

test('an account of the organization is associated with its directory; a stranger is not', async () => {
  const { cloud, InstanceArn: IdentityCenterArn } = await unassociated();
  const stranger = await cloud.memberAccount('stranger');
  const asked = { AccountId: stranger.id, IdentityCenterArn };
  const create = () => stranger.root.s3control.createAccessGrantsInstance(asked);
  await assert.rejects(create(), { name: 'InvalidIdentityCenterInstance' });
  const { Handshake } = await cloud.root.organizations.inviteAccountToOrganization({
    ...{ Target: { Type: 'ACCOUNT', Id: stranger.id } },
  });
  await stranger.root.organizations.acceptHandshake({ HandshakeId: Handshake!.Id! });
  assert.match((await create()).IdentityCenterApplicationArn!, new RegExp(`sso::${stranger.id}:application/`));
});

test('grants are to users and groups that are there, by who may describe them', async () => {
  const { cloud, control, AccountId, InstanceArn, user, group, grant } = await unassociated();
  await control.associateAccessGrantsIdentityCenter({ AccountId, IdentityCenterArn: InstanceArn });
  const { $metadata: _, ...made } = await grant(user, 'ada/*');
  assert.deepEqual([made.Grantee, made.ApplicationArn], [user, undefined]);
  const { AccessGrantId } = made;
  const { $metadata: __, ...read } = await control.getAccessGrant({ AccountId, AccessGrantId });
  assert.deepEqual(read, made);
  await assert.rejects(grant(user, 'ada/*'), { name: 'AccessGrantAlreadyExists' });
  await assert.rejects(grant({ ...user, GranteeIdentifier: group.GranteeIdentifier }, 'ada/*'), invalid);
  await assert.rejects(grant({ ...group, GranteeIdentifier: user.GranteeIdentifier }, 'ada/*'), invalid);
  await grant(group, 'team/*');
  const listed = async (more: object) =>
    (await control.listAccessGrants({ AccountId, ...more })).AccessGrantsList!.map(({ Grantee }) => Grantee);
  assert.deepEqual(await listed({ GranteeType: 'DIRECTORY_GROUP' }), [group]);
  assert.deepEqual(await listed({ GranteeIdentifier: user.GranteeIdentifier }), [user]);
  assert.deepEqual(await listed({ GranteeType: 'IAM' }), []);
  const half = await cloud.user('half', JSON.parse(document(allow(['s3:*', 'sso:*']))));
  const asked = { AccountId, AccessGrantsLocationId: 'default', Permission: 'WRITE' as const, Grantee: user };
  const AccessGrantsLocationConfiguration = { S3SubPrefix: `${Bucket}/*` };
  await assert.rejects(half.s3control.createAccessGrant({ ...asked, AccessGrantsLocationConfiguration }), denied);
});

test('on behalf of somebody, credentials are for what is granted to the person, the groups and the role', async (t) => {
  const { cloud, control, AccountId, ada, user, group, bearer, grant, ...about } = await world(t);
  const session = await about.onBehalf(await about.application('docs'));
  const get = (key: string) => about.vended(session, key);
  await assert.rejects(get('ada/1'), denied);
  await assert.rejects(session.s3.getObject({ Bucket, Key: 'ada/1' }), denied);
  for (const [to, prefix] of [
    [user, 'ada/*'],
    [group, 'team/*'],
    [bearer, 'role/*'],
  ] as const)
    await grant(to, prefix);
  for (const [key, to] of [
    ['ada/1', user],
    ['team/2', group],
    ['role/3', bearer],
  ] as const) {
    const { s3, Grantee } = await get(key);
    assert.deepEqual(Grantee, to);
    await s3.getObject({ Bucket, Key: key });
    await assert.rejects(s3.getObject({ Bucket, Key: key === 'ada/1' ? 'team/2' : 'ada/1' }), denied);
  }
  await grant(bearer, '*');
  assert.deepEqual((await get('ada/1')).Grantee, user);
  const instance = await session.s3control.getAccessGrantsInstanceForPrefix({
    AccountId,
    S3Prefix: `s3://${Bucket}/a`,
  });
  assert.match(instance.AccessGrantsInstanceArn!, /access-grants\/default$/);
  const { MembershipId, IdentityStoreId } = about;
  await cloud.root.identitystore.deleteGroupMembership({ IdentityStoreId, MembershipId });
  assert.deepEqual((await get('team/2')).Grantee, bearer);
  await control.dissociateAccessGrantsIdentityCenter({ AccountId });
  assert.deepEqual((await get('ada/1')).Grantee, bearer);
});

test('the session that is vended says on whose behalf; the role must let its context be set', async (t) => {
  const { cloud, iam, ada, user, grant, IdentityStoreId, trust, ...about } = await world(t);
  await grant(user, 'ada/*');
  const clientId = await about.application('docs');
  const session = await about.onBehalf(clientId);
  const { s3 } = await about.vended(session, 'ada/1');
  await assert.rejects(s3.createBucket({ Bucket: 'another-bucket' }), denied);
  const { Events = [] } = await cloud.root.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateBucket' }],
  });
  const identityStoreArn = `arn:aws:identitystore::${cloud.managementAccount}:identitystore/${IdentityStoreId}`;
  const records = Events.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent!).userIdentity.onBehalfOf);
  assert.deepEqual(records.filter(Boolean), [{ userId: ada, identityStoreArn }]);
  const kept = (await cloud.deps.store.journal.read(0, 10_000)).map(({ body }) => body).join('\n');
  assert.match(kept, /"contextAssertion":"HIDDEN_DUE_TO_SECURITY_REASONS"/);
  assert.ok(!kept.includes('AQoJb3JpZ2luX2Vj'));
  await iam.updateAssumeRolePolicy({ RoleName: 'reaches', PolicyDocument: trust('sts:AssumeRole') });
  await assert.rejects(about.vended(session, 'ada/1'), {
    name: 'StsNotAuthorizedError',
    message: /access-grants.s3.amazonaws.com is not authorized to perform: sts:SetContext on resource: /,
  });
  await iam.updateAssumeRolePolicy({ RoleName: 'reaches', PolicyDocument: trust('sts:AssumeRole', 'sts:SetContext') });
  await cloud.root.ssoAdmin.deleteApplicationAccessScope({ ApplicationArn: clientId, Scope: SCOPE });
  await assert.rejects(about.vended(session, 'ada/1'), denied);
});

test('a grant through an application is for no other; callers list what is theirs, page by page', async (t) => {
  const { AccountId, user, group, bearer, grant, InstanceArn, ...about } = await world(t);
  const docs = await about.application('docs');
  const other = await about.application('other');
  const through = await grant(user, 'ada/*', { ApplicationArn: docs });
  assert.equal(through.ApplicationArn, docs);
  const missing = docs.replace(/.{4}$/, '0000');
  await assert.rejects(grant(user, 'ada/*', { ApplicationArn: missing }), invalid);
  const session = await about.onBehalf(docs);
  await about.vended(session, 'ada/1');
  await assert.rejects(about.vended(await about.onBehalf(other), 'ada/1'), denied);
  await grant(group, 'team/*');
  await grant(group, 'ada/*', { ApplicationArn: other });
  await grant(bearer, 'role/*');
  const listed = async (more: object = {}) => {
    const { s3control } = session;
    const found: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await s3control.listCallerAccessGrants({ AccountId, NextToken, ...more });
      found.push(
        ...page.CallerAccessGrantsList!.map(({ GrantScope, ApplicationArn }) => `${GrantScope} ${ApplicationArn}`),
      );
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return found.sort();
  };
  const of = (prefix: string, application: string) => `s3://${Bucket}/${prefix}/* ${application}`;
  const all = [of('ada', docs), of('ada', other), of('role', 'NA'), of('team', 'ALL')].sort();
  assert.deepEqual(await listed(), all);
  for (const MaxResults of [1, 2, 3]) assert.deepEqual(await listed({ MaxResults }), all);
  assert.deepEqual(await listed({ AllowedByApplication: true }), [of('ada', docs), of('team', 'ALL')].sort());
  assert.deepEqual(await listed({ GrantScope: `s3://${Bucket}/team/2` }), [of('team', 'ALL')]);
});
