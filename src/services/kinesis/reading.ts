/** GetRecords: a range of a shard's packs, opened as far as the answer holds them. */
import {
  type _Record,
  type ChildShard,
  DryRunOperationException,
  type GetRecordsInput,
  type GetRecordsOutput,
} from '@aws-sdk/client-kinesis';
import type { Caller, Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import type { Page } from '../../store/store.ts';
import { streamAccess, tellAudit, unnamed } from './access.ts';
import { refuse, shardIsNot } from './errors.ts';
import { bytes, count, measure, measureFailure, measureShard, milliseconds } from './gauges.ts';
import { type Iterator, invalidIterator, iteratorText, openIterator, placeAt, requireFresh } from './iterators.ts';
import { keyToGet } from './keys.ts';
import { entriesOf, entryBytes, headOf, heads, ordered, type Pack, packs } from './packRows.ts';
import { sequencesFrom } from './sequences.ts';
import {
  decimalOf,
  findShard,
  isOpen,
  placeOf,
  type Shard,
  type ShardMap,
  shardId,
  shardMapOf,
  shownShards,
  trimHorizon,
} from './shardRows.ts';
import { type Stream, streamArn, streamAt } from './streamRows.ts';
import { countRead, MIB, mayRead, rateExceeded } from './throughput.ts';

const RECORDS_MAX = 10_000;
const BYTES_MAX = 10 * MIB;

interface Target {
  readonly stream: Stream;
  readonly iterator: Iterator;
  readonly requireFresh: (now: Date) => void;
}

export const GetRecords: Operation<Present<GetRecordsInput>, GetRecordsOutput, Target> = {
  recorded: 'data',
  readOnly: true,
  async load({ ShardIterator, StreamARN }, ctx) {
    const opened = openIterator(ctx, ShardIterator);
    if (!opened) return new Missing('*', invalidIterator());
    const { iterator } = opened;
    const arn = streamArn(iterator);
    if (StreamARN !== undefined && StreamARN !== arn)
      return unnamed(`The ShardIterator is not of stream ${StreamARN}.`);
    const { account, region, name } = iterator;
    const stream = region === ctx.region ? await streamAt(ctx, [account, region, name]) : undefined;
    if (stream?.id !== iterator.id) return new Missing(arn, shardIsNot(shardId(iterator.shard), iterator));
    return { stream, iterator, requireFresh: (now) => requireFresh(opened, now) };
  },
  access(_input, ctx, { stream }) {
    tellAudit(ctx, stream);
    return streamAccess(stream, ctx, true);
  },
  async run({ Limit, DryRun }, ctx, { stream, iterator, requireFresh }) {
    requireFresh(ctx.now);
    if (Limit !== undefined && Limit > RECORDS_MAX) refuse(`Limit must not be greater than ${RECORDS_MAX}.`);
    const map = await shardMapOf(ctx.store, stream);
    const shard = findShard(map, stream, iterator.shard, ctx.now);
    if (!shard) throw shardIsNot(shardId(iterator.shard), stream);
    const place = placeOf(stream, shard.index);
    if (!(await mayRead(ctx, place))) throw throttled(ctx, stream, shard);
    if (DryRun) fail(DryRunOperationException, 'The request was rejected because the DryRun parameter was specified.');
    const { read, ended } = await readToEnd(ctx, stream, shard, {
      next: iterator.next,
      records: Limit ?? RECORDS_MAX,
      bytes: BYTES_MAX,
    });
    await countRead(ctx, place, read.bytes);
    tellRead(ctx, stream, shard, read);
    return {
      Records: read.records,
      MillisBehindLatest: read.behindMs,
      ...(ended
        ? { ChildShards: childrenOf(map, stream, shard, ctx.now) }
        : { NextShardIterator: iteratorText(ctx, { ...iterator, next: read.next }) }),
    };
  },
};

/**
 * Reads, and tells whether that was all of a closed shard. Saying so is noted where whoever puts looks: a put that
 * began while the shard was open and is slower than its end loses the race, and goes to a shard that is open.
 */
export async function readToEnd(ctx: Context, stream: Stream, shard: Shard, wish: Wish) {
  const closed = !isOpen(shard, ctx.now.getTime());
  const head = closed ? await headOf(ctx, placeOf(stream, shard.index)) : undefined;
  const read = await readFrom(ctx, stream, shard, wish);
  if (!head || !read.atTip) return { read, ended: false };
  if (!head.ended) await ctx.store.replace(heads, { ...head, ended: true });
  return { read, ended: true };
}

function throttled(ctx: Context, stream: Stream, shard: Shard): Error {
  measureFailure(ctx, (kept) => {
    measure(kept, stream, [count('ReadProvisionedThroughputExceeded'), count('GetRecords.Success', 0)]);
    measureShard(kept, stream, shard.index, [count('ReadProvisionedThroughputExceeded')]);
  });
  return rateExceeded(stream, shard.index);
}

export interface Wish {
  /** Place of the first record. */
  readonly next: number;
  readonly records: number;
  readonly bytes: number;
  /** In whose name keys of KMS are used; else the caller's. */
  readonly as?: Caller | undefined;
}

export interface Read {
  readonly records: _Record[];
  readonly bytes: number;
  /** Place behind the last record. */
  readonly next: number;
  /** Nothing more is in the shard. */
  readonly atTip: boolean;
  readonly behindMs: number;
}

/** As many records as the wish allows, at least one where there is one. */
export async function readFrom(ctx: Context, stream: Stream, shard: Shard, wish: Wish): Promise<Read> {
  const records: _Record[] = [];
  let next = await untrimmed(ctx, stream, shard, wish.next);
  let size = 0;
  let last: Pack | undefined;
  const behind = (to: Pack | undefined) => (to ? Math.max(0, ctx.now.getTime() - to.at) : 0);
  for await (const row of packsFrom(ctx, stream, shard, next)) {
    const full = records.length >= wish.records || size >= wish.bytes;
    if (full || (records.length > 0 && row.bytes + size > wish.bytes)) {
      return { records, bytes: size, next, atTip: false, behindMs: behind(last ?? row) };
    }
    const entries = await entriesOf(ctx.store, row, () => keyToGet(ctx, stream, row, wish.as));
    const sequence = sequencesFrom(shard, row.first, row.at);
    const from = Math.max(0, next - row.first);
    const taken = entries.slice(from, from + wish.records - records.length);
    for (const [i, entry] of taken.entries()) {
      records.push(recordOf(row, entry, sequence(from + i)));
      size += entryBytes(entry);
    }
    next = row.first + from + taken.length;
    last = row;
    if (next <= row.last && taken.length > 0) {
      return { records, bytes: size, next, atTip: false, behindMs: behind(row) };
    }
  }
  return { records, bytes: size, next, atTip: true, behindMs: 0 };
}

const recordOf = (
  { at, dataKey }: Pack,
  { key, data }: { readonly key: string | undefined; readonly data: Uint8Array },
  SequenceNumber: string,
): _Record => ({
  SequenceNumber,
  ApproximateArrivalTimestamp: new Date(at),
  Data: data,
  ...(key !== undefined && { PartitionKey: key }),
  ...(dataKey !== undefined && { EncryptionType: 'KMS' as const }),
});

const PACKS_A_PAGE = 64;

/** In order. Not checked again: what is committed later lies behind all that is read here. */
async function* packsFrom({ store }: Context, stream: Stream, shard: Shard, place: number, some = PACKS_A_PAGE) {
  const prefix = [placeOf(stream, shard.index)];
  let after: string | undefined;
  do {
    const page = { from: ordered(place), limit: some, after, unchecked: true } as const;
    const { rows, next }: Page<Pack> = await store.list(packs, prefix, page);
    yield* rows;
    after = next;
  } while (after !== undefined);
}

/** What is past its retention may still be there: it is passed over at one leap. */
async function untrimmed(ctx: Context, stream: Stream, shard: Shard, next: number): Promise<number> {
  const horizon = trimHorizon(stream, ctx.now);
  for await (const first of packsFrom(ctx, stream, shard, next, 1)) {
    return first.at >= horizon
      ? Math.max(next, first.first)
      : Math.max(next, await placeAt(ctx, stream, shard, horizon));
  }
  return next;
}

function tellRead(ctx: Context, stream: Stream, shard: Shard, { records, bytes: size, behindMs }: Read): void {
  measure(ctx, stream, [
    bytes('GetRecords.Bytes', size),
    count('GetRecords.Records', records.length),
    milliseconds('GetRecords.IteratorAgeMilliseconds', behindMs),
    count('GetRecords.Success'),
    count('ReadProvisionedThroughputExceeded', 0),
  ]);
  measureShard(ctx, stream, shard.index, [
    bytes('OutgoingBytes', size),
    count('OutgoingRecords', records.length),
    milliseconds('IteratorAgeMilliseconds', behindMs),
    count('ReadProvisionedThroughputExceeded', 0),
  ]);
}

/** The shards that go on where one ends. */
export function childrenOf(map: ShardMap, stream: Stream, { index }: Shard, now: Date): ChildShard[] {
  return shownShards(map, stream, now)
    .filter(({ parent, adjacent }) => parent === index || adjacent === index)
    .map(({ index: child, parent, adjacent, from, to }) => ({
      ShardId: shardId(child),
      ParentShards: [parent, adjacent].filter((id) => id !== undefined).map(shardId),
      HashKeyRange: { StartingHashKey: decimalOf(from), EndingHashKey: decimalOf(to) },
    }));
}
