/** Checksums of every algorithm: the SDK and the plane agree, on few bytes and on many. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const Key = 'k';

describe('Checksums of objects', () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await testCloud();
    await cloud.root.s3.createBucket({ Bucket });
  });
  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'MD5', 'SHA1', 'SHA256'] as const) {
    test(`${algorithm} is computed, compared, kept and told`, async () => {
      const { s3 } = cloud.root;
      const member = `Checksum${algorithm}` as const;
      for (const size of [0, 3, 200, 1024, 100_001]) {
        const Body = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31) % 251));
        const put = await s3.putObject({ Bucket, Key, Body, ChecksumAlgorithm: algorithm });
        const got = await s3.getObject({ Bucket, Key, ChecksumMode: 'ENABLED' });
        assert.equal((await got.Body!.transformToByteArray()).length, size); // The SDK has compared it once more.
        assert.deepEqual([got[member], got.ChecksumType], [put[member], 'FULL_OBJECT']);
        const wrong = { [member]: Buffer.from(put[member]!, 'base64').reverse().toString('base64') };
        const refused = s3.putObject({ Bucket, Key, Body: Buffer.concat([Body, Buffer.from('!')]), ...wrong });
        await assert.rejects(refused, { name: 'BadDigest', message: new RegExp(algorithm) });
      }
      const [listed] = (await s3.listObjectsV2({ Bucket })).Contents!;
      assert.deepEqual(listed!.ChecksumAlgorithm, [algorithm]);
      await assert.rejects(s3.putObject({ Bucket, Key, Body: 'x', [member]: 'AAAA' }), { name: 'InvalidRequest' });
    });
  }

  /** Of `abc`, hexadecimal: https://github.com/Cyan4973/xxHash */
  const unknownToClients = [
    ['SHA512', createHash('sha512').update('abc').digest('hex')],
    ['XXHASH64', '44bc2cf5ad770999'],
    ['XXHASH3', '78af5f94892f3950'],
    ['XXHASH128', '06b05ab6733a618578af5f94892f3950'],
  ] as const;
  for (const [algorithm, hex] of unknownToClients) {
    test(`${algorithm}, which the SDK leaves to others, is compared, kept and told`, async () => {
      const { s3 } = cloud.root;
      const member = `Checksum${algorithm}` as const;
      const value = Buffer.from(hex, 'hex').toString('base64');
      const put = await s3.putObject({ Bucket, Key, Body: 'abc', [member]: value });
      assert.equal(put[member], value);
      const head = await s3.headObject({ Bucket, Key, ChecksumMode: 'ENABLED' });
      assert.deepEqual([head[member], head.ChecksumType], [value, 'FULL_OBJECT']);
      const wrong = s3.putObject({ Bucket, Key, Body: 'abd', [member]: value });
      await assert.rejects(wrong, { name: 'BadDigest', message: new RegExp(algorithm) });
      const copied = await s3.copyObject({ Bucket, Key: 'copy', CopySource: `${Bucket}/${Key}` });
      assert.equal(copied.CopyObjectResult![member], value);
      const { UploadId } = await s3.createMultipartUpload({ Bucket, Key, ChecksumAlgorithm: algorithm });
      const part = await s3.uploadPart({ Bucket, Key, UploadId, PartNumber: 1, Body: 'abc', [member]: value });
      const Parts = [{ PartNumber: 1, ETag: part.ETag, [member]: part[member] }];
      const done = await s3.completeMultipartUpload({ Bucket, Key, UploadId, MultipartUpload: { Parts } });
      assert.deepEqual([part[member], done.ChecksumType], [value, 'COMPOSITE']);
      assert.match(done[member]!, /-1$/);
    });
  }
});
