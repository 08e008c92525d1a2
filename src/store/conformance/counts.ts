import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gate, insertAll, type Open, user, users, within } from './fixtures.ts';

export function countSuite(open: Open): void {
  test('count knows rows by first part and by whole index key, own changes included', async () => {
    const store = await open();
    await insertAll(store, [user('a', { path: '/' }), user('b', { path: '/' }), user('c', { path: '/x/' })]);
    await within(store, async (tx) => {
      assert.equal(await tx.count(users, ['1']), 3);
      assert.equal(await tx.count(users, ['1', '/'], 'byPath'), 2);
      await tx.remove(users, ['1', 'a']);
      await tx.replace(users, user('c', { path: '/' }));
      await tx.insert(users, user('d', { path: '/' }));
      await tx.insert(users, user('e'));
      await tx.remove(users, ['1', 'e']);
      assert.equal(await tx.count(users, ['1']), 3);
      assert.equal(await tx.count(users, ['1', '/'], 'byPath'), 3);
      assert.equal(await tx.count(users, ['2']), 0);
    });
    const after = await within(store, async (tx) => [
      await tx.count(users, ['1']),
      await tx.count(users, ['1', '/'], 'byPath'),
    ]);
    assert.deepEqual(after, [3, 3]);
    await assert.rejects(
      within(store, (tx) => tx.count(users, ['1', 'a'])),
      TypeError,
    );
  });

  test('count stays right under many writers', async () => {
    const store = await open();
    await within(store, (tx) => tx.count(users, ['1']));
    await Promise.all(
      Array.from({ length: 120 }, (_, at) =>
        within(store, async (tx) => {
          await tx.insert(users, user(`u${at}`, { groups: [at % 2 ? 'odd' : 'even'] }));
          if (at % 3 === 0) await tx.remove(users, ['1', `u${at}`]);
        }),
      ),
    );
    assert.equal(await within(store, (tx) => tx.count(users, ['1'])), 80);
    assert.equal(await within(store, (tx) => tx.count(users, ['1', 'odd'], 'byGroup')), 40);
  });

  test('who depends on a count runs again when it has changed', async () => {
    const store = await open();
    const meet = gate(2);
    const makeIfNone = (name: string) =>
      within(store, async (tx) => {
        const none = (await tx.count(users, ['1'])) === 0;
        await meet();
        if (none) await tx.insert(users, user(name));
      });
    await Promise.all([makeIfNone('a'), makeIfNone('b')]);
    assert.equal(await within(store, (tx) => tx.count(users, ['1'])), 1);
  });

  test('fits lets nobody overshoot, side by side', async () => {
    const store = await open();
    const made = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        within(store, async (tx) => {
          if (!(await tx.fits(users, ['1', 'g'], 7, 'byGroup'))) return false;
          return tx.insert(users, user(`u${at}`, { groups: ['g'] }));
        }),
      ),
    );
    assert.equal(made.filter(Boolean).length, 7);
    assert.equal(await within(store, (tx) => tx.count(users, ['1', 'g'], 'byGroup')), 7);
  });

  test('fits makes no conflict below the limit', async () => {
    const store = await open();
    const meet = gate(20);
    let runs = 0;
    await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        within(store, async (tx) => {
          runs++;
          assert.equal(await tx.fits(users, ['1'], 100), true);
          await meet();
          await tx.insert(users, user(`u${at}`));
        }),
      ),
    );
    assert.equal(runs, 20);
  });

  test('fits counts what the write set itself wrote', async () => {
    const store = await open();
    const answers = await within(store, async (tx) => {
      const found: boolean[] = [];
      for (const name of ['a', 'b', 'c']) {
        found.push(await tx.fits(users, ['1'], 2));
        if (found.at(-1)) await tx.insert(users, user(name));
      }
      await tx.remove(users, ['1', 'a']);
      return [...found, await tx.fits(users, ['1'], 2)];
    });
    assert.deepEqual(answers, [true, true, false, true]);
  });
}
