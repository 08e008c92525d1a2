/** Where copies come from: `x-amz-copy-source`, found, permitted and read. */
import type { Context } from '../../core/context.ts';
import type { Access } from '../../core/operation.ts';
import { Upload } from '../../core/upload.ts';
import { type BucketTarget, objectAccess, reachedBucket, requireOwner, targetOf } from './access.ts';
import { noteAccess } from './accessTiers.ts';
import { type ObjectBody, readBody } from './bodies.ts';
import { requireReadable } from './conditionals.ts';
import { openContentKey } from './encryption.ts';
import { invalidArgument, s3Error } from './errors.ts';
import {
  existingAccess,
  loadForWriting,
  type ObjectRequest,
  type ObjectTarget,
  objectActions,
} from './objectTargets.ts';
import { requirePayer } from './payment.ts';
import { requireRestored } from './restores.ts';
import { findLatest, findVersion } from './versionStore.ts';
import type { ObjectVersion } from './versions.ts';

export interface CopyRequest extends ObjectRequest {
  readonly CopySource: string;
  readonly ExpectedSourceBucketOwner?: string | undefined;
  readonly CopySourceIfMatch?: string | undefined;
  readonly CopySourceIfNoneMatch?: string | undefined;
  readonly CopySourceIfModifiedSince?: Date | undefined;
  readonly CopySourceIfUnmodifiedSince?: Date | undefined;
  readonly CopySourceSSECustomerAlgorithm?: string | undefined;
  readonly CopySourceSSECustomerKey?: string | undefined;
  readonly CopySourceSSECustomerKeyMD5?: string | undefined;
}

export interface SourceName {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string | undefined;
}

export interface CopyTarget extends BucketTarget {
  readonly name: SourceName;
  readonly source: ObjectTarget;
}

const refused = (message: string, value: string) => invalidArgument(message, 'x-amz-copy-source', value);

const THROUGH_POINT = /^(arn:aws:s3:[a-z0-9-]*:\d{12}:accesspoint\/[^/]+)\/object\/(.+)$/s;

/**
 * `bucket/key?versionId=…`, percent-encoded, perhaps with a slash before it; of what comes through an access point, the
 * ARN of the object behind it.
 */
export function sourceName(header: string): SourceName {
  const [path = '', query = ''] = header.split(/\?versionId=/, 2);
  let name: string;
  try {
    name = decodeURIComponent(path.replace(/^\//, '').replaceAll('+', '%20'));
  } catch {
    throw refused('The x-amz-copy-source header must be URL-encoded.', header);
  }
  const version = query === '' ? {} : { VersionId: query };
  const [, point, behind] = THROUGH_POINT.exec(name) ?? [];
  if (point !== undefined) return { Bucket: point, Key: behind!, ...version };
  if (name.startsWith('arn:')) throw refused('Invalid copy source ARN', header);
  const slash = name.indexOf('/');
  const [bucket, key] = [name.slice(0, slash), name.slice(slash + 1)];
  if (slash < 1 || key === '') {
    throw refused('Copy Source must mention the source bucket and key: sourcebucket/sourcekey', header);
  }
  return { Bucket: bucket, Key: key, ...version };
}

/** For operations' `load`: the bucket to copy into, with the source. */
export async function loadCopy<T extends BucketTarget>(
  input: CopyRequest,
  ctx: Context,
  target: T,
): Promise<T & CopyTarget> {
  const name = sourceName(input.CopySource);
  const { bucket, point } = await reachedBucket(ctx, name.Bucket);
  requireOwner(bucket, input.ExpectedSourceBucketOwner);
  const from = await targetOf(ctx, bucket, point);
  requirePayer(ctx, from.settings, input.RequestPayer);
  const version = await (name.VersionId === undefined
    ? findLatest(ctx, bucket, name.Key)
    : findVersion(ctx, bucket, name.Key, name.VersionId));
  return { ...target, name, source: { ...from, version } };
}

export const loadCopyTarget = async (input: CopyRequest, ctx: Context): Promise<CopyTarget> =>
  loadCopy(input, ctx, await loadForWriting(input, ctx));

const READING = objectActions('Get');

/** Permission to read the source. */
export function sourceAccess(ctx: Context, { name, source }: CopyTarget, tags = false): readonly Access[] {
  const all = [existingAccess(ctx, source, name, READING)].flat() as Access[];
  if (!tags || !source.version?.tags?.length) return all;
  const action = name.VersionId === undefined ? 's3:GetObjectTagging' : 's3:GetObjectVersionTagging';
  return [...all, objectAccess(ctx, source, { action, key: name.Key, object: source.version })];
}

const SOURCE_BYTES_MAX = 5 * 1024 ** 3;

/** The version to copy. Throws where there is none, or the conditions of the copy do not hold. */
export function sourceVersion({ name, source }: CopyTarget, input: CopyRequest): ObjectVersion {
  const { version } = source;
  if (!version || (version.deleteMarker && name.VersionId === undefined)) {
    if (name.VersionId !== undefined)
      throw s3Error('NoSuchVersion', { details: { Key: name.Key, VersionId: name.VersionId } });
    throw s3Error('NoSuchKey', { details: { Key: name.Key } });
  }
  if (version.deleteMarker) {
    const message = 'The source of a copy request may not specifically refer to a delete marker by version id.';
    throw s3Error('InvalidRequest', { message });
  }
  requireReadable(
    version,
    {
      IfMatch: input.CopySourceIfMatch,
      IfNoneMatch: input.CopySourceIfNoneMatch,
      IfModifiedSince: input.CopySourceIfModifiedSince,
      IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
    },
    'x-amz-copy-source-',
  );
  return version;
}

export function requireCopyable(size: number): void {
  if (size <= SOURCE_BYTES_MAX) return;
  const message = `The specified copy source is larger than the maximum allowable size for a copy source: ${SOURCE_BYTES_MAX}`;
  throw s3Error('InvalidRequest', { message });
}

/** The bytes of the source, for a caller who may read them. */
export async function readSource(
  ctx: Context,
  { source }: CopyTarget,
  input: CopyRequest,
  version: ObjectVersion,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<ObjectBody> {
  const key = {
    SSECustomerAlgorithm: input.CopySourceSSECustomerAlgorithm,
    SSECustomerKey: input.CopySourceSSECustomerKey,
    SSECustomerKeyMD5: input.CopySourceSSECustomerKeyMD5,
  };
  const { settings } = source;
  requireRestored(version, settings, ctx.now);
  await noteAccess(ctx, settings, version);
  const contentKey = await openContentKey(ctx, source, version.key, version.sealed!, key);
  return readBody(ctx, version, contentKey, start, end);
}

export const uploadFrom = (body: ObjectBody, length: number) => new Upload(length, body);
