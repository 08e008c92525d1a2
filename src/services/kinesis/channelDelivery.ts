/**
 * The work of a channel. First it is found to work: its role can be assumed, its bucket is there. From then on, every
 * few minutes, what has come into the stream goes into the bucket: reading, writing the object and noting how far it is
 * are one write set, so that each record lies there once. What cannot be delivered is tried again for as long as the
 * stream keeps it.
 * https://docs.aws.amazon.com/streams/latest/dev/data-delivery-s3-about.html
 */
import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';
import { type Caller, type Context, servicePrincipal } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { writeLogEvents } from '../../core/logWriting.ts';
import type { Point } from '../../core/metrics.ts';
import { type Again, pauseOf, type Task } from '../../core/tasks.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { objectKey } from './channelKeys.ts';
import {
  type Channel,
  channelArn,
  channels,
  deadLettersOf,
  ERROR_PREFIX,
  isThere,
  type Storage,
} from './channelRows.ts';
import { bytes, count, measure } from './gauges.ts';
import { FIRST_PLACE, headOf } from './packRows.ts';
import { readFrom } from './reading.ts';
import { placeOf, type Shard, shardId, shardMapOf } from './shardRows.ts';
import { type Stream, streamAt } from './streamRows.ts';
import type { Carried } from './tasks.ts';
import { MIB } from './throughput.ts';

export async function carry({ body }: Task<Carried>, ctx: Context): Promise<Again> {
  const key = [body.account, body.region, body.id];
  const channel = await ctx.store.get(channels, key);
  if (!channel || channel.failed !== undefined) return undefined;
  if (!isThere(channel, ctx.now)) {
    await ctx.store.remove(channels, key);
    return undefined;
  }
  if (channel.gone !== undefined) return channel.gone - ctx.now.getTime();
  const stream = await streamAt(ctx, [channel.account, channel.region, channel.stream.name]);
  if (stream?.id !== channel.stream.id) return undefined;
  if (channel.active === undefined) return begin(ctx, channel, stream);
  const more = await deliver(ctx, channel, stream);
  return more ? 0 : channel.freshnessSeconds * 1000;
}

const roleOf = (ctx: Context, channel: Channel): Promise<Caller> => {
  const source = { arn: channelArn(channel), account: channel.account };
  return assumedByService(ctx, channel.role, servicePrincipal('kinesis.amazonaws.com', source));
};

/** What is in the stream already stays there: nothing is delivered of the time before. */
async function begin(ctx: Context, channel: Channel, stream: Stream): Promise<Again> {
  const Bucket = bucketName(channel.storage.bucket);
  await ctx.call(
    's3',
    'HeadBucket',
    { Bucket, ExpectedBucketOwner: channel.storage.owner },
    await roleOf(ctx, channel),
  );
  const next: Record<string, number> = {};
  for (const { index } of (await shardMapOf(ctx.store, stream)).shards) {
    next[index] = (await headOf(ctx, placeOf(stream, index))).next;
  }
  await ctx.store.replace(channels, { ...channel, active: ctx.now.getTime(), next });
  return channel.freshnessSeconds * 1000;
}

const bucketName = (arn: string) => arn.replace(/^arn:[^:]*:s3:::/, '');

interface Found {
  readonly shard: Shard;
  readonly sequence: string;
  readonly key: string | undefined;
  readonly at: Date;
  readonly data: Uint8Array;
}

/** As much as becomes an object. */
const BYTES_MAX = 64 * MIB;
const RECORDS_MAX = 100_000;

/** Whether there is more. */
async function deliver(ctx: Context, channel: Channel, stream: Stream): Promise<boolean> {
  const role = await roleOf(ctx, channel);
  const { found, next, more } = await gathered(ctx, channel, stream, role);
  if (found.length === 0) return false;
  const faults = found.map(({ data }) => faultOf(data, channel.format));
  const good = found.filter((_, i) => faults[i] === undefined);
  const bad = found.flatMap((record, i) => (faults[i] === undefined ? [] : [{ record, fault: faults[i] }]));
  const { storage } = channel;
  const written = good.length === 0 ? 0 : await put(ctx, channel, role, joined(good, channel.format), storage);
  if (bad.length > 0) await setAside(ctx, channel, role, bad);
  await ctx.store.replace(channels, { ...channel, next });
  const read = sizeOf(found);
  tell(ctx, channel, stream, [
    { name: 'DeliveryToS3.DataFreshness', value: ageOf(ctx, found), unit: 'Seconds' },
    bytes('DeliveryToS3.BytesIn', read),
    bytes('DeliveryToS3.BytesProcessed', read),
    bytes('DeliveryToS3.BytesOut', written),
    count('DeliveryToS3.RecordCount', found.length),
    count('DeliveryToS3.SuccessfulRecordCount', good.length),
    count('DeliveryToS3.FailedRecordCount', bad.length),
    ...(good.length > 0 ? [count('DeliveryToS3.DeliverySuccess')] : []),
    ...(bad.length > 0 ? [count('DeliveryToS3.DLQDeliverySuccess', bad.length)] : []),
  ]);
  return more;
}

const sizeOf = (found: readonly Found[]) => found.reduce((sum, { data }) => sum + data.length, 0);
const ageOf = ({ now }: Context, found: readonly Found[]) =>
  (now.getTime() - found.reduce((oldest, { at }) => Math.min(oldest, at.getTime()), Number.POSITIVE_INFINITY)) / 1000;

function tell(ctx: Context, { name, id }: Channel, stream: Stream, points: readonly Point[]): void {
  measure(ctx, stream, points, { ChannelName: name, ChannelId: id });
}

async function gathered(ctx: Context, channel: Channel, stream: Stream, role: Caller) {
  const found: Found[] = [];
  const next: Record<string, number> = { ...channel.next };
  let size = 0;
  let more = false;
  for (const shard of (await shardMapOf(ctx.store, stream)).shards) {
    if (shard.opens > ctx.now.getTime()) continue;
    const wish = {
      next: channel.next[shard.index] ?? FIRST_PLACE,
      records: RECORDS_MAX - found.length,
      bytes: BYTES_MAX - size,
      as: role,
    };
    if (wish.records <= 0 || wish.bytes <= 0) return { found, next, more: true };
    const read = await readFrom(ctx, stream, shard, wish);
    for (const { SequenceNumber, PartitionKey, ApproximateArrivalTimestamp, Data } of read.records) {
      const at = ApproximateArrivalTimestamp!;
      found.push({ shard, sequence: SequenceNumber!, key: PartitionKey, at, data: Data! });
    }
    size += read.bytes;
    next[shard.index] = read.next;
    more ||= !read.atTip;
  }
  return { found, next, more };
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** What is wrong with a record; undefined: nothing. */
function faultOf(data: Uint8Array, format: Channel['format']): string | undefined {
  if (format === 'BYTE_ARRAY') return undefined;
  try {
    const text = UTF8.decode(data);
    if (format === 'JSON') JSON.parse(text);
    return undefined;
  } catch {
    return format === 'JSON' ? 'The record is not a valid JSON payload.' : 'The record is not a valid UTF-8 string.';
  }
}

const NEWLINE = Buffer.from('\n');

/** Texts are lines; bytes lie side by side. */
const joined = (found: readonly Found[], format: Channel['format']): Buffer =>
  Buffer.concat(found.flatMap(({ data }) => (format === 'BYTE_ARRAY' ? [data] : [data, NEWLINE])));

const gzipped = promisify(gzip);
const zstdCompressed = promisify(zstdCompress);

/** As much as an object holds would keep everybody waiting if it were packed at one go. */
const PACKERS: Readonly<Record<Storage['compression'], (body: Buffer) => Promise<Buffer>>> = {
  NONE: async (body) => body,
  GZIP: (body) => gzipped(body),
  ZSTD: (body) => zstdCompressed(body),
};

/** Returns how many bytes. */
async function put(ctx: Context, channel: Channel, role: Caller, body: Buffer, storage: Storage): Promise<number> {
  const packed = await PACKERS[storage.compression](body);
  await putObject(ctx, channel, role, {
    Bucket: bucketName(storage.bucket),
    ExpectedBucketOwner: storage.owner,
    Key: objectKey(channel, storage, ctx.now, uuid(ctx)),
    StorageClass: storage.storageClass,
    Body: packed,
  });
  return packed.length;
}

function putObject(ctx: Context, { keyId }: Channel, role: Caller, input: object): Promise<unknown> {
  const encryption = keyId === undefined ? {} : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: keyId };
  return ctx.call('s3', 'PutObject', { ContentType: 'application/octet-stream', ...input, ...encryption }, role);
}

interface Bad {
  readonly record: Found;
  readonly fault: string | undefined;
}

/** Which records they are and why, a line each; not what they say. */
async function setAside(ctx: Context, channel: Channel, role: Caller, bad: readonly Bad[]): Promise<void> {
  const { bucket, owner, prefix = ERROR_PREFIX } = deadLettersOf(channel);
  const lines = bad.map(({ record, fault }) =>
    JSON.stringify({
      channelArn: channelArn(channel),
      streamName: channel.stream.name,
      shardId: shardId(record.shard.index),
      sequenceNumber: record.sequence,
      partitionKey: record.key,
      approximateArrivalTimestamp: record.at.toISOString(),
      errorCode: 'FormatMismatch',
      errorMessage: fault,
    }),
  );
  await putObject(ctx, channel, role, {
    Bucket: bucketName(bucket),
    ExpectedBucketOwner: owner,
    Key: `${prefix}${channel.name}-${ctx.now.toISOString().slice(0, 16).replaceAll(/[T:]/g, '-')}-${uuid(ctx)}.json`,
    Body: Buffer.from(`${lines.join('\n')}\n`),
  });
}

const PAUSE_MS_MAX = 300_000;

/** A channel that does not begin has failed; one that is under way is tried again. */
export async function afterFailure({ body, attempt }: Task<Carried>, ctx: Context, error: unknown): Promise<Again> {
  const channel = await ctx.store.get(channels, [body.account, body.region, body.id]);
  if (!channel) return undefined;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (channel.active === undefined) {
    await ctx.store.replace(channels, { ...channel, failed: `${name}: ${message}` });
    return undefined;
  }
  if (channel.logs.enabled) await log(ctx, channel, `${name}: ${message}`);
  return Math.min(PAUSE_MS_MAX, pauseOf(attempt));
}

/** In the role, which may not be allowed to: then nothing is said, as with AWS. */
async function log(ctx: Context, channel: Channel, message: string): Promise<void> {
  const { group: logGroupName, stream: logStreamName } = channel.logs;
  const event = { timestamp: ctx.now.getTime(), message: JSON.stringify({ channelArn: channelArn(channel), message }) };
  const writing = { logGroupName, logStreamName, logEvents: [event] };
  try {
    await writeLogEvents(ctx, writing, await roleOf(ctx, channel), channel.region, 'group');
  } catch {
    // The refused call is on record.
  }
}
