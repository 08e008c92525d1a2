/** Archived objects are read only while a copy is restored. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';

test('An archived object is restored for some days, by the plane’s clock', async () => {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:00:00Z') });
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { EventBridgeConfiguration: {} } });
  await s3.putObject({ Bucket, Key: 'k', Body: 'x', StorageClass: 'GLACIER' });
  const read = { Bucket, Key: 'k' };
  const archived = { name: 'InvalidObjectState', message: "The operation is not valid for the object's storage class" };
  await assert.rejects(s3.getObject(read), archived);
  await assert.rejects(s3.copyObject({ Bucket, Key: 'copy', CopySource: `${Bucket}/k` }), archived);
  assert.equal((await s3.headObject(read)).StorageClass, 'GLACIER');
  const restore = (RestoreRequest: object) => s3.restoreObject({ ...read, RestoreRequest });
  await restore({ Days: 2, GlacierJobParameters: { Tier: 'Standard' } });
  assert.equal((await s3.headObject(read)).Restore, 'ongoing-request="true"');
  await assert.rejects(restore({ Days: 2 }), {
    name: 'RestoreAlreadyInProgress',
    message: 'Object restore is already in progress',
  });
  await assert.rejects(s3.getObject(read), archived);
  cloud.advance('PT6H');
  await cloud.settle();
  const found = await s3.getObject(read);
  assert.equal(await found.Body?.transformToString(), 'x');
  assert.equal(found.Restore, 'ongoing-request="false", expiry-date="Fri, 04 Jan 2030 00:00:00 GMT"');
  cloud.advance('P3D');
  await cloud.settle();
  await assert.rejects(s3.getObject(read), archived);
  assert.equal((await s3.headObject(read)).Restore, undefined);
  const entries = await cloud.deps.store.journal.read(0, 1000);
  const told = entries
    .filter(({ kind }) => kind === 'event')
    .map(({ body }) => JSON.parse(body) as Record<string, string>);
  const kinds = told.filter(({ source }) => source === 'aws.s3').map((event) => event['detail-type']);
  assert.deepEqual(kinds, [
    'Object Created',
    'Object Restore Initiated',
    'Object Restore Completed',
    'Object Restore Expired',
  ]);
});

test('Only archived objects are restored, by a way that their class has', async () => {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  await s3.putObject({ Bucket, Key: 'warm', Body: 'x' });
  await s3.putObject({ Bucket, Key: 'deep', Body: 'x', StorageClass: 'DEEP_ARCHIVE' });
  const restore = (Key: string, RestoreRequest: object) => s3.restoreObject({ Bucket, Key, RestoreRequest });
  await assert.rejects(restore('warm', { Days: 1 }), {
    name: 'InvalidObjectState',
    message: "Restore is not allowed for the object's current storage class",
  });
  await assert.rejects(restore('deep', { Days: 1, GlacierJobParameters: { Tier: 'Expedited' } }), {
    name: 'InvalidArgument',
  });
  await assert.rejects(restore('deep', { Days: 0 }), { name: 'InvalidArgument' });
});

test('Lists tell of restores where they are asked to', async () => {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:00:00Z') });
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  for (const Key of ['asked', 'cold']) await s3.putObject({ Bucket, Key, Body: 'x', StorageClass: 'GLACIER' });
  await s3.restoreObject({ Bucket, Key: 'asked', RestoreRequest: { Days: 2 } });
  const lists = async (...OptionalObjectAttributes: 'RestoreStatus'[]) => {
    const asked = { Bucket, OptionalObjectAttributes };
    const [v1, v2] = [await s3.listObjects(asked), await s3.listObjectsV2(asked)];
    const all = [v1.Contents, v2.Contents, (await s3.listObjectVersions(asked)).Versions];
    return all.map((list) => list?.map(({ RestoreStatus }) => RestoreStatus));
  };
  const thrice = (status: object | undefined) => [1, 2, 3].map(() => [status, undefined]);
  assert.deepEqual(await lists(), thrice(undefined));
  assert.deepEqual(await lists('RestoreStatus'), thrice({ IsRestoreInProgress: true }));
  cloud.advance('PT6H');
  const RestoreExpiryDate = new Date('2030-01-04T00:00:00Z');
  assert.deepEqual(await lists('RestoreStatus'), thrice({ IsRestoreInProgress: false, RestoreExpiryDate }));
  await assert.rejects(lists('Weight' as 'RestoreStatus'), { name: 'InvalidArgument' });
});
