/** The plane and its commands as processes, with none of this machine's own settings in their environment. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const root = join(import.meta.dirname, '..');
const clean = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(AWS|GATEHOUSE|TF|RCLONE)_/.test(name)),
);

export type Environment = Readonly<Record<string, string>>;

/** A folder that is gone when the test ends. */
export function folder(t: Pick<TestContext, 'after'>): string {
  const made = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A program of this checkout; `said` tells what it has printed so far. */
export function program(args: readonly string[], env: Environment = {}) {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...clean, ...env } });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, out, err })));
  return { child, ended, said: () => out };
}

export const plane = (args: readonly string[], env?: Environment) => program(['bin/gatehouse.js', 'up', ...args], env);

export const gatehouse = (args: readonly string[], env?: Environment) => program(['bin/gatehouse.js', ...args], env);

/** Any other command, to its end; a command that is not there ends too. */
export function run(command: string, args: readonly string[], env: Environment = {}) {
  return new Promise<Ended>((resolve) => {
    execFile(command, args, { cwd: root, env: { ...clean, ...env } }, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err });
    });
  });
}

export interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Plane {
  readonly child: ChildProcess;
  readonly endpoint: string;
  readonly port: number;
  /** For clients of the SDK, as the root user; each call is tried once. */
  readonly config: { endpoint: string; region: string; credentials: Key; maxAttempts: number };
  readonly ended: Promise<Ended>;
  said(): string;
  /** SIGTERM. */
  stop(): Promise<Ended>;
  /** SIGKILL. */
  kill(): Promise<Ended>;
}

export interface PlaneOptions {
  /** Of the root user; without it the one that the plane makes is read from its folder. */
  readonly key?: Key;
  readonly flags?: readonly string[];
  readonly env?: Environment;
  /** Flags of Node's own. */
  readonly node?: readonly string[];
}

export const keyFlags = ({ accessKeyId, secretAccessKey }: Key): readonly string[] => [
  ...['--root-access-key-id', accessKeyId],
  ...['--root-secret-access-key', secretAccessKey],
];

/** A plane over a folder, once it says that it is ready, or sealed; killed when the test ends. */
export async function startedPlane(
  t: Pick<TestContext, 'after'>,
  data: string,
  { key, flags = [], env, node = [] }: PlaneOptions = {},
): Promise<Plane> {
  const args = ['--port', '0', '--data', data, ...(key ? keyFlags(key) : []), ...flags];
  const { child, ended, said } = program([...node, 'bin/gatehouse.js', 'up', ...args], env);
  t.after(() => child.kill('SIGKILL'));
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const found = /(?:ready|SEALED) at (https?:\/\/\S+)/.exec(said())?.[1];
      if (found) resolve(found);
    });
    ended.then(({ out, err }) => reject(new Error(`The plane ended before it was ready: ${out}${err}`)));
  });
  const end = (signal: NodeJS.Signals) => () => {
    child.kill(signal);
    return ended;
  };
  return {
    child,
    endpoint,
    port: Number(new URL(endpoint).port),
    get config() {
      return { endpoint, region: 'us-east-1', credentials: key ?? keyIn(data), maxAttempts: 1 };
    },
    ended,
    said,
    stop: end('SIGTERM'),
    kill: end('SIGKILL'),
  };
}

/** The root user's key that a first start has written down. */
export function keyIn(data: string): Key {
  const text = readFileSync(join(data, 'credentials'), 'utf8');
  return {
    accessKeyId: /aws_access_key_id = (\S+)/.exec(text)![1]!,
    secretAccessKey: /aws_secret_access_key = (\S+)/.exec(text)![1]!,
  };
}
