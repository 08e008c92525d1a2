/** Objects of delivered records. https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html */
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { quota } from '../../core/quotas.ts';
import { packingOf } from './compression.ts';
import { formatted } from './dateFormats.ts';
import type { Queue } from './parcels.ts';
import { errorPrefixAt, type Moment, PREFIX_MAX, prefixAt } from './prefixes.ts';
import { type Processed, processed, type Received, type Unprocessed } from './processing.ts';
import { processingOf } from './processors.ts';
import { roleOf } from './roles.ts';
import type { ExtendedS3Settings, S3Settings, Stream } from './streamRows.ts';

export interface Delivered {
  readonly objects: number;
  readonly records: number;
  readonly bytes: number;
  /** Of a stream that partitions: how many partitions there were. */
  readonly partitions?: number | undefined;
  readonly failed: readonly Unprocessed[];
}

/** Where the records of a queue go. */
export function bucketOf({ destination }: Stream, queue: Queue): S3Settings & Partial<ExtendedS3Settings> {
  if (queue === 'main' && destination.kind === 's3') return destination.settings;
  if (!destination.backup) throw new Error('The stream has no bucket for a backup.');
  return destination.backup;
}

/** Writes records, at least one, into the queue's bucket. @throws what S3, KMS or STS refuse */
export async function putRecords(
  ctx: Context,
  stream: Stream,
  queue: Queue,
  received: readonly Received[],
): Promise<Delivered> {
  const bucket = bucketOf(stream, queue);
  const isProcessed = queue === 'main';
  const how = processingOf(isProcessed ? stream.destination.settings.ProcessingConfiguration : undefined);
  const outcome = await processed(received, how);
  const { within, beyond } = partitioned(outcome.processed, quota(ctx, 'ActivePartitions', PARTITIONS_MAX));
  const failed: Unprocessed[] = [...outcome.failed, ...beyond];
  const done = { objects: 0, records: 0, bytes: 0 };
  for (const records of within) {
    const at = { ...momentOf(ctx, stream, records), keys: records[0]!.keys ?? {} };
    const prefix = prefixAt(bucket.Prefix, at);
    if (how.keys && isTooLong(prefix)) {
      failed.push(...records.map(({ at: arrived, data }) => ({ at: arrived, data, ...TOO_LONG })));
      continue;
    }
    const body = Buffer.concat(records.map(({ data }) => data));
    await putObject(ctx, stream, bucket, { prefix, at, body });
    done.objects += 1;
    done.records += records.length;
    done.bytes += body.length;
  }
  await putFailed(ctx, stream, bucket, failed, 1);
  return { ...done, partitions: how.keys ? within.length : undefined, failed };
}

const PARTITIONS_MAX = 500;
const KEY_BYTES_MAX = 1024;
/** Of what follows the prefix: the stream's name, its version, the time, an id, and an extension. */
const NAME_BYTES_MAX = 260;

/** A key that S3 does not take would hold up all others. */
const isTooLong = (prefix: string) =>
  prefix.length > PREFIX_MAX || Buffer.byteLength(prefix) > KEY_BYTES_MAX - NAME_BYTES_MAX;

const TOO_LONG = {
  type: 'metadata-extraction-failed' as const,
  code: 'DynamicPartitioning.MetadataExtractionFailed',
  message: `The evaluated prefix is longer than ${PREFIX_MAX} characters.`,
};

const TOO_MANY = {
  type: 'activePartitionExceeded' as const,
  code: 'DynamicPartitioning.ActivePartitionsLimitExceeded',
  message: 'The number of active partitions exceeds the limit of the Firehose stream.',
};

/** The records of each partition, in the order of its first record; and those for which there were too many. */
function partitioned(records: readonly Processed[], most: number) {
  const partitions = new Map<string, Processed[]>();
  const beyond: Unprocessed[] = [];
  for (const record of records) {
    const name = record.keys ? JSON.stringify(record.keys) : '';
    const known = partitions.get(name);
    if (known) known.push(record);
    else if (partitions.size < most) partitions.set(name, [record]);
    else beyond.push({ at: record.at, data: record.data, ...TOO_MANY });
  }
  return { within: [...partitions.values()], beyond };
}

/** Records that failed, an object for each kind of failure: what they are and why. */
export async function putFailed(
  ctx: Context,
  stream: Stream,
  bucket: S3Settings,
  failed: readonly Unprocessed[],
  attempts: number,
): Promise<void> {
  for (const [errorType, records] of Map.groupBy(failed, ({ type }) => type)) {
    const at = { ...momentOf(ctx, stream, records), errorType };
    const lines = records.map(({ at: arrived, code, message, data }) =>
      JSON.stringify({
        attemptsMade: attempts,
        arrivalTimestamp: arrived,
        errorCode: code,
        errorMessage: message,
        attemptEndingTimestamp: ctx.now.getTime(),
        rawData: data.toString('base64'),
      }),
    );
    const body = Buffer.from(`${lines.join('\n')}\n`);
    await putObject(ctx, stream, bucket, { prefix: errorPrefixAt(bucket, at), at, body });
  }
}

/** The time of the oldest of them. */
export function momentOf({ random }: Context, { destination }: Stream, received: readonly Received[]): Moment {
  const zone = (destination.kind === 's3' && destination.settings.CustomTimeZone) || 'UTC';
  return { random, zone, time: received.reduce((oldest, { at }) => Math.min(oldest, at), Number.POSITIVE_INFINITY) };
}

interface Piece {
  readonly prefix: string;
  readonly at: Moment;
  readonly body: Buffer;
}

export async function putObject(
  ctx: Context,
  stream: Stream,
  bucket: S3Settings & Partial<ExtendedS3Settings>,
  { prefix, at, body }: Piece,
): Promise<void> {
  const { extension, pack } = packingOf(bucket.CompressionFormat);
  const stamp = formatted('yyyy-MM-dd-HH-mm-ss', at.time, at.zone);
  const name = `${stream.name}-${stream.version}-${stamp}-${uuid(ctx)}`;
  const Key = `${prefix}${name}${bucket.FileExtension || extension}`;
  if (Buffer.byteLength(Key) > KEY_BYTES_MAX) throw new Error(`The key ${Key} is too long.`);
  const kms = bucket.EncryptionConfiguration?.KMSEncryptionConfig?.AWSKMSKeyARN;
  const input = {
    Bucket: bucket.BucketARN!.replace(/^arn:[^:]*:s3:::/, ''),
    Key,
    Body: await pack(body, name, at.time),
    ContentType: 'application/octet-stream',
    ...(kms !== undefined && { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kms }),
  };
  await ctx.call('s3', 'PutObject', input, await roleOf(ctx, stream, bucket.RoleARN!));
}
