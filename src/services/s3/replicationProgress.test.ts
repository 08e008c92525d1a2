/** What is told of replication while it goes on, and changes of replicas that go back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicationRule } from '@aws-sdk/client-s3';
import { memoryBlobs } from '../../store/memoryBlobs.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { allow, document, FROM, READS, Role, replicatingIn, rule, TO, WRITES } from './replication.fixture.ts';

const Metrics = { Status: 'Enabled' as const, EventThreshold: { Minutes: 15 } };
const ReplicationTime = { Status: 'Enabled' as const, Time: { Minutes: 15 } };
const controlled = rule({ Destination: { Bucket: `arn:aws:s3:::${TO}`, Metrics, ReplicationTime } });

interface Told {
  readonly eventName: string;
  readonly eventVersion: string;
  readonly userIdentity: object;
  readonly replicationEventData: Readonly<Record<string, string>>;
}

/** The source bucket's events of replication, as a queue gets them. */
async function eventsOf(cloud: Cloud, ...Events: string[]) {
  const QueueArn = `arn:aws:sqs:us-east-1:${cloud.managementAccount}:events`;
  const send = { ...allow(['sqs:SendMessage'], QueueArn), Principal: { Service: 's3.amazonaws.com' } };
  const { s3, sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'events', Attributes: { Policy: document(send) } });
  const NotificationConfiguration = { QueueConfigurations: [{ QueueArn, Events: Events as never }] };
  await s3.putBucketNotificationConfiguration({
    Bucket: FROM,
    NotificationConfiguration,
    SkipDestinationValidation: true,
  });
  return async () => {
    await cloud.settle();
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
    for (const { ReceiptHandle } of Messages) await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    return Messages.flatMap(({ Body }) => (JSON.parse(Body!) as { Records: Told[] }).Records);
  };
}

/** Statistics of the last two minutes of a metric of the rule. */
async function metricOf(
  cloud: Cloud,
  MetricName: string,
  region: string,
  Statistic: 'Maximum' | 'Sum' | 'SampleCount',
) {
  await cloud.settle();
  const { cloudwatch } = cloud.as(await cloud.keyFor(cloud.managementAccount), region);
  const { Datapoints = [] } = await cloudwatch.getMetricStatistics({
    ...{ Namespace: 'AWS/S3', MetricName, Period: 300, Statistics: [Statistic] },
    Dimensions: Object.entries({ SourceBucket: FROM, DestinationBucket: TO, RuleId: 'all' }).map(([Name, Value]) => ({
      ...{ Name, Value },
    })),
    StartTime: new Date(cloud.now().getTime() - 240_000),
    EndTime: new Date(cloud.now().getTime() + 60_000),
  });
  return Math.max(...Datapoints.map((point) => point[Statistic] ?? Number.NaN));
}

/** A cloud whose store of bytes can be away. */
async function unreliable() {
  const memory = memoryBlobs();
  const state = { away: false };
  const blobs = {
    ...memory,
    async *read(...place: Parameters<typeof memory.read>) {
      if (state.away) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      yield* memory.read(...place);
    },
  };
  const cloud = await testCloud({ blobs });
  Object.assign(cloud.deps, { log: () => undefined });
  return { cloud, state };
}

test('What waits is measured each minute, and Replication Time Control tells when it takes too long', async () => {
  const { cloud, state } = await unreliable();
  const { s3, there } = await replicatingIn(cloud, [controlled]);
  const events = await eventsOf(cloud, 's3:Replication:*');
  assert.equal(await metricOf(cloud, 'OperationsPendingReplication', 'us-west-2', 'Maximum'), 0);
  state.away = true;
  const Body = Buffer.alloc(300_000, 1);
  const owed = cloud.now().toISOString();
  const { VersionId } = await s3.putObject({ Bucket: FROM, Key: 'k', Body });
  for (let minute = 1; minute <= 5; minute++) {
    cloud.advance('PT1M');
    await cloud.settle();
  }
  assert.equal(await metricOf(cloud, 'OperationsPendingReplication', 'us-west-2', 'Maximum'), 1);
  assert.equal(await metricOf(cloud, 'BytesPendingReplication', 'us-west-2', 'Maximum'), Body.length);
  assert.ok((await metricOf(cloud, 'ReplicationLatency', 'us-west-2', 'Maximum')) >= 240);
  assert.deepEqual(await events(), []);
  cloud.advance('PT11M');
  const [missed, ...more] = await events();
  assert.deepEqual([missed?.eventName, more], ['Replication:OperationMissedThreshold', []]);
  assert.deepEqual(missed?.replicationEventData, {
    ...{ replicationRuleId: 'all', destinationBucket: `arn:aws:s3:::${TO}`, s3Operation: 'OBJECT_PUT' },
    requestTime: owed,
  });
  cloud.advance('P2D');
  assert.deepEqual(await events(), []);
  assert.equal((await s3.headObject({ Bucket: FROM, Key: 'k' })).ReplicationStatus, 'PENDING');
  state.away = false;
  cloud.advance('PT1H');
  const [after] = await events();
  assert.equal(after?.eventName, 'Replication:OperationReplicatedAfterThreshold');
  assert.equal((await there.headObject({ Bucket: TO, Key: 'k' })).VersionId, VersionId);
  cloud.advance('PT10M');
  assert.equal(await metricOf(cloud, 'OperationsPendingReplication', 'us-west-2', 'Maximum'), 0);
});

test('Failures are counted and told with their reason, by rules that have metrics alone', async () => {
  const cloud = await testCloud();
  const measured = rule({ Destination: { Bucket: `arn:aws:s3:::${TO}`, Metrics: { Status: 'Enabled' } } });
  const { s3, there, iam } = await replicatingIn(cloud, [measured]);
  const events = await eventsOf(cloud, 's3:Replication:OperationFailedReplication');
  const failing = async (Tagging?: string) => {
    await s3.putObject({ Bucket: FROM, Key: 'k', Body: 'x', ...(Tagging && { Tagging }) });
    const told = await events();
    return told.map(({ replicationEventData: { failureReason } }) => failureReason);
  };
  const may = (...statements: object[]) =>
    iam.putRolePolicy({ RoleName: 'replicator', PolicyName: 'p', PolicyDocument: document(...statements) });
  assert.deepEqual(await failing('a=b'), []);
  await may(...READS);
  assert.deepEqual(await failing(), ['DstPutObjectNotPermitted']);
  await may(...READS, allow(['s3:ReplicateObject'], `arn:aws:s3:::${TO}/*`));
  assert.deepEqual(await failing('a=b'), ['DstPutTaggingNotPermitted']);
  await may(WRITES);
  assert.deepEqual(await failing(), ['SrcGetObjectNotPermitted']);
  await may(...READS, WRITES);
  await there.putBucketVersioning({ Bucket: TO, VersioningConfiguration: { Status: 'Suspended' } });
  assert.deepEqual(await failing(), ['DstBucketUnversioned']);
  assert.equal(await metricOf(cloud, 'OperationsFailedReplication', 'us-east-1', 'Sum'), 4);
  assert.equal(await metricOf(cloud, 'OperationsFailedReplication', 'us-east-1', 'SampleCount'), 5);
  await there.putBucketVersioning({ Bucket: TO, VersioningConfiguration: { Status: 'Enabled' } });
  await s3.putBucketReplication({ Bucket: FROM, ReplicationConfiguration: { Role, Rules: [rule()] } });
  await may(...READS);
  assert.deepEqual(await failing(), []);
  assert.equal((await s3.headObject({ Bucket: FROM, Key: 'k' })).ReplicationStatus, 'FAILED');
});

test('Tags of a replica go back where both buckets sync modifications, and nowhere else', async () => {
  const cloud = await testCloud();
  const SourceSelectionCriteria = { ReplicaModifications: { Status: 'Enabled' as const } };
  const { s3, there, iam } = await replicatingIn(cloud, [rule({ SourceSelectionCriteria })]);
  const swapped = JSON.stringify([...READS, WRITES])
    .replaceAll(FROM, '?')
    .replaceAll(TO, FROM)
    .replaceAll('?', TO);
  const statements = JSON.parse(swapped) as object[];
  await iam.putRolePolicy({ RoleName: 'replicator', PolicyName: 'back', PolicyDocument: document(...statements) });
  const { VersionId } = await s3.putObject({ Bucket: FROM, Key: 'k', Body: 'x', StorageClass: 'STANDARD_IA' });
  await cloud.settle();
  const tag = async (Value: string) => {
    await there.putObjectTagging({ Bucket: TO, Key: 'k', Tagging: { TagSet: [{ Key: 'a', Value }] } });
    await cloud.settle();
    return (await s3.getObjectTagging({ Bucket: FROM, Key: 'k' })).TagSet?.map((each) => each.Value);
  };
  assert.deepEqual(await tag('1'), []);
  const back = (Status: 'Enabled' | 'Disabled'): ReplicationRule =>
    rule({
      SourceSelectionCriteria: { ReplicaModifications: { Status } },
      Destination: { Bucket: `arn:aws:s3:::${FROM}`, StorageClass: 'GLACIER_IR' },
    });
  const turn = (Status: 'Enabled' | 'Disabled') =>
    there.putBucketReplication({ Bucket: TO, ReplicationConfiguration: { Role, Rules: [back(Status)] } });
  await turn('Disabled');
  assert.deepEqual(await tag('2'), []);
  await turn('Enabled');
  assert.deepEqual(await tag('3'), ['3']);
  const original = await s3.headObject({ Bucket: FROM, Key: 'k' });
  assert.deepEqual(
    [original.VersionId, original.ReplicationStatus, original.StorageClass],
    [VersionId, 'COMPLETED', 'STANDARD_IA'],
  );
  const statusThere = async () => (await there.headObject({ Bucket: TO, Key: 'k' })).ReplicationStatus;
  assert.equal(await statusThere(), 'REPLICA');
  await iam.deleteRolePolicy({ RoleName: 'replicator', PolicyName: 'back' });
  assert.deepEqual(await tag('4'), ['3']);
  assert.equal(await statusThere(), 'FAILED');
  await s3.putObjectTagging({ Bucket: FROM, Key: 'k', Tagging: { TagSet: [{ Key: 'a', Value: '5' }] } });
  await cloud.settle();
  assert.deepEqual((await there.getObjectTagging({ Bucket: TO, Key: 'k' })).TagSet, [{ Key: 'a', Value: '5' }]);
});

test('Time Control and metrics are read back as they were set, and are refused where they are not whole', async () => {
  const cloud = await testCloud();
  const { s3 } = await replicatingIn(cloud, [controlled]);
  const { ReplicationConfiguration } = await s3.getBucketReplication({ Bucket: FROM });
  assert.deepEqual(ReplicationConfiguration?.Rules, [controlled]);
  const put = (destination: object, more: Partial<ReplicationRule> = {}) =>
    s3.putBucketReplication({
      Bucket: FROM,
      ReplicationConfiguration: {
        Role,
        Rules: [rule({ Destination: { Bucket: `arn:aws:s3:::${TO}`, ...destination }, ...more })],
      },
    });
  await assert.rejects(put({ ReplicationTime }), { name: 'InvalidRequest', message: /Metrics must be enabled/ });
  const ten = { Status: 'Enabled', Time: { Minutes: 10 } };
  await assert.rejects(put({ Metrics, ReplicationTime: ten }), { name: 'InvalidArgument', message: /15/ });
  await assert.rejects(put({ Metrics: { Status: 'On' } }), { name: 'MalformedXML' });
  const first = { Filter: undefined, Priority: undefined, DeleteMarkerReplication: undefined, Prefix: '' };
  await assert.rejects(put({ Metrics }, first as never), { name: 'MalformedXML' });
});

test('An object that waits while its rule goes is no longer tracked', async () => {
  const { cloud, state } = await unreliable();
  const { s3 } = await replicatingIn(cloud, [controlled]);
  const events = await eventsOf(cloud, 's3:Replication:*');
  state.away = true;
  await s3.putObject({ Bucket: FROM, Key: 'k', Body: Buffer.alloc(300_000) });
  await cloud.settle();
  await s3.deleteBucketReplication({ Bucket: FROM });
  state.away = false;
  cloud.advance('PT1M');
  const [told] = await events();
  assert.deepEqual(
    [told?.eventName, told?.eventVersion, told?.userIdentity],
    ['Replication:OperationNotTracked', '2.2', { principalId: 's3.amazonaws.com' }],
  );
});
