/** Bytes at rest: nothing readable lies there, in whatever way they are encrypted, and a range is read out of them. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { PutBucketEncryptionCommandInput } from '@aws-sdk/client-s3';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { objects } from './versions.ts';

const Bucket = 'secrets';
const customerKey = Buffer.alloc(32, 7);
const customer = {
  SSECustomerAlgorithm: 'AES256',
  SSECustomerKey: customerKey.toString('base64'),
  SSECustomerKeyMD5: createHash('md5').update(customerKey).digest('base64'),
};

/** New buckets take no SSE-C until they are told to. */
const ALLOWING = {
  Bucket,
  ServerSideEncryptionConfiguration: {
    Rules: [
      {
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
        BlockedEncryptionTypes: { EncryptionType: ['NONE'] },
      },
    ],
  },
} satisfies PutBucketEncryptionCommandInput;

const WAYS = [
  ['SSE-S3', {}, {}],
  ['SSE-KMS', { ServerSideEncryption: 'aws:kms' }, {}],
  ['SSE-KMS with a bucket key', { ServerSideEncryption: 'aws:kms', BucketKeyEnabled: true }, {}],
  ['DSSE-KMS', { ServerSideEncryption: 'aws:kms:dsse' }, {}],
  ['SSE-C', customer, customer],
] as const;

describe('encryption at rest', () => {
  for (const [name, put, get] of WAYS) {
    for (const size of [100, 200_001]) {
      test(`${name}, ${size} bytes`, async () => {
        const cloud = await testCloud();
        const { s3 } = cloud.root;
        await s3.createBucket({ Bucket });
        await s3.putBucketEncryption(ALLOWING);
        const Body = Buffer.alloc(size, 'plain text ');
        await s3.putObject({ Bucket, Key: 'k', Body, ...put });
        const got = await s3.getObject({ Bucket, Key: 'k', ...get });
        assert.ok(Buffer.from(await got.Body!.transformToByteArray()).equals(Body));
        const range = await s3.getObject({ Bucket, Key: 'k', Range: `bytes=${size - 70}-${size - 3}`, ...get });
        assert.ok(Buffer.from(await range.Body!.transformToByteArray()).equals(Body.subarray(size - 70, size - 2)));
        const stored = await cloud.deps.store.transaction(async (tx) => {
          const row = (await tx.get(objects, [Bucket, 'k']))!;
          if ('inline' in row.body!) return Buffer.from((await tx.bytes(row.body.inline))!);
          const all: Uint8Array[] = [];
          const { blob } = row.body as { blob: string };
          for await (const chunk of cloud.deps.blobs.read(blob, 0, 2 * size)) all.push(chunk);
          return Buffer.concat(all);
        });
        const layers = name === 'DSSE-KMS' ? 2 : 1;
        assert.equal(stored.length, size + 16 * layers * Math.ceil(size / 65_536));
        assert.equal(stored.includes('plain text'), false);
        const copy = { Bucket, Key: 'copy', CopySource: `${Bucket}/k`, ...put };
        const from =
          name === 'SSE-C'
            ? {
                CopySourceSSECustomerAlgorithm: 'AES256',
                CopySourceSSECustomerKey: customer.SSECustomerKey,
                CopySourceSSECustomerKeyMD5: customer.SSECustomerKeyMD5,
              }
            : {};
        await s3.copyObject({ ...copy, ...from });
        const copied = await s3.getObject({ Bucket, Key: 'copy', ...get });
        assert.ok(Buffer.from(await copied.Body!.transformToByteArray()).equals(Body));
      });
    }
  }

  test('parts under a customer’s key need it, each of them', async () => {
    const { s3 } = (await testCloud()).root;
    await s3.createBucket({ Bucket });
    await s3.putBucketEncryption(ALLOWING);
    const at = { Bucket, Key: 'k' };
    const { UploadId } = await s3.createMultipartUpload({ ...at, ...customer });
    const Body = randomBytes(30_000);
    await rejected(s3.uploadPart({ ...at, UploadId, PartNumber: 1, Body }), 'InvalidRequest', /Server Side Encryption/);
    const { ETag } = await s3.uploadPart({ ...at, UploadId, PartNumber: 1, Body, ...customer });
    await s3.completeMultipartUpload({ ...at, UploadId, MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] } });
    const got = await s3.getObject({ ...at, ...customer });
    assert.ok(Buffer.from(await got.Body!.transformToByteArray()).equals(Body));
    await assert.rejects(
      s3.headObject(at),
      (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode === 400,
    );
  });

  test('a bit that changed on the disk ends the answer', async () => {
    const cloud = await testCloud();
    const { s3 } = cloud.root;
    await s3.createBucket({ Bucket });
    await s3.putObject({ Bucket, Key: 'k', Body: randomBytes(300_000) });
    const { blobs } = cloud.deps;
    const spoilt = {
      ...blobs,
      async *read(...place: [string, number, number]) {
        for await (const chunk of blobs.read(...place)) {
          const changed = Buffer.from(chunk);
          changed[100_000]! ^= 1;
          yield changed;
        }
      },
    };
    Object.assign(cloud.deps, { blobs: spoilt });
    const { Body } = await s3.getObject({ Bucket, Key: 'k' });
    await assert.rejects(Body!.transformToByteArray());
  });
});
