/**
 * Transfer Acceleration: whether the bucket answers at `bucket.s3-accelerate.amazonaws.com`. There is no nearer edge of
 * the network to send to, so such requests take the road of all others.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/transfer-acceleration.html
 */
import type {
  GetBucketAccelerateConfigurationOutput,
  GetBucketAccelerateConfigurationRequest,
  PutBucketAccelerateConfigurationRequest,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Present } from '../../core/operation.ts';
import { s3Error } from './errors.ts';
import { onBucket, oneOf } from './onBucket.ts';
import { type BucketSettings, changeSettings } from './settings.ts';

export const GetBucketAccelerateConfiguration = onBucket<
  Present<GetBucketAccelerateConfigurationRequest>,
  GetBucketAccelerateConfigurationOutput
>({
  action: 's3:GetAccelerateConfiguration',
  eventName: 'GetAccelerateConfiguration',
  run: async (_input, _ctx, { settings }) => (settings.acceleration ? { Status: settings.acceleration } : {}),
});

export const PutBucketAccelerateConfiguration = onBucket<Present<PutBucketAccelerateConfigurationRequest>, object>({
  action: 's3:PutAccelerateConfiguration',
  eventName: 'PutAccelerateConfiguration',
  async run(input, ctx, { bucket }) {
    const acceleration = oneOf(input.AccelerateConfiguration?.Status, ['Enabled', 'Suspended'] as const);
    if (bucket.name.includes('.')) {
      const message = 'S3 Transfer Acceleration is not supported for buckets with periods (.) in their names';
      throw s3Error('InvalidRequest', { message });
    }
    await changeSettings(ctx, bucket.name, { acceleration });
    return {};
  },
});

const ACCELERATED = /\.s3-accelerate\.(?:dualstack\.)?amazonaws\.com(?::\d+)?$/i;

/** Throws InvalidRequest for a request to the accelerated name of a bucket that has none. */
export function requireAcceleration({ source }: Pick<Context, 'source'>, { acceleration }: BucketSettings): void {
  if (acceleration === 'Enabled' || !ACCELERATED.test(source.host)) return;
  const state = acceleration === 'Suspended' ? 'disabled' : 'not configured';
  throw s3Error('InvalidRequest', { message: `S3 Transfer Acceleration is ${state} on this bucket` });
}
