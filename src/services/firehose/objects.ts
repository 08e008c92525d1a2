/** Objects of delivered records. https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html */
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { packingOf } from './compression.ts';
import { formatted } from './dateFormats.ts';
import type { Queue } from './parcels.ts';
import { type Moment, prefixAt } from './prefixes.ts';
import { roleOf } from './roles.ts';
import type { ExtendedS3Settings, S3Settings, Stream } from './streamRows.ts';

interface Received {
  /** Milliseconds. */
  readonly at: number;
  readonly data: Buffer;
}

export interface Delivered {
  readonly objects: number;
  readonly records: number;
  readonly bytes: number;
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
  const at = momentOf(ctx, stream, received);
  const body = Buffer.concat(received.map(({ data }) => data));
  await putObject(ctx, stream, bucket, { prefix: prefixAt(bucket.Prefix, at), at, body });
  return { objects: 1, records: received.length, bytes: body.length };
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

const KEY_BYTES_MAX = 1024;

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
