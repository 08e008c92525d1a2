import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const Plaintext = new Uint8Array(Buffer.from('before'));

test('automatic rotation makes new material on its dates, and old blobs still open', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!;
  const status = () => kms.getKeyRotationStatus({ KeyId });
  assert.equal((await status()).KeyRotationEnabled, false);
  await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
  const { $metadata: _, ...on } = await status();
  assert.equal(on.KeyRotationEnabled, true);
  assert.equal(on.RotationPeriodInDays, 90);
  assert.equal(on.NextRotationDate!.toISOString(), '2030-04-01T00:00:00.000Z');
  const old = await kms.encrypt({ KeyId, Plaintext });
  const before = (await kms.describeKey({ KeyId })).KeyMetadata!.CurrentKeyMaterialId;
  cloud.advance('P181D');
  const fresh = await kms.generateDataKey({ KeyId, KeySpec: 'AES_128' });
  assert.notEqual(fresh.KeyMaterialId, before);
  const opened = await kms.decrypt({ CiphertextBlob: old.CiphertextBlob! });
  assert.equal(Buffer.from(opened.Plaintext!).toString(), 'before');
  assert.equal(opened.KeyMaterialId, before);
  const { Rotations } = await kms.listKeyRotations({ KeyId });
  assert.deepEqual(
    Rotations!.map((r) => [r.RotationDate!.toISOString().slice(0, 10), r.RotationType, r.KeyMaterialState]),
    [
      ['2030-04-01', 'AUTOMATIC', 'NON_CURRENT'],
      ['2030-06-30', 'AUTOMATIC', 'CURRENT'],
    ],
  );
  const all = await kms.listKeyRotations({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
  assert.deepEqual([all.Rotations!.length, all.Rotations![0]!.KeyMaterialId], [3, before]);
  assert.equal((await status()).NextRotationDate!.toISOString().slice(0, 10), '2030-09-28');
  await kms.disableKeyRotation({ KeyId });
  assert.equal((await status()).KeyRotationEnabled, false);
});

test('a disabled key is not rotated; once enabled it makes up for it with one rotation', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!;
  await kms.enableKeyRotation({ KeyId });
  await kms.disableKey({ KeyId });
  cloud.advance('P1000D');
  assert.deepEqual((await kms.listKeyRotations({ KeyId })).Rotations, []);
  await kms.enableKey({ KeyId });
  const { Rotations } = await kms.listKeyRotations({ KeyId });
  assert.deepEqual(
    Rotations!.map((r) => r.RotationDate!.getTime()),
    [cloud.now().getTime()],
  );
});

test('RotateKeyOnDemand rotates 25 times and leaves the schedule alone', async () => {
  const cloud = await testCloud({ quotas: { OnDemandRotationsPerKeyQuota: 3 } });
  const { kms } = cloud.root;
  const { KeyId, Arn } = (await kms.createKey({})).KeyMetadata!;
  const blobs: Uint8Array[] = [];
  for (let i = 0; i < 3; i++) {
    blobs.push((await kms.encrypt({ KeyId, Plaintext })).CiphertextBlob!);
    assert.equal((await kms.rotateKeyOnDemand({ KeyId: KeyId! })).KeyId, Arn);
  }
  await assert.rejects(kms.rotateKeyOnDemand({ KeyId: KeyId! }), {
    name: 'LimitExceededException',
    message: `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${Arn}`,
  });
  const ids = new Set<string>();
  for (const CiphertextBlob of blobs) ids.add((await kms.decrypt({ CiphertextBlob })).KeyMaterialId!);
  assert.equal(ids.size, 3);
});

test('EnableKeyRotation is for symmetric keys', async () => {
  const { root } = await testCloud();
  const { KeyId } = (await root.kms.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })).KeyMetadata!;
  await assert.rejects(root.kms.enableKeyRotation({ KeyId: KeyId! }), { name: 'UnsupportedOperationException' });
  assert.equal((await root.kms.getKeyRotationStatus({ KeyId: KeyId! })).KeyRotationEnabled, false);
  const key = (await root.kms.createKey({})).KeyMetadata!;
  await assert.rejects(root.kms.enableKeyRotation({ KeyId: key.KeyId!, RotationPeriodInDays: 89 }), {
    name: 'ValidationException',
  });
});

test('uses side by side make a rotation that is due once', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!;
  await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 100 });
  cloud.advance('P101D');
  const sealed = await Promise.all(Array.from({ length: 8 }, () => kms.encrypt({ KeyId, Plaintext })));
  const { Rotations } = await kms.listKeyRotations({ KeyId });
  assert.equal(Rotations!.length, 1);
  for (const { CiphertextBlob } of sealed) {
    const opened = await kms.decrypt({ CiphertextBlob: CiphertextBlob! });
    assert.equal(opened.KeyMaterialId, Rotations![0]!.KeyMaterialId);
  }
});

test('nobody rotates on demand just before an automatic rotation', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!;
  await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
  cloud.advance('P89DT23H39M');
  await kms.rotateKeyOnDemand({ KeyId });
  cloud.advance('PT1M');
  await assert.rejects(kms.rotateKeyOnDemand({ KeyId }), { name: 'ConflictException' });
  cloud.advance('PT20M');
  await kms.rotateKeyOnDemand({ KeyId });
  const { Rotations } = await kms.listKeyRotations({ KeyId });
  assert.deepEqual(
    Rotations!.map(({ RotationType }) => RotationType),
    ['ON_DEMAND', 'AUTOMATIC', 'ON_DEMAND'],
  );
});
