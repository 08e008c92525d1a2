/**
 * Ciphertext of symmetric keys.
 *
 *     version  1 byte, 1
 *     backing  16 bytes: the random id of the material, which says nothing about the key
 *     salt     16 bytes, random: each message has a key of its own, HMAC-SHA-256(material, label, header)
 *     nonce    12 bytes, random
 *     body     AES-256-GCM, as long as the plaintext
 *     tag      16 bytes
 *
 * 28 random bytes a message, of which 16 choose the key: no two messages meet in one key and nonce, however many a
 * material encrypts. The header and the encryption context, whatever the order it is given in, are authenticated.
 * Until the tag holds, nothing the header says is believed: it only finds the material to try.
 */
import { createCipheriv, createDecipheriv, createHmac, type KeyObject } from 'node:crypto';

export type EncryptionContext = Readonly<Record<string, string>>;

const VERSION = 1;
const BACKING_AT = 1;
const SALT_AT = 17;
const NONCE_AT = 33;
const BODY_AT = 45;
const TAG_BYTES = 16;
const RANDOM_BYTES = BODY_AT - SALT_AT;
const LABEL = 'gatehouse kms ciphertext 1';

export function sealBlob(
  material: KeyObject,
  backing: string,
  plain: Uint8Array,
  context: EncryptionContext | undefined,
  random: (bytes: number) => Uint8Array,
): Buffer {
  const header = Buffer.alloc(BODY_AT);
  header[0] = VERSION;
  header.write(backing, BACKING_AT, 'hex');
  header.set(random(RANDOM_BYTES), SALT_AT);
  const cipher = createCipheriv('aes-256-gcm', messageKey(material, header), header.subarray(NONCE_AT));
  cipher.setAAD(authenticated(header, context));
  return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** The id of the material that might open the blob; undefined for what cannot be one. Not to be believed. */
export function backingOf(blob: Uint8Array): string | undefined {
  if (blob.length <= BODY_AT + TAG_BYTES || blob[0] !== VERSION) return undefined;
  return Buffer.from(blob.buffer, blob.byteOffset + BACKING_AT, SALT_AT - BACKING_AT).toString('hex');
}

/** Undefined if anything at all is wrong. */
export function openBlob(
  material: KeyObject,
  blob: Uint8Array,
  context: EncryptionContext | undefined,
): Buffer | undefined {
  const header = Buffer.from(blob.subarray(0, BODY_AT));
  const decipher = createDecipheriv('aes-256-gcm', messageKey(material, header), header.subarray(NONCE_AT));
  decipher.setAAD(authenticated(header, context));
  decipher.setAuthTag(blob.subarray(-TAG_BYTES));
  const plain = decipher.update(blob.subarray(BODY_AT, -TAG_BYTES));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined;
  } finally {
    plain.fill(0);
  }
}

const messageKey = (material: KeyObject, header: Buffer) =>
  createHmac('sha256', material).update(LABEL).update(header).digest();

/** Header and context, each name and value behind its length, in the order of the names' bytes. */
function authenticated(header: Buffer, context: EncryptionContext | undefined): Buffer {
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
