/**
 * What CloudWatch is told of a request to a bucket with metrics configurations: the same for each whose filter it
 * passes.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
 */
import type { MetricsConfiguration } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Told } from '../../core/front.ts';
import { metrics, type Point } from '../../core/metrics.ts';
import type { Tag } from '../../core/operation.ts';
import { sentBytes } from './accessLogs.ts';
import { findBucket } from './bucketRows.ts';
import { isAbout } from './namedConfigurations.ts';
import { accessPointNamed } from './reachedPoints.ts';
import type { BucketSettings } from './settings.ts';
import { findLatest, findVersion } from './versionStore.ts';

const LISTS: ReadonlySet<string> = new Set([
  'ListMultipartUploads',
  'ListObjectVersions',
  'ListObjects',
  'ListObjectsV2',
  'ListParts',
]);

interface Input {
  readonly Bucket?: string;
  readonly Key?: string;
  readonly Prefix?: string;
  readonly VersionId?: string;
}

/** Whether metrics are of it: of what is done to objects, and of lists of what a bucket holds. */
export const isMeasured = ({ operation, input }: Told): boolean =>
  (input as Input | undefined)?.Key !== undefined || operation === 'DeleteObjects' || LISTS.has(operation);

/** In a write set behind the answer's. */
export async function measure(ctx: Context, settings: BucketSettings, told: Told): Promise<void> {
  const input = (told.input ?? {}) as Input;
  const seen = {
    key: input.Key ?? input.Prefix ?? '',
    tags: once(() => tagsOf(ctx, settings, input)),
    point: once(() => pointOf(ctx, input)),
  };
  const points = pointsOf(told);
  for (const { Id, Filter } of settings.metrics ?? []) {
    if (!(await passes(Filter, seen))) continue;
    const dimensions = { BucketName: settings.bucket, FilterId: Id! };
    const { account, region } = settings;
    metrics(ctx, { namespace: 'AWS/S3', dimensions, points, account, region });
  }
}

interface Seen {
  readonly key: string;
  readonly tags: () => Promise<readonly Tag[]>;
  /** ARN of the access point that the request came through. */
  readonly point: () => Promise<string | undefined>;
}

function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => (found ??= find());
}

async function passes(filter: MetricsConfiguration['Filter'], { key, tags, point }: Seen): Promise<boolean> {
  if (!filter) return true;
  const { AccessPointArn } = filter.And ?? filter;
  if (AccessPointArn !== undefined && (await point()) !== AccessPointArn) return false;
  return isAbout(filter, { key, tags: filter.Tag || filter.And?.Tags ? await tags() : [] });
}

/** Of the object as the request left it. */
async function tagsOf(ctx: Context, { bucket: name }: BucketSettings, { Key, VersionId }: Input) {
  const bucket = await findBucket(ctx, name);
  if (Key === undefined || !bucket) return [];
  const version = await (VersionId === undefined
    ? findLatest(ctx, bucket, Key)
    : findVersion(ctx, bucket, Key, VersionId));
  return version?.tags ?? [];
}

async function pointOf(ctx: Context, { Bucket = '' }: Input): Promise<string | undefined> {
  return (await accessPointNamed(ctx, Bucket))?.arn;
}

const KINDS: Readonly<Record<string, string>> = {
  GET: 'GetRequests',
  PUT: 'PutRequests',
  DELETE: 'DeleteRequests',
  HEAD: 'HeadRequests',
  POST: 'PostRequests',
};

function kindOf({ operation, request }: Told): string | undefined {
  if (LISTS.has(operation)) return 'ListRequests';
  if (operation === 'DeleteObjects') return 'DeleteRequests';
  if (operation === 'SelectObjectContent') return 'SelectRequests';
  return KINDS[request.method];
}

function pointsOf(told: Told): readonly Point[] {
  const { status } = told.response;
  const kind = kindOf(told);
  const [sent, come] = [sentBytes(told), comeBytes(told)];
  return [
    { name: 'AllRequests', value: 1, unit: 'Count' },
    ...(kind === undefined ? [] : [{ name: kind, value: 1, unit: 'Count' }]),
    { name: '4xxErrors', value: status >= 400 && status < 500 ? 1 : 0, unit: 'Count' },
    { name: '5xxErrors', value: status >= 500 ? 1 : 0, unit: 'Count' },
    ...(sent > 0 ? [{ name: 'BytesDownloaded', value: sent, unit: 'Bytes' }] : []),
    ...(come > 0 ? [{ name: 'BytesUploaded', value: come, unit: 'Bytes' }] : []),
    { name: 'FirstByteLatency', value: told.elapsedMs, unit: 'Milliseconds' },
    { name: 'TotalRequestLatency', value: told.elapsedMs, unit: 'Milliseconds' },
  ];
}

function comeBytes({ request: { headers } }: Told): number {
  const length = headers['x-amz-decoded-content-length'] ?? headers['content-length'] ?? '0';
  return /^\d{1,15}$/.test(length) ? Number(length) : 0;
}
