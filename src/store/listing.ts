/** A page of rows: what is committed merged with what the write set itself wrote, in byte order of keys. */

import { inRange, type Range } from './changeLog.ts';
import type { Committed } from './committed.ts';
import { type Found, isPromise, type Kind } from './driver.ts';
import { compareKeys, cursorOf, encodePart, justAfter, keyOfCursor, rowOfEntry, spaceKey, successor } from './keys.ts';
import type { Key, Page, PageRequest, Table } from './store.ts';
import { spaceOf } from './transaction.ts';
import type { WriteSet } from './writeSet.ts';

export async function listPage<R>(
  state: Committed,
  set: WriteSet,
  table: Table<R>,
  prefix: Key,
  page: PageRequest,
): Promise<Page<R>> {
  const plain = table as unknown as Table<never>;
  const range = rangeOf(plain, prefix, page);
  if (page.limit < 1 || compareKeys(range.from, range.to) >= 0) return { rows: [] };
  const kind: Kind = page.index === undefined ? 'row' : 'entry';
  const own = ownIn(set, plain, page.index, range);
  const number = state.log.known();
  const asked = state.driver.range(kind, range.from, range.to, page.limit + 1 + own.hidden);
  const found = isPromise(asked) ? await asked : asked;
  const merged = merge(found, own.places, page.limit + 1);
  const shown = merged.slice(0, page.limit);
  const last = shown.at(-1);
  const more = merged.length > page.limit && last !== undefined;
  if (!page.unchecked) {
    set.ranges.push({ from: range.from, to: more ? justAfter(merged.at(-1)!.key) : range.to, number });
  }
  const rows: R[] = [];
  for (const place of shown) {
    const row = rowAt(state, kind, place, number);
    rows.push((isPromise(row) ? await row : row) as R);
  }
  return more ? { rows, next: cursorOf(last.key) } : { rows };
}

interface Place extends Found {
  /** This write set's own row; null when it took the committed one away. */
  readonly own?: object | null;
}

function rangeOf(table: Table<never>, prefix: Key, page: PageRequest): Range {
  const space = spaceOf(table, page.index);
  const start = spaceKey(space, prefix) + encodePart(page.startsWith ?? '');
  const after = page.after === undefined ? start : justAfter(keyOfCursor(space, page.after));
  const from = page.from === undefined ? after : later(after, spaceKey(space, prefix) + encodePart(page.from));
  return { from: later(from, start), to: successor(start) };
}

const later = (a: string, b: string) => (compareKeys(a, b) > 0 ? a : b);

/** The write set's own rows of the range in order, and how many committed keys they may hide. */
function ownIn(set: WriteSet, table: Table<never>, index: string | undefined, range: Range) {
  const places: Place[] = [];
  let hidden = 0;
  const space = index === undefined ? '' : spaceKey(`${table.name}.${index}`, []);
  for (const [key, row] of set.rows) {
    if (row.table.name !== table.name) continue;
    const keys = index === undefined ? [{ key, delta: row.own.delta }] : row.entries;
    for (const entry of keys) {
      if (!entry.key.startsWith(space) || !inRange(entry.key, range)) continue;
      const gone = row.after === undefined || (index !== undefined && entry.delta < 0);
      if (gone) hidden++;
      places.push({ key: entry.key, own: gone ? null : (row.after ?? null) });
    }
  }
  places.sort((a, b) => compareKeys(a.key, b.key));
  return { places, hidden };
}

/** At most `limit` places; own ones win over committed ones of the same key. */
function merge(found: readonly Found[], own: readonly Place[], limit: number): Place[] {
  if (own.length === 0) return found.slice(0, limit);
  const merged: Place[] = [];
  let next = 0;
  for (let at = 0; merged.length < limit && (at < found.length || next < own.length); ) {
    const order = compareAt(found[at], own[next]);
    if (order < 0) merged.push(found[at]!);
    else if (own[next]!.own !== null) merged.push(own[next]!);
    if (order <= 0) at++;
    if (order >= 0) next++;
  }
  return merged;
}

function compareAt(found: Found | undefined, own: Place | undefined): number {
  if (found === undefined) return 1;
  return own === undefined ? -1 : compareKeys(found.key, own.key);
}

function rowAt(state: Committed, kind: Kind, place: Place, readAt: number) {
  if (place.own) return place.own;
  const key = kind === 'row' ? place.key : rowOfEntry(place.key);
  return place.body === undefined ? state.row(key) : state.rowWithBody(key, place.body, readAt);
}
