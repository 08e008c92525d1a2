/** What operators of S3 Select compute: of what is unknown, nothing is known. */
import type { Compute, Row } from './query.ts';
import { compared, inBounds, isLike, isUnknown, numberIn, textOf, type Value } from './values.ts';

type Test = (order: number) => boolean;

export const COMPARISONS: Readonly<Record<string, Test>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

export const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

/** A member by its name, in any case unless it is to be exact. */
export function memberOf(value: Value, name: string, exact: boolean): Value {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, name)) return (value as Record<string, Value>)[name];
  if (exact) return undefined;
  const lower = name.toLowerCase();
  const found = Object.keys(value).find((key) => key.toLowerCase() === lower);
  return found === undefined ? undefined : (value as Record<string, Value>)[found];
}

export const not =
  (of: Compute): Compute =>
  (row: Row) => {
    const value = of(row);
    return typeof value === 'boolean' ? !value : null;
  };

export const comparing =
  (a: Compute, b: Compute, test: Test): Compute =>
  (row) => {
    const order = compared(a(row), b(row));
    return order === undefined ? null : test(order);
  };

export const computing =
  (a: Compute, b: Compute, operation: (a: number, b: number) => number): Compute =>
  (row) => {
    const [x, y] = [numberIn(a(row)), numberIn(b(row))];
    return x === undefined || y === undefined ? null : operation(x, y);
  };

export const joined =
  (a: Compute, b: Compute): Compute =>
  (row) => {
    const [x, y] = [a(row), b(row)];
    return isUnknown(x) || isUnknown(y) ? null : inBounds(textOf(x) + textOf(y));
  };

/** `pattern` and `mark` are texts; `_` and `%` behind the mark stand for themselves. */
export function liking(text: Value, pattern: Value, mark: string | undefined): boolean | null {
  if (isUnknown(text) || isUnknown(pattern)) return null;
  const parts: string[] = [];
  const literals: boolean[] = [];
  const chars = [...textOf(pattern)];
  for (let i = 0; i < chars.length; i++) {
    const escaped = chars[i] === mark && i + 1 < chars.length;
    const char = escaped ? chars[++i]! : chars[i]!;
    const wild = !escaped && (char === '%' || char === '_');
    parts.push(wild ? (char === '%' ? 'any' : 'one') : char);
    literals.push(!wild);
  }
  return isLike(textOf(text), parts, literals);
}

export const or =
  (a: Compute, b: Compute): Compute =>
  (row) => {
    const x = a(row);
    if (x === true) return true;
    const y = b(row);
    return y === true ? true : isUnknown(x) || isUnknown(y) ? null : false;
  };

export const and =
  (a: Compute, b: Compute): Compute =>
  (row) => {
    const x = a(row);
    if (x === false) return false;
    const y = b(row);
    return y === false ? false : isUnknown(x) || isUnknown(y) ? null : x === true && y === true;
  };
