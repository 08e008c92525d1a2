/**
 * Goes through what buckets hold, some hundred rows a turn: for the daily storage metrics of CloudWatch, and for
 * storage class analysis.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-cloudwatch-metrics
 */
import type { Context } from '../../core/context.ts';
import { type Sample, tellSamples } from '../../core/metrics.ts';
import { storageLenses } from '../../identity/storageLens.ts';
import { addAnalyses, endDay } from './analyses.ts';
import { buckets } from './bucketRows.ts';
import { exportLens, keepForLens } from './lensExports.ts';
import { addToLens, addUploadToLens } from './lensMetrics.ts';
import { type BucketSettings, bucketSettings } from './settings.ts';
import { addPart, addVersion, type Held, nothingHeld } from './storageTypes.ts';
import { type StorageDay, type StorageScan, storageDays } from './storageWorker.ts';
import { partsOfUpload, uploads } from './uploadRows.ts';
import { findCurrent } from './versionStore.ts';
import { type ObjectVersion, objects, versions } from './versions.ts';

const DAY_MS = 86_400_000;
const ROWS_A_TURN = 500;
const ROWS_AN_EXPORT = 100;

/** One turn; true when there is more to do. */
export async function measureStorage(ctx: Context, today: number): Promise<boolean> {
  const found = await ctx.store.get(storageDays, ['storage']);
  if (found?.over && found.day >= today) return false;
  let position: StorageDay = found && !found.over ? found : { id: 'storage', day: today, over: false };
  for (let rows = 0; rows < ROWS_A_TURN && !position.over; ) {
    const { scan, exports } = position;
    if (exports) {
      position = await nextExport(ctx, position, exports.after);
      rows += ROWS_AN_EXPORT;
      continue;
    }
    const settings = scan && (await ctx.store.get(bucketSettings, [scan.bucket]));
    if (!scan || !settings) {
      position = await nextBucket(ctx, position);
      rows++;
    } else {
      const turn = await scanned(ctx, settings, scan);
      rows += turn.rows;
      if (!turn.next) await tell(ctx, settings, turn.held, position.day);
      position = { ...position, scan: turn.next };
    }
  }
  await ctx.store.replace(storageDays, position);
  return !position.over;
}

async function nextBucket(ctx: Context, { id, day, last: after, begun }: StorageDay): Promise<StorageDay> {
  if (begun && after === undefined) return { id, day, over: false, exports: {} };
  const { rows, next } = await ctx.store.list(buckets, [], { limit: 1, after, unchecked: true });
  const [bucket] = rows;
  if (!bucket) return { id, day, over: false, exports: {} };
  return {
    id,
    day,
    over: false,
    begun: true,
    last: next,
    scan: { bucket: bucket.name, phase: 'objects', held: nothingHeld() },
  };
}

async function nextExport(ctx: Context, position: StorageDay, after: string | undefined): Promise<StorageDay> {
  const { id, day } = position;
  const { rows, next } = await ctx.store.list(storageLenses, [], { limit: 1, after, unchecked: true });
  if (rows[0]) await exportLens(ctx, rows[0], day - 1);
  return next === undefined ? { id, day, over: true } : { id, day, over: false, exports: { after: next } };
}

const PHASES = { objects: 'versions', versions: 'uploads', uploads: undefined } as const;

interface Turn {
  readonly rows: number;
  readonly held: Held;
  /** Undefined: the bucket is done. */
  readonly next: StorageScan | undefined;
}

async function scanned(ctx: Context, settings: BucketSettings, scan: StorageScan): Promise<Turn> {
  const { bucket, phase, after } = scan;
  let { key } = scan;
  const held = structuredClone(scan.held);
  const page = { limit: ROWS_A_TURN, after, unchecked: true } as const;
  let found: { readonly rows: readonly unknown[]; readonly next?: string };
  if (phase === 'uploads') {
    const list = await ctx.store.list(uploads, [bucket], { ...page, limit: 10 });
    for (const upload of list.rows) {
      const parts = await partsOfUpload(ctx, upload.id);
      for (const part of parts) addPart(held, part.size, upload.draft.storageClass);
      const size = parts.reduce((sum, part) => sum + part.size, 0);
      addUploadToLens(held.lens, upload, size, ctx.now);
    }
    found = list;
  } else {
    const list = await ctx.store.list(phase === 'objects' ? objects : versions, [bucket], page);
    for (const version of list.rows) {
      addVersion(held, version, settings, ctx.now);
      addAnalyses(held, version, settings, ctx.now);
      addToLens(held.lens, version, phase === 'objects' || (version.key !== key && (await isLatest(ctx, version))));
      if (phase === 'versions') key = version.key;
    }
    found = list;
  }
  const rows = Math.max(1, found.rows.length);
  if (found.next !== undefined) return { rows, held, next: { bucket, phase, after: found.next, key, held } };
  const following = PHASES[phase];
  return { rows, held, next: following && { bucket, phase: following, held } };
}

/** Of the newest among old versions: no object hides it. */
const isLatest = async (ctx: Context, { bucket, key, deleteMarker }: ObjectVersion) =>
  deleteMarker === true && (await findCurrent(ctx, bucket, key)) === undefined;

/** As of the midnight before. Of a bucket that holds nothing there is nothing to tell. */
async function tell(ctx: Context, settings: BucketSettings, held: Held, day: number): Promise<void> {
  const { bucket, account, region } = settings;
  const sample = (name: string, kind: string, unit: string, value: number): Sample => ({
    namespace: 'AWS/S3',
    name,
    dimensions: [
      ['BucketName', bucket],
      ['StorageType', kind],
    ],
    unit,
    time: day * DAY_MS,
    values: [value],
  });
  const samples = Object.entries(held.bytes).map(([kind, size]) => sample('BucketSizeBytes', kind, 'Bytes', size));
  if (held.objects > 0) samples.push(sample('NumberOfObjects', 'AllStorageTypes', 'Count', held.objects));
  if (samples.length > 0) tellSamples(ctx, { account, region, samples });
  await keepForLens(ctx, { account, bucket, region, day: day - 1, sums: held.lens });
  if (settings.analytics) await endDay(ctx, settings, held, day - 1);
}
