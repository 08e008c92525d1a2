/** FilterLogEvents: events of all streams of a group, or of some, that a pattern matches. */
import {
  type FilteredLogEvent,
  type FilterLogEventsRequest,
  type FilterLogEventsResponse,
  InvalidParameterException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { eventBytes } from '../../core/logWriting.ts';
import { TooCostly } from '../../patterns/regex/index.ts';
import { onGroup, requireReadable } from './access.ts';
import { pacer } from './breath.ts';
import { type Masker, maskerFor, unmaskAccess } from './dataProtection.ts';
import { afterMoment, beforeMoment, idOf, type Place, placeOf } from './eventIds.ts';
import { PAGE_BYTES_MAX } from './getLogEvents.ts';
import type { LogGroup } from './groupRows.ts';
import { invalidToken } from './pages.ts';
import { type FilterPattern, filterPattern, subjectOf } from './patterns/index.ts';
import { eventsOf, type Reading, type StoredEvent } from './reading.ts';
import { streams } from './streamRows.ts';

const EVENTS_MAX = 10_000;
/** What one page may look at, whatever it finds: then it ends, with a token. */
const SCANNED_EVENTS_MAX = 20_000;
const SCANNED_BYTES_MAX = 8 * 1024 * 1024;
const SCANNED_CHUNKS_MAX = 200;

export const FilterLogEvents = onGroup<FilterLogEventsRequest, FilterLogEventsResponse>({
  also: (input, _ctx, group) => unmaskAccess(group, input.unmask),
  async run(input, ctx, group) {
    requireReadable(group, 'FilterLogEvents');
    const pattern = filterPattern(input.filterPattern ?? '');
    // What is masked is not to be found out by patterns either.
    const mask = await maskerFor(ctx, group, input.unmask);
    const holds = (event: StoredEvent) => matches(pattern, mask(event));
    const { found, next } = await search(ctx, await readingOf(input, ctx, group), holds, input.limit ?? EVENTS_MAX);
    return {
      events: found.map((event) => view(event, mask)),
      searchedLogStreams: [], // AWS stopped filling it in 2020.
      ...(next && { nextToken: tokenOf(next) }),
    };
  },
});

async function readingOf(input: FilterLogEventsRequest, ctx: Context, group: LogGroup): Promise<Reading> {
  const { logStreamNames, logStreamNamePrefix: prefix, startTime, endTime, startFromHead = true } = input;
  if (logStreamNames !== undefined && prefix !== undefined) {
    fail(InvalidParameterException, 'logStreamNames and logStreamNamePrefix are mutually exclusive parameters.');
  }
  if (startTime !== undefined && endTime !== undefined && startTime > endTime) {
    fail(InvalidParameterException, 'startTime must not be after endTime.');
  }
  return {
    group,
    from: startTime,
    to: endTime === undefined ? undefined : endTime + 1,
    backward: !startFromHead,
    after: input.nextToken === undefined ? undefined : placeIn(input.nextToken),
    streams: logStreamNames && (await idsOf(ctx, group, logStreamNames)),
    only: prefix === undefined ? undefined : (name) => name.startsWith(prefix),
  };
}

/** Streams that are not there have no events. */
async function idsOf(ctx: Context, group: LogGroup, names: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const name of new Set(names)) {
    const stream = await ctx.store.get(streams, [group.id, name]);
    if (stream) ids.push(stream.id);
  }
  return ids;
}

async function search(ctx: Context, reading: Reading, holds: (event: StoredEvent) => boolean, limit: number) {
  const found: StoredEvent[] = [];
  let foundBytes = 0;
  const scanned = { events: 0, bytes: 0, chunks: 0 };
  const pace = pacer();
  for await (const { events, reached } of eventsOf(ctx, reading)) {
    for (const event of events) {
      const size = eventBytes(event.message);
      scanned.bytes += size;
      const pause = pace();
      if (pause) await pause;
      if (!holds(event)) continue;
      foundBytes += size;
      found.push(event);
      if (found.length === limit || foundBytes >= PAGE_BYTES_MAX) return { found, next: event };
    }
    scanned.events += events.length;
    scanned.chunks++;
    const last: Place | undefined = reached === undefined ? events.at(-1) : edge(reading, reached);
    const enough =
      scanned.events >= SCANNED_EVENTS_MAX ||
      scanned.bytes >= SCANNED_BYTES_MAX ||
      scanned.chunks >= SCANNED_CHUNKS_MAX;
    if (enough && last) return { found, next: last };
  }
  return { found };
}

const edge = ({ backward }: Reading, moment: number) => (backward ? afterMoment(moment) : beforeMoment(moment));

function matches(pattern: FilterPattern, message: string): boolean {
  try {
    return pattern.matches(subjectOf(message));
  } catch (error) {
    if (error instanceof TooCostly) fail(InvalidParameterException, 'The filter pattern is too complex.');
    throw error;
  }
}

const tokenOf = (place: Place) => Buffer.from(idOf(place)).toString('base64url');
const placeIn = (token: string): Place => placeOf(Buffer.from(token, 'base64url').toString()) ?? invalidToken();

const view = (event: StoredEvent, mask: Masker): FilteredLogEvent => ({
  logStreamName: event.from.streamName,
  timestamp: event.time,
  message: mask(event),
  ingestionTime: event.from.ingested,
  eventId: idOf(event),
});
