/**
 * Commands that look from row to row, in the order in which rows come: accum, autoregress, filldown, addtotals; and
 * those that make other rows of them: expand, countFrequent.
 */
import { fieldReader, inside, jsonOf, type Row, withFields } from './records.ts';
import { fieldName, numberAt, type Scanner, sign, skip, word, wrong } from './scanner.ts';
import { handOn, type Stage, several } from './stages.ts';
import { starred } from './stars.ts';
import { isStructure, numberOf, shown, textOf, type Value } from './values.ts';

export interface RowCommand {
  readonly stage: Stage;
  /** Fields that it adds to what is shown. */
  readonly adds?: readonly string[];
  /** Its rows are no events any more, and have these fields only. */
  readonly columns?: readonly string[];
}

const named = (scanner: Scanner): string => fieldName(scanner) ?? wrong(scanner);
const alias = (scanner: Scanner): string | undefined => (word(scanner, 'as') ? named(scanner) : undefined);

/** Without a name of its own the sum takes the field's place. */
export function accumAt(scanner: Scanner): RowCommand {
  const field = named(scanner);
  const out = alias(scanner) ?? field;
  const read = fieldReader(field);
  const stage: Stage = (next) => {
    let sum = 0;
    return {
      push(row) {
        const value = numberOf(read(row));
        if (value === undefined) return next.push(row);
        sum += value;
        return next.push(withFields(row, [[out, sum]]));
      },
      end: () => next.end(),
    };
  };
  return { stage, adds: [out] };
}

const LAG_MAX = 100;

/** `field [as name] [p=1[-4]]`: `field_p1` … of the rows before. */
export function autoregressAt(scanner: Scanner): RowCommand {
  const field = named(scanner);
  const out = alias(scanner) ?? field;
  const [least, most] = lagsAt(scanner);
  const lags = Array.from({ length: most - least + 1 }, (_, i) => least + i);
  const read = fieldReader(field);
  const stage: Stage = (next) => {
    const before: Value[] = [];
    return {
      push(row) {
        const fields = lags.map((lag) => [`${out}_p${lag}`, before[lag - 1] ?? null] as const);
        before.unshift(read(row));
        if (before.length > most) before.pop();
        return next.push(withFields(row, fields));
      },
      end: () => next.end(),
    };
  };
  return { stage, adds: lags.map((lag) => `${out}_p${lag}`) };
}

function lagsAt(scanner: Scanner): [number, number] {
  if (!word(scanner, 'p')) return [1, 1];
  if (!sign(scanner, '=')) wrong(scanner);
  const start = scanner.at;
  const least = numberAt(scanner) ?? 0;
  const most = sign(scanner, '-') ? (numberAt(scanner) ?? 0) : least;
  const sound = Number.isInteger(least) && Number.isInteger(most) && least >= 1 && most >= least && most <= LAG_MAX;
  return sound ? [least, most] : wrong(scanner, `p takes a number or a range from 1 to ${LAG_MAX}`, start);
}

/** Names, with `*` for any; all that is shown when there are none. */
export function filldownAt(scanner: Scanner, known: readonly string[]): RowCommand {
  const patterns: string[] = [];
  for (let found = wildName(scanner); found !== undefined; found = wildName(scanner)) patterns.push(found);
  const names =
    patterns.length === 0
      ? known
      : patterns.flatMap((pattern) => (pattern.includes('*') ? known.filter(starred(pattern)) : [pattern]));
  const fields = [...new Set(names)].map((name) => [name, fieldReader(name)] as const);
  const stage: Stage = (next) => {
    const last = new Map<string, Value>();
    return {
      push(row) {
        const filled: [string, Value][] = [];
        for (const [name, read] of fields) {
          const value = read(row);
          if (value !== null && value !== '') last.set(name, value);
          else if (last.has(name)) filled.push([name, last.get(name)!]);
        }
        return next.push(filled.length > 0 ? withFields(row, filled) : row);
      },
      end: () => next.end(),
    };
  };
  return { stage };
}

const WILD = /[@A-Za-z_*][\w@.*]*/y;

function wildName(scanner: Scanner): string | undefined {
  skip(scanner);
  WILD.lastIndex = scanner.at;
  const found = WILD.exec(scanner.text)?.[0];
  if (found !== undefined) scanner.at += found.length;
  return found;
}

/** A row for each element of a list, which may be JSON. */
export function expandAt(scanner: Scanner): RowCommand {
  const name = named(scanner);
  const read = fieldReader(name);
  const stage = several(function* (row) {
    const list = listOf(row, name, read(row));
    if (!list) yield row;
    else for (const item of list) yield withFields(row, [[name, (item ?? null) as Value]]);
  });
  return { stage, adds: [name] };
}

function listOf(row: Row, name: string, value: Value): readonly unknown[] | undefined {
  if (isStructure(value)) return Array.isArray(value) ? value : undefined;
  if (value === null) {
    const found = row.event ? inside((jsonOf(row) ?? {}) as Record<string, unknown>, name.split('.')) : null;
    return Array.isArray(found) ? found : undefined;
  }
  const text = textOf(value) ?? '';
  if (!text.trimStart().startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}

/** `[fieldname=Name] [row=bool] [col=bool] [field, …]` */
export function addtotalsAt(scanner: Scanner, known: readonly string[]): RowCommand {
  let total = 'Total';
  const wants = { row: true, col: false };
  for (;;) {
    if (word(scanner, 'fieldname')) {
      if (!sign(scanner, '=')) wrong(scanner);
      total = named(scanner);
    } else if (word(scanner, 'row')) wants.row = boolAt(scanner);
    else if (word(scanner, 'col')) wants.col = boolAt(scanner);
    else break;
  }
  const given: string[] = [];
  for (let name = fieldName(scanner); name !== undefined; name = sign(scanner, ',') ? named(scanner) : undefined) {
    given.push(name);
  }
  const fields = (given.length > 0 ? given : known).map((name) => [name, fieldReader(name)] as const);
  return { stage: totals(fields, total, wants), adds: wants.row ? [total] : [] };
}

export function boolAt(scanner: Scanner): boolean {
  if (!sign(scanner, '=')) wrong(scanner);
  if (word(scanner, 'true')) return true;
  return word(scanner, 'false') ? false : wrong(scanner);
}

type Read = readonly [name: string, read: (row: Row) => Value];

const totals =
  (fields: readonly Read[], total: string, wants: { readonly row: boolean; readonly col: boolean }): Stage =>
  (next) => {
    const columns = new Map<string, number>();
    const numbers = (row: Row) =>
      fields.flatMap(([name, read]): [string, number][] => {
        const value = read(row);
        const number = name.startsWith('@') ? undefined : numberOf(value);
        return number === undefined ? [] : [[name, number]];
      });
    return {
      push(row) {
        const found = numbers(row);
        for (const [name, value] of found) columns.set(name, (columns.get(name) ?? 0) + value);
        const sum = found.reduce((all, [, value]) => all + value, 0);
        return next.push(wants.row ? withFields(row, [[total, sum]]) : row);
      },
      async end() {
        if (wants.col) next.push({ made: new Map<string, Value>(columns) });
        await next.end();
      },
    };
  };

const COUNT = '_approxcount';

/** Counted exactly, the most frequent first. */
export function countFrequentAt(scanner: Scanner): RowCommand {
  const fields: Read[] = [];
  do {
    const name = named(scanner);
    fields.push([name, fieldReader(name)]);
  } while (sign(scanner, ','));
  const stage: Stage = (next, budget) => {
    const counts = new Map<string, { readonly values: readonly (readonly [string, Value])[]; count: number }>();
    return {
      push(row) {
        const values = fields.map(([name, read]) => [name, read(row)] as const);
        const key = JSON.stringify(values.map(([, value]) => shown(value) ?? null));
        const known = counts.get(key);
        if (known) known.count++;
        else {
          budget.take(2 * key.length + 200);
          counts.set(key, { values, count: 1 });
        }
        return true;
      },
      async end() {
        const sorted = [...counts.values()].sort((a, b) => b.count - a.count);
        const rowOf = ({ values, count }: (typeof sorted)[number]): Row => ({
          made: new Map<string, Value>([...values, [COUNT, count]]),
        });
        await handOn(sorted.map(rowOf), next.push, budget);
        await next.end();
      },
    };
  };
  return { stage, columns: [...fields.map(([name]) => name), COUNT] };
}
