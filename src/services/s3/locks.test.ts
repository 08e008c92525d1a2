/** Object Lock: what is locked stays, for as long as it is locked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const Key = 'evidence';
const LOCKED = { name: 'AccessDenied', message: 'Access Denied because object protected by object lock.' };

async function locked(...versions: object[]) {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
  const ids: string[] = [];
  for (const version of versions) {
    ids.push((await s3.putObject({ Bucket, Key, Body: 'x', ChecksumAlgorithm: 'SHA256', ...version })).VersionId!);
  }
  return { cloud, s3, ids };
}

const inDays = (now: Date, days: number) => new Date(now.getTime() + days * 86_400_000);
const START = new Date('2030-01-01T00:00:00Z');

test('Governance holds for whom has no permission to bypass it, or does not say so', async () => {
  const until = inDays(START, 10);
  const { cloud, s3, ids } = await locked({ ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: until });
  const version = { Bucket, Key, VersionId: ids[0]! };
  await assert.rejects(s3.deleteObject(version), LOCKED);
  const statement = { Effect: 'Allow', Action: ['s3:DeleteObjectVersion', 's3:PutObjectRetention'], Resource: '*' };
  const alice = await cloud.user('alice', { Version: '2012-10-17', Statement: [statement] });
  await assert.rejects(alice.s3.deleteObject({ ...version, BypassGovernanceRetention: true }), {
    name: 'AccessDenied',
    message: `User: arn:aws:iam::111122223333:user/alice is not authorized to perform: s3:BypassGovernanceRetention on resource: "arn:aws:s3:::${Bucket}/${Key}" because no identity-based policy allows the s3:BypassGovernanceRetention action`,
  });
  const retain = (days: number) => ({
    ...version,
    Retention: { Mode: 'GOVERNANCE' as const, RetainUntilDate: inDays(START, days) },
  });
  await alice.s3.putObjectRetention(retain(20));
  await assert.rejects(alice.s3.putObjectRetention(retain(5)), LOCKED);
  await s3.putObjectRetention({ ...retain(5), BypassGovernanceRetention: true });
  const { Retention } = await s3.getObjectRetention(version);
  assert.deepEqual(Retention, { Mode: 'GOVERNANCE', RetainUntilDate: inDays(START, 5) });
  const head = await s3.headObject(version);
  assert.deepEqual([head.ObjectLockMode, head.ObjectLockRetainUntilDate], ['GOVERNANCE', inDays(START, 5)]);
  await s3.deleteObject({ ...version, BypassGovernanceRetention: true });
});

test('Compliance holds for everybody until it is over', async () => {
  const until = inDays(START, 10);
  const { cloud, s3, ids } = await locked({ ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until });
  const version = { Bucket, Key, VersionId: ids[0]! };
  await assert.rejects(s3.deleteObject({ ...version, BypassGovernanceRetention: true }), LOCKED);
  const retain = (Mode: 'COMPLIANCE' | 'GOVERNANCE', days: number) =>
    s3.putObjectRetention({
      ...version,
      BypassGovernanceRetention: true,
      Retention: { Mode, RetainUntilDate: inDays(START, days) },
    });
  await assert.rejects(retain('COMPLIANCE', 9), LOCKED);
  await assert.rejects(retain('GOVERNANCE', 20), LOCKED);
  await retain('COMPLIANCE', 12);
  // A plain delete puts a marker before it and removes nothing.
  assert.equal((await s3.deleteObject({ Bucket, Key })).DeleteMarker, true);
  cloud.advance('P11D');
  await assert.rejects(s3.deleteObject(version), LOCKED);
  cloud.advance('P2D');
  await s3.deleteObject(version);
});

test('A legal hold holds until it is lifted', async () => {
  const { s3, ids } = await locked({ ObjectLockLegalHoldStatus: 'ON' });
  const version = { Bucket, Key, VersionId: ids[0]! };
  assert.deepEqual((await s3.getObjectLegalHold(version)).LegalHold, { Status: 'ON' });
  await assert.rejects(s3.deleteObject({ ...version, BypassGovernanceRetention: true }), LOCKED);
  const several = await s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key, VersionId: ids[0]! }] } });
  assert.deepEqual(
    several.Errors?.map(({ Code, Message }) => [Code, Message]),
    [['AccessDenied', LOCKED.message]],
  );
  await s3.putObjectLegalHold({ ...version, LegalHold: { Status: 'OFF' } });
  assert.deepEqual((await s3.getObjectLegalHold(version)).LegalHold, { Status: 'OFF' });
  await s3.deleteObject(version);
});

test('The default retention of the bucket is that of new versions', async () => {
  const { s3, ids } = await locked({});
  const found = {
    name: 'NoSuchObjectLockConfiguration',
    message: 'The specified object does not have a ObjectLock configuration',
  };
  await assert.rejects(s3.getObjectRetention({ Bucket, Key, VersionId: ids[0]! }), found);
  await s3.putObjectLockConfiguration({
    Bucket,
    ObjectLockConfiguration: {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Years: 1 } },
    },
  });
  await s3.putObject({ Bucket, Key, Body: 'y' });
  const { Retention } = await s3.getObjectRetention({ Bucket, Key });
  assert.deepEqual(Retention, { Mode: 'COMPLIANCE', RetainUntilDate: new Date('2031-01-01T00:00:00Z') });
});

test('Locks are refused where the bucket has none, or they make no sense', async () => {
  const { cloud, s3 } = await locked();
  await s3.createBucket({ Bucket: 'open-bucket' });
  const put = (input: object, name = Bucket) => s3.putObject({ Bucket: name, Key, Body: 'x', ...input });
  const until = inDays(START, 1);
  await assert.rejects(put({ ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: until }, 'open-bucket'), {
    name: 'InvalidRequest',
    message: 'Bucket is missing Object Lock Configuration',
  });
  await assert.rejects(put({ ObjectLockMode: 'GOVERNANCE' }), {
    name: 'InvalidArgument',
    message: 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
  });
  await assert.rejects(put({ ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: inDays(START, -1) }), {
    name: 'InvalidArgument',
    message: 'The retain until date must be in the future!',
  });
  await put({});
  await assert.rejects(s3.putObjectRetention({ Bucket, Key, Retention: { Mode: 'GOVERNANCE' } }), {
    name: 'MalformedXML',
  });
  const versioning = { Bucket, VersioningConfiguration: { Status: 'Suspended' as const } };
  await assert.rejects(s3.putBucketVersioning(versioning), { name: 'InvalidBucketState' });
  const days = { NumericGreaterThan: { 's3:object-lock-remaining-retention-days': '30' } };
  const limit = { Effect: 'Deny', Action: 's3:PutObjectRetention', Resource: '*', Condition: days };
  const all = { Effect: 'Allow', Action: 's3:*', Resource: '*' };
  const alice = await cloud.user('alice', { Version: '2012-10-17', Statement: [all, limit] });
  const retain = (n: number) =>
    alice.s3.putObjectRetention({ Bucket, Key, Retention: { Mode: 'GOVERNANCE', RetainUntilDate: inDays(START, n) } });
  await retain(30);
  await assert.rejects(retain(31), { name: 'AccessDenied' });
});

test('Event holds are refused, wherever they are asked for, and change nothing', async () => {
  const { s3, ids } = await locked({ ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: inDays(START, 10) });
  const [VersionId] = ids;
  const refused = { name: 'NotImplemented' };
  const held = { Bucket, Key: 'held', ObjectLockEventHold: 'ON', ObjectLockEventHoldDurationDays: 1 } as const;
  await assert.rejects(s3.putObject({ ...held, Body: 'x' }), refused);
  await assert.rejects(s3.createMultipartUpload(held), refused);
  await assert.rejects(s3.copyObject({ ...held, CopySource: `${Bucket}/${Key}` }), refused);
  const Retention = { EventHold: 'ON', EventHoldDuration: { Days: 1 } } as const;
  const put = s3.putObjectRetention({ Bucket, Key, VersionId, Retention, BypassGovernanceRetention: true });
  await assert.rejects(put, refused);
  const DefaultRetention = { Mode: 'GOVERNANCE', Days: 1, DefaultEventHold: { Days: 1 } } as const;
  const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention } } as const;
  await assert.rejects(s3.putObjectLockConfiguration({ Bucket, ObjectLockConfiguration }), refused);
  assert.equal((await s3.getObjectRetention({ Bucket, Key, VersionId })).Retention?.Mode, 'GOVERNANCE');
  await assert.rejects(s3.headObject({ Bucket, Key: 'held' }), { name: 'NotFound' });
});
