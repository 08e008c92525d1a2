/**
 * A run of a bucket's lifecycle rules, some hundred rows at a time: current versions, then noncurrent ones and delete
 * markers, then uploads that were never ended. What Object Lock holds stays.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html
 */
import type { Context } from '../../core/context.ts';
import { type BucketTarget, targetOf } from './access.ts';
import { findBucket } from './bucketRows.ts';
import {
  expiryOf,
  isMarkerOver,
  isNoncurrentOver,
  type Noncurrent,
  noncurrentTransitionOf,
  transitionOf,
  uploadExpiryOf,
} from './lifecycleRules.ts';
import { type LifecyclePosition, lifecyclePositions } from './lifecycleTasks.ts';
import { objectEvent } from './notifications.ts';
import type { Lifecycle } from './settings.ts';
import { endUpload, uploads } from './uploadRows.ts';
import { addVersion, findCurrent, removeVersion, replaceVersion } from './versionStore.ts';
import { type ObjectVersion, objects, sortable, versions } from './versions.ts';

const ROWS_A_TURN = 200;

/** `more`: there is more to do now; `done`: for today; `over`: for good. */
export async function carryOut(ctx: Context, name: string): Promise<'more' | 'done' | 'over'> {
  const bucket = await findBucket(ctx, name);
  if (!bucket) return 'over';
  const target = await targetOf(ctx, bucket);
  const { lifecycle } = target.settings;
  if (!lifecycle) return 'over';
  const position = (await ctx.store.get(lifecyclePositions, [name])) ?? { bucket: name, phase: 'objects' as const };
  const next = await PHASES[position.phase](ctx, { ...target, lifecycle }, position);
  if (next) {
    await ctx.store.replace(lifecyclePositions, next);
    return 'more';
  }
  await ctx.store.remove(lifecyclePositions, [name]);
  return 'done';
}

interface Run extends BucketTarget {
  readonly lifecycle: Lifecycle;
}

type Phase = (ctx: Context, run: Run, position: LifecyclePosition) => Promise<LifecyclePosition | undefined>;

const PHASES: Readonly<Record<LifecyclePosition['phase'], Phase>> = {
  async objects(ctx, run, { bucket, after }) {
    const page = await ctx.store.list(objects, [bucket], { limit: ROWS_A_TURN, after });
    for (const version of page.rows) await currentVersion(ctx, run, version);
    if (page.next !== undefined) return { bucket, phase: 'objects', after: page.next };
    return { bucket, phase: run.bucket.versioning === undefined ? 'uploads' : 'versions' };
  },
  async versions(ctx, run, { bucket, after, last: before }) {
    const page = await ctx.store.list(versions, [bucket], { limit: ROWS_A_TURN, after });
    let last = before;
    for (const version of page.rows) last = await oldVersion(ctx, run, version, last);
    return page.next === undefined
      ? { bucket, phase: 'uploads' }
      : { bucket, phase: 'versions', after: page.next, last };
  },
  async uploads(ctx, { lifecycle }, { bucket, after }) {
    const page = await ctx.store.list(uploads, [bucket], { limit: ROWS_A_TURN, after });
    for (const upload of page.rows) {
      const expiry = uploadExpiryOf(lifecycle.rules, { key: upload.key, begun: upload.initiated });
      if (expiry && expiry.at <= ctx.now.getTime()) await endUpload(ctx, upload);
    }
    return page.next === undefined ? undefined : { bucket, phase: 'uploads', after: page.next };
  },
};

const EXPIRED = 'Lifecycle Expiration';

async function currentVersion(ctx: Context, run: Run, version: ObjectVersion): Promise<void> {
  const { bucket, lifecycle } = run;
  const now = ctx.now.getTime();
  const expiry = expiryOf(lifecycle.rules, version);
  if (expiry && expiry.at <= now) {
    if (bucket.versioning === undefined) return removed(ctx, run, version);
    const marker = await addVersion(ctx, bucket, { key: version.key, deleteMarker: true, size: 0, etag: '' });
    await objectEvent(ctx, run, { name: 'LifecycleExpiration:DeleteMarkerCreated', version: marker, reason: EXPIRED });
    return;
  }
  await moved(ctx, run, version, transitionOf(lifecycle, version, classOf(version), now));
}

const classOf = ({ storageClass }: ObjectVersion) => storageClass ?? 'STANDARD';

async function removed(ctx: Context, run: Run, version: ObjectVersion): Promise<void> {
  const { retention, legalHold } = version;
  if (legalHold || (retention && retention.until > ctx.now.getTime())) return;
  await removeVersion(ctx, version);
  await objectEvent(ctx, run, { name: 'LifecycleExpiration:Delete', version, reason: EXPIRED });
}

async function moved(ctx: Context, run: Run, version: ObjectVersion, to: string | undefined): Promise<void> {
  if (to === undefined || version.replication === 'PENDING') return;
  const arrived = to === 'INTELLIGENT_TIERING' ? { accessed: ctx.now.getTime() } : {};
  const changed = { ...version, storageClass: to, ...arrived };
  await replaceVersion(ctx, changed);
  await objectEvent(ctx, run, { name: 'LifecycleTransition', version: changed, reason: 'Lifecycle Transition' });
}

/** `last`: the next newer row of the table, perhaps of another key. */
async function oldVersion(ctx: Context, run: Run, version: ObjectVersion, last: LifecyclePosition['last']) {
  const { key, modified } = version;
  const before = last?.key === key ? last : await currentOf(ctx, run, key);
  if (!before) {
    if (version.deleteMarker) await latestMarker(ctx, run, version);
    return { key, modified, noncurrent: 0 };
  }
  const noncurrent: Noncurrent = { ...version, noncurrentSince: before.modified, newer: before.noncurrent };
  const now = ctx.now.getTime();
  if (isNoncurrentOver(run.lifecycle.rules, noncurrent, now)) await removed(ctx, run, version);
  else if (!version.deleteMarker) {
    await moved(ctx, run, version, noncurrentTransitionOf(run.lifecycle, noncurrent, classOf(version), now));
  }
  return { key, modified, noncurrent: before.noncurrent + 1 };
}

async function currentOf(ctx: Context, { bucket }: Run, key: string) {
  const current = await findCurrent(ctx, bucket.name, key);
  return current && { key, modified: current.modified, noncurrent: 0 };
}

/** A delete marker that is the latest goes when nothing else is left of its key. */
async function latestMarker(ctx: Context, run: Run, marker: ObjectVersion): Promise<void> {
  if (!isMarkerOver(run.lifecycle.rules, marker, ctx.now.getTime())) return;
  const { rows } = await ctx.store.list(versions, [marker.bucket, sortable(marker.key)], { limit: 2 });
  if (rows.length === 1) await removed(ctx, run, marker);
}
