/** SplitShard, MergeShards, UpdateShardCount. */
import {
  InvalidArgumentException,
  type MergeShardsInput,
  type SplitShardInput,
  type UpdateShardCountInput,
  type UpdateShardCountOutput,
  ValidationException,
} from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { onStream } from './access.ts';
import { inWords, noShard, noStream, refuse, requireState, tooMany } from './errors.ts';
import { rationed } from './rations.ts';
import { changed, merge, reshard, scaled, split, WORK_MS } from './reshards.ts';
import {
  decimalOf,
  findShard,
  hashFrom,
  hashPlus,
  isOpen,
  openShards,
  type Shard,
  shardId,
  shardIndex,
  shardMapOf,
} from './shardRows.ts';
import { type Stream, stateOf, streamArn } from './streamRows.ts';

export const SplitShard = onStream<Present<SplitShardInput>, object>({
  async run({ ShardToSplit, NewStartingHashKey }, ctx, stream) {
    requireProvisioned(stream, 'SplitShard');
    const shard = await openShard(ctx, stream, ShardToSplit);
    const at = requireInside(shard, NewStartingHashKey, stream);
    requireState(stream, ctx.now, 'ACTIVE');
    const until = ctx.now.getTime() + WORK_MS;
    await reshard(ctx, stream, changed(await shardMapOf(ctx.store, stream), [split(shard, at)], until), until);
    return {};
  },
});

/** What AWS takes: more than one above the shard's first hash key, and less than its last one. */
function requireInside(shard: Shard, given: string, stream: Stream): string {
  const hash = hashFrom(given);
  if (hash !== undefined && hash > hashPlus(shard.from, 1n) && hash < shard.to) return hash;
  return refuse(
    `NewStartingHashKey ${given} used in SplitShard() on shard ${shardId(shard.index)} in ${inWords(stream)} is not both greater than one plus the shard's StartingHashKey ${decimalOf(shard.from)} and less than the shard's EndingHashKey ${decimalOf(shard.to)}.`,
  );
}

export const MergeShards = onStream<Present<MergeShardsInput>, object>({
  async run({ ShardToMerge, AdjacentShardToMerge }, ctx, stream) {
    requireProvisioned(stream, 'MergeShards');
    const lower = await openShard(ctx, stream, ShardToMerge);
    const upper = await openShard(ctx, stream, AdjacentShardToMerge);
    if (lower.to >= upper.from || hashPlus(lower.to, 1n) !== upper.from) {
      refuse(
        `Shards ${shardId(lower.index)} and ${shardId(upper.index)} in ${inWords(stream)} are not an adjacent pair of shards eligible for merging`,
      );
    }
    requireState(stream, ctx.now, 'ACTIVE');
    const until = ctx.now.getTime() + WORK_MS;
    await reshard(ctx, stream, changed(await shardMapOf(ctx.store, stream), [merge(lower, upper)], until), until);
    return {};
  },
});

/** @throws ResourceNotFoundException, InvalidArgumentException when it is closed */
async function openShard(ctx: Context, stream: Stream, id: string): Promise<Shard> {
  const index = shardIndex(id);
  if (index === undefined) throw noShard(id, stream);
  if (stateOf(stream, ctx.now) === 'CREATING') throw noStream(stream);
  const shard = findShard(await shardMapOf(ctx.store, stream), stream, index, ctx.now);
  if (!shard) throw noShard(shardId(index), stream);
  if (isOpen(shard, ctx.now.getTime())) return shard;
  throw awsError(
    InvalidArgumentException,
    `Shard ${shardId(index)} in ${inWords(stream)} has already been merged or split, and thus is not eligible for merging or splitting.`,
  );
}

function requireProvisioned(stream: Stream, operation: string): void {
  if (stream.mode === 'PROVISIONED') return;
  const message = `${operation} is not supported for ${inWords(stream)}, which is in the on-demand capacity mode.`;
  fail(ValidationException, message);
}

const SHARDS_MAX = 10_000;

export const UpdateShardCount = onStream<Present<UpdateShardCountInput>, UpdateShardCountOutput>({
  async run({ TargetShardCount: target }, ctx, stream) {
    requireProvisioned(stream, 'UpdateShardCount');
    requireState(stream, ctx.now, 'ACTIVE');
    const map = await shardMapOf(ctx.store, stream);
    const current = openShards(map, ctx.now).length;
    requireTarget(ctx, current, target);
    const changes = rationed(ctx, stream, 'shards', 10, 'UpdateShardCount cannot be called');
    const { map: next, until } = scaled(map, ctx.now, target);
    await reshard(ctx, { ...stream, changes }, next, until);
    return {
      StreamName: stream.name,
      CurrentShardCount: current,
      TargetShardCount: target,
      StreamARN: streamArn(stream),
    };
  },
});

function requireTarget(ctx: Context, current: number, target: number): void {
  const counts = `Current open shard count: ${current}, Target shard count: ${target}`;
  const max = quota(ctx, 'Shards per stream', SHARDS_MAX);
  if (target > max) {
    tooMany(`Target shard count or number of open shards cannot be greater than ${max}. ${counts}`);
  }
  if (target > current * 2) {
    tooMany(`UpdateShardCount cannot scale up over double your current open shard count. ${counts}`);
  }
  if (target < current / 2) {
    tooMany(`UpdateShardCount cannot scale down below half your current open shard count. ${counts}`);
  }
  if (target === current) refuse(`Target shard count must not be the current open shard count. ${counts}`);
}
