/**
 * Values of S3 Select, and how they are compared. What a record does not have is MISSING (undefined), which like null
 * makes what it is part of unknown. A text is compared with a number as a number, if it is one.
 */
import { selectError } from './errors.ts';
import { comparedTimes, Timestamp, timestampIn } from './timestamps.ts';

export type Value = string | number | boolean | null | undefined | readonly unknown[] | object;

export const isUnknown = (value: Value): value is null | undefined => value === null || value === undefined;

const NUMBER = /^\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\s*$/;

/** Undefined where it is none. */
export function numberIn(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.length < 400 && NUMBER.test(value) ? Number(value) : undefined;
}

/** Less than, equal to or greater than zero; undefined: not to be compared. */
export function compared(a: Value, b: Value): number | undefined {
  if (typeof a === 'number' || typeof b === 'number') {
    const [x, y] = [numberIn(a), numberIn(b)];
    return x === undefined || y === undefined ? undefined : x - y;
  }
  if (a instanceof Timestamp && b instanceof Timestamp) return comparedTimes(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (typeof a !== 'string' || typeof b !== 'string') return undefined;
  return a < b ? -1 : a > b ? 1 : 0;
}

export function textOf(value: Value): string {
  if (isUnknown(value)) return '';
  return typeof value === 'object' && !(value instanceof Timestamp) ? JSON.stringify(value) : String(value);
}

/** Of a record, of what is computed of one, and of what is put out. */
export const RECORD_CHARACTERS_MAX = 1024 * 1024;

/** Throws OverMaxRecordSize. */
export function inBounds(text: string): string {
  if (text.length > RECORD_CHARACTERS_MAX) throw selectError('OverMaxRecordSize');
  return text;
}

const LIKE_STEPS_MAX = 100_000_000;

/** In time that grows with both lengths only: there is no pattern that takes for ever. */
export function isLike(
  text: string,
  pattern: readonly (string | 'any' | 'one')[],
  literals: readonly boolean[],
): boolean {
  if (text.length * pattern.length > LIKE_STEPS_MAX) throw selectError('UnsupportedSqlOperation');
  const chars = [...text];
  let [at, part, star, mark] = [0, 0, -1, 0];
  while (at < chars.length) {
    const wild = part < pattern.length && !literals[part] ? pattern[part] : undefined;
    if (wild === 'any') [star, mark, part] = [part, at, part + 1];
    else if (part < pattern.length && (wild === 'one' || (literals[part] && pattern[part] === chars[at]))) {
      at++;
      part++;
    } else if (star >= 0) [part, at] = [star + 1, ++mark];
    else return false;
  }
  while (part < pattern.length && !literals[part] && pattern[part] === 'any') part++;
  return part === pattern.length;
}

const CASTS: Readonly<Record<string, (value: Exclude<Value, null | undefined>) => Value>> = {
  int: (value) => {
    const number = typeof value === 'boolean' ? Number(value) : numberIn(value);
    if (number === undefined) throw selectError('CastFailed');
    return Math.trunc(number);
  },
  float: (value) => {
    const number = typeof value === 'boolean' ? Number(value) : numberIn(value);
    if (number === undefined) throw selectError('CastFailed');
    return number;
  },
  string: textOf,
  timestamp(value) {
    const found = value instanceof Timestamp ? value : timestampIn(textOf(value));
    if (!found) throw selectError('CastFailed');
    return found;
  },
  bool(value) {
    if (typeof value === 'boolean') return value;
    if (typeof value === 'number') return value !== 0;
    const text = textOf(value).toLowerCase();
    if (text !== 'true' && text !== 'false') throw selectError('CastFailed');
    return text === 'true';
  },
};

const TYPES: Readonly<Record<string, string>> = {
  int: 'int',
  integer: 'int',
  float: 'float',
  decimal: 'float',
  numeric: 'float',
  string: 'string',
  varchar: 'string',
  char: 'string',
  bool: 'bool',
  boolean: 'bool',
  timestamp: 'timestamp',
};

/** By the name of a type. Throws for one that is not there. */
export function castTo(type: string): (value: Value) => Value {
  const name = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (name === undefined) throw selectError('UnsupportedSqlOperation');
  const cast = CASTS[name]!;
  return (value) => (isUnknown(value) ? value : cast(value));
}
