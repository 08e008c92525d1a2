/**
 * KMS over a real socket, with policy, audit and durability on, beside a bare HTTP echo and the bare primitive.
 *
 *   node bench/kms.ts [--keys N] [--seconds N] [--many N]
 *
 * The plane is one process on one core; the load comes from this one. Beside each rate stands what a request cost the
 * plane's process in CPU time, which says more where the machine is shared. With `--many 1000000` a second plane is
 * filled with so many keys, and CreateKey, DescribeKey and Encrypt are compared with the first one's.
 */
import type { ChildProcess } from 'node:child_process';
import { createCipheriv, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KMS } from '@aws-sdk/client-kms';
import { lineOf, show } from './figures.ts';
import { fillKeys } from './fillKeys.ts';
import { load, type Measured, medianOf, type Signer, signedJson, type Target } from './load.ts';
import { cpuMicroseconds, endpointOf, ROOT, startEcho, startPlane, target } from './servers.ts';

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '4' },
    many: { type: 'string', default: '0' },
  },
});
const seconds = Number(values.seconds);
const ECHO = target(0);
const PLANE = target(1);
const CROWDED = target(2);
const SIGNER: Signer = { ...ROOT, service: 'kms' };
const P99_MS_MAX = 15;
const WAIT_MS_MAX = 50;
/** `No slower`, as far as CPU time can be measured. */
const SLOWER_MAX = 1.15;

const started: ChildProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-kms-'));
try {
  const bare = await startEcho(ECHO);
  started.push(bare);
  const plane = await planeIn('few', PLANE);
  const client = clientOf(PLANE);
  await fill(client, Number(values.keys));
  await measure(client, plane, bare);
  if (Number(values.many) > 0) await compare(client, plane, Number(values.many));
} finally {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

async function planeIn(name: string, where: Target): Promise<ChildProcess> {
  const plane = await startPlane(where, join(folder, name), ['--quota', 'KmsKeysQuota=10000000']);
  started.push(plane);
  return plane;
}

function clientOf(where: Target): KMS {
  return new KMS({ endpoint: endpointOf(where), region: ROOT.region, credentials: ROOT });
}

async function measure(kms: KMS, plane: ChildProcess, bare: ChildProcess): Promise<void> {
  const KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!;
  const signer = (await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })).KeyMetadata!.KeyId!;
  const Plaintext = randomBytes(1024);
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  const message = randomBytes(256).toString('base64');
  console.log(`${values.keys} keys, 32 connections, ${seconds} s each`);
  primitives(Plaintext);
  const encrypt = { KeyId, Plaintext: Plaintext.toString('base64') };
  const echo = await rate(ECHO, 'Encrypt', encrypt, bare);
  report('bare node:http echo', echo, echo);
  const of = (operation: string, input: object) => rate(PLANE, operation, input, plane);
  report('Encrypt 1 KiB', await of('Encrypt', encrypt), echo, 14_000);
  const decrypt = { CiphertextBlob: Buffer.from(CiphertextBlob!).toString('base64') };
  report('Decrypt 1 KiB', await of('Decrypt', decrypt), echo, 14_000);
  report('GenerateDataKey', await of('GenerateDataKey', { KeyId, KeySpec: 'AES_256' }), echo, 13_000);
  const signing = { KeyId: signer, Message: message, SigningAlgorithm: 'ECDSA_SHA_256' };
  report('Sign P-256', await of('Sign', signing), echo, 10_000);
  report('DescribeKey', await of('DescribeKey', { KeyId }), echo);
  report('CreateKey', await of('CreateKey', {}), echo);
  await generation(kms, KeyId);
}

/** The same requests to a plane with few keys and to one with many, turn by turn. */
async function compare(few: KMS, fewPlane: ChildProcess, count: number): Promise<void> {
  const begin = performance.now();
  const ids = await fillKeys(join(folder, 'many'), count, ROOT);
  console.log(`${count} keys written in ${Math.round((performance.now() - begin) / 1000)} s`);
  const manyPlane = await planeIn('many', CROWDED);
  const some = (await few.createKey({})).KeyMetadata!.KeyId!;
  const Plaintext = randomBytes(1024).toString('base64');
  const cases: readonly (readonly [name: string, input: (KeyId: string) => object])[] = [
    ['DescribeKey', (KeyId) => ({ KeyId })],
    ['Encrypt', (KeyId) => ({ KeyId, Plaintext })],
    ['CreateKey', () => ({})],
  ];
  for (const [operation, input] of cases) {
    const one = await rate(PLANE, operation, input(some), fewPlane);
    const other = await rate(CROWDED, operation, input(ids[0]!), manyPlane);
    // A key that nobody has asked for lately, each time: rows come from disk.
    const cold = ids.slice(1).map((KeyId) => requestOf(CROWDED, operation, input(KeyId)));
    const spread = await costed(manyPlane, () => load(CROWDED, () => cold.pop(), { seconds }));
    report(`${operation}, few`, one, one, undefined, 'few');
    report(`${operation}, many`, other, one, undefined, 'few');
    report(`${operation}, each`, spread, one, undefined, 'few');
    if (one.cpu === undefined || other.cpu === undefined) continue;
    const figures = `${one.cpu.toFixed(1)} → ${other.cpu.toFixed(1)} µs`;
    show(
      `${operation}: CPU among ${count} keys, of that among few`,
      other.cpu / one.cpu,
      'times',
      { atMost: SLOWER_MAX },
      figures,
    );
  }
}

async function fill(kms: KMS, count: number): Promise<void> {
  for (let made = 0; made < count; made += 50) {
    await Promise.all(Array.from({ length: Math.min(50, count - made) }, () => kms.createKey({})));
  }
}

/** What the bare operation costs on this machine, without anything around it. */
function primitives(plain: Buffer): void {
  const secret = randomBytes(32);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const encrypt = () => {
    const cipher = createCipheriv('aes-256-gcm', secret, randomBytes(12));
    cipher.update(plain);
    cipher.final();
    return cipher.getAuthTag();
  };
  for (const [name, work] of [
    ['bare AES-256-GCM 1 KiB', encrypt],
    ['bare Sign P-256', () => sign('sha256', plain, privateKey)],
  ] as const) {
    const begin = performance.now();
    let times = 0;
    for (; performance.now() - begin < 500; times++) work();
    console.log(`     ${name}: ${Math.round(times * 2).toLocaleString('en')}/s`);
  }
}

/**
 * The longest that a small request waits while RSA-4096 keys are made (more of them than are kept ready), and how long
 * it waits on this machine without.
 */
async function generation(kms: KMS, KeyId: string): Promise<void> {
  const quiet = await longestWait(kms, KeyId, new Promise((resolve) => setTimeout(resolve, 3000)));
  const made = Array.from({ length: 6 }, () => kms.createKey({ KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' }));
  const busy = await longestWait(kms, KeyId, Promise.all(made));
  const without = `without, ${quiet.toFixed(1)} ms`;
  show('the longest DescribeKey while RSA-4096 keys are made', busy, 'ms', { atMost: WAIT_MS_MAX }, without);
}

async function longestWait(kms: KMS, KeyId: string, until: Promise<unknown>): Promise<number> {
  let isOver = false;
  until.finally(() => {
    isOver = true;
  });
  let longest = 0;
  while (!isOver) {
    const begin = performance.now();
    await kms.describeKey({ KeyId });
    longest = Math.max(longest, performance.now() - begin);
  }
  return longest;
}

interface Costed extends Measured {
  /** Microseconds of CPU that a request cost the plane, where the system tells. */
  readonly cpu?: number;
}

function report(name: string, measured: Costed, base: Measured, limit?: number, of = 'echo'): void {
  const ratio = `${Math.round((100 * measured.perSecond) / base.perSecond)} % of ${of}`;
  const cpu = measured.cpu === undefined ? '' : `  ${measured.cpu.toFixed(1)} µs CPU`;
  console.log(lineOf(name, measured, { perSecond: limit, p99: limit && P99_MS_MAX }, `${ratio}${cpu}`));
}

async function costed(plane: ChildProcess | undefined, work: () => Promise<Measured>): Promise<Costed> {
  const before = plane && cpuMicroseconds(plane);
  const measured = await work();
  const after = plane && cpuMicroseconds(plane);
  if (before === undefined || after === undefined) return measured;
  const requests = Object.values(measured.statuses).reduce((sum, count) => sum + count, 0);
  return { ...measured, cpu: (after - before) / requests };
}

function requestOf(target: Target, operation: string, input: object): Buffer {
  return signedJson(SIGNER, target, `TrentService.${operation}`, JSON.stringify(input));
}

/** One request, sent again and again: a second to warm up, then three runs, of which the median by rate. */
async function rate(target: Target, operation: string, input: object, plane?: ChildProcess): Promise<Costed> {
  const request = requestOf(target, operation, input);
  await load(target, () => request, { seconds: 1 });
  return medianOf(() => costed(plane, () => load(target, () => request, { seconds })));
}
