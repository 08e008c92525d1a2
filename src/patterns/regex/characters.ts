/** Sets of UTF-16 code units: sorted ranges that do not touch. */
export type Range = readonly [from: number, to: number];
export type Characters = readonly Range[];

const LAST = 0xffff;

export const of = (...ranges: readonly Range[]): Characters => joined(ranges);

export function joined(ranges: readonly Range[]): Characters {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = merged.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

export function allBut(set: Characters): Characters {
  const rest: Range[] = [];
  let next = 0;
  for (const [from, to] of set) {
    if (from > next) rest.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST) rest.push([next, LAST]);
  return rest;
}

export const has = (set: Characters, unit: number) => set.some(([from, to]) => unit >= from && unit <= to);

/** With the other case of every letter. Ranges beyond Latin-1 are left as they are. */
export function anyCase(set: Characters): Characters {
  const more: Range[] = [];
  for (const [from, to] of set) {
    for (let unit = from; unit <= Math.min(to, from + 0xff); unit++) {
      const text = String.fromCharCode(unit);
      for (const other of [text.toLowerCase(), text.toUpperCase()]) {
        if (other.length === 1) more.push([other.charCodeAt(0), other.charCodeAt(0)]);
      }
    }
  }
  return joined([...set, ...more]);
}

export const DIGIT = of([0x30, 0x39]);
export const WORD = of([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);
export const SPACE = of([0x09, 0x0d], [0x20, 0x20]);
export const NEWLINE = of([0x0a, 0x0a]);
export const ANY = of([0, LAST]);
