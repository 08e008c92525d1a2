/** Request metrics. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';

async function withBucket() {
  const cloud = await testCloud();
  const { s3, cloudwatch } = cloud.root;
  await s3.createBucket({ Bucket });
  const sum = async (MetricName: string, FilterId: string) => {
    await cloud.settle();
    const { Datapoints } = await cloudwatch.getMetricStatistics({
      Namespace: 'AWS/S3',
      MetricName,
      Dimensions: [
        { Name: 'BucketName', Value: Bucket },
        { Name: 'FilterId', Value: FilterId },
      ],
      StartTime: new Date(cloud.now().getTime() - 60_000),
      EndTime: new Date(cloud.now().getTime() + 60_000),
      Period: 60,
      Statistics: ['Sum'],
    });
    return Datapoints?.[0]?.Sum;
  };
  const put = (Id: string, Filter?: object) =>
    s3.putBucketMetricsConfiguration({ Bucket, Id, MetricsConfiguration: { Id, ...(Filter && { Filter }) } as never });
  return { cloud, s3, sum, put };
}

test('Metrics configurations are read back, listed and removed', async () => {
  const { s3, put } = await withBucket();
  const And = { Prefix: 'a/', Tags: [{ Key: 'class', Value: 'blue' }] };
  await put('some', { And });
  await put('EntireBucket');
  await put('some', { And });
  const { MetricsConfiguration } = await s3.getBucketMetricsConfiguration({ Bucket, Id: 'some' });
  assert.deepEqual(MetricsConfiguration, { Id: 'some', Filter: { And } });
  const { $metadata: _, ...listed } = await s3.listBucketMetricsConfigurations({ Bucket });
  assert.deepEqual(listed, {
    IsTruncated: false,
    MetricsConfigurationList: [{ Id: 'EntireBucket' }, { Id: 'some', Filter: { And } }],
  });
  await s3.deleteBucketMetricsConfiguration({ Bucket, Id: 'some' });
  await assert.rejects(s3.getBucketMetricsConfiguration({ Bucket, Id: 'some' }), { name: 'NoSuchConfiguration' });
  await assert.rejects(s3.deleteBucketMetricsConfiguration({ Bucket, Id: 'some' }), { name: 'NoSuchConfiguration' });
  for (let i = 0; i < 120; i++) await put(`id-${String(i).padStart(3, '0')}`);
  const first = await s3.listBucketMetricsConfigurations({ Bucket });
  assert.deepEqual([first.IsTruncated, first.MetricsConfigurationList?.length], [true, 100]);
  const ContinuationToken = first.NextContinuationToken!;
  const rest = await s3.listBucketMetricsConfigurations({ Bucket, ContinuationToken });
  assert.deepEqual(
    [rest.IsTruncated, rest.ContinuationToken, rest.MetricsConfigurationList?.length],
    [false, ContinuationToken, 21],
  );
  await assert.rejects(s3.listBucketMetricsConfigurations({ Bucket, ContinuationToken: 'x' }), {
    name: 'InvalidArgument',
  });
  const other = { Bucket, Id: 'a', MetricsConfiguration: { Id: 'b' } };
  await assert.rejects(s3.putBucketMetricsConfiguration(other), { name: 'IdMismatch' });
  await assert.rejects(put('bad id'), { name: 'MalformedXML' });
  await assert.rejects(put('x', { And: { Prefix: 'a' } }), { name: 'MalformedXML' });
});

test('CloudWatch is told of requests, by kind, bytes and errors', async () => {
  const { cloud, s3, sum, put } = await withBucket();
  await put('EntireBucket');
  await s3.putObject({ Bucket, Key: 'k', Body: 'twelve bytes' });
  for (let i = 0; i < 2; i++) await (await s3.getObject({ Bucket, Key: 'k' })).Body?.transformToString();
  await s3.headObject({ Bucket, Key: 'k' });
  await s3.listObjectsV2({ Bucket });
  await s3.listParts({ Bucket, Key: 'k', UploadId: 'x' }).catch(() => undefined);
  await s3.getObject({ Bucket, Key: 'missing' }).catch(() => undefined);
  await assert.rejects((await cloud.user('alice')).s3.getObject({ Bucket, Key: 'k' }), { name: 'AccessDenied' });
  await s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: 'k' }] } });
  await s3.getBucketTagging({ Bucket }).catch(() => undefined); // Of no object, and no list: not counted.
  const told: Record<string, number | undefined> = {};
  const names = ['AllRequests', 'GetRequests', 'PutRequests', 'HeadRequests', 'ListRequests', 'DeleteRequests'];
  for (const name of [...names, 'PostRequests', '4xxErrors', '5xxErrors', 'BytesUploaded']) {
    told[name] = await sum(name, 'EntireBucket');
  }
  const { BytesUploaded, ...counts } = told;
  assert.deepEqual(counts, {
    AllRequests: 9,
    GetRequests: 4,
    PutRequests: 1,
    HeadRequests: 1,
    ListRequests: 2,
    DeleteRequests: 1,
    PostRequests: undefined,
    '4xxErrors': 3,
    '5xxErrors': 0,
  });
  assert.ok(BytesUploaded! > 12);
  assert.ok((await sum('BytesDownloaded', 'EntireBucket'))! > 24);
  assert.ok((await sum('FirstByteLatency', 'EntireBucket'))! >= 0);
});

test('Filters choose by prefix, by tag and by access point', async () => {
  const { cloud, s3, sum, put } = await withBucket();
  const { s3control } = cloud.root;
  const AccountId = cloud.managementAccount;
  const { Alias, AccessPointArn } = await s3control.createAccessPoint({ AccountId, Name: 'my-point', Bucket });
  const Tag = { Key: 'class', Value: 'blue' };
  await put('prefix', { Prefix: 'a/' });
  await put('tag', { Tag });
  await put('point', { AccessPointArn });
  await put('both', { And: { Prefix: 'a/', Tags: [Tag] } });
  await s3.putObject({ Bucket, Key: 'a/blue', Body: 'x', Tagging: 'class=blue' });
  await s3.putObject({ Bucket, Key: 'a/red', Body: 'x', Tagging: 'class=red' });
  await s3.putObject({ Bucket: Alias!, Key: 'b/blue', Body: 'x', Tagging: 'class=blue&other=1' });
  await s3.listObjectsV2({ Bucket, Prefix: 'a/' });
  const counted: Record<string, number | undefined> = {};
  for (const id of ['prefix', 'tag', 'point', 'both']) counted[id] = await sum('AllRequests', id);
  assert.deepEqual(counted, { prefix: 3, tag: 2, point: 1, both: 1 });
});
