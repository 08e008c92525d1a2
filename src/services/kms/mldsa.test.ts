/**
 * ML-DSA (FIPS 204): known answers of NIST, a second implementation beside (@noble/post-quantum), and signatures
 * that are changed. AWS imports no ML-DSA keys, so keys of known seeds are put where generated ones lie; all else
 * goes through the API. The OpenSSL that knows ML-DSA is the one in Node (3.5): the command may be older.
 */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, hash, verify } from 'node:crypto';
import { test } from 'node:test';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { errand } from '../../gateway/errand.ts';
import type { Cloud } from '../../testing/cloud.ts';
import { shownKey } from '../../testing/importedKeys.ts';
import { refusal } from '../../testing/rejected.ts';
import { keys } from './keys.ts';
import { currentMaterial, materialOf, materials } from './materials.ts';
import { message, verifying } from './signatures.fixture.ts';

const { cloud, kms, isTaken } = await verifying();

const SETS = {
  ML_DSA_44: { type: 'ml-dsa-44', other: ml_dsa44, omega: 80, k: 4 },
  ML_DSA_65: { type: 'ml-dsa-65', other: ml_dsa65, omega: 55, k: 6 },
  ML_DSA_87: { type: 'ml-dsa-87', other: ml_dsa87, omega: 75, k: 8 },
} as const;

/** NIST ACVP, ML-DSA-keyGen-FIPS204: a seed, and the SHA-256 of its public key. */
const KNOWN = {
  ML_DSA_44: [
    'd71361c000f9a7bc99dfb425bcb6bb27c32c36ab444ff3708b2d93b4e66d5b5b',
    '451a808c522218fadbdab146fc12004b0741c7d069f238f43ad77216159f6a34',
  ],
  ML_DSA_65: [
    '1bd67dc782b2958e189e315c040dd1f64c8ab232a6a170e1a7a52c33f10851b1',
    '6fb1146b85539fb5c53d35b66dae94202fcd5575a537172cf1156220476f7920',
  ],
  ML_DSA_87: [
    'f7052fbb921759cd8716773ba6355630121d6927899fdda5768e2bc240fccb7b',
    '40298270777d3306d2fcb6b4691d7a7ab799cd1069eea88f843cf0ec26d4b01f',
  ],
} as const;

/** Project Wycheproof: SHA-256 of the signature without dice of `Hello world`, by the seed of 32 times 2a. */
const HELLO = {
  ML_DSA_44: '8cd6fc03daa72e87210a4e721523e84c14f27733789075e65736744d4787fdd5',
  ML_DSA_87: '1ad45bd0419e694375bd38ec11d8e0c228ab9ffac2fce4adbe6218d9c949e293',
} as const;

/** The id of a KMS key that was made of this seed. */
async function keyOfSeed({ deps, managementAccount: account }: Cloud, KeySpec: keyof typeof SETS, seed: Buffer) {
  const KeyId = (await kms.createKey({ KeySpec, KeyUsage: 'SIGN_VERIFY' })).KeyMetadata!.KeyId!;
  const document = generateKeyPairSync(SETS[KeySpec].type as 'ed25519').privateKey.export({
    type: 'pkcs8',
    format: 'der',
  });
  document.set(seed, document.length - seed.length);
  await errand(deps, { principal: 'kms.amazonaws.com', account, region: 'us-east-1' }, async (ctx) => {
    const key = (await ctx.store.get(keys, [account, 'us-east-1', KeyId]))!;
    const { sealed: _, ...row } = await currentMaterial(ctx, key);
    await ctx.store.replace(materials, materialOf(ctx, key, document, row));
  });
  return KeyId;
}

const shake256 = (...parts: readonly Uint8Array[]) => {
  const made = createHash('shake256', { outputLength: 64 });
  for (const part of parts) made.update(part);
  return made.digest();
};

/** FIPS 204, algorithm 7, line 6, of a message without a context. */
const muOf = (publicKey: Uint8Array, text: Uint8Array) => shake256(shake256(publicKey), Buffer.alloc(2), text);

const SigningAlgorithm = 'ML_DSA_SHAKE_256';

/** FIPS 204, algorithm 4: the message's SHA-512, with its name, and without a context. */
const PREHASHED = Buffer.concat([
  Buffer.from([1, 0]),
  Buffer.from('0609608648016503040203', 'hex'),
  hash('sha512', message, 'buffer'),
]);

for (const [KeySpec, [seed, digest]] of Object.entries(KNOWN) as [keyof typeof SETS, readonly string[]][]) {
  test(`${KeySpec}: NIST's seed gives NIST's key, and signs as a second implementation does`, async () => {
    const { other } = SETS[KeySpec];
    const { publicKey, secretKey } = other.keygen(Buffer.from(seed!, 'hex'));
    const KeyId = await keyOfSeed(cloud, KeySpec, Buffer.from(seed!, 'hex'));
    const shown = await shownKey(kms, KeyId);
    const bytes = shown.export({ type: 'spki', format: 'der' }).subarray(-publicKey.length);
    assert.deepEqual(Buffer.from(bytes), Buffer.from(publicKey));
    assert.equal(hash('sha256', bytes), digest);

    for (const Message of [Buffer.alloc(1), message, Buffer.alloc(4096, 7)]) {
      const mu = muOf(publicKey, Message);
      const raw = { KeyId, Message, SigningAlgorithm } as const;
      const external = { KeyId, Message: mu, MessageType: 'EXTERNAL_MU', SigningAlgorithm } as const;
      for (const asked of [raw, external]) {
        const { Signature } = await kms.sign(asked);
        assert.ok(other.verify(Signature!, Message, publicKey), 'it verifies in the second implementation');
        assert.ok(verify(null, Message, shown, Signature!), 'and in OpenSSL');
        assert.ok(await isTaken(KeyId, SigningAlgorithm, Message, Signature!));
        assert.ok(await isTaken(KeyId, SigningAlgorithm, mu, Signature!, 'EXTERNAL_MU'));
      }
      const known = other.sign(Message, secretKey, { extraEntropy: false });
      assert.ok(await isTaken(KeyId, SigningAlgorithm, Message, known), 'the signature without dice');
      assert.ok(await isTaken(KeyId, SigningAlgorithm, mu, known, 'EXTERNAL_MU'));
    }
  });

  test(`${KeySpec}: what is signed in a context, prehashed, or for another mu does not verify`, async () => {
    const { other } = SETS[KeySpec];
    const { publicKey, secretKey } = other.keygen(Buffer.from(seed!, 'hex'));
    const KeyId = await keyOfSeed(cloud, KeySpec, Buffer.from(seed!, 'hex'));
    const mu = muOf(publicKey, message);
    const signatures = {
      'in a context': other.sign(message, secretKey, { context: Buffer.from('context') }),
      prehashed: other.internal.sign(PREHASHED, secretKey),
      'of the bare message': other.internal.sign(message, secretKey),
      'of the digest': other.sign(hash('sha512', message, 'buffer'), secretKey),
      'of mu as a message': other.sign(mu, secretKey),
      "of another key's mu": other.internal.sign(muOf(publicKey.toReversed(), message), secretKey, {
        externalMu: true,
      }),
    };
    for (const [what, signature] of Object.entries(signatures)) {
      assert.ok(!(await isTaken(KeyId, SigningAlgorithm, message, signature)), what);
      assert.ok(!(await isTaken(KeyId, SigningAlgorithm, mu, signature, 'EXTERNAL_MU')), what);
    }
    const asked = { KeyId, MessageType: 'EXTERNAL_MU', SigningAlgorithm } as const;
    for (const length of [1, 32, 63, 65]) {
      await refusal(kms.sign({ ...asked, Message: Buffer.alloc(length) }), 'ValidationException');
    }
    await refusal(kms.sign({ ...asked, MessageType: 'DIGEST', Message: Buffer.alloc(64) }), 'ValidationException');
  });

  test(`${KeySpec}: no signature that is changed, cut or grown verifies`, async () => {
    const { omega, k } = SETS[KeySpec];
    const KeyId = (await kms.createKey({ KeySpec, KeyUsage: 'SIGN_VERIFY' })).KeyMetadata!.KeyId!;
    const good = Buffer.from((await kms.sign({ KeyId, Message: message, SigningAlgorithm })).Signature!);
    const taken = (signature: Uint8Array, text: Uint8Array = message) =>
      isTaken(KeyId, SigningAlgorithm, text, signature);
    assert.ok(await taken(good));
    assert.ok(!(await taken(good, Buffer.from('another message'))));
    for (let at = 0; at < good.length; at += 61) {
      const changed = Buffer.from(good);
      changed[at]! ^= 1 << (at % 8);
      assert.ok(!(await taken(changed)), `byte ${at}`);
    }
    // The hint: counts that fall, positions out of order, bytes behind the last one.
    const hint = good.length - omega - k;
    const counts = Buffer.from(good);
    counts[good.length - 1] = omega + 1;
    const padded = Buffer.from(good);
    const last = good[good.length - 1]!;
    if (last < omega) padded[hint + last] = 1;
    else padded[hint] = good[hint + 1]!;
    for (const changed of [counts, padded, Buffer.alloc(good.length), Buffer.alloc(good.length, 255)]) {
      assert.ok(!(await taken(changed)), 'hint');
    }
    for (const wrong of [good.subarray(0, -1), good.subarray(1), Buffer.concat([good, Buffer.alloc(1)])]) {
      assert.ok(!(await taken(wrong)), `${wrong.length} bytes`);
    }
  });
}

for (const [KeySpec, digest] of Object.entries(HELLO) as [keyof typeof HELLO, string][]) {
  test(`${KeySpec}: a published signature verifies`, async () => {
    const seed = Buffer.alloc(32, 0x2a);
    const KeyId = await keyOfSeed(cloud, KeySpec, seed);
    const text = Buffer.from('Hello world');
    const { other } = SETS[KeySpec];
    const known = other.sign(text, other.keygen(seed).secretKey, { extraEntropy: false });
    assert.equal(hash('sha256', known), digest);
    assert.ok(await isTaken(KeyId, SigningAlgorithm, text, known));
    assert.ok(!(await isTaken(KeyId, SigningAlgorithm, Buffer.from('Hello World'), known)));
  });
}
