/** How trails are shown, and the lists of them. */
import type {
  CreateTrailResponse,
  DescribeTrailsRequest,
  DescribeTrailsResponse,
  GetTrailRequest,
  GetTrailResponse,
  ListTrailsRequest,
  ListTrailsResponse,
  Trail as SdkTrail,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { organizationIdOf } from '../../identity/organization.ts';
import { isDefault } from './eventSelectors.ts';
import { findTrail, trailAccess } from './trailNames.ts';
import { type Trail, trailArn, trails } from './trailRows.ts';

/** What every answer about a trail says of it. */
export function settingsView(trail: Trail): CreateTrailResponse {
  return {
    Name: trail.name,
    S3BucketName: trail.bucket,
    ...(trail.prefix && { S3KeyPrefix: trail.prefix }),
    ...(trail.topic && { SnsTopicName: trail.topic.slice(trail.topic.lastIndexOf(':') + 1), SnsTopicARN: trail.topic }),
    IncludeGlobalServiceEvents: trail.globalEvents,
    IsMultiRegionTrail: trail.multiRegion,
    TrailARN: trailArn(trail),
    LogFileValidationEnabled: trail.validation !== undefined,
    ...(trail.logGroup && { CloudWatchLogsLogGroupArn: trail.logGroup, CloudWatchLogsRoleArn: trail.logRole }),
    ...(trail.key && { KmsKeyId: trail.key }),
    IsOrganizationTrail: trail.organization !== undefined,
  };
}

const wholeView = (trail: Trail): SdkTrail => ({
  ...settingsView(trail),
  HomeRegion: trail.region,
  HasCustomEventSelectors: !isDefault(trail),
  HasInsightSelectors: trail.insights !== undefined || trail.dataInsights !== undefined,
});

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrail.html */
export const GetTrail: Operation<Present<GetTrailRequest>, GetTrailResponse, Trail> = {
  load: (input, ctx) => findTrail(ctx, input.Name),
  access: (_input, ctx, trail) => trailAccess(ctx, trail),
  run: async (_input, _ctx, trail) => ({ Trail: wholeView(trail) }),
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html */
export const DescribeTrails: Operation<DescribeTrailsRequest, DescribeTrailsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const found = input.trailNameList?.length ? await named(ctx, input.trailNameList) : await visible(ctx);
    const shown = input.includeShadowTrails === false ? found.filter((trail) => !isShadow(ctx, trail)) : found;
    return { trailList: shown.map(wholeView) };
  },
};

/** A copy: of a trail of another Region, or of the organization's in a member account. */
const isShadow = (ctx: Context, trail: Trail) => trail.region !== ctx.region || trail.account !== ctx.account;

/** Names that nothing is known of are left out of the answer. */
async function named(ctx: Context, names: readonly string[]): Promise<Trail[]> {
  const found = new Map<string, Trail>();
  for (const name of names) {
    const trail = await findTrail(ctx, name);
    if (!(trail instanceof Missing)) found.set(trailArn(trail), trail);
  }
  return [...found.values()];
}

const NAMES_MAX = 100;
const PAGE = 1000;

/** The account's trails and its organization's, those of other Regions where they cover this one. */
async function visible(ctx: Context): Promise<Trail[]> {
  const all = await accountTrails(ctx);
  return all.filter((trail) => trail.multiRegion || trail.region === ctx.region);
}

/** All trails of the account in every Region, and its organization's. By the quota, few. */
async function accountTrails(ctx: Context): Promise<Trail[]> {
  const own = await ctx.store.list(trails, [ctx.account], { limit: PAGE });
  const organization = await organizationIdOf(ctx.store, ctx.account);
  if (organization === undefined) return [...own.rows];
  const shared = await ctx.store.list(trails, [organization], { limit: PAGE, index: 'organization' });
  return [...own.rows, ...shared.rows.filter((trail) => trail.account !== ctx.account)];
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTrails.html */
export const ListTrails: Operation<ListTrailsRequest, ListTrailsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const from = Number(input.NextToken ?? 0);
    const all = await accountTrails(ctx);
    const to = (Number.isSafeInteger(from) ? from : all.length) + NAMES_MAX;
    const page = all.slice(to - NAMES_MAX, to);
    return {
      Trails: page.map((trail) => ({ TrailARN: trailArn(trail), Name: trail.name, HomeRegion: trail.region })),
      ...(to < all.length && { NextToken: String(to) }),
    };
  },
};
