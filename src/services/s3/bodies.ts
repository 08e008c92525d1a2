/** The bytes of versions: found, read in part or whole, and given up. */
import type { Context } from '../../core/context.ts';
import { opened, openSmall } from './cipher.ts';
import { keepRecent, recentBytes } from './recentBytes.ts';
import type { Body, ObjectVersion } from './versions.ts';

/** Bytes in one place. */
export type Place = { readonly inline: string } | { readonly blob: string };

/** A part of an object that was uploaded in parts, as its manifest keeps it. */
export interface Part {
  readonly number: number;
  readonly size: number;
  readonly place: Place;
  /** Base 64; of the checksum that the object has. */
  readonly checksum?: string;
}

/** In the order of their bytes. Of an object that was uploaded at once, the whole of it. */
export async function partsOf(
  ctx: Pick<Context, 'store'>,
  { body, size, key }: ObjectVersion,
): Promise<readonly Part[]> {
  if (!body) return [];
  if (!('manifest' in body)) return [{ number: 1, size, place: body }];
  const bytes = await ctx.store.bytes(body.manifest);
  if (!bytes) throw new Error(`The manifest of ${key} is gone.`);
  return JSON.parse(Buffer.from(bytes).toString()) as Part[];
}

/** In the write set that makes the row. */
export function keepManifest(ctx: Pick<Context, 'store'>, id: string, parts: readonly Part[]): Body {
  ctx.store.putBytes(id, Buffer.from(JSON.stringify(parts)));
  return { manifest: id, parts: parts.length };
}

/** In the write set that takes the row away. */
export async function releasePlace(ctx: Pick<Context, 'store' | 'blobs'>, place: Place): Promise<void> {
  if ('inline' in place) ctx.store.dropBytes(place.inline);
  else await ctx.blobs.release(ctx.store, place.blob);
}

export async function releaseBody(ctx: Pick<Context, 'store' | 'blobs'>, version: ObjectVersion): Promise<void> {
  for (const { place } of await partsOf(ctx, version)) await releasePlace(ctx, place);
  if (version.body && 'manifest' in version.body) ctx.store.dropBytes(version.body.manifest);
}

/** Bytes of an object: those of a few kilobytes are at hand, others come when they are read. */
export class ObjectBody implements AsyncIterable<Uint8Array> {
  readonly #source: Uint8Array | (() => AsyncIterable<Uint8Array>);
  constructor(source: Uint8Array | (() => AsyncIterable<Uint8Array>)) {
    this.#source = source;
  }
  /** All of it, where it is at hand. */
  get bytes(): Uint8Array | undefined {
    return this.#source instanceof Uint8Array ? this.#source : undefined;
  }
  async *[Symbol.asyncIterator]() {
    if (this.#source instanceof Uint8Array) yield this.#source;
    else yield* this.#source();
  }
  async transformToByteArray(): Promise<Uint8Array> {
    if (this.#source instanceof Uint8Array) return this.#source;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#source()) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
  async transformToString(encoding: BufferEncoding = 'utf8'): Promise<string> {
    return Buffer.from(await this.transformToByteArray()).toString(encoding);
  }
}

/** From `start` (inclusive) to `end` (exclusive). What lies in the store is read at once, inside the write set. */
export async function readBody(
  ctx: Pick<Context, 'store' | 'blobs'>,
  version: ObjectVersion,
  contentKey: Uint8Array,
  start: number,
  end: number,
): Promise<ObjectBody> {
  const pieces = piecesIn(await partsOf(ctx, version), start, end);
  return bodyOf(ctx.blobs, contentKey, pieces, await smallOnes(ctx, version, contentKey, pieces));
}

/** Any bytes of it, as often as wanted, also when the write set is over. */
export async function rangesOf(
  ctx: Pick<Context, 'store' | 'blobs'>,
  version: ObjectVersion,
  contentKey: Uint8Array,
): Promise<(start: number, end: number) => ObjectBody> {
  const { blobs } = ctx;
  const parts = await partsOf(ctx, version);
  const small = await smallOnes(ctx, version, contentKey, parts);
  return (start, end) => bodyOf(blobs, contentKey, piecesIn(parts, start, end), small);
}

type Small = ReadonlyMap<string, Uint8Array>;

async function smallOnes(
  ctx: Pick<Context, 'store'>,
  version: ObjectVersion,
  contentKey: Uint8Array,
  parts: readonly Part[],
): Promise<Small> {
  const small = new Map<string, Uint8Array>();
  for (const { place } of parts)
    if ('inline' in place) small.set(place.inline, await smallBytes(ctx, version, contentKey, place.inline));
  return small;
}

function bodyOf(blobs: Context['blobs'], contentKey: Uint8Array, pieces: readonly Piece[], small: Small): ObjectBody {
  const only = pieces[0];
  if (!only) return new ObjectBody(new Uint8Array(0));
  if (pieces.length === 1 && 'inline' in only.place) {
    return new ObjectBody(small.get(only.place.inline)!.subarray(only.start, only.end));
  }
  return new ObjectBody(async function* () {
    for (const { place, size, start: from, end: to } of pieces) {
      if ('inline' in place) yield small.get(place.inline)!.subarray(from, to);
      else {
        const read = (a: number, b: number) => blobs.read(place.blob, a, b);
        yield* opened(contentKey, place.blob, { size, start: from, end: to }, read);
      }
    }
  });
}

/** What S3 itself keeps the key for may be at hand. */
async function smallBytes(
  { store }: Pick<Context, 'store'>,
  { sealed: by }: ObjectVersion,
  contentKey: Uint8Array,
  id: string,
): Promise<Uint8Array> {
  const mayKeep = by?.by === 'AES256';
  const recent = mayKeep ? recentBytes(contentKey, id) : undefined;
  if (recent) return recent;
  const sealed = await store.bytes(id);
  if (!sealed) throw new Error(`The bytes ${id} are gone.`);
  const plain = openSmall(contentKey, id, sealed);
  if (mayKeep) keepRecent(contentKey, id, plain);
  return plain;
}

interface Piece extends Part {
  readonly start: number;
  readonly end: number;
}

/** Which bytes of which parts. */
function piecesIn(parts: readonly Part[], start: number, end: number): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const part of parts) {
    const from = Math.max(0, start - at);
    const to = Math.min(part.size, end - at);
    if (from < to) pieces.push({ ...part, start: from, end: to });
    at += part.size;
  }
  return pieces;
}
