/**
 * Requests a second through the real socket, signatures, policy, audit and durable commits on, beside a bare node:http
 * echo measured in the same run. `node bench/gateway.ts [--users N] [--records N] [--seconds N]`
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lineOf } from './figures.ts';
import { fill } from './fill.ts';
import { load, type Measured, medianOf, type Signer, signedForm, type Target } from './load.ts';
import { ROOT, residentMb, startEcho, startPlane, target } from './servers.ts';

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '0' },
    records: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '4' },
  },
});
const seconds = Number(values.seconds);
const ECHO = target(0);
const PLANE = target(1);
const IAM = '2010-05-08';
const P99_MS_MAX = 15;

const started: ChildProcess[] = [];
const data = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
try {
  await fill(data, { users: Number(values.users), records: Number(values.records), rootKey: ROOT });
  started.push(await startEcho(ECHO));
  const plane = await startPlane(PLANE, data, ['--quota', 'UsersQuota=10000000']);
  started.push(plane);
  console.log(`users ${values.users}, journal records ${values.records}, 32 connections, ${seconds} s each`);
  const echo = await echoRate();
  report('bare node:http echo', echo, echo);
  report('sts GetCallerIdentity', await rate('sts', '2011-06-15', () => 'Action=GetCallerIdentity'), echo, 18_000);
  report('iam GetUser', await getUserRate(), echo, 15_000);
  report('iam CreateUser', await createUserRate(), echo, 8_000);
  console.log(`     resident memory of the plane: ${residentMb(plane)} MB`);
} finally {
  for (const child of started) child.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
}

function report(name: string, measured: Measured, echo: Measured, limit?: number): void {
  const ratio = `${Math.round((100 * measured.perSecond) / echo.perSecond)} % of echo`;
  console.log(lineOf(name, measured, { perSecond: limit, p99: limit && P99_MS_MAX }, ratio));
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
  return medianOf(() => load(target, source(15_000 * seconds), { seconds }));
}
