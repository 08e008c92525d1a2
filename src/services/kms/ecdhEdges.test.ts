/** ECDH: what is agreed on, and public keys that are none. */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { importedKey, shownKey } from '../../testing/importedKeys.ts';
import { refusal } from '../../testing/rejected.ts';
import { tlv, verifying } from './signatures.fixture.ts';

const { kms } = await verifying();

const CURVES = {
  ECC_NIST_P256: { other: p256, namedCurve: 'prime256v1', stranger: 'secp384r1' },
  ECC_NIST_P384: { other: p384, namedCurve: 'secp384r1', stranger: 'secp521r1' },
  ECC_NIST_P521: { other: p521, namedCurve: 'secp521r1', stranger: 'prime256v1' },
} as const;

const spkiOf = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });

const shared = (KeyId: string, PublicKey: Buffer) =>
  kms.deriveSharedSecret({ KeyId, PublicKey, KeyAgreementAlgorithm: 'ECDH' });

/** A public key with these bytes in place of its point, which is of that many bytes. */
function withPoint(publicKey: KeyObject, length: number, point: Buffer): Buffer {
  const spki = spkiOf(publicKey);
  const at = spki.indexOf(tlv(3, Buffer.concat([Buffer.alloc(1), spki.subarray(-length)])));
  const algorithm = spki.subarray(spki[1]! < 128 ? 2 : 3, at);
  return tlv(0x30, Buffer.concat([algorithm, tlv(3, Buffer.concat([Buffer.alloc(1), point]))]));
}

for (const [spec, { other, namedCurve, stranger }] of Object.entries(CURVES)) {
  const KeySpec = spec as keyof typeof CURVES;
  const bytes = other.Point.Fp.BYTES;
  const number = (value: bigint) => Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex');
  const coordinate = (text: string | undefined) => Buffer.from(text ?? '', 'base64url');
  const pair = () => generateKeyPairSync('ec', { namedCurve });

  test(`ECDH ${spec}: the secret is that of a second implementation, with the zeros at its beginning`, async () => {
    const { privateKey } = pair();
    const d = coordinate(privateKey.export({ format: 'jwk' }).d);
    const KeyId = await importedKey(kms, KeySpec, 'KEY_AGREEMENT', privateKey);
    for (let peers = 0; peers < 20; peers++) {
      const { publicKey } = pair();
      const { x, y } = publicKey.export({ format: 'jwk' });
      const point = Buffer.concat([Buffer.from([4]), coordinate(x), coordinate(y)]);
      const expected = Buffer.from(other.getSharedSecret(d, point)).subarray(1);
      const { SharedSecret } = await shared(KeyId, spkiOf(publicKey));
      assert.deepEqual(Buffer.from(SharedSecret!), expected);
      assert.equal(SharedSecret!.length, bytes);
    }
    assert.ok((await shownKey(kms, KeyId)).equals(createPublicKey(privateKey)));
  });

  test(`ECDH ${spec}: a public key that is no point of the curve shares no secret`, async () => {
    const KeyId = await importedKey(kms, KeySpec, 'KEY_AGREEMENT', pair().privateKey);
    const peer = pair().publicKey;
    const { x, y } = peer.export({ format: 'jwk' });
    const [X, Y] = [coordinate(x), coordinate(y)];
    const off = Buffer.from(Y);
    off[bytes - 1]! ^= 1;
    const prime = number(other.Point.Fp.ORDER);
    const whole = (...parts: Buffer[]) => Buffer.concat([Buffer.from([4]), ...parts]);
    assert.deepEqual(withPoint(peer, 2 * bytes + 1, whole(X, Y)), spkiOf(peer));
    const points: Record<string, Buffer> = {
      'not on the curve': whole(X, off),
      zeros: whole(Buffer.alloc(2 * bytes)),
      'the point at infinity': Buffer.alloc(1),
      'x = p': whole(prime, Y),
      'y = p': whole(X, prime),
      'all ones': whole(Buffer.alloc(2 * bytes, 255)),
      cut: whole(X, Y.subarray(1)),
      grown: whole(X, Y, Buffer.alloc(1)),
      'another form': Buffer.concat([Buffer.from([5]), X, Y]),
      'the other half of a compressed point': Buffer.concat([Buffer.from([4]), X]),
      empty: Buffer.alloc(0),
    };
    for (const [what, point] of Object.entries(points)) {
      const { name } = await refusal(shared(KeyId, withPoint(peer, 2 * bytes + 1, point)));
      assert.equal(name, 'ValidationException', what);
    }
    for (const curve of [stranger, 'secp256k1', 'prime192v1']) {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
      assert.equal((await refusal(shared(KeyId, spkiOf(publicKey)))).name, 'ValidationException', curve);
    }
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    for (const document of [spkiOf(rsa), Buffer.from('no key at all')]) {
      assert.equal((await refusal(shared(KeyId, document))).name, 'ValidationException');
    }
  });
}

/** RFC 5903, section 8.1. */
test('ECDH: the published agreement on P-256', async () => {
  const hex = (text: string) => Buffer.from(text, 'hex');
  const d = hex('c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433');
  const own = p256.getPublicKey(d, false);
  const jwk = (x: Uint8Array, y: Uint8Array) => ({
    ...{ kty: 'EC', crv: 'P-256' },
    ...{ x: Buffer.from(x).toString('base64url'), y: Buffer.from(y).toString('base64url') },
  });
  const key = { ...jwk(own.subarray(1, 33), own.subarray(33)), d: d.toString('base64url') };
  const KeyId = await importedKey(
    kms,
    'ECC_NIST_P256',
    'KEY_AGREEMENT',
    createPrivateKey({ key: key as never, format: 'jwk' }),
  );
  const peer = jwk(
    hex('d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63'),
    hex('56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab'),
  );
  const { SharedSecret } = await shared(KeyId, spkiOf(createPublicKey({ key: peer as never, format: 'jwk' })));
  assert.equal(
    Buffer.from(SharedSecret!).toString('hex'),
    'd6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de',
  );
});
