/**
 * Channels: what comes into a stream on demand is delivered into a bucket of S3, in a role.
 * https://docs.aws.amazon.com/streams/latest/dev/data-delivery.html
 */
import {
  type ChannelDescription,
  type CreateChannelInput,
  type CreateChannelOutput,
  type DeleteChannelInput,
  type DescribeChannelInput,
  type DescribeChannelOutput,
  type ListChannelsInput,
  type ListChannelsOutput,
  ResourceInUseException,
  ResourceNotFoundException,
  type UpdateChannelInput,
  type UpdateChannelOutput,
} from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { type Access, Missing, type Operation, type Present } from '../../core/operation.ts';
import { requestTags } from '../../core/tags.ts';
import { later } from '../../core/tasks.ts';
import { passRole } from '../../identity/passRole.ts';
import { findStream, streamAccess, unnamed } from './access.ts';
import { newChannel, requireFreshness, requireRoom } from './channelChecks.ts';
import {
  type Channel,
  channelArn,
  channelAt,
  channelKey,
  channelState,
  channels,
  channelsOf,
  deadLettersOf,
  isThere,
} from './channelRows.ts';
import { pagedChannels } from './pages.ts';
import { WORK_MS } from './reshards.ts';
import { type Stream, streamArn } from './streamRows.ts';
import { listedTags } from './tagRules.ts';
import { type Carried, CHANNEL } from './tasks.ts';

type CreateInput = Present<CreateChannelInput>;

/** On the stream, as the developer guide has it: the channel has no ARN yet. */
export const CreateChannel: Operation<CreateInput, CreateChannelOutput, Stream> = {
  load: ({ StreamConfigurationList: [source] }, ctx) => findStream({ StreamARN: source?.StreamARN ?? '' }, ctx),
  access({ ServiceExecutionRoleARN, Tags }, ctx, stream) {
    const create: Access = { ...streamAccess(stream, ctx), conditions: requestTags(listedTags(Tags)) };
    const associate = { ...create, action: 'kinesis:AssociateStreamsWithChannel' };
    return [create, associate, passRole(ServiceExecutionRoleARN, 'kinesis.amazonaws.com')];
  },
  async run(input, ctx, stream) {
    const channel = newChannel(ctx, stream, input);
    await requireRoom(ctx, channel);
    await ctx.store.insert(channels, channel);
    tellChannel(ctx, channel);
    const { account, region, id } = channel;
    const body: Carried = { account, region, id };
    await later(ctx, { kind: CHANNEL, id, due: channel.created + WORK_MS, account, region, body });
    return { ChannelDescription: described(channel, ctx.now) };
  },
};

function tellChannel(ctx: Context, channel: Channel): void {
  ctx.audit.resources = [{ ARN: channelArn(channel), accountId: channel.account, type: 'AWS::Kinesis::Channel' }];
}

function described(channel: Channel, now: Date): ChannelDescription {
  const { storage, logs, stream, keyId } = channel;
  const letters = deadLettersOf(channel);
  return {
    ChannelName: channel.name,
    ChannelARN: channelArn(channel),
    ChannelId: channel.id,
    ChannelStatus: channelState(channel, now),
    ...(channel.failed !== undefined && { ChannelStatusReason: channel.failed }),
    ChannelCreationTimestamp: new Date(channel.created),
    ServiceExecutionRoleARN: channel.role,
    StreamConfigurationList: [{ ...streamOf(channel), RecordConfiguration: { RecordFormatType: channel.format } }],
    S3DestinationConfiguration: {
      DataFreshnessInSeconds: channel.freshnessSeconds,
      DeadLetterQueueS3Configuration: {
        BucketARN: letters.bucket,
        ExpectedBucketOwner: letters.owner,
        ...(letters.prefix !== undefined && { ErrorOutputPrefix: letters.prefix }),
      },
      StorageConfiguration: {
        BucketARN: storage.bucket,
        ExpectedBucketOwner: storage.owner,
        ...(storage.template !== undefined && { OutputKeyTemplate: storage.template }),
        StorageClass: storage.storageClass,
        CompressionType: storage.compression,
      },
    },
    ...(keyId !== undefined && { EncryptionConfiguration: { EncryptionType: 'KMS' as const, KeyId: keyId } }),
    LoggingConfiguration: {
      CloudWatchLogs: { Enabled: logs.enabled, LogGroupName: logs.group, LogStreamName: logs.stream },
    },
  };

  function streamOf({ account, region }: Channel) {
    const StreamARN = streamArn({ account, region, name: stream.name });
    return { StreamARN, StreamCreationTimestamp: new Date(stream.created) };
  }
}

export async function findChannel(arn: string, ctx: Context): Promise<Channel | Missing> {
  const key = channelKey(arn);
  if (!key) return unnamed(`ChannelARN ${arn} is not valid.`);
  const channel = key[1] === ctx.region ? await channelAt(ctx, key) : undefined;
  return channel ?? new Missing(arn, awsError(ResourceNotFoundException, `Channel ${arn} not found.`));
}

const onChannel = {
  load: ({ ChannelARN }: { readonly ChannelARN: string }, ctx: Context) => findChannel(ChannelARN, ctx),
  access(_input: object, ctx: Context, channel: Channel) {
    tellChannel(ctx, channel);
    return channelAccess(channel);
  },
};

/** Only the account's own. */
export const channelAccess = (channel: Channel): Access => ({
  resource: channelArn(channel),
  resourceAccount: channel.account,
  resourceTags: channel.tags,
});

export const DescribeChannel: Operation<Present<DescribeChannelInput>, DescribeChannelOutput, Channel> = {
  ...onChannel,
  run: async (_input, ctx, channel) => ({ ChannelDescription: described(channel, ctx.now) }),
};

export const UpdateChannel: Operation<Present<UpdateChannelInput>, UpdateChannelOutput, Channel> = {
  ...onChannel,
  async run(input, ctx, channel) {
    requireActive(channel, ctx.now);
    const freshness = input.S3DestinationConfiguration?.DataFreshnessInSeconds ?? channel.freshnessSeconds;
    requireFreshness(freshness);
    const told = input.LoggingConfiguration?.CloudWatchLogs;
    const logs = told
      ? {
          enabled: told.Enabled === true,
          group: told.LogGroupName ?? channel.logs.group,
          stream: told.LogStreamName ?? channel.logs.stream,
        }
      : channel.logs;
    const next: Channel = { ...channel, freshnessSeconds: freshness, logs, busy: ctx.now.getTime() + WORK_MS };
    await ctx.store.replace(channels, next);
    return { ChannelDescription: described(next, ctx.now) };
  },
};

function requireActive(channel: Channel, now: Date): void {
  const state = channelState(channel, now);
  if (state === 'ACTIVE') return;
  fail(ResourceInUseException, `Channel ${channelArn(channel)} is not ACTIVE, instead in state ${state}`);
}

export const DeleteChannel: Operation<Present<DeleteChannelInput>, object, Channel> = {
  ...onChannel,
  async run(_input, ctx, channel) {
    if (channel.gone !== undefined) return {};
    const gone = ctx.now.getTime() + WORK_MS;
    await ctx.store.replace(channels, { ...channel, gone });
    const { account, region, id } = channel;
    const body: Carried = { account, region, id };
    await later(ctx, { kind: CHANNEL, id, due: gone, account, region, body });
    return {};
  },
};

export const ListChannels: Operation<ListChannelsInput, ListChannelsOutput> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { found, page } = await listed(ctx, input);
    return {
      ChannelSummaries: found.map((channel) => {
        const all = described(channel, ctx.now);
        const Streams = all.StreamConfigurationList!.map(({ RecordConfiguration: _, ...stream }) => stream);
        const { ChannelName, ChannelARN, ChannelId, ChannelStatus, ChannelStatusReason } = all;
        return {
          ChannelName,
          ChannelARN,
          ChannelId,
          ChannelStatus,
          ...(ChannelStatusReason !== undefined && { ChannelStatusReason }),
          ChannelCreationTimestamp: all.ChannelCreationTimestamp,
          ChannelDestinationType: 'S3' as const,
          Streams,
        };
      }),
      ...page,
    };
  },
};

/** Of the streams that are named, or all. */
async function listed(ctx: Context, input: ListChannelsInput) {
  if (!input.StreamFilter?.length) {
    return pagedChannels(ctx, input, (channel) => isThere(channel, ctx.now));
  }
  const found: Channel[] = [];
  for (const { StreamARN } of input.StreamFilter) {
    const stream = await findStream({ StreamARN: StreamARN ?? '' }, ctx);
    if (stream instanceof Missing) throw stream.error;
    if (stream.account === ctx.account) found.push(...(await channelsOf(ctx, stream)));
  }
  return { found, page: {} };
}
