/** A bucket as others see it: loaded with the first look, since what buckets allow brings much along. */
import { accountOfCanonicalUser } from '../../identity/canonicalUsers.ts';
import { showPrincipals } from '../../identity/principalBinding.ts';
import { effectiveBlock } from '../../identity/publicAccess.ts';
import type { AccessGrant, Resource } from '../../posture/inventory.ts';
import type { Transaction } from '../../store/store.ts';
import { effectiveAcl } from './authority.ts';
import { type Bucket, bucketArn } from './bucketRows.ts';
import { type Acl, actionsOf, isOfEverybody, isOfLogs, ownerId } from './grants.ts';
import { settingsOf } from './settings.ts';

export async function resourceOf(tx: Transaction, bucket: Bucket): Promise<Resource> {
  const { account, region, created } = bucket;
  const settings = await settingsOf(tx, bucket.name);
  const block = await effectiveBlock(tx, account, settings.block);
  const { policy, tags } = settings;
  return {
    arn: bucketArn(bucket.name),
    type: 'AWS::S3::Bucket',
    account,
    region,
    created,
    ...(tags && { tags }),
    ...(policy !== undefined && { policy: await showPrincipals(tx, policy) }),
    grants: grantsOf(effectiveAcl(settings, block, settings.acl), account),
    blocksPublicAccess: block.RestrictPublicBuckets,
  };
}

/** Of whom the list names beside the owner; AWS's own log delivery is nobody outside. */
function grantsOf(acl: Acl, owner: string): AccessGrant[] {
  return acl.flatMap(({ grantee, permission }) => {
    if (grantee === ownerId(owner) || isOfLogs(grantee)) return [];
    const principal = isOfEverybody(grantee) ? '*' : (accountOfCanonicalUser(grantee) ?? grantee);
    return [{ principal, actions: actionsOf(permission, 'bucket'), source: 'BUCKET_ACL' }];
  });
}
