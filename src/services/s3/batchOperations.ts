/** What S3 Batch Operations, which S3 Control keeps, asks of S3 beside the operations that everybody asks for. */
import type { Context } from '../../core/context.ts';
import type { Operation } from '../../core/operation.ts';
import { type BucketTarget, bucketAccess, loadBucket, objectAccess } from './access.ts';
import { s3Error } from './errors.ts';
import { loadObject, type ObjectTarget, presentVersion } from './objectTargets.ts';
import { oweReplica, rulesFor } from './replicationOwed.ts';
import { type ObjectVersion, objects, versions } from './versions.ts';

interface ReplicationAsked {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string | undefined;
}

/** Replication of a version that was there before the rule, or that failed. */
const InitiateReplication: Operation<ReplicationAsked, object, ObjectTarget> = {
  recorded: 'never',
  load: loadObject,
  access: (input, ctx, target) => objectAccess(ctx, target, { key: input.Key, object: target.version }),
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    if (await oweReplica(ctx, target, version, 'made')) return {};
    throw s3Error('InvalidRequest', { message: 'No replication rule of the bucket is about the object.' });
  },
};

interface ListingAsked {
  readonly Bucket: string;
  /** Old versions too. */
  readonly all: boolean;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A version as a manifest generator chooses by. */
export interface ListedVersion {
  readonly key: string;
  /** Absent in a bucket that never had versions. */
  readonly id?: string;
  readonly size: number;
  readonly modified: number;
  readonly storageClass: string;
  readonly replication: string;
  readonly encryption: 'SSE-S3' | 'SSE-KMS' | 'DSSE-KMS' | 'SSE-C' | 'NOT-SSE';
  readonly kmsKey?: string | undefined;
  readonly bucketKey: boolean;
  /** A replication rule is about it. */
  readonly replicates: boolean;
}

interface Listing {
  readonly rows: readonly ListedVersion[];
  readonly next?: string;
}

const ENCRYPTIONS = { AES256: 'SSE-S3', 'aws:kms': 'SSE-KMS', 'aws:kms:dsse': 'DSSE-KMS', 'SSE-C': 'SSE-C' } as const;

/** A page of what there is, as an inventory made for the job would tell it. */
const ListForBatch: Operation<ListingAsked, Listing, BucketTarget> = {
  action: 's3:PutInventoryConfiguration',
  recorded: 'never',
  load: loadBucket,
  access: (_input, ctx, target) => bucketAccess(ctx, target),
  async run({ all, after, limit }, ctx, target) {
    const { rows, next } = await versionsAfter(ctx, target, all, after, limit);
    const shown = rows.filter(({ deleteMarker }) => !deleteMarker).map((version) => listed(target, version));
    return { rows: shown, ...(next !== undefined && { next }) };
  },
};

const OLD = 'old ';

/** First what is current, then, behind a cursor of their own, the others. */
async function versionsAfter(
  ctx: Context,
  { bucket }: BucketTarget,
  all: boolean,
  after: string | undefined,
  limit: number,
) {
  const old = after?.startsWith(OLD) === true;
  const from = old ? after.slice(OLD.length) || undefined : after;
  const page = await ctx.store.list(old ? versions : objects, [bucket.name], { limit, after: from, unchecked: true });
  if (page.next !== undefined) return { rows: page.rows, next: old ? `${OLD}${page.next}` : page.next };
  return { rows: page.rows, next: old || !all || bucket.versioning === undefined ? undefined : OLD };
}

function listed({ bucket, settings }: BucketTarget, version: ObjectVersion): ListedVersion {
  const { key, id, size, modified, storageClass = 'STANDARD', replication = 'NONE', sealed } = version;
  return {
    key,
    ...(bucket.versioning !== undefined && { id }),
    size,
    modified,
    storageClass,
    replication,
    encryption: sealed ? ENCRYPTIONS[sealed.by] : 'NOT-SSE',
    kmsKey: sealed?.kms?.keyArn,
    bucketKey: sealed?.kms?.bucketKey === true,
    replicates: rulesFor(settings.replication?.Rules ?? [], version).length > 0,
  };
}

export const batchOperations = { InitiateReplication, ListForBatch };
