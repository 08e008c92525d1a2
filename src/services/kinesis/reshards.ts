/**
 * How shards are split and merged. A change is written down whole when it is asked for: which shards close when, and
 * which open then. What is UPDATING until the last of these times is so by the clock; nothing has to run.
 */
import type { Context } from '../../core/context.ts';
import { countShards } from './accountRows.ts';
import { keepSweeping } from './retention.ts';
import {
  hashPlus,
  LAST_HASH,
  openShards,
  type Shard,
  type ShardMap,
  shardMapOf,
  shardMaps,
  uniformStarts,
} from './shardRows.ts';
import { type Stream, streams } from './streamRows.ts';

/** How long AWS would take, roughly, on a good day: for anything that it does behind a request. */
export const WORK_MS = 5_000;

type Range = Pick<Shard, 'from' | 'to'>;

/** Shards that take the place of others, at one time. */
export interface Change {
  readonly closing: readonly Shard[];
  readonly opening: readonly (Range & Pick<Shard, 'parent' | 'adjacent'>)[];
}

export const split = (shard: Shard, at: string): Change => ({
  closing: [shard],
  opening: [
    { from: shard.from, to: hashPlus(at, -1n), parent: shard.index },
    { from: at, to: shard.to, parent: shard.index },
  ],
});

export const merge = (lower: Shard, upper: Shard): Change => ({
  closing: [lower, upper],
  opening: [{ from: lower.from, to: upper.to, parent: lower.index, adjacent: upper.index }],
});

/** The map after these changes at that time. */
export function changed(map: ShardMap, changes: readonly Change[], at: number): ShardMap {
  const closing = new Set(changes.flatMap((change) => change.closing.map(({ index }) => index)));
  const opening = changes.flatMap((change) => change.opening);
  return {
    ...map,
    shards: [
      ...map.shards.map((shard) => (closing.has(shard.index) ? { ...shard, closes: at } : shard)),
      ...opening.map((shard, i) => ({ ...shard, index: map.next + i, opens: at })),
    ],
    next: map.next + opening.length,
  };
}

/** Carries changes out, and writes the stream, which is busy until then. @throws LimitExceededException */
export async function reshard(ctx: Context, stream: Stream, map: ShardMap, until: number): Promise<void> {
  const before = await shardMapOf(ctx.store, stream);
  if (stream.mode === 'PROVISIONED') await countShards(ctx, stream, remaining(map) - remaining(before));
  await ctx.store.replace(shardMaps, map);
  await ctx.store.replace(streams, { ...stream, busy: until });
  await keepSweeping(ctx, stream);
}

/** How many are open when all is done. */
export const remaining = ({ shards }: ShardMap) => shards.filter(({ closes }) => closes === undefined).length;

/**
 * Shards of one size, so many: split where one of them shall begin, then merged where none does, round after round.
 * Shards that live for a round only come and go on the way, as with AWS.
 */
export function scaled(map: ShardMap, now: Date, count: number): { readonly map: ShardMap; readonly until: number } {
  const starts = uniformStarts(count);
  let next = map;
  let until = now.getTime();
  for (;;) {
    const open = openShards(next, new Date(until));
    const changes = splits(open, starts);
    if (changes.length === 0) changes.push(...merges(open, starts));
    if (changes.length === 0) return { map: next, until };
    until += WORK_MS;
    next = changed(next, changes, until);
  }
}

/** Each shard in which some shall begin is split where the middle one of them does. */
function splits(open: readonly Shard[], starts: readonly string[]): Change[] {
  let at = 0;
  return open.flatMap((shard) => {
    const inside: string[] = [];
    for (; at < starts.length && starts[at]! <= shard.to; at++) if (starts[at]! > shard.from) inside.push(starts[at]!);
    return inside.length === 0 ? [] : [split(shard, inside[inside.length >> 1]!)];
  });
}

/** Neighbours between two beginnings, two and two. */
function merges(open: readonly Shard[], starts: readonly string[]): Change[] {
  const begins = new Set(starts);
  const changes: Change[] = [];
  for (let i = 0; i + 1 < open.length; i++) {
    if (begins.has(open[i + 1]!.from)) continue;
    changes.push(merge(open[i]!, open[i + 1]!));
    i++;
  }
  return changes;
}

/** The first shards of a stream. */
export function firstShards(count: number, opens: number): Shard[] {
  const starts = uniformStarts(count);
  return starts.map((from, index) => {
    const next = starts[index + 1];
    return { index, from, to: next === undefined ? LAST_HASH : hashPlus(next, -1n), opens };
  });
}
