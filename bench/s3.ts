/**
 * S3 through the real socket: small objects a second, a page of a long list, and the memory that a gigabyte takes.
 * `node bench/s3.ts [--seconds N] [--keys N] [--bytes N]`
 */
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { S3 } from '@aws-sdk/client-s3';
import { attributesOf } from '../src/gateway/record.ts';
import { objects } from '../src/services/s3/versions.ts';
import { openStore } from '../src/store/open.ts';
import { lineOf, show } from './figures.ts';
import { fill } from './fill.ts';
import { load, type Measured, medianOf, type Signer, signedRequest } from './load.ts';
import { endpointOf, ROOT, residentMb, startPlane, stopped, target } from './servers.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    keys: { type: 'string', default: '1000000' },
    bytes: { type: 'string', default: String(1024 ** 3) },
  },
});
const seconds = Number(values.seconds);
const keys = Number(values.keys);
const PLANE = target();
const SIGNER: Signer = { ...ROOT, service: 's3' };
const BATCH = 5_000;
const FULL = 'full-of-keys';
const PAGE_MS_MAX = 10;
const SMALL = 'small-things';

const data = mkdtempSync(join(tmpdir(), 'gatehouse-bench-s3-'));
let plane: ChildProcess | undefined;
try {
  await fill(data, { users: 0, records: 0, rootKey: ROOT });
  plane = await startPlane(PLANE, data);
  const s3 = client();
  for (const Bucket of [FULL, SMALL]) await s3.createBucket({ Bucket });
  const idle = residentMb(plane);
  await large(s3, Number(values.bytes));
  const most = residentMb(plane, 'VmHWM');
  show('most memory of the plane meanwhile', most, 'MB', { atMost: 200 }, `idle ${idle} MB`);
  await small();
  await stopped(plane);
  await fillKeys();
  plane = await startPlane(PLANE, data);
  await lists();
} finally {
  plane?.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
}

function client(): S3 {
  return new S3({ endpoint: endpointOf(PLANE), region: ROOT.region, credentials: ROOT, forcePathStyle: true });
}

function report(name: string, measured: Measured, limit: number): void {
  console.log(lineOf(name, measured, { perSecond: limit }));
}

/** Distinct keys, signed before the clock starts. */
async function small(): Promise<void> {
  const body = randomBytes(1024);
  let n = 0;
  const puts = (count: number) => {
    const made = Array.from({ length: count }, () =>
      signedRequest(SIGNER, PLANE, { method: 'PUT', path: `/${SMALL}/key-${n++}`, body }),
    );
    made.reverse();
    return () => made.pop();
  };
  await load(PLANE, puts(2_000), { seconds: 60 });
  report('PUT 1 KiB', await medianOf(() => load(PLANE, puts(8_000 * seconds), { seconds })), 2_500);
  const gets = Array.from({ length: 2_000 }, (_, i) =>
    signedRequest(SIGNER, PLANE, { method: 'GET', path: `/${SMALL}/key-${i}` }),
  );
  let at = 0;
  const next = () => gets[at++ % gets.length];
  await load(PLANE, next, { seconds: 1 });
  report('GET 1 KiB', await medianOf(() => load(PLANE, next, { seconds })), 6_000);
}

async function large(s3: S3, length: number): Promise<void> {
  const piece = randomBytes(1024 * 1024);
  const pieces = function* () {
    for (let left = length; left > 0; left -= piece.length) yield left < piece.length ? piece.subarray(0, left) : piece;
  };
  const mb = length / 1024 ** 2;
  let began = performance.now();
  await s3.putObject({ Bucket: SMALL, Key: 'large', Body: Readable.from(pieces()), ContentLength: length });
  console.log(`     PUT ${mb} MiB: ${rate(mb, began)} MiB/s`);
  began = performance.now();
  const { Body } = await s3.getObject({ Bucket: SMALL, Key: 'large', ChecksumMode: undefined });
  let come = 0;
  for await (const chunk of Body as Readable) come += (chunk as Buffer).length;
  if (come !== length) throw new Error(`${come} of ${length} bytes came back.`);
  console.log(`     GET ${mb} MiB: ${rate(mb, began)} MiB/s`);
}

function rate(mb: number, began: number): number {
  return Math.round((1000 * mb) / (performance.now() - began));
}

/** Rows only: a list reads no bytes. */
async function fillKeys(): Promise<void> {
  const options = { attributes: attributesOf, followers: [], log: console.error };
  const store = await openStore(`sqlite:${join(data, 'gatehouse.db')}`, options);
  for (let at = 0; at < keys; at += BATCH) {
    await store.transaction(async (tx) => {
      for (let i = at; i < Math.min(keys, at + BATCH); i++) await tx.insert(objects, rowOf(i));
    });
  }
  await store.close();
}

function rowOf(i: number) {
  return {
    bucket: FULL,
    key: `year=${2000 + (i % 20)}/day=${String(i % 365).padStart(3, '0')}/object-${String(i).padStart(9, '0')}`,
    id: 'null',
    stamp: 1.9e15 + i,
    modified: 1.9e12,
    size: 1024,
    etag: '0123456789abcdef0123456789abcdef',
    body: { inline: `0190b6c1-aaaa-7bbb-8ccc-${String(i).padStart(12, '0')}` },
    sealed: { by: 'AES256' as const, key: 'x'.repeat(80) },
    checksum: { algorithm: 'CRC64NVME' as const, type: 'FULL_OBJECT' as const, value: 'AAAAAAAAAAA=' },
    headers: { contentType: 'application/octet-stream' },
  };
}

async function lists(): Promise<void> {
  const queries: readonly (readonly [name: string, query: string])[] = [
    ['a page of 1,000 keys', 'list-type=2&start-after=year%3D2007'],
    ['20 folders', 'delimiter=%2F&list-type=2'],
    ['365 folders', 'delimiter=%2F&list-type=2&prefix=year%3D2005%2F'],
  ];
  for (const [name, query] of queries) {
    const request = signedRequest(SIGNER, PLANE, { method: 'GET', path: `/${FULL}`, query });
    let left = 21;
    const measured = await load(PLANE, () => (left-- > 0 ? request : undefined), { connections: 1, seconds: 60 });
    const more = `p99 ${measured.p99.toFixed(2)} ms  ${JSON.stringify(measured.statuses)}`;
    show(`a list of ${keys.toLocaleString('en')} keys: ${name}`, measured.p50, 'ms', { atMost: PAGE_MS_MAX }, more);
  }
}
