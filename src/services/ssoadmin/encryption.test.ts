import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Surroundings } from '../../core/worker.ts';
import { errand } from '../../gateway/errand.ts';
import { accessControlAttributes } from '../../identity/accessControlAttributes.ts';
import { directoryGroups, directoryUsers } from '../../identity/directory.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { baselinePolicy, identityKey, underKey } from '../../testing/customerKeys.ts';
import { portalOf } from '../../testing/people.ts';
import { taskWorker } from '../../workers/tasks.ts';
import { rekeyingTask } from './rekeying.ts';

const SERVICE_USE = 'AllowIdentityCenterAndIdentityStoreToUseKey';

async function world() {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const UserId = await portal.person('alice');
  const { IdentityStoreId } = portal;
  const { GroupId } = await cloud.root.identitystore.createGroup({ IdentityStoreId, DisplayName: 'Admins' });
  return { ...portal, UserId, GroupId: GroupId! };
}

type World = Awaited<ReturnType<typeof world>>;

/** What the store has of people, groups and attributes, as text. */
const kept = (cloud: Cloud) =>
  cloud.deps.store.transaction(async (tx) =>
    JSON.stringify([
      (await tx.list(directoryUsers, [], { limit: 100 })).rows,
      (await tx.list(directoryGroups, [], { limit: 100 })).rows,
      (await tx.list(accessControlAttributes, [], { limit: 100 })).rows,
    ]),
  );

const details = async ({ cloud, InstanceArn }: World) =>
  (await cloud.root.ssoAdmin.describeInstance({ InstanceArn })).EncryptionConfigurationDetails;

const configured = ({ cloud, InstanceArn }: World, KmsKeyArn?: string) =>
  cloud.root.ssoAdmin.updateInstance({
    InstanceArn,
    EncryptionConfiguration: KmsKeyArn
      ? { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn }
      : { KeyType: 'AWS_OWNED_KMS_KEY' },
  });

test('UpdateInstance puts people, groups and attributes under a customer managed key, and takes them out again', async () => {
  const its = await world();
  const { cloud, InstanceArn, IdentityStoreId, UserId } = its;
  const { ssoAdmin, identitystore } = cloud.root;
  const AccessControlAttributes = [{ Key: 'team', Value: { Source: ['${' + 'path:userName}'] } }];
  const InstanceAccessControlAttributeConfiguration = { AccessControlAttributes };
  const attributes = { InstanceArn, InstanceAccessControlAttributeConfiguration };
  await ssoAdmin.createInstanceAccessControlAttributeConfiguration(attributes);
  assert.deepEqual(await details(its), { KeyType: 'AWS_OWNED_KMS_KEY', EncryptionStatus: 'ENABLED' });
  assert.match(await kept(cloud), /alice.*Admins.*path:userName/s);

  const KmsKeyArn = await identityKey(cloud);
  await configured(its, KmsKeyArn);
  const key = { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn } as const;
  assert.deepEqual(await details(its), { ...key, EncryptionStatus: 'UPDATING' });
  await assert.rejects(configured(its), { name: 'ConflictException' });
  await identitystore.createUser({
    ...{ IdentityStoreId, UserName: 'bob', DisplayName: 'Bob', Name: { GivenName: 'Bob', FamilyName: 'Roe' } },
  });
  assert.equal(
    (await identitystore.listUsers({ IdentityStoreId })).Users?.length,
    2,
    'while some are and some are not',
  );
  await cloud.settle();
  assert.deepEqual(await details(its), { ...key, EncryptionStatus: 'ENABLED' });
  assert.doesNotMatch(await kept(cloud), /"(alice|bob|admins)"|alice@|path:userName/i);

  const { Users } = await identitystore.listUsers({ IdentityStoreId });
  assert.deepEqual(Users?.map(({ UserName }) => UserName).sort(), ['alice', 'bob']);
  const found = await identitystore.getUserId({
    IdentityStoreId,
    AlternateIdentifier: { UniqueAttribute: { AttributePath: 'emails.value', AttributeValue: 'ALICE@example.com' } },
  });
  assert.equal(found.UserId, UserId);
  await assert.rejects(its.person('Alice'), { name: 'ConflictException', Reason: 'UNIQUENESS_CONSTRAINT_VIOLATION' });
  const read = await ssoAdmin.describeInstanceAccessControlAttributeConfiguration({ InstanceArn });
  assert.deepEqual(read.InstanceAccessControlAttributeConfiguration, { AccessControlAttributes });

  await configured(its);
  await cloud.settle();
  assert.deepEqual(await details(its), { KeyType: 'AWS_OWNED_KMS_KEY', EncryptionStatus: 'ENABLED' });
  assert.match(await kept(cloud), /alice.*Admins.*path:userName/s);
});

test('a key must fit: of the account and the Region, symmetric, usable by the caller and by both services', async () => {
  const its = await world();
  const { cloud, InstanceArn } = its;
  const { kms, ssoAdmin } = cloud.root;
  const KmsKeyArn = await identityKey(cloud);
  const make = async (input: object, region?: string) => {
    const keys = region ? cloud.as(await cloud.keyFor(cloud.managementAccount), region).kms : kms;
    return (await keys.createKey({ Policy: baselinePolicy(cloud.managementAccount), ...input })).KeyMetadata!.Arn!;
  };
  const refusals: readonly (readonly [arn: string, expected: object])[] = [
    [KmsKeyArn.replace(cloud.managementAccount, '999988887777'), { name: 'ValidationException' }],
    [await make({}, 'eu-west-1'), { name: 'ValidationException' }],
    [KmsKeyArn.replace(/.$/, 'x'), { name: 'ResourceNotFoundException', Reason: 'KMS_NotFoundException' }],
    [
      await make({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }),
      { name: 'ValidationException', Reason: 'KMS_InvalidKeyUsageException' },
    ],
    [
      await make({ Policy: baselinePolicy(cloud.managementAccount, SERVICE_USE) }),
      { name: 'AccessDeniedException', Reason: 'KMS_AccessDeniedException' },
    ],
  ];
  for (const [arn, expected] of refusals) await assert.rejects(configured(its, arn), expected);
  await kms.disableKey({ KeyId: KmsKeyArn });
  await assert.rejects(configured(its, KmsKeyArn), { Reason: 'KMS_DisabledException' });
  await kms.enableKey({ KeyId: KmsKeyArn });
  const noKms = [{ Effect: 'Allow', Action: ['sso:*', 'identitystore:*'], Resource: '*' }];
  const admin = await cloud.user('admin', { Version: '2012-10-17', Statement: noKms });
  const EncryptionConfiguration = { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn } as const;
  await assert.rejects(admin.ssoAdmin.updateInstance({ InstanceArn, EncryptionConfiguration }), {
    name: 'AccessDeniedException',
    Reason: 'KMS_AccessDeniedException',
  });
  const half = { Effect: 'Allow', Action: ['sso:*', 'kms:*'], Resource: '*' };
  const other = await cloud.user('half', { Version: '2012-10-17', Statement: [half] });
  await assert.rejects(other.ssoAdmin.updateInstance({ InstanceArn, EncryptionConfiguration }), {
    ...{ name: 'AccessDeniedException', message: /identitystore:UpdateIdentityStore/ },
  });
  await other.ssoAdmin.updateInstance({ InstanceArn, Name: 'renamed' });
  const both = { InstanceArn, EncryptionConfiguration, PermissionSetsEnabled: true };
  await assert.rejects(ssoAdmin.updateInstance(both), { name: 'ValidationException' });
  const keyless = { InstanceArn, EncryptionConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY' as const } };
  await assert.rejects(ssoAdmin.updateInstance(keyless), { name: 'ValidationException' });
  assert.equal((await details(its))?.KeyType, 'AWS_OWNED_KMS_KEY', 'as it was');
});

test('whoever administers people needs kms:Decrypt through the service, and no more', async () => {
  const its = await world();
  const { cloud, InstanceArn, IdentityStoreId, UserId } = its;
  await underKey(its);
  const allow = (...Action: string[]) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  });
  const without = await cloud.user('without', allow('identitystore:*', 'sso:*', 'kms:DescribeKey'));
  // The baseline's statement for principals of the organization lets them decrypt through the services.
  await without.identitystore.describeUser({ IdentityStoreId, UserId });
  await without.ssoAdmin.listPermissionSets({ InstanceArn });
  const denied = {
    Version: '2012-10-17',
    Statement: [
      ...allow('identitystore:*', 'sso:*').Statement,
      {
        ...{ Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' },
        Condition: {
          StringEquals: { 'kms:EncryptionContext:aws:identitystore:identitystore-arn': identityArn(its) },
        },
      },
    ],
  };
  const other = await cloud.user('other', denied);
  const refusal = { name: 'AccessDeniedException', Reason: 'KMS_ACCESS_DENIED' };
  await assert.rejects(other.identitystore.describeUser({ IdentityStoreId, UserId }), refusal);
  await assert.rejects(other.identitystore.listUsers({ IdentityStoreId }), refusal);
  await other.ssoAdmin.listPermissionSets({ InstanceArn });
});

const identityArn = ({ cloud, IdentityStoreId }: World) =>
  `arn:aws:identitystore::${cloud.managementAccount}:identitystore/${IdentityStoreId}`;

test('a key that is disabled shuts the directory, and opens it again; KMS records who decrypts for what', async () => {
  const its = await world();
  const { cloud, InstanceArn, IdentityStoreId, UserId } = its;
  const { kms, identitystore, ssoAdmin, cloudtrail } = cloud.root;
  const KeyId = await underKey(its);
  await kms.disableKey({ KeyId });
  const disabled = { name: 'ValidationException', Reason: 'KMS_DISABLED' };
  await assert.rejects(identitystore.describeUser({ IdentityStoreId, UserId }), disabled);
  await assert.rejects(ssoAdmin.listPermissionSets({ InstanceArn }), { Reason: 'KMS_DisabledException' });
  await assert.rejects(ssoAdmin.listRegions({ InstanceArn }), { Reason: 'KMS_DisabledException' });
  await assert.rejects(configured(its), { Reason: 'KMS_DisabledException' });
  assert.equal((await details(its))?.KmsKeyArn, KeyId);
  await kms.enableKey({ KeyId });
  assert.equal((await identitystore.describeUser({ IdentityStoreId, UserId })).UserName, 'alice');
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'Decrypt' }];
  const [event] = (await cloudtrail.lookupEvents({ LookupAttributes })).Events!;
  const record = JSON.parse(event!.CloudTrailEvent!);
  assert.equal(record.userIdentity.invokedBy, 'identitystore.amazonaws.com');
  assert.equal(record.requestParameters.encryptionContext['aws:identitystore:identitystore-arn'], identityArn(its));
});

test('another key takes the place of one without touching the rows; a key lost on the way fails the update', async () => {
  const its = await world();
  const { cloud, IdentityStoreId, UserId } = its;
  const { kms, identitystore } = cloud.root;
  const first = await underKey(its);
  const before = await kept(cloud);
  const second = await identityKey(cloud);
  await configured(its, second);
  assert.deepEqual(await details(its), {
    ...{ KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn: second, EncryptionStatus: 'ENABLED' },
  });
  assert.equal(await kept(cloud), before);
  await kms.disableKey({ KeyId: first });
  assert.equal((await identitystore.describeUser({ IdentityStoreId, UserId })).UserName, 'alice');

  await configured(its);
  await kms.disableKey({ KeyId: second });
  await cloud.settle();
  const failed = await details(its);
  assert.equal(failed?.EncryptionStatus, 'UPDATE_FAILED');
  assert.match(failed?.EncryptionStatusReason ?? '', /disabled/);
  await kms.enableKey({ KeyId: second });
  assert.equal((await identitystore.describeUser({ IdentityStoreId, UserId })).UserName, 'alice');
  await configured(its);
  await cloud.settle();
  assert.equal((await details(its))?.KeyType, 'AWS_OWNED_KMS_KEY');
  assert.match(await kept(cloud), /alice/);
});

test('people who were sealed already come out again when the rest of the way to the key is not gone', async () => {
  const its = await world();
  const { cloud, IdentityStoreId, UserId } = its;
  const KmsKeyArn = await identityKey(cloud);
  await configured(its, KmsKeyArn);
  const around: Surroundings = { ...cloud.deps, errand: (as, work) => errand(cloud.deps, as, work) };
  const rekeying = taskWorker([rekeyingTask]);
  for (let turn = 0; /alice/.test(await kept(cloud)); turn++) {
    assert.ok(turn < 10);
    await rekeying.work(around);
  }
  await cloud.root.kms.disableKey({ KeyId: KmsKeyArn });
  await cloud.settle();
  assert.equal((await details(its))?.EncryptionStatus, 'UPDATE_FAILED');
  await cloud.root.kms.enableKey({ KeyId: KmsKeyArn });
  await configured(its);
  await cloud.settle();
  assert.equal((await details(its))?.KeyType, 'AWS_OWNED_KMS_KEY');
  assert.match(await kept(cloud), /alice.*Admins/s);
  assert.equal((await cloud.root.identitystore.describeUser({ IdentityStoreId, UserId })).UserName, 'alice');
});

test('a delegated administrator reads people under the key by the key policy and a policy of its own', async () => {
  const its = await world();
  const { cloud, IdentityStoreId, UserId } = its;
  const { organizations } = cloud.root;
  await underKey(its);
  const member = await cloud.memberAccount('dev');
  const sent = await organizations.inviteAccountToOrganization({ Target: { Type: 'ACCOUNT', Id: member.id } });
  await member.root.organizations.acceptHandshake({ HandshakeId: sent.Handshake!.Id });
  await organizations.registerDelegatedAdministrator({ AccountId: member.id, ServicePrincipal: 'sso.amazonaws.com' });
  const allow = (...Action: string[]) => ({ Effect: 'Allow', Action, Resource: '*' });
  const user = (name: string, ...Statement: object[]) => member.user(name, { Version: '2012-10-17', Statement });
  const directory = allow('identitystore:DescribeUser');
  const asked = { IdentityStoreId, UserId };
  const refusal = { name: 'AccessDeniedException', Reason: 'KMS_ACCESS_DENIED' };
  await assert.rejects((await user('half', directory)).identitystore.describeUser(asked), refusal);
  const whole = await user('whole', directory, allow('kms:Decrypt'));
  assert.equal((await whole.identitystore.describeUser(asked)).UserName, 'alice');
  await assert.rejects((await user('other', allow('kms:Decrypt'))).identitystore.describeUser(asked), {
    name: 'AccessDeniedException',
    Reason: undefined,
  });
});

test('a key that waits for its deletion opens nothing', async () => {
  const its = await world();
  const { cloud, IdentityStoreId, UserId } = its;
  const KeyId = await underKey(its);
  await cloud.root.kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
  const asked = { IdentityStoreId, UserId };
  const pending = { name: 'ValidationException', Reason: 'KMS_INVALID_STATE' };
  await assert.rejects(cloud.root.identitystore.describeUser(asked), pending);
  await cloud.root.kms.cancelKeyDeletion({ KeyId });
  await cloud.root.kms.enableKey({ KeyId });
  assert.equal((await cloud.root.identitystore.describeUser(asked)).UserName, 'alice');
});
