/** Shard iterators: where somebody reads on. Sealed, so that only we can have made them; good for five minutes. */
import {
  DryRunOperationException,
  ExpiredIteratorException,
  type GetShardIteratorInput,
  type GetShardIteratorOutput,
  InvalidArgumentException,
} from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { onStream } from './access.ts';
import { inWords, noShard, refuse, shardIsNot } from './errors.ts';
import { headOf, ordered, packs } from './packRows.ts';
import { isOf, parseSequence } from './sequences.ts';
import { findShard, placeOf, type Shard, shardId, shardIndex, shardMapOf } from './shardRows.ts';
import { type Stream, stateOf } from './streamRows.ts';
import { countIterator } from './throughput.ts';

export interface Iterator {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** Of the stream. */
  readonly id: string;
  readonly shard: number;
  /** Place of the next record. */
  readonly next: number;
}

const PURPOSE = 'kinesis-iterator';
const AGE_MS_MAX = 300_000;

export function iteratorText({ secrets, now, random }: Context, iterator: Iterator): string {
  const { account, region, name, id, shard, next } = iterator;
  return secrets.seal(PURPOSE, [now.getTime(), account, region, name, id, shard, next].join('/'), random(12));
}

interface Opened {
  readonly iterator: Iterator;
  readonly made: number;
}

/** Undefined if it is none of ours. */
export function openIterator({ secrets }: Context, text: string): Opened | undefined {
  const parts = secrets.open(PURPOSE, text)?.toString('utf8').split('/');
  if (parts?.length !== 7) return undefined;
  const [made, account = '', region = '', name = '', id = '', shard, next] = parts;
  return { iterator: { account, region, name, id, shard: Number(shard), next: Number(next) }, made: Number(made) };
}

export const invalidIterator = () => awsError(InvalidArgumentException, 'Invalid ShardIterator.');

/** @throws ExpiredIteratorException */
export function requireFresh({ made }: Opened, now: Date): void {
  if (now.getTime() - made <= AGE_MS_MAX) return;
  fail(
    ExpiredIteratorException,
    `Iterator expired. The iterator was created at time ${spelt(new Date(made))} while right now it is ${spelt(now)} which is further in the future than the tolerated delay of ${AGE_MS_MAX} milliseconds.`,
  );
}

/** `Thu Jan 22 01:22:02 UTC 2015` */
function spelt(time: Date): string {
  const [weekday, day, month, year, clock] = time.toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${day} ${clock} UTC ${year}`;
}

export const GetShardIterator = onStream<Present<GetShardIteratorInput>, GetShardIteratorOutput>({
  recorded: 'data',
  readOnly: true,
  shared: true,
  async run(input, ctx, stream) {
    const shard = await readableShard(ctx, stream, input.ShardId);
    const next = await placeFor(ctx, stream, shard, {
      type: input.ShardIteratorType,
      sequence: input.StartingSequenceNumber,
      time: input.Timestamp,
      operation: 'GetShardIterator',
    });
    if (input.DryRun) {
      fail(DryRunOperationException, 'The request was rejected because the DryRun parameter was specified.');
    }
    await countIterator(ctx, placeOf(stream, shard.index), stream, shard.index);
    const { account, region, name, id } = stream;
    return { ShardIterator: iteratorText(ctx, { account, region, name, id, shard: shard.index, next }) };
  },
});

/** @throws ResourceNotFoundException */
export async function readableShard(ctx: Context, stream: Stream, id: string): Promise<Shard> {
  const index = shardIndex(id);
  if (index === undefined) throw noShard(id, stream);
  if (stateOf(stream, ctx.now) === 'CREATING') throw shardIsNot(shardId(index), stream);
  const shard = findShard(await shardMapOf(ctx.store, stream), stream, index, ctx.now);
  if (!shard) throw shardIsNot(shardId(index), stream);
  return shard;
}

export interface Start {
  readonly type: string;
  readonly sequence?: string | undefined;
  readonly time?: Date | undefined;
  /** For messages. */
  readonly operation: string;
}

type Place = (ctx: Context, stream: Stream, shard: Shard, start: Start) => Promise<number>;

/** Place of the first record to read. */
export function placeFor(ctx: Context, stream: Stream, shard: Shard, start: Start): Promise<number> {
  requireSound(start);
  return PLACES[start.type]!(ctx, stream, shard, start);
}

const PLACES: Readonly<Record<string, Place>> = {
  TRIM_HORIZON: async () => 0,
  LATEST: async (ctx, stream, shard) => (await headOf(ctx, placeOf(stream, shard.index))).next,
  AT_SEQUENCE_NUMBER: async (_ctx, stream, shard, start) => placeIn(stream, shard, start),
  AFTER_SEQUENCE_NUMBER: async (_ctx, stream, shard, start) => placeIn(stream, shard, start) + 1,
  AT_TIMESTAMP: async (ctx, stream, shard, { time }) => {
    if (time!.getTime() > ctx.now.getTime()) {
      refuse(
        `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${time!.getTime()}, currentTimestampInMillis: ${ctx.now.getTime()}`,
      );
    }
    return placeAt(ctx, stream, shard, time!.getTime());
  },
};

const BY_SEQUENCE = new Set(['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER']);

function requireSound({ type, sequence, time }: Start): void {
  if (BY_SEQUENCE.has(type) !== (sequence !== undefined) && type !== 'AT_TIMESTAMP') {
    const had = sequence === undefined ? 'no' : 'also a';
    refuse(
      `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and ${had} StartingSequenceNumber.`,
    );
  }
  if ((type === 'AT_TIMESTAMP') === (time !== undefined)) return;
  if (time === undefined)
    refuse(
      'Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.',
    );
  refuse(`Must not specify timestampInMillis parameter for iterator of type ${type}.`);
}

function placeIn(stream: Stream, shard: Shard, { sequence, operation }: Start): number {
  const used = `StartingSequenceNumber ${sequence} used in ${operation} on shard ${shardId(shard.index)} in ${inWords(stream)} is invalid`;
  const parsed = parseSequence(sequence!);
  if (!parsed) refuse(`${used}.`);
  if (parsed.shard !== shard.index) {
    refuse(
      `Invalid StartingSequenceNumber. It encodes ${shardId(parsed.shard)}, while it was used in a call to a shard with ${shardId(shard.index)}`,
    );
  }
  if (!isOf(parsed, shard)) refuse(`${used} because it did not come from this stream.`);
  return Number(parsed.place < BigInt(Number.MAX_SAFE_INTEGER) ? parsed.place : Number.MAX_SAFE_INTEGER - 1);
}

/** Of the first record that came at that time or later. */
export async function placeAt(ctx: Context, stream: Stream, shard: Shard, time: number): Promise<number> {
  const place = placeOf(stream, shard.index);
  const page = { index: 'at', from: ordered(time), limit: 1, unchecked: true } as const;
  const { rows } = await ctx.store.list(packs, [place], page);
  return rows[0]?.first ?? (await headOf(ctx, place)).next;
}
