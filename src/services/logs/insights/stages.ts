/** What the commands of a query do: each takes rows and hands rows on to the next. */
import { breath } from '../breath.ts';
import { heap } from '../heap.ts';
import type { Aggregate, AggregateMaker } from './aggregates.ts';
import type { Budget } from './budget.ts';
import type { Aggregates, Evaluate } from './expressions.ts';
import { goOn, patiently } from './patience.ts';
import { type Row, sizeOf, withFields } from './records.ts';
import { lengthOf } from './texts.ts';
import { isStructure, naturalOrder, shown, truth, type Value } from './values.ts';

export interface Sink {
  /** False: no further row is wanted. */
  push(row: Row): boolean;
  /** After the last row. */
  end(): Promise<void>;
}

export type Stage = (next: Sink, budget: Budget) => Sink;

/** A command that makes none or one row of each. */
const each =
  (run: (row: Row, next: Sink) => boolean): Stage =>
  (next) => ({
    push(row) {
      goOn();
      return run(row, next);
    },
    end: () => next.end(),
  });

/** A command that makes several rows of each, as far as they are wanted. */
export const several =
  (rowsOf: (row: Row) => Iterable<Row>): Stage =>
  (next, budget) => ({
    push(row) {
      for (const made of rowsOf(row)) {
        budget.row();
        if (!next.push(made)) return false;
      }
      return true;
    },
    end: () => next.end(),
  });

/** Hands on rows that were kept, and lets others go on now and then. */
export async function handOn(rows: Iterable<Row>, push: Sink['push'], budget: Budget): Promise<void> {
  for (const row of rows) {
    budget.row();
    if (!patiently(() => push(row))) return;
    const pause = budget.pause();
    if (pause) await pause;
  }
}

export const filter = (condition: Evaluate): Stage =>
  each((row, next) => (truth(condition(row)) ? next.push(row) : true));

export type Named = readonly [name: string, value: Evaluate];

/** Fields that are computed; those that are only named need no work. */
export const compute = (fields: readonly Named[]): Stage =>
  each((row, next) =>
    next.push(
      fields.length === 0
        ? row
        : withFields(
            row,
            fields.map(([n, value]) => [n, value(row)]),
          ),
    ),
  );

export type Extract = (row: Row) => readonly (readonly [string, Value])[];
export const extract = (fields: Extract): Stage => each((row, next) => next.push(withFields(row, fields(row))));

export const unnest = (list: Evaluate, name: string): Stage =>
  several(function* (row) {
    const value = list(row);
    if (value === null) return;
    const items: readonly unknown[] = isStructure(value) && Array.isArray(value) ? value : [value];
    for (const item of items) yield withFields(row, [[name, (item ?? null) as Value]]);
  });

export function limit(count: number): Stage {
  return (next) => {
    let left = count;
    return {
      push(row) {
        if (left <= 0) return false;
        left--;
        return next.push(row) && left > 0;
      },
      end: () => next.end(),
    };
  };
}

/** Rows with a null among the values are no duplicates. */
export function dedup(values: readonly Evaluate[]): Stage {
  return (next, budget) => {
    const seen = new Set<string>();
    return {
      push(row) {
        const texts = values.map((value) => shown(value(row)));
        if (texts.includes(undefined)) return next.push(row);
        const key = JSON.stringify(texts);
        if (seen.has(key)) return true;
        budget.take(key.length + 50);
        seen.add(key);
        return next.push(row);
      },
      end: () => next.end(),
    };
  };
}

export interface SortKey {
  readonly value: Evaluate;
  readonly descending: boolean;
  /** Instead of the order of Logs Insights. */
  readonly order?: ((a: Value, b: Value) => number) | undefined;
}

interface Sorted {
  readonly row: Row;
  readonly values: readonly Value[];
  readonly number: number;
  readonly size: number;
}

/** `most`: how many of them the next command wants. */
export function sort(keys: readonly SortKey[], most: number): Stage {
  const order = (a: Sorted, b: Sorted): number => {
    for (let i = 0; i < keys.length; i++) {
      const found = (keys[i]!.order ?? naturalOrder)(a.values[i]!, b.values[i]!);
      if (found !== 0) return keys[i]!.descending ? -found : found;
    }
    return a.number - b.number;
  };
  return (next, budget) => {
    const rows = heap<Sorted>((a, b) => order(a, b) > 0); // The last one on top: it is the first to go.
    let number = 0;
    return {
      push(row) {
        const values = keys.map(({ value }) => value(row));
        const size = values.reduce<number>((sum, value) => sum + 2 * lengthOf(value), sizeOf(row));
        const added: Sorted = { row, values, number: number++, size };
        const last = rows.top();
        if (rows.items().length === most && last) {
          if (order(added, last) > 0) return true;
          rows.pop();
          budget.give(last.size);
        }
        budget.take(size);
        rows.push(added);
        return true;
      },
      async end() {
        const inOrder: Row[] = [];
        for (let last = rows.pop(); last; last = rows.pop()) {
          inOrder.push(last.row);
          if (inOrder.length % 2_000 === 0) await breath();
        }
        await handOn(inOrder.reverse(), next.push, budget);
        await next.end();
      },
    };
  };
}

export interface Stats {
  readonly by: readonly Named[];
  readonly columns: readonly Named[];
  readonly aggregates: Aggregates;
}

interface Group {
  readonly keys: readonly (readonly [string, Value])[];
  readonly aggregates: readonly Aggregate[];
}

const GROUPS_MAX = 100_000;

/** Without `by` there is one group, also of no events at all. */
export function stats({ by, columns, aggregates }: Stats): Stage {
  return (next, budget) => {
    const groups = new Map<string, Group>();
    const make = (makers: readonly AggregateMaker[]) => makers.map((maker) => maker(budget));
    if (by.length === 0) groups.set('[]', { keys: [], aggregates: make(aggregates.makers) });
    return {
      push(row) {
        const keys = by.map(([name, value]) => [name, value(row)] as const);
        const id = JSON.stringify(keys.map(([, value]) => shown(value) ?? null));
        let group = groups.get(id);
        if (!group) {
          budget.take(id.length + 200 + 100 * aggregates.makers.length, groups.size < GROUPS_MAX);
          groups.set(id, (group = { keys, aggregates: make(aggregates.makers) }));
        }
        for (const aggregate of group.aggregates) aggregate.add(row);
        return true;
      },
      async end() {
        function* told(): Generator<Row> {
          for (const { keys, aggregates: found } of groups.values()) {
            aggregates.results = found.map((aggregate) => aggregate.result());
            const row: Row = { made: new Map(keys) };
            yield withFields(
              row,
              columns.map(([name, value]) => [name, value(row)]),
            );
          }
        }
        await handOn(told(), next.push, budget);
        await next.end();
      },
    };
  };
}
