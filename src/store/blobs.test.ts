import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type BlobDriver, blobsOver, looseBlobs } from './blobs.ts';
import { folderBlobs } from './folderBlobs.ts';
import { memoryBlobs } from './memoryBlobs.ts';
import { openStore } from './open.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-blobs-'));
after(() => rmSync(folder, { recursive: true }));

let made = 0;
const DRIVERS: readonly (readonly [string, () => BlobDriver])[] = [
  ['memory', memoryBlobs],
  ['a folder', () => folderBlobs(join(folder, String(made++)))],
];

async function* pieces(...all: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const piece of all) {
    if (piece instanceof Error) throw piece;
    yield Buffer.from(piece);
  }
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of bytes) text += Buffer.from(chunk).toString();
  return text;
}

for (const [name, driver] of DRIVERS) {
  describe(`blobs in ${name}`, () => {
    test('are read whole and in part, and gone when removed', async () => {
      const blobs = driver();
      await blobs.write('id-1', pieces('hello ', 'world'));
      assert.equal(await textOf(blobs.read('id-1', 0, 11)), 'hello world');
      assert.equal(await textOf(blobs.read('id-1', 4, 7)), 'o w');
      assert.equal(await textOf(blobs.read('id-1', 3, 3)), '');
      await blobs.remove('id-1');
      await blobs.remove('id-1');
      await assert.rejects(textOf(blobs.read('id-1', 0, 11)));
    });

    test('are there whole or not at all', async () => {
      const blobs = driver();
      await assert.rejects(blobs.write('id-2', pieces('half', new Error('gone'))), /gone/);
      await assert.rejects(textOf(blobs.read('id-2', 0, 4)));
      await blobs.write('id-2', pieces('again'));
      assert.equal(await textOf(blobs.read('id-2', 0, 5)), 'again');
    });

    test('are loose until a write set keeps them, and swept when they stay so', async () => {
      const store = await openStore(':memory:', { attributes: () => [], followers: [], log: assert.ifError });
      let now = Date.UTC(2030, 0, 1);
      const blobs = blobsOver(driver(), store, () => now);
      const loose = () => store.transaction(async (tx) => (await tx.list(looseBlobs, [], { limit: 9 })).rows.length);
      for (const id of ['kept', 'forgotten', 'released']) await blobs.stage(id, pieces(id));
      await assert.rejects(blobs.stage('broken', pieces('x', new Error('no'))), /no/);
      await store.transaction((tx) => blobs.keep(tx, 'kept'));
      await store.transaction((tx) => blobs.keep(tx, 'released'));
      await assert.rejects(
        store.transaction(async (tx) => {
          await blobs.release(tx, 'kept');
          throw new Error('given up');
        }),
      );
      await store.transaction((tx) => blobs.release(tx, 'released'));
      assert.equal(await loose(), 2);
      await blobs.sweep();
      assert.equal(await textOf(blobs.read('released', 0, 8)), 'released');
      now += 2 * 3_600_000;
      await blobs.sweep();
      await assert.rejects(textOf(blobs.read('released', 0, 8)));
      assert.equal(await textOf(blobs.read('forgotten', 0, 9)), 'forgotten');
      now += 24 * 3_600_000;
      await blobs.sweep();
      await assert.rejects(textOf(blobs.read('forgotten', 0, 9)));
      assert.equal(await textOf(blobs.read('kept', 0, 4)), 'kept');
      assert.equal(await loose(), 0);
      await assert.rejects(
        store.transaction((tx) => blobs.keep(tx, 'forgotten')),
        /swept/,
      );
      await store.close();
    });
  });
}

test('a folder of blobs holds nothing of one that failed', async () => {
  const place = join(folder, 'failing');
  const blobs = folderBlobs(place);
  await assert.rejects(blobs.write('aaaa-01', pieces('x'.repeat(100_000), new Error('no'))));
  const files = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.deepEqual(files, []);
});
