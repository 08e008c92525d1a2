/**
 * Insights of event data stores: on the management events that one takes in, for another that takes Insights.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-event-data-store-insights.html
 */
import {
  type GetInsightSelectorsResponse,
  InsightNotEnabledException,
  type InsightSelector,
  InvalidInsightSelectorsException,
  InvalidParameterException,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { EventSelector } from '../../core/eventSelectors.ts';
import type { Present } from '../../core/operation.ts';
import { requireActive } from './eventDataStoreNames.ts';
import { categoryOf } from './eventSelectors.ts';
import { type EventDataStore, eventDataStores, kindOfStore, storeArn, storeSelectors } from './lakeRows.ts';
import type { InsightKind } from './trailRows.ts';
import { writeWishes } from './wishes.ts';

/** The store that Insights are of, and the one that they are for. */
export interface StoreInsights {
  readonly source: EventDataStore;
  readonly destination?: EventDataStore | undefined;
}

/** None turns Insights off. */
export async function putStoreInsights(
  ctx: Context,
  { source, destination }: StoreInsights,
  selectors: Present<readonly InsightSelector[]>,
): Promise<GetInsightSelectorsResponse> {
  requireActive(source);
  const kinds = kindsIn(selectors);
  if (kinds.length > 0) requireDestination(source, destination);
  requireLogged(source, kinds);
  const { insights: before, ...rest } = source;
  const since = before?.since ?? ctx.now.getTime();
  const after: EventDataStore = {
    ...rest,
    ...(kinds.length > 0 && { insights: { kinds, destination: destination?.id ?? '', since } }),
  };
  await ctx.store.replace(eventDataStores, after);
  await writeWishes(ctx, after);
  return view({ source: after, destination });
}

export function storeInsights(insights: StoreInsights): GetInsightSelectorsResponse {
  if (insights.source.insights) return view(insights);
  const arn = storeArn(insights.source);
  return fail(InsightNotEnabledException, `The event data store ${arn} does not have Insights enabled.`);
}

const view = ({ source, destination }: StoreInsights): GetInsightSelectorsResponse => ({
  EventDataStoreArn: storeArn(source),
  ...(source.insights && destination && { InsightsDestination: storeArn(destination) }),
  InsightSelectors: (source.insights?.kinds ?? []).map((InsightType) => ({
    ...{ InsightType, EventCategories: ['Management'] },
  })),
});

function kindsIn(selectors: readonly InsightSelector[]): InsightKind[] {
  const kinds = selectors.map(({ InsightType, EventCategories = [] }) => {
    if (InsightType === undefined) return fail(InvalidInsightSelectorsException, 'InsightType must not be null.');
    if (!EventCategories.includes('Data')) return InsightType;
    const sentence = 'Insights on data events are not supported on event data stores.';
    return fail(InvalidInsightSelectorsException, sentence);
  });
  return [...new Set(kinds)];
}

function requireDestination(source: EventDataStore, destination: EventDataStore | undefined): void {
  if (!destination) {
    const sentence = 'To enable Insights on an event data store, specify both EventDataStore and InsightsDestination.';
    fail(InvalidParameterException, sentence);
  }
  requireActive(destination);
  if (destination.account !== source.account) {
    const sentence = 'The source and destination event data stores must belong to the same account.';
    fail(InvalidParameterException, sentence);
  }
  if (kindOfStore(destination) === 'insights') return;
  const sentence = `The event data store ${storeArn(destination)} does not log Insights events.`;
  fail(InvalidInsightSelectorsException, sentence);
}

/** Throws InvalidInsightSelectorsException. */
export function requireLogged(store: Pick<EventDataStore, 'selectors'>, kinds: readonly InsightKind[]): void {
  for (const kind of kinds) requireManagement(storeSelectors(store), kind, 'event data store');
}

/** `what` must log write events for the call rate, any management events for the error rate. */
export function requireManagement(selectors: readonly EventSelector[], kind: InsightKind, what: string): void {
  const management = selectors.filter((selector) => categoryOf(selector) === 'Management');
  const writes = management.some((selector) =>
    selector.every(({ Field, Equals }) => Field !== 'readOnly' || Equals?.includes('false')),
  );
  if (kind === 'ApiCallRateInsight' ? writes : management.length > 0) return;
  const needed = kind === 'ApiCallRateInsight' ? 'write management events' : 'management events';
  fail(InvalidInsightSelectorsException, `To enable ${kind}, the ${what} must log ${needed}.`);
}
