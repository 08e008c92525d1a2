import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { signed } from '../../testing/signed.ts';

test('CreateBucket makes a bucket that is listed, found and removed', async () => {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  const made = await s3.createBucket({ Bucket: 'first-bucket' });
  assert.equal(made.Location, '/first-bucket');
  assert.deepEqual((await s3.listBuckets()).Buckets, [{ Name: 'first-bucket', CreationDate: cloud.now() }]);
  assert.equal((await s3.headBucket({ Bucket: 'first-bucket' })).BucketRegion, 'us-east-1');
  assert.equal((await s3.getBucketLocation({ Bucket: 'first-bucket' })).LocationConstraint, undefined);
  await s3.deleteBucket({ Bucket: 'first-bucket' });
  assert.deepEqual((await s3.listBuckets()).Buckets, []);
  await rejected(
    s3.getBucketLocation({ Bucket: 'first-bucket' }),
    'NoSuchBucket',
    'The specified bucket does not exist',
  );
});

test('GetBucketLocation answers a text within the root, as every client reads it', async () => {
  const cloud = await testCloud();
  const europe = cloud.as(await cloud.keyFor(cloud.managementAccount), 'eu-central-1');
  const CreateBucketConfiguration = { LocationConstraint: 'eu-central-1' as const };
  await europe.s3.createBucket({ Bucket: 'bucket-in-europe', CreateBucketConfiguration });
  const { LocationConstraint } = await europe.s3.getBucketLocation({ Bucket: 'bucket-in-europe' });
  assert.equal(LocationConstraint, 'eu-central-1');
  const key = await cloud.keyFor(cloud.managementAccount);
  const request = {
    method: 'GET',
    path: '/bucket-in-europe',
    query: 'location=',
    headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  };
  const answer = await cloud.send(signed(request, { ...key, service: 's3', region: 'eu-central-1' }));
  assert.match(String(answer.body), /<LocationConstraint xmlns="[^"]+">eu-central-1<\/LocationConstraint>$/);
});
