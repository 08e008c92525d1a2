/**
 * What a bucket is set to when it is made, as AWS sets it today: lists disabled, all public access blocked, encrypted
 * with keys that S3 keeps, and encryption with customers' keys blocked until the owner allows it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-overview.html
 */
import type { CreateBucketRequest, ObjectOwnership, ServerSideEncryptionRule } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { ALL_BLOCKED, effectiveBlock } from '../../identity/publicAccess.ts';
import { type Bucket, bucketArn } from './bucketRows.ts';
import { requireTags } from './bucketTags.ts';
import { invalidArgument, s3Error } from './errors.ts';
import { type Acl, isOwnersOnly, isPublicAcl, privateAcl, requestedAcl } from './grants.ts';
import { publicAclRefused } from './publicAccess.ts';
import type { BucketSettings } from './settings.ts';

export const DEFAULT_ENCRYPTION: ServerSideEncryptionRule = {
  ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
  BucketKeyEnabled: false,
  BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
};

const OWNERSHIPS: ReadonlySet<string> = new Set(['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter']);

/** Throws what AWS says to a list or an ownership that cannot be. */
export async function newSettings(ctx: Context, bucket: Bucket, input: CreateBucketRequest): Promise<BucketSettings> {
  const ownership: string = input.ObjectOwnership ?? 'BucketOwnerEnforced';
  if (!OWNERSHIPS.has(ownership)) {
    throw invalidArgument(`Invalid x-amz-object-ownership header: ${ownership}`, 'x-amz-object-ownership', ownership);
  }
  const tags = requireTags(input.CreateBucketConfiguration?.Tags ?? []);
  return {
    bucket: bucket.name,
    account: bucket.account,
    region: bucket.region,
    ownership: ownership as ObjectOwnership,
    acl: await newAcl(ctx, bucket, input, ownership),
    block: ALL_BLOCKED,
    encryption: DEFAULT_ENCRYPTION,
    ...(input.ObjectLockEnabledForBucket && { objectLock: {} }),
    ...(tags.length > 0 && { tags }),
  };
}

/** Of the blocks on public access, only the account's binds the list that a bucket is made with. */
async function newAcl(ctx: Context, { name, account }: Bucket, input: CreateBucketRequest, ownership: string) {
  const acl: Acl =
    (await requestedAcl(ctx.store, input, { owner: account, bucketOwner: account })) ?? privateAcl(account);
  if (ownership === 'BucketOwnerEnforced' && !isOwnersOnly(acl, account)) {
    throw s3Error('InvalidBucketAclWithObjectOwnership');
  }
  const { BlockPublicAcls } = await effectiveBlock(ctx.store, account);
  if (BlockPublicAcls && isPublicAcl(acl)) throw publicAclRefused(ctx, 's3:CreateBucket', bucketArn(name));
  return acl;
}
