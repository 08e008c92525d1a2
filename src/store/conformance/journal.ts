import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalEntry, Lookup, Store } from '../store.ts';
import { entry, type Open, user, users, within } from './fixtures.ts';

export function journalSuite(open: Open): void {
  test('entries are read in the order of their positions', async () => {
    const store = await open();
    await Promise.all(Array.from({ length: 90 }, (_, at) => within(store, async (tx) => tx.append(entry(at)))));
    const all = await store.journal.read(0, 1000);
    assert.deepEqual(
      all.map((one) => one.sequence),
      Array.from({ length: 90 }, (_, at) => at + 1),
    );
    assert.deepEqual(new Set(all.map((one) => one.id)).size, 90);
    assert.equal(await store.journal.tip(), 90);
    assert.deepEqual(
      (await store.journal.read(40, 3)).map((one) => one.sequence),
      [41, 42, 43],
    );
    const { sequence, ...first } = all[0]!;
    assert.deepEqual({ sequence, ...first }, { sequence: 1, ...entry(Number(first.id.slice(3))) });
  });

  test('lookup answers newest first, by scope and attribute, in pages', async () => {
    const store = await open();
    await appendAll(store, [
      ...Array.from({ length: 40 }, (_, at) => entry(at)),
      entry(100, { account: '2' }),
      entry(101, { region: 'us-east-1' }),
      entry(102, { kind: 'flow' }),
    ]);
    const numbers = (wanted: (at: number) => boolean) =>
      Array.from({ length: 40 }, (_, at) => at)
        .filter(wanted)
        .reverse()
        .map((at) => `id-${at}`);
    for (const limit of [1, 7, 40, 50]) {
      assert.deepEqual(
        await lookupAll(store, { ...everything, limit }),
        numbers(() => true),
      );
      const attribute = { name: 'Username', value: 'user1' };
      assert.deepEqual(
        await lookupAll(store, { ...everything, attribute, limit }),
        numbers((at) => at % 3 === 1),
      );
    }
    const nobody = { ...everything, attribute: { name: 'Username', value: 'nobody' }, limit: 5 };
    assert.deepEqual(await lookupAll(store, nobody), []);
    const one = { ...everything, attribute: { name: 'EventId', value: 'id-7' }, limit: 5 };
    assert.deepEqual(await lookupAll(store, one), ['id-7']);
    const range = { ...everything, from: 1005, to: 1008, limit: 2 };
    assert.deepEqual(await lookupAll(store, range), ['id-8', 'id-7', 'id-6', 'id-5']);
  });

  test('lookup orders by time, then position', async () => {
    const store = await open();
    await appendAll(
      store,
      [5, 3, 5, 9, 3].map((time, at) => entry(at, { time })),
    );
    for (const limit of [1, 2, 9]) {
      assert.deepEqual(await lookupAll(store, { ...everything, limit }), ['id-3', 'id-2', 'id-0', 'id-4', 'id-1']);
    }
  });

  test('attributes of any length and text are told apart', async () => {
    const long = 'x'.repeat(3000);
    const values = [`${long}1`, `${long}2`, 'a\u001fb', 'a', '\u0000', '\ud800', 'Ü'];
    const store = await open({ attributes: (one) => [['Name', JSON.parse(one.body).value]] });
    await appendAll(
      store,
      values.map((value, at) => entry(at, { body: JSON.stringify({ value }) })),
    );
    for (const [at, value] of values.entries()) {
      const question = { ...everything, attribute: { name: 'Name', value }, limit: 9 };
      assert.deepEqual(await lookupAll(store, question), [`id-${at}`]);
    }
  });

  test('prune forgets the oldest with their look-up rows, so many a call, and positions are not used again', async () => {
    const store = await open();
    await appendAll(
      store,
      Array.from({ length: 30 }, (_, at) => entry(at)),
    );
    assert.equal(await store.journal.prune(1010, 4), 4);
    assert.equal(await store.journal.prune(1010, 100), 6);
    assert.equal(await store.journal.prune(1010, 100), 0);
    assert.equal((await lookupAll(store, { ...everything, limit: 7 })).length, 20);
    const gone = { ...everything, attribute: { name: 'EventId', value: 'id-3' }, limit: 7 };
    assert.deepEqual(await lookupAll(store, gone), []);
    assert.equal((await store.journal.read(0, 100))[0]!.id, 'id-10');
    assert.equal(await store.journal.prune(9999, 500), 20);
    assert.equal(await store.journal.tip(), 30);
    await appendAll(store, [entry(31)]);
    assert.deepEqual(
      (await store.journal.read(0, 9)).map((one) => one.sequence),
      [31],
    );
  });

  test('prune of one kind leaves the others', async () => {
    const store = await open();
    const [api, place] = ['api', 'metric'].map((kind) => ({ kind, account: '', region: '' }));
    await appendAll(
      store,
      Array.from({ length: 30 }, (_, at) => ({ ...entry(at), ...(at % 3 === 0 ? place : api) })),
    );
    assert.equal(await store.journal.prune(1010, 100, place), 4);
    assert.equal(await store.journal.prune(1010, 100, place), 0);
    const left = await store.journal.read(0, 100);
    assert.deepEqual(left.map(({ id }) => id).slice(0, 7), ['id-1', 'id-2', 'id-4', 'id-5', 'id-7', 'id-8', 'id-10']);
    assert.equal(await store.journal.prune(1010, 100), 6);
    assert.equal((await store.journal.read(0, 100)).length, 20);
  });

  test('followers get every entry once, in order, their rows and position in one commit', async () => {
    const seen: number[] = [];
    const follower = {
      name: 'meter',
      follow: async (entries: readonly JournalEntry[], tx: Parameters<Parameters<Store['transaction']>[0]>[0]) => {
        const row = (await tx.get(users, ['1', 'meter'])) ?? user('meter', { age: 0 });
        await tx.replace(users, { ...row, age: row.age! + entries.length });
        seen.push(...entries.map((one) => Number(one.id.slice(3))));
      },
    };
    const store = await open({ followers: [follower] });
    for (let at = 0; at < 300; at += 3) {
      await appendAll(store, [entry(at), entry(at + 1), entry(at + 2)]);
      if (at % 30 === 0) await Promise.all([store.journal.catchUp(), store.journal.catchUp()]);
    }
    await store.journal.catchUp();
    assert.equal((await within(store, (tx) => tx.get(users, ['1', 'meter'])))?.age, 300);
    assert.deepEqual(
      [...new Set(seen)],
      Array.from({ length: 300 }, (_, at) => at),
    );
  });

  test('a follower that fails is tried again, and nothing of its failed batch stays', async () => {
    let failures = 2;
    const follower = {
      name: 'shaky',
      follow: async (entries: readonly JournalEntry[], tx: Parameters<Parameters<Store['transaction']>[0]>[0]) => {
        const row = (await tx.get(users, ['1', 'shaky'])) ?? user('shaky', { age: 0 });
        await tx.replace(users, { ...row, age: row.age! + entries.length });
        if (failures-- > 0) throw new Error('shaky');
      },
    };
    const store = await open({ followers: [follower], log: () => undefined });
    await appendAll(store, [entry(1), entry(2)]);
    await store.journal.catchUp().catch(() => undefined);
    await store.journal.catchUp().catch(() => undefined);
    await store.journal.catchUp();
    assert.equal((await within(store, (tx) => tx.get(users, ['1', 'shaky'])))?.age, 2);
  });
}

const everything = { kind: 'api', account: '1', region: 'eu-west-1' };

function appendAll(store: Store, entries: readonly JournalEntry[]): Promise<void> {
  return store.transaction(async (tx) => {
    for (const one of entries) tx.append(one);
  });
}

async function lookupAll(store: Store, question: Lookup): Promise<string[]> {
  const found: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await store.journal.lookup({ ...question, after });
    assert.ok(page.entries.length <= question.limit);
    found.push(...page.entries.map((one) => one.id));
    after = page.next;
    if (after === undefined) return found;
  }
}
