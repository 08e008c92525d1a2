/**
 * What Insights know: for each API of a watched account how often it is called now, and how often it was in the seven
 * days before, both as sums of bounded size.
 */
import { type JournalRow, table } from '../../store/store.ts';
import type { InsightKind } from './trailRows.ts';

/** Accounts and organizations whose trails have Insights on; `*` marks that there are any. */
export interface InsightWatch {
  readonly owner: string;
  /** Milliseconds: of management events. Data events are watched for each trail by itself. */
  readonly since?: number | undefined;
  /** All, where it does not say. */
  readonly kinds?: readonly InsightKind[] | undefined;
  readonly regions?: readonly string[] | undefined;
}

export const insightWatches = table<InsightWatch>('trail_insight_watch', { key: (w) => [w.owner] });

/** Calls are counted in windows of so many milliseconds. */
export const WINDOW_MS = 300_000;
export const windowOf = (time: number) => Math.floor(time / WINDOW_MS);

export const ATTRIBUTES = ['userIdentityArn', 'userAgent', 'errorCode', 'resourceArn'] as const;
export type Attribute = (typeof ATTRIBUTES)[number];

/** Who calls, with what, with which error, and (of data events) on which resource: value → how often. */
export type Tops = Readonly<Partial<Record<Attribute, Readonly<Record<string, number>>>>>;

/** What is counted: calls of an API, or those of them that end in one error. */
export interface Subject {
  readonly account: string;
  readonly region: string;
  readonly kind: InsightKind;
  readonly source: string;
  readonly name: string;
  /** Empty for calls. */
  readonly code: string;
  /**
   * ARN of the trail whose data events are counted, or of the event data store whose management events are; none where
   * it is management events of trails.
   */
  readonly trail?: string | undefined;
}

/** An event data store with Insights. */
export interface WatchingStore {
  readonly arn: string;
  readonly kinds: readonly InsightKind[];
  /** Milliseconds. */
  readonly since: number;
}

/** Those that take a management event in. `organization`: that of the entry's account. */
export type StoresFor = (entry: JournalRow, organization: string | undefined) => readonly WatchingStore[];

export const NO_STORES: StoresFor = () => [];

export const subjectKey = (s: Subject) => [
  ...(s.trail === undefined ? [] : [s.trail]),
  ...[s.account, s.region, s.kind, s.source, s.name, s.code],
];

/** An Insight that has started. */
export interface OpenInsight {
  readonly id: string;
  /** First and last window of it; the calls in them. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly tops: Tops;
  /** The baseline as it was at the start. */
  readonly baseline: BaselineView;
}

export interface BaselineView {
  /** Calls a minute, and how many minutes were observed. */
  readonly average: number;
  readonly minutes: number;
  readonly tops: Tops;
}

/** The window under way. */
export interface Activity extends Subject {
  readonly window: number;
  readonly count: number;
  /** Calls in each minute of the window. */
  readonly minutes?: readonly number[] | undefined;
  readonly tops: Tops;
  readonly open?: OpenInsight | undefined;
}

/** Index `window`: all, by the window that has to be closed next. */
export const activities = table<Activity>('trail_insight_activity', {
  key: subjectKey,
  indexes: { window: (a) => [['window', String(a.window).padStart(12, '0')]] },
});

/** Calls of an hour, minute by minute: kept for those who ask for numbers. */
export interface InsightHour extends Subject {
  readonly hour: number;
  /** Minute of the hour → calls; those without any are left out. */
  readonly minutes: Readonly<Record<number, number>>;
}

export const hourPart = (hour: number) => String(hour).padStart(10, '0');

/** Index `hour`: all, oldest first. */
export const insightHours = table<InsightHour>('trail_insight_hour', {
  key: (h) => [...subjectKey(h), hourPart(h.hour)],
  indexes: { hour: (h) => [['hour', hourPart(h.hour)]] },
});

/** Windows of an hour together: their number of calls, and the sum of their squares. */
export interface BaselineHour {
  readonly hour: number;
  readonly sum: number;
  readonly squares: number;
}

export interface Baseline extends Subject {
  /** At most 168, oldest first; hours without a call are left out. */
  readonly hours: readonly BaselineHour[];
  /** At most eight days. */
  readonly days: readonly { readonly day: number; readonly tops: Tops }[];
}

export const baselines = table<Baseline>('trail_insight_baseline', { key: subjectKey });

export const NO_TOPS: Tops = {};
const VALUES_MAX = 20;

/** One more call. Past a bound, new values are no longer told apart. */
export function counted(tops: Tops, values: Readonly<Partial<Record<Attribute, string>>>): Tops {
  const next = { ...tops };
  for (const attribute of ATTRIBUTES) {
    const value = values[attribute];
    if (value !== undefined) next[attribute] = plus(tops[attribute] ?? {}, value, 1);
  }
  return next;
}

export function merged(a: Tops, b: Tops): Tops {
  const next = { ...a };
  for (const attribute of ATTRIBUTES) {
    for (const [value, count] of Object.entries(b[attribute] ?? {})) {
      next[attribute] = plus(next[attribute] ?? {}, value, count);
    }
  }
  return next;
}

function plus(
  counts: Readonly<Record<string, number>>,
  value: string,
  count: number,
): Readonly<Record<string, number>> {
  const known = Object.hasOwn(counts, value) ? counts[value]! : 0;
  if (known === 0 && Object.keys(counts).length >= VALUES_MAX) return counts;
  return { ...counts, [value]: known + count };
}
