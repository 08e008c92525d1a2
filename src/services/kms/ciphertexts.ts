/**
 * Ciphertext of symmetric keys.
 *
 *     version  1 byte, 1
 *     backing  16 bytes: the random id of the material, which says nothing about the key
 *     salt     16 bytes, random: chooses the key, HMAC-SHA-256(material, label, version, backing, salt)
 *     nonce    12 bytes, random
 *     body     AES-256-GCM, as long as the plaintext
 *     tag      16 bytes
 *
 * A salt serves 65,536 messages of this process and is then drawn anew. So nonces of one key meet with a chance below
 * 2^-64, and there is no bound on what a material may encrypt. The header and the encryption context, whatever the
 * order it is given in, are authenticated. Until the tag holds, nothing the header says is believed: it only finds the
 * material to try.
 *
 * Ciphertext of keys in custom key stores (keyStoreCiphertexts.ts) has other versions, and the backing id in the same
 * place.
 */
import { createCipheriv, createDecipheriv, createHmac, type KeyObject } from 'node:crypto';

export type EncryptionContext = Readonly<Record<string, string>>;

/** The first byte of a blob: who can open it. */
export const Version = { own: 1, external: 2, token: 3, inner: 129 } as const;

const BACKING_AT = 1;
const SALT_AT = 17;
const NONCE_AT = 33;
const BODY_AT = 45;
const TAG_BYTES = 16;
const LABEL = 'gatehouse kms ciphertext 1';
const MESSAGES_PER_SALT = 65_536;
const SALTS_KEPT_MAX = 256;

type Random = (bytes: number) => Uint8Array;

export function sealBlob(
  material: KeyObject,
  backing: string,
  plain: Uint8Array,
  context: EncryptionContext | undefined,
  random: Random,
  version: number = Version.own,
): Buffer {
  const { head, key } = seriesOf(material, backing, random, version);
  const blob = Buffer.allocUnsafe(BODY_AT + plain.length + TAG_BYTES);
  blob.set(head);
  blob.set(random(BODY_AT - NONCE_AT), NONCE_AT);
  const header = blob.subarray(0, BODY_AT);
  const cipher = createCipheriv('aes-256-gcm', key, header.subarray(NONCE_AT));
  cipher.setAAD(authenticated(header, context));
  blob.set(cipher.update(plain), BODY_AT);
  cipher.final();
  blob.set(cipher.getAuthTag(), BODY_AT + plain.length);
  return blob;
}

/** What a blob has beside its body, by version. */
const LEAST_BYTES: Readonly<Record<number, number>> = {
  [Version.own]: BODY_AT + TAG_BYTES,
  [Version.external]: 47,
  [Version.token]: 49,
};

/** The id of the material that might open the blob; undefined for what cannot be one. Not to be believed. */
export function backingOf(blob: Uint8Array): string | undefined {
  const least = LEAST_BYTES[blob[0] ?? 0];
  if (least === undefined || blob.length <= least) return undefined;
  return Buffer.from(blob.buffer, blob.byteOffset + BACKING_AT, SALT_AT - BACKING_AT).toString('hex');
}

/** Undefined if anything at all is wrong. */
export function openBlob(
  material: KeyObject,
  blob: Uint8Array,
  context: EncryptionContext | undefined,
  version: number = Version.own,
): Buffer | undefined {
  if (blob[0] !== version || blob.length <= BODY_AT + TAG_BYTES) return undefined;
  const header = Buffer.from(blob.buffer, blob.byteOffset, BODY_AT);
  const decipher = createDecipheriv('aes-256-gcm', keyOf(material, header), header.subarray(NONCE_AT));
  decipher.setAAD(authenticated(header, context));
  decipher.setAuthTag(blob.subarray(-TAG_BYTES));
  const plain = decipher.update(blob.subarray(BODY_AT, -TAG_BYTES));
  try {
    decipher.final(); // Of a stream cipher it has no bytes left, only the verdict.
    return plain;
  } catch {
    plain.fill(0);
    return undefined;
  }
}

/** The messages that share a salt. */
interface Series {
  /** Version, backing, salt. */
  readonly head: Buffer;
  readonly key: Buffer;
  left: number;
}

const series = new WeakMap<KeyObject, Series>();

function seriesOf(material: KeyObject, backing: string, random: Random, version: number): Series {
  const known = series.get(material);
  if (known && known.left > 0 && known.head.toString('hex', BACKING_AT, SALT_AT) === backing) {
    known.left--;
    return known;
  }
  const head = Buffer.alloc(NONCE_AT);
  head[0] = version;
  head.write(backing, BACKING_AT, 'hex');
  head.set(random(NONCE_AT - SALT_AT), SALT_AT);
  const fresh = { head, key: derived(material, head), left: MESSAGES_PER_SALT - 1 };
  series.set(material, fresh);
  return fresh;
}

const derived = (material: KeyObject, head: Uint8Array) =>
  createHmac('sha256', material).update(LABEL).update(head).digest();

const opening = new WeakMap<KeyObject, Map<string, Buffer>>();

/** The key of a blob's salt; those met lately are kept. */
function keyOf(material: KeyObject, header: Buffer): Buffer {
  let kept = opening.get(material);
  if (!kept) opening.set(material, (kept = new Map()));
  const head = header.toString('latin1', 0, NONCE_AT);
  const known = kept.get(head);
  if (known) return known;
  const key = derived(material, header.subarray(0, NONCE_AT));
  if (kept.size >= SALTS_KEPT_MAX) kept.clear();
  kept.set(head, key);
  return key;
}

/** Header and context, each name and value behind its length, in the order of the names' bytes. */
export function authenticated(header: Buffer, context: EncryptionContext | undefined): Buffer {
  if (!context) return header;
  const pairs = Object.entries(context).map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
  if (pairs.length === 0) return header;
  pairs.sort(([a], [b]) => a.compare(b));
  const parts = pairs.flatMap(([name, value]) => [lengthOf(name), name, lengthOf(value), value]);
  return Buffer.concat([header, ...parts]);
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return length;
}
