/** What a channel may be. https://docs.aws.amazon.com/streams/latest/dev/data-delivery-quotas.html */
import { type CreateChannelInput, ResourceInUseException } from '@aws-sdk/client-kinesis';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { fail, notImplemented } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Present } from '../../core/operation.ts';
import { requireTemplate } from './channelKeys.ts';
import { type Channel, channels, channelsOf } from './channelRows.ts';
import { inWords, refuse, requireState, tooMany } from './errors.ts';
import { kmsKeyOf, type Stream } from './streamRows.ts';
import { listedTags, requireTags } from './tagRules.ts';

const FRESHNESS_MIN = 300;
const FRESHNESS_MAX = 900;
const OWN_ALIAS = /(^|:)alias\/aws\/kinesis$/;

/** @throws InvalidArgumentException, ResourceInUseException */
export function newChannel(ctx: Context, stream: Stream, input: Present<CreateChannelInput>): Channel {
  requireSource(ctx, stream, input);
  const { S3DestinationConfiguration: destination, EncryptionConfiguration: encryption, ChannelName: name } = input;
  if (input.S3TablesDestinationConfiguration) {
    if (destination) refuse('Only one destination can be specified.');
    notImplemented('A channel that delivers to tables of Apache Iceberg (S3TablesDestinationConfiguration)');
  }
  if (!destination) return refuse('S3DestinationConfiguration or S3TablesDestinationConfiguration must be specified.');
  const { StorageConfiguration: at, DeadLetterQueueS3Configuration: letters } = destination;
  const format = input.StreamConfigurationList[0]!.RecordConfiguration?.RecordFormatType;
  if (format === 'GSR_JSON') refuse('GSR_JSON is not supported for delivery to general purpose Amazon S3 buckets.');
  if (encryption?.KeyId && OWN_ALIAS.test(encryption.KeyId)) {
    refuse('The alias aws/kinesis cannot be used to encrypt what a channel delivers.');
  }
  const id = uuid(ctx);
  const logs = input.LoggingConfiguration?.CloudWatchLogs;
  const { account, region, now } = ctx;
  const channel: Channel = {
    account,
    region,
    id,
    name,
    created: now.getTime(),
    role: input.ServiceExecutionRoleARN,
    stream: { name: stream.name, id: stream.id, created: stream.created },
    format: format as Channel['format'],
    freshnessSeconds: destination.DataFreshnessInSeconds ?? FRESHNESS_MIN,
    storage: {
      bucket: requireBucket(at!.BucketARN!),
      owner: at!.ExpectedBucketOwner!,
      ...(at!.OutputKeyTemplate !== undefined && { template: at!.OutputKeyTemplate }),
      storageClass: at!.StorageClass ?? 'STANDARD',
      compression: at!.CompressionType!,
    },
    ...(letters && {
      deadLetters: {
        bucket: requireBucket(letters.BucketARN!),
        owner: letters.ExpectedBucketOwner!,
        ...(letters.ErrorOutputPrefix !== undefined && { prefix: letters.ErrorOutputPrefix }),
      },
    }),
    ...(encryption && { keyId: encryption.KeyId! }),
    logs: {
      enabled: logs?.Enabled === true,
      group: logs?.LogGroupName ?? `/aws/kinesis/${name}/${id}`,
      stream: logs?.LogStreamName ?? 'DestinationDelivery',
    },
    tags: listedTags(input.Tags),
    next: {},
  };
  requireFreshness(channel.freshnessSeconds);
  requireTemplate(channel, channel.storage, now);
  requireTags(channel.tags, stream);
  return channel;
}

function requireSource(
  ctx: Context,
  stream: Stream,
  { StreamConfigurationList: sources }: Present<CreateChannelInput>,
) {
  if (sources.length !== 1) refuse('StreamConfigurationList must contain exactly one stream.');
  if (stream.account !== ctx.account) refuse('The channel and its source stream must be in the same account.');
  if (stream.mode !== 'ON_DEMAND') {
    refuse(
      `Channels are only supported for streams with the on-demand capacity mode, which ${inWords(stream)} has not.`,
    );
  }
  requireState(stream, ctx.now, 'ACTIVE');
  const key = kmsKeyOf(stream, ctx.now);
  if (key !== undefined && OWN_ALIAS.test(key)) {
    refuse(
      `Channels are not supported for streams that are encrypted with an AWS managed key, as ${inWords(stream)} is.`,
    );
  }
}

function requireBucket(arn: string): string {
  const parsed = parseArn(arn);
  if (parsed?.service !== 's3' || parsed.resource.includes('/')) refuse(`BucketARN ${arn} is not valid.`);
  return arn;
}

export function requireFreshness(seconds: number): void {
  if (seconds >= FRESHNESS_MIN && seconds <= FRESHNESS_MAX) return;
  refuse(`DataFreshnessInSeconds must be between ${FRESHNESS_MIN} and ${FRESHNESS_MAX}.`);
}

/** @throws ResourceInUseException for a name that is taken, LimitExceededException for a second channel to S3 */
export async function requireRoom(ctx: Context, { account, region, name, stream }: Channel): Promise<void> {
  const named = await ctx.store.list(channels, [account, region, name], { index: 'name', limit: 1 });
  if (named.rows[0]) fail(ResourceInUseException, `Channel ${name} under account ${account} already exists.`);
  if ((await channelsOf(ctx, stream)).length === 0) return;
  tooMany(`Stream ${stream.name} under account ${account} already has a channel that delivers to S3.`);
}
