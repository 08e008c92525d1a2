/** What the commands of PPL do with rows, where Logs Insights has no such command. */
import type { Evaluate } from '../../insights/expressions.ts';
import { type Row, withFields } from '../../insights/records.ts';
import { handOn, type Named, type Stage, several } from '../../insights/stages.ts';
import { isStructure, type Value } from '../../insights/values.ts';
import { said } from '../values.ts';

export const skip =
  (count: number): Stage =>
  (next) => {
    let left = count;
    return { push: (row) => (left-- > 0 ? true : next.push(row)), end: () => next.end() };
  };

const keyOf = (values: readonly Value[]): string => JSON.stringify(values.map((value) => said(value) ?? null));

/** The first `most` rows of the same values; rows without one of them go, or all stay. */
export const dedup =
  (reads: readonly Evaluate[], most: number, keepsEmpty: boolean): Stage =>
  (next, budget) => {
    const seen = new Map<string, number>();
    return {
      push(row) {
        const values = reads.map((read) => read(row));
        if (values.includes(null)) return keepsEmpty ? next.push(row) : true;
        const key = keyOf(values);
        const count = seen.get(key) ?? 0;
        if (count === 0) budget.take(2 * key.length + 60);
        if (count >= most) return true;
        seen.set(key, count + 1);
        return next.push(row);
      },
      end: () => next.end(),
    };
  };

interface Tuple {
  readonly group: string;
  readonly fields: readonly (readonly [string, Value])[];
  count: number;
}

/** The most (or least) common tuples of values, of each group so many. */
export const tops =
  (
    by: readonly Named[],
    names: readonly Named[],
    { count, most }: { readonly count: number; readonly most: boolean },
  ): Stage =>
  (next, budget) => {
    const tuples = new Map<string, Tuple>();
    return {
      push(row) {
        const fields = [...by, ...names].map(([name, read]) => [name, read(row)] as const);
        const key = keyOf(fields.map(([, value]) => value));
        const known = tuples.get(key);
        if (known) known.count++;
        else {
          budget.take(4 * key.length + 200);
          tuples.set(key, { group: keyOf(fields.slice(0, by.length).map(([, value]) => value)), fields, count: 1 });
        }
        return true;
      },
      async end() {
        const told = new Map<string, number>();
        const sorted = [...tuples.values()].sort((a, b) => (most ? b.count - a.count : a.count - b.count));
        const first = sorted.filter(({ group }) => {
          const number = (told.get(group) ?? 0) + 1;
          told.set(group, number);
          return number <= count;
        });
        await handOn(
          first.map(({ fields }): Row => ({ made: new Map(fields) })),
          next.push,
          budget,
        );
        await next.end();
      },
    };
  };

/** A row for each element of a list or member of a map; none where there is neither. */
export const expanded = (read: Evaluate, name: string, out: string): Stage =>
  several(function* (row) {
    const fields: [string, Value][] = name === out ? [] : [[name, null]];
    for (const item of itemsOf(read(row))) yield withFields(row, [...fields, [out, item]]);
  });

function itemsOf(value: Value): readonly Value[] {
  const found = structureIn(value);
  if (found === undefined) return [];
  const items = Array.isArray(found)
    ? (found as Value[])
    : Object.entries(found).map(([key, each]): Value => ({ [key]: each }));
  return items.filter((item) => item !== null);
}

/** A map or a list, or JSON of one. */
function structureIn(value: Value): object | undefined {
  if (isStructure(value)) return value;
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return undefined;
  try {
    return JSON.parse(value) as object;
  } catch {
    return undefined;
  }
}

export const flattened = (read: Evaluate, name: string, names: readonly string[] | undefined): Stage =>
  several(function* (row) {
    const found = structureIn(read(row));
    const maps = Array.isArray(found) ? (found as unknown[]) : [found];
    for (const map of maps) yield withFields(row, [[name, null], ...membersOf(map, names)]);
  });

function membersOf(map: unknown, names: readonly string[] | undefined): [string, Value][] {
  if (typeof map !== 'object' || map === null) return [];
  return Object.entries(map).map(([key, value], i) => [names?.[i] ?? key, value as Value]);
}
