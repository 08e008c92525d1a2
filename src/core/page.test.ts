import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PageRequest, Table } from '../store/store.ts';
import type { Context } from './context.ts';
import { paging, tokenOf } from './page.ts';

const numbers: Table<number> = { name: 'numbers', key: (row) => [String(row)], indexes: {} };

/** A store of the numbers below `size`, whose cursors are the numbers themselves. */
function storeOf(size: number) {
  const list = async (_table: unknown, _prefix: unknown, { limit, after }: PageRequest) => {
    const from = after === undefined ? 0 : Number(after) + 1;
    const rows = Array.from({ length: Math.max(0, Math.min(limit, size - from)) }, (_, at) => from + at);
    const last = rows.at(-1);
    return { rows, ...(last !== undefined && last + 1 < size && { next: String(last) }) };
  };
  return { store: { list } } as unknown as Context;
}

const { rows, items } = paging({
  size: 'Limit',
  standard: 10,
  most: 50,
  token: 'Marker',
  end: (Marker) => ({ ...(Marker !== undefined && { Marker }) }),
  refuse: (token) => {
    throw new Error(`not mine: ${token}`);
  },
});

async function walk(size: number, asked: { Limit?: number }, keep?: (row: number) => boolean) {
  const pages: number[][] = [];
  let Marker: string | undefined;
  do {
    const found = await rows(storeOf(size), numbers, [], { ...asked, Marker }, { keep });
    pages.push([...found.rows]);
    ({ Marker } = found.page);
  } while (Marker !== undefined);
  return pages;
}

test('a page has as many rows as asked for, the standard number else, never more than the most', async () => {
  assert.deepEqual(
    (await walk(25, {})).map(({ length }) => length),
    [10, 10, 5],
  );
  assert.deepEqual(
    (await walk(5, { Limit: 2 })).map(({ length }) => length),
    [2, 2, 1],
  );
  assert.deepEqual(
    (await walk(60, { Limit: 1000 })).map(({ length }) => length),
    [50, 10],
  );
});

test('rows that are left out do not shorten pages, and none comes twice or never', async () => {
  const keep = (row: number) => row % 7 === 3;
  const pages = await walk(3000, { Limit: 40 }, keep);
  assert.deepEqual(pages.flat(), Array.from({ length: 3000 }, (_, row) => row).filter(keep));
  for (const page of pages.slice(0, -1)) assert.equal(page.length, 40);
});

test('where hardly any row is kept, a page ends after 20,000 rows, with a token', async () => {
  const pages = await walk(50_000, {}, (row) => row === 45_000);
  assert.deepEqual(pages, [[], [], [45_000]]);
});

test('items are paged by their places; tokens that were never given are refused', async () => {
  const letters = [...'abcde'];
  const first = items(letters, { Limit: 3 });
  assert.deepEqual(first.items, ['a', 'b', 'c']);
  assert.deepEqual(items(letters, { Limit: 3, Marker: first.page.Marker }), { items: ['d', 'e'], page: {} });
  assert.throws(() => items(letters, { Marker: tokenOf('-1') }), /not mine/);
  assert.throws(() => items(letters, { Marker: 'x y' }), /not mine: x y/);
  await assert.rejects(rows(storeOf(5), numbers, [], { Marker: '' }), /not mine/);
});
