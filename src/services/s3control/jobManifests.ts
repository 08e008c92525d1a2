/**
 * What batch jobs are about: read from a manifest that the client made or an inventory, or chosen from what is in a
 * bucket. https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-create-job.html
 */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { JobManifest, S3JobManifestGenerator } from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { csvLine } from '../../core/csv.ts';
import { CommonError } from '../../core/errors.ts';
import { parseCsv } from './csv.ts';
import { asJob } from './jobCallers.ts';
import { isChosen, type ListedVersion, wantsOldVersions } from './jobFilters.ts';
import { chunkId, type Entry, type Job, type ReportFile } from './jobRows.ts';

const CHUNK_ENTRIES = 25;
const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;
const PAGE = 1000;

const faulty = (code: string, message: string) => new CommonError(code, message);

/** Puts a manifest's entries into chunks. */
export function keepEntries(ctx: Context, job: Job, entries: readonly Entry[]): Pick<Job, 'total' | 'chunks'> {
  let { chunks } = job;
  for (let at = 0; at < entries.length; at += CHUNK_ENTRIES) {
    const bytes = Buffer.from(JSON.stringify(entries.slice(at, at + CHUNK_ENTRIES)));
    ctx.store.putBytes(chunkId(job.id, chunks++), bytes);
  }
  return { total: job.total + entries.length, chunks };
}

export async function chunkOf({ store }: Pick<Context, 'store'>, job: Job, chunk: number): Promise<readonly Entry[]> {
  const bytes = await store.bytes(chunkId(job.id, chunk));
  if (!bytes) throw new Error(`Chunk ${chunk} of the job ${job.id} is gone.`);
  return JSON.parse(Buffer.from(bytes).toString()) as Entry[];
}

/** All entries of a manifest. Throws what is wrong with it. */
export async function entriesIn(ctx: Context, job: Job, { Spec, Location }: JobManifest): Promise<readonly Entry[]> {
  const [, bucket = '', key = ''] = /^arn:aws:s3:::([^/]+)\/(.+)$/.exec(Location!.ObjectArn!) ?? [];
  const version = Location!.ObjectVersionId;
  const found = await read(ctx, job, {
    Bucket: bucket,
    Key: key,
    ...(version !== undefined && { VersionId: version }),
  });
  if (found.etag.replaceAll('"', '') !== Location!.ETag!.replaceAll('"', '')) {
    throw faulty('ManifestETagMismatch', 'The ETag of the manifest is not the one that was specified.');
  }
  if (Spec!.Format === 'S3BatchOperations_CSV_20180820') return entriesOf(found.bytes.toString(), Spec!.Fields ?? []);
  return entriesOfInventory(ctx, job, found.bytes);
}

type Named = { readonly Bucket: string; readonly Key: string; readonly VersionId?: string };

async function read(ctx: Context, job: Job, input: Named): Promise<{ readonly bytes: Buffer; readonly etag: string }> {
  type Got = { ETag?: string; ContentLength?: number; Body: { transformToByteArray(): Promise<Uint8Array> } };
  const { ETag = '', ContentLength = 0, Body } = await asJob<Got>(ctx, job, 'GetObject', input);
  if (ContentLength > MANIFEST_BYTES_MAX) throw faulty('InvalidManifest', 'The manifest is too big.');
  return { bytes: Buffer.from(await Body.transformToByteArray()), etag: ETag };
}

/** Keys are percent-encoded, as a form has them. */
function entriesOf(text: string, fields: readonly string[]): Entry[] {
  const [bucket, key, version] = ['Bucket', 'Key', 'VersionId'].map((name) => fields.indexOf(name)) as [
    number,
    number,
    number,
  ];
  return linesOf(text).map((line, i) => {
    if (line.length !== fields.length || !line[bucket] || !line[key]) throw wrongLine(i);
    return [line[bucket], decoded(line[key], i), (version >= 0 && line[version]) || null];
  });
}

function linesOf(text: string): string[][] {
  try {
    return parseCsv(text);
  } catch {
    throw faulty('InvalidManifest', 'The manifest is not comma-separated values.');
  }
}

const wrongLine = (i: number) => faulty('InvalidManifest', `Line ${i + 1} of the manifest is not as its fields say.`);

function decoded(key: string, line: number): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    throw wrongLine(line);
  }
}

interface Inventory {
  readonly fileFormat?: string;
  readonly fileSchema?: string;
  readonly destinationBucket?: string;
  readonly files?: readonly { readonly key: string; readonly MD5checksum?: string }[];
}

async function entriesOfInventory(ctx: Context, job: Job, bytes: Buffer): Promise<readonly Entry[]> {
  const inventory = inventoryIn(bytes);
  if (inventory.fileFormat !== 'CSV') throw faulty('InvalidManifest', 'The inventory is not in the format CSV.');
  const fields = (inventory.fileSchema ?? '').split(',').map((field) => field.trim());
  const markers = fields.indexOf('IsDeleteMarker');
  const Bucket = (inventory.destinationBucket ?? '').replace('arn:aws:s3:::', '');
  const entries: Entry[] = [];
  let room = MANIFEST_BYTES_MAX;
  for (const { key: Key, MD5checksum } of inventory.files ?? []) {
    const file = await read(ctx, job, { Bucket, Key });
    if (MD5checksum !== undefined && createHash('md5').update(file.bytes).digest('hex') !== MD5checksum) {
      throw faulty('InvalidManifest', `${Key} is not the file that the inventory names.`);
    }
    const text = gunzipSync(file.bytes, { maxOutputLength: room }).toString();
    room -= text.length;
    const kept =
      markers < 0
        ? text
        : linesOf(text)
            .filter((line) => line[markers] !== 'true')
            .map(csvLine)
            .join('\n');
    entries.push(...entriesOf(kept, fields));
  }
  return entries;
}

function inventoryIn(bytes: Buffer): Inventory {
  try {
    return JSON.parse(bytes.toString()) as Inventory;
  } catch {
    throw faulty('InvalidManifest', 'The manifest of the inventory is not JSON.');
  }
}

/** The next page of what is in the bucket; without `next` it was the last one. */
export async function chosen(ctx: Context, job: Job, generator: S3JobManifestGenerator) {
  const Bucket = generator.SourceBucket!.replace('arn:aws:s3:::', '');
  const asked = {
    Bucket,
    all: wantsOldVersions(generator.Filter),
    limit: PAGE,
    ...(generator.ExpectedBucketOwner !== undefined && { ExpectedBucketOwner: generator.ExpectedBucketOwner }),
    ...(job.listed !== undefined && { after: job.listed }),
  };
  type Listing = { readonly rows: readonly ListedVersion[]; readonly next?: string };
  const { rows, next } = await asJob<Listing>(ctx, job, 'ListForBatch', asked);
  const entries = rows
    .filter((version) => isChosen(version, generator.Filter))
    .map(({ key, id }): Entry => [Bucket, key, id ?? null]);
  return { entries, next };
}

const outputOf = (generator: S3JobManifestGenerator) => {
  const { Bucket, ManifestPrefix, ManifestEncryption, ExpectedManifestBucketOwner } = generator.ManifestOutputLocation!;
  return {
    placement: {
      Bucket: Bucket!.replace('arn:aws:s3:::', ''),
      ...(ExpectedManifestBucketOwner !== undefined && { ExpectedBucketOwner: ExpectedManifestBucketOwner }),
      ...(ManifestEncryption?.SSES3 && { ServerSideEncryption: 'AES256' }),
    },
    folder: ManifestPrefix === undefined ? '' : `${ManifestPrefix}/`,
  };
};

/** A file of a manifest that the client wants to have. */
export async function writeManifestFile(
  ctx: Context,
  job: Job,
  generator: S3JobManifestGenerator,
  entries: readonly Entry[],
): Promise<ReportFile> {
  const { placement, folder } = outputOf(generator);
  const lines = entries.map(([name, key, version]) => csvLine([name, encodeURIComponent(key), version ?? '']));
  const Body = gzipSync(`${lines.join('\n')}\n`);
  const Key = `${folder}job-${job.id}/manifest-${(job.manifestFiles ?? []).length}.csv.gz`;
  await asJob(ctx, job, 'PutObject', { ...placement, Key, Body });
  return { succeeded: true, key: Key, size: Body.length, md5: createHash('md5').update(Body).digest('hex') };
}

/** The manifest of those files. */
export async function writeManifest(ctx: Context, job: Job, generator: S3JobManifestGenerator) {
  const { placement, folder } = outputOf(generator);
  const manifest = {
    sourceBucket: generator.SourceBucket!.replace('arn:aws:s3:::', ''),
    destinationBucket: `arn:aws:s3:::${placement.Bucket}`,
    version: '2016-11-30',
    creationTimestamp: String(ctx.now.getTime()),
    fileFormat: 'CSV',
    fileSchema: 'Bucket, Key, VersionId',
    files: (job.manifestFiles ?? []).map(({ key, size, md5 }) => ({ key, size, MD5checksum: md5 })),
  };
  const Key = `${folder}job-${job.id}/manifest.json`;
  const Body = Buffer.from(JSON.stringify(manifest));
  const put = { ...placement, Key, Body };
  const { ETag = '' } = await asJob<{ ETag?: string }>(ctx, job, 'PutObject', put);
  return {
    Format: 'S3InventoryReport_CSV_20211130' as const,
    Location: { ObjectArn: `arn:aws:s3:::${placement.Bucket}/${Key}`, ETag: ETag.replaceAll('"', '') },
  };
}
