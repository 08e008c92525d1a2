/**
 * What replication rules ask for when something happens to a version: a task that replicates it, owed in the same write
 * set. Nothing that was there before a rule is replicated, and no replica is replicated again; changes of a replica are
 * by rules that sync modifications of replicas.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html
 */
import type { ReplicationRule } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { later } from '../../core/tasks.ts';
import type { BucketTarget } from './access.ts';
import { isMeasured, REPLICATE, type Replication } from './replicationTasks.ts';
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
  if (!row || (what === 'made' ? isReplica(row) : row.replication === undefined)) return;
  await oweReplica(ctx, target, row, what, true);
}

/** Also while its changes are on their way to where it came from. */
export const isReplica = ({ replication, replica }: Pick<ObjectVersion, 'replication' | 'replica'>): boolean =>
  replication === 'REPLICA' || replica === true;

/** Owes the replicas that the rules ask for; false where none is about the version. `live`: it has just happened. */
export async function oweReplica(
  ctx: Context,
  { bucket, settings }: BucketTarget,
  row: ObjectVersion,
  what: Replication['what'],
  live = false,
): Promise<boolean> {
  const rules = rulesFor(settings.replication?.Rules ?? [], row, what);
  if (rules.length === 0) return false;
  // A delete marker has no status of its own.
  if (!row.deleteMarker) {
    await replaceVersion(ctx, { ...row, replication: 'PENDING', ...(isReplica(row) && { replica: true }) });
  }
  const measured = rules.filter(isMeasured).map(({ ID = '' }) => ID);
  const tracked = { size: what === 'made' ? row.size : 0, rules: measured };
  const common = { bucket: bucket.name, key: row.key, version: row.id, what };
  const body: Replication = { ...common, ...(live && measured.length > 0 && { tracked }) };
  await later(ctx, { kind: REPLICATE, body, account: bucket.account, region: bucket.region, lane: lane(body) });
  return true;
}

/** What happens to one key is replicated in its order. */
const lane = ({ bucket, key }: Replication) => lanesOf(bucket) + Buffer.from(key).toString('base64url');

/** How the lanes of a bucket begin. */
export const lanesOf = (bucket: string): string => `${REPLICATE} ${bucket} `;

/** The rules that are about a version, one for each destination: that of the highest priority. */
export function rulesFor(
  rules: readonly ReplicationRule[],
  version: ObjectVersion,
  what: Replication['what'] = 'made',
): readonly ReplicationRule[] {
  const byDestination = new Map<string, ReplicationRule>();
  const back = what === 'change' && isReplica(version);
  for (const rule of [...rules].sort((a, b) => (b.Priority ?? 0) - (a.Priority ?? 0))) {
    const to = rule.Destination?.Bucket ?? '';
    if (rule.Status !== 'Enabled' || !isAbout(rule, version) || byDestination.has(to)) continue;
    if (!back || rule.SourceSelectionCriteria?.ReplicaModifications?.Status === 'Enabled') byDestination.set(to, rule);
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
