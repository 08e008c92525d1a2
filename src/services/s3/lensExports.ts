/**
 * The daily export of Storage Lens: a file of metrics of the account and of its buckets, and the manifest that names
 * it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage_lens_view_metrics_export.html
 */
import { createHash } from 'node:crypto';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { type StorageLens, storageLensArn, storageLenses } from '../../identity/storageLens.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import { findBucket } from './bucketRows.ts';
import type { LensSums } from './lensMetrics.ts';

const DAY_MS = 86_400_000;

/** What a bucket held at the end of a day. */
interface LensBucket {
  readonly account: string;
  readonly bucket: string;
  readonly region: string;
  readonly day: number;
  readonly sums: LensSums;
}

const lensBuckets = table<LensBucket>('s3_lens_bucket', { key: ({ account, bucket }) => [account, bucket] });

/** Where the account wants to know. */
export async function keepForLens({ store }: Context, row: LensBucket): Promise<void> {
  const { rows } = await store.list(storageLenses, [row.account], { limit: 1 });
  if (rows.length > 0) await store.replace(lensBuckets, row);
}

const COLUMNS = [
  'version_number',
  'configuration_id',
  'report_date',
  'aws_account_number',
  'aws_region',
  'storage_class',
  'record_type',
  'record_value',
  'bucket_name',
  'metric_name',
  'metric_value',
];

export async function exportLens(ctx: Context, lens: StorageLens, day: number): Promise<void> {
  const { configuration, account, id } = lens;
  const to = configuration.DataExport?.S3BucketDestination;
  if (!configuration.IsEnabled || !to?.Arn) return;
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  const lines = await linesOf(ctx, lens, day, date);
  const folder = `${to.Prefix ? `${to.Prefix.replace(/\/$/, '')}/` : ''}StorageLens/${account}/${id}/V_1`;
  const key = `${folder}/reports/dt=${date}/${uuid(ctx)}.csv`;
  const report = Buffer.from(`${[COLUMNS, ...lines].map((line) => line.join(',')).join('\n')}\n`);
  const manifest = {
    sourceAccountId: account,
    configId: id,
    destinationBucket: to.Arn,
    reportVersion: 'V_1',
    reportDate: date,
    reportFormat: 'CSV',
    reportSchema: COLUMNS.join(','),
    reportFiles: [{ key, size: report.length, md5Checksum: createHash('md5').update(report).digest('hex') }],
  };
  try {
    await put(ctx, lens, key, report);
    await put(ctx, lens, `${folder}/manifests/dt=${date}/manifest.json`, Buffer.from(JSON.stringify(manifest)));
  } catch (error) {
    // Whoever does not let it write has no report of the day.
    if (!(error instanceof Error) || error.name === 'Error' || error.name === 'TypeError') throw error;
  }
}

type Line = readonly (string | number)[];

/** Of the account, by Region and storage class, then of each bucket. */
async function linesOf(ctx: Context, { account, id, configuration }: StorageLens, day: number, date: string) {
  const { Include, Exclude } = configuration;
  const isMeant = ({ bucket, region }: LensBucket) => {
    const named = (part: typeof Include) =>
      (part?.Buckets?.includes(`arn:aws:s3:::${bucket}`) ?? false) || (part?.Regions?.includes(region) ?? false);
    return Include ? named(Include) : !named(Exclude);
  };
  const whole: Record<string, LensSums> = {};
  const lines: Line[] = [];
  const tell = (region: string, sums: LensSums, record: readonly [type: string, value: string, bucket: string]) => {
    for (const [storageClass, metrics] of Object.entries(sums)) {
      for (const [metric, value] of Object.entries(metrics)) {
        lines.push(['V_1', id, date, account, region, storageClass, ...record, metric, value]);
      }
    }
  };
  for await (const row of everyRow(ctx.store, lensBuckets, [account])) {
    if (row.day !== day)
      await ctx.store.remove(lensBuckets, [account, row.bucket]); // The bucket is gone.
    else if (isMeant(row)) {
      const sums = (whole[row.region] ??= {});
      for (const [storageClass, metrics] of Object.entries(row.sums)) {
        const all = (sums[storageClass] ??= {});
        for (const [metric, value] of Object.entries(metrics)) all[metric] = (all[metric] ?? 0) + value;
      }
      tell(row.region, row.sums, ['BUCKET', row.bucket, row.bucket]);
    }
  }
  const ofBuckets = lines.splice(0);
  for (const [region, sums] of Object.entries(whole)) tell(region, sums, ['ACCOUNT', account, '']);
  return [...lines, ...ofBuckets];
}

async function put(ctx: Context, lens: StorageLens, Key: string, Body: Uint8Array): Promise<void> {
  const to = lens.configuration.DataExport!.S3BucketDestination!;
  const Bucket = to.Arn!.slice('arn:aws:s3:::'.length);
  const destination = await findBucket(ctx, Bucket);
  const source = servicePrincipal('storage-lens.s3.amazonaws.com', {
    arn: storageLensArn(lens),
    account: lens.account,
  });
  const { SSEKMS, SSES3 } = to.Encryption ?? {};
  const encryption = SSEKMS
    ? { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: SSEKMS.KeyId }
    : SSES3
      ? { ServerSideEncryption: 'AES256' }
      : {};
  const input = {
    Bucket,
    Key,
    Body,
    ACL: 'bucket-owner-full-control',
    ExpectedBucketOwner: to.AccountId,
    ...encryption,
  };
  await ctx.call('s3', 'PutObject', input, source, destination?.region);
}
