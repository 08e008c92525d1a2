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

/** A use of a lookup table. */
export interface Lookup {
  readonly table: string;
  /** Fields that it makes. */
  readonly output: readonly string[];
  /** Whether it has the table's text, which it needs before the first row comes. */
  filled: boolean;
  fill(text: string, memory: Budget): void;
}

type Found = ReadonlyMap<string, readonly (readonly [string, Value])[]>;

export function lookupAt(scanner: Scanner): { readonly lookup: Lookup; readonly stage: Stage } {
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
  let found: Found | undefined;
  const lookup: Lookup = {
    table,
    output,
    filled: false,
    fill(text, memory) {
      found = foundIn(text, { matches, output }, memory);
    },
  };
  return { lookup, stage: lookupStage(matches, output, () => found) };
}

const NAME = /[A-Za-z0-9_-]+/y;

export function tableName(scanner: Scanner): string {
  skip(scanner);
  NAME.lastIndex = scanner.at;
  const name = NAME.exec(scanner.text)?.[0] ?? wrong(scanner);
  scanner.at += name.length;
  return name;
}

/** Of rows with the same values the first one counts. What has no such column is passed over. */
function foundIn(
  text: string,
  { matches, output }: { readonly matches: readonly Match[]; readonly output: readonly string[] },
  memory: Budget,
): Found {
  const [header = [], ...rows] = csvRows(text);
  const columns = matches.map(({ column }) => header.indexOf(column));
  const outputs = output.map((name) => [name, header.indexOf(name)] as const);
  const found = new Map<string, (readonly [string, Value])[]>();
  for (const row of rows) {
    const key = JSON.stringify(columns.map((column) => row[column] ?? null));
    if (found.has(key)) continue;
    const fields = outputs.map(([name, column]) => [name, row[column] ?? null] as const);
    memory.take(2 * key.length + 100 + fields.reduce((sum, [, value]) => sum + 50 + 2 * String(value).length, 0));
    found.set(key, fields);
  }
  return found;
}

function lookupStage(matches: readonly Match[], output: readonly string[], found: () => Found | undefined): Stage {
  const nothing = output.map((name) => [name, null] as const);
  return (next) => ({
    push(row) {
      const texts = matches.map(({ read }) => shown(read(row)) ?? null);
      const fields = texts.includes(null) ? nothing : (found()?.get(JSON.stringify(texts)) ?? nothing);
      return next.push(withFields(row, fields));
    },
    end: () => next.end(),
  });
}
