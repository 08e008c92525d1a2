/** Documents in bodies: nothing is done that another document asks for than the one whose digest was sent. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { testCloud } from '../../testing/cloud.ts';
import { signed } from '../../testing/signed.ts';

const Bucket = 'proved';

async function asking() {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  const key = await cloud.keyFor(cloud.managementAccount);
  const ask = async (method: string, query: string, text: string, headers: Record<string, string>) => {
    const request = { method, path: `/${Bucket}`, query, body: Buffer.from(text), headers };
    const { status, body } = await cloud.send(signed(request, { ...key, service: 's3' }));
    return [status, /<Code>(\w+)/.exec(String(body))?.[1]];
  };
  return { cloud, s3, ask };
}

const md5Of = (text: string) => createHash('md5').update(text).digest('base64');
const sha256Of = (text: string) => createHash('sha256').update(text).digest('base64');
const crc32Of = (text: string) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return bytes.toString('base64');
};

const TAGS = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>';
const REMOVAL = '<Delete><Object><Key>k</Key></Object></Delete>';

test('a document is taken as its digest says, and refused (BadDigest) where it says another', async () => {
  const { s3, ask } = await asking();
  const wrong = [
    { 'content-md5': md5Of('other') },
    { 'x-amz-checksum-sha256': sha256Of('other') },
    { 'x-amz-checksum-crc32': crc32Of('other') },
  ] as Record<string, string>[];
  for (const headers of wrong) {
    assert.deepEqual(await ask('PUT', 'tagging=', TAGS, headers), [400, 'BadDigest']);
    assert.deepEqual(await ask('POST', 'delete=', REMOVAL, headers), [400, 'BadDigest']);
  }
  assert.deepEqual(await ask('PUT', 'tagging=', TAGS, { 'content-md5': 'short' }), [400, 'InvalidDigest']);
  assert.deepEqual(await ask('PUT', 'tagging=', TAGS, { 'x-amz-checksum-sha1': 'short' }), [400, 'InvalidRequest']);
  await assert.rejects(s3.getBucketTagging({ Bucket }), { name: 'NoSuchTagSet' });
  await s3.headObject({ Bucket, Key: 'k' });
  for (const headers of [
    { 'content-md5': md5Of(TAGS) },
    { 'x-amz-checksum-sha256': sha256Of(TAGS) },
    { 'x-amz-checksum-crc32': crc32Of(TAGS) },
    {},
  ] as Record<string, string>[]) {
    assert.equal((await ask('PUT', 'tagging=', TAGS, headers))[1], undefined);
  }
});

test('DeleteObjects takes no document without a digest', async () => {
  const { s3, ask } = await asking();
  assert.deepEqual(await ask('POST', 'delete=', REMOVAL, {}), [400, 'InvalidRequest']);
  await s3.headObject({ Bucket, Key: 'k' });
  assert.deepEqual(await ask('POST', 'delete=', REMOVAL, { 'content-md5': md5Of(REMOVAL) }), [200, undefined]);
  await assert.rejects(s3.headObject({ Bucket, Key: 'k' }), { name: 'NotFound' });
});

test('a document of another name asks for nothing: MalformedXML', async () => {
  const { s3, ask } = await asking();
  const LoggingEnabled = { TargetBucket: Bucket, TargetPrefix: 'log/' };
  const Grant = { Effect: 'Allow', Principal: { Service: 'logging.s3.amazonaws.com' }, Action: 's3:PutObject' };
  const Statement = [{ ...Grant, Resource: `arn:aws:s3:::${Bucket}/*` }];
  await s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
  await s3.putBucketLogging({ Bucket, BucketLoggingStatus: { LoggingEnabled } });
  for (const query of ['logging=', 'notification=']) {
    assert.deepEqual(await ask('PUT', query, '<Other/>', {}), [400, 'MalformedXML']);
  }
  assert.equal((await s3.getBucketLogging({ Bucket })).LoggingEnabled?.TargetPrefix, 'log/');
  assert.deepEqual(await ask('PUT', 'logging=', '<b:BucketLoggingStatus xmlns:b="http://x/"/>', {}), [200, undefined]);
  assert.equal((await s3.getBucketLogging({ Bucket })).LoggingEnabled, undefined);
});

test('the checksum that completes an upload is that of the object, not of the list of parts', async () => {
  const { s3 } = await asking();
  const at = { Bucket, Key: 'parts' };
  const { UploadId } = await s3.createMultipartUpload({
    ...at,
    ChecksumAlgorithm: 'CRC32',
    ChecksumType: 'FULL_OBJECT',
  });
  const { ETag } = await s3.uploadPart({ ...at, UploadId, PartNumber: 1, Body: 'part', ChecksumAlgorithm: 'CRC32' });
  const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
  const complete = (ChecksumCRC32: string) =>
    s3.completeMultipartUpload({ ...at, UploadId, MultipartUpload, ChecksumType: 'FULL_OBJECT', ChecksumCRC32 });
  await assert.rejects(complete(crc32Of('other')), { name: 'BadDigest' });
  assert.equal((await complete(crc32Of('part'))).ChecksumCRC32, crc32Of('part'));
});
