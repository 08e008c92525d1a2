/** What the three ways of making an object (at once, by copy, in parts) have in common. */
import type { Context } from '../../core/context.ts';
import type { Access } from '../../core/operation.ts';
import { type BucketTarget, objectAccess } from './access.ts';
import { requireAcl } from './acls.ts';
import { aclsDisabled } from './authority.ts';
import { objectArn } from './bucketRows.ts';
import { comparesTag } from './conditionals.ts';
import { type EncryptionRequest, encryptionConditions } from './encryptionRequests.ts';
import { type AclRequest, aclConditions, givesAcl, requestedAcl } from './grants.ts';
import { type LockRequest, lockAccess, lockConditions } from './locks.ts';
import { requestedTags, tagsIn } from './objectMetadata.ts';
import type { ObjectVersion } from './versions.ts';

export interface NewObject extends AclRequest, EncryptionRequest, LockRequest {
  readonly Bucket: string;
  readonly Key: string;
  readonly Tagging?: string | undefined;
  readonly StorageClass?: string | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
  readonly IfMatch?: string | undefined;
}

/** Permissions to make an object: PutObject, and those of what is set on it at once or compared before. */
export function makingAccess(
  ctx: Context,
  target: BucketTarget,
  input: NewObject,
  conditions: Access['conditions'] = {},
): readonly Access[] {
  const { Key: key } = input;
  const tags = tagsIn(input.Tagging);
  const asked = {
    's3:x-amz-storage-class': input.StorageClass,
    's3:x-amz-website-redirect-location': input.WebsiteRedirectLocation,
    's3:ObjectCreationOperation': 'true',
    ...aclConditions(input),
    ...encryptionConditions(input),
    ...lockConditions(input, ctx.now),
    ...requestedTags(tags),
    ...conditions,
  };
  const on = (action: string) => objectAccess(ctx, target, { action, key, conditions: asked });
  const all = [on('s3:PutObject'), ...comparing(ctx, target, input)];
  if (tags.length > 0) all.push(on('s3:PutObjectTagging'));
  // AWS services deliver with `bucket-owner-full-control` under policies that grant them PutObject alone.
  if (givesAcl(input) && ctx.caller.type !== 'Service') all.push(on('s3:PutObjectAcl'));
  for (const action of lockAccess(input)) all.push(on(action));
  return all;
}

export const comparing = (
  ctx: Context,
  target: BucketTarget,
  { Key: key, IfMatch }: Pick<NewObject, 'Key' | 'IfMatch'>,
): readonly Access[] => (comparesTag(IfMatch) ? [objectAccess(ctx, target, { action: 's3:GetObject', key })] : []);

/** Whose it is, and who else may do what with it. Throws where the bucket takes no such list. */
export async function ownedBy(
  ctx: Context,
  target: BucketTarget,
  input: AclRequest & { readonly Bucket: string; readonly Key: string },
): Promise<Pick<ObjectVersion, 'owner' | 'acl'>> {
  const { settings } = target;
  const writer = ctx.caller.type === 'Service' ? settings.account : ctx.caller.account;
  const bucketOwns =
    aclsDisabled(settings) ||
    (settings.ownership === 'BucketOwnerPreferred' && input.ACL === 'bucket-owner-full-control');
  const owner = bucketOwns ? settings.account : writer;
  const acl = await requestedAcl(ctx.store, input, { owner, bucketOwner: settings.account });
  if (acl) requireAcl(ctx, target, acl, { action: 's3:PutObjectAcl', resource: objectArn(input.Bucket, input.Key) });
  return {
    ...(owner !== settings.account && { owner }),
    ...(acl && !aclsDisabled(settings) && { acl }),
  };
}
