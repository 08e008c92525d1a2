/**
 * On what a request to a bucket or an object in it needs permission: the resource, who has a say over it (authority.ts)
 * and the condition keys that S3 adds.
 */
import type { Context, RecordedResource } from '../../core/context.ts';
import type { Access, Tag } from '../../core/operation.ts';
import { effectiveBlock, type PublicAccessBlock } from '../../identity/publicAccess.ts';
import { tagKeys } from './abac.ts';
import { requireAcceleration } from './acceleration.ts';
import { bucketAuthority, type OwnedObject, objectAuthority } from './authority.ts';
import { type Bucket, bucketArn, objectArn, requireBucket } from './bucketRows.ts';
import { s3Error } from './errors.ts';
import { hostIdOf } from './notices.ts';
import { accessPointNamed, type ReachedPoint, requireReachable, throughPoint } from './reachedPoints.ts';
import { requireRegion } from './redirects.ts';
import { type BucketSettings, settingsOf } from './settings.ts';

/** A bucket that a request is about, with all that decides who may reach it. */
export interface BucketTarget {
  readonly bucket: Bucket;
  readonly settings: BucketSettings;
  /** What holds for the bucket: of the account and the bucket together. */
  readonly block: PublicAccessBlock;
  /** The access point that the request came through. */
  readonly point?: ReachedPoint | undefined;
}

export interface BucketRequest {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string | undefined;
}

/** What a record tells beside the bucket: an object, or all of them. */
type Noted = (bucket: string) => RecordedResource;

/** For operations' `load`: the bucket, found in the Region and with the owner that the request expects. */
export async function loadBucket(input: BucketRequest, ctx: Context, noted?: Noted): Promise<BucketTarget> {
  const { audit } = ctx;
  noteBucket(ctx, input.Bucket, noted);
  noteManner(ctx);
  const { bucket, point } = await reachedBucket(ctx, input.Bucket);
  audit.recipientAccountId = bucket.account;
  audit.resources = resourcesOf(bucket.name, noted, bucket.account, point);
  if (!point?.multiRegion) requireRegion(ctx, bucket);
  requireOwner(bucket, input.ExpectedBucketOwner);
  const target = await targetOf(ctx, bucket, point);
  requireAcceleration(ctx, target.settings);
  audit.about = target.settings;
  return target;
}

/** The bucket of that name, or the one behind an access point. */
export async function reachedBucket(ctx: Context, name: string): Promise<Pick<BucketTarget, 'bucket' | 'point'>> {
  const point = await accessPointNamed(ctx, name);
  if (point) requireReachable(point, ctx);
  const bucket = await requireBucket(ctx, point?.bucket ?? name);
  requireOwner(bucket, point?.bucketAccount);
  return { bucket, point };
}

/** For the `load` of operations about what a bucket holds. */
export const loadContents = (input: BucketRequest, ctx: Context): Promise<BucketTarget> =>
  loadBucket(input, ctx, (bucket) => ({ type: 'AWS::S3::Object', ARNPrefix: objectArn(bucket, '') }));

export const objectResource = (bucket: string, key: string): RecordedResource => ({
  type: 'AWS::S3::Object',
  ARN: objectArn(bucket, key),
});

/** A record tells of a bucket under CloudTrail's own names. */
export function noteBucket({ audit, source }: Context, name: string, noted?: Noted): void {
  audit.resources ??= resourcesOf(name, noted);
  audit.requestParameters = { bucket: undefined, bucketName: name, Host: source.host };
}

/** How the request was signed and sent. */
function noteManner({ audit, source, requestId }: Context): void {
  const { signature, tls } = source;
  audit.additionalEventData = {
    ...(signature && { SignatureVersion: 'SigV4', AuthenticationMethod: AUTHENTICATION[signature.kind] }),
    ...(tls && { CipherSuite: tls.cipher }),
    'x-amz-id-2': hostIdOf(requestId),
  };
}

/** As records and access logs call it. */
export const AUTHENTICATION = {
  'REST-HEADER': 'AuthHeader',
  'REST-QUERY-STRING': 'QueryString',
  POST: 'AuthHeader',
} as const;

/** How much of objects the request took and gave. */
export function noteBytes({ audit }: Context, bytesTransferredIn: number, bytesTransferredOut: number): void {
  audit.additionalEventData = { ...audit.additionalEventData, bytesTransferredIn, bytesTransferredOut };
}

/** The bucket by its own name, whatever the request calls it, and the access point that it came through. */
function resourcesOf(name: string, noted?: Noted, accountId?: string, point?: ReachedPoint): RecordedResource[] {
  return [
    ...(noted ? [noted(name)] : []),
    { ...(accountId !== undefined && { accountId }), type: 'AWS::S3::Bucket', ARN: bucketArn(name) },
    ...(point ? [{ accountId: point.account, type: 'AWS::S3::AccessPoint', ARN: point.arn }] : []),
  ];
}

export async function targetOf(ctx: Context, bucket: Bucket, point?: ReachedPoint): Promise<BucketTarget> {
  const settings = await settingsOf(ctx.store, bucket.name);
  const block = await effectiveBlock(ctx.store, bucket.account, settings.block, point?.block);
  return { bucket, settings, block, ...(point && { point }) };
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
export function bucketAccess(ctx: Context, target: BucketTarget, asked: Asked = {}): Access {
  const { bucket, settings, block, point } = target;
  const { action, conditions } = asked;
  const tagged = tagKeys(settings);
  return throughPoint(ctx, point, block, {
    ...(action !== undefined && { action }),
    resource: bucketArn(bucket.name),
    ...bucketAuthority(settings, block, ctx.caller),
    ...tagged,
    conditions: { 's3:ResourceAccount': bucket.account, ...tagged.conditions, ...conditions },
  });
}

export interface ObjectAsked extends Asked {
  readonly key: string;
  /** The version that is there; undefined where one is to be made. */
  readonly object?: (OwnedObject & { readonly tags?: readonly Tag[] | undefined }) | undefined;
}

/** Permission on an object in the bucket, there or to be made. */
export function objectAccess(ctx: Context, target: BucketTarget, asked: ObjectAsked): Access {
  const { bucket, settings, block, point } = target;
  const { action, conditions, key, object } = asked;
  const tagged = tagKeys(settings);
  const access: Access = {
    ...(action !== undefined && { action }),
    resource: objectArn(bucket.name, key),
    ...objectAuthority(settings, block, ctx.caller, object),
    ...tagged,
    conditions: {
      's3:ResourceAccount': bucket.account,
      ...tagged.conditions,
      ...existingTags(object?.tags),
      ...conditions,
    },
  };
  return throughPoint(ctx, point, block, access, key);
}

/** `s3:ExistingObjectTag/…` of the version that is there. */
function existingTags(tags: readonly Tag[] = []): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [`s3:ExistingObjectTag/${Key}`, Value]));
}
