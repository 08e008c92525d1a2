import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

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
