/** IncreaseStreamRetentionPeriod and DecreaseStreamRetentionPeriod. */
import type { DecreaseStreamRetentionPeriodInput, IncreaseStreamRetentionPeriodInput } from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import type { Present } from '../../core/operation.ts';
import { onStream } from './access.ts';
import { refuse, requireState } from './errors.ts';
import { WORK_MS } from './reshards.ts';
import { sweepAt } from './retention.ts';
import { type Stream, streams } from './streamRows.ts';

const HOURS_MIN = 24;
const HOURS_MAX = 8760;

export const IncreaseStreamRetentionPeriod = onStream<Present<IncreaseStreamRetentionPeriodInput>, object>({
  async run({ RetentionPeriodHours: hours }, ctx, stream) {
    requirePossible(hours);
    if (hours < stream.retentionHours) {
      refuse(
        `Requested retention period (${hours} hours) for stream ${stream.name} can not be shorter than existing retention period (${stream.retentionHours} hours). Use DecreaseRetentionPeriod API.`,
      );
    }
    return change(ctx, stream, hours);
  },
});

export const DecreaseStreamRetentionPeriod = onStream<Present<DecreaseStreamRetentionPeriodInput>, object>({
  async run({ RetentionPeriodHours: hours }, ctx, stream) {
    requirePossible(hours);
    if (hours > stream.retentionHours) {
      refuse(
        `Requested retention period (${hours} hours) for stream ${stream.name} can not be longer than existing retention period (${stream.retentionHours} hours). Use IncreaseRetentionPeriod API.`,
      );
    }
    return change(ctx, stream, hours);
  },
});

function requirePossible(hours: number): void {
  if (hours < HOURS_MIN) {
    refuse(
      `Minimum allowed retention period is ${HOURS_MIN} hours. Requested retention period (${hours} hours) is too short.`,
    );
  }
  if (hours > HOURS_MAX) {
    refuse(
      `Maximum allowed retention period is ${HOURS_MAX} hours. Requested retention period (${hours} hours) is too long.`,
    );
  }
}

/** In force at once; what is now past its time is swept at once. */
async function change(ctx: Context, stream: Stream, retentionHours: number): Promise<object> {
  requireState(stream, ctx.now, 'ACTIVE');
  const now = ctx.now.getTime();
  await ctx.store.replace(streams, { ...stream, retentionHours, busy: now + WORK_MS });
  await sweepAt(ctx, stream, now);
  return {};
}
