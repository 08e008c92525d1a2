import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Key, PageRequest, Store, Transaction } from '../store.ts';
import { insertAll, names, type Open, type User, user, users, within } from './fixtures.ts';

export function listingSuite(open: Open): void {
  test('list pages in byte order, limit honoured, next only when there is more', async () => {
    const store = await open();
    const inOrder = ['', '-', 'A', 'a', 'a-b', 'aa', 'b', 'é', '\uffff', '😀'];
    await insertAll(
      store,
      inOrder.toReversed().map((name) => user(name)),
    );
    await insertAll(store, [
      { account: '0', name: 'z' },
      { account: '10', name: 'z' },
      { account: '2', name: 'z' },
    ]);
    for (const limit of [1, 3, 5, 9]) assert.deepEqual(await pages(store, ['1'], { limit }), inOrder);
    const exact = await within(store, (tx) => tx.list(users, ['1'], { limit: inOrder.length }));
    assert.equal(exact.next, undefined);
    assert.deepEqual(names(exact), inOrder);
    assert.deepEqual((await within(store, (tx) => tx.list(users, ['1'], { limit: 0 }))).rows, []);
  });

  test('startsWith narrows the next part only', async () => {
    const store = await open();
    await insertAll(
      store,
      ['a', 'ab', 'abc', 'b', 'a\ufffe'].map((name) => user(name, { path: `/${name}/` })),
    );
    const list = (page: Omit<PageRequest, 'limit'>, prefix: Key = ['1']) =>
      within(store, async (tx) => names(await tx.list(users, prefix, { limit: 9, ...page })));
    assert.deepEqual(await list({ startsWith: 'ab' }), ['ab', 'abc']);
    assert.deepEqual(await list({ startsWith: 'a' }), ['a', 'ab', 'abc', 'a\ufffe']);
    assert.deepEqual(await list({ startsWith: '/ab', index: 'byPath' }), ['ab', 'abc']);
    assert.deepEqual(await list({ startsWith: 'a', index: 'byPath' }, ['1', '/a/']), []);
  });

  test('from leaves out what comes before, and goes with a cursor', async () => {
    const store = await open();
    await insertAll(
      store,
      ['a', 'ab', 'b', 'c'].map((name) => user(name, { path: `/${name}/` })),
    );
    const page = (page: PageRequest) => within(store, (tx) => tx.list(users, ['1'], page));
    assert.deepEqual(names(await page({ limit: 9, from: 'ab' })), ['ab', 'b', 'c']);
    assert.deepEqual(names(await page({ limit: 9, from: 'aa' })), ['ab', 'b', 'c']);
    assert.deepEqual(names(await page({ limit: 9, from: '/b', index: 'byPath' })), ['b', 'c']);
    const first = await page({ limit: 1, from: 'ab' });
    assert.deepEqual(names(await page({ limit: 9, from: 'ab', after: first.next })), ['b', 'c']);
    assert.deepEqual(names(await page({ limit: 9, from: 'a', startsWith: 'b' })), ['b']);
  });

  test('index keys that are not unique page without gaps or repeats', async () => {
    const store = await open();
    const many = Array.from({ length: 25 }, (_, at) => user(`u${String(at).padStart(2, '0')}`, { path: '/same/' }));
    await insertAll(store, [...many, user('other', { path: '/samf/' })]);
    const found = await pages(store, ['1', '/same/'], { limit: 4, index: 'byPath' });
    assert.deepEqual(
      found,
      many.map((one) => one.name),
    );
  });

  test('a cursor from outside the prefix is clamped into it; nonsense is only a place', async () => {
    const store = await open();
    await insertAll(store, [user('a'), user('b'), { account: '2', name: 'a' }, { account: '2', name: 'b' }]);
    const cursor = async (account: string) =>
      (await within(store, (tx) => tx.list(users, [account], { limit: 1 }))).next!;
    const list = (account: string, after: string) =>
      within(store, async (tx) => names(await tx.list(users, [account], { limit: 9, after })));
    assert.deepEqual(await list('2', await cursor('1')), ['a', 'b']);
    assert.deepEqual(await list('1', await cursor('2')), []);
    assert.match(await cursor('1'), /^[\w-]+$/);
    for (const after of ['', '*&^%', 'AAAA', 'zzzzzzzz', '\u0000']) assert.ok(Array.isArray(await list('1', after)));
  });

  test('an index that is not declared is refused', async () => {
    const store = await open();
    await assert.rejects(
      within(store, (tx) => tx.list(users, ['1'], { limit: 1, index: 'byAge' })),
      /no index byAge/,
    );
  });

  test('10,000 rows page completely, also while others come and go', async () => {
    const store = await open();
    const all = Array.from({ length: 10_000 }, (_, at) => user(`u${String(at).padStart(5, '0')}`, { path: '/' }));
    await insertAll(store, all);
    assert.deepEqual(
      await pages(store, ['1'], { limit: 1000 }),
      all.map((one) => one.name),
    );
    let after: string | undefined;
    const seen: string[] = [];
    for (let round = 0; ; round++) {
      const page = await within(store, (tx) => tx.list(users, ['1', '/'], { limit: 700, index: 'byPath', after }));
      seen.push(...names(page));
      await insertAll(store, [user(`a${round}`, { path: '/' })]);
      await within(store, (tx) => tx.remove(users, ['1', page.rows[0]!.name]));
      if (page.next === undefined) break;
      after = page.next;
    }
    assert.deepEqual(
      seen,
      all.map((one) => one.name),
    );
  });

  test('a listing is that of a plain list with the write set in it, whatever was written', async () => {
    const store = await open();
    const property = fc.asyncProperty(changes, changes, question, async (before, own, asked) => {
      await store.clear();
      const model = new Map<string, User>();
      await within(store, (tx) => apply(tx, before, model));
      await within(store, async (tx) => {
        await apply(tx, own, model);
        for (let after: string | undefined, left = expected(model, asked); ; ) {
          const page = await tx.list(users, asked.prefix, { ...asked.page, after });
          assert.deepEqual(page.rows, left.slice(0, asked.page.limit));
          left = left.slice(asked.page.limit);
          assert.equal(page.next !== undefined, left.length > 0);
          after = page.next;
          if (after === undefined) break;
        }
        const inGroup = await tx.count(users, ['a', 'b'], 'byGroup');
        assert.equal(
          inGroup,
          [...model.values()].filter((one) => one.account === 'a' && one.groups!.includes('b')).length,
        );
        assert.equal(await tx.count(users, ['a']), [...model.values()].filter((one) => one.account === 'a').length);
      });
    });
    await fc.assert(property, { numRuns: 150 });
  });
}

async function pages(store: Store, prefix: Key, page: PageRequest): Promise<string[]> {
  const found: string[] = [];
  for (let after: string | undefined; ; ) {
    const answer = await within(store, (tx) => tx.list(users, prefix, { ...page, after }));
    assert.ok(answer.rows.length <= page.limit);
    found.push(...names(answer));
    after = answer.next;
    if (after === undefined) return found;
  }
}

type Write = { readonly kind: 'insert' | 'replace' | 'remove'; readonly row: User };

const part = fc.constantFrom('a', 'b', 'ab', 'é', '\uffff', '😀', '');
const row = fc.record(
  { account: part, name: part, path: part, groups: fc.uniqueArray(part, { maxLength: 3 }) },
  { noNullPrototype: true },
);
const changes = fc.array(fc.record({ kind: fc.constantFrom('insert', 'replace', 'remove'), row }), { maxLength: 25 });
const question = fc.record({
  prefix: fc.array(part, { maxLength: 1 }),
  page: fc.record({
    limit: fc.integer({ min: 1, max: 6 }),
    index: fc.constantFrom('byPath', 'byGroup', undefined),
    startsWith: fc.option(part, { nil: undefined }),
  }),
}) as fc.Arbitrary<{ prefix: string[]; page: PageRequest }>;

async function apply(tx: Transaction, writes: readonly { kind: string; row: User }[], model: Map<string, User>) {
  for (const { kind, row } of writes as readonly Write[]) {
    const key = JSON.stringify(users.key(row));
    if (kind === 'insert') assert.equal(await tx.insert(users, row), !model.has(key));
    if (kind === 'replace') await tx.replace(users, row);
    if (kind === 'remove') assert.equal(await tx.remove(users, users.key(row)), model.delete(key));
    else if (kind === 'replace' || !model.has(key)) model.set(key, row);
  }
}

function expected(model: Map<string, User>, { prefix, page }: { prefix: Key; page: PageRequest }): User[] {
  const places = [...model.values()].flatMap((one) => {
    const keys = page.index === undefined ? [users.key(one)] : users.indexes[page.index]!(one);
    return keys.map((key) => ({ key, place: [...key, ...users.key(one)], one }));
  });
  return places
    .filter(({ key }) => prefix.every((value, at) => key[at] === value))
    .filter(({ key }) => (key[prefix.length] ?? '').startsWith(page.startsWith ?? ''))
    .sort((a, b) => compareParts(a.place, b.place))
    .map(({ one }) => one);
}

function compareParts(a: Key, b: Key): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : Buffer.compare(Buffer.from(a[at]!), Buffer.from(b[at]!));
}
