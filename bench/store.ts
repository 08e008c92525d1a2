/**
 * Write sets a second with 32 at work, over a real file: `node bench/store.ts [URL]`.
 * "journal" appends one entry of 1.2 KB after three reads; "create" also inserts a row with three index keys.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../src/store/open.ts';
import { type JournalEntry, type Store, type StoreOptions, table } from '../src/store/store.ts';

interface User {
  readonly account: string;
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly created: number;
}

const users = table<User>('bench_user', {
  key: (user) => [user.account, user.name.toLowerCase()],
  indexes: {
    byId: (user) => [[user.id]],
    byPath: (user) => [[user.account, user.path]],
    byName: (user) => [[user.name]],
  },
});
const concurrency = 32;
const seconds = 4;
const account = '123456789012';
const body = JSON.stringify({ eventVersion: '1.11', eventName: 'CreateUser', filler: 'x'.repeat(1140) });
const options: StoreOptions = {
  attributes: (entry) => {
    const { eventName } = JSON.parse(entry.body) as { eventName: string };
    return [
      ['EventId', entry.id],
      ['EventName', eventName],
      ['Username', 'bench'],
      ['AccessKeyId', 'AKIAIOSFODNN7EXAMPLE'],
      ['ReadOnly', 'false'],
    ];
  },
  followers: [],
  log: (error) => console.error(error),
};

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
const store = await openStore(process.argv[2] ?? `sqlite:${join(folder, 'bench.db')}`, options);
let serial = 0;
try {
  await store.clear();
  await fill(store, 50);
  await measure('create ', (at) => create(store, at));
  await measure('journal', (at) => journalOnly(store, at));
  const began = performance.now();
  const entries = await store.journal.tip();
  await store.journal.catchUp();
  console.log(`look-up rows caught up to ${entries} entries in ${Math.round(performance.now() - began)} ms`);
  await measure('journal', (at) => journalOnly(store, at));
  await measure('create ', (at) => create(store, at));
} finally {
  await store.close();
  rmSync(folder, { recursive: true });
}

async function measure(name: string, work: (at: number) => Promise<void>): Promise<void> {
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  const end = began + seconds * 1000;
  const loop = async (): Promise<void> => {
    for (let start = performance.now(); start < end; start = performance.now()) {
      await work(serial++);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
  const elapsed = performance.now() - began;
  const used = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const at = (share: number): string => times[Math.floor(times.length * share)]!.toFixed(2);
  const perSecond = Math.round((times.length / elapsed) * 1000);
  const busy = Math.round((used.user + used.system) / times.length);
  console.log(
    `${name} ${perSecond}/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(0.9999)} ms, ${busy} µs of CPU each`,
  );
}

function entry(at: number): JournalEntry {
  const id = `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
  return { id, kind: 'api', account, region: 'us-east-1', time: 1_700_000_000_000 + at, body };
}

function user(at: number): User {
  return { account, name: `User${at}`, id: `AIDA${at}`, path: '/', created: at };
}

function journalOnly(store: Store, at: number): Promise<void> {
  return store.transaction(async (tx) => {
    await tx.get(users, [account, `user${at % 50}`]);
    await tx.get(users, [account, `user${(at + 1) % 50}`]);
    await tx.get(users, [account, `nobody${at % 50}`]);
    tx.append(entry(at));
  });
}

function create(store: Store, at: number): Promise<void> {
  return store.transaction(async (tx) => {
    await tx.fits(users, [account], 100_000_000);
    await tx.insert(users, user(at + 1000));
    tx.append(entry(at));
  });
}

async function fill(store: Store, number: number): Promise<void> {
  await store.transaction(async (tx) => {
    for (let at = 0; at < number; at++) await tx.insert(users, user(at));
  });
}
