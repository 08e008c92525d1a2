/**
 * ECDSA at the edges of what the standards allow, in the manner of Project Wycheproof but made here: the private
 * keys are ours (imported), so every malformed signature is one that its owner could have made.
 */
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import type { KeySpec } from '@aws-sdk/client-kms';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { importedKey } from '../../testing/importedKeys.ts';
import { der, integer, message, tlv, verifying } from './signatures.fixture.ts';

const { isTaken, kms } = await verifying();

const CURVES = {
  ECC_NIST_P256: { curve: p256, name: 'prime256v1', hash: 'sha256', algorithm: 'ECDSA_SHA_256' },
  ECC_NIST_P384: { curve: p384, name: 'secp384r1', hash: 'sha384', algorithm: 'ECDSA_SHA_384' },
  ECC_NIST_P521: { curve: p521, name: 'secp521r1', hash: 'sha512', algorithm: 'ECDSA_SHA_512' },
  ECC_SECG_P256K1: { curve: secp256k1, name: 'secp256k1', hash: 'sha256', algorithm: 'ECDSA_SHA_256' },
} as const;

for (const [spec, { curve, name, hash, algorithm }] of Object.entries(CURVES)) {
  test(`ECDSA ${spec}: only r and s of the right range in DER verify, for messages and digests alike`, async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: name });
    const KeyId = await importedKey(kms, spec as KeySpec, 'SIGN_VERIFY', privateKey);
    const n = curve.Point.Fn.ORDER;
    const p1363 = sign(hash, message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const half = p1363.length / 2;
    const [r, s] = [p1363.subarray(0, half), p1363.subarray(half)].map((b) => BigInt(`0x${b.toString('hex')}`)) as [
      bigint,
      bigint,
    ];
    const whole = der(r, s);
    const good = { 'as it is': whole, 'with the other s': der(r, n - s) };
    const [ri, si] = [integer(r), integer(s)];
    const bad: Record<string, Buffer> = {
      ...{ 'r = 0': der(0n, s), 's = 0': der(r, 0n), 'both 0': der(0n, 0n), 'both 1': der(1n, 1n) },
      ...{ 'r = n': der(n, s), 's = n': der(r, n), 'r = n, s = 0': der(n, 0n), 'r = n - 1, s = 1': der(n - 1n, 1n) },
      ...{ 'r + n': der(r + n, s), 's + n': der(r, s + n), 'n - r': der(n - r, s), swapped: der(s, r) },
      ...{ '-r': der(-r, s), '-s': der(r, -s), 'r - n': der(r - n, s), 's - n': der(r, s - n) },
      ...{ 'r + 2^512': der(r + (1n << 512n), s), 'huge s': der(r, s + (1n << 4096n)) },
      'a length in long form': tlv(0x30, Buffer.concat([ri, si]), true),
      'an integer length in long form': tlv(0x30, Buffer.concat([tlv(2, ri.subarray(2), true), si])),
      'a leading zero too many': tlv(
        0x30,
        Buffer.concat([tlv(2, Buffer.concat([Buffer.alloc(1), ri.subarray(2)])), si]),
      ),
      'bytes behind it': Buffer.concat([whole, Buffer.alloc(1)]),
      'bytes in it': tlv(0x30, Buffer.concat([ri, si, Buffer.from([5, 0])])),
      'a third integer': tlv(0x30, Buffer.concat([ri, si, si])),
      ...{ 'r alone': tlv(0x30, ri), 'no integers': tlv(0x30, Buffer.alloc(0)), 'a set': tlv(0x31, whole.subarray(2)) },
      'an empty integer': tlv(0x30, Buffer.concat([tlv(2, Buffer.alloc(0)), si])),
      'an indefinite length': Buffer.concat([Buffer.from([0x30, 0x80]), ri, si, Buffer.alloc(2)]),
      'r and s without DER': p1363,
      zeros: Buffer.alloc(whole.length),
    };
    const digest = createHash(hash).update(message).digest();
    for (const [what, signature] of Object.entries(good)) {
      assert.ok(await isTaken(KeyId, algorithm, message, signature), what);
      assert.ok(await isTaken(KeyId, algorithm, digest, signature, 'DIGEST'), what);
    }
    for (const [what, signature] of Object.entries(bad)) {
      assert.ok(!(await isTaken(KeyId, algorithm, message, signature)), `${what}, message`);
      assert.ok(!(await isTaken(KeyId, algorithm, digest, signature, 'DIGEST')), `${what}, digest`);
    }
    for (let length = 1; length < whole.length; length++) {
      assert.ok(!(await isTaken(KeyId, algorithm, message, whole.subarray(0, length))), `cut to ${length}`);
    }
  });
}

test('ECDSA: digests of zeros and ones, and the least and greatest keys, sign and verify', async () => {
  const n = p256.Point.Fn.ORDER;
  for (const d of [1n, 2n, n - 1n]) {
    const point = p256.getPublicKey(Buffer.from(d.toString(16).padStart(64, '0'), 'hex'), false);
    const jwk = {
      ...{ kty: 'EC', crv: 'P-256', d: Buffer.from(d.toString(16).padStart(64, '0'), 'hex').toString('base64url') },
      x: Buffer.from(point.subarray(1, 33)).toString('base64url'),
      y: Buffer.from(point.subarray(33)).toString('base64url'),
    };
    const KeyId = await importedKey(kms, 'ECC_NIST_P256', 'SIGN_VERIFY', createPrivateKey({ key: jwk, format: 'jwk' }));
    for (const digest of [Buffer.alloc(32), Buffer.alloc(32, 255), Buffer.from(n.toString(16), 'hex')]) {
      const asked = { KeyId, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' } as const;
      const { Signature } = await kms.sign(asked);
      assert.ok(await isTaken(KeyId, 'ECDSA_SHA_256', digest, Signature!, 'DIGEST'), `d = ${d}`);
    }
  }
});

/** RFC 6979 A.2.5. */
test('a published ECDSA signature verifies, for its message only', async () => {
  const d = Buffer.from('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721', 'hex');
  const point = p256.getPublicKey(d, false);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((b) => Buffer.from(b).toString('base64url'));
  const jwk = { kty: 'EC', crv: 'P-256', d: d.toString('base64url'), x, y };
  const ec = await importedKey(
    kms,
    'ECC_NIST_P256',
    'SIGN_VERIFY',
    createPrivateKey({ key: jwk as never, format: 'jwk' }),
  );
  const published = der(
    0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716n,
    0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8n,
  );
  assert.ok(await isTaken(ec, 'ECDSA_SHA_256', Buffer.from('sample'), published));
  assert.ok(!(await isTaken(ec, 'ECDSA_SHA_256', Buffer.from('test'), published)));
});
