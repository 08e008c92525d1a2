/** Making, listing and deleting log streams. */
import {
  type CreateLogStreamRequest,
  type DeleteLogStreamRequest,
  type DescribeLogStreamsRequest,
  type DescribeLogStreamsResponse,
  InvalidParameterException,
  type LogStream as LogStreamView,
  ResourceAlreadyExistsException,
  ValidationException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { later } from '../../core/tasks.ts';
import { onGroup } from './access.ts';
import { findGroup, groupNamed } from './groupLookup.ts';
import { expiry, type LogGroup, streamArn } from './groupRows.ts';
import { requireUnprotected } from './groups.ts';
import { rowsPage } from './pages.ts';
import { PURGE, type Purge } from './purge.ts';
import { policyFor } from './resourcePolicies.ts';
import { moment, momentBack, type Segment, SPANS_MS, segments } from './segments.ts';
import { findStream, type StreamTarget } from './streamLookup.ts';
import { type LogStream, streams } from './streamRows.ts';

interface Place {
  readonly group: LogGroup;
  readonly policy: string | undefined;
}

export const CreateLogStream: Operation<Present<CreateLogStreamRequest>, object, Place> = {
  async load(input, ctx) {
    const named = groupNamed(ctx, { logGroupName: input.logGroupName });
    const group = await findGroup(ctx, named);
    if (group instanceof Missing) return new Missing(streamArn(named, input.logStreamName), group.error);
    return { group, policy: await policyFor(ctx, group) };
  },
  access: (input, _ctx, { group, policy }) => ({
    resource: streamArn(group, input.logStreamName),
    resourceTags: group.tags,
    resourcePolicy: policy,
  }),
  async run({ logStreamName: name }, ctx, { group }) {
    const stream: LogStream = { group: group.id, name, id: lowerId(12, ctx), created: ctx.now.getTime() };
    if (await ctx.store.insert(streams, stream)) return {};
    fail(ResourceAlreadyExistsException, 'The specified log stream already exists');
  },
};

export const DeleteLogStream: Operation<Present<DeleteLogStreamRequest>, object, StreamTarget> = {
  load: (input, ctx) => findStream(ctx, input),
  access: (_input, _ctx, { group, stream }) => ({
    resource: streamArn(group, stream.name),
    resourceTags: group.tags,
  }),
  async run(_input, ctx, { group, stream }) {
    requireUnprotected(group);
    await ctx.store.remove(streams, [group.id, stream.name]);
    await later<Purge>(ctx, { kind: PURGE, body: { group: group.id, stream: stream.id } });
    return {};
  },
};

export const DescribeLogStreams = onGroup<DescribeLogStreamsRequest, DescribeLogStreamsResponse>({
  named(input) {
    if (input.logGroupName !== undefined && input.logGroupIdentifier !== undefined) {
      fail(ValidationException, 'LogGroup name and LogGroup ARN are mutually exclusive parameters.');
    }
    return undefined;
  },
  async run(input, ctx, group) {
    const byTime = input.orderBy === 'LastEventTime';
    if (byTime && input.logStreamNamePrefix !== undefined) {
      fail(InvalidParameterException, 'Cannot order by LastEventTime with a logStreamNamePrefix.');
    }
    const { rows, page } = await pageOf(ctx, group, input, byTime);
    const logStreams: LogStreamView[] = [];
    for (const stream of rows) logStreams.push(await view(ctx, group, stream));
    return { logStreams, ...page };
  },
});

function pageOf(ctx: Context, group: LogGroup, input: DescribeLogStreamsRequest, byTime: boolean) {
  const { descending = false, logStreamNamePrefix: prefix } = input;
  if (byTime) {
    return rowsPage(ctx, streams, [group.id], input, { index: descending ? 'lastEventBack' : 'lastEvent' });
  }
  if (!descending) return rowsPage(ctx, streams, [group.id], input, { startsWith: prefix });
  const startsWith = prefix === undefined ? undefined : backwards(prefix);
  return rowsPage(ctx, streams, [group.id], input, { index: 'nameBack', startsWith });
}

/** How the index of names in the opposite order begins for this prefix. */
function backwards(prefix: string): string {
  const key = streams.indexes.nameBack!({ group: '', name: prefix, id: '', created: 0 })[0]![1]!;
  return key.slice(0, -1);
}

async function view(ctx: Context, group: LogGroup, stream: LogStream): Promise<LogStreamView> {
  const { firstEvent, lastEvent, lastIngestion } = await extent(ctx, group, stream);
  return {
    logStreamName: stream.name,
    creationTime: stream.created,
    firstEventTimestamp: firstEvent,
    lastEventTimestamp: lastEvent,
    lastIngestionTime: lastIngestion,
    uploadSequenceToken: lastEvent === undefined ? undefined : SEQUENCE_TOKEN,
    arn: streamArn(group, stream.name),
    storedBytes: 0, // AWS stopped telling it of streams in 2019.
  };
}

/** Sequence tokens are no longer looked at. */
export const SEQUENCE_TOKEN = '49039859627163690711190396486126138012365823457206906546';

/** The times of a stream's events, read off the first and the last row of each level. */
async function extent(ctx: Context, group: LogGroup, stream: LogStream) {
  const ends: Segment[] = [];
  if (stream.lastEvent !== undefined) {
    const from = expiry(group, ctx.now) ?? 0;
    for (let level = 0; level < SPANS_MS.length; level++) {
      const prefix = [group.id, stream.id, String(level)];
      const oldest = await ctx.store.list(segments, prefix, { limit: 1, from: moment(from) });
      const newest = await ctx.store.list(segments, prefix, { limit: 1, index: 'streamBack', from: momentBack(FAR) });
      ends.push(...oldest.rows, ...newest.rows.filter(({ last }) => last >= from));
    }
  }
  if (ends.length === 0) return {};
  return {
    firstEvent: Math.min(...ends.map(({ first }) => first)),
    lastEvent: Math.max(...ends.map(({ last }) => last)),
    lastIngestion: Math.max(...ends.map(({ ingested }) => ingested)),
  };
}

const FAR = 999_999_999_999_999;
