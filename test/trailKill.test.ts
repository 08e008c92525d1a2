/**
 * kill -9 while a trail delivers: every call that was answered is in exactly one log file afterwards, and the digests
 * name every file.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { IAM } from '@aws-sdk/client-iam';
import { S3 } from '@aws-sdk/client-s3';
import { arnOf, bucketPolicy } from '../src/services/cloudtrail/fixtures.ts';

const KILLS = 8;
const ACCOUNT = '000000000001';
const BUCKET = 'killed-logs';
const credentials = { accessKeyId: 'AKIAKILLKILLKILLKILL', secretAccessKey: 'kill' };
const root = join(import.meta.dirname, '..');

interface Plane {
  readonly child: ChildProcess;
  readonly gone: Promise<void>;
  readonly iam: IAM;
  readonly s3: S3;
  readonly cloudtrail: CloudTrail;
}

function start(data: string): Promise<Plane> {
  const key = [
    ...['--root-access-key-id', credentials.accessKeyId],
    ...['--root-secret-access-key', credentials.secretAccessKey],
  ];
  const flags = ['--port', '0', '--data', data, '--trail-interval', '1', '--quota', 'GroupsQuota=1000000', ...key];
  const child = spawn(process.execPath, ['src/main.ts', ...flags], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const endpoint = /ready at (http:\/\/[^:]+:\d+)/.exec(text)?.[1];
      if (!endpoint) return;
      const config = { region: 'us-east-1', endpoint, credentials, maxAttempts: 1 };
      const s3 = new S3({ ...config, forcePathStyle: true });
      resolve({ child, gone, iam: new IAM(config), s3, cloudtrail: new CloudTrail(config) });
    });
    gone.then(() => reject(new Error(`The plane ended before it was ready: ${text}`)));
  });
}

test(`a trail survives ${KILLS} kills: no record is lost, none is delivered twice`, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-trail-kill-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const answered: string[] = [];
  let plane = await start(data);
  t.after(() => plane.child.kill('SIGKILL'));
  await plane.s3.createBucket({ Bucket: BUCKET });
  await plane.s3.putBucketPolicy({ Bucket: BUCKET, Policy: bucketPolicy(BUCKET, arnOf(ACCOUNT, 'audit'), [ACCOUNT]) });
  await plane.cloudtrail.createTrail({ Name: 'audit', S3BucketName: BUCKET });
  await plane.cloudtrail.startLogging({ Name: 'audit' });
  for (let kill = 0; kill < KILLS; kill++) {
    const running = hammered(plane.iam, kill, answered);
    await pause(900 + kill * 60);
    plane.child.kill('SIGKILL');
    await Promise.all([running, plane.gone]);
    plane = await start(data);
  }
  const found = await delivered(plane, answered);
  assert.ok(answered.length > KILLS * 10, `only ${answered.length} calls were answered`);
  t.diagnostic(`${answered.length} calls answered`);
  const groups = found.filter(({ eventName }) => eventName === 'CreateGroup');
  const counts = Map.groupBy(groups, ({ requestParameters }) => requestParameters?.groupName ?? '');
  for (const name of answered) assert.equal(counts.get(name)?.length, 1, name);
  assert.equal(new Set(found.map(({ eventID }) => eventID)).size, found.length);
});

/** Makes groups, one after another on each of a few connections, until the plane is gone. */
async function hammered(iam: IAM, kill: number, answered: string[]): Promise<void> {
  let n = 0;
  const one = async (): Promise<void> => {
    for (;;) {
      const name = `group-${kill}-${n++}`;
      try {
        await iam.createGroup({ GroupName: name });
      } catch {
        return;
      }
      answered.push(name);
    }
  };
  await Promise.all([one(), one(), one(), one()]);
}

interface Recorded {
  readonly eventID: string;
  readonly eventName: string;
  readonly requestParameters?: { readonly groupName?: string } | null;
}

/** All records in the bucket, once the calls that were answered are among them, and after a while in any case. */
async function delivered({ s3 }: Plane, answered: readonly string[]): Promise<Recorded[]> {
  for (let turn = 0; ; turn++) {
    const { Contents = [] } = await s3.listObjectsV2({ Bucket: BUCKET });
    const keys = Contents.filter(({ Size }) => Size).map(({ Key }) => Key ?? '');
    const records = await Promise.all(
      keys.map(async (Key) => {
        const { Body } = await s3.getObject({ Bucket: BUCKET, Key });
        return JSON.parse(gunzipSync(await Body!.transformToByteArray()).toString()).Records as Recorded[];
      }),
    );
    const made = new Set(records.flat().map(({ requestParameters }) => requestParameters?.groupName));
    if (turn === 40 || answered.every((name) => made.has(name))) return records.flat();
    await pause(500);
  }
}
