/** What several gateways on one PostgreSQL promise each other. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import pg from 'pg';
import { entry, insertAll, storeOptions, user, users, within } from './conformance/fixtures.ts';
import { findPostgres } from './conformance/postgresCluster.ts';
import { openPostgres } from './postgres.ts';
import type { Store, StoreOptions } from './store.ts';

const postgres = await findPostgres();
const opened: Store[] = [];
after(async () => {
  for (const store of opened) await store.close();
  await postgres?.stop();
});

async function gateways(number: number, options: Partial<StoreOptions> = {}) {
  const url = await postgres!.database();
  const stores: Store[] = [];
  for (let at = 0; at < number; at++) stores.push(await openPostgres(url, { ...storeOptions, ...options }));
  opened.push(...stores);
  return { url, stores: stores as [Store, Store, ...Store[]] };
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let tried = 0; tried < 200; tried++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail('it did not become so within 5 seconds');
}

const ageIn = (store: Store) => within(store, async (tx) => (await tx.get(users, ['1', 'ann']))?.age);

describe('PostgreSQL', { skip: postgres === undefined ? 'skipped: no PostgreSQL' : false }, () => {
  test('a gateway hears what another changed: rows, absences, counts', async () => {
    const { stores } = await gateways(2);
    const [a, b] = stores;
    assert.equal(await ageIn(b), undefined);
    assert.equal(await within(b, (tx) => tx.count(users, ['1'])), 0);
    await insertAll(a, [user('ann', { age: 1 })]);
    await eventually(async () => (await ageIn(b)) === 1);
    assert.equal(await within(b, (tx) => tx.count(users, ['1'])), 1);
    await within(a, (tx) => tx.replace(users, user('ann', { age: 2 })));
    await eventually(async () => (await ageIn(b)) === 2);
    await a.clear();
    await eventually(async () => (await ageIn(b)) === undefined);
    assert.equal(await within(b, (tx) => tx.count(users, ['1'])), 0);
  });

  test('a gateway that watches rows is rung by what another writes', async () => {
    const { stores } = await gateways(2);
    const [a, b] = stores;
    let rung = 0;
    const stop = b.watch(users, '1', () => rung++);
    await insertAll(a, [user('ann'), { account: '2', name: 'else' }]);
    await eventually(async () => rung >= 1);
    stop();
  });

  test('gateways side by side on one row, one quota and one listing lose nothing', async () => {
    const { stores } = await gateways(3);
    await insertAll(stores[0], [user('ann', { age: 0 })]);
    const grow = (store: Store) =>
      within(store, async (tx) => {
        const row = (await tx.get(users, ['1', 'ann'])) ?? user('ann', { age: 0 });
        await tx.replace(users, { ...row, age: row.age! + 1 });
      });
    const join = (store: Store, name: string) =>
      within(store, async (tx) => {
        if (await tx.fits(users, ['1', 'g'], 5, 'byGroup')) await tx.insert(users, user(name, { groups: ['g'] }));
      });
    const first = (store: Store, name: string) =>
      within(store, async (tx) => {
        const { rows } = await tx.list(users, ['1', '/one/'], { limit: 3, index: 'byPath' });
        if (rows.length === 0) await tx.insert(users, user(name, { path: '/one/' }));
      });
    const rounds = Array.from({ length: 10 }, (_, at) => at);
    const work = stores.flatMap((store, gateway) =>
      rounds.flatMap((at) => [grow(store), join(store, `j${gateway}-${at}`), first(store, `f${gateway}-${at}`)]),
    );
    await Promise.all(work);
    for (const store of stores) {
      await eventually(async () => (await ageIn(store)) === 30);
      const one = await within(store, (tx) => tx.list(users, ['1', '/one/'], { limit: 9, index: 'byPath' }));
      assert.equal(one.rows.length, 1);
      assert.equal(await within(store, (tx) => tx.count(users, ['1', 'g'], 'byGroup')), 5);
      assert.equal(await within(store, (tx) => tx.count(users, ['1'])), 7);
    }
  });

  test('positions become visible in order, and followers of several gateways take each entry once', async () => {
    const follower: StoreOptions['followers'][number] = {
      name: 'meter',
      follow: async (entries, tx) => {
        const row = (await tx.get(users, ['1', 'meter'])) ?? user('meter', { age: 0 });
        await tx.replace(users, { ...row, age: row.age! + entries.length });
      },
    };
    const { stores } = await gateways(3, { followers: [follower] });
    let writing = true;
    const seen: number[] = [];
    const reader = (async () => {
      while (writing || (seen.at(-1) ?? 0) < (await stores[0].journal.tip())) {
        const found = await stores[0].journal.read(seen.at(-1) ?? 0, 50);
        seen.push(...found.map((one) => one.sequence));
      }
    })();
    const write = (store: Store, at: number) => within(store, async (tx) => tx.append(entry(at)));
    for (let round = 0; round < 15; round++) {
      await Promise.all(
        stores.flatMap((store, at) => [0, 1, 2, 3].map((one) => write(store, round * 12 + at * 4 + one))),
      );
    }
    writing = false;
    await reader;
    assert.deepEqual(
      seen,
      Array.from({ length: 180 }, (_, at) => at + 1),
    );
    await Promise.all(stores.map((store) => store.journal.catchUp()));
    const meter = await within(stores[0], (tx) => tx.get(users, ['1', 'meter']));
    await eventually(async () => (await within(stores[1], (tx) => tx.get(users, ['1', 'meter'])))?.age === meter?.age);
    assert.equal(meter?.age, 180);
  });

  test('a gateway that lost its connections keeps nothing in memory and comes back', async () => {
    const { url, stores } = await gateways(2, { log: () => undefined });
    const [a, b] = stores;
    await insertAll(a, [user('ann', { age: 1 })]);
    await eventually(async () => (await ageIn(b)) === 1);
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    const others = 'from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
    const listening = "query = 'select number from gatehouse.head'";
    const ended = await admin.query(`select pg_terminate_backend(pid) ${others} and ${listening}`);
    assert.equal(ended.rows.length, 2);
    await admin.query("update gatehouse.row set body = replace(body, ':1}', ':7}')");
    await eventually(async () => (await ageIn(a)) === 7 && (await ageIn(b)) === 7);
    await admin.end();
    await within(a, (tx) => tx.replace(users, user('ann', { age: 8 })));
    await eventually(async () => (await ageIn(b)) === 8);
  });

  test('one write set that the database refuses does not take its group with it', async () => {
    const { stores } = await gateways(1);
    const results = await Promise.allSettled(
      [1, 2, 3].map((at) =>
        within(stores[0], async (tx) => {
          tx.append(entry(at, at === 2 ? { body: 'a\u0000b' } : {}));
          await tx.insert(users, user(`u${at}`));
        }),
      ),
    );
    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal(await within(stores[0], (tx) => tx.count(users, ['1'])), 2);
  });

  test('a database that a newer program set up is refused', async () => {
    const { url } = await gateways(1);
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await admin.query('update gatehouse.head set version = 99');
    await admin.end();
    await assert.rejects(openPostgres(url, storeOptions), /newer gatehouse \(schema 99/);
  });
});
