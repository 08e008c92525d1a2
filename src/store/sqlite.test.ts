import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { entry, insertAll, storeOptions, user, users, within } from './conformance/fixtures.ts';
import { openStore } from './open.ts';
import { openSqlite } from './sqlite.ts';
import type { Store } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-sqlite-'));
after(() => rmSync(folder, { recursive: true }));

test('what was written is there when the file is opened again, with counts, look-ups and positions', async () => {
  const file = join(folder, 'again.db');
  const first = await openSqlite(file, storeOptions);
  await insertAll(first, [user('ann', { path: '/' }), user('bob', { path: '/' })]);
  await within(first, async (tx) => tx.append(entry(1)));
  await first.close();
  const second = await openSqlite(file, storeOptions);
  await within(second, async (tx) => {
    assert.deepEqual(await tx.get(users, ['1', 'ann']), user('ann', { path: '/' }));
    assert.equal(await tx.count(users, ['1']), 2);
    assert.equal(await tx.fits(users, ['1', '/'], 2, 'byPath'), false);
    tx.append(entry(2));
  });
  const attribute = { name: 'EventId', value: 'id-1' };
  const question = { kind: 'api', account: '1', region: 'eu-west-1', attribute, limit: 5 };
  assert.equal((await second.journal.lookup(question)).entries[0]?.sequence, 1);
  assert.deepEqual(
    (await second.journal.read(0, 9)).map((one) => one.sequence),
    [1, 2],
  );
  await second.close();
});

test('a file is private, has one owner, and is free again when that one closes', async () => {
  const file = join(folder, 'owner.db');
  const first = await openSqlite(file, storeOptions);
  assert.equal(statSync(file).mode & 0o077, 0);
  const message = `${file} is in use by another gatehouse (pid ${process.pid})`;
  await assert.rejects(openSqlite(file, storeOptions), { message });
  const { output } = await runChild(`sqlite:${file}`, 0);
  assert.ok(output.includes(message), output);
  await first.close();
  assert.equal(existsSync(`${file}.pid`), false);
  await (await openSqlite(file, storeOptions)).close();
});

test('a file that a newer program wrote is refused and left as it is', async () => {
  const file = join(folder, 'newer.db');
  await (await openSqlite(file, storeOptions)).close();
  const database = new DatabaseSync(file);
  database.exec('pragma user_version = 99');
  database.close();
  await assert.rejects(openSqlite(file, storeOptions), /newer gatehouse \(schema 99; this one knows 2\)/);
});

test('a URL that names no store is refused', async () => {
  await assert.rejects(openStore('mysql://x', storeOptions), /no store is called mysql:/);
});

test('close lets what waits commit, and refuses what comes later', async () => {
  const file = join(folder, 'close.db');
  const store = await openSqlite(file, storeOptions);
  const writing = Promise.all(['a', 'b', 'c'].map((name) => insertAll(store, [user(name)])));
  await Promise.all([writing, store.close()]);
  await assert.rejects(insertAll(store, [user('d')]), /closed/);
  const again = await openSqlite(file, storeOptions);
  assert.equal(await within(again, (tx) => tx.count(users, ['1'])), 3);
  await again.close();
});

test('kill -9 loses nothing acknowledged and leaves nothing half-written, twenty times', async () => {
  const file = join(folder, 'crash.db');
  const acknowledged = new Set<number>();
  for (let round = 0; round < 20; round++) {
    const { output } = await runChild(`sqlite:${file}`, round * 1_000_000, 10 + ((round * 37) % 90));
    const lines = output.slice(0, output.lastIndexOf('\n')).split('\n');
    for (const line of lines) if (line !== '') acknowledged.add(Number(line));
    const store = await openSqlite(file, storeOptions);
    await requireWhole(store, acknowledged);
    await store.close();
  }
  assert.ok(acknowledged.size > 100, `only ${acknowledged.size} writes were acknowledged`);
});

/** Runs the child to its end, or kills it after so many milliseconds. */
function runChild(url: string, first: number, killAfter?: number): Promise<{ output: string }> {
  const program = join(import.meta.dirname, 'conformance', 'crashChild.ts');
  const child = spawn(process.execPath, [program, url, String(first)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stdout.once('data', () => {
    if (killAfter !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfter);
  });
  child.stderr.on('data', (data) => {
    if (killAfter === undefined) output += data;
  });
  const tooLong = setTimeout(() => child.kill('SIGKILL'), 20_000);
  return new Promise((resolve) =>
    child.on('close', () => {
      clearTimeout(tooLong);
      resolve({ output });
    }),
  );
}

async function requireWhole(store: Store, acknowledged: ReadonlySet<number>): Promise<void> {
  const journal = await store.journal.read(0, 10_000_000);
  const told = new Set(journal.map((one) => Number(one.id.slice(3))));
  assert.equal(told.size, journal.length);
  for (const number of acknowledged) assert.ok(told.has(number), `${number} was acknowledged and is missing`);
  await within(store, async (tx) => {
    const left = await tx.list(users, ['1', '/left/'], { limit: 10_000_000, index: 'byPath' });
    const right = await tx.list(users, ['1', '/right/'], { limit: 10_000_000, index: 'byPath' });
    assert.deepEqual(new Set(left.rows.map((row) => Number(row.name.slice(5)))), told);
    assert.deepEqual(new Set(right.rows.map((row) => Number(row.name.slice(6)))), told);
    const slots = await tx.list(users, ['1'], { limit: 20, startsWith: 'slot-' });
    for (const slot of slots.rows) assert.ok(told.has(slot.age!));
    assert.equal(await tx.count(users, ['1']), told.size * 2 + slots.rows.length);
  });
  const last = journal.at(-1);
  if (last === undefined) return;
  const attribute = { name: 'EventId', value: last.id };
  const found = await store.journal.lookup({ kind: 'api', account: '1', region: 'eu-west-1', attribute, limit: 9 });
  assert.equal(found.entries.length, 1);
}

test('work that only reads is answered while others write without end', async () => {
  const store = await openSqlite(join(folder, 'busy.db'), storeOptions);
  const writes = { done: 0, stopped: false };
  const writer = async (): Promise<void> => {
    for (let i = 0; i < 2000 && !writes.stopped; i++) {
      await within(store, async (tx) => tx.append(entry(1_000_000 + writes.done++)));
    }
  };
  const writers = Array.from({ length: 32 }, writer);
  await within(store, async (tx) => tx.append(entry(999_999)));
  await within(store, (tx) => tx.get(users, ['1', 'nobody']));
  writes.stopped = true;
  assert.ok(writes.done < 10_000, `it waited for ${writes.done} writes`);
  await Promise.all(writers);
  await store.close();
});
