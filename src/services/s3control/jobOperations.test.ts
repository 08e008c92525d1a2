/** What batch jobs do to each object. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { JobOperation } from '@aws-sdk/client-s3-control';
import { jobCloud } from '../../testing/batchJobs.ts';

const Bucket = 'source';
const all = (succeeded: number, failed = 0) => [succeeded, failed];
type Job = Awaited<ReturnType<Awaited<ReturnType<typeof jobCloud>>['run']>>;
const counts = ({ ProgressSummary: sum }: Job) => [sum?.NumberOfTasksSucceeded, sum?.NumberOfTasksFailed];

test('S3PutObjectCopy copies objects small and large, with what is asked for', async () => {
  const { s3, put, manifestOf, run } = await jobCloud();
  await put('small é', { Tagging: 'a=1', Metadata: { was: 'so' } });
  await put('large', { Body: Buffer.alloc(300_000, 7) });
  const S3PutObjectCopy = {
    TargetResource: 'arn:aws:s3:::other',
    TargetKeyPrefix: 'copies',
    StorageClass: 'STANDARD_IA' as const,
    NewObjectTagging: [{ Key: 'b', Value: '2 3' }],
    NewObjectMetadata: { UserMetadata: { is: 'other' }, ContentType: 'text/plain', SSEAlgorithm: 'AES256' as const },
  };
  const job = await run({
    Operation: { S3PutObjectCopy },
    Manifest: await manifestOf(['small é', 'large', 'missing']),
  });
  assert.deepEqual(counts(job), all(2, 1));
  const copy = await s3.getObject({ Bucket: 'other', Key: 'copies/small é' });
  assert.equal(await copy.Body!.transformToString(), 'small é');
  assert.deepEqual(
    [copy.Metadata, copy.ContentType, copy.StorageClass],
    [{ is: 'other' }, 'text/plain', 'STANDARD_IA'],
  );
  const { TagSet } = await s3.getObjectTagging({ Bucket: 'other', Key: 'copies/small é' });
  assert.deepEqual(TagSet, [{ Key: 'b', Value: '2 3' }]);
  const large = await s3.getObject({ Bucket: 'other', Key: 'copies/large' });
  assert.deepEqual(Buffer.from(await large.Body!.transformToByteArray()), Buffer.alloc(300_000, 7));
});

test('Old versions are named by their ids; tags go away', async () => {
  const { s3, put, manifestOf, run } = await jobCloud();
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
  const { VersionId: first } = await put('a', { Tagging: 'x=1' });
  const { VersionId: second } = await put('a', { Tagging: 'x=2' });
  const Manifest = await manifestOf(['a'], [first!]);
  assert.deepEqual(counts(await run({ Operation: { S3DeleteObjectTagging: {} }, Manifest })), all(1));
  const tags = async (VersionId: string) => (await s3.getObjectTagging({ Bucket, Key: 'a', VersionId })).TagSet;
  assert.deepEqual([await tags(first!), await tags(second!)], [[], [{ Key: 'x', Value: '2' }]]);
});

test('Locks, restores and keys are set', async () => {
  const { cloud, s3, manifestOf, run } = await jobCloud();
  await s3.createBucket({ Bucket: 'locked', ObjectLockEnabledForBucket: true, ObjectOwnership: 'ObjectWriter' });
  await s3.putObject({ Bucket: 'locked', Key: 'k', Body: 'x' });
  await s3.putObject({ Bucket: 'locked', Key: 'cold', Body: 'x', StorageClass: 'GLACIER' });
  const { KeyMetadata } = await cloud.root.kms.createKey({});
  const doing = async (Operation: JobOperation, key = 'k') => {
    const { ETag } = await s3.putObject({ Bucket: 'other', Key: 'm.csv', Body: `locked,${key}\n` });
    const Manifest = await manifestOf(['x']);
    const Location = { ObjectArn: 'arn:aws:s3:::other/m.csv', ETag: ETag! };
    assert.deepEqual(
      counts(await run({ Operation, Manifest: { ...Manifest, Location } })),
      all(1),
      JSON.stringify(Operation),
    );
  };
  const KMSKeyArn = KeyMetadata!.Arn!;
  await doing({ S3UpdateObjectEncryption: { ObjectEncryption: { SSEKMS: { KMSKeyArn, BucketKeyEnabled: true } } } });
  const head = await s3.headObject({ Bucket: 'locked', Key: 'k' });
  assert.deepEqual([head.SSEKMSKeyId, head.BucketKeyEnabled], [KMSKeyArn, true]);
  await doing({ S3PutObjectAcl: { AccessControlPolicy: { CannedAccessControlList: 'authenticated-read' } } }).catch(
    () => {},
  );
  const RetainUntilDate = new Date(cloud.now().getTime() + 86_400_000);
  await doing({ S3PutObjectRetention: { Retention: { Mode: 'GOVERNANCE', RetainUntilDate } } });
  await doing({ S3PutObjectLegalHold: { LegalHold: { Status: 'ON' } } });
  const locked = await s3.headObject({ Bucket: 'locked', Key: 'k' });
  assert.deepEqual(
    [locked.ObjectLockMode, locked.ObjectLockRetainUntilDate, locked.ObjectLockLegalHoldStatus],
    ['GOVERNANCE', RetainUntilDate, 'ON'],
  );
  await doing({ S3InitiateRestoreObject: { ExpirationInDays: 2, GlacierJobTier: 'BULK' } }, 'cold');
  assert.equal((await s3.headObject({ Bucket: 'locked', Key: 'cold' })).Restore, 'ongoing-request="true"');
});

test('Lists of grants are set, as canned ones and grant by grant', async () => {
  const { s3, manifestOf, run, put } = await jobCloud();
  await s3.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] } });
  await s3.deletePublicAccessBlock({ Bucket });
  await put('a');
  const Manifest = await manifestOf(['a']);
  const grants = async () =>
    (await s3.getObjectAcl({ Bucket, Key: 'a' })).Grants?.map(({ Grantee, Permission }) => [Grantee?.Type, Permission]);
  await run({
    Operation: { S3PutObjectAcl: { AccessControlPolicy: { CannedAccessControlList: 'public-read' } } },
    Manifest,
  });
  assert.deepEqual(await grants(), [
    ['CanonicalUser', 'FULL_CONTROL'],
    ['Group', 'READ'],
  ]);
  const { Owner } = await s3.getObjectAcl({ Bucket, Key: 'a' });
  const Grantee = { TypeIdentifier: 'id' as const, Identifier: Owner!.ID! };
  const AccessControlList = { Owner: { ID: Owner!.ID! }, Grants: [{ Grantee, Permission: 'READ_ACP' as const }] };
  await run({ Operation: { S3PutObjectAcl: { AccessControlPolicy: { AccessControlList } } }, Manifest });
  assert.deepEqual(await grants(), [['CanonicalUser', 'READ_ACP']]);
});

test('S3ReplicateObject replicates what was there before the rule, chosen from the bucket', async () => {
  const { cloud, s3, iam, control, AccountId, put, create, describe } = await jobCloud();
  for (const name of [Bucket, 'other']) {
    await s3.putBucketVersioning({ Bucket: name, VersioningConfiguration: { Status: 'Enabled' } });
  }
  for (const key of ['logs/1', 'logs/2', 'logs/2', 'else']) await put(key);
  const trust = { Effect: 'Allow', Principal: { Service: 's3.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
  const { Role } = await iam.createRole({ RoleName: 'replication', AssumeRolePolicyDocument });
  const Statement = [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.putRolePolicy({ RoleName: 'replication', PolicyName: 'p', PolicyDocument });
  const rule = {
    Status: 'Enabled' as const,
    Priority: 1,
    Filter: { Prefix: 'logs/' },
    DeleteMarkerReplication: { Status: 'Disabled' as const },
    Destination: { Bucket: 'arn:aws:s3:::other' },
  };
  await s3.putBucketReplication({ Bucket, ReplicationConfiguration: { Role: Role!.Arn!, Rules: [rule] } });
  const ManifestGenerator = {
    S3JobManifestGenerator: {
      SourceBucket: 'arn:aws:s3:::source',
      EnableManifestOutput: true,
      ManifestOutputLocation: {
        Bucket: 'arn:aws:s3:::other',
        ManifestPrefix: 'made',
        ManifestFormat: 'S3InventoryReport_CSV_20211130' as const,
      },
      Filter: { EligibleForReplication: true, ObjectReplicationStatuses: ['NONE' as const] },
    },
  };
  const Operation = { S3ReplicateObject: {} };
  const JobId = await create({ Operation, ManifestGenerator });
  await cloud.settle();
  const job = await describe(JobId);
  assert.deepEqual([job.Status, job.ManifestGenerator], ['Complete', ManifestGenerator]);
  assert.deepEqual(counts(job), all(3));
  assert.equal((await s3.headObject({ Bucket, Key: 'logs/1' })).ReplicationStatus, 'COMPLETED');
  assert.equal((await s3.headObject({ Bucket: 'other', Key: 'logs/1' })).ReplicationStatus, 'REPLICA');
  const versions = await s3.listObjectVersions({ Bucket: 'other', Prefix: 'logs/2' });
  assert.equal(versions.Versions?.length, 2);
  await assert.rejects(s3.headObject({ Bucket: 'other', Key: 'else' }), { name: 'NotFound' });
  const { Location } = job.GeneratedManifestDescriptor!;
  const Key = Location!.ObjectArn!.replace('arn:aws:s3:::other/', '');
  const { files } = JSON.parse(await (await s3.getObject({ Bucket: 'other', Key })).Body!.transformToString());
  let lines = 0;
  for (const { key } of files) {
    const file = await s3.getObject({ Bucket: 'other', Key: key });
    lines += gunzipSync(await file.Body!.transformToByteArray())
      .toString()
      .trimEnd()
      .split('\n').length;
  }
  assert.equal(lines, 3);
  const failure = async (generator: typeof ManifestGenerator) => {
    const id = await create({ Operation, ManifestGenerator: generator });
    await cloud.settle();
    const { Status, FailureReasons } = (await control.describeJob({ AccountId, JobId: id })).Job!;
    return [Status, FailureReasons?.[0]?.FailureCode];
  };
  assert.deepEqual(await failure(ManifestGenerator), ['Failed', 'InvalidManifest']);
  const theirs = structuredClone(ManifestGenerator);
  theirs.S3JobManifestGenerator.Filter.ObjectReplicationStatuses = ['COMPLETED' as 'NONE'];
  Object.assign(theirs.S3JobManifestGenerator.ManifestOutputLocation, { ExpectedManifestBucketOwner: '999999999999' });
  assert.deepEqual(await failure(theirs), ['Failed', 'AccessDenied']);
});

test('An inventory is a manifest', async () => {
  const { cloud, s3, AccountId, put, run } = await jobCloud();
  for (const key of ['a b', 'c']) await put(key);
  const Statement = [
    {
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::other/*',
    },
  ];
  await s3.putBucketPolicy({ Bucket: 'other', Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
  const InventoryConfiguration = {
    Id: 'daily',
    IsEnabled: true,
    IncludedObjectVersions: 'Current' as const,
    Schedule: { Frequency: 'Daily' as const },
    Destination: { S3BucketDestination: { Bucket: 'arn:aws:s3:::other', Format: 'CSV' as const, AccountId } },
    OptionalFields: ['Size' as const],
  };
  await s3.putBucketInventoryConfiguration({ Bucket, Id: 'daily', InventoryConfiguration });
  cloud.advance('P1D');
  await cloud.settle();
  const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'other' });
  const { Key, ETag } = Contents.find((object) => object.Key?.endsWith('manifest.json'))!;
  const Manifest = {
    Spec: { Format: 'S3InventoryReport_CSV_20161130' as const },
    Location: { ObjectArn: `arn:aws:s3:::other/${Key}`, ETag: ETag! },
  };
  const Operation = { S3PutObjectTagging: { TagSet: [{ Key: 'x', Value: 'y' }] } };
  assert.deepEqual(counts(await run({ Operation, Manifest })), all(2));
  assert.deepEqual((await s3.getObjectTagging({ Bucket, Key: 'a b' })).TagSet, [{ Key: 'x', Value: 'y' }]);
});
