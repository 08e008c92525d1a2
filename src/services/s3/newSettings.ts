/** What a bucket is set to when it is made. */
import type { CreateBucketRequest } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { ALL_BLOCKED } from '../../identity/publicAccess.ts';
import type { Bucket } from './bucketRows.ts';
import { privateAcl } from './grants.ts';
import type { BucketSettings } from './settings.ts';

export async function newSettings(
  _ctx: Context,
  { name, account, region }: Bucket,
  { ObjectOwnership, ObjectLockEnabledForBucket, CreateBucketConfiguration }: CreateBucketRequest,
): Promise<BucketSettings> {
  const tags = (CreateBucketConfiguration?.Tags ?? []).map(({ Key = '', Value = '' }) => ({ Key, Value }));
  return {
    bucket: name,
    account,
    region,
    ownership: ObjectOwnership ?? 'BucketOwnerEnforced',
    acl: privateAcl(account),
    block: ALL_BLOCKED,
    encryption: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false },
    ...(ObjectLockEnabledForBucket && { objectLock: {} }),
    ...(tags.length > 0 && { tags }),
  };
}
