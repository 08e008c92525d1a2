/**
 * Counts what watched accounts do, behind the commits, and closes each window when it is over: the first call of a
 * later window does that, or a worker where none comes.
 */
import { DATA_KIND } from '../../core/eventSelectors.ts';
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
  type InsightWatch,
  insightWatches,
  NO_STORES,
  NO_TOPS,
  type StoresFor,
  type Subject,
  subjectKey,
  windowOf,
} from './insightRows.ts';
import { ACTIVE, type Trail, trailArn, trails } from './trailRows.ts';

export const insightFollower: Follower = {
  name: 'trail_insights',
  async follow(entries, tx) {
    if (!(await tx.get(insightWatches, ['*']))) return;
    const look: Look = { watches: new Map(), organizations: new Map() };
    const open = new Map<string, Activity>();
    for (const entry of entries) {
      for (const [subject, since] of await watchedIn(tx, look, entry)) {
        if (entry.time >= since) await count(tx, open, subject, entry, windowOf(since));
      }
    }
    for (const activity of open.values()) await tx.replace(activities, activity);
  },
};

/** What was looked up already for the entries before. */
interface Look {
  readonly watches: Map<string, readonly InsightWatch[]>;
  readonly organizations: Map<string, string | undefined>;
  /** With Insights on data events. */
  trails?: readonly Trail[];
  storesFor?: StoresFor;
}

/** What the entry counts for, each with the time since when that is watched. */
async function watchedIn(tx: Transaction, look: Look, entry: JournalRow): Promise<[Subject, since: number][]> {
  const { account } = entry;
  if (entry.kind === DATA_KIND) return dataWatchedIn(tx, look, entry);
  if (entry.kind !== 'api') return [];
  const ofStores = await storesWatching(tx, look, entry);
  const watches = look.watches.get(account) ?? (await watchesOf(tx, account));
  look.watches.set(account, watches);
  if (watches.length === 0) return ofStores;
  const ofTrails = managementSubjects(entry).flatMap((subject): [Subject, number][] => {
    const since = sinceIn(watches, subject);
    return since === undefined ? [] : [[subject, since]];
  });
  return [...ofTrails, ...ofStores];
}

/** Each event data store with Insights counts the management events that it takes in. */
async function storesWatching(tx: Transaction, look: Look, entry: JournalRow): Promise<[Subject, since: number][]> {
  look.storesFor ??= await (await import('./lakeInsights.ts')).storesWatching(tx);
  if (look.storesFor === NO_STORES) return [];
  return look.storesFor(entry, await organizationOf(tx, look, entry.account)).flatMap(({ arn, kinds, since }) =>
    managementSubjects(entry, arn)
      .filter(({ kind }) => kinds.includes(kind))
      .map((subject): [Subject, number] => [subject, since]),
  );
}

async function organizationOf(tx: Transaction, { organizations }: Look, account: string): Promise<string | undefined> {
  if (!organizations.has(account)) organizations.set(account, await organizationIdOf(tx, account));
  return organizations.get(account);
}

const TRAILS_MAX = 100_000;

/** Each trail with Insights on data events counts those that it logs. */
async function dataWatchedIn(tx: Transaction, look: Look, entry: JournalRow): Promise<[Subject, since: number][]> {
  if (look.trails === undefined) {
    const { rows } = await tx.list(trails, [ACTIVE], { limit: TRAILS_MAX, index: 'active' });
    look.trails = rows.filter(({ logging, dataInsights }) => logging && dataInsights !== undefined);
  }
  if (look.trails.length === 0) return [];
  const { wantedBy } = await import('./routes.ts');
  return wantedBy(look.trails, entry, await organizationOf(tx, look, entry.account)).flatMap(({ trail }) =>
    dataSubjects(entry, trail).map((subject): [Subject, number] => [subject, trail.dataInsightsSince ?? 0]),
  );
}

/** Since when, in milliseconds; undefined: it no longer is. */
async function watchedSince(tx: Transaction, subject: Subject): Promise<number | undefined> {
  const { account, trail } = subject;
  if (trail === undefined) return sinceIn(await watchesOf(tx, account), subject);
  const [, , , region = '', owner = '', name = ''] = trail.split(':');
  if (isOfStore(subject)) return (await import('./lakeInsights.ts')).storeSince(tx, trail);
  return (await tx.get(trails, [owner, region, name.slice('trail/'.length)]))?.dataInsightsSince;
}

/** For the account's own trails with Insights, and for its organization's. */
async function watchesOf(tx: Transaction, account: string): Promise<readonly InsightWatch[]> {
  const own = await tx.get(insightWatches, [account]);
  const organization = await organizationIdOf(tx, account);
  const shared = organization === undefined ? undefined : await tx.get(insightWatches, [organization]);
  return [own, shared].filter((watch) => watch !== undefined);
}

/** The earliest time since when that is watched. */
function sinceIn(watches: readonly InsightWatch[], { kind, region }: Subject): number | undefined {
  const since = watches.flatMap(({ since, kinds, regions }) =>
    since !== undefined && (kinds?.includes(kind) ?? true) && (regions?.includes(region) ?? true) ? since : [],
  );
  return since.length === 0 ? undefined : Math.min(...since);
}

interface Recorded {
  readonly eventSource: string;
  readonly eventName: string;
  readonly readOnly?: boolean;
  readonly errorCode?: string;
  readonly eventType?: string;
  readonly userAgent?: string;
  readonly userIdentity?: { readonly arn?: string; readonly invokedBy?: string };
  readonly resources?: readonly { readonly ARN?: string; readonly type?: string }[] | undefined;
}

/** Write calls are counted, and of all calls those that end in an error. */
function managementSubjects(entry: JournalRow, store?: string): Subject[] {
  const { readOnly } = eventOf<Recorded>(entry);
  return subjectsOf(entry, store).filter(({ kind }) => kind === 'ApiErrorRateInsight' || !readOnly);
}

/** Of data events those that read are counted too. */
const dataSubjects = (entry: JournalRow, trail: Trail): Subject[] =>
  subjectsOf(entry, trailArn(trail)).filter(({ kind }) => trail.dataInsights?.includes(kind));

function subjectsOf(entry: JournalRow, trail?: string): Subject[] {
  const { eventSource, eventName, errorCode, eventType } = eventOf<Recorded>(entry);
  if (eventType !== 'AwsApiCall') return [];
  const { account, region } = entry;
  const common = { account, region, source: eventSource, name: eventName, ...(trail !== undefined && { trail }) };
  return [
    { ...common, kind: 'ApiCallRateInsight', code: '' },
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
  const tops = counted(activity.tops, valuesOf(entry, subject));
  open.set(id, { ...activity, count: activity.count + 1, minutes, tops });
}

/** As in AWS: a role without its sessions, the bucket rather than its objects, no error code where it is all one. */
function valuesOf(entry: JournalRow, { kind, trail }: Subject): Readonly<Partial<Record<Attribute, string>>> {
  const { userIdentity, userAgent, errorCode, resources = [] } = eventOf<Recorded>(entry);
  const resource = resources.find(({ type }) => type !== 'AWS::S3::Object') ?? resources[0];
  const arn = userIdentity?.arn?.replace(/^(arn:[\w-]+:sts::\d{12}:assumed-role\/[^/]+)\/.*$/, '$1');
  return {
    userIdentityArn: arn ?? userIdentity?.invokedBy ?? 'null',
    userAgent: userAgent ?? 'null',
    ...(kind === 'ApiCallRateInsight' && { errorCode: errorCode ?? 'null' }),
    ...(trail !== undefined && !isOfStore({ trail }) && { resourceArn: resource?.ARN ?? 'null' }),
  };
}

/** Folds the window into the baseline and tells what it shows; what is left of the activity. */
async function close(tx: Transaction, activity: Activity, since: number): Promise<Activity | undefined> {
  const key = subjectKey(activity);
  const id = idFrom(nameOf(activity), String(activity.window));
  const closing = closeWindow(activity, await tx.get(baselines, key), since, id);
  if (closing.baseline) await tx.replace(baselines, closing.baseline);
  await keepMinutes(tx, activity);
  await tell(tx, activity, closing);
  if (closing.activity) await tx.replace(activities, closing.activity);
  else await tx.remove(activities, key);
  return closing.activity;
}

async function tell(tx: Transaction, activity: Activity, { started, ended }: Closing): Promise<void> {
  const subject = subjectOf(activity);
  const told = isOfStore(subject) ? (await import('./lakeInsights.ts')).tellStore : tellInsight;
  if (started) await told(tx, subject, started, 'Start');
  if (ended) await told(tx, subject, ended, 'End');
}

const isOfStore = ({ trail }: Pick<Subject, 'trail'>): boolean => trail?.includes(':eventdatastore/') ?? false;

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
        await close(tx, activity, windowOf((await watchedSince(tx, activity)) ?? now().getTime()));
      }
      return over.length > 0;
    });
  },
};
