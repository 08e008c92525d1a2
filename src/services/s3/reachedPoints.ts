/**
 * Buckets reached through access points: which one a request names, and the permission that it needs on the access
 * point beside the one on the bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
 */
import type { Context } from '../../core/context.ts';
import type { Access } from '../../core/operation.ts';
import { type AccessPoint, accessPointArn, accessPoints } from '../../identity/accessPoints.ts';
import {
  establishedPolicy,
  isReady,
  multiRegionAccessPoints,
  multiRegionArn,
} from '../../identity/multiRegionAccessPoints.ts';
import type { PublicAccessBlock } from '../../identity/publicAccess.ts';
import { pointAuthority } from './authority.ts';
import { buckets } from './bucketRows.ts';
import { s3Error } from './errors.ts';

/** An access point that a request came through, as far as the request needs to know it. */
export interface ReachedPoint
  extends Pick<AccessPoint, 'account' | 'bucket' | 'vpc' | 'block' | 'policy' | 'policyIsPublic' | 'tags'> {
  readonly arn: string;
  readonly multiRegion?: true;
  /** Whose bucket it leads to: another's of that name is not meant. */
  readonly bucketAccount?: string;
}

const HOSTED = /^([a-z0-9][-a-z0-9]{1,48}[a-z0-9])-(\d{12})$/;
const ARN = /^arn:aws:s3:([a-z0-9-]*):(\d{12}):accesspoint[/:]([a-z0-9.-]+)$/;

/** By alias, by ARN, or as host names have it (`name-111122223333`), where no bucket is called so. */
export async function accessPointNamed(ctx: Context, name: string): Promise<ReachedPoint | undefined> {
  const [, inRegion, ofAccount, called] = ARN.exec(name) ?? [];
  const alias = inRegion === '' ? called! : name;
  if (alias.endsWith('.mrap')) return multiRegionPoint(ctx, alias);
  const point = await regionalPoint(ctx, name, called && [ofAccount!, inRegion!, called]);
  return point && { ...point, arn: accessPointArn(point) };
}

async function regionalPoint(ctx: Context, name: string, key: readonly string[] | undefined | '') {
  const { store, region } = ctx;
  if (name.endsWith('-s3alias')) return (await store.list(accessPoints, [name], { index: 'alias', limit: 1 })).rows[0];
  if (key) return store.get(accessPoints, key);
  const [, hosted, account] = HOSTED.exec(name) ?? [];
  if (hosted === undefined || (await store.get(buckets, [name]))) return undefined;
  return store.get(accessPoints, [account!, region, hosted]);
}

/** Leads to the bucket of the plane's own Region, or to the first one whose Region is active. */
async function multiRegionPoint(ctx: Context, alias: string): Promise<ReachedPoint | undefined> {
  const [point] = (await ctx.store.list(multiRegionAccessPoints, [alias], { index: 'alias', limit: 1 })).rows;
  if (!point || !isReady(point, ctx.now)) return undefined;
  const active = point.regions.filter((each) => each.active);
  const nearest = active.find(({ region }) => region === ctx.settings.region) ?? active[0]!;
  const policy = establishedPolicy(point, ctx.now);
  return {
    arn: multiRegionArn(point),
    account: point.account,
    bucket: nearest.bucket,
    bucketAccount: nearest.account,
    block: point.block,
    ...(policy && { policy: policy.text, policyIsPublic: policy.isPublic }),
    tags: [],
    multiRegion: true,
  };
}

const EVERYWHERE = /\.accesspoint\.s3-global\.amazonaws\.com(?::\d+)?$/i;

/**
 * Throws AccessDenied for one that is reached from a VPC only, as no request comes from one, or by whoever signs; and
 * InvalidRequest where AWS's name for all Regions is asked with a signature for one.
 */
export function requireReachable({ vpc, multiRegion }: ReachedPoint, { caller, source }: Context): void {
  if (vpc !== undefined || (multiRegion && caller.type === 'Anonymous')) throw s3Error('AccessDenied');
  if (source.signature?.algorithm !== 'AWS4-HMAC-SHA256' || !EVERYWHERE.test(source.host)) return;
  const message = 'The authorization mechanism you have provided is not supported. Please use AWS4-ECDSA-P256-SHA256.';
  throw s3Error('InvalidRequest', { message });
}

/** What policies are told of the access point, the bucket's too. */
const keysOf = (point: ReachedPoint) => ({
  's3:DataAccessPointArn': point.arn,
  's3:DataAccessPointAccount': point.account,
  's3:AccessPointNetworkOrigin': 'Internet',
  ...Object.fromEntries(point.tags.map(({ Key, Value }) => [`s3:AccessPointTag/${Key}`, Value])),
});

/** The access on the bucket, or an object in it, with the one on the access point that it goes through. */
export function throughPoint(
  ctx: Context,
  point: ReachedPoint | undefined,
  block: PublicAccessBlock,
  access: Access,
  key?: string,
): Access {
  if (!point) return access;
  const conditions = { ...access.conditions, ...keysOf(point) };
  const resource = key === undefined ? point.arn : `${point.arn}/object/${key}`;
  const through: Access = {
    ...(access.action !== undefined && { action: access.action }),
    resource,
    ...(access.resourceTags && { resourceTags: access.resourceTags }),
    ...pointAuthority(point, block, ctx.caller),
    conditions,
  };
  return { ...access, conditions, through };
}
