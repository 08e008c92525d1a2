/**
 * Multi-Region Access Points: made, described, listed and removed, whichever Region is asked.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPoints.html
 */
import type {
  CreateMultiRegionAccessPointRequest,
  CreateMultiRegionAccessPointResult,
  DeleteMultiRegionAccessPointRequest,
  DeleteMultiRegionAccessPointResult,
  GetMultiRegionAccessPointRequest,
  GetMultiRegionAccessPointResult,
  ListMultiRegionAccessPointsRequest,
  ListMultiRegionAccessPointsResult,
  MultiRegionAccessPointReport,
} from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import {
  isGone,
  type MultiRegionAccessPoint,
  multiRegionAccessPoints,
  multiRegionArn,
  type RegionalBucket,
} from '../../identity/multiRegionAccessPoints.ts';
import { ALL_BLOCKED, blockOf } from '../../identity/publicAccess.ts';
import { everyRow } from '../../store/everyRow.ts';
import { pointPages } from './accessPoints.ts';
import { requireOwnAccount } from './accounts.ts';
import { bucketNamed } from './bucketFacts.ts';
import { asynchronously, TAKES_MS } from './multiRegionRequests.ts';
import { pageAsked } from './pages.ts';

const POINTS_MAX = 100;
const REGIONS_MAX = 17;
const ALIAS_CHARACTERS = 13;

export interface Account {
  readonly AccountId?: string | undefined;
}

export const noSuchPoint = () =>
  new CommonError('NoSuchMultiRegionAccessPoint', 'The specified Multi-Region Access Point does not exist', 404);

/** Permission on the Multi-Region Access Point itself. */
function multiRegionAccess({ account, alias }: Pick<MultiRegionAccessPoint, 'account' | 'alias'>) {
  const resource = multiRegionArn({ account, alias });
  return {
    resource,
    resourceAccount: account,
    conditions: {
      's3:DataAccessPointAccount': account,
      's3:DataAccessPointArn': resource,
      's3:AccessPointNetworkOrigin': 'Internet',
    },
  };
}

async function multiRegionNamed(
  ctx: Context,
  AccountId: string | undefined,
  name: string,
): Promise<MultiRegionAccessPoint | Missing> {
  requireOwnAccount(ctx, AccountId);
  const found = await ctx.store.get(multiRegionAccessPoints, [ctx.account, name]);
  if (found && !isGone(found, ctx.now)) return found;
  return new Missing(multiRegionArn({ account: ctx.account, alias: name }), noSuchPoint());
}

/** Permission on the one that was found. */
export const onMultiRegion = (_input: unknown, _ctx: Context, point: MultiRegionAccessPoint) =>
  multiRegionAccess(point);

/** Of operations that are asked by its name. */
export const ofNamed = {
  load: (input: Account & { readonly Name: string }, ctx: Context) =>
    multiRegionNamed(ctx, input.AccountId, input.Name),
  access: onMultiRegion,
};

type Detailed = Account & { readonly Details: { readonly Name?: string | undefined } };

/** Of those that are given details, its name among them. */
export const ofDetailed = {
  load: (input: Detailed, ctx: Context) => multiRegionNamed(ctx, input.AccountId, input.Details.Name!),
  access: onMultiRegion,
};

export const CreateMultiRegionAccessPoint: Operation<
  Present<CreateMultiRegionAccessPointRequest> & Account,
  CreateMultiRegionAccessPointResult
> = {
  /** What its alias will be nobody knows yet, so policies are asked about its name. */
  access(input, ctx) {
    requireOwnAccount(ctx, input.AccountId);
    return multiRegionAccess({ account: ctx.account, alias: input.Details.Name! });
  },
  run: (input, ctx) => asynchronously(ctx, 'create', input, () => create(ctx, input.Details)),
};

async function create(ctx: Context, details: NonNullable<CreateMultiRegionAccessPointRequest['Details']>) {
  const { account, store, now } = ctx;
  for await (const point of everyRow(store, multiRegionAccessPoints, [account])) {
    if (isGone(point, now)) await store.remove(multiRegionAccessPoints, [account, point.name]);
  }
  const regions = await regionsOf(ctx, details.Regions ?? []);
  const max = quota(ctx, 'MultiRegionAccessPointsQuota', POINTS_MAX);
  if (!(await store.fits(multiRegionAccessPoints, [account], max))) {
    const message = 'You have attempted to create more Multi-Region Access Points than allowed';
    throw new CommonError('TooManyMultiRegionAccessPoints', message);
  }
  const made = await store.insert(multiRegionAccessPoints, {
    account,
    name: details.Name!,
    alias: `${lowerId(ALIAS_CHARACTERS, ctx)}.mrap`,
    created: now.getTime(),
    ready: now.getTime() + TAKES_MS,
    block: details.PublicAccessBlock ? blockOf(details.PublicAccessBlock) : ALL_BLOCKED,
    regions,
  });
  if (!made) {
    const message = 'You already have a Multi-Region Access Point with the same name.';
    throw new CommonError('MultiRegionAccessPointAlreadyOwnedByYou', message, 409);
  }
  return regions.map(({ region }) => region);
}

/** One bucket in each Region, of the account or of the one that the request names. */
async function regionsOf(
  ctx: Context,
  asked: readonly { Bucket: string | undefined; BucketAccountId?: string | undefined }[],
): Promise<readonly RegionalBucket[]> {
  if (asked.length === 0 || asked.length > REGIONS_MAX) {
    throw new CommonError(
      'InvalidRequest',
      `A Multi-Region Access Point must have between 1 and ${REGIONS_MAX} buckets`,
    );
  }
  const regions: RegionalBucket[] = [];
  for (const { Bucket = '', BucketAccountId = ctx.account } of asked) {
    const bucket = await bucketNamed(ctx, Bucket);
    if (bucket?.account !== BucketAccountId) {
      throw new CommonError('NoSuchBucket', 'The specified bucket does not exist', 404);
    }
    regions.push({ bucket: Bucket, region: bucket.region, account: bucket.account, active: true });
  }
  if (new Set(regions.map(({ region }) => region)).size < regions.length) {
    const message = 'The buckets used to create a Multi-Region Access Point cannot be in the same Region.';
    throw new CommonError('MultiRegionAccessPointSameBucketRegion', message);
  }
  return regions;
}

export const DeleteMultiRegionAccessPoint: Operation<
  Present<DeleteMultiRegionAccessPointRequest> & Account,
  DeleteMultiRegionAccessPointResult,
  MultiRegionAccessPoint
> = {
  ...ofDetailed,
  run: (input, ctx, point) =>
    asynchronously(ctx, 'delete', input, async () => {
      requireSettled(ctx, point);
      await ctx.store.replace(multiRegionAccessPoints, { ...point, gone: ctx.now.getTime() + TAKES_MS });
      return point.regions.map(({ region }) => region);
    }),
};

/** Throws MultiRegionAccessPointNotReady while it is being made, or goes. */
export function requireSettled({ now }: Context, { ready, gone }: MultiRegionAccessPoint): void {
  if (ready <= now.getTime() && gone === undefined) return;
  const message = 'The specified Multi-Region Access Point is not ready to be updated.';
  throw new CommonError('MultiRegionAccessPointNotReady', message, 409);
}

export const GetMultiRegionAccessPoint: Operation<
  Present<GetMultiRegionAccessPointRequest> & Account,
  GetMultiRegionAccessPointResult,
  MultiRegionAccessPoint
> = {
  ...ofNamed,
  run: async (_input, ctx, point) => ({ AccessPoint: reported(ctx, point) }),
};

const reported = ({ now }: Context, point: MultiRegionAccessPoint): MultiRegionAccessPointReport => ({
  Name: point.name,
  Alias: point.alias,
  CreatedAt: new Date(point.created),
  PublicAccessBlock: point.block,
  Status: point.gone !== undefined ? 'DELETING' : point.ready > now.getTime() ? 'CREATING' : 'READY',
  Regions: point.regions.map(({ bucket, region, account }) => ({
    Bucket: bucket,
    Region: region,
    BucketAccountId: account,
  })),
});

export const ListMultiRegionAccessPoints: Operation<
  Present<ListMultiRegionAccessPointsRequest> & Account,
  ListMultiRegionAccessPointsResult
> = {
  access(input, ctx) {
    requireOwnAccount(ctx, input.AccountId);
    return { resource: '*' };
  },
  async run(input, ctx) {
    const { rows, page } = await pointPages.rows(ctx, multiRegionAccessPoints, [ctx.account], pageAsked(input), {
      keep: (point) => !isGone(point, ctx.now),
    });
    return { AccessPoints: rows.map((point) => reported(ctx, point)), ...page };
  },
};
