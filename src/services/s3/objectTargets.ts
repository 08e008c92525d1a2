/** Objects that requests are about: found with their bucket, and what permission a request for one needs. */
import type { Context } from '../../core/context.ts';
import type { Access, Operation } from '../../core/operation.ts';
import {
  type BucketRequest,
  type BucketTarget,
  bucketAccess,
  loadBucket,
  objectAccess,
  objectResource,
} from './access.ts';
import { type EncryptionRequest, requireSecrecy } from './encryptionRequests.ts';
import { s3Error } from './errors.ts';
import { requirePayer } from './payment.ts';
import { findLatest, findVersion } from './versionStore.ts';
import type { ObjectVersion } from './versions.ts';

export interface ObjectRequest extends BucketRequest, EncryptionRequest {
  readonly Key: string;
  readonly VersionId?: string | undefined;
  readonly RequestPayer?: string | undefined;
}

export interface ObjectTarget extends BucketTarget {
  /** Of the version asked for, or the latest; perhaps a delete marker. */
  readonly version: ObjectVersion | undefined;
}

/** For operations' `load`. A key without an object is found too: whether the caller hears of it depends. */
export async function loadObject(input: ObjectRequest, ctx: Context): Promise<ObjectTarget> {
  const target = await loadForWriting(input, ctx);
  const { Key, VersionId } = input;
  const version = await (VersionId === undefined
    ? findLatest(ctx, target.bucket, Key)
    : findVersion(ctx, target.bucket, Key, VersionId));
  return { ...target, version };
}

/** The bucket that an object is to be made in. */
export async function loadForWriting(input: ObjectRequest, ctx: Context): Promise<BucketTarget> {
  requireSecrecy(ctx, input);
  const target = await loadBucket(input, ctx, (bucket) => objectResource(bucket, input.Key));
  requirePayer(ctx, target.settings, input.RequestPayer);
  return target;
}

export interface ObjectActions {
  /** `s3:GetObject` */
  readonly plain: string;
  /** `s3:GetObjectVersion`, where a version is named. */
  readonly versioned: string;
}

/**
 * Permission on the object. Where there is none, the caller needs that of listing too, or is told no more than that he
 * may not. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_Permissions
 */
export function existingAccess(
  ctx: Context,
  target: ObjectTarget,
  { Key, VersionId }: ObjectRequest,
  { plain, versioned }: ObjectActions,
  conditions: Access['conditions'] = {},
): Access | readonly Access[] {
  const named = VersionId !== undefined;
  const { version } = target;
  const access = objectAccess(ctx, target, {
    action: named ? versioned : plain,
    key: Key,
    object: version?.deleteMarker ? undefined : version,
    conditions: { ...(named && { 's3:VersionId': VersionId }), ...conditions },
  });
  if (version) return access;
  return [access, bucketAccess(ctx, target, { action: named ? 's3:ListBucketVersions' : 's3:ListBucket' })];
}

/** The version, where it is there and no delete marker. */
export function presentVersion({ version }: ObjectTarget, { Key, VersionId }: ObjectRequest): ObjectVersion {
  if (version && !version.deleteMarker) return version;
  if (!version) {
    if (VersionId === undefined) throw s3Error('NoSuchKey', { details: { Key } });
    throw s3Error('NoSuchVersion', { details: { Key, VersionId } });
  }
  const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.id };
  if (VersionId === undefined) throw s3Error('NoSuchKey', { details: { Key }, headers });
  throw s3Error('MethodNotAllowed', {
    details: { Method: 'GET', ResourceType: 'DeleteMarker' },
    headers: { ...headers, allow: 'DELETE', 'last-modified': new Date(version.modified).toUTCString() },
  });
}

/** `s3:GetObjectAcl` and `s3:GetObjectVersionAcl` */
export const objectActions = (verb: string, what = ''): ObjectActions => ({
  plain: `s3:${verb}Object${what}`,
  versioned: `s3:${verb}ObjectVersion${what}`,
});

/** Of an action that names versions by no other name. */
export const sameAction = (action: string): ObjectActions => ({ plain: action, versioned: action });

/** Of operations on an object that is there. */
export const onObject = <Input extends ObjectRequest>(
  actions: ObjectActions,
  conditions: (input: Input, ctx: Context) => Access['conditions'] = () => ({}),
) =>
  ({
    recorded: 'data',
    load: loadObject,
    access: (input, ctx, target) => existingAccess(ctx, target, input, actions, conditions(input, ctx)),
  }) satisfies Partial<Operation<Input, unknown, ObjectTarget>>;

/** `x-amz-version-id` of answers: of buckets that never had versioning there is none. */
export const shownVersion = ({ bucket }: BucketTarget, version: Pick<ObjectVersion, 'id'>): { VersionId?: string } =>
  bucket.versioning === undefined ? {} : { VersionId: version.id };

export const quoted = (etag: string) => `"${etag}"`;
