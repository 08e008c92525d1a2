/**
 * Bytes at rest: AES-256-GCM over pieces of 64 KiB, each with a tag of its own, so that a range is read without what is
 * before it, and no byte leaves that was not proved. The key is derived from the object's content key and the id of the
 * bytes, hence of no other bytes; the nonce is the number of the piece. A longer content key makes several layers.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

const PIECE_BYTES = 64 * 1024;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

type Bytes = AsyncIterable<Uint8Array>;

/** One for each layer: a content key has 32 bytes a layer. */
function keysOf(contentKey: Uint8Array, id: string): readonly Buffer[] {
  const keys: Buffer[] = [];
  for (let at = 0; at < contentKey.length; at += KEY_BYTES) {
    keys.push(
      createHmac('sha256', contentKey.subarray(at, at + KEY_BYTES))
        .update(id)
        .digest(),
    );
  }
  return keys;
}

function nonceOf(piece: number): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(piece, NONCE_BYTES - 4);
  return nonce;
}

/** The encrypted bytes, and the tag of the last layer. GCM's `final` adds no bytes. */
function sealPiece(keys: readonly Uint8Array[], piece: number, plain: Uint8Array): readonly [Uint8Array, Uint8Array] {
  let bytes = plain;
  let tag: Uint8Array = new Uint8Array(0);
  for (const key of keys) {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(piece));
    bytes = cipher.update(tag.length === 0 ? bytes : Buffer.concat([bytes, tag]));
    cipher.final();
    tag = cipher.getAuthTag();
  }
  return [bytes, tag];
}

function openPiece(keys: readonly Uint8Array[], piece: number, sealed: Uint8Array): Uint8Array {
  let bytes = sealed;
  for (const key of keys.toReversed()) {
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(piece));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    bytes = decipher.update(bytes.subarray(0, -TAG_BYTES));
    decipher.final(); // Throws if a bit of it is another than was written.
  }
  return bytes;
}

/** At most one piece. */
export const sealSmall = (contentKey: Uint8Array, id: string, plain: Uint8Array): Buffer =>
  Buffer.concat(sealPiece(keysOf(contentKey, id), 0, plain));

export const openSmall = (contentKey: Uint8Array, id: string, sealed: Uint8Array): Uint8Array =>
  openPiece(keysOf(contentKey, id), 0, sealed);

export const SMALL_BYTES_MAX = 16 * 1024;

export async function* sealed(contentKey: Uint8Array, id: string, source: Bytes): Bytes {
  const keys = keysOf(contentKey, id);
  let number = 0;
  for await (const piece of inPieces(source, PIECE_BYTES)) yield* sealPiece(keys, number++, piece);
}

/**
 * Plain bytes from `start` (inclusive) to `end` (exclusive) of `size`. `read` yields what was written, by place.
 * @throws Error when the bytes are not those that were written.
 */
export async function* opened(
  contentKey: Uint8Array,
  id: string,
  { size, start, end }: { readonly size: number; readonly start: number; readonly end: number },
  read: (start: number, end: number) => Bytes,
): Bytes {
  if (start >= end) return;
  const keys = keysOf(contentKey, id);
  const tags = keys.length * TAG_BYTES;
  const first = Math.floor(start / PIECE_BYTES);
  const last = Math.floor((end - 1) / PIECE_BYTES);
  const stored = (piece: number) => piece * (PIECE_BYTES + tags);
  const storedEnd = Math.min(stored(last + 1), size + Math.ceil(size / PIECE_BYTES) * tags);
  let number = first;
  for await (const piece of inPieces(read(stored(first), storedEnd), PIECE_BYTES + tags)) {
    const plain = openPiece(keys, number, piece);
    const from = Math.max(0, start - number * PIECE_BYTES);
    const to = Math.min(plain.length, end - number * PIECE_BYTES);
    yield from === 0 && to === plain.length ? plain : plain.subarray(from, to);
    number++;
  }
  if (number !== last + 1) throw new Error(`${id} is shorter than it was written.`);
}

/** The same bytes in pieces of one size, but the last. A piece is lent: the next one lies where it was. */
async function* inPieces(source: Bytes, size: number): Bytes {
  const room = Buffer.allocUnsafe(size);
  let used = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      if (used === 0 && chunk.length - at >= size) {
        yield chunk.subarray(at, at + size);
        at += size;
        continue;
      }
      const taken = Math.min(size - used, chunk.length - at);
      room.set(chunk.subarray(at, at + taken), used);
      used += taken;
      at += taken;
      if (used < size) continue;
      yield room;
      used = 0;
    }
  }
  if (used > 0) yield room.subarray(0, used);
}
