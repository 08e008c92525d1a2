/** Blobs in a bucket of another plane. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { bucketBlobs } from '../src/store/bucketBlobs.ts';
import { planeOnSocket } from './socket.ts';

async function* slices(bytes: Buffer, size: number, fail = false): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  if (fail) throw new Error('cut short');
}

async function read(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('blobs in a bucket are whole or not there, small and in parts', async (t) => {
  const { cloud, endpoint, credentials } = await planeOnSocket(t);
  const before = { ...process.env };
  t.after(() => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  });
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket: 'blobs' });
  const blobs = bucketBlobs(`${endpoint}/blobs/of/mine?region=us-east-1`);
  for (const size of [1_000, 20_000_001]) {
    const bytes = randomBytes(size);
    await blobs.write('id-1', slices(bytes, 70_000));
    assert.ok((await read(blobs.read('id-1', 0, size))).equals(bytes));
    assert.ok((await read(blobs.read('id-1', size - 900, size - 1))).equals(bytes.subarray(size - 900, size - 1)));
    await assert.rejects(blobs.write('id-2', slices(bytes, 70_000, true)), /cut short/);
    await assert.rejects(read(blobs.read('id-2', 0, 10)));
  }
  const listed = await s3.listObjectsV2({ Bucket: 'blobs' });
  assert.deepEqual(
    listed.Contents?.map(({ Key }) => Key),
    ['of/mine/id-1'],
  );
  assert.equal((await s3.listMultipartUploads({ Bucket: 'blobs' })).Uploads, undefined);
  await blobs.remove('id-1');
  await assert.rejects(read(blobs.read('id-1', 0, 10)));
  assert.throws(() => bucketBlobs('https://host/'), /names no bucket/);
});
