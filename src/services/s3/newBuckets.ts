/**
 * What a new bucket is set to, as AWS sets it today: lists disabled, all public access blocked, encrypted with keys that
 * S3 keeps, and encryption with customers' keys blocked until the owner allows it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-overview.html
 */
import type { CreateBucketRequest, ObjectOwnership, ServerSideEncryptionRule } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { ALL_BLOCKED, effectiveBlock } from '../../identity/publicAccess.ts';
import { invalidArgument } from './errors.ts';
import { isOwnersOnly, isPublicAcl, privateAcl, requestedAcl } from './grants.ts';
import { publicAclRefused } from './publicAccess.ts';
import type { BucketSettings } from './settings.ts';

export const DEFAULT_ENCRYPTION: ServerSideEncryptionRule = {
  ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
  BucketKeyEnabled: false,
  BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
};

const OWNERSHIPS: ReadonlySet<string> = new Set(['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter']);

/** Of a bucket that the caller makes. Throws what AWS says to a list or an ownership that cannot be. */
export async function newSettings(
  ctx: Context,
  input: Pick<
    CreateBucketRequest,
    | 'Bucket'
    | 'ACL'
    | 'GrantFullControl'
    | 'GrantRead'
    | 'GrantReadACP'
    | 'GrantWrite'
    | 'GrantWriteACP'
    | 'ObjectOwnership'
    | 'ObjectLockEnabledForBucket'
  >,
  region: string,
): Promise<BucketSettings> {
  const ownership = input.ObjectOwnership ?? 'BucketOwnerEnforced';
  if (!OWNERSHIPS.has(ownership)) {
    throw invalidArgument(`Invalid x-amz-object-ownership header: ${ownership}`, 'x-amz-object-ownership', ownership);
  }
  return {
    bucket: input.Bucket!,
    account: ctx.account,
    region,
    ownership: ownership as ObjectOwnership,
    acl: await newAcl(ctx, input, ownership),
    block: ALL_BLOCKED,
    encryption: DEFAULT_ENCRYPTION,
    ...(input.ObjectLockEnabledForBucket && { objectLock: {} }),
  };
}

/** A new bucket has Block Public Access on, but that does not bind the list it is made with: only its account's does. */
async function newAcl(
  ctx: Context,
  input: Parameters<typeof requestedAcl>[1] & { Bucket?: string | undefined },
  ownership: string,
) {
  const owners = { owner: ctx.account, bucketOwner: ctx.account };
  const acl = (await requestedAcl(ctx.store, input, owners)) ?? privateAcl(ctx.account);
  if (ownership === 'BucketOwnerEnforced' && !isOwnersOnly(acl, ctx.account)) throw aclsWithEnforcedOwnership();
  const { BlockPublicAcls } = await effectiveBlock(ctx.store, ctx.account);
  if (BlockPublicAcls && isPublicAcl(acl))
    throw publicAclRefused(ctx, 's3:CreateBucket', `arn:aws:s3:::${input.Bucket}`);
  return acl;
}

export const aclsWithEnforcedOwnership = () =>
  new CommonError(
    'InvalidBucketAclWithObjectOwnership',
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  );
