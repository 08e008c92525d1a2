/**
 * Replication rules: what is set. Who carries them out is in replicating.ts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
 */
import type {
  DeleteBucketReplicationRequest,
  Destination,
  GetBucketReplicationOutput,
  GetBucketReplicationRequest,
  PutBucketReplicationRequest,
  ReplicationRule,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { CommonError, notImplemented } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import type { Present } from '../../core/operation.ts';
import { later } from '../../core/tasks.ts';
import { passRole } from '../../identity/passRole.ts';
import { type Bucket, bucketArn, buckets } from './bucketRows.ts';
import { invalidArgument, s3Error } from './errors.ts';
import { storageClassIn } from './objectMetadata.ts';
import { onBucket, oneOf, wanted } from './onBucket.ts';
import { isMeasured, MEASURE, THRESHOLD_MINUTES } from './replicationTasks.ts';
import { changeSettings } from './settings.ts';

export const GetBucketReplication = onBucket<Present<GetBucketReplicationRequest>, GetBucketReplicationOutput>({
  action: 's3:GetReplicationConfiguration',
  async run(_input, _ctx, { settings: { bucket, replication } }) {
    if (replication) return { ReplicationConfiguration: replication };
    throw new CommonError('ReplicationConfigurationNotFoundError', 'The replication configuration was not found', 404, {
      details: { BucketName: bucket },
    });
  },
});

export const PutBucketReplication = onBucket<Present<PutBucketReplicationRequest>, object>({
  action: 's3:PutReplicationConfiguration',
  also: (input) => [passRole(input.ReplicationConfiguration?.Role ?? '*', 's3.amazonaws.com')],
  async run(input, ctx, { bucket }) {
    const { Role = '', Rules = [] } = input.ReplicationConfiguration;
    if (bucket.versioning !== 'Enabled') {
      throw invalid("Versioning must be 'Enabled' on the bucket to apply a replication configuration");
    }
    if (!/^arn:aws:iam::\d{12}:role\/.+$/.test(Role))
      throw s3Error('InvalidArgument', { message: 'Invalid Role specified in replication configuration' });
    requireRules(Rules);
    for (const rule of Rules) await requireDestination(ctx, bucket, rule);
    const kept = Rules.map((rule) => ({ ...rule, ID: rule.ID || lowerId(32, ctx) }));
    await changeSettings(ctx, bucket.name, { replication: { Role, Rules: kept } });
    if (kept.some(isMeasured)) await later(ctx, { kind: MEASURE, id: bucket.name, body: bucket.name });
    return {};
  },
});

export const DeleteBucketReplication = onBucket<Present<DeleteBucketReplicationRequest>, object>({
  action: 's3:PutReplicationConfiguration',
  async run(_input, ctx, { bucket }) {
    await changeSettings(ctx, bucket.name, { replication: undefined });
    return {};
  },
});

const RULES_MAX = 1000;
const ID_LENGTH_MAX = 255;

const invalid = (message: string) => s3Error('InvalidRequest', { message });

const needed = (what: string) =>
  invalid(
    `${what} must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information.`,
  );

function requireRules(rules: readonly ReplicationRule[]): void {
  if (rules.length === 0 || rules.length > RULES_MAX) throw s3Error('MalformedXML');
  const ids = rules.flatMap(({ ID }) => ID || []);
  if (new Set(ids).size < ids.length) throw invalid('Rule Id must be unique. Found same Id for more than one rule.');
  const withFilter = rules.filter(({ Filter }) => Filter !== undefined);
  if (withFilter.length > 0 && withFilter.length < rules.length) {
    throw invalid('Prefix and Filter cannot be used together in one replication configuration.');
  }
  const priorities = withFilter.map(({ Priority }) => Priority);
  const twice = priorities.find((priority, i) => priority !== undefined && priorities.indexOf(priority) < i);
  if (twice !== undefined) throw invalid(`Found duplicate priority ${twice}. Each rule must have a unique priority.`);
  for (const rule of rules) requireRule(rule);
}

function requireRule(rule: ReplicationRule): void {
  oneOf(rule.Status, ['Enabled', 'Disabled'] as const);
  if ((rule.ID?.length ?? 0) > ID_LENGTH_MAX)
    throw s3Error('InvalidArgument', { message: 'ID length should not exceed allowed limit of 255' });
  if ((rule.Filter === undefined) === (rule.Prefix === undefined)) throw s3Error('MalformedXML');
  if (rule.Filter) requireFilter(rule);
  else if (SECOND_VERSION.some((has) => has(rule))) throw s3Error('MalformedXML');
  if (rule.ExistingObjectReplication?.Status === 'Enabled') notImplemented('ExistingObjectReplication');
  const { SseKmsEncryptedObjects: kms, ReplicaModifications: back } = rule.SourceSelectionCriteria ?? {};
  if (back) oneOf(back.Status, ['Enabled', 'Disabled'] as const);
  const to = wanted(rule.Destination);
  const kmsOn = kms !== undefined && oneOf(kms.Status, ['Enabled', 'Disabled'] as const) === 'Enabled';
  if (kmsOn && !to.EncryptionConfiguration?.ReplicaKmsKeyID) {
    throw invalid('EncryptionConfiguration must be specified if SseKmsEncryptedObjects tag is present.');
  }
  if (to.EncryptionConfiguration && !kms) {
    throw invalid('SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present.');
  }
  requireTimes(to);
  storageClassIn(to.StorageClass);
  if (to.AccessControlTranslation) {
    oneOf(to.AccessControlTranslation.Owner, ['Destination'] as const);
    if (to.Account === undefined)
      throw s3Error('InvalidArgument', {
        message: 'Account must be specified if AccessControlTranslation is present.',
      });
  }
}

const SECOND_VERSION: readonly ((rule: ReplicationRule) => boolean)[] = [
  ({ DeleteMarkerReplication }) => DeleteMarkerReplication !== undefined,
  ({ Priority }) => Priority !== undefined,
  ({ SourceSelectionCriteria }) => SourceSelectionCriteria?.ReplicaModifications !== undefined,
  ({ Destination }) => Destination?.Metrics !== undefined || Destination?.ReplicationTime !== undefined,
];

/** Replication Time Control comes with metrics, and there is one time to choose. */
function requireTimes({ Metrics, ReplicationTime }: Destination): void {
  const states = ['Enabled', 'Disabled'] as const;
  if (Metrics) oneOf(Metrics.Status, states);
  const controlled = ReplicationTime !== undefined && oneOf(ReplicationTime.Status, states) === 'Enabled';
  if (controlled && Metrics?.Status !== 'Enabled')
    throw invalid('Metrics must be enabled if ReplicationTime is enabled.');
  if (controlled && (!ReplicationTime?.Time || !Metrics?.EventThreshold)) throw s3Error('MalformedXML');
  for (const time of [ReplicationTime?.Time, Metrics?.EventThreshold]) {
    if (!time || time.Minutes === THRESHOLD_MINUTES) continue;
    throw invalidArgument(`Minutes must be ${THRESHOLD_MINUTES}.`, 'Minutes', String(time.Minutes));
  }
}

/** The second version of the schema: filters, priorities, and a word on delete markers. */
function requireFilter({ Filter = {}, Priority, DeleteMarkerReplication: markers }: ReplicationRule): void {
  const given = Object.values(Filter).filter((value) => value !== undefined);
  if (given.length > 1) throw s3Error('MalformedXML');
  if (Priority === undefined) throw needed('Priority');
  if (!markers) throw needed('DeleteMarkerReplication');
  const tags = Filter.And?.Tags ?? (Filter.Tag ? [Filter.Tag] : []);
  if (oneOf(markers.Status, ['Enabled', 'Disabled'] as const) === 'Enabled' && tags.length > 0) {
    throw invalid(
      'Delete marker replication is not supported if any Tag filter is specified. Please refer to S3 Developer Guide for more information.',
    );
  }
}

async function requireDestination(ctx: Context, source: Bucket, { Destination: to }: ReplicationRule): Promise<void> {
  const [, name] = /^arn:aws:s3:::([a-z0-9.-]+)$/.exec(to?.Bucket ?? '') ?? [];
  if (name === undefined)
    throw s3Error('InvalidArgument', {
      message: 'Invalid bucket ARN.',
      details: { ArgumentName: 'Bucket', ArgumentValue: to?.Bucket ?? 'null' },
    });
  if (bucketArn(source.name) === to?.Bucket)
    throw invalid('Destination bucket cannot be the same as the source bucket.');
  const bucket = await ctx.store.get(buckets, [name]);
  if (!bucket) throw invalid('Destination bucket must exist.');
  if (bucket.versioning !== 'Enabled') throw invalid('Destination bucket must have versioning enabled.');
  if (to?.Account !== undefined && to.Account !== bucket.account) {
    throw invalid('Destination bucket is not owned by the account that is specified.');
  }
}
