/**
 * Access by tags of buckets: policies are told of a bucket's tags only while its owner has said so, for tags that were
 * written for the bill must not open doors.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
 */
import type { GetBucketAbacOutput, GetBucketAbacRequest, PutBucketAbacRequest } from '@aws-sdk/client-s3';
import type { Access, Present } from '../../core/operation.ts';
import { onBucket, oneOf } from './onBucket.ts';
import { type BucketSettings, changeSettings } from './settings.ts';

export const GetBucketAbac = onBucket<Present<GetBucketAbacRequest>, GetBucketAbacOutput>({
  action: 's3:GetBucketAbac',
  run: async (_input, _ctx, { settings }) => ({ AbacStatus: { Status: settings.abac ? 'Enabled' : 'Disabled' } }),
});

export const PutBucketAbac = onBucket<Present<PutBucketAbacRequest>, object>({
  action: 's3:PutBucketAbac',
  async run(input, ctx, { bucket }) {
    const status = oneOf(input.AbacStatus?.Status, ['Enabled', 'Disabled'] as const);
    await changeSettings(ctx, bucket.name, { abac: status === 'Enabled' ? true : undefined });
    return {};
  },
});

/** What policies are told of the bucket's tags: `aws:ResourceTag/…` and `s3:BucketTag/…`. */
export function tagKeys({ abac, tags }: BucketSettings): Pick<Access, 'resourceTags' | 'conditions'> {
  if (!abac || !tags) return {};
  return {
    resourceTags: tags,
    conditions: Object.fromEntries(tags.map(({ Key, Value }) => [`s3:BucketTag/${Key}`, Value])),
  };
}
