/**
 * Reading from Kinesis, in the source's role: from when the delivery stream was made, each shard to its end, its
 * children after it. Nothing is read while more lies undelivered than two buffers take: it waits in Kinesis.
 * https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html
 */
import type { Context } from '../../core/context.ts';
import { AccessDenied } from '../../core/errors.ts';
import { type Again, pauseOf, type Task } from '../../core/tasks.ts';
import { taken } from './aggregated.ts';
import { tellFailure } from './errorLogs.ts';
import { refuse } from './errors.ts';
import { tell } from './measures.ts';
import { keepParcel } from './parcels.ts';
import type { Received } from './processing.ts';
import { bufferOf, levelOf, planDelivery, queuesOf } from './queues.ts';
import { roleOf } from './roles.ts';
import { type Cursor, cursors, cursorsOf, type Reading, readAt } from './source.ts';
import { type Stream, streamWithId } from './streamRows.ts';

type Source = NonNullable<Stream['source']>;

const PAUSE_MS = 1_000;
/** After some time without records it is looked for them less often. */
const PAUSE_MS_MAX = 5_000;
const IDLE_BEFORE = 10;
const FAILED_PAUSE_MS_MAX = 60_000;

/** Whether the source can be read. @throws InvalidArgumentException */
export async function requireReadable(ctx: Context, stream: Stream, source: Source): Promise<void> {
  try {
    const as = await roleOf(ctx, stream, source.roleArn);
    await ctx.call('kinesis', 'DescribeStream', { StreamARN: source.streamArn }, as, regionOf(source));
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof AccessDenied || name.startsWith('AccessDenied')) {
      refuse(`Role ${source.roleArn} is not authorized to perform DescribeStream on ${source.streamArn}.`);
    }
    if (name !== 'ResourceNotFoundException') throw error;
    refuse(message);
  }
}

const regionOf = ({ streamArn }: Source) => streamArn.split(':')[3];

export async function readOn({ body }: Task<Reading>, ctx: Context): Promise<Again> {
  const stream = await streamWithId(ctx.store, body.stream);
  if (!stream?.source) return undefined;
  const { source } = stream;
  const isFull = (await levelOf(ctx.store, { stream: stream.id, queue: 'main' })) >= 2 * bufferOf(stream, 'main').bytes;
  const now = ctx.now.getTime();
  const isListed = now < body.listed + LISTED_MS;
  const read = isFull ? { ...NOTHING, from: body.from } : await readShards(ctx, stream, source, isListed, body.from);
  const idle = read.records > 0 ? 0 : body.idle + 1;
  const listed = read.ended ? 0 : isListed || isFull ? body.listed : now;
  const { from } = read;
  await readAt(ctx, stream, now + (idle < IDLE_BEFORE ? PAUSE_MS : PAUSE_MS_MAX), { idle, listed, from });
  return undefined;
}

/** Shards come where others end: else it is enough to look for them now and then. */
const LISTED_MS = 3_600_000;
const NOTHING = { records: 0, ended: false };

interface Shards {
  readonly Shards?: readonly { readonly ShardId: string }[];
  readonly NextToken?: string;
}

/** They are in memory at once. */
const BYTES_A_TURN = 32 * 1024 * 1024;
const PIECES_A_TURN = 100_000;

/** How many records came, whether a shard has ended, and which one is next where there was no room for more. */
async function readShards(ctx: Context, stream: Stream, source: Source, isListed: boolean, first?: string) {
  const as = await roleOf(ctx, stream, source.roleArn);
  const ask: Ask = (operation, input) => ctx.call('kinesis', operation, input, as, regionOf(source));
  const places = isListed ? await cursorsOf(ctx.store, stream.id) : await listed(ctx, stream, source, ask);
  const records: Received[] = [];
  let behindMs = 0;
  let ended = false;
  let bytes = 0;
  let from: string | undefined;
  for (const cursor of turned(places, first)) {
    if (cursor.ended) continue;
    if (bytes >= BYTES_A_TURN || records.length >= PIECES_A_TURN) {
      from = cursor.shard;
      break;
    }
    const read = await readShard(stream, source, cursor, ask);
    for (const record of read.records) records.push(record);
    bytes += bytesOf(read.records);
    behindMs = Math.max(behindMs, read.behindMs);
    if (read.cursor !== cursor) await ctx.store.replace(cursors, read.cursor);
    if (read.cursor.ended) ended = true;
  }
  await keepRead(ctx, stream, records, behindMs);
  return { records: records.length, ended, from };
}

function turned(places: readonly Cursor[], first: string | undefined): readonly Cursor[] {
  const at = Math.max(
    0,
    places.findIndex(({ shard }) => shard === first),
  );
  return [...places.slice(at), ...places.slice(0, at)];
}

/** A cursor for each shard that there is, and for no other. */
async function listed(ctx: Context, stream: Stream, source: Source, ask: Ask): Promise<readonly Cursor[]> {
  const known = new Map((await cursorsOf(ctx.store, stream.id)).map((cursor) => [cursor.shard, cursor]));
  const shards: string[] = [];
  let page = await ask<Shards>('ListShards', { StreamARN: source.streamArn });
  for (;;) {
    shards.push(...(page.Shards ?? []).map(({ ShardId }) => ShardId));
    if (page.NextToken === undefined) break;
    page = await ask<Shards>('ListShards', { NextToken: page.NextToken });
  }
  for (const cursor of known.values()) {
    if (!shards.includes(cursor.shard)) await ctx.store.remove(cursors, cursors.key(cursor));
  }
  const all = shards.map((shard) => known.get(shard) ?? { stream: stream.id, shard });
  for (const cursor of all) if (!known.has(cursor.shard)) await ctx.store.insert(cursors, cursor);
  return all;
}

type Ask = <Out>(operation: string, input: object) => Promise<Out>;

interface Got {
  readonly Records?: readonly { SequenceNumber: string; ApproximateArrivalTimestamp: Date; Data: Uint8Array }[];
  readonly NextShardIterator?: string;
  readonly MillisBehindLatest?: number;
}

const RECORDS_A_TURN = 1_000;

async function readShard({ created }: Stream, { streamArn: StreamARN }: Source, cursor: Cursor, ask: Ask) {
  const from =
    cursor.after === undefined
      ? { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(created) }
      : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: cursor.after };
  const place = { StreamARN, ShardId: cursor.shard, ...from };
  const { ShardIterator } = await ask<{ ShardIterator: string }>('GetShardIterator', place);
  const got = await ask<Got>('GetRecords', { StreamARN, ShardIterator, Limit: RECORDS_A_TURN });
  const { Records = [], NextShardIterator, MillisBehindLatest: behindMs = 0 } = got;
  const records: Received[] = [];
  let read = 0;
  for (const { ApproximateArrivalTimestamp: at, Data } of Records) {
    if (records.length >= PIECES_A_TURN) break;
    for (const data of taken(Buffer.from(Data))) records.push({ at: at.getTime(), data });
    read += 1;
  }
  const last = Records[read - 1];
  const next: Cursor = {
    ...cursor,
    ...(last && { after: last.SequenceNumber }),
    ...(NextShardIterator === undefined && read === Records.length && { ended: true }),
  };
  return { records, cursor: last || next.ended ? next : cursor, behindMs };
}

const PARCEL_BYTES = 1024 * 1024;
const PARCEL_RECORDS = 10_000;

async function keepRead(ctx: Context, stream: Stream, records: readonly Received[], behindMs: number): Promise<void> {
  if (records.length === 0) return;
  const oldest = records.reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY);
  for (const queue of queuesOf(stream)) {
    for (const some of portions(records)) {
      const datas = some.map(({ data }) => data);
      await keepParcel(ctx, { stream: stream.id, queue, at: some[0]!.at }, datas, undefined);
    }
    await planDelivery(ctx, stream, queue, oldest);
  }
  tell(ctx, stream, [
    { name: 'DataReadFromKinesisStream.Bytes', value: bytesOf(records), unit: 'Bytes' },
    { name: 'DataReadFromKinesisStream.Records', value: records.length, unit: 'Count' },
    { name: 'KinesisMillisBehindLatest', value: behindMs, unit: 'Milliseconds' },
  ]);
}

const bytesOf = (records: readonly Received[]) => records.reduce((sum, { data }) => sum + data.length, 0);

function portions(records: readonly Received[]): Received[][] {
  const all: Received[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of records) {
    if (bytes + record.data.length > PARCEL_BYTES || all.at(-1)?.length === PARCEL_RECORDS) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)!.push(record);
    bytes += record.data.length;
  }
  return all;
}

/** Read on for as long as the stream is there: what is not read waits in Kinesis. */
export async function afterFailedRead({ body, attempt }: Task<Reading>, ctx: Context, error: unknown): Promise<Again> {
  const stream = await streamWithId(ctx.store, body.stream);
  if (!stream) return undefined;
  await tellFailure(ctx, stream, 'main', error, 'Kinesis');
  return Math.min(FAILED_PAUSE_MS_MAX, pauseOf(attempt));
}
