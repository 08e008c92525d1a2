/**
 * Ed25519 at the edges of what the standards allow, in the manner of Project Wycheproof but made here: the private
 * keys are ours (imported), so every malformed signature is one that its owner could have made.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ed25519Key, importedKey } from '../../testing/importedKeys.ts';
import { message, verifying } from './signatures.fixture.ts';

const { isTaken, kms } = await verifying();

/** RFC 8032 7.1 (test 2) and 7.3. */
test('Ed25519 and Ed25519ph sign as published', async () => {
  const seed = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex');
  const pure = await importedKey(kms, 'ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', ed25519Key(seed));
  const expected =
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';
  const asked = { KeyId: pure, Message: Buffer.from([0x72]), SigningAlgorithm: 'ED25519_SHA_512' } as const;
  assert.equal(Buffer.from((await kms.sign(asked)).Signature!).toString('hex'), expected);

  const phSeed = Buffer.from('833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42', 'hex');
  const ph = await importedKey(kms, 'ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', ed25519Key(phSeed));
  const digest = createHash('sha512').update('abc').digest();
  const prehashed = {
    KeyId: ph,
    Message: digest,
    MessageType: 'DIGEST',
    SigningAlgorithm: 'ED25519_PH_SHA_512',
  } as const;
  assert.equal(
    Buffer.from((await kms.sign(prehashed)).Signature!).toString('hex'),
    '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
  );
});

test('Ed25519 and Ed25519ph: no signature but the one verifies', async () => {
  const L = 2n ** 252n + 27742317777372353535851937790883648493n;
  const KeyId = await importedKey(kms, 'ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', ed25519Key(randomBytes(32)));
  const digest = createHash('sha512').update(message).digest();
  for (const [algorithm, type, Message] of [
    ['ED25519_SHA_512', 'RAW', message],
    ['ED25519_PH_SHA_512', 'DIGEST', digest],
  ] as const) {
    const asked = { KeyId, Message, MessageType: type, SigningAlgorithm: algorithm };
    const good = Buffer.from((await kms.sign(asked)).Signature!);
    const taken = (signature: Uint8Array) => isTaken(KeyId, algorithm, Message, signature, type);
    assert.ok(await taken(good));
    for (let bit = 0; bit < 512; bit++) {
      const flipped = Buffer.from(good);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      assert.ok(!(await taken(flipped)), `${algorithm}, bit ${bit}`);
    }
    const s = BigInt(`0x${Buffer.from(good.subarray(32)).reverse().toString('hex')}`);
    const withS = (value: bigint) =>
      Buffer.concat([good.subarray(0, 32), Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse()]);
    for (const more of [L, 2n * L, 4n * L, 8n * L]) {
      if (s + more < 1n << 256n) assert.ok(!(await taken(withS(s + more))), `${algorithm}: s + ${more / L} L`);
    }
    for (const value of [0n, L, L - s]) assert.ok(!(await taken(withS(value))));
    const points = [Buffer.alloc(32), Buffer.alloc(32, 255), Buffer.concat([Buffer.from([1]), Buffer.alloc(31)])];
    for (const R of points) assert.ok(!(await taken(Buffer.concat([R, good.subarray(32)]))), 'another R');
    for (const length of [1, 32, 63]) assert.ok(!(await taken(good.subarray(0, length))));
    assert.ok(!(await taken(Buffer.concat([good, Buffer.alloc(1)]))));
    const other = algorithm === 'ED25519_SHA_512' ? 'ED25519_PH_SHA_512' : 'ED25519_SHA_512';
    const elsewhere = other === 'ED25519_SHA_512' ? 'RAW' : 'DIGEST';
    assert.ok(!(await isTaken(KeyId, other, digest, good, elsewhere)), 'one is not the other');
  }
});
