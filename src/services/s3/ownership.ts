/**
 * Who owns what others write, and whether access control lists count.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
import type {
  DeleteBucketOwnershipControlsRequest,
  GetBucketOwnershipControlsOutput,
  GetBucketOwnershipControlsRequest,
  PutBucketOwnershipControlsRequest,
} from '@aws-sdk/client-s3';
import { CommonError } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { s3Error } from './errors.ts';
import { isOwnersOnly } from './grants.ts';
import { onBucket, oneOf } from './onBucket.ts';
import { changeSettings } from './settings.ts';

export const GetBucketOwnershipControls = onBucket<
  Present<GetBucketOwnershipControlsRequest>,
  GetBucketOwnershipControlsOutput
>({
  action: 's3:GetBucketOwnershipControls',
  async run(_input, _ctx, { settings: { bucket, ownership } }) {
    if (ownership !== undefined) return { OwnershipControls: { Rules: [{ ObjectOwnership: ownership }] } };
    throw new CommonError('OwnershipControlsNotFoundError', 'The bucket ownership controls were not found', 404, {
      details: { BucketName: bucket },
    });
  },
});

export const PutBucketOwnershipControls = onBucket<Present<PutBucketOwnershipControlsRequest>, object>({
  action: 's3:PutBucketOwnershipControls',
  async run(input, ctx, { bucket, settings }) {
    const rules = input.OwnershipControls?.Rules ?? [];
    if (rules.length !== 1) throw s3Error('MalformedXML');
    const ownership = oneOf(rules[0]?.ObjectOwnership, [
      'BucketOwnerEnforced',
      'BucketOwnerPreferred',
      'ObjectWriter',
    ] as const);
    if (ownership === 'BucketOwnerEnforced' && !isOwnersOnly(settings.acl, settings.account)) {
      throw s3Error('InvalidBucketAclWithObjectOwnership');
    }
    await changeSettings(ctx, bucket.name, { ownership });
    return {};
  },
});

export const DeleteBucketOwnershipControls = onBucket<Present<DeleteBucketOwnershipControlsRequest>, object>({
  action: 's3:PutBucketOwnershipControls',
  async run(_input, ctx, { bucket }) {
    await changeSettings(ctx, bucket.name, { ownership: undefined });
    return {};
  },
});
