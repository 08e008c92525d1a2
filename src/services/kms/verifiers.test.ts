/** What KMS signs verifies elsewhere, from the key that GetPublicKey returns; and not from another key. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, type KeyObject, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { KeySpec, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { testCloud } from '../../testing/cloud.ts';
import { shownKey } from '../../testing/importedKeys.ts';

const { kms } = (await testCloud()).root;
const message = Buffer.from('a message for others to verify');
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-openssl-'));
after(() => rmSync(folder, { recursive: true, force: true }));

type Verifier = (key: KeyObject, signature: Uint8Array) => boolean;

const openSslVersion = (() => {
  try {
    return execFileSync('openssl', ['version']).toString();
  } catch {
    return '';
  }
})();

/** `openssl` as anybody has it; what it does not accept it says by its exit code. */
function openssl(args: (files: { message: string; signature: string; key: string }) => string[]): Verifier {
  return (key, signature) => {
    const files = { message: join(folder, 'message'), signature: join(folder, 'signature'), key: join(folder, 'key') };
    writeFileSync(files.message, message);
    writeFileSync(files.signature, signature);
    writeFileSync(files.key, key.export({ type: 'spki', format: 'pem' }));
    try {
      execFileSync('openssl', args(files), { stdio: 'pipe' });
      return true;
    } catch {
      return false;
    }
  };
}

const dgst = (hash: string, ...options: string[]) =>
  openssl(({ message: m, signature, key }) => [
    'dgst',
    `-${hash}`,
    '-verify',
    key,
    '-signature',
    signature,
    ...options,
    m,
  ]);

const PSS = { padding: 6, saltLength: -1 } as const;
const rsa = (hash: string, isPss: boolean): Verifier[] => [
  (key, signature) => verify(hash, message, isPss ? { key, ...PSS } : key, signature),
  dgst(hash, ...(isPss ? ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest'] : [])),
];

type Curve = typeof p256;

function point(key: KeyObject): Buffer {
  const { x, y } = key.export({ format: 'jwk' });
  return Buffer.concat([Buffer.from([4]), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]);
}

const ecdsa = (hash: string, curve: Curve): Verifier[] => [
  (key, signature) => verify(hash, message, key, signature),
  dgst(hash),
  (key, signature) => {
    const digest = createHash(hash).update(message).digest();
    return curve.verify(signature, digest, point(key), { prehash: false, lowS: false, format: 'der' });
  },
];

const tail = (key: KeyObject, bytes: number) => key.export({ type: 'spki', format: 'der' }).subarray(-bytes);

const lattice = (noble: typeof ml_dsa44): Verifier[] => [
  (key, signature) => verify(null, message, key, signature),
  (key, signature) => noble.verify(signature, message, tail(key, noble.lengths.publicKey!)),
];

/** Spec and algorithm → everybody who can verify it. */
const SIGNATURES: readonly (readonly [KeySpec, SigningAlgorithmSpec, Verifier[]])[] = [
  ...(['RSA_2048', 'RSA_3072', 'RSA_4096'] as const).flatMap((spec) =>
    (['256', '384', '512'] as const).flatMap((bits) => [
      [spec, `RSASSA_PKCS1_V1_5_SHA_${bits}`, rsa(`sha${bits}`, false)] as const,
      [spec, `RSASSA_PSS_SHA_${bits}`, rsa(`sha${bits}`, true)] as const,
    ]),
  ),
  ['ECC_NIST_P256', 'ECDSA_SHA_256', ecdsa('sha256', p256)],
  ['ECC_NIST_P384', 'ECDSA_SHA_384', ecdsa('sha384', p384)],
  ['ECC_NIST_P521', 'ECDSA_SHA_512', ecdsa('sha512', p521)],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256', ecdsa('sha256', secp256k1)],
  [
    'ECC_NIST_EDWARDS25519',
    'ED25519_SHA_512',
    [
      (key, signature) => verify(null, message, key, signature),
      openssl(({ message: m, signature, key }) => {
        return ['pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-in', m, '-sigfile', signature];
      }),
      (key, signature) => ed25519.verify(signature, message, tail(key, 32)),
    ],
  ],
  ['ML_DSA_44', 'ML_DSA_SHAKE_256', lattice(ml_dsa44)],
  ['ML_DSA_65', 'ML_DSA_SHAKE_256', lattice(ml_dsa65)],
  ['ML_DSA_87', 'ML_DSA_SHAKE_256', lattice(ml_dsa87)],
];

const made = new Map<string, Promise<readonly [string, string]>>();

/** Two keys of a spec, made once. */
function pairOf(KeySpec: KeySpec): Promise<readonly [string, string]> {
  const make = async () => (await kms.createKey({ KeySpec, KeyUsage: 'SIGN_VERIFY' })).KeyMetadata!.KeyId!;
  const known = made.get(KeySpec) ?? Promise.all([make(), make()]);
  made.set(KeySpec, known);
  return known;
}

for (const [spec, SigningAlgorithm, verifiers] of SIGNATURES) {
  test(`${spec} ${SigningAlgorithm} verifies outside by its public key, and by no other`, async (t) => {
    if (openSslVersion === '') return t.skip('no openssl command');
    const [KeyId, other] = await pairOf(spec);
    const { Signature } = await kms.sign({ KeyId, Message: message, SigningAlgorithm });
    const [key, wrong] = [await shownKey(kms, KeyId), await shownKey(kms, other)];
    const damaged = Buffer.from(Signature!);
    damaged[damaged.length - 3]! ^= 1;
    for (const [i, verifies] of verifiers.entries()) {
      assert.equal(verifies(key, Signature!), true, `verifier ${i}`);
      assert.equal(verifies(wrong, Signature!), false, `verifier ${i}, wrong key`);
      assert.equal(verifies(key, damaged), false, `verifier ${i}, damaged`);
    }
    return undefined;
  });
}
