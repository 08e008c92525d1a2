/**
 * An inventory report: files of some thousand lines each, then the manifest that names them, put into the destination
 * in S3's own name.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { InventoryS3BucketDestination } from '@aws-sdk/client-s3';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { type Bucket, bucketArn, buckets } from './bucketRows.ts';
import { ownerId } from './grants.ts';
import { type Inventory, type ReportPosition, reportPositions } from './inventoryTasks.ts';
import { findCurrent } from './versionStore.ts';
import { type ObjectVersion, objects, versions } from './versions.ts';

const LINES_A_FILE = 5000;

/** Makes the next file of a report; true when there is more to make. */
export async function report(ctx: Context, inventory: Inventory): Promise<boolean> {
  const { bucket: name, id, configuration } = inventory;
  const bucket = await ctx.store.get(buckets, [name]);
  if (!bucket) return false;
  const begun = ctx.now.getTime();
  const position: ReportPosition = (await ctx.store.get(reportPositions, [name, id])) ?? {
    bucket: name,
    id,
    begun,
    phase: 'objects',
    files: [],
  };
  const { rows, next } = await listed(ctx, position, configuration.Filter?.Prefix ?? '');
  const { lines, last } = await linesOf(ctx, bucket, inventory, position, rows);
  const files =
    lines.length === 0 ? position.files : [...position.files, await dataFile(ctx, bucket, inventory, lines)];
  const versionsToo = configuration.IncludedObjectVersions === 'All' && bucket.versioning !== undefined;
  if (next === undefined && (position.phase === 'versions' || !versionsToo)) {
    await manifest(ctx, bucket, inventory, { ...position, files });
    await ctx.store.remove(reportPositions, [name, id]);
    return false;
  }
  const phase = next === undefined ? 'versions' : position.phase;
  await ctx.store.replace(reportPositions, {
    bucket: name,
    id,
    begun: position.begun,
    phase,
    after: next,
    last,
    files,
  });
  return true;
}

async function listed(ctx: Context, { bucket, phase, after }: ReportPosition, prefix: string) {
  const table = phase === 'objects' ? objects : versions;
  const page = await ctx.store.list(table, [bucket], { limit: LINES_A_FILE, after });
  return { rows: page.rows.filter(({ key }) => key.startsWith(prefix)), next: page.next };
}

async function linesOf(
  ctx: Context,
  bucket: Bucket,
  inventory: Inventory,
  { phase, last: before }: ReportPosition,
  rows: readonly ObjectVersion[],
) {
  const lines: string[] = [];
  let last = before;
  for (const version of rows) {
    const isFirst = phase === 'versions' && version.key !== last;
    const isLatest = phase === 'objects' || (isFirst && !(await findCurrent(ctx, bucket.name, version.key)));
    lines.push(lineOf(bucket, inventory, version, isLatest));
    last = version.key;
  }
  return { lines, last: phase === 'versions' ? last : undefined };
}

type Column = (version: ObjectVersion, bucket: Bucket) => string;

const ENCRYPTION = { AES256: 'SSE-S3', 'aws:kms': 'SSE-KMS', 'aws:kms:dsse': 'DSSE-KMS', 'SSE-C': 'SSE-C' } as const;

const COLUMNS: Readonly<Record<string, Column>> = {
  Size: ({ size, deleteMarker }) => (deleteMarker ? '' : String(size)),
  LastModifiedDate: ({ modified }) => new Date(modified).toISOString(),
  StorageClass: ({ storageClass, deleteMarker }) => (deleteMarker ? '' : (storageClass ?? 'STANDARD')),
  ETag: ({ etag }) => etag,
  IsMultipartUploaded: ({ body }) => String(body !== undefined && 'manifest' in body),
  ReplicationStatus: ({ replication }) => replication ?? '',
  EncryptionStatus: ({ sealed }) => (sealed ? ENCRYPTION[sealed.by] : 'NOT-SSE'),
  ObjectLockRetainUntilDate: ({ retention }) => (retention ? new Date(retention.until).toISOString() : ''),
  ObjectLockMode: ({ retention }) => retention?.mode ?? '',
  ObjectLockLegalHoldStatus: ({ legalHold }) => (legalHold ? 'On' : 'Off'),
  BucketKeyStatus: ({ sealed }) => (sealed?.kms?.bucketKey ? 'ENABLED' : 'DISABLED'),
  ChecksumAlgorithm: ({ checksum }) => checksum?.algorithm ?? '',
  ObjectOwner: ({ owner }, { account }) => ownerId(owner ?? account),
};

function lineOf(bucket: Bucket, { configuration }: Inventory, version: ObjectVersion, isLatest: boolean): string {
  const { key, id, deleteMarker } = version;
  const of =
    configuration.IncludedObjectVersions === 'All' ? [id === 'null' ? '' : id, isLatest, deleteMarker === true] : [];
  const asked = (configuration.OptionalFields ?? []).map((field) => COLUMNS[field]?.(version, bucket) ?? '');
  const encoded = encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');
  return [bucket.name, encoded, ...of, ...asked].map((value) => `"${value}"`).join(',');
}

const destinationOf = ({ configuration }: Inventory): InventoryS3BucketDestination =>
  configuration.Destination!.S3BucketDestination!;

/** `prefix/source-bucket/configuration` */
function folderOf(inventory: Inventory): string {
  const { Prefix } = destinationOf(inventory);
  return `${Prefix ? `${Prefix}/` : ''}${inventory.bucket}/${inventory.id}`;
}

const md5Of = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

async function dataFile(ctx: Context, bucket: Bucket, inventory: Inventory, lines: readonly string[]) {
  const key = `${folderOf(inventory)}/data/${uuid(ctx)}.csv.gz`;
  const bytes = gzipSync(`${lines.join('\n')}\n`);
  await put(ctx, bucket, inventory, key, bytes);
  return { key, size: bytes.length, MD5checksum: md5Of(bytes) };
}

async function manifest(ctx: Context, bucket: Bucket, inventory: Inventory, { begun, files }: ReportPosition) {
  const { configuration } = inventory;
  const versioned = configuration.IncludedObjectVersions === 'All' ? ['VersionId', 'IsLatest', 'IsDeleteMarker'] : [];
  const bytes = Buffer.from(
    JSON.stringify({
      sourceBucket: bucket.name,
      destinationBucket: destinationOf(inventory).Bucket,
      version: '2016-11-30',
      creationTimestamp: String(begun),
      fileFormat: 'CSV',
      fileSchema: ['Bucket', 'Key', ...versioned, ...(configuration.OptionalFields ?? [])].join(', '),
      files,
    }),
  );
  const moment = new Date(begun).toISOString().slice(0, 16).replace(':', '-');
  const folder = folderOf(inventory);
  await put(ctx, bucket, inventory, `${folder}/${moment}Z/manifest.json`, bytes);
  await put(ctx, bucket, inventory, `${folder}/${moment}Z/manifest.checksum`, Buffer.from(md5Of(bytes)));
  const links = files.map(({ key }) => `s3://${destinationOf(inventory).Bucket?.split(':').at(-1)}/${key}\n`).join('');
  const day = `dt=${moment.replace('T', '-')}`;
  await put(ctx, bucket, inventory, `${folder}/hive/${day}/symlink.txt`, Buffer.from(links));
}

async function put(ctx: Context, bucket: Bucket, inventory: Inventory, Key: string, Body: Uint8Array): Promise<void> {
  const { Bucket: arn, AccountId, Encryption } = destinationOf(inventory);
  const Bucket = arn!.slice('arn:aws:s3:::'.length);
  const source = servicePrincipal('s3.amazonaws.com', { arn: bucketArn(bucket.name), account: bucket.account });
  const region = (await ctx.store.get(buckets, [Bucket]))?.region;
  const encryption = Encryption?.SSEKMS
    ? { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: Encryption.SSEKMS.KeyId }
    : Encryption?.SSES3
      ? { ServerSideEncryption: 'AES256' }
      : {};
  const owned = { ACL: 'bucket-owner-full-control', ExpectedBucketOwner: AccountId };
  const input = { Bucket, Key, Body, ...owned, ...encryption };
  await ctx.call('s3', 'PutObject', input, source, region);
}
