/**
 * On what a request to a bucket or an object in it needs permission: the resource, who has a say over it (authority.ts)
 * and the condition keys that S3 adds.
 */
import type { Context } from '../../core/context.ts';
import { type Access, Missing, type Tag } from '../../core/operation.ts';
import { effectiveBlock, type PublicAccessBlock } from '../../identity/publicAccess.ts';
import { bucketAuthority, type OwnedObject, objectAuthority } from './authority.ts';
import { type Bucket, bucketArn, findBucket, objectArn } from './bucketRows.ts';
import { s3Error } from './errors.ts';
import { requireRegion } from './redirects.ts';
import { type BucketSettings, settingsOf } from './settings.ts';

/** A bucket that a request is about, with all that decides who may reach it. */
export interface BucketTarget {
  readonly bucket: Bucket;
  readonly settings: BucketSettings;
  /** What holds for the bucket: of the account and the bucket together. */
  readonly block: PublicAccessBlock;
}

export interface BucketRequest {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string | undefined;
}

/** For operations' `load`: the bucket, found in the Region and with the owner that the request expects. */
export async function loadBucket(input: BucketRequest, ctx: Context): Promise<BucketTarget | Missing> {
  const bucket = await findBucket(ctx, input.Bucket);
  if (bucket instanceof Missing) return bucket;
  requireRegion(ctx, bucket);
  requireOwner(bucket, input.ExpectedBucketOwner);
  return targetOf(ctx, bucket);
}

export async function targetOf(ctx: Context, bucket: Bucket): Promise<BucketTarget> {
  const settings = await settingsOf(ctx.store, bucket.name);
  return { bucket, settings, block: await effectiveBlock(ctx.store, bucket.account, settings.block) };
}

/** Throws AccessDenied where a request names another account as the bucket's owner. */
export function requireOwner(bucket: Bucket, expected: string | undefined): void {
  if (expected !== undefined && expected !== bucket.account) throw s3Error('AccessDenied');
}

export interface Asked {
  /** Where it is not the operation's own: `s3:GetObjectVersion`. */
  readonly action?: string | undefined;
  readonly conditions?: Access['conditions'];
}

/** Permission on the bucket itself. */
export function bucketAccess(ctx: Context, { bucket, settings, block }: BucketTarget, asked: Asked = {}): Access {
  const { action, conditions } = asked;
  return {
    ...(action !== undefined && { action }),
    resource: bucketArn(bucket.name),
    ...bucketAuthority(settings, block, ctx.caller),
    conditions: { ...signatureKeys(ctx), ...conditions },
  };
}

export interface ObjectAsked extends Asked {
  readonly key: string;
  /** The version that is there; undefined where one is to be made. */
  readonly object?: (OwnedObject & { readonly tags?: readonly Tag[] | undefined }) | undefined;
}

/** Permission on an object in the bucket, there or to be made. */
export function objectAccess(ctx: Context, { bucket, settings, block }: BucketTarget, asked: ObjectAsked): Access {
  const { action, conditions, key, object } = asked;
  return {
    ...(action !== undefined && { action }),
    resource: objectArn(bucket.name, key),
    ...objectAuthority(settings, block, ctx.caller, object),
    conditions: { ...signatureKeys(ctx), ...existingTags(object?.tags), ...conditions },
  };
}

/** `s3:ExistingObjectTag/…` of the version that is there. */
function existingTags(tags: readonly Tag[] = []): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [`s3:ExistingObjectTag/${Key}`, Value]));
}

/** What S3 tells policies of how a request is signed. */
const signatureKeys = ({ caller }: Context): Record<string, string | undefined> =>
  caller.type === 'Anonymous' || caller.type === 'Service' ? {} : { 's3:signatureversion': 'AWS4-HMAC-SHA256' };
