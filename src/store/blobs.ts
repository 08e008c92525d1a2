/**
 * Bytes that are too many for rows. A blob is written once, whole or not at all, under an id of its own, and is durable
 * before any row refers to it.
 *
 * A blob that no row refers to is *loose*: a row of `looseBlobs` says so from before its first byte is written until the
 * write set that refers to it commits, and again from the write set on that no longer does. What is loose for long is
 * swept. So a crash at any moment leaves nothing behind that is not known, and takes nothing away that is needed.
 */
import { type Store, type Transaction, table } from './store.ts';

/** Where blobs lie. Ids are letters, digits and hyphens. */
export interface BlobDriver {
  /** Durable when it resolves; nothing is there when it throws. */
  write(id: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** From `start` (inclusive) to `end` (exclusive). The blob may be removed while it is read. */
  read(id: string, start: number, end: number): AsyncIterable<Uint8Array>;
  /** Also what is left of one that was not written whole. It need not be there. */
  remove(id: string): Promise<void>;
}

export interface Blobs {
  /** Writes a blob that is loose: durable when it resolves. On failure nothing is left. */
  stage(id: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** In the write set that refers to it: it is no longer loose. @throws Error if it was swept meanwhile. */
  keep(tx: Transaction, id: string): Promise<void>;
  /** In the write set that no longer refers to it. */
  release(tx: Transaction, id: string): Promise<void>;
  /** Takes back what was staged and will not be kept. */
  discard(id: string): Promise<void>;
  read(id: string, start: number, end: number): AsyncIterable<Uint8Array>;
  /** Removes what has been loose for too long, so many at a time; true when there is more. */
  sweep(): Promise<boolean>;
}

interface LooseBlob {
  readonly id: string;
  /** Milliseconds since 1970: not to be swept before. */
  readonly until: number;
}

export const looseBlobs = table<LooseBlob>('blob_loose', {
  key: ({ id }) => [id],
  indexes: { until: ({ until }) => [[String(until).padStart(15, '0')]] },
});

/** Time to send what is being staged, and to read what is released. */
const STAGING_MS = 24 * 3_600_000;
const RELEASED_MS = 3_600_000;
const SWEPT_MAX = 100;

/** `now`: milliseconds since 1970, of the plane's clock. */
export function blobsOver(driver: BlobDriver, store: Pick<Store, 'transaction'>, now: () => number): Blobs {
  const loosen = (tx: Transaction, id: string, forMs: number) => tx.replace(looseBlobs, { id, until: now() + forMs });
  const discard = async (id: string): Promise<void> => {
    await driver.remove(id);
    await store.transaction((tx) => tx.remove(looseBlobs, [id]));
  };
  return {
    async stage(id, bytes) {
      await store.transaction((tx) => loosen(tx, id, STAGING_MS));
      try {
        await driver.write(id, bytes);
      } catch (error) {
        await discard(id).catch(() => undefined); // The sweep comes by again.
        throw error;
      }
    },
    async keep(tx, id) {
      if (!(await tx.remove(looseBlobs, [id]))) throw new Error(`Blob ${id} was swept before it was kept.`);
    },
    release: (tx, id) => loosen(tx, id, RELEASED_MS),
    discard,
    read: (id, start, end) => driver.read(id, start, end),
    async sweep() {
      const due = await store.transaction((tx) =>
        tx.list(looseBlobs, [], { limit: SWEPT_MAX, index: 'until', unchecked: true }),
      );
      const past = due.rows.filter(({ until }) => until <= now());
      for (const { id } of past) await discard(id);
      return past.length === SWEPT_MAX;
    },
  };
}
