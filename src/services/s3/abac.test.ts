/** Tags of buckets in policies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const Key = 'k';
const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const enabled = { Status: 'Enabled' as const };

async function withTaggedBucket() {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  await s3.putBucketTagging({ Bucket, Tagging: { TagSet: [{ Key: 'team', Value: 'audit' }] } });
  await s3.putObject({ Bucket, Key, Body: 'x' });
  return { cloud, s3 };
}

test('Policies are told of a bucket’s tags only while its owner says so', async () => {
  const { cloud, s3 } = await withTaggedBucket();
  assert.deepEqual((await s3.getBucketAbac({ Bucket })).AbacStatus, { Status: 'Disabled' });
  const byTag = (key: string) =>
    document({ Effect: 'Allow', Action: 's3:*', Resource: '*', Condition: { StringEquals: { [key]: 'audit' } } });
  const readers = [
    await cloud.user('by-resource-tag', byTag('aws:ResourceTag/team')),
    await cloud.user('by-bucket-tag', byTag('s3:BucketTag/team')),
  ];
  const denied = { name: 'AccessDenied' };
  for (const { s3: theirs } of readers) {
    await assert.rejects(theirs.getObject({ Bucket, Key }), denied);
    await assert.rejects(theirs.listObjectsV2({ Bucket }), denied);
  }
  await s3.putBucketAbac({ Bucket, AbacStatus: enabled });
  assert.deepEqual((await s3.getBucketAbac({ Bucket })).AbacStatus, enabled);
  for (const { s3: theirs } of readers) {
    await theirs.getObject({ Bucket, Key });
    await theirs.listObjectsV2({ Bucket });
  }
  await cloud.root.s3control.tagResource({
    AccountId: cloud.managementAccount,
    ResourceArn: `arn:aws:s3:::${Bucket}`,
    Tags: [{ Key: 'team', Value: 'other' }],
  });
  for (const { s3: theirs } of readers) await assert.rejects(theirs.getObject({ Bucket, Key }), denied);
  await s3.putBucketAbac({ Bucket, AbacStatus: { Status: 'Disabled' } });
  assert.deepEqual((await s3.getBucketAbac({ Bucket })).AbacStatus, { Status: 'Disabled' });
  await assert.rejects(s3.putBucketAbac({ Bucket, AbacStatus: { Status: 'On' as never } }), { name: 'MalformedXML' });
});

test('Tags that open doors are not set by who may set tags for the bill', async () => {
  const { s3 } = await withTaggedBucket();
  await s3.putBucketAbac({ Bucket, AbacStatus: enabled });
  const Tagging = { TagSet: [{ Key: 'team', Value: 'other' }] };
  await assert.rejects(s3.putBucketTagging({ Bucket, Tagging }), { name: 'MethodNotAllowed' });
  await assert.rejects(s3.deleteBucketTagging({ Bucket }), { name: 'MethodNotAllowed' });
  assert.deepEqual((await s3.getBucketTagging({ Bucket })).TagSet, [{ Key: 'team', Value: 'audit' }]);
});

test('A deny by tag binds objects and access points too', async () => {
  const { cloud, s3 } = await withTaggedBucket();
  const { s3control } = cloud.root;
  await s3.putBucketAbac({ Bucket, AbacStatus: enabled });
  const AccountId = cloud.managementAccount;
  const { Alias } = await s3control.createAccessPoint({ AccountId, Name: 'my-point', Bucket });
  const Condition = { StringEquals: { 'aws:ResourceTag/team': 'audit' } };
  const allow = { Effect: 'Allow', Action: 's3:*', Resource: '*' };
  const alice = await cloud.user('alice', document(allow));
  const bob = await cloud.user('bob', document(allow, { ...allow, Effect: 'Deny', Condition }));
  for (const name of [Bucket, Alias!]) {
    await alice.s3.getObject({ Bucket: name, Key });
    await assert.rejects(bob.s3.getObject({ Bucket: name, Key }), { name: 'AccessDenied' });
    await assert.rejects(bob.s3.putObject({ Bucket: name, Key: 'other', Body: 'x' }), { name: 'AccessDenied' });
  }
});
