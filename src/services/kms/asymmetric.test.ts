/** Every key spec in every usage, against node:crypto and @noble with the key that GetPublicKey returns. */
import assert from 'node:assert/strict';
import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
  sign,
  verify,
} from 'node:crypto';
import { before, describe, test } from 'node:test';
import type { KeySpec, KeyUsageType, MessageType, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

const message = new Uint8Array(Buffer.from('What is signed.'));
const hashed = (hash: string) => new Uint8Array(createHash(hash).update(message).digest());
const INVALID = { name: 'KMSInvalidSignatureException' };

let cloud: Cloud;
before(async () => {
  cloud = await testCloud();
});

async function keyOf(KeySpec: KeySpec, KeyUsage: KeyUsageType) {
  const { kms } = cloud.root;
  const { KeyMetadata } = await kms.createKey({ KeySpec, KeyUsage });
  const shown = await kms.getPublicKey({ KeyId: KeyMetadata!.KeyId! });
  assert.equal(shown.KeySpec, KeySpec);
  assert.equal(shown.KeyUsage, KeyUsage);
  const publicKey = createPublicKey({ key: Buffer.from(shown.PublicKey!), format: 'der', type: 'spki' });
  return { kms, KeyId: KeyMetadata!.KeyId!, metadata: KeyMetadata!, publicKey, shown };
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING };
const rsa: readonly [SigningAlgorithmSpec, string, object][] = [256, 384, 512].flatMap((bits) => [
  [`RSASSA_PKCS1_V1_5_SHA_${bits}` as SigningAlgorithmSpec, `sha${bits}`, {}],
  [`RSASSA_PSS_SHA_${bits}` as SigningAlgorithmSpec, `sha${bits}`, { ...PSS, saltLength: bits / 8 }],
]);
const SIGNING: Readonly<Partial<Record<KeySpec, readonly [SigningAlgorithmSpec, string, object][]>>> = {
  RSA_2048: rsa,
  RSA_3072: rsa.slice(0, 2),
  RSA_4096: rsa.slice(2, 4),
  ECC_NIST_P256: [['ECDSA_SHA_256', 'sha256', {}]],
  ECC_NIST_P384: [['ECDSA_SHA_384', 'sha384', {}]],
  ECC_NIST_P521: [['ECDSA_SHA_512', 'sha512', {}]],
  ECC_SECG_P256K1: [['ECDSA_SHA_256', 'sha256', {}]],
};

describe('Sign and Verify', () => {
  for (const [spec, algorithms] of Object.entries(SIGNING)) {
    test(`${spec}: messages and digests, agreeing with node:crypto`, async () => {
      const { kms, KeyId, publicKey, shown } = await keyOf(spec as KeySpec, 'SIGN_VERIFY');
      assert.ok(algorithms.every(([name]) => shown.SigningAlgorithms!.includes(name)));
      for (const [SigningAlgorithm, hash, options] of algorithms) {
        const forms: [MessageType, Uint8Array][] = [
          ['RAW', message],
          ['DIGEST', hashed(hash)],
        ];
        for (const [MessageType, Message] of forms) {
          const { Signature } = await kms.sign({ KeyId, Message, MessageType, SigningAlgorithm });
          const label = `${SigningAlgorithm} ${MessageType}`;
          assert.ok(verify(hash, message, { key: publicKey, ...options }, Signature!), label);
          for (const [type, form] of forms) {
            const asked = { KeyId, SigningAlgorithm, MessageType: type, Message: form, Signature: Signature! };
            assert.equal((await kms.verify(asked)).SignatureValid, true, label);
            const damaged = Uint8Array.from(Signature!, (byte, i) => (i === 20 ? byte ^ 1 : byte));
            await assert.rejects(kms.verify({ ...asked, Signature: damaged }), INVALID, label);
            const other = Uint8Array.from(form, (byte, i) => (i === 0 ? byte ^ 1 : byte));
            await assert.rejects(kms.verify({ ...asked, Message: other }), INVALID, label);
            await assert.rejects(kms.verify({ ...asked, Signature: Signature!.subarray(1) }), INVALID, label);
          }
        }
        await assert.rejects(kms.sign({ KeyId, Message: message, MessageType: 'DIGEST', SigningAlgorithm }), {
          name: 'ValidationException',
          message: `Digest is invalid length for algorithm ${SigningAlgorithm}.`,
        });
      }
    });
  }

  test('ECC_NIST_EDWARDS25519: pure and prehashed', async () => {
    const { kms, KeyId, publicKey } = await keyOf('ECC_NIST_EDWARDS25519', 'SIGN_VERIFY');
    const pure = { KeyId, SigningAlgorithm: 'ED25519_SHA_512', Message: message } as const;
    const { Signature } = await kms.sign(pure);
    assert.ok(verify(null, message, publicKey, Signature!));
    assert.equal((await kms.verify({ ...pure, Signature: Signature! })).SignatureValid, true);
    const Message = hashed('sha512');
    const prehashed = { KeyId, SigningAlgorithm: 'ED25519_PH_SHA_512', MessageType: 'DIGEST', Message } as const;
    const { Signature: ph } = await kms.sign(prehashed);
    const bytes = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
    assert.ok(ed25519ph.verify(ph!, message, bytes));
    assert.equal((await kms.verify({ ...prehashed, Signature: ph! })).SignatureValid, true);
    for (let at = 0; at < 64; at += 9) {
      const damaged = Uint8Array.from(ph!, (byte, i) => (i === at ? byte ^ 4 : byte));
      await assert.rejects(kms.verify({ ...prehashed, Signature: damaged }), INVALID);
    }
    await assert.rejects(kms.sign({ ...prehashed, MessageType: 'RAW' }), { name: 'ValidationException' });
    await assert.rejects(kms.sign({ ...pure, MessageType: 'DIGEST' }), { name: 'ValidationException' });
  });

  for (const spec of ['ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87'] as const) {
    test(`${spec}: messages and external mu, agreeing with node:crypto`, async () => {
      const { kms, KeyId, publicKey } = await keyOf(spec, 'SIGN_VERIFY');
      const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(22);
      const shake = (...parts: Uint8Array[]) =>
        createHash('shake256', { outputLength: 64 }).update(Buffer.concat(parts)).digest();
      const mu = new Uint8Array(shake(shake(raw), Buffer.from([0, 0]), message));
      const SigningAlgorithm = 'ML_DSA_SHAKE_256';
      const forms: [MessageType, Uint8Array][] = [
        ['RAW', message],
        ['EXTERNAL_MU', mu],
      ];
      for (const [MessageType, Message] of forms) {
        const { Signature } = await kms.sign({ KeyId, Message, MessageType, SigningAlgorithm });
        assert.ok(verify(null, message, publicKey, Signature!), MessageType);
        for (const [type, form] of forms) {
          const asked = { KeyId, SigningAlgorithm, MessageType: type, Message: form, Signature: Signature! } as const;
          assert.equal((await kms.verify(asked)).SignatureValid, true);
          const damaged = Uint8Array.from(Signature!, (byte, i) => (i === 99 ? byte ^ 1 : byte));
          await assert.rejects(kms.verify({ ...asked, Signature: damaged }), INVALID);
        }
      }
    });
  }

  test('a key does not verify what another has signed, nor sign with an algorithm it has not', async () => {
    const [one, two] = [await keyOf('ECC_NIST_P256', 'SIGN_VERIFY'), await keyOf('ECC_NIST_P256', 'SIGN_VERIFY')];
    const SigningAlgorithm = 'ECDSA_SHA_256';
    const { Signature } = await one.kms.sign({ KeyId: one.KeyId, Message: message, SigningAlgorithm });
    await assert.rejects(
      one.kms.verify({ KeyId: two.KeyId, Message: message, SigningAlgorithm, Signature: Signature! }),
      INVALID,
    );
    await assert.rejects(one.kms.sign({ KeyId: one.KeyId, Message: message, SigningAlgorithm: 'ECDSA_SHA_384' }), {
      name: 'InvalidKeyUsageException',
      message: 'Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.',
    });
    await assert.rejects(one.kms.encrypt({ KeyId: one.KeyId, Plaintext: message }), {
      name: 'InvalidKeyUsageException',
      message: `${one.metadata.Arn} key usage is SIGN_VERIFY which is not valid for Encrypt.`,
    });
  });
});

describe('RSA encryption', () => {
  const OAEP = [
    ['RSAES_OAEP_SHA_1', 'sha1', 214],
    ['RSAES_OAEP_SHA_256', 'sha256', 190],
  ] as const;
  for (const [EncryptionAlgorithm, oaepHash, most] of OAEP) {
    test(`${EncryptionAlgorithm} agrees with node:crypto, and keeps its limit`, async () => {
      const { kms, KeyId, publicKey } = await keyOf('RSA_2048', 'ENCRYPT_DECRYPT');
      const padding = constants.RSA_PKCS1_OAEP_PADDING;
      const outside = publicEncrypt({ key: publicKey, padding, oaepHash }, message);
      const opened = await kms.decrypt({ KeyId, CiphertextBlob: outside, EncryptionAlgorithm });
      assert.deepEqual(Buffer.from(opened.Plaintext!), Buffer.from(message));
      const sealed = await kms.encrypt({ KeyId, Plaintext: new Uint8Array(most), EncryptionAlgorithm });
      assert.equal(sealed.CiphertextBlob!.length, 256);
      await assert.rejects(kms.encrypt({ KeyId, Plaintext: new Uint8Array(most + 1), EncryptionAlgorithm }), {
        name: 'ValidationException',
        message: `Algorithm ${EncryptionAlgorithm} and key spec RSA_2048 cannot encrypt data larger than ${most} bytes.`,
      });
      const bad = Uint8Array.from(outside, (byte, i) => (i === 9 ? byte ^ 1 : byte));
      await assert.rejects(kms.decrypt({ KeyId, CiphertextBlob: bad, EncryptionAlgorithm }), {
        name: 'InvalidCiphertextException',
      });
    });
  }
});

test('GenerateMac and VerifyMac for every HMAC spec', async () => {
  const { kms } = cloud.root;
  for (const bits of [224, 256, 384, 512] as const) {
    const { KeyMetadata } = await kms.createKey({ KeySpec: `HMAC_${bits}`, KeyUsage: 'GENERATE_VERIFY_MAC' });
    const asked = { KeyId: KeyMetadata!.KeyId!, Message: message, MacAlgorithm: `HMAC_SHA_${bits}` } as const;
    const { Mac } = await kms.generateMac(asked);
    assert.equal(Mac!.length, bits / 8);
    assert.equal((await kms.verifyMac({ ...asked, Mac: Mac! })).MacValid, true);
    for (const bad of [Uint8Array.from(Mac!, (byte) => byte ^ 1), Mac!.subarray(1)]) {
      await assert.rejects(kms.verifyMac({ ...asked, Mac: bad }), { name: 'KMSInvalidMacException' });
    }
    const wrong = bits === 224 ? 'HMAC_SHA_256' : 'HMAC_SHA_224';
    await assert.rejects(kms.generateMac({ ...asked, MacAlgorithm: wrong }), { name: 'InvalidKeyUsageException' });
    await assert.rejects(kms.getPublicKey({ KeyId: asked.KeyId }), { name: 'UnsupportedOperationException' });
  }
});

test('DeriveSharedSecret agrees with node:crypto', async () => {
  const curves = { ECC_NIST_P256: 'prime256v1', ECC_NIST_P384: 'secp384r1', ECC_NIST_P521: 'secp521r1' } as const;
  for (const [spec, namedCurve] of Object.entries(curves)) {
    const { kms, KeyId, publicKey } = await keyOf(spec as KeySpec, 'KEY_AGREEMENT');
    const peer = generateKeyPairSync('ec', { namedCurve });
    const PublicKey = peer.publicKey.export({ type: 'spki', format: 'der' });
    const { SharedSecret } = await kms.deriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey });
    const mine = diffieHellman({ privateKey: peer.privateKey, publicKey });
    assert.deepEqual(Buffer.from(SharedSecret!), mine);
    const other = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey;
    for (const bad of [other.export({ type: 'spki', format: 'der' }), Buffer.from('x'), PublicKey.subarray(1)]) {
      await assert.rejects(kms.deriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: bad }), {
        name: 'ValidationException',
      });
    }
  }
});

test('Encapsulate and Decapsulate agree with node:crypto', async () => {
  for (const spec of ['ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024'] as const) {
    const { kms, KeyId, publicKey } = await keyOf(spec, 'ENCAPSULATE_DECAPSULATE');
    const algorithm = { KeyId, EncapsulationAlgorithm: 'ML_KEM' } as const;
    const outside = encapsulate(publicKey);
    const open = (blob: Uint8Array) => kms.decapsulate({ ...algorithm, SharedSecretCiphertextBlob: blob });
    assert.deepEqual(Buffer.from((await open(outside.ciphertext)).SharedSecret!), outside.sharedKey);
    const made = await kms.encapsulate(algorithm);
    assert.deepEqual((await open(made.SharedSecretCiphertextBlob!)).SharedSecret, made.SharedSecret);
    await assert.rejects(open(outside.ciphertext.subarray(1)), { name: 'InvalidCiphertextException' });
  }
});

test('GenerateDataKeyPair gives a pair whose private key opens under the KMS key', async () => {
  const { kms } = cloud.root;
  const KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!;
  const specs = ['RSA_2048', 'ECC_NIST_P256', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519', 'ML_KEM_768'] as const;
  for (const KeyPairSpec of specs) {
    const made = await kms.generateDataKeyPair({ KeyId, KeyPairSpec, EncryptionContext: { a: '1' } });
    const opened = await kms.decrypt({
      CiphertextBlob: made.PrivateKeyCiphertextBlob!,
      EncryptionContext: { a: '1' },
    });
    assert.deepEqual(opened.Plaintext, made.PrivateKeyPlaintext);
    const key = createPrivateKey({ key: Buffer.from(opened.Plaintext!), format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey({ key: Buffer.from(made.PublicKey!), format: 'der', type: 'spki' });
    assert.ok(isPair(key, publicKey), KeyPairSpec);
  }
  const hidden = await kms.generateDataKeyPairWithoutPlaintext({ KeyId, KeyPairSpec: 'ECC_NIST_P384' });
  assert.ok(hidden.PrivateKeyCiphertextBlob && !('PrivateKeyPlaintext' in hidden));
  await assert.rejects(kms.generateDataKeyPair({ KeyId, KeyPairSpec: 'SM2' }), {
    name: 'UnsupportedOperationException',
  });
});

function isPair(privateKey: KeyObject, publicKey: KeyObject): boolean {
  if ((publicKey.asymmetricKeyType as string).startsWith('ml-kem')) {
    const { sharedKey, ciphertext } = encapsulate(publicKey);
    return decapsulate(privateKey, ciphertext).equals(sharedKey);
  }
  const hash = publicKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return verify(hash, message, publicKey, sign(hash, message, privateKey));
}

test('CreateKey refuses specs and usages that do not go together', async () => {
  const { kms } = cloud.root;
  await assert.rejects(kms.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'KEY_AGREEMENT' }), {
    name: 'ValidationException',
    message: 'KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048',
  });
  await assert.rejects(kms.createKey({ KeySpec: 'ECC_NIST_P256' }), { name: 'ValidationException' });
  for (const spec of [{ KeySpec: 'SM2' }, { CustomerMasterKeySpec: 'SM2' }] as const) {
    await assert.rejects(kms.createKey({ ...spec, KeyUsage: 'SIGN_VERIFY' }), {
      name: 'UnsupportedOperationException',
      message: 'KeySpec SM2 is not supported in this Region',
    });
  }
  const KeyId = (await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })).KeyMetadata!.KeyId!;
  await assert.rejects(kms.sign({ KeyId, Message: message, SigningAlgorithm: 'SM2DSA' }), {
    name: 'InvalidKeyUsageException',
    message: 'Algorithm SM2DSA is incompatible with key spec ECC_NIST_P256.',
  });
});

test('the public key of a disabled key is shown, of one that is to be deleted it is not', async () => {
  const { kms } = (await testCloud()).root;
  const { KeyId } = (await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })).KeyMetadata!;
  const { PublicKey } = await kms.getPublicKey({ KeyId });
  await kms.disableKey({ KeyId });
  assert.deepEqual((await kms.getPublicKey({ KeyId })).PublicKey, PublicKey);
  await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
  await assert.rejects(kms.getPublicKey({ KeyId }), { name: 'KMSInvalidStateException' });
});
