/** A write set as services see it. What is in memory is answered without waiting. */
import type { Committed } from './committed.ts';
import { isPromise, type Kind, type Maybe } from './driver.ts';
import { entryCounter, rowKey, spaceKey } from './keys.ts';
import { listPage } from './listing.ts';
import { freezeRow } from './rowCache.ts';
import type { Key, Table, Transaction } from './store.ts';
import { change, type WriteSet } from './writeSet.ts';

export function transactionOver(state: Committed, set: WriteSet): Transaction {
  return {
    async get<R>(table: Table<R>, key: Key) {
      return readRow(state, set, rowKey(table as Table<never>, key)) as Maybe<R | undefined>;
    },
    async insert<R>(table: Table<R>, row: R) {
      const key = rowKey(table as Table<never>, table.key(row));
      const found = readRow(state, set, key);
      return write(set, table, key, isPromise(found) ? await found : found, (now) => now === undefined, row);
    },
    async replace<R>(table: Table<R>, row: R) {
      const key = rowKey(table as Table<never>, table.key(row));
      const found = readRow(state, set, key);
      write(set, table, key, isPromise(found) ? await found : found, (now) => now !== row, row);
    },
    async remove<R>(table: Table<R>, key: Key) {
      const text = rowKey(table as Table<never>, key);
      const found = readRow(state, set, text);
      return write(set, table, text, isPromise(found) ? await found : found, (now) => now !== undefined, undefined);
    },
    async list(table, prefix, page) {
      requireOpen(set);
      return listPage(state, set, table, prefix, page);
    },
    async count(table, prefix, index, unchecked) {
      const { counter, committed, own } = await countNow(state, set, table as Table<never>, prefix, index);
      if (!unchecked) set.counts.push({ counter, holds: (value) => value === committed });
      return committed + own;
    },
    async fits(table, prefix, max, index) {
      const { counter, committed, own } = await countNow(state, set, table as Table<never>, prefix, index);
      const fitsIn = (value: number) => value + own < max;
      const answer = fitsIn(committed);
      set.counts.push({ counter, holds: (value) => fitsIn(value) === answer });
      return answer;
    },
    putBytes(id, bytes) {
      requireOpen(set);
      set.bytes.set(id, bytes);
    },
    async bytes(id) {
      requireOpen(set);
      const own = set.bytes.get(id);
      return own === undefined ? state.driver.bytes(id) : (own ?? undefined);
    },
    dropBytes(id) {
      requireOpen(set);
      set.bytes.set(id, null);
    },
    append(entry) {
      requireOpen(set);
      set.journal.push(entry);
    },
  };
}

function readRow(state: Committed, set: WriteSet, key: string): Maybe<object | undefined> {
  requireOpen(set);
  const own = set.rows.get(key);
  if (own !== undefined) return own.after;
  if (!set.reads.has(key)) set.reads.set(key, state.log.known());
  return state.row(key);
}

/** Writes where what is there now allows it: `found`, or what this write set made of it meanwhile. */
function write<R>(
  set: WriteSet,
  table: Table<R>,
  key: string,
  found: object | undefined,
  allowed: (now: object | undefined) => boolean,
  row: R | undefined,
): boolean {
  requireOpen(set);
  const own = set.rows.get(key);
  if (!allowed(own === undefined ? found : own.after)) return false;
  const after = row === undefined ? undefined : (freezeRow(row) as object);
  change(set, table as unknown as Table<object>, key, own === undefined ? found : own.before, after);
  return true;
}

async function countNow(state: Committed, set: WriteSet, table: Table<never>, prefix: Key, index?: string) {
  requireOpen(set);
  if (index === undefined && prefix.length !== 1)
    throw new TypeError('rows are counted by the first part of their key');
  const kind: Kind = index === undefined ? 'row' : 'entry';
  const space = spaceOf(table, index);
  const counter = index === undefined ? spaceKey(space, prefix) : entryCounter(space, prefix);
  const loaded = state.counts.load(kind, counter);
  const committed = isPromise(loaded) ? await loaded : loaded;
  return { counter, committed, own: set.deltas.get(counter) ?? 0 };
}

/** @throws TypeError for an index that the table does not declare. */
export function spaceOf(table: Table<never>, index: string | undefined): string {
  if (index === undefined) return table.name;
  if (!Object.hasOwn(table.indexes, index)) throw new TypeError(`table ${table.name} has no index ${index}`);
  return `${table.name}.${index}`;
}

function requireOpen(set: WriteSet): void {
  if (set.ended) throw new Error('the transaction has ended');
}
