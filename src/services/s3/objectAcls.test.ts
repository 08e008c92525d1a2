/** Who may reach an object by its own list of grants, and whose it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalUserOf } from '../../identity/canonicalUsers.ts';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const Key = 'photo';
const none = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

async function shared(ObjectOwnership: 'ObjectWriter' | 'BucketOwnerPreferred' | 'BucketOwnerEnforced') {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket, ObjectOwnership });
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: none });
  const other = await cloud.memberAccount('other');
  const Statement = {
    Effect: 'Allow',
    Principal: { AWS: other.id },
    Action: ['s3:PutObject', 's3:PutObjectAcl'],
    Resource: `arn:aws:s3:::${Bucket}/*`,
  };
  await s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement: [Statement] }) });
  return { cloud, s3, other };
}

test('An object of another account is out of reach of the bucket’s owner until its list says otherwise', async () => {
  const { cloud, s3, other } = await shared('ObjectWriter');
  await other.root.s3.putObject({ Bucket, Key, Body: 'x' });
  await assert.rejects(s3.getObject({ Bucket, Key }), { name: 'AccessDenied' });
  const { Owner, Grants } = await other.root.s3.getObjectAcl({ Bucket, Key });
  assert.deepEqual(Owner, { ID: canonicalUserOf(other.id) });
  assert.equal(Grants?.length, 1);
  await other.root.s3.putObjectAcl({ Bucket, Key, ACL: 'bucket-owner-full-control' });
  assert.equal(await (await s3.getObject({ Bucket, Key })).Body?.transformToString(), 'x');
  assert.deepEqual(
    (await s3.getObjectAcl({ Bucket, Key })).Grants?.map(({ Grantee }) => Grantee?.ID),
    [canonicalUserOf(other.id), canonicalUserOf(cloud.managementAccount)],
  );
});

test('Under BucketOwnerPreferred an upload with full control for the bucket’s owner becomes his', async () => {
  const { cloud, s3, other } = await shared('BucketOwnerPreferred');
  await other.root.s3.putObject({ Bucket, Key, Body: 'x', ACL: 'bucket-owner-full-control' });
  assert.deepEqual((await s3.getObjectAcl({ Bucket, Key })).Owner, { ID: canonicalUserOf(cloud.managementAccount) });
});

test('Under BucketOwnerEnforced all is the bucket owner’s, and only its list is taken', async () => {
  const { cloud, s3, other } = await shared('BucketOwnerEnforced');
  await other.root.s3.putObject({ Bucket, Key, Body: 'x', ACL: 'bucket-owner-full-control' });
  assert.deepEqual((await s3.getObjectAcl({ Bucket, Key })).Owner, { ID: canonicalUserOf(cloud.managementAccount) });
  const refused = { name: 'AccessControlListNotSupported', message: 'The bucket does not allow ACLs' };
  await assert.rejects(s3.putObject({ Bucket, Key, Body: 'x', ACL: 'public-read' }), refused);
  await assert.rejects(s3.putObjectAcl({ Bucket, Key, ACL: 'public-read' }), refused);
});

test('A public object is read by everybody, while nothing ignores or blocks its list', async () => {
  const { cloud, s3 } = await shared('ObjectWriter');
  await s3.putObject({ Bucket, Key, Body: 'x' });
  await assert.rejects(cloud.unsigned.s3.getObject({ Bucket, Key }), {
    name: 'AccessDenied',
    message: 'Access Denied',
  });
  await s3.putObjectAcl({ Bucket, Key, ACL: 'public-read' });
  assert.equal(await (await cloud.unsigned.s3.getObject({ Bucket, Key })).Body?.transformToString(), 'x');
  await assert.rejects(cloud.unsigned.s3.getObjectAcl({ Bucket, Key }), { name: 'AccessDenied' });
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: { ...none, IgnorePublicAcls: true } });
  await assert.rejects(cloud.unsigned.s3.getObject({ Bucket, Key }), { name: 'AccessDenied' });
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: { ...none, BlockPublicAcls: true } });
  assert.equal((await cloud.unsigned.s3.getObject({ Bucket, Key })).ContentLength, 1);
  await assert.rejects(s3.putObject({ Bucket, Key, Body: 'y', ACL: 'public-read' }), { name: 'AccessDenied' });
});
