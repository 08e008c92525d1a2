/** ListShards: which shards there are, were, or came after; tokens are good for five minutes. */
import type { ListShardsInput, ListShardsOutput, ShardFilter } from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { findStream, streamAccess, tellAudit, unnamed } from './access.ts';
import { noStream, refuse, requireState } from './errors.ts';
import { freshToken, tokenText } from './pages.ts';
import { type Shard, shardIndex, shardMapOf, shownShards, trimHorizon } from './shardRows.ts';
import { shardView } from './shardViews.ts';
import { type Stream, streamArn } from './streamRows.ts';

type Input = Present<ListShardsInput>;

/** What a token says, and the first call did. */
interface Asked {
  readonly arn: string;
  readonly id: string;
  /** Index of the last shard that was shown. */
  readonly after: number;
  readonly type: string;
  /** Milliseconds. */
  readonly time?: number | undefined;
}

interface Target {
  readonly stream: Stream;
  readonly token: Asked | undefined;
}

const PURPOSE = 'kinesis-shards';
const SHARDS_SHOWN = 1000;

export const ListShards: Operation<Input, ListShardsOutput, Target> = {
  async load(input, ctx) {
    const { NextToken, StreamName, StreamARN, ExclusiveStartShardId, StreamCreationTimestamp: made } = input;
    if (NextToken === undefined) {
      if (StreamName === undefined && StreamARN === undefined) {
        return unnamed('Either NextToken or StreamName should be provided.');
      }
      const stream = await findStream(input, ctx);
      return stream instanceof Missing ? stream : { stream, token: undefined };
    }
    if (StreamName !== undefined) return unnamed('NextToken and StreamName cannot be provided together.');
    if (ExclusiveStartShardId !== undefined) {
      return unnamed('NextToken and ExclusiveStartShardId cannot be provided together.');
    }
    if (made !== undefined) return unnamed('NextToken and StreamCreationTimestamp cannot be provided together.');
    const token = freshToken<Asked>(ctx, PURPOSE, NextToken);
    if (token instanceof Error) return new Missing('*', token);
    const stream = await findStream({ StreamARN: token.arn }, ctx);
    if (stream instanceof Missing) return stream;
    return stream.id === token.id ? { stream, token } : new Missing(token.arn, noStream(stream));
  },
  access(_input, ctx, { stream }) {
    tellAudit(ctx, stream);
    return streamAccess(stream, ctx, true);
  },
  async run(input, ctx, { stream, token }) {
    const made = input.StreamCreationTimestamp;
    if (made && Math.floor(made.getTime() / 1000) !== Math.floor(stream.created / 1000)) throw noStream(stream);
    requireState(stream, ctx.now, 'ACTIVE', 'UPDATING', 'DELETING');
    const asked = token ?? askedIn(input, stream);
    const shown = shownShards(await shardMapOf(ctx.store, stream), stream, ctx.now);
    const found = shown.filter((shard) => shard.index > asked.after && FILTERS[asked.type]!(shard, stream, ctx, asked));
    const page = found.slice(0, Math.min(input.MaxResults ?? SHARDS_SHOWN, SHARDS_SHOWN));
    const after = page.length < found.length ? page.at(-1)?.index : undefined;
    return {
      Shards: page.map((shard) => shardView(shard, ctx.now)),
      ...(after !== undefined && { NextToken: tokenText(ctx, PURPOSE, { ...asked, after }) }),
    };
  },
};

function askedIn({ ShardFilter: filter, ExclusiveStartShardId: start }: Input, stream: Stream): Asked {
  if (filter) requireSound(filter);
  if (filter && start !== undefined) refuse('ExclusiveStartShardId and ShardFilter cannot be provided together.');
  const after = start ?? filter?.ShardId;
  return {
    arn: streamArn(stream),
    id: stream.id,
    after: after === undefined ? -1 : (shardIndex(after) ?? -1),
    type: filter?.Type ?? 'FROM_TRIM_HORIZON',
    time: filter?.Timestamp?.getTime(),
  };
}

const BY_TIME = new Set(['AT_TIMESTAMP', 'FROM_TIMESTAMP']);

function requireSound({ Type, ShardId, Timestamp }: ShardFilter): void {
  if ((Type === 'AFTER_SHARD_ID') !== (ShardId !== undefined)) {
    refuse('ShardId must be specified, and can only be specified, if the ShardFilter type is AFTER_SHARD_ID.');
  }
  if (BY_TIME.has(Type ?? '') !== (Timestamp !== undefined)) {
    refuse(
      'Timestamp must be specified, and can only be specified, if the ShardFilter type is AT_TIMESTAMP or FROM_TIMESTAMP.',
    );
  }
}

type Filter = (shard: Shard, stream: Stream, ctx: Context, asked: Asked) => boolean;

const wasOpen = ({ opens, closes }: Shard, at: number) => opens <= at && (closes === undefined || closes >= at);

/** The oldest moment from which anything can be read. */
const horizon = (stream: Stream, { now }: Context) => Math.max(stream.ready, trimHorizon(stream, now));

const FILTERS: Readonly<Record<string, Filter>> = {
  AFTER_SHARD_ID: () => true,
  FROM_TRIM_HORIZON: () => true,
  AT_TRIM_HORIZON: (shard, stream, ctx) => wasOpen(shard, horizon(stream, ctx)),
  AT_LATEST: ({ closes }, _stream, { now }) => closes === undefined || closes > now.getTime(),
  AT_TIMESTAMP: (shard, stream, ctx, { time = 0 }) => wasOpen(shard, Math.max(time, horizon(stream, ctx))),
  FROM_TIMESTAMP: ({ closes }, stream, ctx, { time = 0 }) =>
    closes === undefined || closes >= Math.max(time, horizon(stream, ctx)),
};
