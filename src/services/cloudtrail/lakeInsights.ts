/**
 * Insights events as event data stores take them in: not in the form that trails have.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-lake.html
 */
import type { Transaction } from '../../store/store.ts';
import { ACTIVITY_KIND, activityBody } from './channelRows.ts';
import { averagesOf, type InsightState, idFrom, timeOf } from './insightEvents.ts';
import { NO_STORES, type OpenInsight, type StoresFor, type Subject } from './insightRows.ts';
import { ingestingStores, storeArn } from './lakeRows.ts';
import { storesWanting } from './routes.ts';
import { storeOfId } from './storeKeys.ts';

/** NO_STORES where none has Insights. */
export async function storesWatching(tx: Transaction): Promise<StoresFor> {
  const stores = (await ingestingStores(tx)).filter(({ insights }) => insights !== undefined);
  if (stores.length === 0) return NO_STORES;
  return (entry, organization) =>
    storesWanting(stores, entry, organization).map((store) => {
      const { kinds = [], since = 0 } = store.insights ?? {};
      return { arn: storeArn(store), kinds, since };
    });
}

/** Since when Insights are watched for a store; undefined: they no longer are. */
export const storeSince = async (tx: Transaction, arn: string): Promise<number | undefined> =>
  (await storeOfId({ store: tx }, idIn(arn)))?.insights?.since;

const idIn = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1);

/** Owes the event to the store that the watched one names, while that takes any. */
export async function tellStore(
  tx: Transaction,
  subject: Subject,
  insight: OpenInsight,
  state: InsightState,
): Promise<void> {
  const { trail: watcher = '', account, region } = subject;
  const source = await storeOfId({ store: tx }, idIn(watcher));
  const destination = source?.insights && (await storeOfId({ store: tx }, source.insights.destination));
  if (!destination?.ingesting) return;
  const id = idFrom(insight.id, state);
  const time = timeOf(insight, state);
  const { statistics, attributions } = averagesOf(insight);
  const event = {
    eventVersion: '1.0',
    eventCategory: 'Insight',
    eventType: 'AwsCloudTrailInsight',
    eventID: id,
    eventTime: `${new Date(time).toISOString().slice(0, 19)}Z`,
    awsRegion: region,
    recipientAccountId: account,
    sharedEventID: insight.id,
    insightSource: watcher,
    insightState: state,
    insightEventSource: subject.source,
    insightEventName: subject.name,
    ...(subject.code !== '' && { insightErrorCode: subject.code }),
    insightType: subject.kind,
    insightContext: {
      baselineAverage: statistics.baseline.average,
      insightAverage: statistics.insight.average,
      baselineDuration: statistics.baselineDuration,
      insightDuration: statistics.insightDuration,
      attributions,
    },
  };
  tx.append({ id, kind: ACTIVITY_KIND, account, region, time, body: activityBody([destination.id], event) });
}
