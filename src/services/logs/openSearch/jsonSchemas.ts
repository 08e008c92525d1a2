/** `from_json(text, 'a INT, b STRUCT<…>')`: the members that a schema names, numbers and texts in its types. */
import type { Value } from '../insights/values.ts';

export interface Member {
  readonly name: string;
  /** In lower case: `int`, `string`, `array<…>`. */
  readonly type: string;
}

const LENGTH_MAX = 10_000;

/** Undefined for what is no schema of a map. */
export function schemaOf(text: string): readonly Member[] | undefined {
  const inside = /^\s*struct\s*<([\s\S]*)>\s*$/i.exec(text.slice(0, LENGTH_MAX))?.[1] ?? text.slice(0, LENGTH_MAX);
  const members = partsOf(inside).map((part) => /^\s*`?([\w@.-]+?)`?\s*[\s:]\s*(\w+[\s\S]*?)\s*$/.exec(part));
  if (members.length === 0 || members.includes(null)) return undefined;
  return members.map((found) => ({ name: found![1]!, type: found![2]!.toLowerCase() }));
}

/** Between the commas that stand in no brackets. */
function partsOf(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const char of text) {
    if (char === '<' || char === '(') depth++;
    if (char === '>' || char === ')') depth--;
    if (char === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += char;
  }
  return parts;
}

const WHOLE = new Set(['int', 'integer', 'bigint', 'long', 'smallint', 'tinyint']);
const FRACTION = /^(?:double|float|real|decimal|numeric)/;

/** Null where the value is of another type. */
export function typed(value: unknown, type: string): Value {
  if (value === null || value === undefined) return null;
  if (WHOLE.has(type)) return Number.isInteger(value) ? (value as number) : null;
  if (FRACTION.test(type)) return typeof value === 'number' ? value : null;
  if (type === 'boolean') return typeof value === 'boolean' ? value : null;
  if (type === 'string') return typeof value === 'object' ? JSON.stringify(value) : String(value);
  return typeof value === 'object' ? (value as Value) : null;
}
