/**
 * PutLogEvents: one batch becomes one row. Nothing that other writers of the stream write is read, so they do not wait
 * for each other.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
import {
  type InputLogEvent,
  InvalidParameterException,
  type PutLogEventsRequest,
  type PutLogEventsResponse,
  type RejectedLogEventsInfo,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { eventBytes } from '../../core/logWriting.ts';
import { tellSamples } from '../../core/metrics.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { EVENTS_BODY_BYTES_MAX } from './access.ts';
import { audit } from './audits/auditing.ts';
import { contribute } from './contributions.ts';
import { embeddedSamples } from './embeddedMetrics.ts';
import { DAY_MS, expiry, type LogGroup, streamArn } from './groupRows.ts';
import { incoming, keepEvents } from './keeping.ts';
import { filterSamples } from './metricSamples.ts';
import { policyFor } from './resourcePolicies.ts';
import { findPlace, noSuchStream, type Place } from './streamLookup.ts';
import { type LogStream, streams } from './streamRows.ts';
import { SEQUENCE_TOKEN } from './streams.ts';
import { subscribe } from './subscriptions/subscribing.ts';
import { transformed, transformerSamples } from './transforming.ts';

const BATCH_BYTES_MAX = 1_048_576;
const EVENT_BYTES_MAX = 1_048_576;
const OLDEST_MS = 14 * DAY_MS;
const NEWEST_MS = 2 * 3_600_000;

interface Target extends Place {
  readonly policy: string | undefined;
}

export const PutLogEvents: Operation<Present<PutLogEventsRequest>, PutLogEventsResponse, Target> = {
  recorded: 'never',
  bodyBytesMax: EVENTS_BODY_BYTES_MAX,
  async load(input, ctx) {
    const found = await findPlace(ctx, input);
    return found instanceof Missing ? found : { ...found, policy: await policyFor(ctx, found.group) };
  },
  access: ({ logStreamName }, _ctx, { group, policy }) => ({
    resource: streamArn(group, logStreamName),
    resourceTags: group.tags,
    resourcePolicy: policy,
  }),
  async run({ logEvents, entity }, ctx, { group, stream }) {
    if (!stream) throw noSuchStream();
    requireBatch(logEvents);
    const { accepted, rejected } = sorted(logEvents, ctx, group);
    if (accepted.length > 0) await keep(ctx, group, stream, accepted);
    return {
      nextSequenceToken: SEQUENCE_TOKEN,
      ...(rejected && { rejectedLogEventsInfo: rejected }),
      // Entities are not kept: nothing here would show them.
      ...(entity && { rejectedEntityInfo: { errorType: 'UnsupportedLogGroupType' as const } }),
    };
  },
};

type Batch = readonly InputLogEvent[];
const timeOf = (event: InputLogEvent | undefined) => event?.timestamp ?? 0;

/** @throws InvalidParameterException for a batch that is refused as a whole. */
function requireBatch(events: Batch): void {
  let bytes = 0;
  events.forEach((event, i) => {
    const size = eventBytes(event.message ?? '');
    if (size > EVENT_BYTES_MAX) {
      fail(InvalidParameterException, `Log event too large: ${size} bytes exceeds limit of ${EVENT_BYTES_MAX}`);
    }
    bytes += size;
    if (i > 0 && timeOf(event) < timeOf(events[i - 1])) {
      const message = 'Log events in a single PutLogEvents request must be in chronological order.';
      fail(InvalidParameterException, message);
    }
  });
  if (bytes > BATCH_BYTES_MAX) {
    fail(InvalidParameterException, `Upload too large: ${bytes} bytes exceeds limit of ${BATCH_BYTES_MAX}`);
  }
}

/** The events that are neither too old nor too new, which stand between those that are. */
function sorted(events: Batch, { now }: Context, group: LogGroup) {
  const time = now.getTime();
  const oldest = time - OLDEST_MS;
  const expired = Math.max(expiry(group, now) ?? oldest, oldest);
  const newest = time + NEWEST_MS;
  const tooOld = countBelow(events, oldest);
  const begin = countBelow(events, expired);
  const end = countBelow(events, newest + 1);
  const accepted = events.slice(begin, end);
  if (timeOf(accepted.at(-1)) - timeOf(accepted[0]) > DAY_MS) {
    const message = 'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.';
    fail(InvalidParameterException, message);
  }
  const rejected: RejectedLogEventsInfo = {
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(begin > tooOld && { expiredLogEventEndIndex: begin }),
    ...(end < events.length && { tooNewLogEventStartIndex: end }),
  };
  return { accepted, rejected: Object.keys(rejected).length > 0 ? rejected : undefined };
}

function countBelow(events: Batch, time: number): number {
  const index = events.findIndex((event) => timeOf(event) >= time);
  return index < 0 ? events.length : index;
}

async function keep(ctx: Context, group: LogGroup, stream: LogStream, batch: Batch): Promise<void> {
  const events = await transformed(ctx, group, stream.name, {
    times: batch.map(timeOf),
    messages: batch.map(({ message }) => message ?? ''),
  });
  const row = await keepEvents(ctx, group, stream, events);
  await noteNewest(ctx, stream, row.last);
  const samples = [
    ...incoming(ctx, group, row),
    ...transformerSamples(ctx, group, events),
    ...(await filterSamples(ctx, group, events)),
    ...(await embeddedSamples(ctx, group, events)),
    ...(await audit(ctx, group, events)),
  ];
  tellSamples(ctx, { account: group.account, region: group.region, samples });
  await contribute(ctx, group, events);
  await subscribe(ctx, group, row);
}

const NOTED_AFTER_MS = 1_000;

/** The row of the stream is written at its first event, then once for each second of events. */
async function noteNewest(ctx: Context, stream: LogStream, last: number): Promise<void> {
  if (stream.lastEvent !== undefined && last < stream.lastEvent + NOTED_AFTER_MS) return;
  await ctx.store.replace(streams, { ...stream, lastEvent: last });
}
