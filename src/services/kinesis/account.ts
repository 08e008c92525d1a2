/** What an account has and may have: DescribeLimits, and On-demand Advantage. */
import {
  type DescribeAccountSettingsOutput,
  type DescribeLimitsOutput,
  type MinimumThroughputBillingCommitmentOutput,
  type UpdateAccountSettingsInput,
  type UpdateAccountSettingsOutput,
  ValidationException,
} from '@aws-sdk/client-kinesis';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { type Account, accountRow, type Commitment, isCommitted, kinesisAccounts, shardLimit } from './accountRows.ts';
import { channels } from './channelRows.ts';
import { onDemandLimit } from './onDemand.ts';
import { HOUR_MS } from './shardRows.ts';
import { streams } from './streamRows.ts';

export const DescribeLimits: Operation<object, DescribeLimitsOutput> = {
  access: () => ({ resource: '*' }),
  async run(_input, ctx) {
    const { openShards } = await accountRow(ctx, ctx);
    const onDemand = [ctx.account, ctx.region, 'ON_DEMAND'];
    return {
      ShardLimit: shardLimit(ctx),
      OpenShardCount: openShards,
      OnDemandStreamCount: await ctx.store.count(streams, onDemand, 'mode', 'unchecked'),
      OnDemandStreamCountLimit: onDemandLimit(ctx),
      ChannelCount: await ctx.store.count(channels, [ctx.account, ctx.region], 'place', 'unchecked'),
      ChannelCountLimit: CHANNELS_A_STREAM * onDemandLimit(ctx),
    };
  },
};

export const DescribeAccountSettings: Operation<object, DescribeAccountSettingsOutput> = {
  access: () => ({ resource: '*' }),
  async run(_input, ctx) {
    return { MinimumThroughputBillingCommitment: view(await accountRow(ctx, ctx), ctx.now) };
  },
};

/** One to a bucket, one to a table. */
const CHANNELS_A_STREAM = 2;

const LEAST_MS = 24 * HOUR_MS;

export const UpdateAccountSettings: Operation<Present<UpdateAccountSettingsInput>, UpdateAccountSettingsOutput> = {
  access: () => ({ resource: '*' }),
  async run({ MinimumThroughputBillingCommitment: asked }, ctx) {
    const row = await accountRow(ctx, ctx);
    const now = ctx.now.getTime();
    const wanted = asked.Status === 'ENABLED';
    const warm = [ctx.account, ctx.region, 'warm'];
    if (!wanted && (await ctx.store.count(streams, warm, 'mode')) > 0) {
      const message = 'Warm throughput must be removed from all on-demand streams before the commitment is disabled.';
      fail(ValidationException, message);
    }
    const next = { ...row, commitment: wanted ? begun(row, now) : ended(row, now) };
    await ctx.store.replace(kinesisAccounts, next);
    return { MinimumThroughputBillingCommitment: view(next, ctx.now) };
  },
};

/** What is to end goes on. */
function begun({ commitment }: Account, now: number): Commitment {
  if (!commitment || (commitment.ends ?? now + 1) <= now) return { started: now, earliestEnd: now + LEAST_MS };
  const { ends: _, ...on } = commitment;
  return on;
}

function ended({ commitment }: Account, now: number): Commitment | undefined {
  if (!commitment || commitment.ends !== undefined) return commitment;
  return { ...commitment, ends: Math.max(now, commitment.earliestEnd) };
}

function view(row: Account, now: Date): MinimumThroughputBillingCommitmentOutput {
  const { commitment } = row;
  if (!commitment) return { Status: 'DISABLED' };
  const { started, earliestEnd, ends } = commitment;
  const StartedAt = new Date(started);
  if (!isCommitted(row, now)) return { Status: 'DISABLED', StartedAt, EndedAt: new Date(ends!) };
  const EarliestAllowedEndAt = new Date(earliestEnd);
  const Status = ends === undefined ? 'ENABLED' : 'ENABLED_UNTIL_EARLIEST_ALLOWED_END';
  return { Status, StartedAt, EarliestAllowedEndAt };
}
