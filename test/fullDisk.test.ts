/**
 * A disk that fills, for real: a small file system of its own. What cannot be kept with its record is refused and
 * changes nothing; when there is room again the plane goes on by itself, and a next start finds all that was
 * answered.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { IAM } from '@aws-sdk/client-iam';
import { startedPlane } from './processes.ts';

const key = { accessKeyId: 'AKIADISKDISKDISKDISK', secretAccessKey: 'disk' };
const DISK_KB = 64 * 1024;
/** What is left free, so that the disk is full soon. */
const ROOM_BYTES = 4 * 1024 ** 2;
/** Of a policy, so that each user takes room. */
const Statement = [
  { Effect: 'Deny', Action: '*', Resource: Array.from({ length: 40 }, (_, n) => `arn:aws:s3:::b${n}`) },
];
const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });

/** A folder that is a file system of its own; undefined where this process may not mount one. */
function smallDisk(t: TestContext, kb: number): string | undefined {
  const disk = mkdtempSync(join(tmpdir(), 'gatehouse-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kb}k`, 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    rmSync(disk, { recursive: true });
    return undefined;
  }
  t.after(() => {
    // Lazily: a plane may still be ending there.
    execFileSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true });
  });
  return disk;
}

test('a full disk refuses what cannot be recorded, loses nothing, and the plane goes on when there is room', async (t) => {
  const disk = smallDisk(t, DISK_KB);
  if (disk === undefined) return t.skip('may not mount a file system');
  let plane = await startedPlane(t, disk, { key });
  let iam = new IAM(plane.config);
  const [kept, refused]: [string[], string[]] = [[], []];
  const create = async (UserName: string) => {
    await iam.createUser({ UserName });
    kept.push(UserName);
    await iam.putUserPolicy({ UserName, PolicyName: 'p', PolicyDocument });
  };
  await create('first');
  const { bavail, bsize } = statfsSync(disk);
  const filler = join(disk, 'filler');
  writeFileSync(filler, Buffer.alloc(bavail * bsize - ROOM_BYTES));
  for (let n = 0; refused.length < 5; n++) {
    assert.ok(n < 20_000, 'the disk did not fill');
    await create(`user-${n}`).catch((error) => {
      // There may still be room for the record of the refusal, or not even for that.
      const told = `${error.name} ${error.$metadata.httpStatusCode}`;
      assert.ok(['InternalFailure 500', 'ServiceUnavailable 503'].includes(told), `${told} ${error.message}`);
      refused.push(`user-${n}`);
    });
  }
  // Even a call that only reads leaves a record.
  await assert.rejects(iam.getUser({ UserName: 'first' }), { name: 'ServiceUnavailable' });
  assert.equal((await fetch(`${plane.endpoint}/_gatehouse/health`)).status, 200);
  rmSync(filler);
  await create('after');

  await plane.kill();
  plane = await startedPlane(t, disk, { key });
  iam = new IAM(plane.config);
  for (const UserName of kept) assert.equal((await iam.getUser({ UserName })).User!.UserName, UserName);
  for (const UserName of refused.filter((name) => !kept.includes(name))) {
    await assert.rejects(iam.getUser({ UserName }), { name: 'NoSuchEntityException' });
  }
  t.diagnostic(`${kept.length} users kept, ${refused.length} refused`);
});

/** Where there is room for nothing, for a root key, for the tables. */
for (const [kb, taken] of [
  [4, 4096],
  [16, 0],
  [48, 0],
] as const) {
  test(`a first start on a disk with ${kb * 1024 - taken} bytes says that it is full, and goes well later`, async (t) => {
    const disk = smallDisk(t, kb);
    if (disk === undefined) return t.skip('may not mount a file system');
    writeFileSync(join(disk, 'taken'), Buffer.alloc(taken));
    await assert.rejects(startedPlane(t, disk), /ended before it was ready: gatehouse: [^\n]*disk is full[^\n]*\n$/);
    execFileSync('mount', ['-o', `remount,size=${DISK_KB}k`, disk]);
    const plane = await startedPlane(t, disk);
    await new IAM(plane.config).createUser({ UserName: 'first' });
    await plane.kill();
  });
}
