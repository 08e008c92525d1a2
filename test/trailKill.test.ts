/**
 * kill -9 while a trail delivers: every call that was answered is in exactly one log file afterwards, and the digests
 * name every file.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { IAM } from '@aws-sdk/client-iam';
import { S3 } from '@aws-sdk/client-s3';
import { arnOf, bucketPolicy } from '../src/services/cloudtrail/fixtures.ts';
import { folder, startedPlane } from './processes.ts';

const KILLS = 8;
const ACCOUNT = '000000000001';
const BUCKET = 'killed-logs';
const key = { accessKeyId: 'AKIAKILLKILLKILLKILL', secretAccessKey: 'kill' };

type Plane = Awaited<ReturnType<typeof start>>;

async function start(t: TestContext, data: string) {
  const flags = ['--trail-interval', '1', '--quota', 'GroupsQuota=1000000'];
  const plane = await startedPlane(t, data, { key, flags });
  const s3 = new S3({ ...plane.config, forcePathStyle: true });
  return { ...plane, s3, iam: new IAM(plane.config), cloudtrail: new CloudTrail(plane.config) };
}

test(`a trail survives ${KILLS} kills: no record is lost, none is delivered twice`, async (t) => {
  const data = folder(t);
  const answered: string[] = [];
  let plane = await start(t, data);
  await plane.s3.createBucket({ Bucket: BUCKET });
  await plane.s3.putBucketPolicy({ Bucket: BUCKET, Policy: bucketPolicy(BUCKET, arnOf(ACCOUNT, 'audit'), [ACCOUNT]) });
  await plane.cloudtrail.createTrail({ Name: 'audit', S3BucketName: BUCKET });
  await plane.cloudtrail.startLogging({ Name: 'audit' });
  for (let kill = 0; kill < KILLS; kill++) {
    const running = hammered(plane.iam, kill, answered);
    await pause(900 + kill * 60);
    await Promise.all([running, plane.kill()]);
    plane = await start(t, data);
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
