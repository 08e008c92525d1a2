/**
 * Reading and setting access control lists of buckets.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/managing-acls.html
 */
import type {
  AccessControlPolicy,
  GetBucketAclOutput,
  GetBucketAclRequest,
  PutBucketAclRequest,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import type { BucketTarget } from './access.ts';
import { aclsDisabled, effectiveAcl } from './authority.ts';
import { bucketArn } from './bucketRows.ts';
import { s3Error } from './errors.ts';
import {
  type Acl,
  type AclRequest,
  aclConditions,
  aclInBody,
  givesAcl,
  isOwnersOnly,
  isPublicAcl,
  type Owners,
  privateAcl,
  requestedAcl,
  shownGrants,
  shownOwner,
} from './grants.ts';
import { onBucket } from './onBucket.ts';
import { publicAclRefused } from './publicAccess.ts';
import { changeSettings } from './settings.ts';

export const GetBucketAcl = onBucket<Present<GetBucketAclRequest>, GetBucketAclOutput>({
  action: 's3:GetBucketAcl',
  run: async (_input, _ctx, { settings, block }) => ({
    Owner: shownOwner(settings.account),
    Grants: shownGrants(
      aclsDisabled(settings) ? privateAcl(settings.account) : effectiveAcl(settings, block, settings.acl),
    ),
  }),
});

export const PutBucketAcl = onBucket<Present<PutBucketAclRequest>, object>({
  action: 's3:PutBucketAcl',
  conditions: aclConditions,
  async run(input, ctx, target) {
    const { settings } = target;
    const owners = { owner: settings.account, bucketOwner: settings.account };
    const acl = await givenAcl(ctx, input, owners);
    requireAcl(ctx, target, acl, { action: 's3:PutBucketAcl', resource: bucketArn(settings.bucket) });
    await changeSettings(ctx, settings.bucket, { acl });
    return {};
  },
});

/** The list that a request to set one gives, in its headers or in its body. */
export async function givenAcl(
  ctx: Context,
  input: AclRequest & { readonly AccessControlPolicy?: AccessControlPolicy | undefined },
  owners: Owners,
): Promise<Acl> {
  const policy = input.AccessControlPolicy;
  const inBody = policy !== undefined && Object.values(policy).some((value) => value !== undefined);
  if (givesAcl(input)) {
    if (inBody) throw new CommonError('UnexpectedContent', 'This request does not support content');
    return (await requestedAcl(ctx.store, input, owners))!;
  }
  if (!inBody) throw new CommonError('MissingSecurityHeader', 'Your request was missing a required header');
  return aclInBody(ctx.store, policy, owners.owner);
}

/** Throws where the bucket takes no lists, or none with public grants. */
export function requireAcl(
  ctx: Context,
  { settings, block }: BucketTarget,
  acl: Acl,
  asked: { readonly action: string; readonly resource: string },
): void {
  if (aclsDisabled(settings) && !isOwnersOnly(acl, settings.account)) throw s3Error('AccessControlListNotSupported');
  if (block.BlockPublicAcls && isPublicAcl(acl)) throw publicAclRefused(ctx, asked.action, asked.resource);
}
