/**
 * What replication rules ask for when something happens to a version: a task that replicates it, owed in the same write
 * set. Nothing that was there before a rule is replicated, and no replica is replicated again.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html
 */
import type { ReplicationRule } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { later } from '../../core/tasks.ts';
import type { BucketTarget } from './access.ts';
import { REPLICATE, type Replication } from './replicationTasks.ts';
import { findVersion, replaceVersion } from './versionStore.ts';
import type { ObjectVersion } from './versions.ts';

/** `made`: a new version or delete marker; `change`: of tags, lists or locks of one that was replicated. */
export async function owedReplication(
  ctx: Context,
  target: BucketTarget,
  version: ObjectVersion,
  what: Replication['what'],
): Promise<void> {
  const { bucket, settings } = target;
  if (!settings.replication) return;
  const { key, id } = version;
  const row = what === 'made' ? version : await findVersion(ctx, bucket, key, id);
  if (!row || row.replication === 'REPLICA' || (what === 'change' && row.replication === undefined)) return;
  await oweReplica(ctx, target, row, what);
}

/** Owes the replicas that the rules ask for; false where none is about the version. */
export async function oweReplica(
  ctx: Context,
  { bucket, settings }: BucketTarget,
  row: ObjectVersion,
  what: Replication['what'],
): Promise<boolean> {
  if (rulesFor(settings.replication?.Rules ?? [], row).length === 0) return false;
  // A delete marker has no status of its own.
  if (!row.deleteMarker) await replaceVersion(ctx, { ...row, replication: 'PENDING' });
  const body: Replication = { bucket: bucket.name, key: row.key, version: row.id, what };
  await later(ctx, { kind: REPLICATE, body, account: bucket.account, region: bucket.region, lane: lane(body) });
  return true;
}

/** What happens to one key is replicated in its order. */
const lane = ({ bucket, key }: Replication) => `${REPLICATE} ${bucket} ${Buffer.from(key).toString('base64url')}`;

/** The rules that are about a version, one for each destination: that of the highest priority. */
export function rulesFor(rules: readonly ReplicationRule[], version: ObjectVersion): readonly ReplicationRule[] {
  const byDestination = new Map<string, ReplicationRule>();
  for (const rule of [...rules].sort((a, b) => (b.Priority ?? 0) - (a.Priority ?? 0))) {
    const to = rule.Destination?.Bucket ?? '';
    if (rule.Status === 'Enabled' && isAbout(rule, version) && !byDestination.has(to)) byDestination.set(to, rule);
  }
  return [...byDestination.values()];
}

function isAbout(rule: ReplicationRule, { key, tags = [], deleteMarker, sealed }: ObjectVersion): boolean {
  const { Filter: filter, Prefix } = rule;
  if (!key.startsWith(filter?.And?.Prefix ?? filter?.Prefix ?? Prefix ?? '')) return false;
  // Rules of the first version of the schema have no filter; they replicate delete markers.
  if (deleteMarker) return filter === undefined || rule.DeleteMarkerReplication?.Status === 'Enabled';
  if (sealed?.by === 'SSE-C') return false;
  if (sealed?.kms && rule.SourceSelectionCriteria?.SseKmsEncryptedObjects?.Status !== 'Enabled') return false;
  const wanted = filter?.And?.Tags ?? (filter?.Tag ? [filter.Tag] : []);
  return wanted.every((tag) => tags.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
}
