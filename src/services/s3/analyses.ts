/**
 * Storage class analysis: what a bucket holds of each age at the end of a day, what was read and written of it on the
 * day, and the file in which both are exported.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/analytics-storage-class.html
 */
import type { AnalyticsConfiguration } from '@aws-sdk/client-s3';
import { type Context, servicePrincipal } from '../../core/context.ts';
import type { Told } from '../../core/front.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import { sentBytes } from './accessLogs.ts';
import { type AnalysisDay, type AnalysisSums, exportedFile, groupOf, MIGHT_BE_RARE_BYTES } from './analysisFile.ts';
import { bucketArn, findBucket } from './bucketRows.ts';
import { isAbout } from './namedConfigurations.ts';
import type { BucketSettings } from './settings.ts';
import type { Held } from './storageTypes.ts';
import { findLatest, findVersion } from './versionStore.ts';
import type { ObjectVersion } from './versions.ts';

const DAY_MS = 86_400_000;
const HISTORY_DAYS = 400;

/** Uses of a day: a few rows for all requests, so that requests side by side seldom meet in one. */
interface AnalysisUse {
  readonly bucket: string;
  readonly day: number;
  readonly shard: number;
  /** `configuration class group` → requests, bytes in, bytes out; group -1: smaller objects. */
  readonly uses: Readonly<Record<string, Use>>;
}

type Use = readonly [requests: number, uploaded: number, retrieved: number];

const SHARDS = 16;

const numbered = (number: number, digits: number) => String(number).padStart(digits, '0');

const analysisUses = table<AnalysisUse>('s3_analysis_use', {
  key: ({ bucket, day, shard }) => [bucket, numbered(day, 6), numbered(shard, 2)],
});

const analysisDays = table<AnalysisDay>('s3_analysis_day', {
  key: ({ bucket, id, day }) => [bucket, id, numbered(day, 6)],
});

const OPERATIONS: ReadonlySet<string> = new Set(['GetObject', 'PutObject']);

/** What fails is not counted. */
export const isAnalyzed = ({ operation, error }: Told): boolean => error === undefined && OPERATIONS.has(operation);

/** Counts a request, in a write set behind the answer's. */
export async function countUse(ctx: Context, settings: BucketSettings, told: Told): Promise<void> {
  const { Key, VersionId } = told.input as { readonly Key: string; readonly VersionId?: string };
  const bucket = await findBucket(ctx, settings.bucket);
  const version =
    bucket &&
    (await (VersionId === undefined ? findLatest(ctx, bucket, Key) : findVersion(ctx, bucket, Key, VersionId)));
  if (!version || version.deleteMarker) return;
  const about = (settings.analytics ?? []).filter(({ Filter }) => isAbout(Filter, version));
  if (about.length === 0) return;
  const now = ctx.now.getTime();
  const group = version.size < MIGHT_BE_RARE_BYTES ? -1 : groupOf(now - version.modified);
  const written = told.operation === 'PutObject';
  const day = Math.floor(now / DAY_MS);
  const shard = (ctx.random(1)[0] ?? 0) % SHARDS;
  const key = [settings.bucket, numbered(day, 6), numbered(shard, 2)];
  const uses = { ...(await ctx.store.get(analysisUses, key))?.uses };
  for (const { Id } of about) {
    const name = `${Id} ${version.storageClass ?? 'STANDARD'} ${group}`;
    const [requests, up, down] = uses[name] ?? [0, 0, 0];
    uses[name] = [requests + 1, up + (written ? version.size : 0), down + (written ? 0 : sentBytes(told))];
  }
  await ctx.store.replace(analysisUses, { bucket: settings.bucket, day, shard, uses });
}

export function addAnalyses(held: Held, version: ObjectVersion, settings: BucketSettings, now: Date): void {
  if (version.deleteMarker) return;
  for (const { Id, Filter } of settings.analytics ?? []) {
    if (!isAbout(Filter, version)) continue;
    const classes = (held.analyses[Id!] ??= {});
    const sums = (classes[version.storageClass ?? 'STANDARD'] ??= { objects: 0, bytes: 0, groups: [] });
    sums.objects++;
    sums.bytes += version.size;
    if (version.size < MIGHT_BE_RARE_BYTES) continue;
    const group = groupOf(now.getTime() - version.modified);
    while (sums.groups.length <= group) sums.groups.push(0);
    sums.groups[group]! += version.size;
  }
}

/** The day is over: what it was is kept, and exported where that is asked for. */
export async function endDay(ctx: Context, settings: BucketSettings, held: Held, day: number): Promise<void> {
  const uses = await takeUses(ctx, settings.bucket, day);
  for (const configuration of settings.analytics ?? []) {
    const id = configuration.Id!;
    const classes: Record<string, AnalysisSums> = {};
    for (const [name, { objects, bytes, groups }] of Object.entries(held.analyses[id] ?? {})) {
      classes[name] = {
        objects,
        storage: bytes,
        groups: groups.map((storage) => ({ storage, ...NOT_USED })),
        ...NOT_USED,
      };
    }
    for (const [name, use] of uses) {
      const [of, storageClass, group] = name.split(' ') as [string, string, string];
      if (of === id) classes[storageClass] = used(classes[storageClass], Number(group), use);
    }
    await ctx.store.replace(analysisDays, { bucket: settings.bucket, id, day, classes });
    await ctx.store.remove(analysisDays, [settings.bucket, id, numbered(day - HISTORY_DAYS, 6)]);
    await exported(ctx, settings, configuration);
  }
}

const NOT_USED = { requests: 0, uploaded: 0, retrieved: 0 };

/** With what was read and written, of all and of a group. */
function used(before: AnalysisSums | undefined, group: number, [requests, uploaded, retrieved]: Use): AnalysisSums {
  const { groups, ...sums } = before ?? { objects: 0, storage: 0, groups: [], ...NOT_USED };
  const added = <T extends typeof NOT_USED>(to: T): T => ({
    ...to,
    requests: to.requests + requests,
    uploaded: to.uploaded + uploaded,
    retrieved: to.retrieved + retrieved,
  });
  const length = Math.max(groups.length, group + 1);
  const all = Array.from({ length }, (_, i) => groups[i] ?? { storage: 0, ...NOT_USED });
  return { ...added(sums), groups: all.map((each, i) => (i === group ? added(each) : each)) };
}

async function takeUses(ctx: Context, bucket: string, day: number): Promise<ReadonlyMap<string, Use>> {
  const sums = new Map<string, Use>();
  for await (const { day: of, shard, uses } of everyRow(ctx.store, analysisUses, [bucket])) {
    if (of > day) break;
    for (const [name, [requests, up, down]] of Object.entries(uses)) {
      const [a, b, c] = sums.get(name) ?? [0, 0, 0];
      sums.set(name, [a + requests, b + up, c + down]);
    }
    await ctx.store.remove(analysisUses, [bucket, numbered(of, 6), numbered(shard, 2)]);
  }
  return sums;
}

async function exported(ctx: Context, settings: BucketSettings, configuration: AnalyticsConfiguration): Promise<void> {
  const to = configuration.StorageClassAnalysis?.DataExport?.Destination?.S3BucketDestination;
  if (!to?.Bucket) return;
  const days: AnalysisDay[] = [];
  for await (const day of everyRow(ctx.store, analysisDays, [settings.bucket, configuration.Id!])) days.push(day);
  const Bucket = to.Bucket.slice('arn:aws:s3:::'.length);
  const destination = await findBucket(ctx, Bucket);
  if (!destination || (to.BucketAccountId !== undefined && to.BucketAccountId !== destination.account)) return;
  const { account, region, bucket } = settings;
  const source = servicePrincipal('s3.amazonaws.com', { arn: bucketArn(bucket), account });
  const Key = `${to.Prefix ? `${to.Prefix.replace(/\/$/, '')}/` : ''}${bucket}-${configuration.Id}.csv`;
  const input = { Bucket, Key, Body: Buffer.from(exportedFile(days)), ACL: 'bucket-owner-full-control' };
  try {
    await ctx.call('s3', 'PutObject', input, source, region);
  } catch (error) {
    // Whoever lets S3 not write has no file today; the next one has it all.
    if (!(error instanceof Error) || error.name === 'Error' || error.name === 'TypeError') throw error;
  }
}

/** Of a bucket that goes. */
export async function forgetAnalyses(ctx: Context, bucket: string): Promise<void> {
  for await (const row of everyRow(ctx.store, analysisUses, [bucket])) {
    await ctx.store.remove(analysisUses, analysisUses.key(row));
  }
  for await (const row of everyRow(ctx.store, analysisDays, [bucket])) {
    await ctx.store.remove(analysisDays, analysisDays.key(row));
  }
}

/** Of a configuration that goes. */
export async function forgetAnalysis(ctx: Context, bucket: string, id: string): Promise<void> {
  for await (const row of everyRow(ctx.store, analysisDays, [bucket, id])) {
    await ctx.store.remove(analysisDays, analysisDays.key(row));
  }
}
