/**
 * Data events counted: for a trail that wants it, a summary of every five minutes beside the events themselves, one for
 * each name (or resource, or user) and who, what and whence within it. What is counted is kept with the position of the
 * pass along the journal, so that no event is counted twice; it is told when its five minutes are over.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aggregated-events.html
 */
import type { Template } from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { eventOf } from '../../core/events.ts';
import { uuid } from '../../core/ids.ts';
import type { Surroundings } from '../../core/worker.ts';
import { type JournalRow, table } from '../../store/store.ts';
import { addRecord, type LogFile, newLogFile } from './logFiles.ts';
import { SERVICE } from './organizationTrails.ts';
import { keepParcel } from './parcels.ts';
import { type Trail, trailArn } from './trailRows.ts';

const WINDOW_MS = 300_000;
/** Of one dimension; what comes beyond is in the sum alone. */
const NAMES_MAX = 1000;

interface Aggregate {
  /** As it was when the events were gathered. */
  readonly trail: Trail;
  readonly account: string;
  readonly region: string;
  readonly window: number;
  readonly source: string;
  readonly template: Template;
  /** The name that the summary is of. */
  readonly name: string;
  count: number;
  /** Dimension → name → how often. */
  readonly details: Record<string, Record<string, number>>;
}

const windowPart = (window: number) => String(window).padStart(12, '0');

/** Index `window`: all, the first to be told first. */
const aggregates = table<Aggregate>('trail_aggregate', {
  key: (a) => [trailArn(a.trail), a.account, a.region, windowPart(a.window), a.source, a.template, a.name],
  indexes: { window: (a) => [['window', windowPart(a.window)]] },
});

interface Recorded {
  readonly eventSource: string;
  readonly eventName: string;
  readonly userAgent?: string;
  readonly sourceIPAddress?: string;
  readonly userIdentity?: {
    readonly type?: string;
    readonly arn?: string;
    readonly accountId?: string;
    readonly invokedBy?: string;
  };
  readonly resources?: readonly { readonly ARN?: string; readonly type?: string }[];
}

const DIMENSIONS: Readonly<Record<string, (event: Recorded) => string | undefined>> = {
  eventName: ({ eventName }) => eventName,
  // Of an object its bucket.
  resourceARN: ({ resources = [] }) => (resources.find(({ type }) => type === 'AWS::S3::Bucket') ?? resources[0])?.ARN,
  userIdentity: ({ userIdentity: { type = 'Unknown', arn, invokedBy, accountId } = {} }) =>
    `${type}:${arn ?? invokedBy ?? accountId ?? ''}`,
  userAgent: ({ userAgent }) => userAgent,
  sourceIpAddress: ({ sourceIPAddress }) => sourceIPAddress,
};

/** Template → its first dimension; the others are its details. */
export const TEMPLATES: Readonly<Record<Template, string>> = {
  API_ACTIVITY: 'eventName',
  RESOURCE_ACCESS: 'resourceARN',
  USER_ACTIONS: 'userIdentity',
};

/** What is counted since the last position that is kept; counted in place. */
export type Tally = Map<string, Aggregate>;

export function tally(counted: Tally, trail: Trail, entry: JournalRow): void {
  const event = eventOf<Recorded>(entry);
  const { account, region, time } = entry;
  const window = Math.floor(time / WINDOW_MS);
  for (const template of trail.aggregation ?? []) {
    const name = DIMENSIONS[TEMPLATES[template]]?.(event);
    if (name === undefined) continue;
    const source = event.eventSource;
    const none: Aggregate = { trail, account, region, window, source, template, name, count: 0, details: {} };
    const key = aggregates.key(none).join(' ');
    const sum = counted.get(key) ?? none;
    counted.set(key, sum);
    sum.count++;
    for (const [dimension, nameIn] of Object.entries(DIMENSIONS)) {
      const each = dimension === TEMPLATES[template] ? undefined : nameIn(event);
      if (each !== undefined) plus((sum.details[dimension] ??= {}), each, 1);
    }
  }
}

function plus(counts: Record<string, number>, name: string, count: number): void {
  const known = Object.hasOwn(counts, name) ? counts[name]! : 0;
  if (known > 0 || Object.keys(counts).length < NAMES_MAX) counts[name] = known + count;
}

/** Of what was counted before and since, a sum of its own. */
function together(before: Aggregate, more: Aggregate): Aggregate {
  const details = structuredClone(before.details);
  for (const [dimension, counts] of Object.entries(more.details)) {
    for (const [name, count] of Object.entries(counts)) plus((details[dimension] ??= {}), name, count);
  }
  return { ...more, count: before.count + more.count, details };
}

/** In the write set of the position up to which it was counted. */
export async function keepTally(ctx: Context, counted: Tally): Promise<void> {
  for (const one of counted.values()) {
    const before = await ctx.store.get(aggregates, aggregates.key(one));
    await ctx.store.replace(aggregates, before ? together(before, one) : structuredClone(one));
  }
}

const TOLD_A_TURN = 5000;

/** Makes files of what is over by that moment. */
export async function tellAggregates(around: Surroundings, seen: number): Promise<void> {
  const ripe = await around.store.transaction(async (tx) => {
    const { rows } = await tx.list(aggregates, ['window'], { limit: TOLD_A_TURN, index: 'window', unchecked: true });
    return rows.filter(({ window }) => (window + 1) * WINDOW_MS <= seen);
  });
  const files = new Map<string, { readonly first: Aggregate; readonly file: LogFile; readonly rows: Aggregate[] }>();
  for (const row of ripe) {
    const key = `${trailArn(row.trail)} ${row.account} ${row.region}`;
    const group = files.get(key) ?? { first: row, file: newLogFile(), rows: [] };
    files.set(key, group);
    group.rows.push(row);
    addRecord(group.file, JSON.stringify(eventFrom(row, uuid(around))), row.window * WINDOW_MS);
  }
  const { settings } = around;
  const role = { principal: SERVICE, account: settings.managementAccount, region: settings.region };
  for (const { first, file, rows } of files.values()) {
    const keep = await keepParcel({ ...first, kind: 'CloudTrail-Aggregated' }, file);
    await around.errand(role, async (ctx) => {
      for (const row of rows) if (!(await ctx.store.remove(aggregates, aggregates.key(row)))) return;
      await keep(ctx);
    });
  }
}

function eventFrom(row: Aggregate, eventId: string): object {
  const { account, region, window, source, template, name, count, details } = row;
  const at = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;
  const dimensionOf = (dimension: string, counts: Readonly<Record<string, number>>) => ({
    dimension,
    statistics: Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([each, value]) => ({ name: each, value })),
    aggregationType: 'Count',
  });
  return {
    eventVersion: '1.0',
    accountId: account,
    eventId,
    eventCategory: 'Aggregated',
    eventType: 'AwsAggregatedEvent',
    awsRegion: region,
    eventSource: source,
    timeWindow: {
      windowStart: at(window * WINDOW_MS),
      windowEnd: at((window + 1) * WINDOW_MS),
      windowSize: 'PT5M',
    },
    summary: {
      primaryDimension: dimensionOf(TEMPLATES[template], { [name]: count }),
      details: Object.entries(details).map(([dimension, counts]) => dimensionOf(dimension, counts)),
    },
  };
}
