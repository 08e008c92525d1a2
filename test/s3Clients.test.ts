/** Whole folders to a bucket and back with the S3 clients that people use. What is not on the machine is skipped. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { awsOf, environment, outputOf } from './awsClients.ts';
import { planeOnSocket } from './socket.ts';

type Plane = Awaited<ReturnType<typeof planeOnSocket>>;

const run = promisify(execFile);

interface Client {
  /** The command lines: a bucket made, a folder sent, one object renamed, the folder fetched, all of it removed. */
  readonly steps: (plane: Plane, from: string, to: string) => readonly (readonly string[])[];
}

const BUCKET = 'whole-folders';

const aws = (file: string): Client => ({
  steps: ({ endpoint }, from, to) =>
    [
      ['s3', 'mb', `s3://${BUCKET}`],
      ['s3', 'sync', from, `s3://${BUCKET}/a`],
      ['s3', 'mv', `s3://${BUCKET}/a/middle`, `s3://${BUCKET}/b/middle`],
      ['s3', 'mv', `s3://${BUCKET}/b/middle`, `s3://${BUCKET}/a/middle`],
      ['s3', 'sync', `s3://${BUCKET}/a`, to],
      ['s3', 'rb', '--force', `s3://${BUCKET}`],
    ].map((step) => [file, '--endpoint-url', endpoint, ...step]),
});

const rclone: Client = {
  steps({ endpoint, credentials }, from, to) {
    const remote = `:s3,provider=Other,access_key_id=${credentials.accessKeyId},secret_access_key='${credentials.secretAccessKey}',endpoint='${endpoint}',region=us-east-1,chunk_size=5M,upload_cutoff=6M:${BUCKET}`;
    return [
      ['rclone', 'mkdir', remote],
      ['rclone', 'sync', from, `${remote}/a`],
      ['rclone', 'check', from, `${remote}/a`],
      ['rclone', 'moveto', `${remote}/a/middle`, `${remote}/b/middle`],
      ['rclone', 'moveto', `${remote}/b/middle`, `${remote}/a/middle`],
      ['rclone', 'sync', `${remote}/a`, to],
      ['rclone', 'purge', remote],
    ];
  },
};

const s3cmd: Client = {
  steps({ endpoint, credentials }, from, to) {
    const host = new URL(endpoint).host;
    const who = [`--access_key=${credentials.accessKeyId}`, `--secret_key=${credentials.secretAccessKey}`];
    const where = [
      `--host=${host}`,
      `--host-bucket=${host}`,
      '--no-ssl',
      '--no-progress',
      '--multipart-chunk-size-mb=5',
    ];
    return [
      ['mb', `s3://${BUCKET}`],
      ['sync', `${from}/`, `s3://${BUCKET}/a/`],
      ['mv', `s3://${BUCKET}/a/middle`, `s3://${BUCKET}/b/middle`],
      ['mv', `s3://${BUCKET}/b/middle`, `s3://${BUCKET}/a/middle`],
      ['sync', `s3://${BUCKET}/a/`, `${to}/`],
      ['rb', '--recursive', '--force', `s3://${BUCKET}`],
    ].map((step) => ['s3cmd', ...who, ...where, ...step]);
  },
};

const CLIENTS: readonly (readonly [name: string, client: Client | undefined])[] = [
  ...([1, 2] as const).map((major) => {
    const file = awsOf(major);
    return [`the AWS CLI, version ${major}`, file === undefined ? undefined : aws(file)] as const;
  }),
  ['rclone', outputOf('rclone', 'version') === '' ? undefined : rclone],
  ['s3cmd', outputOf('s3cmd', '--version') === '' ? undefined : s3cmd],
];

for (const [name, client] of CLIENTS) {
  test(`${name}: a folder there and back`, { skip: client === undefined && `no ${name} here` }, async (t) => {
    const plane = await planeOnSocket(t);
    const home = folder(t);
    const [from, to] = [join(home, 'from'), join(home, 'to')];
    fill(from);
    mkdirSync(to);
    for (const [file, ...args] of client!.steps(plane, from, to)) {
      await run(file!, args, { env: environment(plane, { HOME: home, LC_ALL: 'C.UTF-8' }), timeout: 120_000 }).catch(
        (error) => {
          throw new Error(`${file} ${args.at(-2)} ${args.at(-1)}: ${error.stderr || error.stdout || error.message}`);
        },
      );
    }
    assert.deepEqual(digests(to), digests(from));
    assert.deepEqual((await plane.cloud.root.s3.listBuckets()).Buckets, []);
  });
}

for (const major of [1, 2] as const) {
  const file = awsOf(major);
  test(`the AWS CLI, version ${major}: a bucket that is not there`, { skip: file === undefined }, async (t) => {
    const plane = await planeOnSocket(t);
    const nobody = await plane.cloud.keyFor((await plane.cloud.memberAccount('stranger')).id);
    const cli = async (...args: string[]) => {
      const env = environment({ credentials: nobody }, { LC_ALL: 'C.UTF-8' });
      const ran = run(file!, ['--endpoint-url', plane.endpoint, ...args], { env, timeout: 120_000 });
      return ran.then(({ stdout }) => stdout.trim()).catch((error) => String(error.stderr).trim());
    };
    const missing = /\(NoSuchBucket\) when calling the \w+ operation: The specified bucket does not exist/;
    assert.match(await cli('s3', 'ls', 's3://not-there-yet'), missing);
    assert.match(await cli('s3', 'cp', import.meta.filename, 's3://not-there-yet/k'), missing);
    assert.match(await cli('s3api', 'head-bucket', '--bucket', 'not-there-yet'), /\(404\).*Not Found/);
    assert.equal(await cli('s3', 'mb', 's3://not-there-yet'), 'make_bucket: not-there-yet');
    assert.equal(await cli('s3', 'ls', 's3://not-there-yet'), '');
  });
}

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'gatehouse-s3-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Large enough for parts, empty, in folders, with a name that must be escaped. */
function fill(at: string): void {
  mkdirSync(join(at, 'below'), { recursive: true });
  writeFileSync(join(at, 'large'), randomBytes(17_000_001));
  writeFileSync(join(at, 'middle'), randomBytes(100_000));
  writeFileSync(join(at, 'empty'), '');
  writeFileSync(join(at, 'below', 'ä b+c=d&e.txt'), 'small');
}

function digests(at: string): Record<string, string> {
  const files = readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(at, path), createHash('sha256').update(readFileSync(path)).digest('hex')] as const)
      .toSorted(),
  );
}
