/**
 * What a shard takes and gives in a second: 1,000 records and 1 MiB in, five calls and 2 MiB out. What is in use drains
 * with time.
 * https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
 */
import { ProvisionedThroughputExceededException } from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { awsError } from '../../core/errors.ts';
import { table } from '../../store/store.ts';
import { inWords } from './errors.ts';
import type { Head } from './packRows.ts';
import { shardId } from './shardRows.ts';
import type { Stream } from './streamRows.ts';

export const MIB = 1024 * 1024;
const WRITTEN_RECORDS = 1000;
const WRITTEN_BYTES = MIB;

export const rateExceeded = (stream: Stream, shard: number) =>
  awsError(ProvisionedThroughputExceededException, `Rate exceeded for shard ${shardId(shard)} in ${inWords(stream)}.`);

/** What is left in use of a shard's throughput for writes at that moment. */
export function drained(head: Head, at: number): Pick<Head, 'records' | 'bytes'> {
  const seconds = Math.max(0, at - head.at) / 1000;
  return {
    records: Math.max(0, head.records - seconds * WRITTEN_RECORDS),
    bytes: Math.max(0, head.bytes - seconds * WRITTEN_BYTES),
  };
}

/** Whether one more record of that size may be written. Streams of large records may burst as far as one is long. */
export const fitsIn = (used: Pick<Head, 'records' | 'bytes'>, size: number, { maxRecordKiB }: Stream) =>
  used.records + 1 <= WRITTEN_RECORDS && used.bytes + size <= Math.max(WRITTEN_BYTES, maxRecordKiB * 1024);

/** How a shard was read from lately. */
interface Reads {
  readonly shard: string;
  /** The second that is counted. */
  readonly second: number;
  readonly calls: number;
  readonly iterators: number;
  readonly bytes: number;
  /** No reading before that time: so much was read. Milliseconds. */
  readonly rest: number;
}

export const shardReads = table<Reads>('kinesis_reads', { key: ({ shard }) => [shard] });

const READ_CALLS = 5;
const READ_BYTES = 2 * MIB;

const readsNow = async ({ store, now }: Context, shard: string): Promise<Reads> => {
  const second = Math.floor(now.getTime() / 1000);
  const known = await store.get(shardReads, [shard]);
  if (known?.second === second) return known;
  return { shard, second, calls: 0, iterators: 0, bytes: 0, rest: known?.rest ?? 0 };
};

/** Counts a call of GetShardIterator. @throws ProvisionedThroughputExceededException */
export async function countIterator(ctx: Context, place: string, stream: Stream, shard: number): Promise<void> {
  const reads = await readsNow(ctx, place);
  if (reads.iterators >= READ_CALLS) throw rateExceeded(stream, shard);
  await ctx.store.replace(shardReads, { ...reads, iterators: reads.iterators + 1 });
}

/** Whether the shard may be read from now. */
export async function mayRead(ctx: Context, place: string): Promise<boolean> {
  const { calls, rest } = await readsNow(ctx, place);
  return calls < READ_CALLS && rest <= ctx.now.getTime();
}

/** Counts a call of GetRecords with what it read. Who reads for seconds has to wait for as long. */
export async function countRead(ctx: Context, place: string, read: number): Promise<void> {
  const reads = await readsNow(ctx, place);
  const bytes = reads.bytes + read;
  const rest = bytes < READ_BYTES ? reads.rest : (reads.second + bytes / READ_BYTES) * 1000;
  await ctx.store.replace(shardReads, { ...reads, calls: reads.calls + 1, bytes, rest });
}
