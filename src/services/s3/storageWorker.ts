/** What is measured of all buckets once a day, after midnight UTC: how far that has come. Old bucket keys go, too. */
import { sweep } from '../../core/expiring.ts';
import type { Worker } from '../../core/worker.ts';
import { table } from '../../store/store.ts';
import { bucketKeys } from './bucketKeys.ts';
import type { Held } from './storageTypes.ts';

const DAY_MS = 86_400_000;
const BUCKET_KEYS_A_TURN = 500;

/** The one row. Days are counted from 1970. */
export interface StorageDay {
  readonly id: 'storage';
  readonly day: number;
  /** All buckets are done for the day. */
  readonly over: boolean;
  /** The cursor of the bucket that was begun last; undefined, once one was, when there is none behind it. */
  readonly last?: string | undefined;
  readonly begun?: true;
  /** All buckets are done, and what Storage Lens exports of them is under way: the last one's cursor. */
  readonly exports?: { readonly after?: string | undefined } | undefined;
  /** The bucket that is under way. */
  readonly scan?: StorageScan | undefined;
}

export interface StorageScan {
  readonly bucket: string;
  readonly phase: 'objects' | 'versions' | 'uploads';
  readonly after?: string | undefined;
  /** The key looked at last among old versions. */
  readonly key?: string | undefined;
  readonly held: Held;
}

export const storageDays = table<StorageDay>('s3_storage_day', { key: ({ id }) => [id] });

/** A plane begins with its second day: of the first it has not seen the midnight. */
export const storageWorker: Worker = {
  name: 's3-storage',
  everyMs: 60_000,
  async work({ store, now, settings, errand }) {
    const more = await store.transaction((tx) => sweep(tx, bucketKeys, now().getTime(), BUCKET_KEYS_A_TURN));
    if (more) return true;
    const day = Math.floor(now().getTime() / DAY_MS);
    const position = await store.transaction(async (tx) => {
      const found = await tx.get(storageDays, ['storage']);
      if (!found) await tx.insert(storageDays, { id: 'storage', day, over: true });
      return found;
    });
    if (!position || (position.over && position.day >= day)) return false;
    const { measureStorage } = await import('./storageScan.ts');
    const as = { principal: 's3.amazonaws.com', account: settings.managementAccount, region: settings.region };
    return errand(as, (ctx) => measureStorage(ctx, day));
  },
};
