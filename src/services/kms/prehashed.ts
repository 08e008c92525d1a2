/**
 * Signatures over a digest that the caller has made. node:crypto signs messages only, so the last step of each scheme
 * is done here: RSA's encodings are built by hand around the bare RSA operation, the curves come from @noble/curves.
 *
 * RFC 8017 9.1 (EMSA-PSS) and 9.2 (EMSA-PKCS1-v1_5); RFC 8032 5.1 (Ed25519ph).
 */
import { constants, createHash, type KeyObject, privateEncrypt, publicDecrypt, timingSafeEqual } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';

export type Hash = 'sha256' | 'sha384' | 'sha512';

export const HASH_BYTES: Readonly<Record<Hash, number>> = { sha256: 32, sha384: 48, sha512: 64 };

/** DER of DigestInfo up to the digest itself. */
const DIGEST_INFO: Readonly<Record<Hash, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

export function signPkcs1(key: KeyObject, hash: Hash, digest: Uint8Array): Buffer {
  const info = Buffer.concat([Buffer.from(DIGEST_INFO[hash], 'hex'), digest]);
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, info);
}

export function verifyPkcs1(key: KeyObject, hash: Hash, digest: Uint8Array, signature: Uint8Array): boolean {
  const wanted = Buffer.concat([Buffer.from(DIGEST_INFO[hash], 'hex'), digest]);
  const info = bare(() => publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature));
  return info !== undefined && info.length === wanted.length && timingSafeEqual(info, wanted);
}

/** The salt is as long as the hash, as in AWS. */
export function signPss(key: KeyObject, hash: Hash, digest: Uint8Array, salt: Uint8Array): Buffer {
  const bits = key.asymmetricKeyDetails!.modulusLength!;
  const encoded = Buffer.alloc(bits / 8);
  const hashAt = encoded.length - salt.length - 1;
  const inner = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
  encoded[hashAt - salt.length - 1] = 1;
  encoded.set(salt, hashAt - salt.length);
  xor(encoded.subarray(0, hashAt), mask(hash, inner, hashAt));
  encoded[0]! &= 0x7f;
  encoded.set(inner, hashAt);
  encoded[encoded.length - 1] = 0xbc;
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);
}

export function verifyPss(key: KeyObject, hash: Hash, digest: Uint8Array, signature: Uint8Array): boolean {
  const bytes = key.asymmetricKeyDetails!.modulusLength! / 8;
  if (signature.length !== bytes) return false;
  const encoded = bare(() => publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature));
  const long = HASH_BYTES[hash];
  const hashAt = bytes - long - 1;
  if (encoded?.at(-1) !== 0xbc || (encoded[0]! & 0x80) !== 0) return false;
  const data = Buffer.from(encoded.subarray(0, hashAt));
  const inner = encoded.subarray(hashAt, hashAt + long);
  xor(data, mask(hash, inner, hashAt));
  data[0]! &= 0x7f;
  const saltAt = hashAt - long;
  if (data.subarray(0, saltAt - 1).some((byte) => byte !== 0) || data[saltAt - 1] !== 1) return false;
  const again = createHash(hash).update(Buffer.alloc(8)).update(digest).update(data.subarray(saltAt)).digest();
  return timingSafeEqual(again, inner);
}

/** MGF1. */
function mask(hash: Hash, seed: Uint8Array, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / HASH_BYTES[hash]) }, (_, i) => {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(i);
    return createHash(hash).update(seed).update(counter).digest();
  });
  return Buffer.concat(blocks).subarray(0, length);
}

function xor(into: Buffer, other: Uint8Array): void {
  for (let i = 0; i < into.length; i++) into[i] = into[i]! ^ other[i]!;
}

/** What OpenSSL makes of a signature; undefined where it refuses. */
function bare(open: () => Buffer): Buffer | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}

const CURVES = { prime256v1: p256, secp384r1: p384, secp521r1: p521, secp256k1 } as const;

// The first signature makes the curve's table of points: a large one would hold the event loop for 80 milliseconds.
const TABLE_BITS = 4;
for (const { Point: curve } of [p384, p521]) curve.BASE.precompute(TABLE_BITS);

const curveOf = (key: KeyObject) => CURVES[key.asymmetricKeyDetails?.namedCurve as keyof typeof CURVES];

export function signEcdsa(key: KeyObject, digest: Uint8Array): Uint8Array {
  const d = Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url');
  try {
    return curveOf(key).sign(digest, d, { prehash: false, lowS: false, format: 'der' });
  } finally {
    d.fill(0);
  }
}

export function verifyEcdsa(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const { x, y } = key.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]);
  try {
    return curveOf(key).verify(signature, digest, point, { prehash: false, lowS: false, format: 'der' });
  } catch {
    return false;
  }
}

const { Point } = ed25519;
const DOMAIN = Buffer.concat([Buffer.from('SigEd25519 no Ed25519 collisions'), Buffer.from([1, 0])]);

/** Ed25519ph with an empty context; `digest` is the SHA-512 of the message. */
export function signEd25519ph(key: KeyObject, digest: Uint8Array): Uint8Array {
  const seed = Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url');
  const { scalar, prefix, pointBytes } = ed25519.utils.getExtendedPublicKey(seed);
  seed.fill(0);
  const r = wide(DOMAIN, prefix, digest);
  const R = Point.BASE.multiply(r).toBytes();
  const k = wide(DOMAIN, R, pointBytes, digest);
  const s = Point.Fn.create(r + k * scalar);
  return Buffer.concat([R, Point.Fn.toBytes(s)]);
}

export function verifyEd25519ph(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  const publicBytes = Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url');
  try {
    const A = Point.fromBytes(publicBytes);
    const R = Point.fromBytes(signature.subarray(0, 32));
    const s = Point.Fn.fromBytes(signature.subarray(32));
    const k = wide(DOMAIN, signature.subarray(0, 32), publicBytes, digest);
    return Point.BASE.multiplyUnsafe(s).subtract(A.multiplyUnsafe(k)).subtract(R).clearCofactor().is0();
  } catch {
    return false;
  }
}

/** SHA-512 of the parts as a little-endian number, modulo the order of the group. */
function wide(...parts: readonly Uint8Array[]): bigint {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  const hex = hash.digest().reverse().toString('hex');
  return Point.Fn.create(BigInt(`0x${hex}`));
}
