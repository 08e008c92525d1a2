/**
 * Plain bytes of small objects that were read lately, so that what is asked for again and again is neither read nor
 * opened again. They are found by the content key itself, which only a reader who may have it holds, and only by the
 * very key object: that lives as long as the version's row is in memory. Two generations bound them, as in
 * store/rowCache.ts.
 */
interface Recent {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** Of each generation. */
const BYTES_MAX = 4 * 1024 * 1024;
/** What an entry costs beside its bytes. */
const ENTRY_BYTES = 256;

let young = new Map<Uint8Array, Recent>();
let old = new Map<Uint8Array, Recent>();
let youngBytes = 0;

export function recentBytes(contentKey: Uint8Array, id: string): Uint8Array | undefined {
  const found = young.get(contentKey);
  if (found) return found.id === id ? found.bytes : undefined;
  const aged = old.get(contentKey);
  if (aged?.id !== id) return undefined;
  keepRecent(contentKey, id, aged.bytes);
  return aged.bytes;
}

export function keepRecent(contentKey: Uint8Array, id: string, bytes: Uint8Array): void {
  if (youngBytes >= BYTES_MAX) {
    old = young;
    young = new Map();
    youngBytes = 0;
  }
  young.set(contentKey, { id, bytes });
  youngBytes += bytes.length + ENTRY_BYTES;
}
