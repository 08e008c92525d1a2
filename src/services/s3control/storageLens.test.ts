/** Storage Lens: configurations, and what is exported of them every day. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { StorageLensConfiguration } from '@aws-sdk/client-s3-control';
import { testCloud } from '../../testing/cloud.ts';

const Id = 'my-lens';

async function withLens() {
  const cloud = await testCloud({ now: new Date('2030-01-01T12:00:00Z') });
  await cloud.settle();
  const { s3, s3control: control } = cloud.root;
  const AccountId = cloud.managementAccount;
  for (const Bucket of ['a-bucket', 'b-bucket', 'exports']) await s3.createBucket({ Bucket });
  const free: StorageLensConfiguration = {
    Id,
    IsEnabled: true,
    AccountLevel: { BucketLevel: {} },
    DataExport: {
      S3BucketDestination: {
        Format: 'CSV',
        OutputSchemaVersion: 'V_1',
        AccountId,
        Arn: 'arn:aws:s3:::exports',
        Prefix: 'lens',
        Encryption: { SSES3: {} },
      },
    },
    Exclude: { Buckets: ['arn:aws:s3:::exports'] },
  };
  const put = (more: object = {}, Tags = [{ Key: 'a', Value: 'b' }]) =>
    control.putStorageLensConfiguration({
      AccountId,
      ConfigId: Id,
      StorageLensConfiguration: { ...free, ...more },
      Tags,
    });
  return { cloud, s3, control, AccountId, free, put };
}

test('Storage Lens configurations are read back, listed, tagged and removed', async () => {
  const { control, AccountId, free, put } = await withLens();
  const asked = { AccountId, ConfigId: Id };
  const missing = { name: 'NoSuchConfiguration' };
  await assert.rejects(control.getStorageLensConfiguration(asked), missing);
  await put();
  const StorageLensArn = `arn:aws:s3:us-east-1:${AccountId}:storage-lens/${Id}`;
  const { StorageLensConfiguration: found } = await control.getStorageLensConfiguration(asked);
  assert.deepEqual(found, { ...free, StorageLensArn });
  const { StorageLensConfigurationList } = await control.listStorageLensConfigurations({ AccountId });
  assert.deepEqual(StorageLensConfigurationList, [{ Id, StorageLensArn, HomeRegion: 'us-east-1', IsEnabled: true }]);
  assert.deepEqual((await control.getStorageLensConfigurationTagging(asked)).Tags, [{ Key: 'a', Value: 'b' }]);
  await control.putStorageLensConfigurationTagging({ ...asked, Tags: [{ Key: 'c', Value: 'd' }] });
  assert.deepEqual((await control.getStorageLensConfigurationTagging(asked)).Tags, [{ Key: 'c', Value: 'd' }]);
  await control.deleteStorageLensConfigurationTagging(asked);
  assert.deepEqual((await control.getStorageLensConfigurationTagging(asked)).Tags, []);
  await control.deleteStorageLensConfiguration(asked);
  await assert.rejects(control.deleteStorageLensConfiguration(asked), missing);
});

test('What does not fit, and what costs more than looking, is refused', async () => {
  const { AccountId, free, put } = await withLens();
  const to = free.DataExport!.S3BucketDestination!;
  const exporting = (more: object) => ({ DataExport: { S3BucketDestination: { ...to, ...more } } });
  const faults: readonly (readonly [object, string])[] = [
    [{ Id: 'other' }, 'InvalidConfigId'],
    [{ Include: { Regions: ['us-east-1'] } }, 'InvalidIncludeExcludeContainers'],
    [{ Exclude: {} }, 'EmptyExcludeContainer'],
    [exporting({ Arn: 'arn:aws:s3:::No' }), 'InvalidDestination'],
    [exporting({ Encryption: { SSES3: {}, SSEKMS: { KeyId: 'x' } } }), 'InvalidEncryptionMethod'],
    [exporting({ Format: 'Parquet' }), 'NotImplemented'],
    [{ StorageLensArn: `arn:aws:s3:us-east-1:${AccountId}:storage-lens/x` }, 'InvalidStorageLensArn'],
    [{ AccountLevel: { ActivityMetrics: { IsEnabled: true }, BucketLevel: {} } }, 'NotImplemented'],
    [{ AccountLevel: { BucketLevel: { AdvancedCostOptimizationMetrics: { IsEnabled: true } } } }, 'NotImplemented'],
    [{ DataExport: { CloudWatchMetrics: { IsEnabled: true } } }, 'NotImplemented'],
    [{ AwsOrg: { Arn: `arn:aws:organizations::${AccountId}:organization/o-abcdefghij` } }, 'NotImplemented'],
  ];
  for (const [more, name] of faults) await assert.rejects(put(more), { name }, JSON.stringify(more));
});

test('The metrics of a day are exported after its end, where the bucket lets Storage Lens write', async () => {
  const { cloud, s3, AccountId, put } = await withLens();
  await put();
  const Bucket = 'a-bucket';
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
  for (const Body of ['xxx', 'yyyyy']) await s3.putObject({ Bucket, Key: 'k', Body });
  await s3.deleteObject({ Bucket, Key: 'k' });
  await s3.putObject({ Bucket: 'b-bucket', Key: 'k', Body: 'zz', StorageClass: 'STANDARD_IA' });
  const { UploadId } = await s3.createMultipartUpload({ Bucket: 'b-bucket', Key: 'k' });
  await s3.uploadPart({ Bucket: 'b-bucket', Key: 'k', UploadId, PartNumber: 1, Body: 'pppp' });
  cloud.advance('P1D');
  await cloud.settle();
  assert.equal((await s3.listObjectsV2({ Bucket: 'exports' })).KeyCount, 0);
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'storage-lens.s3.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::exports/lens/StorageLens/${AccountId}/*`,
      Condition: {
        StringEquals: {
          's3:x-amz-acl': 'bucket-owner-full-control',
          'aws:SourceAccount': AccountId,
          'aws:SourceArn': `arn:aws:s3:us-east-1:${AccountId}:storage-lens/${Id}`,
        },
      },
    },
  });
  await s3.putBucketPolicy({ Bucket: 'exports', Policy });
  cloud.advance('P1D');
  await cloud.settle();
  const folder = `lens/StorageLens/${AccountId}/${Id}/V_1`;
  const text = async (Key: string) => (await s3.getObject({ Bucket: 'exports', Key })).Body!.transformToString();
  const manifest = JSON.parse(await text(`${folder}/manifests/dt=2030-01-02/manifest.json`));
  const [file] = manifest.reportFiles;
  assert.ok(file.key.startsWith(`${folder}/reports/dt=2030-01-02/`));
  const report = await text(file.key);
  assert.equal(file.md5Checksum, createHash('md5').update(report).digest('hex'));
  const [header, ...lines] = report.trimEnd().split('\n');
  assert.equal(header, manifest.reportSchema);
  const start = `V_1,${Id},2030-01-02,${AccountId},us-east-1`;
  const ofBucket = (bucket: string, storageClass: string) =>
    Object.fromEntries(
      lines
        .filter((line) => line.startsWith(`${start},${storageClass},BUCKET,${bucket},${bucket},`))
        .map((line) => line.split(',').slice(-2) as [string, string]),
    );
  assert.deepEqual(ofBucket('a-bucket', 'STANDARD'), {
    ObjectCount: '3',
    StorageBytes: '8',
    NonCurrentVersionObjectCount: '2',
    NonCurrentVersionStorageBytes: '8',
    CurrentVersionObjectCount: '1',
    CurrentVersionStorageBytes: '0',
    DeleteMarkerObjectCount: '1',
    DeleteMarkerStorageBytes: '0',
    EncryptedObjectCount: '2',
    EncryptedStorageBytes: '8',
  });
  assert.deepEqual(ofBucket('b-bucket', 'STANDARD'), {
    ObjectCount: '1',
    StorageBytes: '4',
    IncompleteMultipartUploadObjectCount: '1',
    IncompleteMultipartUploadStorageBytes: '4',
  });
  assert.equal(ofBucket('b-bucket', 'STANDARD_IA').StorageBytes, '2');
  assert.ok(lines.includes(`${start},STANDARD,ACCOUNT,${AccountId},,StorageBytes,12`));
  assert.ok(!lines.some((line) => line.includes(',exports,')));
});
