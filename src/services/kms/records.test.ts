/** What records say beyond a request and its answer, and records of what keys go through by themselves. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { importInto } from '../../testing/importedKeys.ts';
import { keyLastUses } from './lastUses.ts';
import { materials } from './materials.ts';
import { lastRecord, type Recorded } from './records.fixture.ts';

const arnsOf = ({ resources }: Recorded) => resources?.map(({ ARN }) => ARN);

test('what a change does not answer its record tells: the ARN of the key', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const { KeyId, Arn } = (await kms.createKey({})).KeyMetadata!;
  const Policy = (await kms.getKeyPolicy({ KeyId })).Policy!;
  const changes: Readonly<Record<string, () => Promise<unknown>>> = {
    DisableKey: () => kms.disableKey({ KeyId }),
    EnableKey: () => kms.enableKey({ KeyId }),
    EnableKeyRotation: () => kms.enableKeyRotation({ KeyId }),
    DisableKeyRotation: () => kms.disableKeyRotation({ KeyId }),
    PutKeyPolicy: () => kms.putKeyPolicy({ KeyId, Policy }),
    TagResource: () => kms.tagResource({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] }),
    UntagResource: () => kms.untagResource({ KeyId, TagKeys: ['a'] }),
    UpdateKeyDescription: () => kms.updateKeyDescription({ KeyId, Description: 'x' }),
  };
  for (const [operation, change] of Object.entries(changes)) {
    await change();
    const record = await lastRecord(cloud, operation);
    assert.deepEqual(record.responseElements, { keyId: Arn }, operation);
    assert.deepEqual(arnsOf(record), [Arn], operation);
  }
  await kms.listGrants({ KeyId });
  const me = `arn:aws:iam::${cloud.managementAccount}:root`;
  const { GrantId } = await kms.createGrant({ KeyId, GranteePrincipal: me, Operations: ['Encrypt'] });
  await kms.revokeGrant({ KeyId, GrantId });
  for (const operation of ['ListGrants', 'RevokeGrant']) {
    assert.equal((await lastRecord(cloud, operation)).responseElements, null, operation);
  }
});

test('records of aliases name key and alias; that of RetireGrant names the grant, and no token', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const { KeyId, Arn } = (await kms.createKey({})).KeyMetadata!;
  const AliasName = 'alias/mine';
  const alias = `arn:aws:kms:us-east-1:${cloud.managementAccount}:${AliasName}`;
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    CreateAlias: () => kms.createAlias({ AliasName, TargetKeyId: KeyId }),
    UpdateAlias: () => kms.updateAlias({ AliasName, TargetKeyId: KeyId }),
    DeleteAlias: () => kms.deleteAlias({ AliasName }),
  };
  for (const [operation, call] of Object.entries(calls)) {
    await call();
    const record = await lastRecord(cloud, operation);
    assert.deepEqual(arnsOf(record), [Arn, alias], operation);
    assert.deepEqual(record.responseElements, { keyId: Arn }, operation);
  }
  const me = `arn:aws:iam::${cloud.managementAccount}:root`;
  const asked = { KeyId, GranteePrincipal: me, RetiringPrincipal: me, Operations: ['Encrypt' as const] };
  const { GrantId, GrantToken } = await kms.createGrant(asked);
  await kms.retireGrant({ GrantToken });
  const retired = await lastRecord(cloud, 'RetireGrant');
  assert.deepEqual(retired.additionalEventData, { grantId: GrantId });
  assert.equal(retired.responseElements, null);
  assert.ok(!JSON.stringify(retired).includes(GrantToken!));
});

test('a rotation is an event of the service, with the material before and after', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const { KeyId, Arn } = (await kms.createKey({})).KeyMetadata!;
  const material = async (id: string) => (await kms.describeKey({ KeyId: id })).KeyMetadata!.CurrentKeyMaterialId;
  const requireRecorded = async (id: string, rotationType: string, keyOrigin: string, before: string | undefined) => {
    const record = await lastRecord(cloud, 'RotateKey');
    assert.equal(record.eventType, 'AwsServiceEvent');
    assert.deepEqual(record.userIdentity, { accountId: cloud.managementAccount, invokedBy: 'AWS Internal' });
    const [previousKeyMaterialId, currentKeyMaterialId] = [before, await material(id)];
    const details = { rotationType, keyOrigin, previousKeyMaterialId, currentKeyMaterialId, keyId: id };
    assert.deepEqual(record.serviceEventDetails, details);
    return record;
  };
  let before = await material(KeyId!);
  await kms.rotateKeyOnDemand({ KeyId });
  assert.deepEqual(arnsOf(await requireRecorded(KeyId!, 'ON_DEMAND', 'AWS_KMS', before)), [Arn]);
  await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
  before = await material(KeyId!);
  cloud.advance('P91D');
  await kms.describeKey({ KeyId });
  await requireRecorded(KeyId!, 'AUTOMATIC', 'AWS_KMS', before);

  const external = (await kms.createKey({ Origin: 'EXTERNAL' })).KeyMetadata!;
  const id = external.KeyId!;
  const forever = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const;
  const first = await importInto(kms, id, randomBytes(32), { ...forever, KeyMaterialDescription: 'first' });
  const imported = await lastRecord(cloud, 'ImportKeyMaterial');
  assert.deepEqual(imported.responseElements, { keyId: external.Arn, keyMaterialId: first });
  assert.equal(imported.requestParameters.keyMaterialDescription, 'first');
  assert.equal(imported.requestParameters.encryptedKeyMaterial, undefined);
  await importInto(kms, id, randomBytes(32), { ...forever, ImportType: 'NEW_KEY_MATERIAL' });
  await kms.rotateKeyOnDemand({ KeyId: id });
  await requireRecorded(id, 'ON_DEMAND', 'EXTERNAL', first);
  await kms.deleteImportedKeyMaterial({ KeyId: id, KeyMaterialId: first! });
  const deleted = await lastRecord(cloud, 'DeleteImportedKeyMaterial');
  assert.deepEqual(deleted.responseElements, { keyId: external.Arn, keyMaterialId: first });
});

test('a key whose waiting period is over is destroyed then, with a record, unless the deletion was taken back', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const [gone, kept] = [(await kms.createKey({})).KeyMetadata!, (await kms.createKey({})).KeyMetadata!];
  await kms.encrypt({ KeyId: gone.KeyId, Plaintext: randomBytes(1) });
  await kms.getKeyLastUsage({ KeyId: gone.KeyId });
  for (const { KeyId } of [gone, kept]) await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
  await cloud.settle();
  await kms.cancelKeyDeletion({ KeyId: kept.KeyId });
  cloud.advance('P7D');
  await cloud.settle();
  const record = await lastRecord(cloud, 'DeleteKey');
  assert.deepEqual([record.eventType, record.responseElements.keyId], ['AwsServiceEvent', gone.Arn]);
  const { rows } = await cloud.deps.store.transaction((tx) => tx.list(materials, [], { limit: 10 }));
  assert.deepEqual(
    rows.map(({ keyId }) => keyId),
    [kept.KeyId],
  );
  assert.deepEqual((await cloud.deps.store.transaction((tx) => tx.list(keyLastUses, [], { limit: 10 }))).rows, []);
});
