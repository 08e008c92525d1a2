/** Streams on demand: how many an account may have, and how many shards they need. */
import { InvalidArgumentException, ValidationException } from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { quota } from '../../core/quotas.ts';
import { accountRow, isCommitted, LARGE_REGIONS } from './accountRows.ts';
import { tooMany } from './errors.ts';
import { type Stream, streams } from './streamRows.ts';

const STREAMS_MAX = 50;

export const onDemandLimit = (ctx: Context) => quota(ctx, 'On-demand Data Streams per account', STREAMS_MAX);

/** @throws LimitExceededException when one more stream on demand would be too many */
export async function requireOnDemandRoom(ctx: Context, { account, region, mode }: Stream): Promise<void> {
  if (mode !== 'ON_DEMAND') return;
  const max = onDemandLimit(ctx);
  if (await ctx.store.fits(streams, [account, region, mode], max, 'mode')) return;
  tooMany(`Account ${account} has reached the limit of ${max} streams with the on-demand capacity mode.`);
}

const LEAST_SHARDS = 4;

/** Of 1 MiB a second each. */
export const shardsFor = (warmMiBps: number | undefined) => Math.max(LEAST_SHARDS, warmMiBps ?? 0);

/** MiB a second. */
export const throughputLimit = (ctx: Context, { region }: Stream) =>
  quota(ctx, 'On-demand stream throughput', LARGE_REGIONS.has(region) ? 10_240 : 200);

/** @throws ValidationException, InvalidArgumentException */
export async function requireWarmable(ctx: Context, stream: Stream, warm: number): Promise<void> {
  if (!isCommitted(await accountRow(ctx, stream), ctx.now)) {
    const message =
      'Warm throughput is only supported in accounts that have MinimumThroughputBillingCommitment enabled.';
    fail(ValidationException, message);
  }
  const max = throughputLimit(ctx, stream);
  if (warm > max) fail(InvalidArgumentException, `Warm throughput cannot be greater than ${max} MiBps.`);
}

/** @throws ValidationException */
export function requireOnDemand(mode: Stream['mode'], what: string): void {
  if (mode === 'ON_DEMAND') return;
  fail(ValidationException, `${what} is only supported for streams with the on-demand capacity mode.`);
}
