import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const CONFIG = 'config.amazonaws.com';
const GUARDDUTY = 'guardduty.amazonaws.com';
const REFUSED = { name: 'AccessDeniedException', message: "You don't have permissions to access this resource." };

async function organized() {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  const { Organization } = await organizations.createOrganization({});
  const join = async (name: string) => {
    const member = await cloud.memberAccount(name);
    const sent = await organizations.inviteAccountToOrganization({ Target: { Type: 'ACCOUNT', Id: member.id } });
    await member.root.organizations.acceptHandshake({ HandshakeId: sent.Handshake?.Id });
    return member;
  };
  const member = await join('dev');
  const register = (AccountId: string, ServicePrincipal: string) =>
    organizations.registerDelegatedAdministrator({ AccountId, ServicePrincipal });
  return {
    cloud,
    organizations,
    organization: Organization?.Id ?? '',
    member,
    theirs: member.root.organizations,
    join,
    register,
  };
}

test('A delegated administrator reads the organization and changes nothing', async () => {
  const { organizations, member, theirs, register } = await organized();
  await assert.rejects(theirs.listAccounts(), REFUSED);
  await assert.rejects(register(member.id, CONFIG), {
    name: 'ConstraintViolationException',
    Reason: 'SERVICE_ACCESS_NOT_ENABLED',
    message:
      'You must enable service access before you delegate an administrator for this service. ' +
      'Call the AWS API EnableAWSServiceAccess first.',
  });
  await organizations.enableAWSServiceAccess({ ServicePrincipal: CONFIG });
  await register(member.id, CONFIG);
  assert.equal((await theirs.listAccounts()).Accounts?.length, 2);
  const root = (await theirs.listRoots()).Roots?.[0]?.Id;
  await assert.rejects(theirs.createOrganizationalUnit({ ParentId: root, Name: 'a' }), REFUSED);
  await assert.rejects(theirs.tagResource({ ResourceId: root, Tags: [{ Key: 'a', Value: 'b' }] }), REFUSED);
  const nobody = await member.user('nobody');
  await assert.rejects(nobody.organizations.listAccounts(), {
    name: 'AccessDeniedException',
    message: /because no identity-based policy allows the organizations:ListAccounts action/,
  });
  await organizations.deregisterDelegatedAdministrator({ AccountId: member.id, ServicePrincipal: CONFIG });
  await assert.rejects(theirs.listAccounts(), REFUSED);
});

test('Delegated administrators are listed by service and by account', async () => {
  const { cloud, organizations, member, join, register } = await organized();
  const second = await join('second');
  for (const ServicePrincipal of [CONFIG, GUARDDUTY]) await organizations.enableAWSServiceAccess({ ServicePrincipal });
  await register(member.id, CONFIG);
  await register(member.id, GUARDDUTY);
  await register(second.id, CONFIG);
  await assert.rejects(register(second.id, GUARDDUTY), {
    name: 'ConstraintViolationException',
    Reason: 'DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE',
  });
  await assert.rejects(register(second.id, CONFIG), { name: 'AccountAlreadyRegisteredException' });
  await assert.rejects(register(cloud.managementAccount, CONFIG), {
    name: 'ConstraintViolationException',
    Reason: 'CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR',
  });
  const ids = async (ServicePrincipal?: string) =>
    (await organizations.listDelegatedAdministrators({ ServicePrincipal })).DelegatedAdministrators?.map((a) => a.Id);
  assert.deepEqual((await ids())?.sort(), [member.id, second.id].sort());
  assert.deepEqual(await ids(GUARDDUTY), [member.id]);
  const { DelegatedServices } = await organizations.listDelegatedServicesForAccount({ AccountId: member.id });
  assert.deepEqual(
    DelegatedServices?.map((service) => service.ServicePrincipal),
    [CONFIG, GUARDDUTY],
  );
  await assert.rejects(organizations.removeAccountFromOrganization({ AccountId: member.id }), {
    name: 'ConstraintViolationException',
    Reason: 'CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG',
  });
  await organizations.disableAWSServiceAccess({ ServicePrincipal: CONFIG });
  assert.deepEqual(await ids(), [member.id]);
  await assert.rejects(organizations.listDelegatedServicesForAccount({ AccountId: second.id }), {
    name: 'AccountNotRegisteredException',
  });
  const { EnabledServicePrincipals } = await organizations.listAWSServiceAccessForOrganization();
  assert.deepEqual(EnabledServicePrincipals, [{ ServicePrincipal: GUARDDUTY, DateEnabled: cloud.now() }]);
});

test('The delegation policy lets a member manage the policies it names, by permissions of its own', async () => {
  const { cloud, organizations, organization, member, theirs } = await organized();
  const home = `arn:aws:organizations::${cloud.managementAccount}`;
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: member.id },
    Action: ['organizations:CreatePolicy', 'organizations:DescribePolicy', 'organizations:List*'],
    Resource: '*',
    Condition: { StringLikeIfExists: { 'organizations:PolicyType': ['BACKUP_POLICY', 'TAG_POLICY'] } },
  };
  const content = (changes: object = {}) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, ...changes }] });
  const put = (Content: string) => organizations.putResourcePolicy({ Content });
  const { ResourcePolicy } = await put(content());
  assert.match(
    ResourcePolicy?.ResourcePolicySummary?.Arn ?? '',
    new RegExp(`^${home}:resourcepolicy/${organization}/rp-`),
  );
  assert.equal((await organizations.describeResourcePolicy()).ResourcePolicy?.Content, content());
  const policy = (Type: 'TAG_POLICY' | 'SERVICE_CONTROL_POLICY') =>
    theirs.createPolicy({
      Name: Type,
      Description: '',
      Type,
      Content:
        Type === 'TAG_POLICY'
          ? '{"tags":{"a":{"tag_key":{"@@assign":"A"}}}}'
          : '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}',
    });
  const { Policy } = await policy('TAG_POLICY');
  assert.equal((await theirs.listPolicies({ Filter: 'TAG_POLICY' })).Policies?.[0]?.Id, Policy?.PolicySummary?.Id);
  await assert.rejects(policy('SERVICE_CONTROL_POLICY'), { name: 'AccessDeniedException' });
  await assert.rejects(theirs.deletePolicy({ PolicyId: Policy?.PolicySummary?.Id }), { name: 'AccessDeniedException' });
  const nobody = await member.user('nobody');
  await assert.rejects(nobody.organizations.listPolicies({ Filter: 'TAG_POLICY' }), { name: 'AccessDeniedException' });
  const faults: [object, string][] = [
    [{ Action: 'organizations:CreateAccount' }, 'UNSUPPORTED_ACTION_IN_RESOURCE_POLICY'],
    [{ Action: 's3:*' }, 'UNSUPPORTED_ACTION_IN_RESOURCE_POLICY'],
    [{ Action: undefined, NotAction: 'organizations:DeletePolicy' }, 'UNSUPPORTED_ACTION_IN_RESOURCE_POLICY'],
    [{ Resource: 'arn:aws:s3:::bucket' }, 'UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY'],
    [{ Principal: '*' }, 'INVALID_PRINCIPAL'],
    [{ Principal: { AWS: '999999999999' } }, 'INVALID_PRINCIPAL'],
    [{ Principal: undefined }, 'INVALID_RESOURCE_POLICY_JSON'],
  ];
  for (const [changes, Reason] of faults) {
    await assert.rejects(put(content(changes)), { name: 'InvalidInputException', Reason }, Reason);
  }
  const stranger = await cloud.memberAccount('stranger');
  const Target = { Type: 'ACCOUNT', Id: stranger.id } as const;
  const { Handshake } = await organizations.inviteAccountToOrganization({ Target });
  const question = { HandshakeId: Handshake?.Id };
  await assert.rejects(theirs.describeHandshake(question), {
    name: 'AccessDeniedException',
    message: /because no resource-based policy allows the organizations:DescribeHandshake action/,
  });
  await put(content({ Action: 'organizations:DescribeHandshake' }));
  assert.equal((await theirs.describeHandshake(question)).Handshake?.Id, Handshake?.Id);
  await organizations.deleteResourcePolicy();
  await assert.rejects(theirs.listPolicies({ Filter: 'TAG_POLICY' }), REFUSED);
  await assert.rejects(organizations.describeResourcePolicy(), { name: 'ResourcePolicyNotFoundException' });
});

test('Access to policies can be bound to their type', async () => {
  const { cloud, organizations } = await organized();
  const content = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}';
  const scp = { Name: 'scp', Description: '', Type: 'SERVICE_CONTROL_POLICY', Content: content } as const;
  const PolicyId = (await organizations.createPolicy(scp)).Policy?.PolicySummary?.Id;
  const tagger = await cloud.user('tagger', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'organizations:*',
      Resource: '*',
      Condition: { StringEquals: { 'organizations:PolicyType': 'TAG_POLICY' } },
    },
  });
  await assert.rejects(tagger.organizations.describePolicy({ PolicyId }), {
    name: 'AccessDeniedException',
    message: /is not authorized to perform: organizations:DescribePolicy on resource: .*service_control_policy/,
  });
  await assert.rejects(tagger.organizations.listPolicies({ Filter: 'SERVICE_CONTROL_POLICY' }), {
    name: 'AccessDeniedException',
  });
  assert.deepEqual((await tagger.organizations.listPolicies({ Filter: 'TAG_POLICY' })).Policies, []);
});
