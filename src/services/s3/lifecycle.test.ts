/** Lifecycle rules act at midnight of the plane's clock. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LifecycleRule } from '@aws-sdk/client-s3';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';

async function withRules(rules: Omit<LifecycleRule, 'Status'>[], versioned = true) {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:30:00Z') });
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  if (versioned) await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
  const Rules = rules.map((rule, i) => ({
    ID: `rule ${i}`,
    Filter: { Prefix: '' },
    Status: 'Enabled' as const,
    ...rule,
  }));
  await s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules } });
  const days = async (n: number) => {
    for (let i = 0; i < n; i++) {
      cloud.advance('P1D');
      await cloud.settle();
    }
  };
  const keys = async () => (await s3.listObjectsV2({ Bucket })).Contents?.map(({ Key }) => Key) ?? [];
  const all = async () => {
    const { Versions = [], DeleteMarkers = [] } = await s3.listObjectVersions({ Bucket });
    return [...Versions.map(({ Key }) => Key), ...DeleteMarkers.map(({ Key }) => `${Key} (marker)`)].sort();
  };
  return { cloud, s3, days, keys, all };
}

test('Objects expire on the midnight after their days, by prefix, tag and size', async () => {
  const { s3, days, keys } = await withRules(
    [
      { Filter: { Prefix: 'logs/' }, Expiration: { Days: 2 } },
      { Filter: { Tag: { Key: 'temporary', Value: 'yes' } }, Expiration: { Days: 1 } },
      { Filter: { ObjectSizeGreaterThan: 5 }, Expiration: { Date: new Date('2030-01-05T00:00:00Z') } },
    ],
    false,
  );
  await s3.putObject({ Bucket, Key: 'big', Body: '123456' });
  await s3.putObject({ Bucket, Key: 'kept', Body: 'x' });
  await s3.putObject({ Bucket, Key: 'tagged', Body: 'x', Tagging: 'temporary=yes' });
  const { Expiration } = await s3.putObject({ Bucket, Key: 'logs/1', Body: 'x' });
  assert.equal(Expiration, 'expiry-date="Fri, 04 Jan 2030 00:00:00 GMT", rule-id="rule%200"');
  assert.equal((await s3.headObject({ Bucket, Key: 'logs/1' })).Expiration, Expiration);
  await days(1);
  assert.deepEqual(await keys(), ['big', 'kept', 'logs/1', 'tagged']);
  await days(1);
  assert.deepEqual(await keys(), ['big', 'kept', 'logs/1']);
  await days(1);
  assert.deepEqual(await keys(), ['big', 'kept']);
  await days(1);
  assert.deepEqual(await keys(), ['kept']);
});

test('In a bucket with versions expiry makes a delete marker; old versions and lone markers go by their own rules', async () => {
  const { s3, days, keys, all } = await withRules([
    { Expiration: { Days: 1 } },
    { NoncurrentVersionExpiration: { NoncurrentDays: 2 } },
    { Expiration: { ExpiredObjectDeleteMarker: true } },
  ]);
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  await days(2);
  assert.deepEqual([await keys(), await all()], [[], ['k', 'k (marker)']]);
  await days(3);
  assert.deepEqual(await all(), ['k (marker)']);
  await days(1);
  assert.deepEqual(await all(), []);
});

test('So many newer noncurrent versions are kept', async () => {
  const { s3, days, all } = await withRules([
    { NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 2 } },
  ]);
  for (let i = 0; i < 6; i++) await s3.putObject({ Bucket, Key: 'k', Body: String(i) });
  await days(3);
  assert.equal((await all()).length, 3);
  assert.equal(await (await s3.getObject({ Bucket, Key: 'k' })).Body?.transformToString(), '5');
});

test('Objects move to colder classes, small ones stay', async () => {
  const Transitions = [
    { Days: 30, StorageClass: 'STANDARD_IA' as const },
    { Days: 60, StorageClass: 'GLACIER_IR' as const },
  ];
  const { s3, days } = await withRules([{ Transitions }]);
  await s3.putObject({ Bucket, Key: 'large', Body: Buffer.alloc(200_000) });
  await s3.putObject({ Bucket, Key: 'small', Body: 'x' });
  const classes = async () => (await s3.listObjectsV2({ Bucket })).Contents?.map(({ StorageClass }) => StorageClass);
  await days(32);
  assert.deepEqual(await classes(), ['STANDARD_IA', 'STANDARD']);
  await days(30);
  assert.deepEqual(await classes(), ['GLACIER_IR', 'STANDARD']);
});

test('What Object Lock holds does not go', async () => {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket: 'locked-bucket', ObjectLockEnabledForBucket: true });
  const Rules = [
    {
      ID: 'r',
      Status: 'Enabled' as const,
      Filter: { Prefix: '' },
      Expiration: { Days: 1 },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    },
  ];
  await s3.putBucketLifecycleConfiguration({ Bucket: 'locked-bucket', LifecycleConfiguration: { Rules } });
  const ObjectLockRetainUntilDate = new Date(cloud.now().getTime() + 20 * 86_400_000);
  await s3.putObject({
    Bucket: 'locked-bucket',
    Key: 'k',
    Body: 'x',
    ObjectLockMode: 'GOVERNANCE',
    ObjectLockRetainUntilDate,
  });
  const left = async () => (await s3.listObjectVersions({ Bucket: 'locked-bucket' })).Versions?.length ?? 0;
  cloud.advance('P10D');
  await cloud.settle();
  cloud.advance('P5D');
  await cloud.settle();
  assert.equal(await left(), 1);
  cloud.advance('P10D');
  await cloud.settle();
  assert.equal(await left(), 0);
});

test('Uploads that are not ended are aborted', async () => {
  const { s3, days } = await withRules([{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 } }]);
  const { UploadId, AbortDate, AbortRuleId } = await s3.createMultipartUpload({ Bucket, Key: 'k' });
  assert.deepEqual([AbortDate, AbortRuleId], [new Date('2030-01-05T00:00:00Z'), 'rule 0']);
  await s3.uploadPart({ Bucket, Key: 'k', UploadId: UploadId!, PartNumber: 1, Body: 'x' });
  await days(3);
  assert.equal((await s3.listMultipartUploads({ Bucket })).Uploads?.length, 1);
  await days(1);
  assert.equal((await s3.listMultipartUploads({ Bucket })).Uploads?.length ?? 0, 0);
});

test('A disabled rule does nothing, nor does one that was taken back', async () => {
  const { s3, days, keys } = await withRules([{ Expiration: { Days: 1 } }], false);
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  await s3.deleteBucketLifecycle({ Bucket });
  await days(3);
  assert.deepEqual(await keys(), ['k']);
  const Rules = [{ ID: 'r', Status: 'Disabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 1 } }];
  await s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules } });
  await days(3);
  assert.deepEqual(await keys(), ['k']);
});
