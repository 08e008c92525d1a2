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
import { awsError, fail } from '../../core/errors.ts';
import { type Access, Missing, type Operation, type Present } from '../../core/operation.ts';
import { tryBucket } from './destinations.ts';
import { findStore, storeAccess } from './eventDataStoreNames.ts';
import { dataSelectors, selectorsOf } from './eventSelectors.ts';
import { putStoreInsights, requireManagement, type StoreInsights, storeInsights } from './storeInsights.ts';
import { storeOfId } from './storeKeys.ts';
import { findTrail, requireHome, trailAccess } from './trailNames.ts';
import { type InsightKind, type Trail, trailArn, trails } from './trailRows.ts';
import { writeWishes } from './wishes.ts';

interface Named {
  readonly TrailName?: string | undefined;
  readonly EventDataStore?: string | undefined;
  /** As a request names it; else the one that the store has already. */
  readonly InsightsDestination?: string | undefined;
}

type Watched = { readonly trail: Trail } | { readonly insights: StoreInsights };

async function findNamed(ctx: Context, input: Named): Promise<Watched | Missing> {
  const { TrailName: name, EventDataStore: id, InsightsDestination: destination } = input;
  if (id === undefined && destination !== undefined) return wrong('InsightsDestination goes with EventDataStore.');
  if (name !== undefined && id === undefined) {
    const trail = await findTrail(ctx, name);
    return trail instanceof Missing ? trail : { trail };
  }
  if (name === undefined && id !== undefined) return findStores(ctx, id, destination);
  return wrong(`Specify either TrailName or EventDataStore${name === undefined ? '' : ', and not both'}.`);
}

const wrong = (sentence: string) => new Missing('*', awsError(InvalidParameterCombinationException, sentence));

async function findStores(ctx: Context, id: string, asked: string | undefined): Promise<Watched | Missing> {
  const source = await findStore(ctx, id);
  if (source instanceof Missing) return source;
  const kept = source.insights && (await storeOfId(ctx, source.insights.destination));
  const destination = asked === undefined ? kept : await findStore(ctx, asked);
  return destination instanceof Missing ? destination : { insights: { source, destination } };
}

function access(_input: Named, ctx: Context, watched: Watched): readonly Access[] {
  if ('trail' in watched) return [trailAccess(ctx, watched.trail)];
  const { source, destination } = watched.insights;
  return [source, ...(destination ? [destination] : [])].map((store) => storeAccess(ctx, store));
}

type Put = Operation<Present<PutInsightSelectorsRequest>, PutInsightSelectorsResponse, Watched>;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutInsightSelectors.html */
export const PutInsightSelectors: Put = {
  load: (input, ctx) => findNamed(ctx, input),
  access,
  run: (input, ctx, watched) =>
    'trail' in watched
      ? putTrailInsights(ctx, watched.trail, input.InsightSelectors)
      : putStoreInsights(ctx, watched.insights, input.InsightSelectors),
};

async function putTrailInsights(ctx: Context, trail: Trail, selectors: readonly InsightSelector[]) {
  await requireHome(ctx, trail);
  const kinds = kindsIn(selectors);
  for (const kind of kinds.management) requireManagement(selectorsOf(trail), kind, 'trail');
  if (kinds.data.length > 0) requireData(trail);
  const { insights: _, insightsSince: since, dataInsights: __, dataInsightsSince: dataSince, ...rest } = trail;
  const now = ctx.now.getTime();
  const after: Trail = {
    ...rest,
    ...(kinds.management.length > 0 && { insights: kinds.management, insightsSince: since ?? now }),
    ...(kinds.data.length > 0 && { dataInsights: kinds.data, dataInsightsSince: dataSince ?? now }),
  };
  if (selectors.length > 0) await tryBucket(ctx, after, ['CloudTrail-Insight']);
  await ctx.store.replace(trails, after);
  await writeWishes(ctx, after);
  return view(after);
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetInsightSelectors.html */
export const GetInsightSelectors: Operation<GetInsightSelectorsRequest, GetInsightSelectorsResponse, Watched> = {
  load: ({ TrailName, EventDataStore }, ctx) => findNamed(ctx, { TrailName, EventDataStore }),
  access,
  async run(_input, _ctx, watched) {
    if ('insights' in watched) return storeInsights(watched.insights);
    const { trail } = watched;
    if (trail.insights || trail.dataInsights) return view(trail);
    return fail(
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

function requireData(trail: Trail): void {
  if (dataSelectors(trail).length > 0) return;
  fail(InvalidInsightSelectorsException, 'To enable Insights on data events, the trail must log data events.');
}
