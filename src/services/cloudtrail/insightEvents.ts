/**
 * Insights events, as CloudTrail writes them.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-trails.html
 */
import { createHash } from 'node:crypto';
import { emit } from '../../core/events.ts';
import { uuid } from '../../core/ids.ts';
import type { Transaction } from '../../store/store.ts';
import { WINDOW_MINUTES } from './insightAnalysis.ts';
import { ATTRIBUTES, type OpenInsight, type Subject, subjectKey, type Tops, WINDOW_MS } from './insightRows.ts';

/** Journal kinds of Insights events: on management events, and on data events of a trail. */
export const INSIGHT_KIND = 'insight';
export const DATA_INSIGHT_KIND = 'data-insight';

export type InsightState = 'Start' | 'End';

/** Milliseconds: of its first window, or behind its last. */
export const timeOf = ({ first, last }: OpenInsight, state: InsightState): number =>
  (state === 'Start' ? first : last + 1) * WINDOW_MS;

/** An id that is the same whoever closes the window: work behind has no dice. */
export function idFrom(...parts: readonly string[]): string {
  return uuid({ random: (bytes) => createHash('sha256').update(parts.join(' ')).digest().subarray(0, bytes) });
}

/** Tells the journal, and with it trails, Event history and the event bus. */
export function tellInsight(tx: Transaction, subject: Subject, insight: OpenInsight, state: InsightState): void {
  const { account, region } = subject;
  const id = idFrom(insight.id, state);
  const time = timeOf(insight, state);
  const event = {
    eventVersion: '1.09',
    eventTime: `${new Date(time).toISOString().slice(0, 19)}Z`,
    awsRegion: region,
    eventID: id,
    eventType: 'AwsCloudTrailInsight',
    recipientAccountId: account,
    sharedEventID: insight.id,
    insightDetails: {
      state,
      eventSource: subject.source,
      eventName: subject.name,
      insightType: subject.kind,
      ...(subject.code !== '' && { errorCode: subject.code }),
      sourceEventCategory: subject.trail === undefined ? 'Management' : 'Data',
      insightContext: averagesOf(insight),
      ...(subject.trail !== undefined && { insightSource: subject.trail }),
    },
    eventCategory: 'Insight',
  };
  const kind = subject.trail === undefined ? INSIGHT_KIND : DATA_INSIGHT_KIND;
  tx.append({ id, kind, account, region, time, body: JSON.stringify(event) });
  const now = new Date(time);
  const random = (bytes: number) => createHash('sha256').update(`${id} bus`).digest().subarray(0, bytes);
  const happening = { source: 'aws.cloudtrail', detailType: 'AWS Insight via CloudTrail', resources: [] };
  emit({ store: tx, now, account, region, random }, { ...happening, detail: event });
}

/** What is unusual, beside what was usual: averages are of calls a minute, durations in minutes. */
export function averagesOf({ first, last, count, tops, baseline }: OpenInsight) {
  const minutes = (last - first + 1) * WINDOW_MINUTES;
  return {
    statistics: {
      baseline: { average: rounded(baseline.average) },
      insight: { average: rounded(count / minutes) },
      insightDuration: minutes,
      baselineDuration: baseline.minutes,
    },
    attributions: ATTRIBUTES.filter((attribute) => tops[attribute] !== undefined).map((attribute) => ({
      attribute,
      insight: averages(tops[attribute], minutes),
      baseline: averages(baseline.tops[attribute], baseline.minutes),
    })),
  };
}

const SHOWN_MAX = 5;

function averages(counts: Tops[keyof Tops], minutes: number) {
  const ordered = Object.entries(counts ?? {}).sort(([, a], [, b]) => b - a);
  return ordered.slice(0, SHOWN_MAX).map(([value, count]) => ({ value, average: rounded(count / (minutes || 1)) }));
}

const rounded = (average: number) => Number(average.toFixed(10));

/** For tests and tables: the key of a subject as one text. */
export const nameOf = (subject: Subject) => subjectKey(subject).join(' ');
