/**
 * What one request read and wrote: its reads with the commit they were made at, and per row it wrote what was there
 * before and what shall be there after.
 */
import type { Range } from './changeLog.ts';
import type { Change, LookupRow } from './driver.ts';
import { counterOfChange, entryKeys } from './keys.ts';
import type { JournalEntry, Table } from './store.ts';

export interface WriteSet {
  /** The newest commit when it began. */
  readonly started: number;
  readonly reads: Map<string, number>;
  readonly ranges: RangeRead[];
  readonly counts: CountRead[];
  readonly rows: Map<string, RowChange>;
  /** What the rows written add to and take from counters. */
  readonly deltas: Map<string, number>;
  /** Bytes by id; null: dropped. */
  readonly bytes: Map<string, Uint8Array | null>;
  readonly journal: JournalEntry[];
  readonly lookups: LookupRow[];
  /** No longer usable: its work has ended. */
  ended: boolean;
}

export interface RangeRead extends Range {
  readonly number: number;
}

/** The committed number was `value`; or one more than it and `own` did (or did not) fit under `max`. */
export interface CountRead {
  readonly counter: string;
  readonly holds: (value: number) => boolean;
}

export interface RowChange {
  readonly table: Table<object>;
  readonly before: object | undefined;
  readonly after: object | undefined;
  /** What becomes of the row's own key. */
  readonly own: Change;
  /** Index keys with what becomes of them; also those that stay, because their row changed. */
  readonly entries: readonly Change[];
}

export function writeSet(started: number): WriteSet {
  return {
    started,
    reads: new Map(),
    ranges: [],
    counts: [],
    rows: new Map(),
    deltas: new Map(),
    bytes: new Map(),
    journal: [],
    lookups: [],
    ended: false,
  };
}

/** Whether it depends on what it read: what only tells the journal does not. */
export function mustBeChecked(set: WriteSet): boolean {
  return set.rows.size > 0 || set.lookups.length > 0;
}

/** Writes a row (or, with undefined, removes it). `before` is what is committed. */
export function change<R extends object>(
  set: WriteSet,
  table: Table<R>,
  key: string,
  before: R | undefined,
  after: R | undefined,
): void {
  const earlier = set.rows.get(key);
  if (earlier !== undefined) count(set, earlier, -1);
  const own = { key, delta: (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1) };
  const entries = entryChanges(table, key, before, after);
  const next: RowChange = { table: table as unknown as Table<object>, before, after, own, entries };
  set.rows.set(key, next);
  count(set, next, 1);
}

function count({ deltas }: WriteSet, { own, entries }: RowChange, sign: 1 | -1): void {
  add(deltas, own, sign);
  for (const entry of entries) add(deltas, entry, sign);
}

/** Counts a change, or with -1 takes it back. */
export function add(deltas: Map<string, number>, change: Change, sign: 1 | -1 = 1): void {
  if (change.delta === 0) return;
  const counter = counterOfChange(change);
  deltas.set(counter, (deltas.get(counter) ?? 0) + sign * change.delta);
}

function entryChanges<R extends object>(
  table: Table<R>,
  key: string,
  before: R | undefined,
  after: R | undefined,
): readonly Change[] {
  const added = after === undefined ? [] : entryKeys(table, after, key);
  if (before === undefined) return unique(added).map((entry) => ({ key: entry, delta: 1 }));
  const changes = new Map(entryKeys(table, before, key).map((entry) => [entry, -1]));
  for (const entry of unique(added)) changes.set(entry, changes.has(entry) ? 0 : 1);
  return Array.from(changes, ([entry, delta]) => ({ key: entry, delta }));
}

const unique = (keys: readonly string[]): readonly string[] => (keys.length < 2 ? keys : [...new Set(keys)]);
