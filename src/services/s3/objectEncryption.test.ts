/** The encryption of objects that are there, changed. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const Key = 'k';

async function withObject(Body: string | Buffer) {
  const cloud = await testCloud();
  const { s3, kms } = cloud.root;
  await s3.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
  await s3.putObject({ Bucket, Key, Body });
  const keyArn = async () => (await kms.createKey({})).KeyMetadata!.Arn!;
  const update = (KMSKeyArn: string, more: object = {}) =>
    s3.updateObjectEncryption({ Bucket, Key, ObjectEncryption: { SSEKMS: { KMSKeyArn, ...more } } });
  const bytes = async () => Buffer.from(await (await s3.getObject({ Bucket, Key })).Body!.transformToByteArray());
  return { cloud, s3, kms, keyArn, update, bytes };
}

for (const size of [100, 200_001]) {
  test(`UpdateObjectEncryption puts ${size} bytes under a key of KMS, and under another, without touching them`, async () => {
    const body = randomBytes(size);
    const { s3, kms, keyArn, update, bytes } = await withObject(body);
    const before = await s3.headObject({ Bucket, Key });
    assert.ok((await bytes()).equals(body));
    const [first, second] = [await keyArn(), await keyArn()];
    await update(first);
    const after = await s3.headObject({ Bucket, Key });
    assert.deepEqual([after.ServerSideEncryption, after.SSEKMSKeyId], ['aws:kms', first]);
    assert.deepEqual(
      [after.ETag, after.LastModified, after.VersionId],
      [before.ETag, before.LastModified, before.VersionId],
    );
    assert.ok((await bytes()).equals(body));
    await update(second, { BucketKeyEnabled: true });
    assert.equal((await s3.headObject({ Bucket, Key })).BucketKeyEnabled, true);
    await kms.disableKey({ KeyId: first });
    assert.ok((await bytes()).equals(body));
    await kms.disableKey({ KeyId: second });
    await assert.rejects(update(first), { name: /^KMS\./ as never });
  });
}

test('UpdateObjectEncryption is refused in AWS’s words', async () => {
  const { cloud, s3, kms, keyArn, update } = await withObject('x');
  const arn = await keyArn();
  await assert.rejects(update('alias/mine'), { name: 'InvalidRequest', message: /require a valid AWS KMS key/ });
  const foreign = arn.replace(cloud.managementAccount, '999999999999');
  await assert.rejects(update(foreign), { name: 'AccessDenied', message: /must be owned by the same account/ });
  await s3.putObjectLegalHold({ Bucket, Key, LegalHold: { Status: 'ON' } });
  await assert.rejects(update(arn), { name: 'AccessDenied', message: /protected by S3 Object Lock/ });
  const Rules = [{ BlockedEncryptionTypes: { EncryptionType: ['NONE' as const] } }];
  await s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules } });
  const key = randomBytes(32);
  await s3.putObject({
    Bucket,
    Key,
    Body: 'x',
    SSECustomerAlgorithm: 'AES256',
    SSECustomerKey: key.toString('base64'),
    SSECustomerKeyMD5: createHash('md5').update(key).digest('base64'),
  });
  await assert.rejects(update(arn), { name: 'InvalidRequest', message: /DSSE-KMS or SSE-C/ });
  const Statement = [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 'kms:*'], Resource: '*' }];
  const alice = await cloud.user('alice', { Version: '2012-10-17', Statement });
  await assert.rejects(
    alice.s3.updateObjectEncryption({ Bucket, Key, ObjectEncryption: { SSEKMS: { KMSKeyArn: arn } } }),
    { name: 'AccessDenied' },
  );
  await kms.disableKey({ KeyId: arn });
});
