/** Who may through a Multi-Region Access Point, and to which of its Regions requests go. */
import type {
  GetMultiRegionAccessPointPolicyRequest,
  GetMultiRegionAccessPointPolicyResult,
  GetMultiRegionAccessPointPolicyStatusRequest,
  GetMultiRegionAccessPointPolicyStatusResult,
  GetMultiRegionAccessPointRoutesRequest,
  GetMultiRegionAccessPointRoutesResult,
  PutMultiRegionAccessPointPolicyRequest,
  PutMultiRegionAccessPointPolicyResult,
  SubmitMultiRegionAccessPointRoutesRequest,
} from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import {
  establishedPolicy,
  isGone,
  type MultiRegionAccessPoint,
  multiRegionAccessPoints,
  multiRegionArn,
  type RegionalBucket,
} from '../../identity/multiRegionAccessPoints.ts';
import { showPrincipals } from '../../identity/principalBinding.ts';
import { requireOwnAccount } from './accounts.ts';
import {
  type Account,
  noSuchPoint,
  ofDetailed,
  ofNamed,
  onMultiRegion,
  requireSettled,
} from './multiRegionAccessPoints.ts';
import { asynchronously, TAKES_MS } from './multiRegionRequests.ts';

type On<Request> = Present<Request> & Account;

export const PutMultiRegionAccessPointPolicy: Operation<
  On<PutMultiRegionAccessPointPolicyRequest>,
  PutMultiRegionAccessPointPolicyResult,
  MultiRegionAccessPoint
> = {
  ...ofDetailed,
  run: (input, ctx, point) =>
    asynchronously(ctx, 'put-policy', input, async () => {
      requireSettled(ctx, point);
      // No bucket's own block binds it: those are asked about with each request.
      const asked = { Bucket: '', Policy: input.Details.Policy, Arn: multiRegionArn(point), block: point.block };
      const accepted = await ctx.call<{ policy: string; isPublic: boolean }>('s3', 'AcceptAccessPointPolicy', asked);
      const before = establishedPolicy(point, ctx.now);
      const policy = { text: accepted.policy, isPublic: accepted.isPublic, from: ctx.now.getTime() + TAKES_MS };
      await ctx.store.replace(multiRegionAccessPoints, { ...point, policy, ...(before && { before }) });
      return point.regions.map(({ region }) => region);
    }),
};

export const GetMultiRegionAccessPointPolicy: Operation<
  On<GetMultiRegionAccessPointPolicyRequest>,
  GetMultiRegionAccessPointPolicyResult,
  MultiRegionAccessPoint
> = {
  ...ofNamed,
  async run(_input, ctx, point) {
    const shown = async (text: string) => ({ Policy: await showPrincipals(ctx.store, text) });
    const established = establishedPolicy(point, ctx.now);
    return {
      Policy: {
        ...(established && { Established: await shown(established.text) }),
        ...(point.policy && { Proposed: await shown(point.policy.text) }),
      },
    };
  },
};

export const GetMultiRegionAccessPointPolicyStatus: Operation<
  On<GetMultiRegionAccessPointPolicyStatusRequest>,
  GetMultiRegionAccessPointPolicyStatusResult,
  MultiRegionAccessPoint
> = {
  ...ofNamed,
  run: async (_input, ctx, point) => ({
    Established: { IsPublic: establishedPolicy(point, ctx.now)?.isPublic === true },
  }),
};

/** By its ARN, or its alias alone. */
async function multiRegionAt({ AccountId, Mrap }: Account & { readonly Mrap: string }, ctx: Context) {
  requireOwnAccount(ctx, AccountId);
  const alias = Mrap.slice(Mrap.lastIndexOf(Mrap.includes('/') ? '/' : ':') + 1);
  const [point] = (await ctx.store.list(multiRegionAccessPoints, [alias], { index: 'alias', limit: 1 })).rows;
  if (point?.account === ctx.account && !isGone(point, ctx.now)) return point;
  return new Missing(multiRegionArn({ account: ctx.account, alias }), noSuchPoint());
}

const ofRouted = { load: multiRegionAt, access: onMultiRegion };

export const GetMultiRegionAccessPointRoutes: Operation<
  On<GetMultiRegionAccessPointRoutesRequest>,
  GetMultiRegionAccessPointRoutesResult,
  MultiRegionAccessPoint
> = {
  ...ofRouted,
  run: async (_input, _ctx, point) => ({
    Mrap: multiRegionArn(point),
    Routes: point.regions.map(({ bucket, region, active }) => ({
      Bucket: bucket,
      Region: region,
      TrafficDialPercentage: active ? 100 : 0,
    })),
  }),
};

const invalid = (message: string) => new CommonError('InvalidRequest', message);

export const SubmitMultiRegionAccessPointRoutes: Operation<
  On<SubmitMultiRegionAccessPointRoutesRequest>,
  object,
  MultiRegionAccessPoint
> = {
  ...ofRouted,
  async run({ RouteUpdates: updates }, ctx, point) {
    requireSettled(ctx, point);
    let regions: readonly RegionalBucket[] = point.regions;
    for (const { Bucket, Region, TrafficDialPercentage: dial } of updates) {
      if (dial !== 0 && dial !== 100) throw invalid('The traffic dial percentage must be 0 or 100');
      const isMeant = ({ bucket, region }: RegionalBucket) =>
        (Bucket !== undefined || Region !== undefined) &&
        (Bucket ?? bucket) === bucket &&
        (Region ?? region) === region;
      if (!regions.some(isMeant)) throw invalid('The route is not one of the Multi-Region Access Point');
      regions = regions.map((each) => (isMeant(each) ? { ...each, active: dial === 100 } : each));
    }
    if (!regions.some(({ active }) => active)) throw invalid('At least one Region must be active at all times');
    await ctx.store.replace(multiRegionAccessPoints, { ...point, regions });
    return {};
  },
};
