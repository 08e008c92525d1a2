import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { portalOf, welcome } from '../../testing/people.ts';

const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';
const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
const INLINE = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }],
});

async function organization() {
  const cloud = await testCloud();
  const { organizations, ssoAdmin, identitystore } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  const { CreateAccountStatus } = await organizations.createAccount({ AccountName: 'dev', Email: 'dev@example.com' });
  cloud.advance('PT1M');
  const { CreateAccountStatus: made } = await organizations.describeCreateAccountStatus({
    CreateAccountRequestId: CreateAccountStatus!.Id!,
  });
  const { InstanceArn } = await ssoAdmin.createInstance({ Name: 'people' });
  const { Instances } = await ssoAdmin.listInstances({});
  const IdentityStoreId = Instances![0]!.IdentityStoreId!;
  const person = { DisplayName: 'Alice', Name: { GivenName: 'Alice', FamilyName: 'Doe' } };
  const { UserId } = await identitystore.createUser({ IdentityStoreId, UserName: 'alice', ...person });
  const { GroupId } = await identitystore.createGroup({ IdentityStoreId, DisplayName: 'Admins' });
  const member = made!.AccountId!;
  const memberRoot = cloud.as(await cloud.keyFor(member));
  return { cloud, ssoAdmin, InstanceArn: InstanceArn!, UserId: UserId!, GroupId: GroupId!, member, memberRoot };
}

type World = Awaited<ReturnType<typeof organization>>;

async function set({ ssoAdmin, InstanceArn }: World, Name: string, more: object = {}) {
  const { PermissionSet } = await ssoAdmin.createPermissionSet({ InstanceArn, Name, ...more });
  return PermissionSet!.PermissionSetArn!;
}

const assignment = (world: World, PermissionSetArn: string, PrincipalId = world.GroupId) => ({
  InstanceArn: world.InstanceArn,
  PermissionSetArn,
  TargetId: world.member,
  TargetType: 'AWS_ACCOUNT' as const,
  PrincipalType: PrincipalId === world.UserId ? ('USER' as const) : ('GROUP' as const),
  PrincipalId,
});

async function reserved(cloud: Cloud, account: string) {
  const { iam } = cloud.as(await cloud.keyFor(account));
  const { Roles } = await iam.listRoles({ PathPrefix: '/aws-reserved/' });
  return Roles!;
}

test('a permission set is read back as written', async () => {
  const world = await organization();
  const { ssoAdmin, InstanceArn } = world;
  const Tags = [{ Key: 'team', Value: 'blue' }];
  const said = { Description: 'All of it', SessionDuration: 'PT8H', RelayState: 'https://example.com' };
  const PermissionSetArn = await set(world, 'AdminRole', { ...said, Tags });
  const named = { InstanceArn, PermissionSetArn };
  const { PermissionSet } = await ssoAdmin.describePermissionSet(named);
  assert.deepEqual(PermissionSet, { Name: 'AdminRole', PermissionSetArn, CreatedDate: world.cloud.now(), ...said });
  assert.deepEqual((await ssoAdmin.listTagsForResource({ InstanceArn, ResourceArn: PermissionSetArn })).Tags, Tags);
  assert.deepEqual((await ssoAdmin.listPermissionSets({ InstanceArn })).PermissionSets, [PermissionSetArn]);

  await ssoAdmin.attachManagedPolicyToPermissionSet({ ...named, ManagedPolicyArn: ADMINISTRATOR });
  const { AttachedManagedPolicies } = await ssoAdmin.listManagedPoliciesInPermissionSet(named);
  assert.deepEqual(AttachedManagedPolicies, [{ Name: 'AdministratorAccess', Arn: ADMINISTRATOR }]);
  const again = ssoAdmin.attachManagedPolicyToPermissionSet({ ...named, ManagedPolicyArn: ADMINISTRATOR });
  await assert.rejects(again, { name: 'ConflictException' });
  await ssoAdmin.putInlinePolicyToPermissionSet({ ...named, InlinePolicy: INLINE });
  assert.equal((await ssoAdmin.getInlinePolicyForPermissionSet(named)).InlinePolicy, INLINE);
  const wrong = ssoAdmin.putInlinePolicyToPermissionSet({ ...named, InlinePolicy: '{"Statement":1}' });
  await assert.rejects(wrong, { name: 'ValidationException' });
  const reference = { Name: 'limits', Path: '/team/' };
  await ssoAdmin.putPermissionsBoundaryToPermissionSet({
    ...named,
    PermissionsBoundary: { CustomerManagedPolicyReference: reference },
  });
  const { PermissionsBoundary } = await ssoAdmin.getPermissionsBoundaryForPermissionSet(named);
  assert.deepEqual(PermissionsBoundary, { CustomerManagedPolicyReference: reference });
  await assert.rejects(set(world, 'AdminRole'), { name: 'ConflictException' });
  await assert.rejects(set(world, 'Long', { SessionDuration: 'PT13H' }), { name: 'ValidationException' });
});

test('an assignment makes the role in the account, and the last one to go takes it away', async () => {
  const world = await organization();
  const { cloud, ssoAdmin, InstanceArn, member } = world;
  const PermissionSetArn = await set(world, 'AdminRole');
  const named = { InstanceArn, PermissionSetArn };
  await ssoAdmin.attachManagedPolicyToPermissionSet({ ...named, ManagedPolicyArn: ADMINISTRATOR });
  await ssoAdmin.putInlinePolicyToPermissionSet({ ...named, InlinePolicy: INLINE });
  const { AccountAssignmentCreationStatus: asked } = await ssoAdmin.createAccountAssignment(
    assignment(world, PermissionSetArn),
  );
  assert.equal(asked!.Status, 'IN_PROGRESS');
  assert.deepEqual(await reserved(cloud, member), []);
  await cloud.settle();
  const { AccountAssignmentCreationStatus: done } = await ssoAdmin.describeAccountAssignmentCreationStatus({
    InstanceArn,
    AccountAssignmentCreationRequestId: asked!.RequestId!,
  });
  assert.equal(done!.Status, 'SUCCEEDED');
  await ssoAdmin.createAccountAssignment(assignment(world, PermissionSetArn, world.UserId));
  await cloud.settle();

  const [role, ...others] = await reserved(cloud, member);
  assert.deepEqual(others, []);
  assert.match(role!.RoleName!, /^AWSReservedSSO_AdminRole_[0-9a-f]{16}$/);
  assert.equal(role!.Path, '/aws-reserved/sso.amazonaws.com/');
  const trust = JSON.parse(decodeURIComponent(role!.AssumeRolePolicyDocument!));
  assert.match(trust.Statement[0].Principal.Federated, /saml-provider\/AWSSSO_[0-9a-f]{16}_DO_NOT_DELETE$/);
  const { iam } = world.memberRoot;
  assert.equal((await iam.listSAMLProviders({})).SAMLProviderList!.length, 1);
  const RoleName = role!.RoleName!;
  const { AttachedPolicies } = await iam.listAttachedRolePolicies({ RoleName });
  assert.deepEqual(
    AttachedPolicies?.map(({ PolicyArn }) => PolicyArn),
    [ADMINISTRATOR],
  );
  assert.deepEqual((await iam.listRolePolicies({ RoleName })).PolicyNames, ['AwsSSOInlinePolicy']);
  await assert.rejects(iam.deleteRole({ RoleName }), { name: 'UnmodifiableEntityException' });

  const { AccountAssignments } = await ssoAdmin.listAccountAssignments({ ...named, AccountId: member });
  assert.deepEqual(AccountAssignments?.map(({ PrincipalType }) => PrincipalType).toSorted(), ['GROUP', 'USER']);
  for (const who of [world.GroupId, world.UserId]) {
    await ssoAdmin.deleteAccountAssignment(assignment(world, PermissionSetArn, who));
    await cloud.settle();
  }
  assert.deepEqual(await reserved(cloud, member), []);
  assert.deepEqual((await iam.listSAMLProviders({})).SAMLProviderList, []);
  await ssoAdmin.deletePermissionSet(named);
});

test('a changed permission set waits for provisioning, which fails where the account lacks a policy', async () => {
  const world = await organization();
  const { cloud, ssoAdmin, InstanceArn, member } = world;
  const PermissionSetArn = await set(world, 'DeveloperRole');
  const named = { InstanceArn, PermissionSetArn };
  await ssoAdmin.createAccountAssignment(assignment(world, PermissionSetArn));
  await cloud.settle();
  await ssoAdmin.attachManagedPolicyToPermissionSet({ ...named, ManagedPolicyArn: READ_ONLY });
  const ProvisioningStatus = 'LATEST_PERMISSION_SET_NOT_PROVISIONED';
  const { AccountIds } = await ssoAdmin.listAccountsForProvisionedPermissionSet({ ...named, ProvisioningStatus });
  assert.deepEqual(AccountIds, [member]);
  await assert.rejects(ssoAdmin.deletePermissionSet(named), { name: 'ConflictException' });

  const provision = async () => {
    const asked = await ssoAdmin.provisionPermissionSet({ ...named, TargetType: 'ALL_PROVISIONED_ACCOUNTS' });
    await cloud.settle();
    const { PermissionSetProvisioningStatus } = await ssoAdmin.describePermissionSetProvisioningStatus({
      InstanceArn,
      ProvisionPermissionSetRequestId: asked.PermissionSetProvisioningStatus!.RequestId!,
    });
    return PermissionSetProvisioningStatus!;
  };
  assert.equal((await provision()).Status, 'SUCCEEDED');
  const [role] = await reserved(cloud, member);
  const { iam } = world.memberRoot;
  const attached = async () =>
    (await iam.listAttachedRolePolicies({ RoleName: role!.RoleName! })).AttachedPolicies!.map(
      ({ PolicyArn }) => PolicyArn,
    );
  assert.deepEqual(await attached(), [READ_ONLY]);

  const CustomerManagedPolicyReference = { Name: 'own', Path: '/' };
  await ssoAdmin.attachCustomerManagedPolicyReferenceToPermissionSet({ ...named, CustomerManagedPolicyReference });
  const failed = await provision();
  assert.equal(failed.Status, 'FAILED');
  assert.match(failed.FailureReason!, /policy\/own does not exist/);
  await iam.createPolicy({ PolicyName: 'own', PolicyDocument: INLINE });
  assert.equal((await provision()).Status, 'SUCCEEDED');
  assert.deepEqual(await attached(), [READ_ONLY, `arn:aws:iam::${member}:policy/own`]);
});

test('what a permission set may hold has AWS’s bounds', async () => {
  const world = await organization();
  const { ssoAdmin, InstanceArn } = world;
  const named = { InstanceArn, PermissionSetArn: await set(world, 'DeveloperRole') };
  const Statement = { Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::${'a'.repeat(10_142)}` };
  const tight = JSON.stringify({ Version: '2012-10-17', Statement });
  assert.equal(tight.length, 10_240);
  const put = (InlinePolicy: string) => ssoAdmin.putInlinePolicyToPermissionSet({ ...named, InlinePolicy });
  await put(tight + ' '.repeat(32_768 - tight.length));
  const many = { name: 'ServiceQuotaExceededException' };
  await assert.rejects(put(tight.replace('aaa', 'aaaa')), many);
  assert.equal((await ssoAdmin.getInlinePolicyForPermissionSet(named)).InlinePolicy!.trimEnd(), tight);
});

test('what became of a request is told for thirty days', async () => {
  const world = await organization();
  const { cloud, ssoAdmin, InstanceArn } = world;
  const PermissionSetArn = await set(world, 'AdminRole');
  const asked = async () => {
    await ssoAdmin.createAccountAssignment(assignment(world, PermissionSetArn));
    await cloud.settle();
    return (await ssoAdmin.listAccountAssignmentCreationStatus({ InstanceArn })).AccountAssignmentsCreationStatus!;
  };
  const [first] = await asked();
  cloud.advance('P29D');
  assert.equal((await asked()).length, 2);
  cloud.advance('P2D');
  const left = await asked();
  assert.deepEqual([left.length, left.some(({ RequestId }) => RequestId === first!.RequestId)], [2, false]);
});

test('an account that leaves the organization is rid of the roles, and of its people', async () => {
  const cloud = await testCloud();
  const { person, assign, InstanceArn } = await portalOf(cloud);
  const { organizations, ssoAdmin } = cloud.root;
  const asked = await organizations.createAccount({ AccountName: 'dev', Email: 'dev@example.com' });
  cloud.advance('P5D');
  const CreateAccountRequestId = asked.CreateAccountStatus!.Id!;
  const { CreateAccountStatus } = await organizations.describeCreateAccountStatus({ CreateAccountRequestId });
  const account = CreateAccountStatus!.AccountId!;
  const ada = { type: 'USER', id: await person('ada') } as const;
  const PermissionSetArn = await assign('AdminRole', 'AdministratorAccess', ada, account, cloud.managementAccount);
  const { browser, page } = await welcome(cloud, 'ada');
  const isShown = new RegExp(`<p>${account} `);
  assert.match(page.text, isShown);
  await organizations.removeAccountFromOrganization({ AccountId: account });
  const refused = await browser.submit('/start/credentials', { account, role: 'AdminRole' });
  assert.equal(refused.status, 403);
  assert.doesNotMatch((await browser.go('/start')).text, isShown);
  await cloud.settle();
  assert.deepEqual(await reserved(cloud, account), []);
  const { iam } = cloud.as(await cloud.keyFor(account));
  assert.deepEqual((await iam.listSAMLProviders({})).SAMLProviderList, []);
  const named = { InstanceArn, PermissionSetArn };
  const left = await ssoAdmin.listAccountAssignments({ ...named, AccountId: account });
  assert.deepEqual(left.AccountAssignments, []);
  const { AccountIds } = await ssoAdmin.listAccountsForProvisionedPermissionSet(named);
  assert.deepEqual(AccountIds, [cloud.managementAccount]);
});

test('what groups give is listed for their members', async () => {
  const world = await organization();
  const { cloud, ssoAdmin, InstanceArn, UserId, GroupId } = world;
  const { Instances } = await ssoAdmin.listInstances({});
  const IdentityStoreId = Instances![0]!.IdentityStoreId!;
  await cloud.root.identitystore.createGroupMembership({ IdentityStoreId, GroupId, MemberId: { UserId } });
  const PermissionSetArn = await set(world, 'AdminRole');
  await ssoAdmin.createAccountAssignment(assignment(world, PermissionSetArn));
  await cloud.settle();
  const principal = { InstanceArn, PrincipalId: UserId, PrincipalType: 'USER' as const };
  const { AccountAssignments } = await ssoAdmin.listAccountAssignmentsForPrincipal(principal);
  assert.deepEqual(AccountAssignments, [
    { AccountId: world.member, PermissionSetArn, PrincipalId: GroupId, PrincipalType: 'GROUP' },
  ]);
});

test('an instance is there for its administrators only, and an account has one', async () => {
  const world = await organization();
  const { cloud, InstanceArn, member, memberRoot } = world;
  await assert.rejects(memberRoot.ssoAdmin.listPermissionSets({ InstanceArn }), { name: 'ResourceNotFoundException' });
  assert.deepEqual((await memberRoot.ssoAdmin.listInstances({})).Instances, []);
  await assert.rejects(cloud.root.ssoAdmin.createInstance({}), { name: 'ConflictException' });
  await cloud.root.organizations.registerDelegatedAdministrator({
    AccountId: member,
    ServicePrincipal: 'sso.amazonaws.com',
  });
  const { Instances } = await memberRoot.ssoAdmin.listInstances({});
  assert.deepEqual(
    Instances?.map((instance) => instance.InstanceArn),
    [InstanceArn],
  );
  assert.deepEqual((await memberRoot.ssoAdmin.listPermissionSets({ InstanceArn })).PermissionSets, []);
});

test('a delegated administrator alters nothing that stands in the management account', async () => {
  const world = await organization();
  const { cloud, ssoAdmin, InstanceArn, member, memberRoot } = world;
  const ServicePrincipal = 'sso.amazonaws.com';
  await cloud.root.organizations.registerDelegatedAdministrator({ AccountId: member, ServicePrincipal });
  const named = { InstanceArn, PermissionSetArn: await set(world, 'AdminRole') };
  const its = memberRoot.ssoAdmin;
  await its.putInlinePolicyToPermissionSet({ ...named, InlinePolicy: INLINE });
  const there = { ...assignment(world, named.PermissionSetArn), TargetId: cloud.managementAccount };
  const account = `arn:aws:sso:::account/${cloud.managementAccount}`;
  const sentence = (operation: string, resource = named.PermissionSetArn) => ({
    name: 'AccessDeniedException',
    message: `User: arn:aws:iam::${member}:root is not authorized to perform: sso:${operation} on resource: ${resource}`,
  });
  await assert.rejects(its.createAccountAssignment(there), sentence('CreateAccountAssignment', account));
  await ssoAdmin.createAccountAssignment(there);
  await cloud.settle();
  const ManagedPolicyArn = ADMINISTRATOR;
  const here = assignment(world, named.PermissionSetArn);
  const refused: Readonly<Record<string, () => Promise<unknown>>> = {
    AttachManagedPolicyToPermissionSet: () => its.attachManagedPolicyToPermissionSet({ ...named, ManagedPolicyArn }),
    CreateAccountAssignment: () => its.createAccountAssignment(here),
    DeleteAccountAssignment: () => its.deleteAccountAssignment(here),
    DeleteInlinePolicyFromPermissionSet: () => its.deleteInlinePolicyFromPermissionSet(named),
    DeletePermissionSet: () => its.deletePermissionSet(named),
    ProvisionPermissionSet: () => its.provisionPermissionSet({ ...named, TargetType: 'ALL_PROVISIONED_ACCOUNTS' }),
    PutInlinePolicyToPermissionSet: () => its.putInlinePolicyToPermissionSet({ ...named, InlinePolicy: INLINE }),
    TagResource: () =>
      its.tagResource({ InstanceArn, ResourceArn: named.PermissionSetArn, Tags: [{ Key: 'a', Value: 'b' }] }),
    UpdatePermissionSet: () => its.updatePermissionSet({ ...named, SessionDuration: 'PT12H' }),
  };
  for (const [operation, call] of Object.entries(refused)) await assert.rejects(call(), sentence(operation));
  assert.equal((await its.describePermissionSet(named)).PermissionSet!.SessionDuration, 'PT1H');
  await ssoAdmin.attachManagedPolicyToPermissionSet({ ...named, ManagedPolicyArn: READ_ONLY });
  await ssoAdmin.deleteAccountAssignment(there);
  await cloud.settle();
  await its.updatePermissionSet({ ...named, SessionDuration: 'PT2H' });
});

test('attributes for access control are set, read and taken away', async () => {
  const { ssoAdmin, InstanceArn } = await organization();
  const AccessControlAttributes = [{ Key: 'costCenter', Value: { Source: ['$' + '{path:enterprise.costCenter}'] } }];
  const configuration = { InstanceAccessControlAttributeConfiguration: { AccessControlAttributes } };
  await ssoAdmin.createInstanceAccessControlAttributeConfiguration({ InstanceArn, ...configuration });
  const { $metadata: _, ...read } = await ssoAdmin.describeInstanceAccessControlAttributeConfiguration({ InstanceArn });
  assert.deepEqual(read, { Status: 'ENABLED', ...configuration });
  await ssoAdmin.deleteInstanceAccessControlAttributeConfiguration({ InstanceArn });
  await assert.rejects(ssoAdmin.describeInstanceAccessControlAttributeConfiguration({ InstanceArn }), {
    name: 'ResourceNotFoundException',
  });
});
