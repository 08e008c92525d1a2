/** Bytes that cannot be put away, or cannot be fetched when they are wanted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlobDriver } from '../../store/blobs.ts';
import { looseBlobs } from '../../store/blobs.ts';
import { memoryBlobs } from '../../store/memoryBlobs.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const Key = 'k';
const large = Buffer.alloc(300_000, 7);

/** A place for bytes with a mind of its own: `fails` is asked before every step. */
async function withBlobs(fails: (step: 'write' | 'read' | 'remove') => Error | undefined) {
  const memory = memoryBlobs();
  const written = new Set<string>();
  const check = (step: Parameters<typeof fails>[0]) => {
    const error = fails(step);
    if (error) throw error;
  };
  const blobs: BlobDriver = {
    async write(id, bytes) {
      const some: Uint8Array[] = [];
      for await (const chunk of bytes) {
        some.push(Uint8Array.from(chunk));
        if (some.length > 1) check('write'); // Some of it is on its way already.
      }
      await memory.write(
        id,
        (async function* () {
          yield* some;
        })(),
      );
      written.add(id);
    },
    async *read(...place) {
      check('read');
      yield* memory.read(...place);
    },
    async remove(id) {
      check('remove');
      written.delete(id);
      await memory.remove(id);
    },
  };
  const cloud = await testCloud({ blobs });
  const logged: unknown[] = [];
  Object.assign(cloud.deps, { log: (error: unknown) => logged.push(error) });
  await cloud.root.s3.createBucket({ Bucket });
  return { cloud, s3: cloud.root.s3, written, logged };
}

const loose = ({ deps }: Cloud) =>
  deps.store.transaction(async (tx) => (await tx.list(looseBlobs, [], { limit: 10 })).rows.length);

test('A full disk is told as such for a while; nothing is acknowledged, nothing is left', async () => {
  let full = false;
  const { cloud, s3, written } = await withBlobs((step) =>
    full && step === 'write' ? Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }) : undefined,
  );
  await s3.putObject({ Bucket, Key, Body: 'before' });
  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: 'parts' });
  full = true;
  const refused = { name: 'ServiceUnavailable', message: 'Service is unable to handle request.' };
  await assert.rejects(s3.putObject({ Bucket, Key, Body: large }), refused);
  const part = { Bucket, Key: 'parts', UploadId, PartNumber: 1 };
  await assert.rejects(s3.uploadPart({ ...part, Body: large }), refused);
  assert.equal(await (await s3.getObject({ Bucket, Key })).Body!.transformToString(), 'before');
  assert.equal((await s3.listParts({ Bucket, Key: 'parts', UploadId })).Parts, undefined);
  assert.deepEqual([written.size, await loose(cloud)], [0, 0]);
  full = false;
  const { ETag } = await s3.uploadPart({ ...part, Body: large });
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await s3.completeMultipartUpload({ Bucket, Key: 'parts', UploadId, MultipartUpload });
  assert.equal((await s3.headObject({ Bucket, Key: 'parts' })).ContentLength, large.length);
});

test('A store of bytes that is away fails what needs it, and forgets nothing; afterwards all is as before', async () => {
  let away = false;
  const { cloud, s3, written, logged } = await withBlobs(() =>
    away ? Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }) : undefined,
  );
  await s3.putObject({ Bucket, Key, Body: large });
  await s3.putObject({ Bucket, Key: 'small', Body: 'x' });
  away = true;
  const failed = (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode === 500;
  await assert.rejects(s3.putObject({ Bucket, Key: 'new', Body: large }), failed);
  await assert.rejects(s3.getObject({ Bucket, Key }), failed);
  await assert.rejects(s3.copyObject({ Bucket, Key: 'copy', CopySource: `${Bucket}/${Key}` }), failed);
  assert.ok(logged.length > 0);
  assert.equal(await (await s3.getObject({ Bucket, Key: 'small' })).Body!.transformToString(), 'x');
  const { Contents } = await s3.listObjectsV2({ Bucket });
  assert.deepEqual(
    Contents?.map((object) => object.Key),
    [Key, 'small'],
  );
  assert.ok((await loose(cloud)) > 0); // It is not known whether some of it is there.
  away = false;
  const { Body } = await s3.getObject({ Bucket, Key });
  assert.ok(Buffer.from(await Body!.transformToByteArray()).equals(large));
  cloud.advance('P2D');
  await cloud.settle();
  assert.deepEqual([await loose(cloud), written.size], [0, 1]);
});
