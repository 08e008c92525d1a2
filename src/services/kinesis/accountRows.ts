/** What an account has of Kinesis in a Region, all streams together: it is kept along, so that nothing is counted. */
import { LimitExceededException } from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { quota } from '../../core/quotas.ts';
import { table } from '../../store/store.ts';

export interface Account {
  readonly account: string;
  readonly region: string;
  /** Open shards of provisioned streams, as they will be when what was asked for is done. */
  readonly openShards: number;
  /** Until when streams are CREATING, in milliseconds. */
  readonly creating: readonly number[];
  /** On-demand Advantage: since when, in milliseconds, and until when it cannot be given up. */
  readonly commitment?: Commitment | undefined;
}

export interface Commitment {
  readonly started: number;
  readonly earliestEnd: number;
  /** When it ends, or ended. */
  readonly ends?: number | undefined;
}

export const kinesisAccounts = table<Account>('kinesis_account', {
  key: ({ account, region }) => [account, region],
});

type Place = Pick<Account, 'account' | 'region'>;

export const accountRow = async ({ store }: Pick<Context, 'store'>, { account, region }: Place): Promise<Account> =>
  (await store.get(kinesisAccounts, [account, region])) ?? { account, region, openShards: 0, creating: [] };

/** Regions in which more is allowed. */
export const LARGE_REGIONS: ReadonlySet<string> = new Set(['us-east-1', 'us-west-2', 'eu-west-1']);

/** https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export const shardLimit = (ctx: Context) =>
  quota(ctx, 'Shards per Region', LARGE_REGIONS.has(ctx.region) ? 20_000 : 6_000);

/** Adds open shards to an account's, or takes some from it. @throws LimitExceededException */
export async function countShards(ctx: Context, place: Place, more: number, row?: Account): Promise<void> {
  if (more === 0 && !row) return;
  const known = row ?? (await accountRow(ctx, place));
  const limit = shardLimit(ctx);
  if (more > 0 && known.openShards + more > limit) {
    fail(
      LimitExceededException,
      `This request would exceed the shard limit for the account ${place.account} in ${place.region}. Current shard count for the account: ${known.openShards}. Limit: ${limit}. Number of additional shards that would have resulted from this request: ${more}. Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.`,
    );
  }
  await ctx.store.replace(kinesisAccounts, { ...known, openShards: Math.max(0, known.openShards + more) });
}

/** Whether On-demand Advantage is on. */
export const isCommitted = ({ commitment }: Account, now: Date): boolean =>
  commitment !== undefined && (commitment.ends === undefined || commitment.ends > now.getTime());
