/**
 * Requests a second through the real socket, signatures, policy, audit and durable commits on, beside a bare node:http
 * echo measured in the same run. `node bench/gateway.ts [--users N] [--records N] [--seconds N]`
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fill } from './fill.ts';
import { load, type Measured, type Signer, signedForm, type Target } from './load.ts';

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '0' },
    records: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '4' },
  },
});
const seconds = Number(values.seconds);
const ECHO: Target = { host: '127.0.0.1', port: 45_661 };
const PLANE: Target = { host: '127.0.0.1', port: 45_662 };
const ROOT = { accessKeyId: 'AKIABENCHBENCHBENCHB', secretAccessKey: 'bench/secret', region: 'us-east-1' };
const IAM = '2010-05-08';

const started: ChildProcess[] = [];
const data = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
try {
  await fill(data, { users: Number(values.users), records: Number(values.records), rootKey: ROOT });
  await start(['-e', echoSource()], ECHO);
  await start(
    [
      'src/main.ts',
      '--port',
      String(PLANE.port),
      '--data',
      data,
      '--quota',
      'UsersQuota=10000000',
      '--root-access-key-id',
      ROOT.accessKeyId,
      '--root-secret-access-key',
      ROOT.secretAccessKey,
    ],
    PLANE,
  );
  console.log(`users ${values.users}, journal records ${values.records}, 32 connections, ${seconds} s each`);
  const echo = await echoRate();
  report('bare node:http echo', echo, echo);
  report('sts GetCallerIdentity', await rate('sts', '2011-06-15', () => 'Action=GetCallerIdentity'), echo, 18_000);
  report('iam GetUser', await getUserRate(), echo, 15_000);
  report('iam CreateUser', await createUserRate(), echo, 8_000);
  console.log(`resident memory of the plane: ${residentMb()} MB`);
} finally {
  for (const child of started) child.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
}

function residentMb(): number {
  const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${started.at(-1)!.pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kb) / 1024);
}

function report(name: string, measured: Measured, echo: Measured, limit?: number): void {
  const ratio = `${Math.round((100 * measured.perSecond) / echo.perSecond)} % of echo`;
  const wanted = limit === undefined ? '' : `  limit ≥ ${limit}/s, p99 < 15 ms`;
  const p99 = `p50 ${measured.p50.toFixed(2)} ms, p99 ${measured.p99.toFixed(2)} ms`;
  console.log(
    `${name.padEnd(24)} ${Math.round(measured.perSecond).toString().padStart(6)}/s  ${p99}  ${ratio}${wanted}  ${JSON.stringify(measured.statuses)}`,
  );
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

/** One request, sent again and again. */
function rate(service: string, version: string, form: () => string): Promise<Measured> {
  const signer: Signer = { ...ROOT, service };
  const request = signedForm(signer, PLANE, `${form()}&Version=${version}`);
  return warmed(PLANE, () => () => request);
}

function echoRate(): Promise<Measured> {
  const request = signedForm({ ...ROOT, service: 'sts' }, ECHO, 'Action=GetCallerIdentity&Version=2011-06-15');
  return warmed(ECHO, () => () => request);
}

async function getUserRate(): Promise<Measured> {
  const one = signedForm({ ...ROOT, service: 'iam' }, PLANE, `Action=CreateUser&UserName=measured&Version=${IAM}`);
  await load(PLANE, once(one), { connections: 1 });
  return rate('iam', IAM, () => 'Action=GetUser&UserName=measured');
}

/** Names that were never there; signed before the clock starts. */
function createUserRate(): Promise<Measured> {
  let n = 0;
  return warmed(PLANE, (most) => {
    const signer: Signer = { ...ROOT, service: 'iam' };
    const made = Array.from({ length: most }, () =>
      signedForm(signer, PLANE, `Action=CreateUser&UserName=user-${process.pid}-${n++}&Version=${IAM}`),
    );
    return () => made.pop();
  });
}

function once(request: Buffer): () => Buffer | undefined {
  let left = 1;
  return () => (left-- > 0 ? request : undefined);
}

/** Half a second to warm up, then three runs: the median by rate. */
async function warmed(target: Target, source: (most: number) => () => Buffer | undefined): Promise<Measured> {
  await load(target, source(5_000), { seconds: 1 });
  const runs: Measured[] = [];
  for (let i = 0; i < 3; i++) runs.push(await load(target, source(15_000 * seconds), { seconds }));
  return runs.sort((a, b) => a.perSecond - b.perSecond)[1]!;
}
