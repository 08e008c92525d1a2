/**
 * SubscribeToShard: records as they come, for five minutes. Each turn reads on from where the one before ended and
 * waits where there is nothing; every few seconds an event without records tells how far it is.
 * https://docs.aws.amazon.com/streams/latest/dev/building-enhanced-consumers-api.html
 */
import {
  DryRunOperationException,
  ResourceInUseException,
  type SubscribeToShardEventStream,
  type SubscribeToShardInput,
  type SubscribeToShardOutput,
} from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Turn } from '../../core/ongoing.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { Wait } from '../../core/wait.ts';
import { type ConsumerTarget, consumerAccess, consumerOfArn, tellConsumer } from './consumerAccess.ts';
import {
  type Consumer,
  consumerArn,
  consumerState,
  type Subscription,
  subscriber,
  subscriptions,
} from './consumerRows.ts';
import { noStream } from './errors.ts';
import { bytes, count, measure, measureFailure, measureShard, milliseconds } from './gauges.ts';
import { placeFor, readableShard } from './iterators.ts';
import { FIRST_PLACE, packs } from './packRows.ts';
import { childrenOf, type Read, readToEnd } from './reading.ts';
import { sequenceOf } from './sequences.ts';
import { placeOf, type Shard, shardId, shardMapOf } from './shardRows.ts';
import { type Stream, streamAt } from './streamRows.ts';
import { MIB } from './throughput.ts';

const SUBSCRIBED_MS = 300_000;
const TAKEN_OVER_AFTER_MS = 5_000;
const BEAT_SECONDS = 5;
const BYTES_A_SECOND = 2 * MIB;
const RECORDS_AN_EVENT = 10_000;

interface State {
  /** Place of the next record, and the sequence number from which to go on. */
  readonly next: number;
  readonly continuation: string;
  /** So much was sent that nothing more is before this time. Milliseconds. */
  readonly rest: number;
  /** When the client last heard of us. */
  readonly told: number;
}

export const SubscribeToShard: Operation<Present<SubscribeToShardInput>, SubscribeToShardOutput, ConsumerTarget> = {
  recorded: 'data',
  readOnly: true,
  load: ({ ConsumerARN }, ctx) => consumerOfArn(ctx, ConsumerARN),
  access(_input, ctx, target) {
    tellConsumer(ctx, target);
    return consumerAccess(ctx, target, true);
  },
  async run({ ShardId, StartingPosition: from, DryRun }, ctx, { consumer, stream }) {
    requireActive(consumer, ctx.now);
    const shard = await readableShard(ctx, stream, ShardId);
    const next = await placeFor(ctx, stream, shard, {
      type: from.Type!,
      sequence: from.SequenceNumber,
      time: from.Timestamp,
      operation: 'SubscribeToShard',
    });
    if (DryRun) {
      fail(DryRunOperationException, 'The request was rejected because the DryRun parameter was specified.');
    }
    const own = await subscribed(ctx, stream, consumer, shard);
    measure(ctx, stream, [count('SubscribeToShard.Success')], { ConsumerName: consumer.name });
    const continuation = from.SequenceNumber ?? sequenceOf(shard, Math.max(FIRST_PLACE, next) - 1, shard.opens);
    const first: State = { next, continuation, rest: 0, told: ctx.now.getTime() };
    return {
      EventStream: ctx.ongoing(first, (now, state: State) => look(now, { stream, consumer, own }, shard, state)),
    };
  },
};

function requireActive(consumer: Consumer, now: Date): void {
  const state = consumerState(consumer, now);
  if (state === 'ACTIVE') return;
  fail(ResourceInUseException, `Consumer ${consumerArn(consumer)} is not ACTIVE, instead in state ${state}`);
}

/** @throws ResourceInUseException within five seconds of another one for the same consumer and shard */
async function subscribed(ctx: Context, stream: Stream, consumer: Consumer, { index }: Shard): Promise<Subscription> {
  const key = { stream: stream.id, consumer: subscriber(consumer), shard: index };
  const since = ctx.now.getTime();
  const other = await ctx.store.get(subscriptions, subscriptions.key({ ...key, id: '', since }));
  if (other && since - other.since < TAKEN_OVER_AFTER_MS) {
    measureFailure(ctx, (kept) => {
      const points = [count('SubscribeToShard.RateExceeded'), count('SubscribeToShard.Success', 0)];
      measure(kept, stream, points, { ConsumerName: consumer.name });
    });
    const message = `Another active subscription exists for this consumer: ${consumerArn(consumer)} and shard ${shardId(index)}.`;
    fail(ResourceInUseException, message);
  }
  const own = { ...key, id: uuid(ctx), since };
  await ctx.store.replace(subscriptions, own);
  return own;
}

interface Session {
  readonly stream: Stream;
  readonly consumer: Consumer;
  readonly own: Subscription;
}

async function look(
  ctx: Context,
  session: Session,
  shard: Shard,
  state: State,
): Promise<Turn<State, SubscribeToShardEventStream>> {
  const now = ctx.now.getTime();
  const stream = await stillThere(ctx, session);
  const end = session.own.since + SUBSCRIBED_MS;
  if (now >= end) return { state, events: [], over: true };
  const map = await shardMapOf(ctx.store, stream);
  const current = map.shards.find(({ index }) => index === shard.index) ?? shard;
  const resting = state.rest > now;
  const { read, ended } = resting ? RESTING : await readNext(ctx, stream, current, state);
  if (!ended && (!read || read.records.length === 0)) {
    const again = Math.min(end, ...(resting ? [state.rest] : []), current.closes ?? end) - now;
    if (ctx.mayWait && now - state.told < BEAT_SECONDS * 1000) {
      throw new Wait(packs, placeOf(stream, current.index), BEAT_SECONDS, Math.max(1, again), 'everybody');
    }
  }
  const told = read ?? { records: [], bytes: 0, next: state.next, atTip: false, behindMs: 0 };
  tell(ctx, session, current, told);
  const next: State = {
    next: told.next,
    continuation: told.records.at(-1)?.SequenceNumber ?? state.continuation,
    rest: now + Math.floor((told.bytes * 1000) / BYTES_A_SECOND),
    told: now,
  };
  const children = ended ? { ChildShards: childrenOf(map, stream, current, ctx.now) } : {};
  const SubscribeToShardEvent = {
    Records: told.records,
    // None tells that the shard has ended.
    ContinuationSequenceNumber: ended ? undefined : next.continuation,
    MillisBehindLatest: told.behindMs,
    ...children,
  };
  return { state: next, events: [{ SubscribeToShardEvent }], over: ended };
}

const RESTING = { read: undefined, ended: false };

const readNext = (ctx: Context, stream: Stream, shard: Shard, { next }: State) =>
  readToEnd(ctx, stream, shard, { next, records: RECORDS_AN_EVENT, bytes: BYTES_A_SECOND });

/** @throws ResourceNotFoundException, ResourceInUseException: told as the stream's last event */
async function stillThere(ctx: Context, { stream, consumer, own }: Session): Promise<Stream> {
  const { account, region, name, id } = stream;
  const there = await streamAt(ctx, [account, region, name]);
  if (there?.id !== id) throw noStream(stream);
  const current = await ctx.store.get(subscriptions, subscriptions.key(own));
  if (current?.id === own.id) return there;
  const message = `Another subscription of consumer ${consumerArn(consumer)} has taken over.`;
  return fail(ResourceInUseException, message);
}

function tell(ctx: Context, { stream, consumer }: Session, { index }: Shard, { bytes: size, records, behindMs }: Read) {
  const points = [
    bytes('SubscribeToShardEvent.Bytes', size),
    count('SubscribeToShardEvent.Records', records.length),
    milliseconds('SubscribeToShardEvent.MillisBehindLatest', behindMs),
    count('SubscribeToShardEvent.Success'),
  ];
  measure(ctx, stream, points, { ConsumerName: consumer.name });
  measureShard(ctx, stream, index, [bytes('OutgoingBytes', size), count('OutgoingRecords', records.length)]);
}
