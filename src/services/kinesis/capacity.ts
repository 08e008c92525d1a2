/** What a stream can take: its mode, its warm throughput, how large a record may be, where records go. */
import {
  InvalidArgumentException,
  type UpdateMaxRecordSizeInput,
  type UpdateStreamModeInput,
  type UpdateStreamRecordDistributionStrategyInput,
  type UpdateStreamWarmThroughputInput,
  type UpdateStreamWarmThroughputOutput,
  ValidationException,
} from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { onStream } from './access.ts';
import { countShards } from './accountRows.ts';
import { inWords, requireState } from './errors.ts';
import { requireOnDemand, requireOnDemandRoom, requireWarmable, shardsFor } from './onDemand.ts';
import { rationed } from './rations.ts';
import { remaining, reshard, scaled, WORK_MS } from './reshards.ts';
import { shardMapOf } from './shardRows.ts';
import { type Stream, streamArn, streams } from './streamRows.ts';

export const UpdateStreamMode = onStream<Present<UpdateStreamModeInput>, object>({
  async run({ StreamModeDetails, WarmThroughputMiBps: warm }, ctx, stream) {
    const mode = StreamModeDetails.StreamMode as Stream['mode'];
    if (mode === stream.mode) {
      fail(ValidationException, `The capacity mode of ${inWords(stream)} is already ${mode}.`);
    }
    if (warm !== undefined) requireOnDemand(mode, 'Warm throughput');
    requireState(stream, ctx.now, 'ACTIVE');
    const changes = rationed(ctx, stream, 'mode', 2, 'The capacity mode cannot be switched');
    const { warmMiBps: _, anyShard: __, ...rest } = stream;
    const next: Stream = { ...rest, mode, changes, busy: ctx.now.getTime() + WORK_MS };
    await requireOnDemandRoom(ctx, next);
    const open = remaining(await shardMapOf(ctx.store, stream));
    await countShards(ctx, stream, mode === 'PROVISIONED' ? open : -open);
    await ctx.store.replace(streams, next);
    if (warm !== undefined) await warmUp(ctx, next, warm);
    return {};
  },
});

export const UpdateStreamWarmThroughput = onStream<
  Present<UpdateStreamWarmThroughputInput>,
  UpdateStreamWarmThroughputOutput
>({
  async run({ WarmThroughputMiBps: warm }, ctx, stream) {
    requireOnDemand(stream.mode, 'Warm throughput');
    requireState(stream, ctx.now, 'ACTIVE');
    const CurrentMiBps = remaining(await shardMapOf(ctx.store, stream));
    await warmUp(ctx, stream, warm);
    const WarmThroughput = { TargetMiBps: warm, CurrentMiBps };
    return { StreamARN: streamArn(stream), StreamName: stream.name, WarmThroughput };
  },
});

/** Scales to as many shards as take that much. Nothing asked for: as few as a stream on demand has. */
async function warmUp(ctx: Context, stream: Stream, warm: number): Promise<void> {
  await requireWarmable(ctx, stream, warm);
  const { map, until } = scaled(await shardMapOf(ctx.store, stream), ctx.now, shardsFor(warm));
  const { warmMiBps: _, ...rest } = stream;
  await reshard(ctx, { ...rest, ...(warm > 0 && { warmMiBps: warm }) }, map, Math.max(until, stream.busy ?? 0));
}

export const UpdateMaxRecordSize = onStream<Present<UpdateMaxRecordSizeInput>, object>({
  async run({ MaxRecordSizeInKiB: maxRecordKiB }, ctx, stream) {
    requireState(stream, ctx.now, 'ACTIVE');
    await ctx.store.replace(streams, { ...stream, maxRecordKiB, busy: ctx.now.getTime() + WORK_MS });
    return {};
  },
});

/** In force at once. */
export const UpdateStreamRecordDistributionStrategy = onStream<
  Present<UpdateStreamRecordDistributionStrategyInput>,
  object
>({
  async run({ RecordDistributionStrategy: strategy }, ctx, stream) {
    if (stream.mode !== 'ON_DEMAND') {
      const message = `The record distribution strategy is only supported for streams with the on-demand capacity mode.`;
      fail(InvalidArgumentException, message);
    }
    requireState(stream, ctx.now, 'ACTIVE');
    const { anyShard: _, ...rest } = stream;
    await ctx.store.replace(streams, { ...rest, ...(strategy === 'AUTO' && { anyShard: true as const }) });
    return {};
  },
});
