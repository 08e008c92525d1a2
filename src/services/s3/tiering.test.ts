/** S3 Intelligent-Tiering: what nobody reads is archived, and comes back when it is asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IntelligentTieringConfiguration } from '@aws-sdk/client-s3';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const Key = 'k';
const large = Buffer.alloc(128 * 1024, 7);
const TIERED = { StorageClass: 'INTELLIGENT_TIERING' } as const;
const Tierings = [
  { Days: 90, AccessTier: 'ARCHIVE_ACCESS' as const },
  { Days: 180, AccessTier: 'DEEP_ARCHIVE_ACCESS' as const },
];

async function withBucket() {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  const put = (Id: string, more: Partial<IntelligentTieringConfiguration> = {}) => {
    const IntelligentTieringConfiguration = { Id, Status: 'Enabled' as const, Tierings, ...more };
    return s3.putBucketIntelligentTieringConfiguration({ Bucket, Id, IntelligentTieringConfiguration });
  };
  return { cloud, s3, put, status: async (key = Key) => (await s3.headObject({ Bucket, Key: key })).ArchiveStatus };
}

test('Configurations are read back, listed, removed; what cannot be is refused', async () => {
  const { s3, put } = await withBucket();
  const Filter = { And: { Prefix: 'a/', Tags: [{ Key: 'x', Value: 'y' }] } };
  await put('some', { Filter });
  await put('all');
  const found = await s3.getBucketIntelligentTieringConfiguration({ Bucket, Id: 'some' });
  const some = { Id: 'some', Status: 'Enabled', Tierings, Filter };
  assert.deepEqual(found.IntelligentTieringConfiguration, some);
  const listed = await s3.listBucketIntelligentTieringConfigurations({ Bucket });
  assert.deepEqual(listed.IntelligentTieringConfigurationList, [{ Id: 'all', Status: 'Enabled', Tierings }, some]);
  await s3.deleteBucketIntelligentTieringConfiguration({ Bucket, Id: 'some' });
  await assert.rejects(s3.getBucketIntelligentTieringConfiguration({ Bucket, Id: 'some' }), {
    name: 'NoSuchConfiguration',
  });
  const faults: [Partial<IntelligentTieringConfiguration>, string][] = [
    [{ Tierings: [{ Days: 89, AccessTier: 'ARCHIVE_ACCESS' }] }, 'InvalidArgument'],
    [{ Tierings: [{ Days: 731, AccessTier: 'DEEP_ARCHIVE_ACCESS' }] }, 'InvalidArgument'],
    [{ Tierings: [] }, 'MalformedXML'],
    [{ Status: 'On' as never }, 'MalformedXML'],
    [{ Filter: { And: { Prefix: 'a' } } }, 'MalformedXML'],
  ];
  for (const [fault, name] of faults) await assert.rejects(put('x', fault), { name });
});

test('What nobody reads for so many days is archived, deeper and deeper; reading keeps it', async () => {
  const { cloud, s3, put, status } = await withBucket();
  await s3.putObject({ Bucket, Key, Body: large, ...TIERED });
  await s3.putObject({ Bucket, Key: 'small', Body: 'x', ...TIERED });
  await s3.putObject({ Bucket, Key: 'standard', Body: large });
  await put('all');
  cloud.advance('P89D');
  await (await s3.getObject({ Bucket, Key })).Body?.transformToByteArray();
  cloud.advance('P89D');
  assert.equal(await status(), undefined);
  cloud.advance('P1D');
  assert.equal(await status(), 'ARCHIVE_ACCESS');
  const archived = { name: 'InvalidObjectState', StorageClass: 'INTELLIGENT_TIERING', AccessTier: 'ARCHIVE_ACCESS' };
  await assert.rejects(s3.getObject({ Bucket, Key }), archived);
  await assert.rejects(s3.copyObject({ Bucket, Key: 'copy', CopySource: `${Bucket}/${Key}` }), { name: archived.name });
  for (const other of ['small', 'standard']) await s3.getObject({ Bucket, Key: other });
  cloud.advance('P90D');
  assert.equal(await status(), 'DEEP_ARCHIVE_ACCESS');
  await put('all', { Status: 'Disabled' });
  await s3.getObject({ Bucket, Key });
});

test('Filters choose what is watched; what was there before a configuration counts from then on', async () => {
  const { cloud, s3, put, status } = await withBucket();
  await s3.putObject({ Bucket, Key: 'logs/1', Body: large, ...TIERED });
  await s3.putObject({ Bucket, Key: 'logs/2', Body: large, ...TIERED, Tagging: 'cold=yes' });
  await s3.putObject({ Bucket, Key: 'else', Body: large, ...TIERED, Tagging: 'cold=yes' });
  cloud.advance('P200D');
  await put('some', { Filter: { And: { Prefix: 'logs/', Tags: [{ Key: 'cold', Value: 'yes' }] } } });
  assert.equal(await status('logs/2'), undefined);
  cloud.advance('P90D');
  const found = [];
  for (const key of ['logs/1', 'logs/2', 'else']) found.push(await status(key));
  assert.deepEqual(found, [undefined, 'ARCHIVE_ACCESS', undefined]);
});

test('RestoreObject brings it back for good, after the hours that the tier takes', async () => {
  const { cloud, s3, put, status } = await withBucket();
  await s3.putObject({ Bucket, Key, Body: large, ...TIERED });
  await put('all');
  const restore = (RestoreRequest: object) => s3.restoreObject({ Bucket, Key, RestoreRequest });
  await assert.rejects(restore({}), { name: 'InvalidObjectState' });
  cloud.advance('P200D');
  assert.equal(await status(), 'DEEP_ARCHIVE_ACCESS');
  await assert.rejects(restore({ Days: 2 }), { name: 'MalformedXML' });
  await assert.rejects(restore({ Tier: 'Expedited' }), { name: 'InvalidArgument' });
  await restore({ Tier: 'Standard' });
  await assert.rejects(restore({}), { name: 'RestoreAlreadyInProgress' });
  const during = await s3.headObject({ Bucket, Key });
  assert.deepEqual([during.Restore, during.ArchiveStatus], ['ongoing-request="true"', 'DEEP_ARCHIVE_ACCESS']);
  await assert.rejects(s3.getObject({ Bucket, Key }), { name: 'InvalidObjectState' });
  cloud.advance('PT12H');
  await cloud.settle();
  assert.equal(await status(), undefined);
  const found = await s3.getObject({ Bucket, Key });
  assert.equal(found.Restore, 'ongoing-request="false"');
  cloud.advance('P89D');
  assert.equal(await status(), undefined);
  cloud.advance('P1D');
  assert.equal(await status(), 'ARCHIVE_ACCESS');
});
