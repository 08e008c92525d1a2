/** Replication as the role that a bucket names, and as nobody else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicationRule } from '@aws-sdk/client-s3';
import { allow, document, FROM, READS, Role, replicating, rule, TO, WRITES } from './replication.fixture.ts';

test('A new object is replicated to another Region, with its version, its tags and what is said of it', async () => {
  const { cloud, s3, there } = await replicating();
  const put = await s3.putObject({
    Bucket: FROM,
    Key: 'k',
    Body: 'x',
    Tagging: 'a=b',
    Metadata: { m: 'n' },
    ContentType: 'text/x',
  });
  assert.equal((await s3.headObject({ Bucket: FROM, Key: 'k' })).ReplicationStatus, 'PENDING');
  await cloud.settle();
  assert.equal((await s3.headObject({ Bucket: FROM, Key: 'k' })).ReplicationStatus, 'COMPLETED');
  const replica = await there.getObject({ Bucket: TO, Key: 'k' });
  assert.equal(await replica.Body?.transformToString(), 'x');
  assert.deepEqual(
    [replica.ReplicationStatus, replica.VersionId, replica.ETag, replica.Metadata, replica.ContentType],
    ['REPLICA', put.VersionId, put.ETag, { m: 'n' }, 'text/x'],
  );
  assert.deepEqual((await there.getObjectTagging({ Bucket: TO, Key: 'k' })).TagSet, [{ Key: 'a', Value: 'b' }]);
  await s3.putObjectTagging({ Bucket: FROM, Key: 'k', Tagging: { TagSet: [{ Key: 'c', Value: 'd' }] } });
  await cloud.settle();
  assert.deepEqual((await there.getObjectTagging({ Bucket: TO, Key: 'k' })).TagSet, [{ Key: 'c', Value: 'd' }]);
});

test('A large object is replicated whole', async () => {
  const { cloud, s3, there } = await replicating();
  const Body = Buffer.alloc(300_000, 'abc');
  await s3.putObject({ Bucket: FROM, Key: 'large', Body });
  await cloud.settle();
  const bytes = await (await there.getObject({ Bucket: TO, Key: 'large' })).Body?.transformToByteArray();
  assert.ok(Body.equals(bytes!));
});

test('What was there before the rule, what no rule is about and what is removed for good is not replicated', async () => {
  const { cloud, s3, there } = await replicating([rule({ Filter: { Prefix: 'logs/' } })]);
  await s3.putObject({ Bucket: FROM, Key: 'other', Body: 'x' });
  const { VersionId } = await s3.putObject({ Bucket: FROM, Key: 'logs/1', Body: 'x' });
  await cloud.settle();
  await s3.deleteObject({ Bucket: FROM, Key: 'logs/1', VersionId: VersionId! });
  await cloud.settle();
  const { Contents } = await there.listObjectsV2({ Bucket: TO });
  assert.deepEqual(
    Contents?.map(({ Key }) => Key),
    ['logs/1'],
  );
  assert.equal((await s3.headObject({ Bucket: FROM, Key: 'other' })).ReplicationStatus, undefined);
});

test('Delete markers are replicated where the rule says so', async () => {
  for (const Status of ['Enabled', 'Disabled'] as const) {
    const { cloud, s3, there } = await replicating([rule({ DeleteMarkerReplication: { Status } })]);
    await s3.putObject({ Bucket: FROM, Key: 'k', Body: 'x' });
    await cloud.settle();
    const { VersionId } = await s3.deleteObject({ Bucket: FROM, Key: 'k' });
    await cloud.settle();
    const { DeleteMarkers = [] } = await there.listObjectVersions({ Bucket: TO });
    assert.deepEqual(
      DeleteMarkers.map((marker) => marker.VersionId),
      Status === 'Enabled' ? [VersionId] : [],
    );
  }
});

test('What the role may not do fails, and so does a role that does not trust S3', async () => {
  const { cloud, s3, iam } = await replicating();
  await iam.putRolePolicy({ RoleName: 'replicator', PolicyName: 'p', PolicyDocument: document(...READS) });
  await s3.putObject({ Bucket: FROM, Key: '1', Body: 'x' });
  await cloud.settle();
  assert.equal((await s3.headObject({ Bucket: FROM, Key: '1' })).ReplicationStatus, 'FAILED');
  await iam.putRolePolicy({ RoleName: 'replicator', PolicyName: 'p', PolicyDocument: document(...READS, WRITES) });
  const stranger = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
  await iam.updateAssumeRolePolicy({ RoleName: 'replicator', PolicyDocument: document(stranger) });
  await s3.putObject({ Bucket: FROM, Key: '2', Body: 'x' });
  await cloud.settle();
  assert.equal((await s3.headObject({ Bucket: FROM, Key: '2' })).ReplicationStatus, 'FAILED');
});

test('Another account’s bucket must let the role in, and can own the replicas', async () => {
  const { cloud, s3 } = await replicating(
    [rule()],
    'us-west-2',
    allow(['s3:ReplicateObject'], 'arn:aws:s3:::their-bucket/*'),
  );
  const other = await cloud.memberAccount('other');
  await other.root.s3.createBucket({ Bucket: 'their-bucket' });
  await other.root.s3.putBucketVersioning({ Bucket: 'their-bucket', VersioningConfiguration: { Status: 'Enabled' } });
  const Destination = {
    Bucket: 'arn:aws:s3:::their-bucket',
    Account: other.id,
    AccessControlTranslation: { Owner: 'Destination' as const },
  };
  await s3.putBucketReplication({ Bucket: FROM, ReplicationConfiguration: { Role, Rules: [rule({ Destination })] } });
  await s3.putObject({ Bucket: FROM, Key: '1', Body: 'x' });
  await cloud.settle();
  assert.equal((await s3.headObject({ Bucket: FROM, Key: '1' })).ReplicationStatus, 'FAILED');
  const Policy = document({
    ...allow(['s3:ReplicateObject'], 'arn:aws:s3:::their-bucket/*'),
    Principal: { AWS: Role },
  });
  await other.root.s3.putBucketPolicy({ Bucket: 'their-bucket', Policy });
  await s3.putObject({ Bucket: FROM, Key: '2', Body: 'x' });
  await cloud.settle();
  assert.equal((await s3.headObject({ Bucket: FROM, Key: '2' })).ReplicationStatus, 'COMPLETED');
  assert.equal(
    await (await other.root.s3.getObject({ Bucket: 'their-bucket', Key: '2' })).Body?.transformToString(),
    'x',
  );
});

test('Objects under KMS are replicated only by a rule that says so, under the key that it names', async () => {
  const { cloud, s3, there, iam } = await replicating();
  const mine = (await cloud.root.kms.createKey({})).KeyMetadata!.Arn!;
  const west = cloud.as(await cloud.keyFor(cloud.managementAccount), 'us-west-2');
  const theirs = (await west.kms.createKey({})).KeyMetadata!.Arn!;
  const put = (Key: string) =>
    s3.putObject({ Bucket: FROM, Key, Body: 'x', ServerSideEncryption: 'aws:kms', SSEKMSKeyId: mine });
  await put('1');
  await cloud.settle();
  assert.equal((await s3.headObject({ Bucket: FROM, Key: '1' })).ReplicationStatus, undefined);
  const encrypted = rule({
    SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
    Destination: { Bucket: `arn:aws:s3:::${TO}`, EncryptionConfiguration: { ReplicaKmsKeyID: theirs } },
  });
  await s3.putBucketReplication({ Bucket: FROM, ReplicationConfiguration: { Role, Rules: [encrypted] } });
  await put('2');
  await cloud.settle();
  assert.equal((await s3.headObject({ Bucket: FROM, Key: '2' })).ReplicationStatus, 'FAILED');
  const via = (region: string) => ({ StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` } });
  const keys = [
    { ...allow(['kms:Decrypt'], mine), Condition: via('us-east-1') },
    { ...allow(['kms:GenerateDataKey'], theirs), Condition: via('us-west-2') },
  ];
  await iam.putRolePolicy({ RoleName: 'replicator', PolicyName: 'kms', PolicyDocument: document(...keys) });
  await put('3');
  await cloud.settle();
  const replica = await there.getObject({ Bucket: TO, Key: '3' });
  assert.deepEqual([replica.SSEKMSKeyId, await replica.Body?.transformToString()], [theirs, 'x']);
});

test('PutBucketReplication is read back, needs the role to be passed, and is refused in AWS’s words', async () => {
  const { cloud, s3 } = await replicating();
  const { ReplicationConfiguration } = await s3.getBucketReplication({ Bucket: FROM });
  assert.deepEqual(ReplicationConfiguration, { Role, Rules: [rule()] });
  const put = (...Rules: object[]) =>
    s3.putBucketReplication({ Bucket: FROM, ReplicationConfiguration: { Role, Rules: Rules as ReplicationRule[] } });
  const { Priority: _, ...noPriority } = rule();
  const faults: [object, string, string?][] = [
    [
      noPriority,
      'InvalidRequest',
      'Priority must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information.',
    ],
    [
      rule({ Destination: { Bucket: 'arn:aws:s3:::nowhere-at-all' } }),
      'InvalidRequest',
      'Destination bucket must exist.',
    ],
    [{ ...rule(), Prefix: '' }, 'MalformedXML'],
    [rule({ Status: 'On' as never }), 'MalformedXML'],
    [
      rule({ Filter: { Tag: { Key: 'a', Value: 'b' } }, DeleteMarkerReplication: { Status: 'Enabled' } }),
      'InvalidRequest',
      'Delete marker replication is not supported if any Tag filter is specified. Please refer to S3 Developer Guide for more information.',
    ],
    [rule({ ExistingObjectReplication: { Status: 'Enabled' } }), 'NotImplemented'],
  ];
  for (const [bad, name, message] of faults) {
    await assert.rejects(put(bad), { name, ...(message && { message }) }, JSON.stringify(bad));
  }
  const alice = await cloud.user('alice', JSON.parse(document(allow(['s3:*'], '*'))) as object);
  await assert.rejects(
    alice.s3.putBucketReplication({ Bucket: FROM, ReplicationConfiguration: { Role, Rules: [rule()] } }),
    { name: 'AccessDenied', message: /iam:PassRole/ },
  );
  await s3.createBucket({ Bucket: 'plain-bucket' });
  await assert.rejects(
    s3.putBucketReplication({ Bucket: 'plain-bucket', ReplicationConfiguration: { Role, Rules: [rule()] } }),
    {
      name: 'InvalidRequest',
      message: "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
    },
  );
  await s3.deleteBucketReplication({ Bucket: FROM });
  await assert.rejects(s3.getBucketReplication({ Bucket: FROM }), {
    name: 'ReplicationConfigurationNotFoundError',
    message: 'The replication configuration was not found',
  });
});

/** A replica bucket that locks what comes, where the source locks nothing. */
async function locking() {
  const made = await replicating();
  const { there, iam, s3, cloud } = made;
  const DefaultRetention = { Mode: 'COMPLIANCE', Days: 5 } as const;
  const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention } } as const;
  await there.putObjectLockConfiguration({ Bucket: TO, ObjectLockConfiguration });
  const more = document(allow(['s3:GetObjectRetention', 's3:GetObjectLegalHold'], `arn:aws:s3:::${FROM}/*`));
  await iam.putRolePolicy({ RoleName: 'replicator', PolicyName: 'locks', PolicyDocument: more });
  const put = await s3.putObject({ Bucket: FROM, Key: 'k', Body: 'x' });
  await cloud.settle();
  return { ...made, replica: { Bucket: TO, Key: 'k', VersionId: put.VersionId! } };
}

test('A replica is locked as its own bucket says where its source is not locked, and stays so', async () => {
  const { cloud, s3, there, replica } = await locking();
  const until = new Date('2030-01-06T00:00:00Z');
  const found = await there.getObjectRetention(replica);
  assert.deepEqual(found.Retention, { Mode: 'COMPLIANCE', RetainUntilDate: until });
  await there.putObjectLegalHold({ ...replica, LegalHold: { Status: 'ON' } });
  await s3.putObjectTagging({ Bucket: FROM, Key: 'k', Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } });
  await cloud.settle();
  assert.equal((await there.getObjectTagging(replica)).TagSet?.length, 1);
  assert.deepEqual((await there.getObjectRetention(replica)).Retention, found.Retention);
  assert.equal((await there.getObjectLegalHold(replica)).LegalHold?.Status, 'ON');
  await assert.rejects(there.deleteObject(replica), { name: 'AccessDenied' });
});

test('A retention that the source gets later reaches its replica, where it is not shorter than one in compliance', async () => {
  const { cloud, s3, there, replica } = await locking();
  await s3.putObjectLockConfiguration({ Bucket: FROM, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } });
  for (const [day, seen] of [
    ['2030-01-02', '2030-01-06'],
    ['2030-02-01', '2030-02-01'],
  ]) {
    const Retention = { Mode: 'GOVERNANCE', RetainUntilDate: new Date(`${day}T00:00:00Z`) } as const;
    await s3.putObjectRetention({ ...replica, Bucket: FROM, Retention });
    await cloud.settle();
    const { RetainUntilDate } = (await there.getObjectRetention(replica)).Retention!;
    assert.equal(RetainUntilDate!.toISOString().slice(0, 10), seen);
  }
});

test('Nothing is replicated into a bucket of that name that is another account’s by then', async () => {
  const { cloud, s3, there, iam } = await replicating([
    rule({ Destination: { Bucket: `arn:aws:s3:::${TO}`, Account: '111122223333' } }),
  ]);
  await there.deleteBucket({ Bucket: TO });
  const other = await cloud.memberAccount('other');
  await other.root.s3.createBucket({ Bucket: TO });
  await other.root.s3.putBucketVersioning({ Bucket: TO, VersioningConfiguration: { Status: 'Enabled' } });
  const { Role: role } = await iam.getRole({ RoleName: 'replicator' });
  const Statement = { ...WRITES, Principal: { AWS: role!.Arn } };
  await other.root.s3.putBucketPolicy({ Bucket: TO, Policy: document(Statement) });
  await s3.putObject({ Bucket: FROM, Key: 'k', Body: 'x' });
  await cloud.settle();
  assert.equal((await s3.headObject({ Bucket: FROM, Key: 'k' })).ReplicationStatus, 'FAILED');
  assert.equal((await other.root.s3.listObjectsV2({ Bucket: TO })).KeyCount, 0);
});
