/**
 * Buckets reached through access points: which one a request names, and the permission that it needs on the access
 * point beside the one on the bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
 */
import type { Context } from '../../core/context.ts';
import type { Access } from '../../core/operation.ts';
import { type AccessPoint, accessPointArn, accessPoints } from '../../identity/accessPoints.ts';
import type { PublicAccessBlock } from '../../identity/publicAccess.ts';
import { pointAuthority } from './authority.ts';
import { buckets } from './bucketRows.ts';
import { s3Error } from './errors.ts';

const HOSTED = /^([a-z0-9][-a-z0-9]{1,48}[a-z0-9])-(\d{12})$/;
const ARN = /^arn:aws:s3:([a-z0-9-]+):(\d{12}):accesspoint[/:]([a-z0-9-]+)$/;

/** By alias, by ARN, or as host names have it (`name-111122223333`), where no bucket is called so. */
export async function accessPointNamed(ctx: Context, name: string): Promise<AccessPoint | undefined> {
  const { store, region } = ctx;
  if (name.endsWith('-s3alias')) return (await store.list(accessPoints, [name], { index: 'alias', limit: 1 })).rows[0];
  const [, inRegion, ofAccount, called] = ARN.exec(name) ?? [];
  if (called !== undefined) return store.get(accessPoints, [ofAccount!, inRegion!, called]);
  const [, hosted, account] = HOSTED.exec(name) ?? [];
  if (hosted === undefined || (await store.get(buckets, [name]))) return undefined;
  return store.get(accessPoints, [account!, region, hosted]);
}

/** Throws AccessDenied for one that is reached from a VPC only: no request comes from one. */
export function requireReachable({ vpc }: AccessPoint): void {
  if (vpc !== undefined) throw s3Error('AccessDenied');
}

/** What policies are told of the access point, the bucket's too. */
const keysOf = (point: AccessPoint) => ({
  's3:DataAccessPointArn': accessPointArn(point),
  's3:DataAccessPointAccount': point.account,
  's3:AccessPointNetworkOrigin': 'Internet',
  ...Object.fromEntries(point.tags.map(({ Key, Value }) => [`s3:AccessPointTag/${Key}`, Value])),
});

/** The access on the bucket, or an object in it, with the one on the access point that it goes through. */
export function throughPoint(
  ctx: Context,
  point: AccessPoint | undefined,
  block: PublicAccessBlock,
  access: Access,
  key?: string,
): Access {
  if (!point) return access;
  const conditions = { ...access.conditions, ...keysOf(point) };
  const resource = key === undefined ? accessPointArn(point) : `${accessPointArn(point)}/object/${key}`;
  const through: Access = {
    ...(access.action !== undefined && { action: access.action }),
    resource,
    ...(access.resourceTags && { resourceTags: access.resourceTags }),
    ...pointAuthority(point, block, ctx.caller),
    conditions,
  };
  return { ...access, conditions, through };
}
