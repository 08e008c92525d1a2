import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

test('CreateOrganization makes the caller the management account, at the root, once', async () => {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  const refused = {
    name: 'AWSOrganizationsNotInUseException',
    message: 'Your account is not a member of an organization.',
  };
  await assert.rejects(organizations.describeOrganization(), refused);
  const { Organization } = await organizations.createOrganization({});
  assert.match(Organization?.Id ?? '', /^o-[a-z0-9]{10}$/);
  assert.equal(Organization?.MasterAccountId, cloud.managementAccount);
  assert.equal(Organization?.Arn, `arn:aws:organizations::${cloud.managementAccount}:organization/${Organization?.Id}`);
  assert.deepEqual((await organizations.describeOrganization()).Organization, Organization);
  await assert.rejects(organizations.createOrganization({}), {
    name: 'AlreadyInOrganizationException',
    message: 'The AWS account is already a member of an organization.',
  });
  const { Roots } = await organizations.listRoots();
  assert.deepEqual(
    Roots?.map((root) => [root.Name, root.PolicyTypes]),
    [['Root', []]],
  );
  const { Accounts } = await organizations.listAccounts();
  assert.deepEqual(
    Accounts?.map((account) => [account.Id, account.JoinedMethod, account.Status, account.State, account.Paths]),
    [
      [
        cloud.managementAccount,
        'INVITED',
        'ACTIVE',
        'ACTIVE',
        [`${Organization?.Id}/${Roots?.[0]?.Id}/${cloud.managementAccount}/`],
      ],
    ],
  );
});

test('CreateOrganization needs permission for the service-linked role, unless it is for billing alone', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'organizations:*', Resource: '*' },
  });
  await assert.rejects(alice.organizations.createOrganization({}), {
    name: 'AccessDeniedException',
    message: /iam:CreateServiceLinkedRole/,
  });
  const { Organization } = await alice.organizations.createOrganization({ FeatureSet: 'CONSOLIDATED_BILLING' });
  assert.equal(Organization?.FeatureSet, 'CONSOLIDATED_BILLING');
  assert.deepEqual(Organization?.AvailablePolicyTypes, []);
  const [root] = (await alice.organizations.listRoots()).Roots ?? [];
  await assert.rejects(
    alice.organizations.enablePolicyType({ RootId: root?.Id, PolicyType: 'SERVICE_CONTROL_POLICY' }),
    { name: 'PolicyTypeNotAvailableForOrganizationException' },
  );
});

test('DeleteOrganization wants it empty, and leaves nothing behind', async () => {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  await organizations.createOrganization({});
  const [root] = (await organizations.listRoots()).Roots ?? [];
  const { OrganizationalUnit } = await organizations.createOrganizationalUnit({ ParentId: root?.Id, Name: 'a' });
  await assert.rejects(organizations.deleteOrganization(), { name: 'OrganizationNotEmptyException' });
  await organizations.deleteOrganizationalUnit({ OrganizationalUnitId: OrganizationalUnit?.Id });
  await organizations.tagResource({ ResourceId: root?.Id, Tags: [{ Key: 'a', Value: 'b' }] });
  await organizations.deleteOrganization();
  await assert.rejects(organizations.listRoots(), { name: 'AWSOrganizationsNotInUseException' });
  await organizations.createOrganization({});
  const [anew] = (await organizations.listRoots()).Roots ?? [];
  assert.notEqual(anew?.Id, root?.Id);
});
