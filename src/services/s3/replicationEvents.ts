/**
 * What S3 notifies of replication: by rules that have metrics, and of times by those with Replication Time Control.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-metrics-events.html
 */
import type { ReplicationRule } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Task } from '../../core/tasks.ts';
import { targetOf } from './access.ts';
import type { Bucket } from './bucketRows.ts';
import { objectEvent } from './notifications.ts';
import type { Replication } from './replicationTasks.ts';
import type { ObjectVersion } from './versions.ts';

interface Happened {
  readonly kind: 'FailedReplication' | 'MissedThreshold' | 'ReplicatedAfterThreshold' | 'NotTracked';
  readonly rule: Pick<ReplicationRule, 'ID' | 'Destination'>;
  readonly version: ObjectVersion;
  readonly task: Task<Replication>;
  /** Why it failed. */
  readonly reason?: string;
}

export async function replicationEvent(ctx: Context, bucket: Bucket, happened: Happened): Promise<void> {
  const { kind, rule, version, task, reason } = happened;
  const replicationEventData = {
    replicationRuleId: rule.ID ?? '',
    ...(rule.Destination && { destinationBucket: rule.Destination.Bucket }),
    s3Operation: operationOf(version, task.body.what),
    requestTime: new Date(task.given).toISOString(),
    ...(reason !== undefined && { failureReason: reason }),
  };
  const event = { name: `Replication:Operation${kind}`, version, reason: '', data: { replicationEventData } };
  await objectEvent(ctx, await targetOf(ctx, bucket), event);
}

/** AWS documents the first alone. */
function operationOf({ deleteMarker }: ObjectVersion, what: Replication['what']): string {
  if (what === 'change') return 'OBJECT_METADATA_PUT';
  return deleteMarker ? 'OBJECT_DELETE' : 'OBJECT_PUT';
}
