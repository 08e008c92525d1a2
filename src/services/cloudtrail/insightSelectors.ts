/** Which Insights a trail, or an event data store, watches for. */
import {
  type GetInsightSelectorsRequest,
  type GetInsightSelectorsResponse,
  InsightNotEnabledException,
  type InsightSelector,
  InvalidInsightSelectorsException,
  InvalidParameterCombinationException,
  type PutInsightSelectorsRequest,
  type PutInsightSelectorsResponse,
  type SourceEventCategory,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { awsError, fail, notImplemented } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { tryBucket } from './destinations.ts';
import { categoryOf, dataSelectors, selectorsOf } from './eventSelectors.ts';
import { findTrail, requireHome, trailAccess } from './trailNames.ts';
import { type InsightKind, type Trail, trailArn, trails } from './trailRows.ts';
import { writeWishes } from './wishes.ts';

interface Named {
  readonly TrailName?: string | undefined;
  readonly EventDataStore?: string | undefined;
}

async function findNamed(ctx: Context, input: Named): Promise<Trail | Missing> {
  if (input.TrailName !== undefined && input.EventDataStore === undefined) return findTrail(ctx, input.TrailName);
  if (input.TrailName === undefined && input.EventDataStore !== undefined) {
    return notImplemented('Insights of event data stores');
  }
  const both = input.TrailName === undefined ? '' : ', and not both';
  const sentence = `Specify either TrailName or EventDataStore${both}.`;
  return new Missing('*', awsError(InvalidParameterCombinationException, sentence));
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutInsightSelectors.html */
export const PutInsightSelectors: Operation<Present<PutInsightSelectorsRequest>, PutInsightSelectorsResponse, Trail> = {
  load: (input, ctx) => findNamed(ctx, input),
  access: (_input, ctx, trail) => trailAccess(ctx, trail),
  async run(input, ctx, trail) {
    await requireHome(ctx, trail);
    const kinds = kindsIn(input.InsightSelectors);
    for (const kind of kinds.management) requireManagement(trail, kind);
    if (kinds.data.length > 0) requireData(trail);
    const { insights: _, insightsSince: since, dataInsights: __, dataInsightsSince: dataSince, ...rest } = trail;
    const now = ctx.now.getTime();
    const after: Trail = {
      ...rest,
      ...(kinds.management.length > 0 && { insights: kinds.management, insightsSince: since ?? now }),
      ...(kinds.data.length > 0 && { dataInsights: kinds.data, dataInsightsSince: dataSince ?? now }),
    };
    if (input.InsightSelectors.length > 0) await tryBucket(ctx, after, ['CloudTrail-Insight']);
    await ctx.store.replace(trails, after);
    await writeWishes(ctx, after);
    return view(after);
  },
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetInsightSelectors.html */
export const GetInsightSelectors: Operation<GetInsightSelectorsRequest, GetInsightSelectorsResponse, Trail> = {
  load: (input, ctx) => findNamed(ctx, input),
  access: (_input, ctx, trail) => trailAccess(ctx, trail),
  async run(_input, _ctx, trail) {
    if (trail.insights || trail.dataInsights) return view(trail);
    fail(
      InsightNotEnabledException,
      `Trail ${trailArn(trail)} does not have Insights enabled. Edit the trail settings to enable Insights, and then try the operation again.`,
    );
  },
};

const KINDS: readonly InsightKind[] = ['ApiCallRateInsight', 'ApiErrorRateInsight'];

function view(trail: Trail) {
  const selectors = KINDS.map((InsightType) => {
    const EventCategories: SourceEventCategory[] = [];
    if (trail.insights?.includes(InsightType)) EventCategories.push('Management');
    if (trail.dataInsights?.includes(InsightType)) EventCategories.push('Data');
    return { InsightType, EventCategories };
  });
  const InsightSelectors = selectors.filter(({ EventCategories }) => EventCategories.length > 0);
  return { TrailARN: trailArn(trail), InsightSelectors };
}

/** What is wanted of each category: management events unless something else is said. */
function kindsIn(selectors: readonly InsightSelector[]) {
  const found = { management: new Set<InsightKind>(), data: new Set<InsightKind>() };
  for (const { InsightType, EventCategories = [] } of selectors) {
    if (InsightType === undefined) fail(InvalidInsightSelectorsException, 'InsightType must not be null.');
    if (EventCategories.length === 0 || EventCategories.includes('Management')) found.management.add(InsightType);
    if (EventCategories.includes('Data')) found.data.add(InsightType);
  }
  return { management: [...found.management], data: [...found.data] };
}

/** Insights look at what the trail logs: write events for the call rate, any management events for the error rate. */
function requireManagement(trail: Trail, kind: InsightKind): void {
  const management = selectorsOf(trail).filter((selector) => categoryOf(selector) === 'Management');
  const writes = management.some((selector) =>
    selector.every(({ Field, Equals }) => Field !== 'readOnly' || Equals?.includes('false')),
  );
  if (kind === 'ApiCallRateInsight' ? writes : management.length > 0) return;
  const needed = kind === 'ApiCallRateInsight' ? 'write management events' : 'management events';
  fail(InvalidInsightSelectorsException, `To enable ${kind}, the trail must log ${needed}.`);
}

function requireData(trail: Trail): void {
  if (dataSelectors(trail).length > 0) return;
  fail(InvalidInsightSelectorsException, 'To enable Insights on data events, the trail must log data events.');
}
