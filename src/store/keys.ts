/**
 * How keys become text: every part is followed by U+001F, after the name of the table (`iam_user`) or of its index
 * (`iam_user.byId`). So a prefix of parts is a prefix of text, and one ordered space holds every table. An index key is
 * followed by a mark and the key of its row, which makes it unique and tells the row it leads to.
 *
 * Order is byte order of UTF-8, in memory as in the databases. What a database cannot hold or what would be taken for a
 * separator (U+0000, U+0001, U+001F, half a surrogate pair) is written as U+0001 and four hexadecimal digits.
 */
import type { Key, Table } from './store.ts';

const end = '\u001f';
const escapeMark = '\u0001';
/** Between an index key and its row's key. An escape never has this second character. */
const mark = `${escapeMark}!`;

export function rowKey(table: Table<never>, key: Key): string {
  return spaceKey(table.name, key);
}

/** The index keys of a row, as text. */
export function entryKeys<R>(table: Table<R>, row: R, key: string): string[] {
  const found: string[] = [];
  for (const name in table.indexes) {
    for (const parts of table.indexes[name]!(row)) {
      found.push(spaceKey(`${table.name}.${name}`, parts) + mark + key.slice(table.name.length + 1));
    }
  }
  return found;
}

export function spaceKey(space: string, parts: Key): string {
  let text = space + end;
  for (const part of parts) text += encodePart(part) + end;
  return text;
}

export function encodePart(part: string): string {
  for (let at = 0; at < part.length; at++) if (isSpecial(part.charCodeAt(at))) return escaped(part);
  return part;
}

/** The key of the row that an index key leads to. */
export function rowOfEntry(entry: string): string {
  const at = entry.indexOf(mark);
  return entry.slice(0, entry.indexOf('.')) + end + entry.slice(at + mark.length);
}

/** What a row counts towards: its table and first part. What an index key counts towards: all of it but the row. */
export function counterOf(key: string): string {
  const at = key.indexOf(mark);
  if (at >= 0) return key.slice(0, at + mark.length);
  return key.slice(0, key.indexOf(end, key.indexOf(end) + 1) + 1);
}

/** What a change counts towards: cut out of its key once, since a fresh text costs a hash at every look-up. */
export function counterOfChange(change: { readonly key: string; counter?: string }): string {
  change.counter ??= counterOf(change.key);
  return change.counter;
}

/** The counter of a whole index key. */
export function entryCounter(space: string, parts: Key): string {
  return spaceKey(space, parts) + mark;
}

/** The least text after every text with this prefix. */
export function successor(prefix: string): string {
  const points = Array.from(prefix, (point) => point.codePointAt(0)!);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    return String.fromCodePoint(...points, last + 1 === 0xd800 ? 0xe000 : last + 1);
  }
  throw new RangeError('no text comes after this prefix');
}

/** The least text after this key: no key continues with less than the escape. */
export function justAfter(key: string): string {
  return key + escapeMark;
}

/** Byte order of the two texts' UTF-8; JavaScript's own order differs above U+D7FF. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** A cursor is the key without its space: letters, digits, `-` and `_` only. */
export function cursorOf(key: string): string {
  return Buffer.from(key.slice(key.indexOf(end) + 1)).toString('base64url');
}

/** A cursor before every row whose key (after the prefix that is listed) begins with these parts or comes later. */
export function cursorAt(parts: Key): string {
  return Buffer.from(parts.map(encodePart).join(end)).toString('base64url');
}

export function keyOfCursor(space: string, cursor: string): string {
  return space + end + Buffer.from(cursor, 'base64url').toString();
}

function isSpecial(unit: number): boolean {
  return unit < 2 || unit === 0x1f || (unit >= 0xd800 && unit <= 0xdfff);
}

function escaped(part: string): string {
  let text = '';
  for (const point of part) {
    const special = point.length === 1 && isSpecial(point.charCodeAt(0));
    text += special ? escapeMark + point.charCodeAt(0).toString(16).padStart(4, '0') : point;
  }
  return text;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
