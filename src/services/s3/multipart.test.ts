import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { looseBlobs } from '../../store/blobs.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const MIB = 1024 * 1024;
const at = { Bucket: 'things', Key: 'big' };

function bytes(length: number, seed: number): Buffer {
  const made = Buffer.alloc(length);
  for (let i = 0; i < length; i++) made[i] = (i * 7 + seed * 13 + (i >> 8)) & 255;
  return made;
}

async function things(cloud: Cloud) {
  await cloud.root.s3.createBucket({ Bucket: 'things' });
  return cloud.root.s3;
}

describe('Multipart upload', () => {
  test('parts become one object, read whole, by range and by part', async () => {
    const cloud = await testCloud();
    const s3 = await things(cloud);
    const sent = [bytes(5 * MIB, 1), bytes(5 * MIB + 77, 2), bytes(100, 3)];
    const { UploadId } = await s3.createMultipartUpload({ ...at, ContentType: 'x/y', Metadata: { a: 'b' } });
    const Parts = [];
    for (const [i, Body] of sent.entries()) {
      const { ETag } = await s3.uploadPart({ ...at, UploadId, PartNumber: 3 * i + 1, Body });
      Parts.push({ ETag, PartNumber: 3 * i + 1 });
    }
    const listed = await s3.listParts({ ...at, UploadId, MaxParts: 2 });
    assert.deepEqual([listed.IsTruncated, listed.Parts?.map((p) => p.Size)], [true, [5 * MIB, 5 * MIB + 77]]);
    assert.deepEqual(
      (await s3.listMultipartUploads({ Bucket: 'things' })).Uploads?.map((u) => u.UploadId),
      [UploadId],
    );
    await rejected(
      s3.completeMultipartUpload({ ...at, UploadId, MultipartUpload: { Parts: Parts.toReversed() } }),
      'InvalidPartOrder',
      /ascending/,
    );
    const done = await s3.completeMultipartUpload({ ...at, UploadId, MultipartUpload: { Parts } });
    const md5s = sent.map((part) => createHash('md5').update(part).digest());
    assert.equal(done.ETag, `"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-3"`);
    assert.equal(done.ChecksumType, 'FULL_OBJECT');
    const again = await s3.completeMultipartUpload({ ...at, UploadId, MultipartUpload: { Parts } });
    assert.equal(again.ETag, done.ETag);
    const whole = Buffer.concat(sent);
    const got = await s3.getObject(at);
    assert.equal(got.ContentType, 'x/y');
    assert.ok(Buffer.from(await got.Body!.transformToByteArray()).equals(whole));
    const range = await s3.getObject({ ...at, Range: `bytes=${5 * MIB - 10}-${10 * MIB + 80}` });
    assert.ok(
      Buffer.from(await range.Body!.transformToByteArray()).equals(whole.subarray(5 * MIB - 10, 10 * MIB + 81)),
    );
    const part = await s3.getObject({ ...at, PartNumber: 4 });
    assert.deepEqual([part.PartsCount, part.ContentLength], [3, 5 * MIB + 77]);
    const { ObjectParts, ObjectSize } = await s3.getObjectAttributes({
      ...at,
      ObjectAttributes: ['ObjectParts', 'ObjectSize', 'ETag', 'Checksum'],
    });
    assert.deepEqual([ObjectSize, ObjectParts?.TotalPartsCount], [whole.length, 3]);
    assert.equal((await s3.listMultipartUploads({ Bucket: 'things' })).Uploads, undefined);
    // Put at once, the same bytes have the same checksum.
    const put = await s3.putObject({ ...at, Key: 'once', Body: whole, ChecksumAlgorithm: 'CRC64NVME' });
    assert.equal(put.ChecksumCRC64NVME, done.ChecksumCRC64NVME);
  });

  test('checksums of parts make one of the object, composite or whole', async () => {
    const s3 = await things(await testCloud());
    const sent = [bytes(5 * MIB, 1), bytes(33, 2)];
    for (const [ChecksumAlgorithm, ChecksumType] of [
      ['CRC32', 'FULL_OBJECT'],
      ['CRC32C', 'FULL_OBJECT'],
      ['SHA256', 'COMPOSITE'],
      ['CRC32', 'COMPOSITE'],
    ] as const) {
      const { UploadId } = await s3.createMultipartUpload({ ...at, ChecksumAlgorithm, ChecksumType });
      const Parts = [];
      for (const [i, Body] of sent.entries()) {
        const {
          $metadata: _,
          ServerSideEncryption: __,
          ...told
        } = await s3.uploadPart({
          ...at,
          UploadId,
          PartNumber: i + 1,
          Body,
          ChecksumAlgorithm,
        });
        Parts.push({ ...told, PartNumber: i + 1 });
      }
      const done = await s3.completeMultipartUpload({ ...at, UploadId, MultipartUpload: { Parts } });
      const member = `Checksum${ChecksumAlgorithm}` as const;
      const whole = await s3.putObject({ ...at, Key: 'once', Body: Buffer.concat(sent), ChecksumAlgorithm });
      if (ChecksumType === 'FULL_OBJECT') assert.equal(done[member], whole[member]);
      else assert.match(done[member]!, /-2$/);
      const head = await s3.headObject({ ...at, ChecksumMode: 'ENABLED' });
      assert.deepEqual([head[member], head.ChecksumType], [done[member], ChecksumType]);
    }
    await rejected(
      s3.createMultipartUpload({ ...at, ChecksumAlgorithm: 'SHA1', ChecksumType: 'FULL_OBJECT' }),
      'InvalidRequest',
      'The FULL_OBJECT checksum type cannot be used with the sha1 checksum algorithm.',
    );
  });

  test('parts that are too small, missing or too many are refused, an aborted upload is gone with its bytes', async () => {
    const cloud = await testCloud();
    const s3 = await things(cloud);
    const { UploadId } = await s3.createMultipartUpload(at);
    const { ETag } = await s3.uploadPart({ ...at, UploadId, PartNumber: 1, Body: bytes(20_000, 1) });
    const second = await s3.uploadPart({ ...at, UploadId, PartNumber: 2, Body: bytes(20_000, 1) });
    const complete = (Parts: object[]) => s3.completeMultipartUpload({ ...at, UploadId, MultipartUpload: { Parts } });
    const both = [
      { ETag, PartNumber: 1 },
      { ETag: second.ETag, PartNumber: 2 },
    ];
    await rejected(complete(both), 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
    await rejected(complete([{ ETag: '"0"', PartNumber: 1 }]), 'InvalidPart', /could not be found/);
    await rejected(complete([{ ETag, PartNumber: 3 }]), 'InvalidPart', /could not be found/);
    await rejected(
      complete(Array.from({ length: 10_001 }, (_, i) => ({ ETag, PartNumber: i + 1 }))),
      'MalformedXML',
      /well-formed/,
    );
    await rejected(
      s3.uploadPart({ ...at, UploadId, PartNumber: 10_001, Body: 'x' }),
      'InvalidArgument',
      'Part number must be an integer between 1 and 10000, inclusive',
    );
    await s3.abortMultipartUpload({ ...at, UploadId });
    await rejected(s3.uploadPart({ ...at, UploadId, PartNumber: 1, Body: 'x' }), 'NoSuchUpload', /does not exist/);
    await rejected(s3.listParts({ ...at, UploadId }), 'NoSuchUpload', /does not exist/);
    await s3.deleteBucket({ Bucket: 'things' });
  });
});

describe('CopyObject', () => {
  test('copies small and large, with what is said of them or with other words', async () => {
    const cloud = await testCloud();
    const s3 = await things(cloud);
    await s3.createBucket({ Bucket: 'others' });
    for (const size of [10, 200_000]) {
      const Body = bytes(size, 5);
      await s3.putObject({ ...at, Key: 'a b/ä', Body, ContentType: 'x/y', Metadata: { m: '1' }, Tagging: 't=1' });
      const CopySource = `things/${encodeURIComponent('a b/ä')}`;
      const copied = await s3.copyObject({ Bucket: 'others', Key: 'k', CopySource });
      assert.match(copied.CopyObjectResult!.ETag!, /^"[0-9a-f]{32}"$/);
      const got = await s3.getObject({ Bucket: 'others', Key: 'k' });
      assert.deepEqual([got.ContentType, got.Metadata, got.TagCount], ['x/y', { m: '1' }, 1]);
      assert.ok(Buffer.from(await got.Body!.transformToByteArray()).equals(Body));
      const words = { MetadataDirective: 'REPLACE', Metadata: { n: '2' }, TaggingDirective: 'REPLACE' } as const;
      await s3.copyObject({ Bucket: 'others', Key: 'k', CopySource: 'others/k', ...words });
      const head = await s3.headObject({ Bucket: 'others', Key: 'k' });
      assert.deepEqual([head.ContentType, head.Metadata], ['binary/octet-stream', { n: '2' }]);
    }
    const self = { Bucket: 'others', Key: 'k', CopySource: 'others/k' };
    await rejected(s3.copyObject(self), 'InvalidRequest', /to itself without changing/);
    await rejected(s3.copyObject({ ...self, CopySource: 'others/no' }), 'NoSuchKey', /does not exist/);
    await rejected(s3.copyObject({ ...self, CopySource: 'no-such/k' }), 'NoSuchBucket', /does not exist/);
    await rejected(
      s3.copyObject({ ...self, Key: 'l', CopySourceIfMatch: '"0"' }),
      'PreconditionFailed',
      /pre-conditions/,
    );
  });

  test('needs permission to read the source and to write the copy', async () => {
    const cloud = await testCloud();
    const s3 = await things(cloud);
    await s3.putObject({ ...at, Body: 'x' });
    const allow = (Action: string) => ({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action, Resource: 'arn:aws:s3:::things/*' },
    });
    const writer = await cloud.user('writer', allow('s3:PutObject'));
    const reader = await cloud.user('reader', allow('s3:GetObject'));
    const input = { Bucket: 'things', Key: 'copy', CopySource: 'things/big' };
    await rejected(writer.s3.copyObject(input), 'AccessDenied', /s3:GetObject on resource/);
    await rejected(reader.s3.copyObject(input), 'AccessDenied', /s3:PutObject on resource/);
  });

  test('a part may come from a range of another object', async () => {
    const s3 = await things(await testCloud());
    const Body = bytes(6 * MIB, 9);
    await s3.putObject({ ...at, Key: 'source', Body });
    const { UploadId } = await s3.createMultipartUpload(at);
    const copy = (PartNumber: number, CopySourceRange: string) =>
      s3.uploadPartCopy({ ...at, UploadId, PartNumber, CopySource: 'things/source', CopySourceRange });
    const first = await copy(1, `bytes=0-${5 * MIB - 1}`);
    const second = await copy(2, `bytes=${5 * MIB}-${6 * MIB - 1}`);
    const Parts = [first, second].map(({ CopyPartResult }, i) => ({ ETag: CopyPartResult!.ETag, PartNumber: i + 1 }));
    await s3.completeMultipartUpload({ ...at, UploadId, MultipartUpload: { Parts } });
    const got = await s3.getObject(at);
    assert.ok(Buffer.from(await got.Body!.transformToByteArray()).equals(Body));
    await rejected(copy(1, 'bytes=0-99999999'), 'NoSuchUpload', /does not exist/);
  });
});

test('bytes that nothing refers to any more are swept', async () => {
  const cloud = await testCloud();
  const s3 = await things(cloud);
  await s3.putObject({ ...at, Body: bytes(100_000, 1) });
  await s3.putObject({ ...at, Body: bytes(100_000, 2) });
  await s3.putObject({ ...at, Key: 'other', Body: bytes(100_000, 3) });
  await s3.deleteObject({ ...at, Key: 'other' });
  const loose = async () =>
    (await cloud.deps.store.transaction((tx) => tx.list(looseBlobs, [], { limit: 9, index: 'until' }))).rows.length;
  assert.equal(await loose(), 2);
  cloud.advance('PT2H');
  await cloud.settle();
  assert.equal(await loose(), 0);
  assert.equal((await (await s3.getObject(at)).Body!.transformToByteArray()).length, 100_000);
});
