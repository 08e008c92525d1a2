/** Versions put where they belong among the others of their key, with the id and the time they have already. */
import type { Context } from '../../core/context.ts';
import type { Bucket } from './bucketRows.ts';
import { findCurrent, findLatest } from './versionStore.ts';
import { type ObjectVersion, objects, sortable, versions } from './versions.ts';

/** Of a bucket with versioning: the latest of the key if it is the newest, an old one else. */
export async function placeVersion(ctx: Pick<Context, 'store'>, bucket: Bucket, version: ObjectVersion): Promise<void> {
  const { store } = ctx;
  const current = await findCurrent(ctx, bucket.name, version.key);
  const newest = current ?? (await findLatest(ctx, bucket, version.key));
  if (version.deleteMarker || (newest && newest.stamp > version.stamp)) await store.replace(versions, version);
  if (newest && newest.stamp > version.stamp) return;
  if (current && current.id !== version.id) {
    await store.insert(versions, current);
    await store.remove(objects, [bucket.name, sortable(version.key)]);
  }
  if (!version.deleteMarker) await store.replace(objects, version);
}
