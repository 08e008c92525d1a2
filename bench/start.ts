/** Start to ready, resident memory when idle, and reset: measured on a real process. `node bench/start.ts` */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { show } from './figures.ts';

const RUNS = 9;
const data = mkdtempSync(join(tmpdir(), 'gatehouse-start-'));
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

try {
  const first = await run([]);
  const runs = [];
  for (let i = 0; i < RUNS; i++) runs.push(await run([]));
  const ephemeral = await run(['--ephemeral'], true);
  console.log(`     first start to ready: ${first.readyMs.toFixed(0)} ms`);
  show('start to ready', median(runs.map((r) => r.readyMs)), 'ms', { atMost: 300 });
  show('resident when idle', median(runs.map((r) => r.residentMb)), 'MB', { atMost: 100 });
  show('reset', ephemeral.resetMs ?? Number.NaN, 'ms', { atMost: 10 });
} finally {
  rmSync(data, { recursive: true, force: true });
}

interface Run {
  readonly readyMs: number;
  readonly residentMb: number;
  readonly resetMs?: number;
}

async function run(flags: readonly string[], reset = false): Promise<Run> {
  const began = performance.now();
  const args = ['bin/gatehouse.js', 'up', '--port', '0', '--data', data, ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const endpoint = await new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => resolve(/ready at (\S+)/.exec(chunk.toString())![1]!));
  });
  const readyMs = performance.now() - began;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))!;
  const resetMs = reset ? await resetTime(endpoint) : undefined;
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
  return { readyMs, residentMb: Number(kb) / 1024, ...(resetMs !== undefined && { resetMs }) };
}

async function resetTime(endpoint: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const began = performance.now();
    await (await fetch(`${endpoint}/_gatehouse/reset`, { method: 'POST' })).text();
    times.push(performance.now() - began);
  }
  return median(times);
}
