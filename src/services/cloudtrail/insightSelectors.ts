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
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { awsError, fail, notImplemented } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { tryBucket } from './destinations.ts';
import { categoryOf, selectorsOf } from './eventSelectors.ts';
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
    const kinds = [...new Set(input.InsightSelectors.map(kindOf))];
    for (const kind of kinds) requireLogged(trail, kind);
    const { insights: _, insightsSince: since, ...rest } = trail;
    const on = { insights: kinds, insightsSince: since ?? ctx.now.getTime() };
    const after: Trail = { ...rest, ...(kinds.length > 0 && on) };
    if (kinds.length > 0) await tryBucket(ctx, after, ['CloudTrail-Insight']);
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
    if (trail.insights) return view(trail);
    fail(
      InsightNotEnabledException,
      `Trail ${trailArn(trail)} does not have Insights enabled. Edit the trail settings to enable Insights, and then try the operation again.`,
    );
  },
};

const view = (trail: Trail) => ({
  TrailARN: trailArn(trail),
  InsightSelectors: (trail.insights ?? []).map((InsightType) => ({ InsightType })),
});

function kindOf({ InsightType, EventCategories }: InsightSelector): InsightKind {
  if (InsightType === undefined) fail(InvalidInsightSelectorsException, 'InsightType must not be null.');
  if (EventCategories?.some((category) => category !== 'Management')) notImplemented('Insights on data events');
  return InsightType;
}

/** Insights look at what the trail logs: write events for the call rate, any management events for the error rate. */
function requireLogged(trail: Trail, kind: InsightKind): void {
  const management = selectorsOf(trail).filter((selector) => categoryOf(selector) === 'Management');
  const writes = management.some((selector) =>
    selector.every(({ Field, Equals }) => Field !== 'readOnly' || Equals?.includes('false')),
  );
  if (kind === 'ApiCallRateInsight' ? writes : management.length > 0) return;
  const needed = kind === 'ApiCallRateInsight' ? 'write management events' : 'management events';
  fail(InvalidInsightSelectorsException, `To enable ${kind}, the trail must log ${needed}.`);
}
