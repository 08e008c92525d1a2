/** Inventory reports are delivered at midnight of the plane's clock. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { InventoryConfiguration } from '@aws-sdk/client-s3';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';

async function reporting(more: Partial<InventoryConfiguration> = {}) {
  const cloud = await testCloud({ now: new Date('2030-01-02T10:00:00Z') });
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  await s3.createBucket({ Bucket: 'reports-bucket' });
  const Condition = {
    ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${Bucket}` },
    StringEquals: { 'aws:SourceAccount': cloud.managementAccount, 's3:x-amz-acl': 'bucket-owner-full-control' },
  };
  const Statement = {
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: 'arn:aws:s3:::reports-bucket/*',
    Condition,
  };
  await s3.putBucketPolicy({ Bucket: 'reports-bucket', Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
  const InventoryConfiguration: InventoryConfiguration = {
    Id: 'all',
    IsEnabled: true,
    IncludedObjectVersions: 'Current',
    Schedule: { Frequency: 'Daily' },
    OptionalFields: ['Size', 'StorageClass', 'EncryptionStatus'],
    Destination: { S3BucketDestination: { Bucket: 'arn:aws:s3:::reports-bucket', Format: 'CSV', Prefix: 'inv' } },
    ...more,
  };
  await s3.putBucketInventoryConfiguration({ Bucket, Id: 'all', InventoryConfiguration });
  const bytes = async (Key: string) =>
    Buffer.from(await (await s3.getObject({ Bucket: 'reports-bucket', Key })).Body!.transformToByteArray());
  const keys = async () => {
    await cloud.settle();
    return ((await s3.listObjectsV2({ Bucket: 'reports-bucket' })).Contents ?? []).map(({ Key }) => Key!);
  };
  return { cloud, s3, bytes, keys };
}

test('A daily report lists the objects in files that its manifest names', async () => {
  const { cloud, s3, bytes, keys } = await reporting();
  await s3.putObject({ Bucket, Key: 'a b/c', Body: 'four' });
  await s3.putObject({ Bucket, Key: 'd', Body: 'x', StorageClass: 'STANDARD_IA' });
  assert.deepEqual(await keys(), []);
  cloud.advance('PT15H');
  const folder = 'inv/a-bucket/all';
  const found = await keys();
  const manifestKey = `${folder}/2030-01-03T01-00Z/manifest.json`;
  assert.deepEqual(
    found.map((key) => key.replace(/data\/[0-9a-f-]{36}/, 'data/…')),
    [
      `${folder}/2030-01-03T01-00Z/manifest.checksum`,
      manifestKey,
      `${folder}/data/….csv.gz`,
      `${folder}/hive/dt=2030-01-03-01-00/symlink.txt`,
    ],
  );
  const text = await bytes(manifestKey);
  assert.equal(
    String(await bytes(manifestKey.replace('json', 'checksum'))),
    createHash('md5').update(text).digest('hex'),
  );
  const manifest = JSON.parse(String(text)) as { files: { key: string; size: number; MD5checksum: string }[] };
  const { files, ...rest } = manifest;
  assert.deepEqual(rest, {
    sourceBucket: Bucket,
    destinationBucket: 'arn:aws:s3:::reports-bucket',
    version: '2016-11-30',
    creationTimestamp: String(Date.parse('2030-01-03T01:00:00Z')),
    fileFormat: 'CSV',
    fileSchema: 'Bucket, Key, Size, StorageClass, EncryptionStatus',
  });
  const data = await bytes(files[0]!.key);
  assert.deepEqual(
    [files[0]!.size, files[0]!.MD5checksum],
    [data.length, createHash('md5').update(data).digest('hex')],
  );
  assert.deepEqual(String(gunzipSync(data)).trimEnd().split('\n'), [
    '"a-bucket","a+b/c","4","STANDARD","SSE-S3"',
    '"a-bucket","d","1","STANDARD_IA","SSE-S3"',
  ]);
  cloud.advance('P1D');
  assert.equal((await keys()).length, 8);
  await s3.deleteBucketInventoryConfiguration({ Bucket, Id: 'all' });
  cloud.advance('P1D');
  assert.equal((await keys()).length, 8);
});

test('A weekly report of all versions comes on Sunday', async () => {
  const { cloud, s3, bytes, keys } = await reporting({
    Schedule: { Frequency: 'Weekly' },
    IncludedObjectVersions: 'All',
    OptionalFields: [],
  });
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
  const one = await s3.putObject({ Bucket, Key: 'k', Body: '1' });
  const two = await s3.putObject({ Bucket, Key: 'k', Body: '2' });
  const gone = await s3.deleteObject({ Bucket, Key: 'k' });
  cloud.advance('P3D');
  assert.deepEqual(await keys(), []);
  cloud.advance('P1D');
  const [data] = (await keys()).filter((key) => key.endsWith('.csv.gz'));
  assert.deepEqual(
    String(gunzipSync(await bytes(data!)))
      .trimEnd()
      .split('\n'),
    [
      `"a-bucket","k","${gone.VersionId}","true","true"`,
      `"a-bucket","k","${two.VersionId}","false","false"`,
      `"a-bucket","k","${one.VersionId}","false","false"`,
    ],
  );
});

test('A bucket that is deleted takes its inventories along: the next of its name reports to nobody', async () => {
  const { cloud, s3, keys } = await reporting();
  await s3.deleteBucket({ Bucket });
  const other = await cloud.memberAccount('other');
  await other.root.s3.createBucket({ Bucket });
  await other.root.s3.putObject({ Bucket, Key: 'not for others', Body: 'x' });
  const { InventoryConfigurationList } = await other.root.s3.listBucketInventoryConfigurations({ Bucket });
  assert.equal(InventoryConfigurationList, undefined);
  cloud.advance('P2D');
  assert.deepEqual(await keys(), []);
});

test('A report goes to the account only that the configuration names', async () => {
  const to = { Bucket: 'arn:aws:s3:::reports-bucket', Format: 'CSV' } as const;
  for (const [AccountId, files] of [
    ['222222222222', 0],
    ['111122223333', 3],
  ] as const) {
    const { cloud, keys } = await reporting({ Destination: { S3BucketDestination: { ...to, AccountId } } });
    cloud.advance('P1D');
    assert.equal((await keys()).length, files, AccountId);
  }
});
