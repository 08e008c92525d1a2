/** kill -9 while objects come in, on a real process with a real disk: what was answered is there, byte for byte. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { S3 } from '@aws-sdk/client-s3';
import { attributesOf } from '../src/gateway/record.ts';
import { objects } from '../src/services/s3/versions.ts';
import { looseBlobs } from '../src/store/blobs.ts';
import { openStore } from '../src/store/open.ts';
import { counter, diceOf } from './dice.ts';
import { folder, startedPlane } from './processes.ts';

const KILLS = 12;
const ANSWERS_MAX = 60;
const key = { accessKeyId: 'AKIAKILLKILLKILLKILL', secretAccessKey: 'kill' };
const Bucket = 'killed-often';
/** In the store, in a blob, in several reads of the socket. */
const SIZES = [1_000, 100_000, 2_500_000];

test(`objects survive ${KILLS} kills, and no bytes are left that nobody knows of`, async (t) => {
  const data = folder(t);
  const answered = new Map<string, string>();
  /** Sent later than that, and cut off: it may have come in. */
  const unanswered = new Map<string, string>();
  const dice = diceOf(t);
  let n = 0;
  for (let i = 0; i < KILLS; i++) {
    const plane = await startedPlane(t, data, { key });
    const s3 = new S3({ ...plane.config, forcePathStyle: true });
    await s3.createBucket({ Bucket });
    const answers = counter();
    const one = async (): Promise<void> => {
      for (;;) {
        const Body = randomBytes(SIZES[n % SIZES.length]!);
        const Key = `key-${n++ % 40}-${i}`;
        const digest = createHash('sha256').update(Body).digest('hex');
        unanswered.set(Key, digest);
        const answer = await s3.putObject({ Bucket, Key, Body }).catch(() => undefined);
        if (!answer) return;
        unanswered.delete(Key);
        answered.set(Key, digest);
        answers.add();
      }
    };
    const running = Promise.all([one(), one(), one()]);
    await answers.more(1 + Math.floor(dice() * ANSWERS_MAX), plane.ended);
    await Promise.all([running, plane.kill()]);
    s3.destroy();
  }
  t.diagnostic(`${answered.size} objects answered`);
  assert.ok(answered.size > KILLS);
  const plane = await startedPlane(t, data, { key });
  const s3 = new S3({ ...plane.config, forcePathStyle: true });
  for (const [Key, digest] of answered) {
    const { Body } = await s3.getObject({ Bucket, Key });
    const found = createHash('sha256')
      .update(await Body!.transformToByteArray())
      .digest('hex');
    assert.ok(found === digest || found === unanswered.get(Key), Key);
  }
  s3.destroy();
  await plane.stop();
  await accounted(data);
});

/** Every file of the folder is an object's or loose, and every object's is there. */
async function accounted(data: string): Promise<void> {
  const options = { attributes: attributesOf, followers: [], log: (error: unknown) => assert.fail(String(error)) };
  const store = await openStore(`sqlite:${join(data, 'gatehouse.db')}`, options);
  const entries = readdirSync(join(data, 'blobs'), { recursive: true, withFileTypes: true });
  const files = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name.replace(/\.half$/, '')));
  await store.transaction(async (tx) => {
    const kept = (await tx.list(objects, [Bucket], { limit: 10_000 })).rows.flatMap(({ body }) =>
      body && 'blob' in body ? [body.blob] : [],
    );
    const loose = (await tx.list(looseBlobs, [], { limit: 10_000 })).rows.map(({ id }) => id);
    for (const id of kept) assert.ok(files.has(id), `${id} is lost`);
    const known = new Set([...kept, ...loose]);
    assert.deepEqual(
      [...files].filter((file) => !known.has(file)),
      [],
    );
  });
  await store.close();
}
