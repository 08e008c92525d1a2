/**
 * Counts what watched accounts do, behind the commits, and closes each window when it is over: the first call of a
 * later window does that, or a worker where none comes.
 */
import { eventOf } from '../../core/events.ts';
import type { Worker } from '../../core/worker.ts';
import { organizationIdOf } from '../../identity/organization.ts';
import type { Follower, JournalRow, Transaction } from '../../store/store.ts';
import { type Closing, closeWindow, subjectOf } from './insightAnalysis.ts';
import { idFrom, nameOf, tellInsight } from './insightEvents.ts';
import { forgetHours, keepMinutes, minuteOf, plusOne } from './insightMetrics.ts';
import {
  type Activity,
  type Attribute,
  activities,
  baselines,
  counted,
  insightWatches,
  NO_TOPS,
  type Subject,
  subjectKey,
  windowOf,
} from './insightRows.ts';

/** Journal kind of Insights events. */
export const INSIGHT_KIND = 'insight';

export const insightFollower: Follower = {
  name: 'trail_insights',
  async follow(entries, tx) {
    if (!(await tx.get(insightWatches, ['*']))) return;
    const since = new Map<string, number | undefined>();
    const open = new Map<string, Activity>();
    for (const entry of entries) {
      if (entry.kind !== 'api') continue;
      if (!since.has(entry.account)) since.set(entry.account, await watchedSince(tx, entry.account));
      const watched = since.get(entry.account);
      if (watched === undefined || entry.time < watched) continue;
      for (const subject of subjectsOf(entry)) await count(tx, open, subject, entry, windowOf(watched));
    }
    for (const activity of open.values()) await tx.replace(activities, activity);
  },
};

/** The earliest of the account's own trails with Insights, and its organization's. */
async function watchedSince(tx: Transaction, account: string): Promise<number | undefined> {
  const own = (await tx.get(insightWatches, [account]))?.since;
  const organization = await organizationIdOf(tx, account);
  const shared = organization === undefined ? undefined : (await tx.get(insightWatches, [organization]))?.since;
  return own === undefined || shared === undefined ? (own ?? shared) : Math.min(own, shared);
}

interface Recorded {
  readonly eventSource: string;
  readonly eventName: string;
  readonly readOnly?: boolean;
  readonly errorCode?: string;
  readonly eventType?: string;
  readonly userAgent?: string;
  readonly userIdentity?: { readonly arn?: string; readonly invokedBy?: string };
}

/** Write calls are counted, and of all calls those that end in an error. */
function subjectsOf(entry: JournalRow): Subject[] {
  const { eventSource, eventName, readOnly, errorCode, eventType } = eventOf<Recorded>(entry);
  if (eventType !== 'AwsApiCall') return [];
  const common = { account: entry.account, region: entry.region, source: eventSource, name: eventName };
  return [
    ...(readOnly ? [] : [{ ...common, kind: 'ApiCallRateInsight', code: '' } as const]),
    ...(errorCode ? [{ ...common, kind: 'ApiErrorRateInsight', code: errorCode } as const] : []),
  ];
}

async function count(
  tx: Transaction,
  open: Map<string, Activity>,
  subject: Subject,
  entry: JournalRow,
  since: number,
): Promise<void> {
  const id = nameOf(subject);
  const window = windowOf(entry.time);
  let activity = open.get(id) ?? (await tx.get(activities, subjectKey(subject)));
  while (activity && activity.window < window) activity = await close(tx, activity, since);
  // The clock has been set back: what was counted of times to come is over, and so is an Insight.
  const ahead = activity !== undefined && activity.window > window + 1;
  while (ahead && activity) activity = await close(tx, activity, since);
  activity ??= { ...subject, window, count: 0, tops: NO_TOPS };
  // An entry that comes a little late counts in the window under way.
  const minute = activity.window === window ? minuteOf(entry.time) : 0;
  const minutes = plusOne(activity.minutes, minute);
  const tops = counted(activity.tops, valuesOf(entry));
  open.set(id, { ...activity, count: activity.count + 1, minutes, tops });
}

function valuesOf(entry: JournalRow): Readonly<Record<Attribute, string>> {
  const { userIdentity, userAgent, errorCode } = eventOf<Recorded>(entry);
  return {
    userIdentityArn: userIdentity?.arn ?? userIdentity?.invokedBy ?? 'null',
    userAgent: userAgent ?? 'null',
    errorCode: errorCode ?? 'null',
  };
}

/** Folds the window into the baseline and tells what it shows; what is left of the activity. */
async function close(tx: Transaction, activity: Activity, since: number): Promise<Activity | undefined> {
  const key = subjectKey(activity);
  const id = idFrom(nameOf(activity), String(activity.window));
  const closing = closeWindow(activity, await tx.get(baselines, key), since, id);
  if (closing.baseline) await tx.replace(baselines, closing.baseline);
  await keepMinutes(tx, activity);
  tell(tx, activity, closing);
  if (closing.activity) await tx.replace(activities, closing.activity);
  else await tx.remove(activities, key);
  return closing.activity;
}

function tell(tx: Transaction, activity: Activity, { started, ended }: Closing): void {
  const subject = subjectOf(activity);
  if (started) tellInsight(tx, subject, started, 'Start');
  if (ended) tellInsight(tx, subject, ended, 'End');
}

const CLOSED_A_TURN = 100;

/** Closes the windows of what has gone quiet. */
export const insightWorker: Worker = {
  name: 'trail-insights',
  everyMs: 15_000,
  async work({ store, now }) {
    const watched = await store.transaction((tx) => tx.get(insightWatches, ['*']));
    if (!watched) return false;
    const current = windowOf(now().getTime());
    await store.journal.catchUp();
    if (await store.transaction((tx) => forgetHours(tx, now().getTime()))) return true;
    return store.transaction(async (tx) => {
      const { rows } = await tx.list(activities, ['window'], { limit: CLOSED_A_TURN, index: 'window' });
      const over = rows.filter((activity) => activity.window < current);
      for (const activity of over) {
        await close(tx, activity, windowOf((await watchedSince(tx, activity.account)) ?? now().getTime()));
      }
      return over.length > 0;
    });
  },
};
