/** What others see of S3: buckets, with their policies as they are shown, and what their lists grant. */
import { accountOfCanonicalUser } from '../../identity/canonicalUsers.ts';
import { showPrincipals } from '../../identity/principalBinding.ts';
import { effectiveBlock } from '../../identity/publicAccess.ts';
import type { AccessGrant, Resource, ResourceSource } from '../../posture/inventory.ts';
import type { Transaction } from '../../store/store.ts';
import { effectiveAcl } from './authority.ts';
import { type Bucket, bucketArn, buckets } from './bucketRows.ts';
import { type Acl, actionsOf, isOfEverybody, isOfLogs, ownerId } from './grants.ts';
import { settingsOf } from './settings.ts';

const TYPE = 'AWS::S3::Bucket';
const PAGE = 1000;

export const bucketResources: ResourceSource = {
  types: [TYPE],
  async *list(tx, account, region) {
    let after: string | undefined;
    do {
      const page = await tx.list(buckets, [account], { index: 'account', limit: PAGE, after });
      for (const bucket of page.rows) {
        if (region === undefined || bucket.region === region) yield await resourceOf(tx, bucket);
      }
      after = page.next;
    } while (after !== undefined);
  },
  async find(tx, arn) {
    const [, name] = /^arn:aws:s3:::([a-z0-9.-]+)$/.exec(arn) ?? [];
    const bucket = name === undefined ? undefined : await tx.get(buckets, [name]);
    return bucket && resourceOf(tx, bucket);
  },
};

async function resourceOf(tx: Transaction, bucket: Bucket): Promise<Resource> {
  const { account, region, created } = bucket;
  const settings = await settingsOf(tx, bucket.name);
  const block = await effectiveBlock(tx, account, settings.block);
  const { policy, tags } = settings;
  return {
    arn: bucketArn(bucket.name),
    type: TYPE,
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
