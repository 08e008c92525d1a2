/** GetLogEvents: the events of one stream, page by page, towards either end. */
import {
  type GetLogEventsRequest,
  type GetLogEventsResponse,
  InvalidParameterException,
  type OutputLogEvent,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { eventBytes } from '../../core/logWriting.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { requireReadable } from './access.ts';
import { pacer } from './breath.ts';
import { type Masker, maskerFor, unmaskAccess } from './dataProtection.ts';
import { afterMoment, beforeMoment, idOf, type Place, placeOf } from './eventIds.ts';
import { streamArn } from './groupRows.ts';
import { invalidToken } from './pages.ts';
import { eventsOf, type StoredEvent } from './reading.ts';
import { findStream, type StreamTarget } from './streamLookup.ts';

const EVENTS_MAX = 10_000;
export const PAGE_BYTES_MAX = 1_048_576;

export const GetLogEvents: Operation<Present<GetLogEventsRequest>, GetLogEventsResponse, StreamTarget> = {
  load: (input, ctx) => findStream(ctx, input),
  access: (input, _ctx, { group, stream }) => [
    { resource: streamArn(group, stream.name), resourceTags: group.tags },
    ...unmaskAccess(group, input.unmask),
  ],
  async run(input, ctx, { group, stream }) {
    requireReadable(group, 'GetLogEvents');
    const { startTime, endTime, limit = EVENTS_MAX } = input;
    if (startTime !== undefined && endTime !== undefined && startTime > endTime) {
      fail(InvalidParameterException, 'startTime must not be after endTime.');
    }
    const { backward, after } = direction(input);
    const reading = { group, streams: [stream.id], from: startTime, to: endTime, backward, after };
    const found = await pageOf(ctx, reading, limit);
    const mask = await maskerFor(ctx, group, input.unmask);
    const inOrder = backward ? found.toReversed() : found;
    const events: OutputLogEvent[] = [];
    const pace = pacer();
    for (const event of inOrder) {
      events.push(view(event, mask));
      await pace();
    }
    return { events, ...tokens(input, ctx, inOrder) };
  },
};

const TOKEN = /^([fb])\/(\d{56})\/s$/;

/** A token has a direction of its own; without one the newest events come first, unless the head was asked for. */
function direction({ nextToken, startFromHead = false }: GetLogEventsRequest) {
  if (nextToken === undefined) return { backward: !startFromHead, after: undefined };
  const [, way, id = ''] = TOKEN.exec(nextToken) ?? [];
  const after = placeOf(id) ?? invalidToken();
  return { backward: way === 'b', after };
}

async function pageOf(ctx: Context, reading: Parameters<typeof eventsOf>[1], limit: number): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  let bytes = 0;
  for await (const { events } of eventsOf(ctx, reading)) {
    for (const event of events) {
      bytes += eventBytes(event.message);
      if (bytes > PAGE_BYTES_MAX && found.length > 0) return found;
      found.push(event);
      if (found.length === limit) return found;
    }
  }
  return found;
}

const view = (event: StoredEvent, mask: Masker): OutputLogEvent => ({
  timestamp: event.time,
  message: mask(event),
  ingestionTime: event.from.ingested,
});

/** At either end of the stream, the token of that direction is the one that was sent. */
function tokens(input: GetLogEventsRequest, ctx: Context, events: readonly Place[]) {
  const first = events[0];
  const last = events.at(-1);
  if (first && last) return { nextForwardToken: `f/${idOf(last)}/s`, nextBackwardToken: `b/${idOf(first)}/s` };
  const [, , id] = TOKEN.exec(input.nextToken ?? '') ?? [];
  if (id !== undefined) return { nextForwardToken: `f/${id}/s`, nextBackwardToken: `b/${id}/s` };
  const begin = beforeMoment(input.startTime ?? 0);
  const end = input.endTime === undefined ? ctx.now.getTime() : input.endTime - 1;
  const place = input.startFromHead ? begin : afterMoment(Math.max(0, end));
  return { nextForwardToken: `f/${idOf(place)}/s`, nextBackwardToken: `b/${idOf(place)}/s` };
}
