import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const Plaintext = new Uint8Array(Buffer.from('x'));

async function replicated() {
  const cloud = await testCloud();
  const root = await cloud.keyFor(cloud.managementAccount);
  const here = cloud.as(root).kms;
  const there = cloud.as(root, 'eu-west-1').kms;
  const { KeyMetadata } = await here.createKey({ MultiRegion: true, Description: 'primary' });
  const KeyId = KeyMetadata!.KeyId!;
  assert.match(KeyId, /^mrk-[0-9a-f]{32}$/);
  const made = await here.replicateKey({ KeyId, ReplicaRegion: 'eu-west-1', Description: 'replica' });
  return { cloud, here, there, KeyId, made };
}

test('ReplicateKey makes a key with the same id and material elsewhere', async () => {
  const { cloud, here, there, KeyId, made } = await replicated();
  const arn = (region: string) => `arn:aws:kms:${region}:${cloud.managementAccount}:key/${KeyId}`;
  assert.deepEqual(made.ReplicaKeyMetadata!.MultiRegionConfiguration, {
    MultiRegionKeyType: 'REPLICA',
    PrimaryKey: { Arn: arn('us-east-1'), Region: 'us-east-1' },
    ReplicaKeys: [{ Arn: arn('eu-west-1'), Region: 'eu-west-1' }],
  });
  assert.equal(made.ReplicaKeyMetadata!.Description, 'replica');
  const { CiphertextBlob } = await here.encrypt({ KeyId, Plaintext });
  const opened = await there.decrypt({ CiphertextBlob: CiphertextBlob!, KeyId: arn('eu-west-1') });
  assert.equal(opened.KeyId, arn('eu-west-1'));
  await assert.rejects(here.describeKey({ KeyId: arn('eu-west-1') }), { name: 'NotFoundException' });
  await assert.rejects(here.replicateKey({ KeyId, ReplicaRegion: 'eu-west-1' }), { name: 'AlreadyExistsException' });
  await assert.rejects(there.replicateKey({ KeyId, ReplicaRegion: 'eu-west-2' }), {
    name: 'UnsupportedOperationException',
  });
  await assert.rejects(here.replicateKey({ KeyId, ReplicaRegion: 'xx-nowhere-1' }), { name: 'ValidationException' });
  const single = (await here.createKey({})).KeyMetadata!.KeyId!;
  await assert.rejects(here.replicateKey({ KeyId: single, ReplicaRegion: 'eu-west-1' }), {
    name: 'UnsupportedOperationException',
  });
});

test('with the first multi-Region key comes the role that synchronizes, for whoever may make it', async () => {
  const cloud = await testCloud();
  const { kms, iam } = cloud.root;
  const Statement = { Effect: 'Allow', Action: 'kms:*', Resource: '*' };
  const alice = await cloud.user('alice', { Version: '2012-10-17', Statement });
  const path = 'aws-service-role/mrk.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceMultiRegionKeys';
  await assert.rejects(alice.kms.createKey({ MultiRegion: true }), {
    name: 'AccessDeniedException',
    message: new RegExp(
      `iam:CreateServiceLinkedRole on resource: arn:aws:iam::${cloud.managementAccount}:role/${path}`,
    ),
  });
  assert.deepEqual((await kms.listKeys({})).Keys, []);
  await kms.createKey({ MultiRegion: true });
  const { Role } = await iam.getRole({ RoleName: path.split('/').at(-1)! });
  assert.match(decodeURIComponent(Role!.AssumeRolePolicyDocument!), /"Service":\["mrk\.kms\.amazonaws\.com"\]/);
  await alice.kms.createKey({ MultiRegion: true });
  assert.equal((await kms.listKeys({})).Keys!.length, 2);
});

test('a rotation of the primary key is one of its replicas', async () => {
  const { cloud, here, there, KeyId } = await replicated();
  await here.enableKeyRotation({ KeyId });
  await assert.rejects(there.enableKeyRotation({ KeyId }), { name: 'UnsupportedOperationException' });
  assert.equal((await there.getKeyRotationStatus({ KeyId })).KeyRotationEnabled, true);
  const old = await there.encrypt({ KeyId, Plaintext });
  cloud.advance('P400D');
  const fresh = await there.generateDataKey({ KeyId, KeySpec: 'AES_256' });
  assert.notEqual(fresh.KeyMaterialId, (await here.decrypt({ CiphertextBlob: old.CiphertextBlob! })).KeyMaterialId);
  assert.equal((await here.decrypt({ CiphertextBlob: fresh.CiphertextBlob! })).KeyMaterialId, fresh.KeyMaterialId);
  assert.equal((await there.listKeyRotations({ KeyId })).Rotations!.length, 1);
});

test('UpdatePrimaryRegion moves the primary key, and the rotation with it', async () => {
  const { here, there, KeyId } = await replicated();
  await here.enableKeyRotation({ KeyId });
  await here.updatePrimaryRegion({ KeyId, PrimaryRegion: 'eu-west-1' });
  const type = async (kms: typeof here) =>
    (await kms.describeKey({ KeyId })).KeyMetadata!.MultiRegionConfiguration!.MultiRegionKeyType;
  assert.deepEqual([await type(here), await type(there)], ['REPLICA', 'PRIMARY']);
  await assert.rejects(here.disableKeyRotation({ KeyId }), { name: 'UnsupportedOperationException' });
  await there.disableKeyRotation({ KeyId });
  await assert.rejects(there.updatePrimaryRegion({ KeyId, PrimaryRegion: 'eu-west-3' }), { name: 'NotFoundException' });
});

test('a primary key waits for its replicas before it goes', async () => {
  const { cloud, here, there, KeyId } = await replicated();
  const waiting = await here.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
  assert.equal(waiting.KeyState, 'PendingReplicaDeletion');
  assert.equal(waiting.DeletionDate, undefined);
  await there.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 8 });
  const state = async () => (await here.describeKey({ KeyId })).KeyMetadata!;
  assert.equal((await state()).KeyState, 'PendingReplicaDeletion');
  cloud.advance('P8D');
  const pending = await state();
  assert.equal(pending.KeyState, 'PendingDeletion');
  assert.equal(pending.DeletionDate!.toISOString(), '2030-01-16T00:00:00.000Z');
  await assert.rejects(there.describeKey({ KeyId }), { name: 'NotFoundException' });
  cloud.advance('P7D');
  await assert.rejects(here.describeKey({ KeyId }), { name: 'NotFoundException' });
});

test('a replica in the place of one that is gone has nothing of it', async () => {
  const { cloud, here, there, KeyId } = await replicated();
  await cloud.user('bob');
  const GranteePrincipal = `arn:aws:iam::${cloud.managementAccount}:user/bob`;
  await there.createAlias({ AliasName: 'alias/old', TargetKeyId: KeyId });
  await there.createGrant({ KeyId, GranteePrincipal, Operations: ['Encrypt'] });
  await there.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
  cloud.advance('P7D');
  const AWS = `arn:aws:iam::${cloud.managementAccount}:root`;
  const Condition = { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } };
  const Statement = { Effect: 'Allow', Principal: { AWS }, Action: 'kms:*', Resource: '*', Condition };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await here.replicateKey({ KeyId, ReplicaRegion: 'eu-west-1', Policy });
  await there.createGrant({ KeyId, GranteePrincipal, Operations: ['DescribeKey'] });
  assert.equal((await there.listGrants({ KeyId })).Grants!.length, 1);
  await assert.rejects(there.describeKey({ KeyId: 'alias/old' }), { name: 'NotFoundException' });
  const asBob = cloud.as(await cloud.keyFor(cloud.managementAccount, 'bob'), 'eu-west-1').kms;
  await assert.rejects(asBob.encrypt({ KeyId, Plaintext }), { name: 'AccessDeniedException' });
  await cloud.settle();
  assert.equal((await asBob.describeKey({ KeyId })).KeyMetadata!.KeyState, 'Enabled');
});

test('ReplicateKey and UpdateAlias keep the quotas that CreateKey and CreateAlias keep', async () => {
  const cloud = await testCloud({ quotas: { KmsKeysQuota: 1, AliasesPerKeyQuota: 1 } });
  const root = await cloud.keyFor(cloud.managementAccount);
  const [here, there] = [cloud.as(root).kms, cloud.as(root, 'eu-west-1').kms];
  const KeyId = (await here.createKey({ MultiRegion: true })).KeyMetadata!.KeyId!;
  await assert.rejects(here.createKey({}), { name: 'LimitExceededException' });
  await there.createKey({});
  await assert.rejects(here.replicateKey({ KeyId, ReplicaRegion: 'eu-west-1' }), { name: 'LimitExceededException' });
  await here.replicateKey({ KeyId, ReplicaRegion: 'eu-west-2' });

  const other = await testCloud({ quotas: { AliasesPerKeyQuota: 1 } });
  const { kms } = other.root;
  const [one, two] = [(await kms.createKey({})).KeyMetadata!.KeyId!, (await kms.createKey({})).KeyMetadata!.KeyId!];
  await kms.createAlias({ AliasName: 'alias/one', TargetKeyId: one });
  await kms.createAlias({ AliasName: 'alias/two', TargetKeyId: two });
  await assert.rejects(kms.updateAlias({ AliasName: 'alias/one', TargetKeyId: two }), {
    name: 'LimitExceededException',
  });
  await kms.updateAlias({ AliasName: 'alias/one', TargetKeyId: one });
});
