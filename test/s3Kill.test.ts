/** kill -9 while objects come in, on a real process with a real disk: what was answered is there, byte for byte. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { S3 } from '@aws-sdk/client-s3';
import { attributesOf } from '../src/gateway/record.ts';
import { objects } from '../src/services/s3/versions.ts';
import { looseBlobs } from '../src/store/blobs.ts';
import { openStore } from '../src/store/open.ts';

const KILLS = 12;
const root = join(import.meta.dirname, '..');
const credentials = { accessKeyId: 'AKIAKILLKILLKILLKILL', secretAccessKey: 'kill' };
const Bucket = 'killed-often';
/** In the store, in a blob, in several reads of the socket. */
const SIZES = [1_000, 100_000, 2_500_000];

test(`objects survive ${KILLS} kills, and no bytes are left that nobody knows of`, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-s3-kill-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const answered = new Map<string, string>();
  let n = 0;
  for (let i = 0; i < KILLS; i++) {
    const plane = await start(data);
    const s3 = client(plane.endpoint);
    await s3.createBucket({ Bucket });
    const one = async (): Promise<void> => {
      for (;;) {
        const Body = randomBytes(SIZES[n % SIZES.length]!);
        const Key = `key-${n++ % 40}-${i}`;
        const answer = await s3.putObject({ Bucket, Key, Body }).catch(() => undefined);
        if (!answer) return;
        answered.set(Key, createHash('sha256').update(Body).digest('hex'));
      }
    };
    const running = Promise.all([one(), one(), one()]);
    await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 300));
    plane.child.kill('SIGKILL');
    await Promise.all([running, plane.gone]);
    s3.destroy();
  }
  t.diagnostic(`${answered.size} objects answered`);
  assert.ok(answered.size > KILLS);
  const plane = await start(data);
  const s3 = client(plane.endpoint);
  for (const [Key, digest] of answered) {
    const { Body } = await s3.getObject({ Bucket, Key });
    const found = createHash('sha256')
      .update(await Body!.transformToByteArray())
      .digest('hex');
    assert.equal(found, digest, Key);
  }
  s3.destroy();
  plane.child.kill('SIGTERM');
  await plane.gone;
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

const client = (endpoint: string) =>
  new S3({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true, maxAttempts: 1 });

interface Plane {
  readonly child: ChildProcess;
  readonly endpoint: string;
  readonly gone: Promise<void>;
}

function start(data: string): Promise<Plane> {
  const key = [
    '--root-access-key-id',
    credentials.accessKeyId,
    '--root-secret-access-key',
    credentials.secretAccessKey,
  ];
  const args = ['src/main.ts', '--port', '0', '--data', data, ...key];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      const [, endpoint] = /ready at (\S+)/.exec(chunk.toString()) ?? [];
      if (endpoint !== undefined) resolve({ child, endpoint, gone });
    });
  });
}
