/** Streams: made, described, listed, deleted. */
import {
  type CreateStreamInput,
  type DeleteStreamInput,
  type DescribeStreamInput,
  type DescribeStreamOutput,
  type DescribeStreamSummaryInput,
  type DescribeStreamSummaryOutput,
  type ListStreamsInput,
  type ListStreamsOutput,
  ResourceInUseException,
  ValidationException,
} from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { onStream, tellAudit } from './access.ts';
import { accountRow, countShards } from './accountRows.ts';
import { channelsOf } from './channelRows.ts';
import { consumerCount, endConsumers, hasConsumers } from './consumerRows.ts';
import { tooMany } from './errors.ts';
import { newStreamKey } from './keys.ts';
import { requireOnDemand, requireOnDemandRoom, requireWarmable, shardsFor } from './onDemand.ts';
import { pagedStreams } from './pages.ts';
import { firstShards, remaining, WORK_MS } from './reshards.ts';
import { sweepAt } from './retention.ts';
import { openShards, shardIndex, shardMapOf, shardMaps, shownShards } from './shardRows.ts';
import { shardView } from './shardViews.ts';
import { kmsKeyOf, type Stream, stateOf, streamArn, streamAt, streams } from './streamRows.ts';
import { listedTags, requireTags } from './tagRules.ts';
import { ENDING } from './tasks.ts';

const CREATING_MAX = 5;
const RECORD_KIB = 1024;

export const CreateStream: Operation<Present<CreateStreamInput>, object> = {
  access: ({ StreamName: name, Tags }, { account, region }) => {
    const create = { resource: streamArn({ account, region, name }), conditions: requestTags(listedTags(Tags)) };
    return Tags ? [create, { ...create, action: 'kinesis:AddTagsToStream' }] : create;
  },
  async run(input, ctx) {
    const stream = newStream(input, ctx);
    tellAudit(ctx, stream);
    const { account, region, name } = stream;
    if (await streamAt(ctx, [account, region, name])) {
      fail(ResourceInUseException, `Stream ${name} under account ${account} already exists.`);
    }
    const shards = stream.mode === 'ON_DEMAND' ? shardsFor(stream.warmMiBps) : input.ShardCount!;
    if (stream.warmMiBps !== undefined) await requireWarmable(ctx, stream, stream.warmMiBps);
    await requireRoom(ctx, stream, shards);
    await ctx.store.replace(streams, stream);
    await ctx.store.insert(shardMaps, { stream: stream.id, shards: firstShards(shards, stream.ready), next: shards });
    return {};
  },
};

function newStream(input: Present<CreateStreamInput>, ctx: Context): Stream {
  const { StreamName: name, Tags, StreamModeDetails, RecordDistributionStrategy: strategy } = input;
  const mode = StreamModeDetails?.StreamMode ?? 'PROVISIONED';
  requireMode(input, mode);
  const tags = listedTags(Tags);
  requireTags(tags, { name, account: ctx.account });
  const created = ctx.now.getTime();
  return {
    account: ctx.account,
    region: ctx.region,
    name,
    id: lowerId(16, ctx),
    created,
    ready: created + WORK_MS,
    mode,
    ...(strategy === 'AUTO' && { anyShard: true as const }),
    retentionHours: 24,
    maxRecordKiB: input.MaxRecordSizeInKiB ?? RECORD_KIB,
    ...(input.WarmThroughputMiBps !== undefined && { warmMiBps: input.WarmThroughputMiBps }),
    monitoring: [],
    tags,
    key: newStreamKey(ctx),
    changes: {},
  };
}

function requireMode(input: Present<CreateStreamInput>, mode: Stream['mode']): void {
  if (mode === 'PROVISIONED') {
    if (input.ShardCount === undefined) fail(ValidationException, 'ShardCount is required for provisioned streams.');
    const only = ['WarmThroughputMiBps', 'RecordDistributionStrategy'] as const;
    for (const member of only) if (input[member] !== undefined) requireOnDemand(mode, member);
  } else if (input.ShardCount !== undefined) {
    fail(ValidationException, 'Cannot specify ShardCount for stream created in ON_DEMAND mode.');
  }
}

/** @throws LimitExceededException */
async function requireRoom(ctx: Context, stream: Stream, shards: number): Promise<void> {
  const row = await accountRow(ctx, stream);
  const creating = row.creating.filter((until) => until > ctx.now.getTime());
  if (creating.length >= quota(ctx, 'Streams in CREATING state', CREATING_MAX)) {
    tooMany(
      `No more than ${CREATING_MAX} streams can be in CREATING state at the same time under account ${stream.account}.`,
    );
  }
  await requireOnDemandRoom(ctx, stream);
  const added = stream.mode === 'PROVISIONED' ? shards : 0;
  await countShards(ctx, stream, added, { ...row, creating: [...creating, stream.ready] });
}

export const DeleteStream = onStream<Present<DeleteStreamInput>, object>({
  async run({ EnforceConsumerDeletion: enforced }, ctx, stream) {
    if (stream.gone !== undefined) return {};
    if (!enforced && (await hasConsumers(ctx, stream))) {
      const message = `Stream ${stream.name} under account ${stream.account} has registered consumers, so it cannot be deleted. Set EnforceConsumerDeletion to delete it with them.`;
      fail(ResourceInUseException, message);
    }
    if ((await channelsOf(ctx, stream)).length > 0) {
      const message = `Stream ${stream.name} under account ${stream.account} has channels, so it cannot be deleted.`;
      fail(ResourceInUseException, message);
    }
    const gone = ctx.now.getTime() + WORK_MS;
    await endConsumers(ctx, stream, gone);
    await ctx.store.replace(streams, { ...stream, gone });
    if (stream.mode === 'PROVISIONED') {
      await countShards(ctx, stream, -remaining(await shardMapOf(ctx.store, stream)));
    }
    await sweepAt(ctx, stream, gone, ENDING);
    return {};
  },
});

const SHARDS_SHOWN = 100;

export const DescribeStream = onStream<Present<DescribeStreamInput>, DescribeStreamOutput>({
  async run({ Limit, ExclusiveStartShardId: after }, ctx, stream) {
    const from = after === undefined ? -1 : (shardIndex(after) ?? -1);
    const creating = stateOf(stream, ctx.now) === 'CREATING';
    const shown = creating ? [] : shownShards(await shardMapOf(ctx.store, stream), stream, ctx.now);
    const left = shown.filter(({ index }) => index > from);
    const page = left.slice(0, Math.min(Limit ?? SHARDS_SHOWN, SHARDS_SHOWN));
    return {
      StreamDescription: {
        ...described(stream, ctx.now),
        Shards: page.map((shard) => shardView(shard, ctx.now)),
        HasMoreShards: page.length < left.length,
      },
    };
  },
});

/** What both descriptions tell. */
function described(stream: Stream, now: Date) {
  const KeyId = kmsKeyOf(stream, now);
  return {
    StreamName: stream.name,
    StreamARN: streamArn(stream),
    StreamStatus: stateOf(stream, now),
    StreamModeDetails: { StreamMode: stream.mode },
    RetentionPeriodHours: stream.retentionHours,
    StreamCreationTimestamp: new Date(stream.created),
    EnhancedMonitoring: [{ ShardLevelMetrics: stream.monitoring as never }],
    EncryptionType: KeyId === undefined ? ('NONE' as const) : ('KMS' as const),
    ...(KeyId !== undefined && { KeyId }),
  };
}

export const DescribeStreamSummary = onStream<Present<DescribeStreamSummaryInput>, DescribeStreamSummaryOutput>({
  shared: true,
  async run(_input, ctx, stream) {
    const open = openShards(await shardMapOf(ctx.store, stream), ctx.now);
    const { warmMiBps: warm } = stream;
    return {
      StreamDescriptionSummary: {
        ...described(stream, ctx.now),
        OpenShardCount: open.length,
        ConsumerCount: await consumerCount(ctx, stream),
        ChannelCount: (await channelsOf(ctx, stream)).length,
        MaxRecordSizeInKiB: stream.maxRecordKiB,
        ...(warm !== undefined && { WarmThroughput: { TargetMiBps: warm, CurrentMiBps: warm } }),
        ...(stream.mode === 'ON_DEMAND' && {
          RecordDistributionStrategy: stream.anyShard ? ('AUTO' as const) : ('USER_PARTITION_KEY' as const),
        }),
      },
    };
  },
});

export const ListStreams: Operation<Present<ListStreamsInput>, ListStreamsOutput> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { found, NextToken } = await pagedStreams(ctx, input);
    return {
      StreamNames: found.map(({ name }) => name),
      HasMoreStreams: NextToken !== undefined,
      ...(NextToken !== undefined && { NextToken }),
      StreamSummaries: found.map((stream) => ({
        StreamName: stream.name,
        StreamARN: streamArn(stream),
        StreamStatus: stateOf(stream, ctx.now),
        StreamModeDetails: { StreamMode: stream.mode },
        StreamCreationTimestamp: new Date(stream.created),
      })),
    };
  },
};
