/** Daily storage metrics: once a day after midnight, of what is there then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const DAY_MS = 86_400_000;

async function measuredCloud() {
  const cloud = await testCloud({ now: new Date('2030-01-01T12:00:00Z') });
  await cloud.settle();
  const average = async (BucketName: string, MetricName: string, StorageType: string) => {
    const today = new Date(Math.floor(cloud.now().getTime() / DAY_MS) * DAY_MS);
    const { Datapoints } = await cloud.root.cloudwatch.getMetricStatistics({
      Namespace: 'AWS/S3',
      MetricName,
      Dimensions: [
        { Name: 'StorageType', Value: StorageType },
        { Name: 'BucketName', Value: BucketName },
      ],
      StartTime: today,
      EndTime: new Date(today.getTime() + DAY_MS),
      Period: 86_400,
      Statistics: ['Average', 'SampleCount'],
    });
    return Datapoints?.[0] && [Datapoints[0].Average, Datapoints[0].SampleCount];
  };
  return { cloud, s3: cloud.root.s3, average };
}

test('BucketSizeBytes and NumberOfObjects tell versions, markers and parts, by storage', async () => {
  const { cloud, s3, average } = await measuredCloud();
  for (const Bucket of ['a-bucket', 'b-bucket', 'empty']) await s3.createBucket({ Bucket });
  await s3.putBucketVersioning({ Bucket: 'a-bucket', VersioningConfiguration: { Status: 'Enabled' } });
  for (const Body of ['x'.repeat(100), 'x'.repeat(200)]) await s3.putObject({ Bucket: 'a-bucket', Key: 'k', Body });
  await s3.deleteObject({ Bucket: 'a-bucket', Key: 'k' });
  await s3.putObject({ Bucket: 'a-bucket', Key: 'ia', Body: 'x'.repeat(1000), StorageClass: 'STANDARD_IA' });
  await s3.putObject({ Bucket: 'a-bucket', Key: 'cold', Body: 'x'.repeat(10), StorageClass: 'GLACIER' });
  const { UploadId } = await s3.createMultipartUpload({ Bucket: 'b-bucket', Key: 'k' });
  await s3.uploadPart({ Bucket: 'b-bucket', Key: 'k', UploadId, PartNumber: 1, Body: 'y'.repeat(7) });
  for (let i = 0; i < 1200; i++) await s3.putObject({ Bucket: 'b-bucket', Key: `many-${i}`, Body: 'z' });
  await cloud.settle();
  assert.equal(await average('a-bucket', 'NumberOfObjects', 'AllStorageTypes'), undefined);
  cloud.advance('PT13H');
  await cloud.settle();
  await cloud.settle();
  const sizes = (kind: string, bucket = 'a-bucket') => average(bucket, 'BucketSizeBytes', kind);
  assert.deepEqual(await average('a-bucket', 'NumberOfObjects', 'AllStorageTypes'), [5, 1]);
  assert.deepEqual(await sizes('StandardStorage'), [300, 1]);
  assert.deepEqual(await sizes('StandardIAStorage'), [1000, 1]);
  assert.deepEqual(await sizes('StandardIASizeOverhead'), [128 * 1024 - 1000, 1]);
  assert.deepEqual(await sizes('GlacierStorage'), [10, 1]);
  assert.deepEqual(await sizes('GlacierObjectOverhead'), [32 * 1024, 1]);
  assert.deepEqual(await sizes('GlacierS3ObjectOverhead'), [8 * 1024, 1]);
  assert.deepEqual(await sizes('StandardStorage', 'b-bucket'), [1207, 1]);
  assert.deepEqual(await average('b-bucket', 'NumberOfObjects', 'AllStorageTypes'), [1201, 1]);
  assert.equal(await average('empty', 'NumberOfObjects', 'AllStorageTypes'), undefined);
});

test('What is there on the next day is told on the next day', async () => {
  const { cloud, s3, average } = await measuredCloud();
  await s3.createBucket({ Bucket: 'a-bucket' });
  for (const expected of [5, 10, 15]) {
    await s3.putObject({ Bucket: 'a-bucket', Key: `${expected}`, Body: 'xxxxx' });
    cloud.advance('P1D');
    await cloud.settle();
    assert.deepEqual(await average('a-bucket', 'BucketSizeBytes', 'StandardStorage'), [expected, 1]);
  }
  await s3.createBucket({ Bucket: 'later-bucket' });
  await s3.putObject({ Bucket: 'later-bucket', Key: 'k', Body: 'x' });
  await cloud.settle();
  assert.equal(await average('later-bucket', 'BucketSizeBytes', 'StandardStorage'), undefined);
});
