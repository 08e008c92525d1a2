/**
 * Consumers registered with a stream for enhanced fan-out, as they are kept. A consumer of a name can be made again:
 * then it is another one, with another ARN.
 */
import type { Context } from '../../core/context.ts';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';
import { type Stream, streamArn } from './streamRows.ts';

export interface Consumer {
  readonly account: string;
  readonly region: string;
  /** Name and id of the stream. */
  readonly stream: string;
  readonly streamId: string;
  readonly name: string;
  /** Milliseconds, as all times here. */
  readonly created: number;
  /** CREATING until then. */
  readonly ready: number;
  /** DELETING until then, and gone from then on. */
  readonly gone?: number | undefined;
  readonly policy?: string | undefined;
  readonly tags: readonly Tag[];
}

export const consumers = table<Consumer>('kinesis_consumer', { key: ({ streamId, name }) => [streamId, name] });

export const consumerArn = ({ account, region, stream, name, created }: Consumer) =>
  `${streamArn({ account, region, name: stream })}/consumer/${name}:${Math.floor(created / 1000)}`;

/** Who subscribes to a shard for a consumer. A later one takes over. */
export interface Subscription {
  /** Id of the stream. */
  readonly stream: string;
  /** See `subscriber`. */
  readonly consumer: string;
  readonly shard: number;
  readonly id: string;
  /** Milliseconds. */
  readonly since: number;
}

export const subscriptions = table<Subscription>('kinesis_subscription', {
  key: ({ stream, consumer, shard }) => [stream, consumer, String(shard)],
});

/** A consumer, and no later one of its name. */
export const subscriber = ({ name, created }: Consumer) => `${name}:${created}`;

export type ConsumerState = 'CREATING' | 'ACTIVE' | 'DELETING';

export function consumerState({ ready, gone }: Consumer, now: Date): ConsumerState {
  if (gone !== undefined) return 'DELETING';
  return ready > now.getTime() ? 'CREATING' : 'ACTIVE';
}

const CONSUMERS_LOOKED_AT = 200;

/** All of a stream: there cannot be many. */
export async function consumersOf({ store, now }: Context, { id }: Pick<Stream, 'id'>): Promise<readonly Consumer[]> {
  const { rows } = await store.list(consumers, [id], { limit: CONSUMERS_LOOKED_AT });
  return rows.filter(({ gone }) => gone === undefined || gone > now.getTime());
}

export const hasConsumers = async (ctx: Context, stream: Stream) =>
  (await consumersOf(ctx, stream)).some(({ gone }) => gone === undefined);

export const consumerCount = async (ctx: Context, stream: Stream) => (await consumersOf(ctx, stream)).length;

/** Takes away what is left of a consumer that is gone. */
export async function forgetConsumer({ store }: Pick<Context, 'store'>, consumer: Consumer): Promise<void> {
  const { streamId } = consumer;
  const { rows } = await store.list(subscriptions, [streamId, subscriber(consumer)], { limit: SUBSCRIPTIONS_MAX });
  for (const row of rows) await store.remove(subscriptions, subscriptions.key(row));
  await store.remove(consumers, consumers.key(consumer));
}

/** Of one consumer: a shard each. */
const SUBSCRIPTIONS_MAX = 20_000;

/** All of a stream's that is deleted. */
export async function endConsumers(ctx: Context, stream: Stream, gone: number): Promise<void> {
  for (const consumer of await consumersOf(ctx, stream)) await ctx.store.replace(consumers, { ...consumer, gone });
}
