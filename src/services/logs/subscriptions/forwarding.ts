/**
 * What came into a stream, on its way to a subscription. All that a filter is owed of a stream goes together, as far as
 * a message has room; what fails is tried again for a day, unless the stream's answer is that it never will be taken.
 * A message and the end of what was owed are one write set: none is lost, and inside the plane none comes twice.
 */
import { ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../../core/context.ts';
import { awsError } from '../../../core/errors.ts';
import { metrics } from '../../../core/metrics.ts';
import { type Again, pauseOf, type Task, tasks } from '../../../core/tasks.ts';
import { pacer } from '../breath.ts';
import { maskerFor } from '../dataProtection.ts';
import { keyFor } from '../encryption.ts';
import { idOf } from '../eventIds.ts';
import { fieldSelection, systemFieldsOf } from '../fieldSelection.ts';
import { groupOfId } from '../groupLookup.ts';
import { DAY_MS, type LogGroup } from '../groupRows.ts';
import { filterPattern, matcherOf, subjectOf } from '../patterns/index.ts';
import { bytesOf, eventsIn, moment, type Segment, segments } from '../segments.ts';
import { NAMESPACE } from '../usage.ts';
import { accountFilterOf } from './accountFilter.ts';
import { behalfOf } from './filters.ts';
import { dataMessages, type ForwardedEvent } from './payloads.ts';
import { routeOf } from './routes.ts';
import { FORWARD, type Owed, type Subscription, subscriptionFilters } from './rows.ts';
import { isRefusal, outcomeOf, randomKey, streamKey, streamNamed, type Target, targetOf } from './targets.ts';

interface Place {
  readonly group: LogGroup;
  readonly subscription: Subscription;
  readonly ofAccount: boolean;
}

async function placeOf(ctx: Context, { group: id, filter }: Owed): Promise<Place | undefined> {
  const group = await groupOfId(ctx, id);
  if (!group) return undefined;
  const subscription =
    filter === undefined ? await accountFilterOf(ctx, group) : await ctx.store.get(subscriptionFilters, [id, filter]);
  return subscription && { group, subscription, ofAccount: filter === undefined };
}

/** All that was gathered could not be sent. */
class Undelivered extends Error {
  readonly events: number;
  readonly owed: readonly Task[];
  readonly destination: string;
  constructor(cause: unknown, { owed, events }: Load, destination: string) {
    super((cause as Error).message, { cause });
    this.events = events.length;
    this.owed = owed;
    this.destination = destination;
  }
}

export async function forward(task: Task<Owed>, ctx: Context): Promise<Again> {
  const place = await placeOf(ctx, task.body);
  if (!place) return undefined;
  const load = await gathered(ctx, place, task);
  if (load.events.length + load.undecided > 0) await send(ctx, place, load);
  for (const { kind, id } of load.owed) await ctx.store.remove(tasks, [kind, id]);
  return undefined;
}

interface Matches {
  readonly events: readonly ForwardedEvent[];
  /** How many events the pattern would take too long to look at: they are not sent, and counted as errors. */
  readonly undecided: number;
}

interface Load extends Matches {
  /** What is done with it. */
  readonly owed: readonly Task[];
  readonly streamName: string;
}

const BATCHES_MAX = 64;
const BYTES_MAX = 1_048_576;

/** The batches that are owed next, of one stream, as many as go together. */
async function gathered(ctx: Context, place: Place, task: Task<Owed>): Promise<Load> {
  // What else is owed is only looked at by whoever does the first of it: this.
  const page = { index: 'lane', limit: BATCHES_MAX, unchecked: true as const };
  const { rows } = await ctx.store.list(tasks, [task.lane ?? ''], page);
  const owed: Task[] = [];
  const found: Segment[] = [];
  let bytes = 0;
  for (const next of rows as readonly Task<Owed>[]) {
    if (next.kind !== FORWARD) break;
    const row = await segmentOf(ctx, next.body);
    bytes += row?.bytes ?? 0;
    if (owed.length > 0 && bytes > BYTES_MAX) break;
    owed.push(next);
    if (row && row.ingested >= place.subscription.created) found.push(row);
  }
  const matches: Matches[] = [];
  for (const row of found) matches.push(await matchesIn(ctx, place, row));
  return {
    owed,
    streamName: found[0]?.streamName ?? '',
    events: matches.flatMap(({ events }) => events),
    undecided: matches.reduce((sum, { undecided }) => sum + undecided, 0),
  };
}

const segmentOf = ({ store }: Context, { group, stream, level, first, id }: Owed) =>
  store.get(segments, [group, stream, String(level), moment(first), id]);

async function matchesIn(ctx: Context, { group, subscription }: Place, row: Segment): Promise<Matches> {
  const from = systemFieldsOf(group);
  if (subscription.criteria !== undefined && !fieldSelection(subscription.criteria)(from)) {
    return { events: [], undecided: 0 };
  }
  const key = row.key === undefined ? undefined : await keyFor(ctx, group, row.key);
  const events = eventsIn(row, await bytesOf(ctx.store, row), key);
  const mask = await maskerFor(ctx, group, false);
  const pattern = filterPattern(subscription.pattern);
  const told = Object.fromEntries((subscription.systemFields ?? []).map((name) => [name, from[name] ?? '']));
  const found: ForwardedEvent[] = [];
  const pace = pacer();
  const matcher = matcherOf(pattern);
  let undecided = 0;
  for (const [index, original] of events.messages.entries()) {
    const pause = pace();
    if (pause) await pause;
    const made = subscription.onTransformed ? events.transformed?.[index] : undefined;
    const message = mask({ message: made || original, from: row });
    const subject = subjectOf(message);
    const matches = matcher(subject);
    if (matches === undefined) undecided++;
    if (!matches) continue;
    const timestamp = events.times[index]!;
    const id = idOf({ time: timestamp, segment: row.id, index });
    const fields = { ...(pattern.kind === 'words' && unsigned(pattern.extract(subject))), ...told };
    found.push({ id, timestamp, message, ...(Object.keys(fields).length > 0 && { extractedFields: fields }) });
  }
  return { events: found, undecided };
}

/** Without the `$` of the names of a space-delimited pattern's fields. */
const unsigned = (fields: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.replace(/^\$/, ''), value]));

async function send(ctx: Context, place: Place, load: Load): Promise<void> {
  const { group, subscription } = place;
  const envelope = {
    owner: group.account,
    logGroup: group.name,
    logStream: load.streamName,
    subscriptionFilters: [subscription.name],
    ...(place.ofAccount && { policyLevel: 'ACCOUNT_LEVEL_POLICY' as const }),
  };
  const { payloads, lost } = await dataMessages(envelope, load.events);
  const ordered = streamKey(group.account, group.name, load.streamName);
  let stream = subscription.destination;
  let bytes = 0;
  try {
    const target = await targetFor(ctx, place, (named) => (stream = named));
    for (const { bytes: data } of payloads) {
      const key = subscription.distribution === 'Random' ? randomKey(ctx) : ordered;
      await target.kind.put(ctx, target, { data, key });
      bytes += data.length;
    }
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new Undelivered(error, load, stream);
  }
  const sent = load.events.length - lost;
  const errors = lost + load.undecided;
  tell(ctx, place, stream, [
    { name: 'ForwardedLogEvents', value: sent, unit: 'None' },
    { name: 'ForwardedBytes', value: bytes, unit: 'Bytes' },
    ...(errors > 0 ? [{ name: 'DeliveryErrors', value: errors, unit: 'None' }] : []),
  ]);
}

async function targetFor(ctx: Context, { group, subscription }: Place, found: (stream: string) => void) {
  const route = await routeOf(ctx, subscription);
  if (route) found(route.stream);
  const target: Target | undefined = route && (await targetOf(ctx, route.stream, route.role, behalfOf(group)));
  if (target) return target;
  throw awsError(ResourceNotFoundException, 'The specified destination does not exist.');
}

type Points = Parameters<typeof metrics>[1]['points'];

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html */
function tell(ctx: Context, { group, subscription, ofAccount }: Place, stream: string, points: Points): void {
  const DestinationType = streamNamed(stream)?.kind.metric ?? 'Kinesis';
  const FilterName = subscription.name.replaceAll(/[^\x20-\x7e]/g, '?');
  const level = ofAccount ? { PolicyLevel: 'AccountPolicy' } : { LogGroupName: group.name };
  const { account, region } = group;
  metrics(ctx, {
    namespace: NAMESPACE,
    dimensions: { ...level, DestinationType, FilterName },
    points,
    account,
    region,
  });
}

const LONGEST_PAUSE_MS = 300_000;

/** Throttled and failed messages are tried again for 24 hours; what is refused is not. */
export async function notForwarded(task: Task<Owed>, ctx: Context, error: unknown): Promise<Again> {
  const late = ctx.now.getTime() - task.given >= DAY_MS;
  const again = late ? undefined : Math.min(pauseOf(task.attempt), LONGEST_PAUSE_MS);
  const place = await placeOf(ctx, task.body);
  if (!place) return undefined;
  if (!(error instanceof Undelivered)) {
    if (late) await tellLost(ctx, place, task.body);
    return again;
  }
  const outcome = outcomeOf(error.cause);
  const name = outcome === 'throttled' ? 'DeliveryThrottling' : 'DeliveryErrors';
  tell(ctx, place, error.destination, [{ name, value: error.events, unit: 'None' }]);
  if (outcome !== 'refused') return again;
  for (const { kind, id } of error.owed) await ctx.store.remove(tasks, [kind, id]);
  return undefined;
}

/** Of a batch that could not even be read: its group's key cannot be used. */
async function tellLost(ctx: Context, place: Place, owed: Owed): Promise<void> {
  const value = (await segmentOf(ctx, owed))?.events ?? 0;
  if (value > 0) tell(ctx, place, place.subscription.destination, [{ name: 'DeliveryErrors', value, unit: 'None' }]);
}
