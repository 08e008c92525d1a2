/** Imported material in the Regions of a multi-Region key: each Region is given it, and all turn to it together. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { importInto } from '../../testing/importedKeys.ts';
import { refusal } from '../../testing/rejected.ts';

const FOREVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const;
const NEW = { ...FOREVER, ImportType: 'NEW_KEY_MATERIAL' } as const;
const EXISTING = { ...FOREVER, ImportType: 'EXISTING_KEY_MATERIAL' } as const;

async function replicated() {
  const cloud = await testCloud();
  const root = await cloud.keyFor(cloud.managementAccount);
  const here = cloud.as(root).kms;
  const there = cloud.as(root, 'eu-west-1').kms;
  const KeyId = (await here.createKey({ MultiRegion: true, Origin: 'EXTERNAL' })).KeyMetadata!.KeyId!;
  const first = randomBytes(32);
  const firstId = await importInto(here, KeyId, first);
  await here.replicateKey({ KeyId, ReplicaRegion: 'eu-west-1' });
  const stateOf = async (kms: typeof here) => (await kms.describeKey({ KeyId })).KeyMetadata!.KeyState;
  const materialsOf = async (kms: typeof here) => {
    const { Rotations } = await kms.listKeyRotations({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
    return Rotations!.map((row) => [row.KeyMaterialId, row.KeyMaterialState, row.ImportState]);
  };
  return { cloud, here, there, KeyId, first, firstId, stateOf, materialsOf };
}

test('a replica waits for the same material, and opens what the primary key encrypts', async () => {
  const { here, there, KeyId, first, firstId, stateOf } = await replicated();
  assert.deepEqual([await stateOf(here), await stateOf(there)], ['Enabled', 'PendingImport']);
  await refusal(importInto(there, KeyId, randomBytes(32), EXISTING), 'IncorrectKeyMaterialException');
  await refusal(importInto(there, KeyId, randomBytes(32), NEW), 'UnsupportedOperationException');
  assert.equal(await importInto(there, KeyId, first), firstId);
  assert.equal(await stateOf(there), 'Enabled');
  const Plaintext = Buffer.from('x');
  const { CiphertextBlob } = await here.encrypt({ KeyId, Plaintext });
  assert.deepEqual(Buffer.from((await there.decrypt({ CiphertextBlob: CiphertextBlob! })).Plaintext!), Plaintext);
  await there.deleteImportedKeyMaterial({ KeyId });
  assert.deepEqual([await stateOf(here), await stateOf(there)], ['Enabled', 'PendingImport']);
});

test('material is described on the primary key, and so on its replicas', async () => {
  const { here, there, KeyId, first } = await replicated();
  const KeyMaterialDescription = 'in the safe';
  await importInto(there, KeyId, first);
  await refusal(importInto(there, KeyId, first, { ...EXISTING, KeyMaterialDescription }), 'ValidationException');
  await importInto(here, KeyId, first, { ...EXISTING, KeyMaterialDescription });
  for (const kms of [here, there]) {
    const { Rotations } = await kms.listKeyRotations({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
    assert.deepEqual(
      Rotations!.map((each) => [each.KeyMaterialDescription, each.ImportState]),
      [[KeyMaterialDescription, 'IMPORTED']],
    );
  }
});

test('new material turns up in every Region, and is rotated to when all have it', async () => {
  const { here, there, KeyId, first, firstId, stateOf, materialsOf } = await replicated();
  await importInto(there, KeyId, first);
  const second = randomBytes(32);
  const secondId = await importInto(here, KeyId, second, NEW);
  const waiting = 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION';
  assert.deepEqual(await materialsOf(here), [
    [firstId, 'CURRENT', 'IMPORTED'],
    [secondId, waiting, 'IMPORTED'],
  ]);
  assert.deepEqual((await materialsOf(there))[1], [secondId, waiting, 'PENDING_IMPORT']);
  assert.equal(await stateOf(there), 'Enabled');
  await refusal(here.rotateKeyOnDemand({ KeyId }), 'KMSInvalidStateException');
  await refusal(importInto(here, KeyId, randomBytes(32), NEW), 'KMSInvalidStateException');

  await importInto(there, KeyId, second, { ...EXISTING, KeyMaterialId: secondId! });
  assert.deepEqual((await materialsOf(here))[1], [secondId, 'PENDING_ROTATION', 'IMPORTED']);
  await there.deleteImportedKeyMaterial({ KeyId, KeyMaterialId: secondId! });
  assert.deepEqual((await materialsOf(there))[1], [secondId, waiting, 'PENDING_IMPORT']);
  assert.deepEqual((await materialsOf(here))[1], [secondId, waiting, 'IMPORTED'], 'the primary key keeps it');
  await importInto(there, KeyId, second, EXISTING);
  await refusal(there.rotateKeyOnDemand({ KeyId }), 'UnsupportedOperationException');
  await here.rotateKeyOnDemand({ KeyId });
  for (const kms of [here, there]) {
    assert.deepEqual(
      (await materialsOf(kms)).map(([, state]) => state),
      ['NON_CURRENT', 'CURRENT'],
    );
    assert.equal((await kms.generateDataKey({ KeyId, KeySpec: 'AES_256' })).KeyMaterialId, secondId);
  }
});

test('waiting material that the primary key gives up is gone in every Region', async () => {
  const { here, there, KeyId, first, firstId, materialsOf } = await replicated();
  await importInto(there, KeyId, first);
  const secondId = await importInto(here, KeyId, randomBytes(32), NEW);
  await here.deleteImportedKeyMaterial({ KeyId, KeyMaterialId: secondId! });
  for (const kms of [here, there]) assert.deepEqual(await materialsOf(kms), [[firstId, 'CURRENT', 'IMPORTED']]);
});

test('what an import asks for must be of the API', async () => {
  const { here, KeyId, first } = await replicated();
  const invalid = [
    { ImportType: 'SOME_KEY_MATERIAL' as 'NEW_KEY_MATERIAL' },
    { KeyMaterialId: 'short' },
    { KeyMaterialDescription: 'no <brackets>' },
    { KeyMaterialDescription: 'x'.repeat(257) },
  ];
  for (const more of invalid) {
    await refusal(importInto(here, KeyId, first, { ...FOREVER, ...more }), 'ValidationException');
  }
  const asked = { KeyId, IncludeKeyMaterial: 'NONE' as 'ALL_KEY_MATERIAL' };
  await refusal(here.listKeyRotations(asked), 'ValidationException');
  await refusal(here.deleteImportedKeyMaterial({ KeyId, KeyMaterialId: 'x' }), 'ValidationException');
  const { KeyMetadata } = await here.createKey({
    ...{ Origin: 'EXTERNAL', KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  });
  const described = { ...FOREVER, KeyMaterialDescription: 'mine' };
  await refusal(importInto(here, KeyMetadata!.KeyId!, randomBytes(32), described), 'ValidationException');
});
