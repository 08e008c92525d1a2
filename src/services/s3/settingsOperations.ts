/** The operations on what buckets are set to, and on what objects are beside their bytes, by name. */
import { GetBucketAcl, PutBucketAcl } from './acls.ts';
import { DeleteBucketTagging, GetBucketTagging, PutBucketTagging } from './bucketTags.ts';
import { DeleteBucketOwnershipControls, GetBucketOwnershipControls, PutBucketOwnershipControls } from './ownership.ts';
import { DeleteBucketPolicy, GetBucketPolicy, GetBucketPolicyStatus, PutBucketPolicy } from './policies.ts';
import { DeletePublicAccessBlock, GetPublicAccessBlock, PutPublicAccessBlock } from './publicAccess.ts';

export const settingsOperations = {
  DeleteBucketOwnershipControls,
  DeleteBucketPolicy,
  DeleteBucketTagging,
  DeletePublicAccessBlock,
  GetBucketAcl,
  GetBucketOwnershipControls,
  GetBucketPolicy,
  GetBucketPolicyStatus,
  GetBucketTagging,
  GetPublicAccessBlock,
  PutBucketAcl,
  PutBucketOwnershipControls,
  PutBucketPolicy,
  PutBucketTagging,
  PutPublicAccessBlock,
};
