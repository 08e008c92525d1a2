/** Names of buckets are one space for everybody: that there is none of a name is told to whoever asks. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Clients, type Cloud, testCloud } from '../../testing/cloud.ts';

const MISSING = { Bucket: 'no-such-bucket' };
const Key = 'k';

const CALLS: readonly [string, (s3: Clients['s3']) => Promise<unknown>][] = [
  ['GetObject', (s3) => s3.getObject({ ...MISSING, Key })],
  ['PutObject', (s3) => s3.putObject({ ...MISSING, Key, Body: 'x' })],
  ['DeleteObject', (s3) => s3.deleteObject({ ...MISSING, Key })],
  ['DeleteObjects', (s3) => s3.deleteObjects({ ...MISSING, Delete: { Objects: [{ Key }] } })],
  ['CopyObject', (s3) => s3.copyObject({ ...MISSING, Key, CopySource: 'others-bucket/k' })],
  ['UploadPart', (s3) => s3.uploadPart({ ...MISSING, Key, UploadId: 'x', PartNumber: 1, Body: 'x' })],
  ['ListObjectsV2', (s3) => s3.listObjectsV2(MISSING)],
  ['ListObjectVersions', (s3) => s3.listObjectVersions(MISSING)],
  ['GetBucketLocation', (s3) => s3.getBucketLocation(MISSING)],
  ['GetBucketPolicy', (s3) => s3.getBucketPolicy(MISSING)],
  ['PutBucketVersioning', (s3) => s3.putBucketVersioning({ ...MISSING, VersioningConfiguration: {} })],
  ['DeleteBucket', (s3) => s3.deleteBucket(MISSING)],
];

describe('A bucket that is not there', () => {
  let cloud: Cloud;
  let callers: readonly Clients[];
  before(async () => {
    cloud = await testCloud();
    const stranger = await cloud.memberAccount('stranger');
    callers = [cloud.root, await cloud.user('nobody'), stranger.root, cloud.unsigned];
  });
  for (const [name, call] of CALLS) {
    test(`is no bucket of ${name}, whoever asks`, async () => {
      for (const { s3 } of callers) {
        await assert.rejects(call(s3), {
          name: 'NoSuchBucket',
          message: 'The specified bucket does not exist',
          BucketName: 'no-such-bucket',
        });
      }
    });
  }
  test('is not found by HeadBucket and HeadObject', async () => {
    for (const { s3 } of callers) {
      await assert.rejects(s3.headBucket(MISSING), { name: 'NotFound' });
      await assert.rejects(s3.headObject({ ...MISSING, Key }), { name: 'NotFound' });
    }
  });
  test('is no source of copies', async () => {
    await cloud.root.s3.createBucket({ Bucket: 'target' });
    const copied = cloud.root.s3.copyObject({ Bucket: 'target', Key, CopySource: 'no-such-bucket/k' });
    await assert.rejects(copied, { name: 'NoSuchBucket', BucketName: 'no-such-bucket' });
  });
});

test('HeadBucket tells where a bucket is also to whoever may not list it, and nothing of objects', async () => {
  const cloud = await testCloud();
  await cloud.root.s3.createBucket({ Bucket: 'others-bucket' });
  await cloud.root.s3.putObject({ Bucket: 'others-bucket', Key, Body: 'x' });
  const asked = await cloud.send({ method: 'HEAD', path: '/others-bucket' });
  assert.deepEqual([asked.status, asked.headers['x-amz-bucket-region'], asked.body], [403, 'us-east-1', '']);
  const { s3 } = (await cloud.memberAccount('stranger')).root;
  for (const key of [Key, 'no-such-key']) {
    const denied = { name: 'AccessDenied', message: 'Access Denied' };
    await assert.rejects(s3.getObject({ Bucket: 'others-bucket', Key: key }), denied);
  }
});
