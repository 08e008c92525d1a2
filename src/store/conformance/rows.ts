import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entry, gate, insertAll, type Open, user, userKeys, users, within } from './fixtures.ts';

export function rowSuite(open: Open): void {
  test('get returns the same frozen object for as long as the row is unchanged', async () => {
    const store = await open();
    await insertAll(store, [user('ann', { age: 1, groups: ['a'] })]);
    const read = () => within(store, (tx) => tx.get(users, ['1', 'ann']));
    const first = await read();
    await insertAll(store, [user('bob')]);
    assert.equal(await read(), first);
    assert.throws(() => Object.assign(first!, { age: 2 }), TypeError);
    assert.throws(() => (first!.groups as string[]).push('b'), TypeError);
    await within(store, (tx) => tx.replace(users, { ...first!, age: 2 }));
    assert.equal((await read())?.age, 2);
  });

  test('insert returns false and writes nothing when the key is taken', async () => {
    const store = await open();
    const inserted = await within(store, async (tx) => [
      await tx.insert(users, user('ann', { age: 1 })),
      await tx.insert(users, user('ann', { age: 2 })),
    ]);
    assert.deepEqual(inserted, [true, false]);
    assert.equal(await within(store, (tx) => tx.insert(users, user('ann', { age: 3 }))), false);
    assert.equal((await within(store, (tx) => tx.get(users, ['1', 'ann'])))?.age, 1);
  });

  test('replace writes whether or not the row is there, and moves its index keys', async () => {
    const store = await open();
    await within(store, (tx) => tx.replace(users, user('ann', { path: '/a/', groups: ['x', 'y'] })));
    await within(store, (tx) => tx.replace(users, user('ann', { path: '/b/', groups: ['y', 'z'] })));
    const found = async (index: string, value: string) =>
      (await within(store, (tx) => tx.list(users, ['1', value], { limit: 9, index }))).rows.length;
    assert.deepEqual([await found('byPath', '/a/'), await found('byPath', '/b/')], [0, 1]);
    assert.deepEqual(
      [await found('byGroup', 'x'), await found('byGroup', 'y'), await found('byGroup', 'z')],
      [0, 1, 1],
    );
  });

  test('remove says whether there was a row; insert after remove works in one write set', async () => {
    const store = await open();
    await insertAll(store, [user('ann', { age: 1, path: '/' })]);
    const answers = await within(store, async (tx) => [
      await tx.remove(users, ['1', 'nobody']),
      await tx.remove(users, ['1', 'ann']),
      await tx.remove(users, ['1', 'ann']),
      await tx.get(users, ['1', 'ann']),
      await tx.insert(users, user('ann', { age: 2 })),
    ]);
    assert.deepEqual(answers, [false, true, false, undefined, true]);
    assert.equal((await within(store, (tx) => tx.get(users, ['1', 'ann'])))?.age, 2);
    const listed = await within(store, (tx) => tx.list(users, ['1', '/'], { limit: 9, index: 'byPath' }));
    assert.deepEqual(listed.rows, []);
  });

  test('bytes are kept with the rows of their write set, and dropped with them', async () => {
    const store = await open();
    const one = new Uint8Array([0, 1, 255]);
    const own = await within(store, async (tx) => {
      tx.putBytes('b-1', one);
      tx.putBytes('b-2', new Uint8Array(20_000).fill(7));
      return tx.bytes('b-1');
    });
    assert.deepEqual(own, one);
    const read = (id: string) => within(store, (tx) => tx.bytes(id));
    assert.deepEqual(new Uint8Array((await read('b-1'))!), one);
    assert.equal((await read('b-2'))!.length, 20_000);
    await assert.rejects(
      within(store, async (tx) => {
        tx.dropBytes('b-1');
        tx.putBytes('b-3', one);
        assert.equal(await tx.bytes('b-1'), undefined);
        throw new Error('no');
      }),
    );
    assert.equal(await read('b-3'), undefined);
    await within(store, async (tx) => tx.dropBytes('b-1'));
    assert.equal(await read('b-1'), undefined);
    await store.clear();
    assert.equal(await read('b-2'), undefined);
  });

  test('watch rings for each changed row with that first part, until it is told to stop', async () => {
    const store = await open();
    let rung = 0;
    const stop = store.watch(users, '1', () => rung++);
    await insertAll(store, [user('ann'), user('bob'), { account: '2', name: 'else' }]);
    assert.equal(rung, 2);
    await within(store, (tx) => tx.remove(users, ['1', 'ann']));
    assert.equal(rung, 3);
    await within(store, (tx) => tx.get(users, ['1', 'bob']));
    stop();
    await insertAll(store, [user('eve')]);
    assert.equal(rung, 3);
  });

  test('an unchecked list and count may be out of date when the write set commits', async () => {
    const store = await open();
    const meet = gate(2);
    let runs = 0;
    const outdated = store.transaction(async (tx) => {
      runs++;
      await tx.list(users, ['1'], { limit: 9, unchecked: true });
      await tx.count(users, ['1'], undefined, 'unchecked');
      await tx.insert(users, user('mine'));
      await meet();
    });
    await insertAll(store, [user('ann')]);
    await meet();
    await outdated;
    assert.equal(runs, 1);
  });

  test('a work that throws leaves nothing behind', async () => {
    const store = await open();
    const failing = within(store, async (tx) => {
      await tx.insert(users, user('ann'));
      tx.append(entry(1));
      throw new Error('no');
    });
    await assert.rejects(failing, /^Error: no$/);
    assert.equal(await within(store, (tx) => tx.get(users, ['1', 'ann'])), undefined);
    assert.equal(await store.journal.tip(), 0);
  });

  test('nobody sees rows of a write set before it has committed', async () => {
    const store = await open();
    await within(store, async (tx) => {
      await tx.insert(users, user('ann'));
      await within(store, async (other) => {
        assert.equal(await other.get(users, ['1', 'ann']), undefined);
        assert.deepEqual((await other.list(users, ['1'], { limit: 9 })).rows, []);
        assert.equal(await other.count(users, ['1']), 0);
      });
    });
    assert.notEqual(await within(store, (tx) => tx.get(users, ['1', 'ann'])), undefined);
  });

  test('of two that read the same row and write, one runs again on the new state', async () => {
    const store = await open();
    await insertAll(store, [user('ann', { age: 0 })]);
    const meet = gate(2);
    let runs = 0;
    const grow = () =>
      within(store, async (tx) => {
        runs++;
        const row = (await tx.get(users, ['1', 'ann']))!;
        await meet();
        await tx.replace(users, { ...row, age: row.age! + 1 });
      });
    await Promise.all([grow(), grow()]);
    assert.equal((await within(store, (tx) => tx.get(users, ['1', 'ann'])))?.age, 2);
    assert.equal(runs, 3);
  });

  test('sixty side by side on one row all count', async () => {
    const store = await open();
    await insertAll(store, [user('ann', { age: 0 })]);
    const grow = () =>
      within(store, async (tx) => {
        const row = (await tx.get(users, ['1', 'ann']))!;
        await tx.replace(users, { ...row, age: row.age! + 1 });
      });
    await Promise.all(Array.from({ length: 60 }, grow));
    assert.equal((await within(store, (tx) => tx.get(users, ['1', 'ann'])))?.age, 60);
  });

  test('absence is checked too: one of two inserts of a key wins', async () => {
    const store = await open();
    const meet = gate(2);
    const make = (age: number) =>
      within(store, async (tx) => {
        const taken = (await tx.get(users, ['1', 'ann'])) !== undefined;
        await meet();
        return !taken && tx.insert(users, user('ann', { age }));
      });
    const won = await Promise.all([make(1), make(2)]);
    assert.deepEqual(won.toSorted(), [false, true]);
  });

  test('a listing that has changed makes its reader run again', async () => {
    const store = await open();
    const meet = gate(2);
    const makeIfAlone = (name: string) =>
      within(store, async (tx) => {
        const { rows } = await tx.list(users, ['1', '/'], { limit: 5, index: 'byPath' });
        await meet();
        if (rows.length === 0) await tx.insert(users, user(name, { path: '/' }));
      });
    await Promise.all([makeIfAlone('ann'), makeIfAlone('bob')]);
    assert.equal((await within(store, (tx) => tx.list(users, ['1'], { limit: 5 }))).rows.length, 1);
  });

  test('who only reads or only tells the journal runs once', async () => {
    const store = await open();
    await insertAll(store, [user('ann', { age: 1 })]);
    let runs = 0;
    await within(store, async (tx) => {
      runs++;
      await tx.get(users, ['1', 'ann']);
      await within(store, (other) => other.replace(users, user('ann', { age: 2 })));
      tx.append(entry(1));
    });
    assert.equal(runs, 1);
  });

  test('what always loses gives up with StoreBusy', async () => {
    const store = await open();
    const losing = within(store, async (tx) => {
      const row = await tx.get(users, ['1', 'ann']);
      await within(store, (other) => other.replace(users, user('ann', { age: (row?.age ?? 0) + 1 })));
      await tx.replace(users, user('ann', { age: -1 }));
    });
    await assert.rejects(losing, { name: 'StoreBusy' });
  });

  test('keys hold any text and tables stay apart', async () => {
    const store = await open();
    const odd = [
      '',
      'a\u0000b',
      'a\u0001b',
      'a\u001fb',
      '\ud800',
      '\udfff',
      '\ufffd',
      '😀',
      "'; drop",
      'a',
      'a\u00010000b',
    ];
    await insertAll(
      store,
      odd.map((name, age) => user(name, { age })),
    );
    await within(store, (tx) => tx.insert(users, { account: '1\u001fa', name: 'b', age: 99 }));
    for (const [age, name] of odd.entries()) {
      assert.equal((await within(store, (tx) => tx.get(users, ['1', name])))?.age, age);
      assert.equal(await within(store, (tx) => tx.get(userKeys, ['1', name])), undefined);
    }
    assert.equal((await within(store, (tx) => tx.list(users, ['1'], { limit: 50 }))).rows.length, odd.length);
    assert.deepEqual((await within(store, (tx) => tx.list(userKeys, [], { limit: 50 }))).rows, []);
  });

  test('what JSON cannot keep is refused', async () => {
    const store = await open();
    for (const age of [new Date(0), new Map(), Buffer.from('a'), () => 1, 1n]) {
      const row = user('ann', { age: age as unknown as number });
      await assert.rejects(
        within(store, (tx) => tx.insert(users, row)),
        TypeError,
      );
    }
  });

  test('a transaction is over when its work is', async () => {
    const store = await open();
    const tx = await within(store, async (one) => one);
    await assert.rejects(tx.get(users, ['1', 'ann']), /ended/);
    assert.throws(() => tx.append(entry(1)), /ended/);
  });

  test('clear empties everything, also for those at work', async () => {
    const store = await open();
    await insertAll(store, [user('ann', { path: '/' })]);
    await within(store, async (tx) => tx.append(entry(1)));
    await store.journal.catchUp();
    await store.clear();
    await within(store, async (tx) => {
      assert.equal(await tx.get(users, ['1', 'ann']), undefined);
      assert.equal(await tx.count(users, ['1']), 0);
      assert.deepEqual((await tx.list(users, ['1', '/'], { limit: 5, index: 'byPath' })).rows, []);
    });
    assert.equal(await store.journal.tip(), 0);
    const question = { kind: 'api', account: '1', region: 'eu-west-1', limit: 5 };
    assert.deepEqual((await store.journal.lookup(question)).entries, []);
  });
}
