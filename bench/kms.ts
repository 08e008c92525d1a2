/**
 * KMS over a real socket, with policy, audit and durability on, beside a bare HTTP echo and the bare primitive.
 *
 *   node bench/kms.ts [--keys N] [--seconds N]
 *
 * The plane is one process on one core; the load comes from this one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createCipheriv, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KMS } from '@aws-sdk/client-kms';
import { load, type Measured, type Signer, signedJson, type Target } from './load.ts';

const { values } = parseArgs({
  options: { keys: { type: 'string', default: '10' }, seconds: { type: 'string', default: '4' } },
});
const seconds = Number(values.seconds);
const ECHO: Target = { host: '127.0.0.1', port: 45_671 };
const PLANE: Target = { host: '127.0.0.1', port: 45_672 };
const ROOT = { accessKeyId: 'AKIABENCHBENCHBENCHB', secretAccessKey: 'bench/secret', region: 'us-east-1' };
const SIGNER: Signer = { ...ROOT, service: 'kms' };
const P99_MS_MAX = 15;

const started: ChildProcess[] = [];
const data = mkdtempSync(join(tmpdir(), 'gatehouse-bench-kms-'));
try {
  await start(['-e', echoSource()], ECHO);
  const key = ['--root-access-key-id', ROOT.accessKeyId, '--root-secret-access-key', ROOT.secretAccessKey];
  const quotas = ['--quota', 'KmsKeysQuota=10000000'];
  await start(['src/main.ts', '--port', String(PLANE.port), '--data', data, ...quotas, ...key], PLANE);
  await measure();
} finally {
  for (const child of started) child.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const endpoint = `http://${PLANE.host}:${PLANE.port}`;
  const kms = new KMS({ endpoint, region: ROOT.region, credentials: ROOT });
  await fill(kms, Number(values.keys));
  const KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!;
  const signer = (await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })).KeyMetadata!.KeyId!;
  const Plaintext = randomBytes(1024);
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  const message = randomBytes(256).toString('base64');
  console.log(`${values.keys} keys, 32 connections, ${seconds} s each`);
  primitives(Plaintext);
  const encrypt = { KeyId, Plaintext: Plaintext.toString('base64') };
  const echo = await rate(ECHO, 'Encrypt', encrypt);
  report('bare node:http echo', echo, echo);
  report('Encrypt 1 KiB', await rate(PLANE, 'Encrypt', encrypt), echo, 14_000);
  const decrypt = { CiphertextBlob: Buffer.from(CiphertextBlob!).toString('base64') };
  report('Decrypt 1 KiB', await rate(PLANE, 'Decrypt', decrypt), echo, 14_000);
  report('GenerateDataKey', await rate(PLANE, 'GenerateDataKey', { KeyId, KeySpec: 'AES_256' }), echo, 13_000);
  const signing = { KeyId: signer, Message: message, SigningAlgorithm: 'ECDSA_SHA_256' };
  report('Sign P-256', await rate(PLANE, 'Sign', signing), echo, 10_000);
  report('DescribeKey', await rate(PLANE, 'DescribeKey', { KeyId }), echo);
  report('CreateKey', await rate(PLANE, 'CreateKey', {}), echo);
  await generation(kms, KeyId);
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
    console.log(
      `${name.padEnd(24)} ${Math.round(times * 2)
        .toString()
        .padStart(6)}/s`,
    );
  }
}

/** The longest that a small request waits while RSA-4096 keys are made. */
async function generation(kms: KMS, KeyId: string): Promise<void> {
  let making = 3;
  const made = Array.from({ length: making }, () =>
    kms.createKey({ KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' }).finally(() => making--),
  );
  let longest = 0;
  while (making > 0) {
    const begin = performance.now();
    await kms.describeKey({ KeyId });
    longest = Math.max(longest, performance.now() - begin);
  }
  await Promise.all(made);
  console.log(`while RSA-4096 keys are made, a DescribeKey took at most ${longest.toFixed(1)} ms   limit < 50 ms`);
}

function report(name: string, measured: Measured, echo: Measured, limit?: number): void {
  const ratio = `${Math.round((100 * measured.perSecond) / echo.perSecond)} % of echo`;
  const wanted = limit === undefined ? '' : `  limit ≥ ${limit}/s, p99 < ${P99_MS_MAX} ms`;
  const times = `p50 ${measured.p50.toFixed(2)} ms, p99 ${measured.p99.toFixed(2)} ms`;
  const perSecond = Math.round(measured.perSecond).toString().padStart(6);
  console.log(`${name.padEnd(24)} ${perSecond}/s  ${times}  ${ratio}${wanted}  ${JSON.stringify(measured.statuses)}`);
}

function echoSource(): string {
  return `
require('node:http').createServer((message, response) => {
  const chunks = [];
  message.on('data', (chunk) => chunks.push(chunk));
  message.on('end', () => {
    const body = Buffer.concat(chunks);
    response.writeHead(200, { 'content-length': body.length });
    response.end(body);
  });
}).listen(${ECHO.port}, '127.0.0.1')`;
}

async function start(args: readonly string[], target: Target): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  started.push(child);
  for (let i = 0; i < 200; i++) {
    const up = await fetch(`http://${target.host}:${target.port}/_gatehouse/health`).catch(() => undefined);
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${args[0]} did not start.`);
}

/** One request, sent again and again: half a second to warm up, then three runs, of which the median by rate. */
async function rate(target: Target, operation: string, input: object): Promise<Measured> {
  const request = signedJson(SIGNER, target, `TrentService.${operation}`, JSON.stringify(input));
  await load(target, () => request, { seconds: 1 });
  const runs: Measured[] = [];
  for (let i = 0; i < 3; i++) runs.push(await load(target, () => request, { seconds }));
  return runs.sort((a, b) => a.perSecond - b.perSecond)[1]!;
}
