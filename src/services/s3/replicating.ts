/**
 * Replication carried out: a version read in the source bucket and placed in each destination, both as the configured
 * role. What the role may not do leaves the version FAILED.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html
 */
import type { ReplicationRule } from '@aws-sdk/client-s3';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { targetOf } from './access.ts';
import { type Bucket, bucketArn, buckets, findBucket } from './bucketRows.ts';
import { objectEvent } from './notifications.ts';
import type { Placement, Source, SourceRequest } from './replicationOperations.ts';
import { rulesFor } from './replicationOwed.ts';
import type { Replication } from './replicationTasks.ts';
import { findVersion, replaceVersion } from './versionStore.ts';
import type { ObjectVersion } from './versions.ts';

export async function replicate(ctx: Context, { bucket: name, key, version: id, what }: Replication): Promise<void> {
  const bucket = await findBucket(ctx, name);
  if (!bucket) return;
  const target = await targetOf(ctx, bucket);
  const version = await findVersion(ctx, bucket, key, id);
  const { Role, Rules = [] } = target.settings.replication ?? {};
  if (!version || Role === undefined) return;
  const rules = rulesFor(Rules, version);
  let failed = false;
  for (const rule of rules) {
    const error = await failureOf(() => replicateTo(ctx, { bucket, version, what, rule, role: Role }));
    if (error) failed = true;
  }
  if (version.deleteMarker) return;
  const done: ObjectVersion = { ...version, replication: failed ? 'FAILED' : 'COMPLETED' };
  await replaceVersion(ctx, done);
  if (!failed) return;
  await objectEvent(ctx, target, { name: 'Replication:OperationFailedReplication', version: done, reason: '' });
}

/** The error that AWS would name; what is wrong inside the plane is thrown, so that it is tried again. */
async function failureOf(work: () => Promise<void>): Promise<Error | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.name !== 'Error' && error.name !== 'TypeError') return error;
    throw error;
  }
}

interface Step {
  readonly bucket: Bucket;
  readonly version: ObjectVersion;
  readonly what: Replication['what'];
  readonly rule: ReplicationRule;
  readonly role: string;
}

async function replicateTo(ctx: Context, { bucket, version, what, rule, role }: Step): Promise<void> {
  const s3 = servicePrincipal('s3.amazonaws.com', { arn: bucketArn(bucket.name), account: bucket.account });
  const caller = await assumedByService(ctx, role, s3, 's3-replication');
  const wanted: SourceRequest = { Bucket: bucket.name, Key: version.key, VersionId: version.id, what };
  const ask = <Out>(operation: string, input: object, region: string) =>
    ctx.call<Out>('s3', operation, input, caller, region);
  const source = await ask<Source>('GetObjectVersionForReplication', wanted, bucket.region);
  const to = rule.Destination!.Bucket!.replace('arn:aws:s3:::', '');
  const region = (await ctx.store.get(buckets, [to]))?.region ?? bucket.region;
  const { Account: ExpectedBucketOwner } = rule.Destination!;
  const placement: Placement = { Bucket: to, ExpectedBucketOwner, Key: version.key, what, source, rule };
  await ask(version.deleteMarker ? 'ReplicateDelete' : 'ReplicateObject', placement, region);
}
