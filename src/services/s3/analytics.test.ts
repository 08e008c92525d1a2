/** Storage class analysis: configurations, what is counted, the exported file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalyticsConfiguration } from '@aws-sdk/client-s3';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const LARGE = 'x'.repeat(1024 * 1024);

const exportTo = (bucket: string): AnalyticsConfiguration['StorageClassAnalysis'] => ({
  DataExport: {
    OutputSchemaVersion: 'V_1',
    Destination: { S3BucketDestination: { Format: 'CSV', Bucket: `arn:aws:s3:::${bucket}`, Prefix: 'analyses' } },
  },
});

async function withBuckets() {
  const cloud = await testCloud({ now: new Date('2030-01-01T12:00:00Z') });
  await cloud.settle();
  const { s3 } = cloud.root;
  for (const name of [Bucket, 'exports']) await s3.createBucket({ Bucket: name });
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::exports/*',
      Condition: {
        ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${Bucket}` },
        StringEquals: { 'aws:SourceAccount': cloud.managementAccount },
      },
    },
  });
  await s3.putBucketPolicy({ Bucket: 'exports', Policy });
  const put = (Id: string, more: object = {}) =>
    s3.putBucketAnalyticsConfiguration({
      Bucket,
      Id,
      AnalyticsConfiguration: { Id, StorageClassAnalysis: {}, ...more } as AnalyticsConfiguration,
    });
  const lines = async (id: string) => {
    const { Body } = await s3.getObject({ Bucket: 'exports', Key: `analyses/${Bucket}-${id}.csv` });
    return (await Body!.transformToString()).trimEnd().split('\n');
  };
  return { cloud, s3, put, lines };
}

test('Analytics configurations are read back, listed and removed', async () => {
  const { s3, put } = await withBuckets();
  const And = { Prefix: 'a/', Tags: [{ Key: 'class', Value: 'blue' }] };
  const StorageClassAnalysis = exportTo('exports');
  await put('some', { Filter: { And }, StorageClassAnalysis });
  await put('all');
  const { AnalyticsConfiguration: found } = await s3.getBucketAnalyticsConfiguration({ Bucket, Id: 'some' });
  assert.deepEqual(found, { Id: 'some', Filter: { And }, StorageClassAnalysis });
  const { AnalyticsConfigurationList, IsTruncated } = await s3.listBucketAnalyticsConfigurations({ Bucket });
  assert.deepEqual([AnalyticsConfigurationList?.map(({ Id }) => Id), IsTruncated], [['all', 'some'], false]);
  await s3.deleteBucketAnalyticsConfiguration({ Bucket, Id: 'all' });
  await assert.rejects(s3.getBucketAnalyticsConfiguration({ Bucket, Id: 'all' }), { name: 'NoSuchConfiguration' });
  const faults: readonly (readonly [object, string])[] = [
    [{ StorageClassAnalysis: exportTo('No bucket') }, 'InvalidS3DestinationBucket'],
    [{ Filter: { And: { Prefix: 'a' } } }, 'MalformedXML'],
    [{ Id: 'other' }, 'IdMismatch'],
    [{ StorageClassAnalysis: { DataExport: { OutputSchemaVersion: 'V_2' } } }, 'MalformedXML'],
  ];
  for (const [more, name] of faults) await assert.rejects(put('faulty', more), { name });
});

test('A day is exported after its end: what there is, what was read, of which age', async () => {
  const { cloud, s3, put, lines } = await withBuckets();
  await put('all', { StorageClassAnalysis: exportTo('exports') });
  await put('logs', { StorageClassAnalysis: exportTo('exports'), Filter: { Prefix: 'logs/' } });
  await s3.putObject({ Bucket, Key: 'logs/a', Body: LARGE });
  await s3.putObject({ Bucket, Key: 'b', Body: LARGE, StorageClass: 'STANDARD_IA' });
  await s3.putObject({ Bucket, Key: 'small', Body: 'x'.repeat(1024) });
  for (let i = 0; i < 2; i++) await s3.getObject({ Bucket, Key: 'logs/a' });
  await s3.getObject({ Bucket, Key: 'small' });
  await assert.rejects(s3.getObject({ Bucket, Key: 'nothing' }));
  cloud.advance('PT13H');
  await cloud.settle();
  const header =
    'Date,ConfigId,Filter,StorageClass,ObjectAge,ObjectCount,DataUploaded_MB,Storage_MB,DataRetrieved_MB,GetRequestCount,CumulativeAccessRatio,ObjectAgeForSIATransition,RecommendedObjectAgeForSIATransition';
  assert.deepEqual(await lines('all'), [
    header,
    '01-01-2030,all,,STANDARD,0-14 days,,,1,2,3,2,,',
    '01-01-2030,all,,STANDARD_IA,0-14 days,,,1,0,1,0,,',
    '01-01-2030,all,,STANDARD,ALL,2,1.001,1.001,2.001,5,2,,',
    '01-01-2030,all,,STANDARD_IA,ALL,1,1,1,0,1,0,,',
  ]);
  assert.deepEqual(await lines('logs'), [
    header,
    '01-01-2030,logs,,STANDARD,0-14 days,,,1,2,3,2,,',
    '01-01-2030,logs,,STANDARD,ALL,1,1,1,2,3,2,,',
  ]);
  cloud.advance('P1D');
  await cloud.settle();
  const next = (await lines('all')).filter((line) => line.startsWith('01-02-2030'));
  assert.deepEqual(next[0], '01-02-2030,all,,STANDARD,0-14 days,,,1,0,0,2,,');
});

test('After thirty days it says from which age on objects are read rarely', async () => {
  const { cloud, s3, put, lines } = await withBuckets();
  await put('all', { StorageClassAnalysis: exportTo('exports') });
  await s3.putObject({ Bucket, Key: 'k', Body: LARGE });
  for (let day = 0; day < 68; day++) {
    if (day < 20) await s3.getObject({ Bucket, Key: 'k' });
    cloud.advance('P1D');
    await cloud.settle();
  }
  const ages = (await lines('all')).filter((line) => line.includes(',ALL,')).map((line) => line.split(',').slice(-2));
  assert.equal(ages.length, 68);
  assert.deepEqual(ages[28], ['', '']);
  assert.deepEqual(ages.at(-1), ['30', '30']);
});

test('Who does not let S3 write gets no file; what was observed goes with its configuration, and its bucket', async () => {
  const { cloud, s3, put, lines } = await withBuckets();
  await s3.deleteBucketPolicy({ Bucket: 'exports' });
  await put('all', { StorageClassAnalysis: exportTo('exports') });
  await s3.putObject({ Bucket, Key: 'k', Body: LARGE });
  cloud.advance('P1D');
  await cloud.settle();
  await assert.rejects(lines('all'), { name: 'NoSuchKey' });
  await s3.deleteBucketAnalyticsConfiguration({ Bucket, Id: 'all' });
  await s3.deleteObject({ Bucket, Key: 'k' });
  await s3.deleteBucket({ Bucket });
  await s3.createBucket({ Bucket });
  await put('all', { StorageClassAnalysis: exportTo('exports') });
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::exports/*',
    },
  });
  await s3.putBucketPolicy({ Bucket: 'exports', Policy });
  cloud.advance('P1D');
  await cloud.settle();
  assert.equal((await lines('all')).length, 1);
});
