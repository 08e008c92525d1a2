/**
 * Channels, by which events from outside of AWS reach event data stores.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-event-data-store-integration.html
 */
import {
  ChannelAlreadyExistsException,
  ChannelARNInvalidException,
  ChannelMaxLimitExceededException,
  ChannelNotFoundException,
  type CreateChannelRequest,
  type CreateChannelResponse,
  type DeleteChannelRequest,
  type DeleteChannelResponse,
  type Destination,
  type GetChannelRequest,
  type GetChannelResponse,
  InvalidEventDataStoreCategoryException,
  InvalidNextTokenException,
  InvalidParameterException,
  InvalidSourceException,
  type ListChannelsRequest,
  type ListChannelsResponse,
  type UpdateChannelRequest,
  type UpdateChannelResponse,
} from '@aws-sdk/client-cloudtrail';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { type Access, Missing, type Operation, type Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { type Channel, channelArn, channels, ingestions } from './channelRows.ts';
import { findStore, requireActive } from './eventDataStoreNames.ts';
import { kindOfStore, storeArn } from './lakeRows.ts';
import type { Guarded } from './resourcePolicyRules.ts';
import { newTags, type Tagged } from './tagging.ts';

/** Names of partners, as the user guide lists them. */
const SOURCES: ReadonlySet<string> = new Set([
  'Custom',
  'CloudStorageSecurityConsole',
  'Clumio',
  'CrowdStrike',
  'CyberArk',
  'GitHub',
  'KongGatewayEnterprise',
  'LaunchDarkly',
  'NetskopeCloudExchange',
  'IBMMulticloud',
  'MontyCloud',
  'OktaSystemLogEvents',
  'OneLogin',
  'Shoreline',
  'Snyk',
  'WizAuditLogs',
]);
const CHANNELS_A_REGION = 25;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateChannel.html */
export const CreateChannel: Operation<Present<CreateChannelRequest>, CreateChannelResponse> = {
  access: (input, ctx) => [
    { resource: channelArn({ ...ctx, id: '*' }), conditions: requestTags(input.Tags) },
    ...input.Destinations.map(({ Location }) => ({ resource: Location ?? '*', resourceAccount: ctx.account })),
  ],
  async run(input, ctx) {
    if (!SOURCES.has(input.Source)) fail(InvalidSourceException, `Source ${input.Source} is not valid.`);
    await requireFree(ctx, input.Name);
    await requireRoom(ctx, input.Source);
    const channel: Channel = {
      account: ctx.account,
      region: ctx.region,
      id: uuid(ctx),
      name: input.Name,
      source: input.Source,
      destinations: await requiredDestinations(ctx, input.Destinations),
      tags: newTags([], input.Tags ?? []),
    };
    await ctx.store.insert(channels, channel);
    return { ...view(channel), Tags: channel.tags.map((tag) => ({ ...tag })) };
  },
};

async function requireFree(ctx: Context, name: string): Promise<void> {
  const { rows } = await ctx.store.list(channels, [ctx.account, ctx.region, name], { limit: 1, index: 'name' });
  if (rows.length > 0) fail(ChannelAlreadyExistsException, `A channel with the name ${name} already exists.`);
}

/** One channel a source, and so many in all. */
async function requireRoom(ctx: Context, source: string): Promise<void> {
  if (!(await ctx.store.fits(channels, [ctx.account, ctx.region, source], 1, 'source'))) {
    fail(ChannelMaxLimitExceededException, `A maximum of one channel is allowed for the source ${source}.`);
  }
  const max = quota(ctx, 'ChannelsPerRegion', CHANNELS_A_REGION);
  if (!(await ctx.store.fits(channels, [ctx.account, ctx.region], max, 'region'))) {
    fail(ChannelMaxLimitExceededException, `Your account has reached the maximum of ${max} channels.`);
  }
}

/** ARNs of event data stores that take events from outside. */
async function requiredDestinations(ctx: Context, given: readonly Destination[]): Promise<readonly string[]> {
  const arns = new Set<string>();
  for (const { Type, Location = '' } of given) {
    if (Type !== 'EVENT_DATA_STORE') fail(InvalidParameterException, `Destination type ${Type} is not valid.`);
    const store = await findStore(ctx, Location);
    if (store instanceof Missing) throw store.error;
    requireActive(store);
    if (kindOfStore(store) !== 'activity') {
      const sentence = `The event data store ${Location} does not collect ActivityAuditLog events.`;
      fail(InvalidEventDataStoreCategoryException, sentence);
    }
    if (store.account !== ctx.account) fail(InvalidParameterException, `${Location} belongs to another account.`);
    arns.add(storeArn(store));
  }
  return [...arns];
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where a channel of that ARN or id would be; undefined when it is no such name. */
export function channelPlace(ctx: Context, text: string): Pick<Channel, 'account' | 'region' | 'id'> | undefined {
  if (!text.startsWith('arn:'))
    return ID.test(text) ? { account: ctx.account, region: ctx.region, id: text } : undefined;
  const { service, region, account, resource = '' } = parseArn(text) ?? {};
  const id = resource.replace(/^channel\//, '');
  return service === 'cloudtrail' && region && account && resource !== id && ID.test(id)
    ? { account, region, id }
    : undefined;
}

async function findChannel(ctx: Context, text: string): Promise<Channel | Missing> {
  const place = channelPlace(ctx, text);
  if (!place) return new Missing('*', awsError(ChannelARNInvalidException, `Invalid channel ARN: ${text}`));
  const channel = await ctx.store.get(channels, [place.account, place.region, place.id]);
  if (channel?.account === ctx.account && channel.region === ctx.region) return channel;
  const error = awsError(ChannelNotFoundException, `The channel ${text} could not be found.`);
  return new Missing(channelArn({ ...place, account: ctx.account }), error);
}

const channelAccess = (channel: Channel): Access => ({ resource: channelArn(channel), resourceTags: channel.tags });

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetChannel.html */
export const GetChannel: Operation<Present<GetChannelRequest>, GetChannelResponse, Channel> = {
  load: (input, ctx) => findChannel(ctx, input.Channel),
  access: (_input, _ctx, channel) => channelAccess(channel),
  async run(_input, ctx, channel) {
    const arn = channelArn(channel);
    const [success, attempt, failure] = await Promise.all(
      (['success', 'attempt', 'failure'] as const).map((kind) => ctx.store.get(ingestions, [arn, kind])),
    );
    return {
      ...view(channel),
      SourceConfig: { ApplyToAllRegions: false, AdvancedEventSelectors: [] },
      IngestionStatus: {
        ...(success && {
          LatestIngestionSuccessTime: new Date(success.time),
          LatestIngestionSuccessEventID: success.eventId,
        }),
        ...(failure && { LatestIngestionErrorCode: failure.errorCode }),
        ...(attempt && {
          LatestIngestionAttemptTime: new Date(attempt.time),
          LatestIngestionAttemptEventID: attempt.eventId,
        }),
      },
    };
  },
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateChannel.html */
export const UpdateChannel: Operation<Present<UpdateChannelRequest>, UpdateChannelResponse, Channel> = {
  load: (input, ctx) => findChannel(ctx, input.Channel),
  access: (input, ctx, channel) => [
    channelAccess(channel),
    ...(input.Destinations ?? []).map(({ Location }) => ({ resource: Location ?? '*', resourceAccount: ctx.account })),
  ],
  async run(input, ctx, before) {
    if (input.Name !== undefined && input.Name !== before.name) await requireFree(ctx, input.Name);
    const after: Channel = {
      ...before,
      name: input.Name ?? before.name,
      destinations: input.Destinations ? await requiredDestinations(ctx, input.Destinations) : before.destinations,
    };
    await ctx.store.replace(channels, after);
    return view(after);
  },
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteChannel.html */
export const DeleteChannel: Operation<Present<DeleteChannelRequest>, DeleteChannelResponse, Channel> = {
  load: (input, ctx) => findChannel(ctx, input.Channel),
  access: (_input, _ctx, channel) => channelAccess(channel),
  async run(_input, ctx, channel) {
    await ctx.store.remove(channels, channels.key(channel));
    for (const kind of ['success', 'attempt', 'failure']) {
      await ctx.store.remove(ingestions, [channelArn(channel), kind]);
    }
    return {};
  },
};

const PAGE = 1000;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListChannels.html */
export const ListChannels: Operation<ListChannelsRequest, ListChannelsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const after = input.NextToken === undefined ? undefined : cursorOf(input.NextToken);
    if (input.NextToken !== undefined && after === undefined) fail(InvalidNextTokenException, 'Invalid NextToken.');
    const page = { limit: input.MaxResults ?? PAGE, after };
    const { rows, next } = await ctx.store.list(channels, [ctx.account, ctx.region], page);
    return {
      Channels: rows.map((channel) => ({ ChannelArn: channelArn(channel), Name: channel.name })),
      ...(next && { NextToken: tokenOf(next) }),
    };
  },
};

const view = (channel: Channel) => ({
  ChannelArn: channelArn(channel),
  Name: channel.name,
  Source: channel.source,
  Destinations: channel.destinations.map((Location): Destination => ({ Type: 'EVENT_DATA_STORE', Location })),
});

/** For the operations on tags. */
export async function taggedChannel(ctx: Context, arn: string): Promise<Tagged | Missing> {
  const channel = await findChannel(ctx, arn);
  if (channel instanceof Missing) return channel;
  return {
    arn: channelArn(channel),
    access: channelAccess(channel),
    tags: channel.tags,
    write: (tags) => ctx.store.replace(channels, { ...channel, tags }),
  };
}

/** For the operations on policies. */
export async function guardedChannel(ctx: Context, arn: string): Promise<Guarded | Missing> {
  const channel = await findChannel(ctx, arn);
  if (channel instanceof Missing) return channel;
  const { policy, policyInForce: _, ...rest } = channel;
  return {
    kind: 'channel',
    arn: channelArn(channel),
    policy,
    access: channelAccess(channel),
    write: (fields) => ctx.store.replace(channels, { ...rest, ...fields }),
  };
}
