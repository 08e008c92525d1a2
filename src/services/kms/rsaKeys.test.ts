import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { rsaKey } from './rsaKeys.ts';

const keyIn = (document: Uint8Array) => createPrivateKey({ key: Buffer.from(document), format: 'der', type: 'pkcs8' });

test('every key is new and of the size asked for, however many are asked for at once', async () => {
  const sizes = [2048, 3072, 2048, 2048, 2048, 2048, 2048];
  const keys = (await Promise.all(sizes.map(rsaKey))).map(keyIn);
  assert.deepEqual(
    keys.map((key) => key.asymmetricKeyDetails?.modulusLength),
    sizes,
  );
  assert.equal(new Set(keys.map((key) => key.export({ format: 'jwk' }).n)).size, sizes.length);
});

test('what needs the thread pool does not wait while RSA-4096 keys are made', async (t) => {
  const file = join(tmpdir(), `gatehouse-rsa-${process.pid}`);
  const handle = await open(file, 'w');
  t.after(() => unlink(file));
  let made = false;
  const keys = Promise.all(Array.from({ length: 6 }, () => rsaKey(4096))).finally(() => {
    made = true;
  });
  let synced = 0;
  while (!made) {
    await handle.sync();
    synced++;
  }
  await handle.close();
  // On the pool, six keys would let a handful of them through: those that come between two keys.
  assert.ok(synced > 20, `${synced} syncs while ${(await keys).length} keys were made`);
});
