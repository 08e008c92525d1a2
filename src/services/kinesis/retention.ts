/** What is past a stream's retention period, and what is left of a stream that is gone, is taken away behind requests. */
import type { Context } from '../../core/context.ts';
import { type Again, later, type Task, tasks } from '../../core/tasks.ts';
import { type Consumer, consumers, forgetConsumer } from './consumerRows.ts';
import { dropPack, heads, packs } from './packRows.ts';
import { HOUR_MS, placeOf, type ShardMap, shardMaps, trimHorizon } from './shardRows.ts';
import { type Stream, streams } from './streamRows.ts';
import { type Deregistered, RETENTION, type Sweep } from './tasks.ts';
import { shardReads } from './throughput.ts';

const TAKEN_A_TURN = 200;
const PAUSE_MS = 60_000;

/** Whoever puts the first records into a stream, or closes shards, owes that they go when their time is over. */
export async function keepSweeping(ctx: Context, stream: Stream): Promise<void> {
  if (await ctx.store.get(tasks, [RETENTION, stream.id])) return;
  await sweepAt(ctx, stream, ctx.now.getTime() + stream.retentionHours * HOUR_MS);
}

/** A task of that stream, now or later. */
export async function sweepAt(ctx: Context, stream: Stream, due: number, kind = RETENTION): Promise<void> {
  const { account, region, name, id } = stream;
  await later(ctx, { kind, id, due, account, region, body: { account, region, name } satisfies Sweep });
}

/** Again when the oldest record that is left will be past its time. */
export async function endRetention({ id, body }: Task<Sweep>, ctx: Context): Promise<Again> {
  const stream = await ctx.store.get(streams, [body.account, body.region, body.name]);
  if (stream?.id !== id || stream.gone !== undefined) return undefined; // Another task empties it.
  const map = await ctx.store.get(shardMaps, [id]);
  const horizon = trimHorizon(stream, ctx.now);
  let oldest = Number.POSITIVE_INFINITY;
  let room = TAKEN_A_TURN;
  for (const { index, closes } of map?.shards ?? []) {
    const shard = placeOf(stream, index);
    if (closes !== undefined && closes > horizon) oldest = Math.min(oldest, closes);
    const { rows } = await ctx.store.list(packs, [shard], { index: 'at', limit: room + 1 });
    for (const row of rows) {
      if (row.at >= horizon) {
        oldest = Math.min(oldest, row.at);
        break;
      }
      if (room-- === 0) return 0;
      await dropPack(ctx.store, row);
    }
  }
  if (map) await forgetShards(ctx, stream, map, horizon);
  return oldest === Number.POSITIVE_INFINITY ? undefined : Math.max(PAUSE_MS, oldest - horizon);
}

/** Shards that are expired go from the front of the map, with what was kept of each. */
async function forgetShards(ctx: Context, stream: Stream, map: ShardMap, horizon: number): Promise<void> {
  const kept = map.shards.findIndex(({ closes }) => closes === undefined || closes > horizon);
  if (kept <= 0) return;
  for (const { index } of map.shards.slice(0, kept)) await forgetShard(ctx, placeOf(stream, index));
  await ctx.store.replace(shardMaps, { ...map, shards: map.shards.slice(kept) });
}

async function forgetShard({ store }: Context, shard: string): Promise<void> {
  await store.remove(heads, [shard]);
  await store.remove(shardReads, [shard]);
}

/** Takes away all that is left of a stream that is gone. */
export async function endStream({ id, body }: Task<Sweep>, ctx: Context): Promise<Again> {
  const key = [body.account, body.region, body.name];
  const map = await ctx.store.get(shardMaps, [id]);
  let room = TAKEN_A_TURN;
  for (const { index } of map?.shards ?? []) {
    const { rows } = await ctx.store.list(packs, [placeOf({ id }, index)], { limit: room });
    for (const row of rows) await dropPack(ctx.store, row);
    room -= rows.length;
    if (room === 0) return 0;
    await forgetShard(ctx, placeOf({ id }, index));
  }
  const { rows } = await ctx.store.list(consumers, [id], { limit: TAKEN_A_TURN });
  for (const consumer of rows) await forgetConsumer(ctx, consumer);
  await ctx.store.remove(shardMaps, [id]);
  if ((await ctx.store.get(streams, key))?.id === id) await ctx.store.remove(streams, key);
  return undefined;
}

/** A consumer of that name that was registered meanwhile is another one. */
export async function endConsumer({ body }: Task<Deregistered>, ctx: Context): Promise<Again> {
  const consumer: Consumer | undefined = await ctx.store.get(consumers, [body.stream, body.name]);
  if (consumer?.gone !== undefined && consumer.gone <= ctx.now.getTime()) await forgetConsumer(ctx, consumer);
  return undefined;
}
