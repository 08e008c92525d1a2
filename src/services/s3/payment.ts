/**
 * Who pays for requests.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
 */
import type {
  GetBucketRequestPaymentOutput,
  GetBucketRequestPaymentRequest,
  PutBucketRequestPaymentRequest,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Present } from '../../core/operation.ts';
import { s3Error } from './errors.ts';
import { onBucket, oneOf } from './onBucket.ts';
import { type BucketSettings, changeSettings } from './settings.ts';

export const GetBucketRequestPayment = onBucket<Present<GetBucketRequestPaymentRequest>, GetBucketRequestPaymentOutput>(
  {
    action: 's3:GetBucketRequestPayment',
    run: async (_input, _ctx, { settings }) => ({ Payer: settings.requesterPays ? 'Requester' : 'BucketOwner' }),
  },
);

export const PutBucketRequestPayment = onBucket<Present<PutBucketRequestPaymentRequest>, object>({
  action: 's3:PutBucketRequestPayment',
  async run(input, ctx, { bucket }) {
    const payer = oneOf(input.RequestPaymentConfiguration?.Payer, ['Requester', 'BucketOwner'] as const);
    await changeSettings(ctx, bucket.name, { requesterPays: payer === 'Requester' ? true : undefined });
    return {};
  },
});

/** Of a bucket whose requesters pay, others must say that they know. Throws AccessDenied. */
export function requirePayer(ctx: Context, settings: BucketSettings, payer: string | undefined): void {
  if (!settings.requesterPays || ctx.caller.account === settings.account || ctx.caller.type === 'Service') return;
  if (ctx.caller.type === 'Anonymous' || payer !== 'requester') throw s3Error('AccessDenied');
}
