/** Small objects that were read lately. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { keepRecent, recentBytes } from './recentBytes.ts';

const Bucket = 'a-bucket';
const Key = 'k';

test('What is read again is what is there now, and read by nobody who may not', async () => {
  const cloud = await testCloud();
  const { s3, kms } = cloud.root;
  await s3.createBucket({ Bucket });
  const read = async () => (await s3.getObject({ Bucket, Key })).Body?.transformToString();
  for (const Body of ['one', 'two', 'two']) {
    await s3.putObject({ Bucket, Key, Body });
    for (let i = 0; i < 2; i++) assert.equal(await read(), Body);
  }
  await assert.rejects((await cloud.user('alice')).s3.getObject({ Bucket, Key }), { name: 'AccessDenied' });
  const { KeyMetadata } = await kms.createKey({});
  await s3.putObject({ Bucket, Key, Body: 'kept', ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KeyMetadata?.Arn });
  assert.equal(await read(), 'kept');
  await kms.disableKey({ KeyId: KeyMetadata?.KeyId });
  await assert.rejects(read(), { name: 'KMS.DisabledException' });
});

test('So many bytes are kept, and the oldest are forgotten', () => {
  const [first, other] = [new Uint8Array(32), new Uint8Array(32)];
  keepRecent(first, 'a', Buffer.from('x'));
  assert.equal(String(recentBytes(first, 'a')), 'x');
  assert.equal(recentBytes(first, 'b'), undefined);
  assert.equal(recentBytes(other, 'a'), undefined);
  for (let i = 0; i < 9 * 64; i++) keepRecent(new Uint8Array(32), 'a', new Uint8Array(16 * 1024));
  assert.equal(recentBytes(first, 'a'), undefined);
});
