/**
 * The two sides of replication as operations that only the plane asks for, so that the role's policies, the buckets'
 * policies and the organization's decide on each, and KMS is asked through S3. They are called what policies call them.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
 */
import type { ReplicationRule } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Access, Operation } from '../../core/operation.ts';
import { Upload } from '../../core/upload.ts';
import { type BucketTarget, bucketAccess, loadBucket, objectAccess } from './access.ts';
import { aclsDisabled, objectOwner } from './authority.ts';
import { keepManifest, type ObjectBody, type Part, partsOf, readBody } from './bodies.ts';
import { type EncryptionRequest, openContentKey, sealContentKey } from './encryption.ts';
import { encryptionConditions } from './encryptionRequests.ts';
import { s3Error } from './errors.ts';
import { newLock } from './locks.ts';
import { objectEvent } from './notifications.ts';
import { storageClassIn } from './objectMetadata.ts';
import { placeVersion } from './placedVersions.ts';
import type { Replication } from './replicationTasks.ts';
import { requireRestored } from './restores.ts';
import { keepBytes, newContentKey, type Staged, stage, stageSmall } from './staging.ts';
import { findVersion, replaceVersion } from './versionStore.ts';
import type { Body, ObjectVersion } from './versions.ts';

export interface SourceRequest {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId: string;
  readonly what: Replication['what'];
}

/** A version as its replica is made of it. */
export interface Source {
  readonly version: ObjectVersion;
  /** Account; whose it is where ownership is the writer's. */
  readonly owner: string;
  /** One body, or one for each part that it was uploaded in; none of a delete marker, or when only the rest changed. */
  readonly bodies: readonly { readonly part: Part; readonly body: ObjectBody }[];
}

type SourceTarget = BucketTarget & { readonly version: ObjectVersion };

const GetObjectVersionForReplication: Operation<SourceRequest, Source, SourceTarget> = {
  recorded: 'never',
  async load(input, ctx) {
    const target = await loadBucket(input, ctx);
    const version = await findVersion(ctx, target.bucket, input.Key, input.VersionId);
    if (!version) throw s3Error('NoSuchVersion');
    return { ...target, version };
  },
  access(input, ctx, target) {
    const { version } = target;
    const on = (action: string) => objectAccess(ctx, target, { action, key: input.Key, object: version });
    const actions = version.deleteMarker ? [] : ['s3:GetObjectVersionForReplication'];
    if (version.acl) actions.push('s3:GetObjectVersionAcl');
    if (version.tags?.length) actions.push('s3:GetObjectVersionTagging');
    if (version.retention) actions.push('s3:GetObjectRetention');
    if (version.legalHold !== undefined) actions.push('s3:GetObjectLegalHold');
    const inBucket = ['s3:GetReplicationConfiguration', 's3:ListBucket'];
    return [...inBucket.map((action) => bucketAccess(ctx, target, { action })), ...actions.map(on)];
  },
  async run(input, ctx, target) {
    const { version } = target;
    const owner = objectOwner(target.settings, version);
    if (version.deleteMarker || input.what === 'change') return { version, owner, bodies: [] };
    requireRestored(version, target.settings, ctx.now);
    const contentKey = await openContentKey(ctx, target, version.key, version.sealed!, {});
    const bodies: { part: Part; body: ObjectBody }[] = [];
    let start = 0;
    for (const part of await partsOf(ctx, version)) {
      bodies.push({ part, body: await readBody(ctx, version, contentKey, start, start + part.size) });
      start += part.size;
    }
    return { version, owner, bodies };
  },
};

export interface Placement {
  readonly Bucket: string;
  /** Where the rule says whose it is. */
  readonly ExpectedBucketOwner?: string | undefined;
  readonly Key: string;
  readonly what: Replication['what'];
  readonly source: Source;
  readonly rule: ReplicationRule;
}

const ReplicateDelete: Operation<Placement, object, BucketTarget> = {
  recorded: 'never',
  load: loadBucket,
  access: (input, ctx, target) => objectAccess(ctx, target, { key: input.Key }),
  async run({ source: { version } }, ctx, target) {
    requireVersioning(target);
    const { acl: _, owner: __, ...marker } = version;
    await placeVersion(ctx, target.bucket, { ...marker, bucket: target.bucket.name, replication: 'REPLICA' });
    return {};
  },
};

const ReplicateObject: Operation<Placement, object, BucketTarget> = {
  recorded: 'never',
  load: loadBucket,
  access(input, ctx, target) {
    const { key, conditions } = { key: input.Key, conditions: encryptionConditions(encryptionOf(input, target)) };
    const on = (action: string): Access => objectAccess(ctx, target, { action, key, conditions });
    const all = [on('s3:ReplicateObject')];
    if (input.source.version.tags?.length) all.push(on('s3:ReplicateTags'));
    if (isOverridden(input) && !aclsDisabled(target.settings)) all.push(on('s3:ObjectOwnerOverrideToBucketOwner'));
    return all;
  },
  async run(input, ctx, target) {
    requireVersioning(target);
    const { version } = input.source;
    if ((version.retention || version.legalHold) && !target.settings.objectLock) {
      throw s3Error('InvalidRequest', { message: 'Bucket is missing Object Lock Configuration' });
    }
    const there = await findVersion(ctx, target.bucket, input.Key, version.id);
    if (input.what === 'change') {
      if (!there) throw s3Error('NoSuchVersion');
      await replaceVersion(ctx, changed(there, input, target, ctx.now));
      return {};
    }
    if (there) return {}; // Done by a try that was not heard of.
    const locked = version.retention ? {} : newLock(target.settings, {}, ctx.now);
    const replica = { ...replicaOf(input, target), ...locked, ...(await copied(ctx, target, input)) };
    await placeVersion(ctx, target.bucket, replica);
    await objectEvent(ctx, target, { name: 'ObjectCreated:Put', version: replica, reason: 'PutObject' });
    return {};
  },
};

export const replicationOperations = { GetObjectVersionForReplication, ReplicateDelete, ReplicateObject };

function requireVersioning({ bucket }: BucketTarget): void {
  if (bucket.versioning === 'Enabled') return;
  throw s3Error('InvalidRequest', { message: 'Destination bucket must have versioning enabled.' });
}

const isOverridden = ({ rule }: Placement) => rule.Destination?.AccessControlTranslation?.Owner === 'Destination';

/** Whether the replica belongs to the destination's account, whoever wrote the source. */
const isTheirs = (input: Placement, settings: BucketTarget['settings']): boolean =>
  isOverridden(input) || aclsDisabled(settings) || input.source.owner === settings.account;

/** All but the bytes: whose it is now, in which storage class. */
function replicaOf(input: Placement, { bucket, settings }: BucketTarget): ObjectVersion {
  const { source, rule } = input;
  const { acl, storageClass, ...all } = source.version;
  const {
    owner: _,
    body: __,
    sealed: ___,
    restore: ____,
    accessed: _____,
    thaw: ______,
    annotated: _______,
    replica: ________,
    ...rest
  } = all;
  const theirs = isTheirs(input, settings);
  const asked = rule.Destination?.StorageClass ?? storageClass;
  return {
    ...rest,
    bucket: bucket.name,
    replication: 'REPLICA',
    ...storageClassIn(asked),
    ...(!theirs && { owner: source.owner }),
    ...(!theirs && acl && { acl }),
  };
}

/** What is there, with the tags, the list and the locks of the source. A list goes along where the owner does. */
function changed(there: ObjectVersion, input: Placement, { settings }: BucketTarget, now: Date): ObjectVersion {
  const { tags: _, acl: kept, ...rest } = there;
  const { tags, acl: given, retention, legalHold } = input.source.version;
  const acl = isTheirs(input, settings) ? kept : given;
  return {
    ...rest,
    ...(tags && { tags }),
    ...(acl && { acl }),
    ...(retention && { retention }),
    ...(legalHold !== undefined && { legalHold }),
    ...lockOf(there, input.source.version, now),
  };
}

/** What the source says nothing of stays locked as it is, and nothing gets out of compliance earlier. */
function lockOf(
  there: ObjectVersion,
  source: ObjectVersion,
  now: Date,
): Pick<ObjectVersion, 'retention' | 'legalHold'> {
  const { retention, legalHold } = there;
  const binds =
    retention?.mode === 'COMPLIANCE' && retention.until > Math.max(now.getTime(), source.retention?.until ?? 0);
  return {
    ...(retention && (binds || !source.retention) && { retention }),
    ...(legalHold !== undefined && source.legalHold === undefined && { legalHold }),
  };
}

/** How the replica is to be encrypted: by KMS where the source is, under the key that the rule names. */
function encryptionOf({ source: { version }, rule }: Placement, { settings }: BucketTarget): EncryptionRequest {
  const { sealed } = version;
  if (!sealed?.kms) return { ServerSideEncryption: 'AES256' };
  return {
    ServerSideEncryption: sealed.by,
    SSEKMSKeyId: rule.Destination?.EncryptionConfiguration?.ReplicaKmsKeyID,
    ...(sealed.by === 'aws:kms' && { BucketKeyEnabled: settings.encryption.BucketKeyEnabled ?? false }),
  };
}

/** The bytes once more, under a content key of their own. */
async function copied(ctx: Context, target: BucketTarget, input: Placement) {
  const contentKey = newContentKey(ctx);
  const sealed = await sealContentKey(ctx, target, input.Key, encryptionOf(input, target), contentKey);
  const parts: Part[] = [];
  for (const { part, body } of input.source.bodies) {
    parts.push({ ...part, place: await keepBytes(ctx, await staged(ctx, part.size, body, contentKey)) });
  }
  const [only] = parts;
  const whole = input.source.version.body && !('manifest' in input.source.version.body);
  const body: Body | undefined = whole ? only?.place : keptParts(ctx, parts);
  return { sealed, ...(body && { body }) };
}

function keptParts(ctx: Context, parts: readonly Part[]): Body | undefined {
  if (parts.length === 0) return undefined;
  return keepManifest(ctx, Buffer.from(ctx.random(16)).toString('hex'), parts);
}

function staged(ctx: Context, size: number, body: ObjectBody, contentKey: Uint8Array): Staged | Promise<Staged> {
  if (body.bytes) return stageSmall(ctx, body.bytes, {}, contentKey);
  return stage(ctx, new Upload(size, body, new Map()), {}, contentKey);
}
