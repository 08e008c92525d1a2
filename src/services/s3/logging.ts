/**
 * Server access logging: what is set. How logs are written and delivered is in accessLogs.ts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
 */
import type {
  GetBucketLoggingOutput,
  GetBucketLoggingRequest,
  LoggingEnabled,
  PutBucketLoggingRequest,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { aclsDisabled } from './authority.ts';
import { type Bucket, buckets } from './bucketRows.ts';
import { s3Error } from './errors.ts';
import { onBucket, oneOf } from './onBucket.ts';
import { changeSettings, settingsOf } from './settings.ts';

export const GetBucketLogging = onBucket<Present<GetBucketLoggingRequest>, GetBucketLoggingOutput>({
  action: 's3:GetBucketLogging',
  run: async (_input, _ctx, { settings: { logging } }) => (logging ? { LoggingEnabled: logging } : {}),
});

export const PutBucketLogging = onBucket<Present<PutBucketLoggingRequest>, object>({
  action: 's3:PutBucketLogging',
  async run(input, ctx, { bucket }) {
    const logging = input.BucketLoggingStatus?.LoggingEnabled;
    if (logging) await requireTarget(ctx, bucket, logging);
    await changeSettings(ctx, bucket.name, { logging });
    return {};
  },
});

const invalidTarget = (message: string, TargetBucket: string) =>
  new CommonError('InvalidTargetBucketForLogging', message, 400, { details: { TargetBucket } });

async function requireTarget(ctx: Context, bucket: Bucket, logging: LoggingEnabled): Promise<void> {
  const { TargetBucket: name, TargetPrefix: prefix, TargetGrants: grants, TargetObjectKeyFormat: format } = logging;
  if (name === undefined || prefix === undefined) throw s3Error('MalformedXML');
  const target = await ctx.store.get(buckets, [name]);
  if (!target) throw invalidTarget('The target bucket for logging does not exist', name);
  if (target.account !== bucket.account) {
    throw invalidTarget('The owner for the bucket to be logged and the target bucket must be the same.', name);
  }
  if (target.region !== bucket.region) {
    throw new CommonError('CrossLocationLoggingProhibitted', 'Cross S3 location logging not allowed. ', 403, {
      details: { TargetBucketLocation: target.region, SourceBucketLocation: bucket.region },
    });
  }
  const settings = await settingsOf(ctx.store, name);
  if (grants?.length && aclsDisabled(settings)) throw s3Error('AccessControlListNotSupported');
  if (settings.objectLock?.retention) {
    throw invalidTarget('Logging can not be enabled to a bucket with a default retention.', name);
  }
  if (format?.PartitionedPrefix) {
    oneOf(format.PartitionedPrefix.PartitionDateSource, ['EventTime', 'DeliveryTime'] as const);
  }
}
