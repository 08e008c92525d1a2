/**
 * Signature Version 4 and 4a: does this signature come from this secret key?
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createECDH, createHmac, createPublicKey, hash, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { AuthenticationFailure } from '../core/errors.ts';
import type { WireRequest } from '../core/wire.ts';
import type { Claim } from './claim.ts';

const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

/** Whether the signature in `claim` is that of the request under `secret`. Takes the same time for every wrong one. */
export function isSignedBy(secret: string, claim: Claim, request: WireRequest): boolean {
  const text = claim.text ?? stringToSign(request, claim);
  return claim.algorithm === 'AWS4-HMAC-SHA256' ? hmacMatches(secret, claim, text) : ecdsaMatches(secret, claim, text);
}

/** Lower-case hexadecimal signature of a text under the key of a scope: for what is signed behind the headers. */
export const signatureOf = (secret: string, scope: string, text: string): string =>
  hmacHex(signingKey(secret, scope), text);

export { equal as sameSignature };

/** Throws if what must be signed is not, or the body is not the one whose hash was signed. */
export function requireWholeSignature(request: WireRequest, claim: Claim): void {
  const signed = claim.signedHeaders;
  if (!signed.includes('host') && !signed.includes(':authority')) throw unsigned('host');
  for (const name of Object.keys(request.headers)) {
    if (mustBeSigned(name) && !signed.includes(name)) throw unsigned(name);
  }
  for (const name of signed) {
    if (request.headers[name] === undefined) throw mismatch(`The signed header '${name}' is not in the request.`);
  }
  const declared = request.headers['x-amz-content-sha256'];
  // The hash of a stream is compared when it has been read; see uploads.ts.
  if (declared === undefined || declared === UNSIGNED_PAYLOAD || request.upload || request.stream) return;
  if (declared !== hashOf(request.body)) {
    throw mismatch("The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
}

const EMPTY_HASH = hash('sha256', '', 'hex');

/** Most requests that only read have no body. */
const hashOf = (body: Uint8Array) => (body.length === 0 ? EMPTY_HASH : hash('sha256', body, 'hex'));

const unsigned = (name: string) => mismatch(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`);
const mismatch = (message: string) => new AuthenticationFailure('SignatureDoesNotMatch', message);

/** Headers by which a stranger could change what a signed request means. */
const mustBeSigned = (name: string) => /^x-(?:amz|aws)-/.test(name) && name !== 'x-amz-user-agent';

function stringToSign(request: WireRequest, claim: Claim): string {
  const canonical = hash('sha256', canonicalRequest(request, claim), 'hex');
  return `${claim.algorithm}\n${claim.timestamp}\n${claim.scope}\n${canonical}`;
}

/** Exported for tests against AWS's published examples. */
export function canonicalRequest(request: WireRequest, claim: Claim): string {
  let headers = '';
  for (const name of claim.signedHeaders) headers += `${name}:${trimmed(request.headers[name])}\n`;
  const path = claim.service === 's3' ? s3Path(request.path) : canonicalPath(request.path);
  const query = canonicalQuery(request.query, claim.expires !== undefined);
  return `${request.method}\n${path}\n${query}\n${headers}\n${claim.signedHeaders.join(';')}\n${payloadHash(request, claim)}`;
}

function payloadHash(request: WireRequest, claim: Claim): string {
  const declared = request.headers['x-amz-content-sha256'];
  if (declared !== undefined) return declared;
  if (claim.service === 's3' && claim.expires !== undefined) return UNSIGNED_PAYLOAD;
  return hashOf(request.body);
}

const trimmed = (value: string | undefined) => (value ?? '').trim().replace(/ {2,}/g, ' ');

const isUnreserved = /^[A-Za-z0-9\-._~]*$/;
const encode = (text: string) =>
  isUnreserved.test(text)
    ? text
    : encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** All but S3: dot segments and doubled slashes resolved, then each segment encoded once more. */
function canonicalPath(path: string): string {
  if (path === '/') return path;
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(encode(segment));
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`;
}

/** S3 signs the path as it is, encoded once. */
const s3Path = (path: string) =>
  path
    .split('/')
    .map((segment) => encode(decode(segment)))
    .join('/');

function canonicalQuery(query: string, presigned: boolean): string {
  if (query === '') return '';
  const pairs = query.split('&').filter((pair) => pair !== '' && !(presigned && pair.startsWith('X-Amz-Signature=')));
  return pairs
    .map((pair) => {
      const at = pair.indexOf('=');
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return `${encode(decode(name))}=${encode(decode(value))}`;
    })
    .sort(byName)
    .join('&');
}

/** By encoded name, then value, in code-point order. */
function byName(a: string, b: string): number {
  const [nameA, nameB] = [a.slice(0, a.indexOf('=')), b.slice(0, b.indexOf('='))];
  if (nameA !== nameB) return nameA < nameB ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, '%2B'));
  } catch {
    throw mismatch('The request is not validly percent-encoded.');
  }
}

/** Signing keys by secret and scope: a client uses one for a whole day. */
const signingKeys = new Map<string, HmacKey>();
const KEYS_MAX = 10_000;

function hmacMatches(secret: string, claim: Claim, text: string): boolean {
  return equal(hmacHex(signingKey(secret, claim.scope), text), claim.signature);
}

/**
 * A signing key as HMAC-SHA256's two padded blocks. On the hot path two one-shot hashes cost half of an Hmac object.
 * https://www.rfc-editor.org/rfc/rfc2104
 */
interface HmacKey {
  /** The inner block, and room behind it for a text of the usual length. */
  readonly inner: Buffer;
  /** The outer block, and room for the inner digest. */
  readonly outer: Buffer;
}

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const TEXT_BYTES_MAX = 1024;

function hmacKey(bytes: Uint8Array): HmacKey {
  const inner = Buffer.alloc(BLOCK_BYTES + TEXT_BYTES_MAX, 0x36);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, 0x5c);
  for (const [i, byte] of bytes.entries()) {
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  return { inner, outer };
}

/** Lower-case hexadecimal. A string to sign is ASCII of some 150 characters. */
function hmacHex({ inner, outer }: HmacKey, text: string): string {
  const room = 3 * text.length <= TEXT_BYTES_MAX ? inner : Buffer.concat([inner, Buffer.alloc(3 * text.length)]);
  const length = BLOCK_BYTES + room.write(text, BLOCK_BYTES, 'utf8');
  outer.write(hash('sha256', room.subarray(0, length), 'hex'), BLOCK_BYTES, 'hex');
  return hash('sha256', outer, 'hex');
}

function signingKey(secret: string, scope: string): HmacKey {
  const id = `${secret} ${scope}`;
  const known = signingKeys.get(id);
  if (known) return known;
  if (signingKeys.size >= KEYS_MAX) signingKeys.clear();
  const bytes = scope
    .split('/')
    .reduce<string | Buffer>((key, part) => createHmac('sha256', key).update(part).digest(), `AWS4${secret}`);
  const key = hmacKey(bytes as Buffer);
  signingKeys.set(id, key);
  return key;
}

function equal(expected: string, given: string): boolean {
  return (
    given.length === expected.length && timingSafeEqual(Buffer.from(given, 'latin1'), Buffer.from(expected, 'latin1'))
  );
}

const publicKeys = new Map<string, KeyObject>();

function ecdsaMatches(secret: string, claim: Claim, text: string): boolean {
  const id = `${claim.accessKeyId} ${secret}`;
  let key = publicKeys.get(id);
  if (!key) {
    if (publicKeys.size >= KEYS_MAX) publicKeys.clear();
    key = ecdsaKey(claim.accessKeyId, secret);
    publicKeys.set(id, key);
  }
  return (
    /^[0-9a-f]{1,256}$/.test(claim.signature) &&
    verify('sha256', Buffer.from(text), key, Buffer.from(claim.signature, 'hex'))
  );
}

const N_MINUS_2 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254fn;

/** SigV4a derives an ECDSA key pair on P-256 from the access key by HMAC in counter mode (NIST SP 800-108). */
function ecdsaKey(accessKeyId: string, secret: string): KeyObject {
  for (let counter = 1; counter < 255; counter++) {
    const fixed = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from('AWS4-ECDSA-P256-SHA256'),
      Buffer.from([0]),
      Buffer.from(accessKeyId),
      Buffer.from([counter]),
      Buffer.from([0, 0, 1, 0]),
    ]);
    const candidate = BigInt(`0x${createHmac('sha256', `AWS4A${secret}`).update(fixed).digest('hex')}`);
    if (candidate <= N_MINUS_2) return publicKeyOf((candidate + 1n).toString(16).padStart(64, '0'));
  }
  throw new Error('No SigV4a key can be derived from this access key.');
}

function publicKeyOf(privateHex: string): KeyObject {
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(privateHex, 'hex');
  const point = pair.getPublicKey();
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')];
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
}
