import assert from 'node:assert/strict';
import {
  constants,
  createCipheriv,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  verify,
} from 'node:crypto';
import { test } from 'node:test';
import type { AlgorithmSpec, KeySpec, KeyUsageType, KMS } from '@aws-sdk/client-kms';
import { testCloud } from '../../testing/cloud.ts';
import { importInto } from '../../testing/importedKeys.ts';
import { materials } from './materials.ts';

const Plaintext = new Uint8Array(Buffer.from('x'));
const FOREVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const;

async function external(KeySpec: KeySpec = 'SYMMETRIC_DEFAULT', KeyUsage: KeyUsageType = 'ENCRYPT_DECRYPT', more = {}) {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const { KeyMetadata } = await kms.createKey({ Origin: 'EXTERNAL', KeySpec, KeyUsage, ...more });
  assert.equal(KeyMetadata!.KeyState, 'PendingImport');
  return { cloud, kms, KeyId: KeyMetadata!.KeyId!, Arn: KeyMetadata!.Arn! };
}

/** The material, wrapped as a client would. */
async function wrapped(kms: KMS, KeyId: string, material: Uint8Array, WrappingAlgorithm: AlgorithmSpec) {
  const asked = { KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_3072' } as const;
  const { ImportToken, PublicKey } = await kms.getParametersForImport(asked);
  const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' });
  const oaepHash = WrappingAlgorithm.endsWith('SHA_1') ? 'sha1' : 'sha256';
  const seal = (bytes: Uint8Array) =>
    publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, bytes);
  if (!WrappingAlgorithm.startsWith('RSA_AES')) {
    return { KeyId, ImportToken: ImportToken!, EncryptedKeyMaterial: seal(material) };
  }
  const aes = randomBytes(32);
  const cipher = createCipheriv('id-aes256-wrap-pad', aes, Buffer.from('a65959a6', 'hex'));
  const parts = [seal(aes), cipher.update(material), cipher.final()];
  return { KeyId, ImportToken: ImportToken!, EncryptedKeyMaterial: Buffer.concat(parts) };
}

for (const algorithm of ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const) {
  test(`ImportKeyMaterial wrapped by ${algorithm}; deleted and imported again it opens old blobs`, async () => {
    const { kms, KeyId, Arn } = await external();
    await assert.rejects(kms.encrypt({ KeyId, Plaintext }), {
      name: 'KMSInvalidStateException',
      message: `${Arn} is pending import.`,
    });
    const material = randomBytes(32);
    const { KeyMaterialId } = await kms.importKeyMaterial({
      ...(await wrapped(kms, KeyId, material, algorithm)),
      ...FOREVER,
    });
    const { KeyMetadata } = await kms.describeKey({ KeyId });
    assert.equal(KeyMetadata!.KeyState, 'Enabled');
    assert.equal(KeyMetadata!.ExpirationModel, 'KEY_MATERIAL_DOES_NOT_EXPIRE');
    assert.equal(KeyMetadata!.CurrentKeyMaterialId, KeyMaterialId);
    const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
    await kms.deleteImportedKeyMaterial({ KeyId });
    await assert.rejects(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), { name: 'KMSInvalidStateException' });
    await assert.rejects(
      kms.importKeyMaterial({ ...(await wrapped(kms, KeyId, randomBytes(32), algorithm)), ...FOREVER }),
      { name: 'IncorrectKeyMaterialException' },
    );
    await kms.importKeyMaterial({ ...(await wrapped(kms, KeyId, material, algorithm)), ...FOREVER });
    assert.deepEqual(
      Buffer.from((await kms.decrypt({ CiphertextBlob: CiphertextBlob! })).Plaintext!),
      Buffer.from('x'),
    );
  });
}

test('imported material expires, and so does an import token', async () => {
  const { cloud, kms, KeyId } = await external();
  const material = randomBytes(32);
  const ValidTo = new Date('2030-01-11T00:00:00Z');
  await assert.rejects(kms.importKeyMaterial(await wrapped(kms, KeyId, material, 'RSAES_OAEP_SHA_256')), {
    name: 'ValidationException',
    message: 'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES',
  });
  const late = await wrapped(kms, KeyId, material, 'RSAES_OAEP_SHA_256');
  await kms.importKeyMaterial({ ...(await wrapped(kms, KeyId, material, 'RSAES_OAEP_SHA_256')), ValidTo });
  assert.deepEqual((await kms.describeKey({ KeyId })).KeyMetadata!.ValidTo, ValidTo);
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  cloud.advance('P1D');
  await assert.rejects(kms.importKeyMaterial({ ...late, ...FOREVER }), { name: 'ExpiredImportTokenException' });
  cloud.advance('P9D');
  assert.equal((await kms.describeKey({ KeyId })).KeyMetadata!.KeyState, 'PendingImport');
  await assert.rejects(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), { name: 'KMSInvalidStateException' });
  await kms.listKeys({});
  await kms.importKeyMaterial({ ...(await wrapped(kms, KeyId, material, 'RSAES_OAEP_SHA_256')), ...FOREVER });
  await kms.decrypt({ CiphertextBlob: CiphertextBlob! });
});

test('ImportKeyMaterial refuses wrong tokens, wrong wrapping and wrong sizes, and changes nothing', async () => {
  const { kms, KeyId } = await external();
  const good = await wrapped(kms, KeyId, randomBytes(32), 'RSAES_OAEP_SHA_256');
  const other = await kms.createKey({ Origin: 'EXTERNAL' });
  const foreign = await wrapped(kms, other.KeyMetadata!.KeyId!, randomBytes(32), 'RSAES_OAEP_SHA_256');
  const short = await wrapped(kms, KeyId, randomBytes(31), 'RSAES_OAEP_SHA_256');
  const flipped = good.EncryptedKeyMaterial.map((byte, i) => (i === 7 ? byte ^ 1 : byte));
  const cases: [object, string][] = [
    [{ ...good, ImportToken: Buffer.from('made up') }, 'InvalidImportTokenException'],
    [{ ...good, ImportToken: foreign.ImportToken }, 'InvalidImportTokenException'],
    [{ ...good, EncryptedKeyMaterial: flipped }, 'InvalidCiphertextException'],
    [{ ...good, EncryptedKeyMaterial: foreign.EncryptedKeyMaterial }, 'InvalidCiphertextException'],
    [{ ...good, EncryptedKeyMaterial: good.EncryptedKeyMaterial.subarray(1) }, 'InvalidCiphertextException'],
    [short, 'IncorrectKeyMaterialException'],
  ];
  for (const [input, name] of cases) {
    await assert.rejects(kms.importKeyMaterial({ ...good, ...input, ...FOREVER }), { name });
  }
  assert.equal((await kms.describeKey({ KeyId })).KeyMetadata!.KeyState, 'PendingImport');
  const own = await kms.createKey({});
  await assert.rejects(kms.importKeyMaterial({ ...good, KeyId: own.KeyMetadata!.KeyId!, ...FOREVER }), {
    name: 'UnsupportedOperationException',
    message: `${own.KeyMetadata!.Arn} origin is AWS_KMS which is not valid for this operation.`,
  });
});

test('a symmetric key rotates to new imported material, on demand', async () => {
  const { kms, KeyId } = await external();
  const [first, second] = [randomBytes(32), randomBytes(32)];
  const bring = async (material: Uint8Array, more = {}) =>
    kms.importKeyMaterial({ ...(await wrapped(kms, KeyId, material, 'RSAES_OAEP_SHA_256')), ...FOREVER, ...more });
  const one = await bring(first);
  const old = await kms.encrypt({ KeyId, Plaintext });
  await assert.rejects(kms.rotateKeyOnDemand({ KeyId }), { name: 'KMSInvalidStateException' });
  const two = await bring(second, { ImportType: 'NEW_KEY_MATERIAL', KeyMaterialDescription: 'the second' });
  assert.equal((await kms.describeKey({ KeyId })).KeyMetadata!.CurrentKeyMaterialId, one.KeyMaterialId);
  const states = async () => {
    const { Rotations } = await kms.listKeyRotations({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
    return Rotations!.map((r) => [r.KeyMaterialId, r.KeyMaterialState, r.ImportState, r.KeyMaterialDescription]);
  };
  assert.deepEqual(await states(), [
    [one.KeyMaterialId, 'CURRENT', 'IMPORTED', undefined],
    [two.KeyMaterialId, 'PENDING_ROTATION', 'IMPORTED', 'the second'],
  ]);
  await kms.rotateKeyOnDemand({ KeyId });
  assert.deepEqual(
    (await states()).map(([, state]) => state),
    ['NON_CURRENT', 'CURRENT'],
  );
  const fresh = await kms.generateDataKey({ KeyId, KeySpec: 'AES_256' });
  assert.equal(fresh.KeyMaterialId, two.KeyMaterialId);
  assert.equal((await kms.decrypt({ CiphertextBlob: old.CiphertextBlob! })).KeyMaterialId, one.KeyMaterialId);
  await kms.deleteImportedKeyMaterial({ KeyId, KeyMaterialId: one.KeyMaterialId! });
  assert.equal((await kms.describeKey({ KeyId })).KeyMetadata!.KeyState, 'PendingImport');
});

test('what cannot be of an imported key is told before its state; the public half outlasts the private one', async () => {
  const symmetric = await external('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT');
  for (const refused of [
    symmetric.kms.enableKeyRotation({ KeyId: symmetric.KeyId }),
    symmetric.kms.disableKeyRotation({ KeyId: symmetric.KeyId }),
  ]) {
    await assert.rejects(refused, { name: 'UnsupportedOperationException', message: /origin is EXTERNAL/ });
  }
  const { kms, KeyId } = await external('ECC_NIST_P256', 'SIGN_VERIFY');
  await assert.rejects(kms.getPublicKey({ KeyId }), { name: 'KMSInvalidStateException' });
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const document = pair.privateKey.export({ type: 'pkcs8', format: 'der' });
  const brought = await wrapped(kms, KeyId, document, 'RSA_AES_KEY_WRAP_SHA_256');
  for (const more of [
    { ImportType: 'NEW_KEY_MATERIAL' as const },
    { KeyMaterialId: 'a'.repeat(64) },
    { KeyMaterialDescription: 'mine' },
  ]) {
    await assert.rejects(kms.importKeyMaterial({ ...brought, ...FOREVER, ...more }), { name: 'ValidationException' });
  }
  await kms.importKeyMaterial({ ...brought, ...FOREVER });
  await kms.deleteImportedKeyMaterial({ KeyId });
  const { PublicKey } = await kms.getPublicKey({ KeyId });
  assert.deepEqual(Buffer.from(PublicKey!), pair.publicKey.export({ type: 'spki', format: 'der' }));
  await assert.rejects(kms.sign({ KeyId, Message: Plaintext, SigningAlgorithm: 'ECDSA_SHA_256' }), {
    name: 'KMSInvalidStateException',
  });
});

test('RSA, elliptic curve and HMAC material is imported in PKCS #8 or as it is', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pairs = [
    ['RSA_2048', rsa, 'RSASSA_PSS_SHA_256'],
    ['ECC_NIST_P256', ec, 'ECDSA_SHA_256'],
  ] as const;
  for (const [spec, pair, SigningAlgorithm] of pairs) {
    for (const algorithm of ['RSA_AES_KEY_WRAP_SHA_1', 'RSA_AES_KEY_WRAP_SHA_256'] as const) {
      const { kms, KeyId } = await external(spec, 'SIGN_VERIFY');
      const document = pair.privateKey.export({ type: 'pkcs8', format: 'der' });
      await kms.importKeyMaterial({ ...(await wrapped(kms, KeyId, document, algorithm)), ...FOREVER });
      const { Signature } = await kms.sign({ KeyId, Message: Plaintext, SigningAlgorithm });
      const options = spec === 'RSA_2048' ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
      assert.ok(verify('sha256', Plaintext, { key: pair.publicKey, ...options }, Signature!));
    }
  }
  const { kms, KeyId } = await external('RSA_2048', 'SIGN_VERIFY');
  await assert.rejects(
    kms.getParametersForImport({ KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_4096' }),
    { name: 'UnsupportedOperationException' },
  );
  const bad = await wrapped(
    kms,
    KeyId,
    ec.privateKey.export({ type: 'pkcs8', format: 'der' }),
    'RSA_AES_KEY_WRAP_SHA_1',
  );
  await assert.rejects(kms.importKeyMaterial({ ...bad, ...FOREVER }), { name: 'IncorrectKeyMaterialException' });
  const mac = await external('HMAC_256', 'GENERATE_VERIFY_MAC');
  const secret = await wrapped(mac.kms, mac.KeyId, randomBytes(40), 'RSAES_OAEP_SHA_256');
  await mac.kms.importKeyMaterial({ ...secret, ...FOREVER });
  await mac.kms.generateMac({ KeyId: mac.KeyId, Message: Plaintext, MacAlgorithm: 'HMAC_SHA_256' });
});

test('each kind of material has its wrapping algorithms', async () => {
  const fitting: Readonly<Record<string, readonly [usage: KeyUsageType, alone: boolean, twice: boolean]>> = {
    SYMMETRIC_DEFAULT: ['ENCRYPT_DECRYPT', true, false],
    HMAC_512: ['GENERATE_VERIFY_MAC', true, false],
    ECC_NIST_P521: ['SIGN_VERIFY', false, true],
    ECC_NIST_EDWARDS25519: ['SIGN_VERIFY', true, true],
    RSA_2048: ['SIGN_VERIFY', false, true],
  };
  const { kms } = (await testCloud()).root;
  for (const [KeySpec, [KeyUsage, alone, twice]] of Object.entries(fitting)) {
    const asked = { Origin: 'EXTERNAL', KeySpec: KeySpec as KeySpec, KeyUsage } as const;
    const { KeyId } = (await kms.createKey(asked)).KeyMetadata!;
    const parameters = (WrappingAlgorithm: AlgorithmSpec) =>
      kms.getParametersForImport({ KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' }).then(
        () => true,
        (error: Error) => (error.name === 'UnsupportedOperationException' ? false : Promise.reject(error)),
      );
    assert.deepEqual(
      [await parameters('RSAES_OAEP_SHA_256'), await parameters('RSA_AES_KEY_WRAP_SHA_256')],
      [alone, twice],
      KeySpec,
    );
  }
});

test('CloudWatch is told how long imported material lasts; expired, it is destroyed, and that is recorded', async () => {
  const cloud = await testCloud();
  const { kms, cloudwatch } = cloud.root;
  const { KeyId, Arn } = (await kms.createKey({ Origin: 'EXTERNAL' })).KeyMetadata!;
  const ValidTo = new Date(cloud.now().getTime() + 90_000);
  const KeyMaterialId = await importInto(kms, KeyId!, randomBytes(32), { ValidTo });
  const seconds = async () => {
    await cloud.settle();
    const { Datapoints } = await cloudwatch.getMetricStatistics({
      ...{ Namespace: 'AWS/KMS', MetricName: 'SecondsUntilKeyMaterialExpiration', Period: 60, Statistics: ['Minimum'] },
      ...{ Dimensions: [{ Name: 'KeyId', Value: KeyId }], StartTime: new Date('2030-01-01T00:00:00Z') },
      EndTime: new Date('2030-01-01T01:00:00Z'),
    });
    return Datapoints!.map(({ Minimum }) => Minimum).sort();
  };
  assert.deepEqual(await seconds(), [90]);
  cloud.advance('PT1M');
  assert.deepEqual(await seconds(), [30, 90]);
  cloud.advance('PT30S');
  assert.deepEqual(await seconds(), [30, 90]);
  assert.equal((await kms.describeKey({ KeyId: KeyId! })).KeyMetadata!.KeyState, 'PendingImport');
  const records = (await cloud.deps.store.journal.read(0, 1000)).map(({ body }) => JSON.parse(body));
  const ended = records.filter(({ eventName }) => eventName === 'DeleteExpiredKeyMaterial');
  assert.equal(ended.length, 1);
  assert.equal(ended[0].eventType, 'AwsServiceEvent');
  assert.deepEqual(ended[0].serviceEventDetails, { keyId: KeyId, keyMaterialId: KeyMaterialId });
  assert.equal(ended[0].resources[0].ARN, Arn);
  const rows = await cloud.deps.store.transaction((tx) => tx.list(materials, [], { limit: 10 }));
  assert.ok(rows.rows.every((row) => row.keyId !== KeyId || row.sealed === undefined));
});
