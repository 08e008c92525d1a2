import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recentReads } from './recentReads.ts';
import type { JournalRow } from './store.ts';

const common = { kind: 'api', account: '1', region: 'r', time: 0, body: '{}' };
const rowsOf = (...sequences: number[]): JournalRow[] =>
  sequences.map((sequence) => ({ ...common, id: String(sequence), sequence }));

function journal() {
  const all: JournalRow[] = [];
  let fresh = 0;
  const { read, forget } = recentReads((after, limit) => {
    const found = all.filter(({ sequence }) => sequence > after).slice(0, limit);
    fresh += found.length;
    // As a database does: new objects each time.
    return found.map((row) => ({ ...row }));
  });
  const sequences = (after: number, limit: number) => read(after, limit).map(({ sequence }) => sequence);
  return { all, read, forget, sequences, fresh: () => fresh };
}

test('readers one after the other get the same entries, read once', () => {
  const { all, read, sequences, fresh } = journal();
  all.push(...rowsOf(1, 2, 4, 5, 9));
  const first = read(0, 3);
  assert.equal(read(0, 2)[0], first[0]);
  assert.deepEqual(sequences(1, 10), [2, 4, 5, 9]);
  assert.deepEqual(sequences(3, 2), [4, 5]);
  assert.equal(fresh(), 5);
  all.push(...rowsOf(12, 13));
  assert.deepEqual(sequences(5, 10), [9, 12, 13]);
  assert.deepEqual(sequences(13, 10), []);
  assert.equal(fresh(), 7);
});

test('whatever is read when, it is what the journal holds', () => {
  const { all, forget, sequences } = journal();
  all.push(...rowsOf(...Array.from({ length: 6000 }, (_, n) => 2 * n + 1)));
  for (const after of [0, 4000, 3999, 100, 11_000, 7001, 11_990, 12_000, 0, 5555]) {
    for (const limit of [1, 7, 512, 3000]) {
      const expected = all.filter(({ sequence }) => sequence > after).slice(0, limit);
      assert.deepEqual(
        sequences(after, limit),
        expected.map(({ sequence }) => sequence),
        `${after} ${limit}`,
      );
    }
  }
  all.length = 0;
  forget();
  all.push(...rowsOf(1));
  assert.deepEqual(sequences(0, 5), [1]);
});
