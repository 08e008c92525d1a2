/**
 * `filterIndex field = value` and `filterIndex field in [value, …]`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-FilterIndex.html
 */
import type { Evaluate } from './expressions.ts';
import { fieldReader } from './records.ts';
import { atEnd, fieldName, need, numberAt, quoted, type Scanner, sign, word, wrong } from './scanner.ts';
import { compare, type Value } from './values.ts';

/** One of these values of a field. */
export interface Wanted {
  readonly field: string;
  readonly values: readonly Value[];
}

export function wantedAt(scanner: Scanner, name?: string): Wanted {
  const field = name ?? fieldName(scanner) ?? wrong(scanner);
  if (sign(scanner, '=')) return { field, values: [valueAt(scanner)] };
  if (!word(scanner, 'in')) wrong(scanner, 'filterIndex takes = and in only');
  need(scanner, '[');
  const values: Value[] = [];
  do values.push(valueAt(scanner));
  while (sign(scanner, ','));
  need(scanner, ']');
  return { field, values };
}

const valueAt = (scanner: Scanner): Value => quoted(scanner) ?? numberAt(scanner) ?? wrong(scanner);

export function valuesWanted({ field, values }: Wanted): Evaluate {
  const read = fieldReader(field);
  return (row) => {
    const found = read(row);
    return values.some((value) => compare(found, value) === 0);
  };
}

/** The same of a whole `filter`, where it is nothing but such conditions; the scanner stays where it is. */
export function plainConditions(scanner: Scanner): readonly Wanted[] {
  const start = scanner.at;
  try {
    const conditions: Wanted[] = [];
    do conditions.push(wantedAt(scanner));
    while (word(scanner, 'and'));
    return atEnd(scanner) || /[|)]/.test(scanner.text[scanner.at]!) ? conditions : [];
  } catch {
    return []; // It says something else.
  } finally {
    scanner.at = start;
  }
}
