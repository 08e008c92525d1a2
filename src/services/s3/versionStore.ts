/** Versions found, added and removed, so that what is the latest of a key is always where it is looked for. */
import type { Context } from '../../core/context.ts';
import { forgetAnnotations } from './annotationRows.ts';
import { releaseBody } from './bodies.ts';
import type { Bucket } from './bucketRows.ts';
import { NULL, type ObjectVersion, objects, rankOf, sortable, versionId, versions } from './versions.ts';

type World = Pick<Context, 'store' | 'blobs' | 'now' | 'random'>;
type Reader = Pick<Context, 'store'>;

/** What a plain GET finds: the latest version, where it is no delete marker. */
export const findCurrent = ({ store }: Reader, bucket: string, key: string): Promise<ObjectVersion | undefined> =>
  store.get(objects, [bucket, sortable(key)]);

/** The latest version, perhaps a delete marker. */
export async function findLatest(ctx: Reader, bucket: Bucket, key: string): Promise<ObjectVersion | undefined> {
  const current = await findCurrent(ctx, bucket.name, key);
  return current ?? (bucket.versioning === undefined ? undefined : newestOld(ctx, bucket.name, key));
}

async function newestOld({ store }: Reader, bucket: string, key: string): Promise<ObjectVersion | undefined> {
  return (await store.list(versions, [bucket, sortable(key)], { limit: 1 })).rows[0];
}

export async function findVersion(
  ctx: Reader,
  bucket: Bucket,
  key: string,
  id: string,
): Promise<ObjectVersion | undefined> {
  const current = await findCurrent(ctx, bucket.name, key);
  if (current?.id === id) return current;
  if (bucket.versioning === undefined) return undefined;
  return id === NULL ? findNull(ctx, bucket.name, key) : ctx.store.get(versions, [bucket.name, sortable(key), id]);
}

/** The `null` version among the old ones: there is at most one. */
async function findNull({ store }: Reader, bucket: string, key: string): Promise<ObjectVersion | undefined> {
  return (await store.list(versions, [bucket, sortable(key)], { limit: 1, index: 'null' })).rows[0];
}

const remove = ({ store }: Reader, { bucket, key, ...version }: ObjectVersion) =>
  store.remove(versions, [bucket, sortable(key), rankOf(version)]);

export type Draft = Omit<ObjectVersion, 'bucket' | 'id' | 'stamp' | 'modified'> & { readonly modified?: number };

/** Makes the draft the latest version of its key. What it replaces is kept or given up, as the bucket's versioning says. */
export async function addVersion(ctx: World, bucket: Bucket, draft: Draft): Promise<ObjectVersion> {
  const { name, versioning } = bucket;
  const before = await findCurrent(ctx, name, draft.key);
  const newest = before ?? (versioning === undefined ? undefined : await newestOld(ctx, name, draft.key));
  const now = ctx.now.getTime();
  // A clock that was set back must not make the new version an old one.
  const stamp = Math.max(now * 1000, (newest?.stamp ?? 0) + 1);
  const id = versioning === 'Enabled' ? versionId(stamp, ctx) : NULL;
  const version: ObjectVersion = { modified: now, ...draft, bucket: name, id, stamp };
  if (before) await setAside(ctx, before, id);
  if (id === NULL && versioning !== undefined && before?.id !== NULL) await dropNull(ctx, name, draft.key);
  if (version.deleteMarker) await ctx.store.insert(versions, version);
  else await ctx.store.replace(objects, version);
  return version;
}

/** The version that was the latest becomes an old one, or is gone where another `null` version takes its place. */
async function setAside(ctx: World, before: ObjectVersion, next: string): Promise<void> {
  if (before.id === NULL && next === NULL) await giveUp(ctx, before);
  else await ctx.store.insert(versions, before);
  await ctx.store.remove(objects, [before.bucket, sortable(before.key)]);
}

async function dropNull(ctx: World, bucket: string, key: string): Promise<void> {
  const old = await findNull(ctx, bucket, key);
  if (!old) return;
  await remove(ctx, old);
  await giveUp(ctx, old);
}

/** What belongs to a version whose row is gone. */
async function giveUp(ctx: World, version: ObjectVersion): Promise<void> {
  await releaseBody(ctx, version);
  await forgetAnnotations(ctx, version);
}

/** A version changed in place: its tags, its list of grants, its retention. */
export async function replaceVersion(ctx: Reader, version: ObjectVersion): Promise<void> {
  const current = await findCurrent(ctx, version.bucket, version.key);
  await ctx.store.replace(current?.id === version.id ? objects : versions, version);
}

/** Removes a version for good. If it was the latest, the one before it becomes so. */
export async function removeVersion(ctx: World, version: ObjectVersion): Promise<void> {
  const { bucket, key } = version;
  const current = await findCurrent(ctx, bucket, key);
  if (current?.id === version.id) await ctx.store.remove(objects, [bucket, sortable(key)]);
  else await remove(ctx, version);
  await giveUp(ctx, version);
  if (current && current.id !== version.id) return;
  const next = await newestOld(ctx, bucket, key);
  if (!next || next.deleteMarker) return;
  await remove(ctx, next);
  await ctx.store.insert(objects, next);
}
