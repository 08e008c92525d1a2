/**
 * `lookup table field [as eventField], … OUTPUT field, …`: fields of the first row of a lookup table that fits.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Lookup.html
 */
import { csvRows } from '../csv.ts';
import type { Budget } from './budget.ts';
import { fieldReader, type Row, withFields } from './records.ts';
import { fieldName, type Scanner, sign, skip, word, wrong } from './scanner.ts';
import type { Stage } from './stages.ts';
import { shown, type Value } from './values.ts';

interface Match {
  readonly column: string;
  readonly read: (row: Row) => Value;
}

export interface Lookup {
  readonly table: string;
  readonly matches: readonly Match[];
  readonly output: readonly string[];
  /** Made of the table's text before the first row comes. */
  found?: ReadonlyMap<string, readonly (readonly [string, Value])[]> | undefined;
}

export function lookupAt(scanner: Scanner): Lookup {
  const table = tableName(scanner);
  const matches: Match[] = [];
  do {
    const column = fieldName(scanner) ?? wrong(scanner);
    const field = word(scanner, 'as') ? (fieldName(scanner) ?? wrong(scanner)) : column;
    matches.push({ column, read: fieldReader(field) });
  } while (sign(scanner, ','));
  if (!word(scanner, 'output')) wrong(scanner);
  const output: string[] = [];
  do output.push(fieldName(scanner) ?? wrong(scanner));
  while (sign(scanner, ','));
  return { table, matches, output };
}

const NAME = /[A-Za-z0-9_-]+/y;

function tableName(scanner: Scanner): string {
  skip(scanner);
  NAME.lastIndex = scanner.at;
  const name = NAME.exec(scanner.text)?.[0] ?? wrong(scanner);
  scanner.at += name.length;
  return name;
}

/** Of rows with the same values the first one counts. What has no such column is passed over. */
export function fillLookup(lookup: Lookup, text: string, memory: Budget): void {
  const [header = [], ...rows] = csvRows(text);
  const columns = lookup.matches.map(({ column }) => header.indexOf(column));
  const outputs = lookup.output.map((name) => [name, header.indexOf(name)] as const);
  const found = new Map<string, (readonly [string, Value])[]>();
  for (const row of rows) {
    const key = JSON.stringify(columns.map((column) => row[column] ?? null));
    if (found.has(key)) continue;
    const fields = outputs.map(([name, column]) => [name, row[column] ?? null] as const);
    memory.take(2 * key.length + 100 + fields.reduce((sum, [, value]) => sum + 50 + 2 * String(value).length, 0));
    found.set(key, fields);
  }
  lookup.found = found;
}

export const lookup = (of: Lookup): Stage => {
  const nothing = of.output.map((name) => [name, null] as const);
  return (next) => ({
    push(row) {
      const texts = of.matches.map(({ read }) => shown(read(row)) ?? null);
      const fields = texts.includes(null) ? nothing : (of.found?.get(JSON.stringify(texts)) ?? nothing);
      return next.push(withFields(row, fields));
    },
    end: () => next.end(),
  });
};
