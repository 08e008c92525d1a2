/** The processes that are measured: a plane over a folder, and a bare node:http echo beside it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Target } from './load.ts';

/** The root user's access key of every plane that is measured. */
export const ROOT = {
  accessKeyId: 'AKIABENCHBENCHBENCHB',
  secretAccessKey: 'bench/secret',
  region: 'us-east-1',
} as const;

/** A port of this process alone: two benchmarks may run side by side. */
export function target(number = 0): Target {
  return { host: '127.0.0.1', port: 20_000 + (process.pid % 10_000) * 3 + number };
}

export const endpointOf = ({ host, port }: Target): string => `http://${host}:${port}`;

/** Resolves when it answers. */
export function startPlane(target: Target, data: string, flags: readonly string[] = []): Promise<ChildProcess> {
  const key = ['--root-access-key-id', ROOT.accessKeyId, '--root-secret-access-key', ROOT.secretAccessKey];
  return started(['bin/gatehouse.js', 'up', '--port', String(target.port), '--data', data, ...key, ...flags], target);
}

/** Answers each request with its own body. */
export function startEcho(target: Target): Promise<ChildProcess> {
  const source = `
require('node:http').createServer((message, response) => {
  const chunks = [];
  message.on('data', (chunk) => chunks.push(chunk));
  message.on('end', () => {
    const body = Buffer.concat(chunks);
    response.writeHead(200, { 'content-length': body.length });
    response.end(body);
  });
}).listen(${target.port}, '${target.host}')`;
  return started(['-e', source], target);
}

async function started(args: readonly string[], target: Target): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  for (let i = 0; i < 200; i++) {
    if (await fetch(`${endpointOf(target)}/_gatehouse/health`).catch(() => undefined)) return child;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  throw new Error(`${args[0]} did not start.`);
}

/** Resolves when it has ended in order. */
export async function stopped(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
}

/** User and system time of a process so far, in microseconds; undefined where there is no /proc. */
export function cpuMicroseconds({ pid }: ChildProcess): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return undefined;
  }
}

/** Resident megabytes of a process: now (VmRSS), or at most so far (VmHWM). */
export function residentMb({ pid }: ChildProcess, what: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const [, kb] = new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kb) / 1024);
}
