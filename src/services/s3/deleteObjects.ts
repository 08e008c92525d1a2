/** Objects removed: a version for good, or behind a delete marker. */
import type {
  DeleteObjectOutput,
  DeleteObjectRequest,
  DeleteObjectsOutput,
  DeleteObjectsRequest,
  ObjectIdentifier,
} from '@aws-sdk/client-s3';
import type { Context, RecordedPart } from '../../core/context.ts';
import { AccessDenied, CommonError } from '../../core/errors.ts';
import { type Access, Open, type Operation, type Present } from '../../core/operation.ts';
import { type BucketTarget, loadContents, objectAccess, objectResource } from './access.ts';
import { comparesTag, failed, requireWritable, unimplemented } from './conditionals.ts';
import { s3Error } from './errors.ts';
import { requireRemovable } from './locks.ts';
import { requireMfa } from './mfaDelete.ts';
import { objectEvent } from './notifications.ts';
import { requireKey } from './objectMetadata.ts';
import { loadObject, type ObjectTarget } from './objectTargets.ts';
import { requirePayer } from './payment.ts';
import { addVersion, findLatest, findVersion, removeVersion } from './versionStore.ts';
import type { ObjectVersion } from './versions.ts';

export const DeleteObject: Operation<Present<DeleteObjectRequest>, DeleteObjectOutput, ObjectTarget> = {
  recorded: 'data',
  load: loadObject,
  access: (input, ctx, target) => removal(ctx, target, input, target.version),
  async run(input, ctx, target) {
    if (input.IfMatchLastModifiedTime !== undefined) throw unimplemented('x-amz-if-match-last-modified-time');
    if (input.IfMatchSize !== undefined) throw unimplemented('x-amz-if-match-size');
    if (input.VersionId !== undefined) await requireMfa(ctx, target.bucket, input.MFA);
    return removed(ctx, target, input, 'DeleteObject');
  },
};

function removal(
  ctx: Context,
  target: BucketTarget,
  { Key: key, VersionId: versionId, IfMatch: ifMatch }: Removal,
  version: ObjectVersion | undefined,
): readonly Access[] {
  const action = versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion';
  const object = version?.deleteMarker ? undefined : version;
  const conditions = { 's3:VersionId': versionId, 's3:if-match': ifMatch };
  const removing = objectAccess(ctx, target, { action, key, object, conditions });
  if (!comparesTag(ifMatch)) return [removing];
  return [removing, objectAccess(ctx, target, { action: 's3:GetObject', key, object })];
}

interface Removal {
  readonly Key: string;
  readonly VersionId?: string | undefined;
  readonly BypassGovernanceRetention?: boolean | undefined;
  readonly IfMatch?: string | undefined;
}

/** What is not there is removed too. */
async function removed(
  ctx: Context,
  target: BucketTarget,
  asked: Removal,
  reason: string,
): Promise<{ DeleteMarker?: true; VersionId?: string }> {
  const { bucket } = target;
  const { Key, VersionId } = asked;
  if (asked.IfMatch !== undefined) {
    const current =
      VersionId === undefined ? await findLatest(ctx, bucket, Key) : await findVersion(ctx, bucket, Key, VersionId);
    if (current?.deleteMarker) throw failed('If-Match');
    requireWritable(Key, current, asked);
  }
  if (VersionId !== undefined) return removeOne(ctx, target, asked, VersionId, reason);
  if (bucket.versioning === undefined) {
    const current = await findLatest(ctx, bucket, Key);
    if (current) await removeForGood(ctx, target, asked, current, reason);
    return {};
  }
  const marker = await addVersion(ctx, bucket, { key: Key, deleteMarker: true, size: 0, etag: '' });
  await objectEvent(ctx, target, { name: 'ObjectRemoved:DeleteMarkerCreated', version: marker, reason });
  return { DeleteMarker: true, VersionId: marker.id };
}

async function removeOne(ctx: Context, target: BucketTarget, asked: Removal, id: string, reason: string) {
  const version = await findVersion(ctx, target.bucket, asked.Key, id);
  if (!version) return { VersionId: id };
  await removeForGood(ctx, target, asked, version, reason);
  return { ...(version.deleteMarker && { DeleteMarker: true as const }), VersionId: id };
}

async function removeForGood(
  ctx: Context,
  target: BucketTarget,
  { Key, BypassGovernanceRetention: bypass }: Removal,
  version: ObjectVersion,
  reason: string,
): Promise<void> {
  await requireRemovable(ctx, version, {
    asked: bypass,
    access: objectAccess(ctx, target, { key: Key, object: version }),
  });
  await removeVersion(ctx, version);
  await objectEvent(ctx, target, { name: 'ObjectRemoved:Delete', version, reason });
}

const OBJECTS_MAX = 1000;
const BODY_BYTES_MAX = 8 * 1024 * 1024;

export const DeleteObjects: Operation<Present<DeleteObjectsRequest>, DeleteObjectsOutput, BucketTarget> = {
  readOnly: false,
  recorded: 'data',
  bodyBytesMax: BODY_BYTES_MAX,
  load: loadContents,
  access: () => new Open('Permission is asked for each object, and its lack told for each (API reference).'),
  async run(input, ctx, target) {
    const asked = input.Delete?.Objects ?? [];
    if (asked.length === 0 || asked.length > OBJECTS_MAX) throw s3Error('MalformedXML');
    requirePayer(ctx, target.settings, input.RequestPayer);
    if (input.MFA !== undefined || asked.some(({ VersionId }) => VersionId !== undefined)) {
      await requireMfa(ctx, target.bucket, input.MFA); // Once: a code is used up.
    }
    const Deleted: NonNullable<DeleteObjectsOutput['Deleted']> = [];
    const Errors: NonNullable<DeleteObjectsOutput['Errors']> = [];
    for (const object of asked) {
      try {
        const done = await removeListed(ctx, target, input, object);
        noteRemoval(ctx, target, object);
        if (!input.Delete?.Quiet) Deleted.push(done);
      } catch (error) {
        Errors.push(told(object, error));
      }
    }
    return { ...(Deleted.length > 0 && { Deleted }), ...(Errors.length > 0 && { Errors }) };
  },
};

async function removeListed(
  ctx: Context,
  target: BucketTarget,
  input: Present<DeleteObjectsRequest>,
  { Key = '', VersionId, ETag, LastModifiedTime, Size }: ObjectIdentifier,
) {
  if (Key === '') throw s3Error('MalformedXML');
  requireKey(Key);
  if (LastModifiedTime !== undefined) throw unimplemented('LastModifiedTime');
  if (Size !== undefined) throw unimplemented('Size');
  const version = await (VersionId === undefined
    ? findLatest(ctx, target.bucket, Key)
    : findVersion(ctx, target.bucket, Key, VersionId));
  const { BypassGovernanceRetention } = input;
  const asked: Removal = { Key, VersionId, BypassGovernanceRetention, IfMatch: ETag };
  for (const access of removal(ctx, target, asked, version)) await ctx.permit('s3:DeleteObject', access);
  const done = await removed(ctx, target, asked, 'DeleteObjects');
  return {
    Key,
    ...(VersionId !== undefined && { VersionId }),
    ...(done.DeleteMarker && { DeleteMarker: true, DeleteMarkerVersionId: done.VersionId! }),
  };
}

/** CloudTrail tells of each object, in an event of its own. */
function noteRemoval({ audit, source }: Context, { bucket }: BucketTarget, { Key = '', VersionId }: ObjectIdentifier) {
  const [, ...rest] = audit.resources ?? [];
  const part: RecordedPart = {
    eventName: 'DeleteObject',
    requestParameters: {
      bucketName: bucket.name,
      Host: source.host,
      key: Key,
      ...(VersionId !== undefined && { versionId: VersionId }),
    },
    resources: [objectResource(bucket.name, Key), ...rest],
  };
  (audit.parts ??= []).push(part);
}

/** Only what S3 says to clients; what is wrong inside ends the request. */
function told({ Key, VersionId }: ObjectIdentifier, error: unknown) {
  if (error instanceof AccessDenied || error instanceof CommonError) {
    const what = { Code: error.name, Message: error.message };
    return { ...(Key !== undefined && { Key }), ...(VersionId !== undefined && { VersionId }), ...what };
  }
  throw error;
}
