/** A PostgreSQL for tests: the one that GATEHOUSE_TEST_POSTGRES names, or a throw-away cluster of the installed one. */
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface Cluster {
  /** A new database; dropped, with whoever is connected, when the cluster stops. */
  database(): Promise<string>;
  stop(): Promise<void>;
}

const installed = '/usr/lib/postgresql';

/** Undefined when there is none. */
export async function findPostgres(): Promise<Cluster | undefined> {
  const given = process.env.GATEHOUSE_TEST_POSTGRES;
  if (given) return clusterAt(given, () => undefined);
  const versions = existsSync(installed) ? readdirSync(installed) : [];
  const programs = versions
    .map((version) => join(installed, version, 'bin'))
    .filter((at) => existsSync(join(at, 'initdb')));
  return programs.length === 0 ? undefined : startCluster(programs.at(-1)!);
}

async function startCluster(programs: string): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-postgres-'));
  const run = runAs(folder);
  const data = join(folder, 'data');
  const port = await freePort();
  run(join(programs, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'gatehouse', '--no-sync']);
  const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1`;
  run(join(programs, 'pg_ctl'), ['-D', data, '-o', settings, '-l', join(folder, 'log'), '-w', 'start']);
  return clusterAt(`postgres://gatehouse@127.0.0.1:${port}/postgres`, () => {
    run(join(programs, 'pg_ctl'), ['-D', data, '-m', 'immediate', '-w', 'stop']);
    rmSync(folder, { recursive: true, force: true });
  });
}

/** PostgreSQL refuses to run as root: then it runs as nobody. */
function runAs(folder: string): (program: string, args: readonly string[]) => void {
  const quiet = { stdio: 'ignore', cwd: folder } as const;
  if (process.getuid?.() !== 0) return (program, args) => void execFileSync(program, args, quiet);
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  const [user, group] = [id('-u'), id('-g')];
  chownSync(folder, user, group);
  return (program, args) => void execFileSync(program, args, { ...quiet, uid: user, gid: group });
}

async function clusterAt(url: string, end: () => void): Promise<Cluster> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  const made: string[] = [];
  return {
    async database() {
      const name = `gatehouse_test_${process.pid}_${made.length}`;
      await admin.query(`drop database if exists ${name} with (force)`);
      await admin.query(`create database ${name}`);
      made.push(name);
      return Object.assign(new URL(url), { pathname: `/${name}` }).href;
    },
    async stop() {
      for (const name of made) await admin.query(`drop database if exists ${name} with (force)`);
      await admin.end();
      end();
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
