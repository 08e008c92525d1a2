/** Texts and structures that functions make: none is larger than a message may be, whatever it is made of. */
import type { Regex } from '../../../patterns/regex/index.ts';
import { isStructure, type Value } from './values.ts';

export const LENGTH_MAX = 1_048_576;
export const short = (made: string): string => (made.length > LENGTH_MAX ? made.slice(0, LENGTH_MAX) : made);

/** Every `wanted` by the other text, until it is too long. */
export function replacedText(value: string, wanted: string, by: string): string {
  if (wanted === '') return value;
  let made = '';
  let at = 0;
  for (let found = value.indexOf(wanted); found >= 0 && made.length < LENGTH_MAX; found = value.indexOf(wanted, at)) {
    made += value.slice(at, found) + by;
    at = found + wanted.length;
  }
  return short(made + value.slice(at));
}

export function joinedTexts(texts: readonly string[], by: string): string {
  let made = texts[0] ?? '';
  for (let i = 1; i < texts.length && made.length < LENGTH_MAX; i++) made += by + texts[i];
  return short(made);
}

const REPLACEMENTS_MAX = 10_000;
/** Steps of the search that all replacements of one text may take together. */
const FUEL = 6_000_000;

/** Where the expression matches, one after the other. @throws TooCostly */
export function* matchesIn(value: string, regex: Regex): Generator<readonly number[]> {
  const fuel = { left: FUEL };
  let from = 0;
  for (let count = 0; count < REPLACEMENTS_MAX && from <= value.length; count++) {
    const found = regex.exec(value, from, fuel);
    if (!found) return;
    yield found;
    const [begin = 0, end = 0] = found;
    from = end === begin ? end + 1 : end;
  }
}

/** Every match by the text, in which `$1` and the like stand for groups. */
export function replacedMatches(value: string, regex: Regex, by: string): string {
  let made = '';
  let at = 0;
  for (const found of matchesIn(value, regex)) {
    const [begin = 0, end = 0] = found;
    const group = (n: number) =>
      found[2 * n] === undefined || found[2 * n]! < 0 ? '' : value.slice(found[2 * n], found[2 * n + 1]);
    made += value.slice(at, begin) + by.replace(/[$\\](\d)/g, (_, digit: string) => group(Number(digit)));
    at = end;
    if (made.length > LENGTH_MAX) break;
  }
  return short(made + value.slice(at));
}

const SAMPLE = 20;
const DEPTH_MAX = 8;

/** About how many characters a value takes as text; of long lists, by their first items. */
export function lengthOf(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null || depth === DEPTH_MAX) return 8;
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let sum = 0;
  for (let i = 0; i < items.length && i < SAMPLE; i++) sum += lengthOf(items[i], depth + 1) + 8;
  return items.length <= SAMPLE ? sum : (sum / SAMPLE) * items.length;
}

/** Null for a structure that would be larger: it may hold the same part many times. */
export function modest(made: Value): Value {
  return isStructure(made) && exactly(made, { left: LENGTH_MAX }) < 0 ? null : made;
}

/** What is left of so many characters when it is written out. */
function exactly(value: unknown, room: { left: number }): number {
  if (typeof value === 'string') room.left -= value.length + 2;
  else if (typeof value !== 'object' || value === null) room.left -= 8;
  else {
    for (const item of Array.isArray(value) ? value : Object.values(value)) {
      room.left -= 8;
      if (room.left < 0 || exactly(item, room) < 0) break;
    }
  }
  return room.left;
}
