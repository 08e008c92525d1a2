/**
 * Replication carried out: a version read in the source bucket and placed in each destination, both as the configured
 * role. What the role may not do leaves the version FAILED.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html
 */
import type { ReplicationRule } from '@aws-sdk/client-s3';
import { type Context, servicePrincipal } from '../../core/context.ts';
import type { Task } from '../../core/tasks.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { targetOf } from './access.ts';
import { type Bucket, bucketArn, buckets, findBucket } from './bucketRows.ts';
import { replicationEvent } from './replicationEvents.ts';
import { failureReason, type Side } from './replicationFailures.ts';
import { tellOutcome } from './replicationMetrics.ts';
import type { Placement, Source, SourceRequest } from './replicationOperations.ts';
import { isReplica, rulesFor } from './replicationOwed.ts';
import { isMeasured, isOverdue, type Replication } from './replicationTasks.ts';
import { findVersion, replaceVersion } from './versionStore.ts';
import type { ObjectVersion } from './versions.ts';

export async function replicate(ctx: Context, task: Task<Replication>): Promise<void> {
  const { bucket: name, key, version: id, what } = task.body;
  const bucket = await findBucket(ctx, name);
  if (!bucket) return;
  const target = await targetOf(ctx, bucket);
  const version = await findVersion(ctx, bucket, key, id);
  if (!version) return;
  const { Role: role = '', Rules = [] } = target.settings.replication ?? {};
  const rules = rulesFor(Rules, version, what);
  await noteUntracked(ctx, bucket, version, task, rules);
  if (rules.length === 0) return;
  const failures: (readonly [rule: ReplicationRule, reason: string])[] = [];
  for (const rule of rules) {
    const reason = await failureOf(ctx, { bucket, version, what, rule, role });
    if (reason !== undefined) failures.push([rule, reason]);
    if (!isMeasured(rule)) continue;
    await tellOutcome(ctx, bucket, rule, task, reason !== undefined);
    if (reason !== undefined || !task.body.tracked || !isOverdue(rule, task, ctx.now)) continue;
    await replicationEvent(ctx, bucket, { kind: 'ReplicatedAfterThreshold', rule, version, task });
  }
  if (!version.deleteMarker) await replaceVersion(ctx, settled(version, failures.length > 0));
  for (const [rule, reason] of failures) {
    if (!isMeasured(rule)) continue;
    await replicationEvent(ctx, bucket, { kind: 'FailedReplication', rule, version, task, reason });
  }
}

/** A replica whose changes were taken is a replica again. */
function settled(version: ObjectVersion, failed: boolean): ObjectVersion {
  const { replica: _, ...rest } = version;
  if (failed) return { ...version, replication: 'FAILED' };
  return { ...rest, replication: isReplica(version) ? 'REPLICA' : 'COMPLETED' };
}

/** Rules that counted it when it was owed, and are no longer there. */
async function noteUntracked(
  ctx: Context,
  bucket: Bucket,
  version: ObjectVersion,
  task: Task<Replication>,
  rules: readonly ReplicationRule[],
): Promise<void> {
  const gone = (task.body.tracked?.rules ?? []).filter((id) => !rules.some((rule) => rule.ID === id));
  for (const ID of gone) {
    const rule = { ID, Destination: undefined };
    await replicationEvent(ctx, bucket, { kind: 'NotTracked', rule, version, task });
  }
}

interface Step {
  readonly bucket: Bucket;
  readonly version: ObjectVersion;
  readonly what: Replication['what'];
  readonly rule: ReplicationRule;
  readonly role: string;
}

/** Why it failed, as AWS would name it; what is wrong inside the plane is thrown, so that it is tried again. */
async function failureOf(ctx: Context, { bucket, version, what, rule, role }: Step): Promise<string | undefined> {
  let side: Side = 'role';
  try {
    const s3 = servicePrincipal('s3.amazonaws.com', { arn: bucketArn(bucket.name), account: bucket.account });
    const caller = await assumedByService(ctx, role, s3, 's3-replication');
    const ask = <Out>(operation: string, input: object, region: string) =>
      ctx.call<Out>('s3', operation, input, caller, region);
    side = 'source';
    const wanted: SourceRequest = { Bucket: bucket.name, Key: version.key, VersionId: version.id, what };
    const source = await ask<Source>('GetObjectVersionForReplication', wanted, bucket.region);
    side = 'destination';
    const to = rule.Destination!.Bucket!.replace('arn:aws:s3:::', '');
    const region = (await ctx.store.get(buckets, [to]))?.region ?? bucket.region;
    const { Account: ExpectedBucketOwner } = rule.Destination!;
    const placement: Placement = { Bucket: to, ExpectedBucketOwner, Key: version.key, what, source, rule };
    await ask(version.deleteMarker ? 'ReplicateDelete' : 'ReplicateObject', placement, region);
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.name !== 'Error' && error.name !== 'TypeError') {
      return failureReason(side, error);
    }
    throw error;
  }
}
