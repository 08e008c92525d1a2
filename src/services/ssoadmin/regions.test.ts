import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { baselinePolicy, underKey } from '../../testing/customerKeys.ts';
import { portalOf } from '../../testing/people.ts';

const PLACE = 'eu-west-1';

async function world() {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const KeyId = (await underKey(portal)).split('/')[1]!;
  const root = await cloud.keyFor(cloud.managementAccount);
  const there = cloud.as(root, PLACE);
  const replicate = (Policy = baselinePolicy(cloud.managementAccount), ReplicaRegion = PLACE) =>
    cloud.root.kms.replicateKey({ KeyId, ReplicaRegion, Policy });
  const { InstanceArn } = portal;
  const add = (RegionName = PLACE) => cloud.root.ssoAdmin.addRegion({ InstanceArn, RegionName });
  const status = async () => (await cloud.root.ssoAdmin.describeRegion({ InstanceArn, RegionName: PLACE })).Status;
  return { ...portal, KeyId, there, replicate, add, status };
}

async function added() {
  const its = await world();
  await its.replicate();
  await its.add();
  its.cloud.advance('PT1M');
  return its;
}

test('AddRegion replicates an instance to a Region that has the key, and RemoveRegion takes it away', async () => {
  const { cloud, InstanceArn, IdentityStoreId, replicate, add, status, there } = await world();
  const { ssoAdmin } = cloud.root;
  await assert.rejects(add(), { Reason: 'KMS_AccessDeniedException' }, 'there is no such key');
  await replicate();
  assert.equal((await add()).Status, 'ADDING');
  assert.equal(await status(), 'ADDING');
  assert.deepEqual((await there.ssoAdmin.listInstances({})).Instances, []);
  await assert.rejects(add(), { name: 'ConflictException' });
  await assert.rejects(add('eu-west-2'), { name: 'ConflictException' }, 'one at a time');
  const AddedDate = cloud.now();
  cloud.advance('PT1M');
  const primary = { RegionName: 'us-east-1', Status: 'ACTIVE', IsPrimaryRegion: true };
  const listed = await ssoAdmin.listRegions({ InstanceArn });
  const regions = [
    { ...primary, AddedDate: listed.Regions![0]!.AddedDate },
    { RegionName: PLACE, Status: 'ACTIVE', IsPrimaryRegion: false, AddedDate },
  ];
  assert.deepEqual(listed.Regions, regions);
  const described = await there.ssoAdmin.describeInstance({ InstanceArn });
  assert.deepEqual([described.PrimaryRegion, described.Regions], ['us-east-1', regions]);
  assert.equal((await there.ssoAdmin.listInstances({})).Instances![0]!.IdentityStoreId, IdentityStoreId);
  const first = await ssoAdmin.listRegions({ InstanceArn, MaxResults: 1 });
  const { Regions: rest } = await ssoAdmin.listRegions({ InstanceArn, NextToken: first.NextToken });
  assert.deepEqual([...first.Regions!, ...rest!], regions);

  assert.equal((await ssoAdmin.removeRegion({ InstanceArn, RegionName: PLACE })).Status, 'REMOVING');
  assert.equal(await status(), 'REMOVING');
  await assert.rejects(ssoAdmin.removeRegion({ InstanceArn, RegionName: PLACE }), { name: 'ConflictException' });
  cloud.advance('PT1M');
  await assert.rejects(status(), { name: 'ResourceNotFoundException' });
  await assert.rejects(there.ssoAdmin.describeInstance({ InstanceArn }), { name: 'ResourceNotFoundException' });
  await add();
  cloud.advance('PT1M');
  assert.equal(await status(), 'ACTIVE', 'added back');
});

test('what AddRegion and RemoveRegion do not take', async () => {
  const { cloud, InstanceArn, KeyId, add, replicate, there } = await world();
  const { ssoAdmin, kms } = cloud.root;
  const invalid = { name: 'ValidationException' };
  await assert.rejects(add('us-east-1'), { name: 'ConflictException' });
  await assert.rejects(add('xx-nowhere-1'), invalid);
  await assert.rejects(add('af-south-1'), invalid, 'not enabled for the account');
  await assert.rejects(add('no region'), invalid);
  await replicate(baselinePolicy(cloud.managementAccount, 'AllowIdentityCenterAndIdentityStoreToUseKey'));
  await assert.rejects(add(), { name: 'AccessDeniedException', Reason: 'KMS_AccessDeniedException' });
  await there.kms.putKeyPolicy({ KeyId, Policy: baselinePolicy(cloud.managementAccount) });
  await there.kms.disableKey({ KeyId });
  await assert.rejects(add(), { Reason: 'KMS_DisabledException' });
  await there.kms.enableKey({ KeyId });
  await assert.rejects(ssoAdmin.removeRegion({ InstanceArn, RegionName: 'us-east-1' }), invalid);
  await assert.rejects(ssoAdmin.removeRegion({ InstanceArn, RegionName: PLACE }), {
    name: 'ResourceNotFoundException',
  });
  const half = { Effect: 'Allow', Action: ['sso:*', 'kms:*'], Resource: '*' };
  const admin = await cloud.user('admin', { Version: '2012-10-17', Statement: [half] });
  await assert.rejects(admin.ssoAdmin.addRegion({ InstanceArn, RegionName: PLACE }), {
    name: 'AccessDeniedException',
    message: /identitystore:AddRegion/,
  });
  await add();
  cloud.advance('PT1M');
  const owned = { KeyType: 'AWS_OWNED_KMS_KEY' as const };
  await assert.rejects(ssoAdmin.updateInstance({ InstanceArn, EncryptionConfiguration: owned }), invalid);
  const Policy = baselinePolicy(cloud.managementAccount);
  const { KeyMetadata } = await kms.createKey({ Policy });
  const single = { KeyType: 'CUSTOMER_MANAGED_KEY' as const, KmsKeyArn: KeyMetadata!.Arn };
  await assert.rejects(ssoAdmin.updateInstance({ InstanceArn, EncryptionConfiguration: single }), invalid);
  const elsewhere = { Reason: 'KMS_AccessDeniedException' };
  const many = { ...single, KmsKeyArn: (await kms.createKey({ Policy, MultiRegion: true })).KeyMetadata!.Arn };
  await assert.rejects(ssoAdmin.updateInstance({ InstanceArn, EncryptionConfiguration: many }), elsewhere);
});

test('an instance under a key of AWS, and one of an account, has one Region', async () => {
  const cloud = await testCloud();
  const { InstanceArn } = await portalOf(cloud);
  const add = (clients: typeof cloud.root, arn: string) =>
    clients.ssoAdmin.addRegion({ InstanceArn: arn, RegionName: PLACE });
  await assert.rejects(add(cloud.root, InstanceArn), { name: 'ValidationException' });
  const { root } = await cloud.memberAccount('alone');
  const own = await root.ssoAdmin.createInstance({});
  await assert.rejects(add(root, own.InstanceArn!), { name: 'ValidationException' });
  assert.equal((await root.ssoAdmin.describeInstance({ InstanceArn: own.InstanceArn })).PermissionSetsEnabled, false);
});

test('an additional Region reads people and writes applications, and nothing else', async () => {
  const { cloud, InstanceArn, IdentityStoreId, there, person } = await added();
  const UserId = await person('alice');
  const { ssoAdmin, identitystore } = there;
  assert.equal((await identitystore.describeUser({ IdentityStoreId, UserId })).UserName, 'alice');
  const invalid = { name: 'ValidationException', message: /primary Region of the instance only: us-east-1/ };
  await assert.rejects(identitystore.deleteUser({ IdentityStoreId, UserId }), invalid);
  await assert.rejects(ssoAdmin.listPermissionSets({ InstanceArn }), invalid);
  await assert.rejects(ssoAdmin.createPermissionSet({ InstanceArn, Name: 'Admin' }), invalid);
  await assert.rejects(ssoAdmin.addRegion({ InstanceArn, RegionName: 'eu-west-2' }), invalid);
  assert.deepEqual((await ssoAdmin.listTrustedTokenIssuers({ InstanceArn })).TrustedTokenIssuers, []);
  const ApplicationProviderArn = 'arn:aws:sso::aws:applicationProvider/custom';
  const { ApplicationArn } = await ssoAdmin.createApplication({ InstanceArn, ApplicationProviderArn, Name: 'app' });
  const assigned = { ApplicationArn, PrincipalId: UserId, PrincipalType: 'USER' as const };
  await ssoAdmin.createApplicationAssignment(assigned);
  const home = cloud.root.ssoAdmin;
  assert.equal((await home.describeApplication({ ApplicationArn })).CreatedFrom, PLACE);
  await home.describeApplicationAssignment(assigned);
  await assert.rejects(home.updateApplication({ ApplicationArn, Name: 'other' }), {
    name: 'ValidationException',
    message: /managed in the Region where it was created: eu-west-1/,
  });
  await ssoAdmin.updateApplication({ ApplicationArn, Name: 'other' });
});

test('in an additional Region the replica of the key opens the data, whatever is of the primary', async () => {
  const { cloud, IdentityStoreId, KeyId, there, person } = await added();
  const UserId = await person('alice');
  await cloud.root.kms.disableKey({ KeyId });
  const asked = { IdentityStoreId, UserId };
  await assert.rejects(cloud.root.identitystore.describeUser(asked), { Reason: 'KMS_DISABLED' });
  assert.equal((await there.identitystore.describeUser(asked)).UserName, 'alice');
  await cloud.root.kms.enableKey({ KeyId });
  await there.kms.disableKey({ KeyId });
  await assert.rejects(there.identitystore.describeUser(asked), { Reason: 'KMS_DISABLED' });
  assert.equal((await cloud.root.identitystore.describeUser(asked)).UserName, 'alice');
});

test('policies may tell the primary Region of an instance', async () => {
  const { cloud, InstanceArn } = await world();
  const allow = (region: string) => ({
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Effect: 'Allow', Action: 'sso:DescribeInstance', Resource: '*' },
        Condition: { StringEquals: { 'sso:PrimaryRegion': region } },
      },
    ],
  });
  await (await cloud.user('here', allow('us-east-1'))).ssoAdmin.describeInstance({ InstanceArn });
  const elsewhere = await cloud.user('elsewhere', allow(PLACE));
  await assert.rejects(elsewhere.ssoAdmin.describeInstance({ InstanceArn }), { name: 'AccessDeniedException' });
});
