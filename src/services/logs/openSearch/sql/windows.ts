/** Window functions: rows are kept, parted and ordered, and each gets its value. They come out as they came in. */

import { breath } from '../../breath.ts';
import type { AggregateMaker } from '../../insights/aggregates.ts';
import type { Budget } from '../../insights/budget.ts';
import type { Evaluate } from '../../insights/expressions.ts';
import { type Row, sizeOf, withFields } from '../../insights/records.ts';
import { wrong } from '../../insights/scanner.ts';
import { handOn, type Stage } from '../../insights/stages.ts';
import { lengthOf } from '../../insights/texts.ts';
import { numberOf, type Value } from '../../insights/values.ts';
import { aggregateOf, isAggregate } from '../aggregates.ts';
import { type Compiling, compiled } from '../compile.ts';
import type { Call, Node, Window } from '../syntax.ts';
import { inOrder, said } from '../values.ts';

interface Made {
  readonly name: string;
  readonly partition: readonly Evaluate[];
  readonly order: (a: readonly Value[], b: readonly Value[]) => number;
  readonly keys: readonly Evaluate[];
  readonly values: (part: Part, budget: Budget) => Value[] | Promise<Value[]>;
}

/** Rows of one partition in order. */
interface Part {
  readonly rows: readonly Row[];
  /** Index of the first row that is equal to each in order, and of the last one. */
  readonly first: readonly number[];
  readonly last: readonly number[];
}

export function windows(calls: readonly (readonly [name: string, call: Node])[], to: Compiling): Stage {
  const made = calls.map(([name, call]) => windowOf(name, call as Call, to));
  return (next, budget) => {
    const rows: Row[] = [];
    return {
      push(row) {
        budget.take(sizeOf(row) + 150 * made.length);
        rows.push(row);
        return true;
      },
      async end() {
        const columns: Value[][] = [];
        for (const each of made) columns.push(await columnOf(each, rows, budget));
        function* told(): Generator<Row> {
          for (const [i, row] of rows.entries()) {
            yield withFields(
              row,
              made.map(({ name }, column) => [name, columns[column]![i] ?? null]),
            );
          }
        }
        await handOn(told(), next.push, budget);
        await next.end();
      },
    };
  };
}

function windowOf(name: string, call: Call, to: Compiling): Made {
  const { partition, order } = call.over!;
  const signs = order.map(({ descending, nullsFirst }) => ({ descending, nullsFirst }));
  return {
    name,
    partition: partition.map((node) => compiled(node, to)),
    keys: order.map(({ value }) => compiled(value, to)),
    order(a, b) {
      for (const [i, { descending, nullsFirst }] of signs.entries()) {
        const [x = null, y = null] = [a[i], b[i]];
        const nulls = x === null || y === null;
        const found = nulls
          ? x === y
            ? 0
            : (x === null) === nullsFirst
              ? -1
              : 1
          : inOrder(x, y) * (descending ? -1 : 1);
        if (found !== 0) return found;
      }
      return 0;
    },
    values: valuesOf(call, to),
  };
}

async function columnOf(made: Made, rows: readonly Row[], budget: Budget): Promise<Value[]> {
  const parts = new Map<string, number[]>();
  const keys: (readonly Value[])[] = [];
  for (const [i, row] of rows.entries()) {
    const key = made.keys.map((read) => read(row));
    budget.take(2 * lengthOf(key));
    keys.push(key);
    const pause = budget.pause();
    if (pause) await pause;
    const id = JSON.stringify(made.partition.map((read) => said(read(row)) ?? null));
    const part = parts.get(id);
    if (part) part.push(i);
    else {
      budget.take(2 * id.length);
      parts.set(id, [i]);
    }
  }
  const column: Value[] = [];
  let done = 0;
  for (const indexes of parts.values()) {
    indexes.sort((a, b) => made.order(keys[a]!, keys[b]!) || a - b);
    const values = await made.values(
      partOf(indexes, rows, (a, b) => made.order(keys[a]!, keys[b]!) === 0),
      budget,
    );
    for (const [i, index] of indexes.entries()) column[index] = values[i] ?? null;
    done += indexes.length;
    if (done >= 2_000) {
      done = 0;
      await breath();
    }
  }
  return column;
}

function partOf(indexes: readonly number[], rows: readonly Row[], equal: (a: number, b: number) => boolean): Part {
  const first: number[] = [];
  const last: number[] = [];
  for (let i = 0; i < indexes.length; i++) first[i] = i > 0 && equal(indexes[i]!, indexes[i - 1]!) ? first[i - 1]! : i;
  for (let i = indexes.length - 1; i >= 0; i--) last[i] = first[i + 1] === first[i] ? last[i + 1]! : i;
  return { rows: indexes.map((index) => rows[index]!), first, last };
}

type Ranking = (part: Part, i: number) => number;

const RANKINGS: Readonly<Record<string, Ranking>> = {
  row_number: (_part, i) => i + 1,
  rank: ({ first }, i) => first[i]! + 1,
  percent_rank: ({ first, rows }, i) => (rows.length > 1 ? first[i]! / (rows.length - 1) : 0),
  cume_dist: ({ last, rows }, i) => (last[i]! + 1) / rows.length,
};

const whole = (node: Node | undefined, standard: number): number =>
  node === undefined ? standard : node.kind === 'value' ? Math.trunc(numberOf(node.value) ?? Number.NaN) : Number.NaN;

function valuesOf(call: Call, to: Compiling): Made['values'] {
  const { name, args } = call;
  const ranking = Object.hasOwn(RANKINGS, name) ? RANKINGS[name] : undefined;
  if (ranking) return (part) => part.rows.map((_, i) => ranking(part, i));
  if (name === 'dense_rank') return denseRanks;
  if (name === 'ntile') return tiles(whole(args[0], 0), to);
  if (name === 'lag' || name === 'lead') return neighbours(call, to);
  if (name === 'nth_value') return nth(call, to);
  if (!isAggregate(name)) return wrong(to.scope.scanner, `${name} is no window function`);
  return framed(call, call.over!, to);
}

/** What it takes to keep a value beside its row. */
function counted(budget: Budget, value: Value): Value {
  budget.take(typeof value === 'number' ? 0 : 2 * lengthOf(value));
  return value;
}

function denseRanks({ rows, first }: Part): number[] {
  let rank = 0;
  return rows.map((_, i) => (first[i] === i ? ++rank : rank));
}

function tiles(count: number, { scope }: Compiling): Made['values'] {
  if (!(count >= 1)) wrong(scope.scanner, 'ntile takes a number from 1 on');
  return ({ rows }) => {
    const [size, more] = [Math.floor(rows.length / count), rows.length % count];
    return rows.map((_, i) => {
      const large = more * (size + 1);
      return i < large ? Math.floor(i / (size + 1)) + 1 : more + Math.floor((i - large) / Math.max(size, 1)) + 1;
    });
  };
}

function neighbours({ name, args }: Call, to: Compiling): Made['values'] {
  const distance = whole(args[1], 1) * (name === 'lag' ? -1 : 1);
  if (Number.isNaN(distance)) wrong(to.scope.scanner, `${name} takes a constant distance`);
  const read = compiled(args[0]!, to);
  const standard = args[2] ? compiled(args[2], to) : () => null;
  return ({ rows }, budget) =>
    rows.map((row, i) => {
      const other = rows[i + distance];
      return counted(budget, other ? read(other) : standard(row));
    });
}

function nth({ args }: Call, to: Compiling): Made['values'] {
  const place = whole(args[1], 1);
  if (!(place >= 1)) wrong(to.scope.scanner, 'nth_value takes a number from 1 on');
  const read = compiled(args[0]!, to);
  return ({ rows, last }, budget) =>
    rows.map((_, i) => (place - 1 <= last[i]! ? counted(budget, read(rows[place - 1]!)) : null));
}

/** Those whose result costs no more, the more rows there are. */
const RUNNING = new Set([
  ...['count', 'sum', 'avg', 'mean', 'min', 'max', 'first', 'first_value', 'last', 'last_value', 'any_value'],
  ...['stddev', 'stddev_samp', 'stddev_pop', 'variance', 'var_samp', 'var_pop', 'count_if', 'max_by', 'min_by'],
  ...['every', 'bool_and', 'any', 'some', 'bool_or'],
]);

function framed(call: Call, { order, frame }: Window, to: Compiling): Made['values'] {
  const maker = aggregateOf(call, to);
  const all = frame ? frame.before === Number.POSITIVE_INFINITY && frame.after === frame.before : order.length === 0;
  if (all) {
    return ({ rows }, budget) => {
      const aggregate = maker(budget);
      for (const row of rows) aggregate.add(row);
      const result = counted(budget, aggregate.result());
      return rows.map(() => result);
    };
  }
  if (!RUNNING.has(call.name)) wrong(to.scope.scanner, `${call.name} takes the whole partition only`);
  if (!frame) return running(maker, ({ last }, i) => last[i]!);
  if (frame.before === Number.POSITIVE_INFINITY)
    return running(maker, ({ rows }, i) => Math.min(i + frame.after, rows.length - 1));
  if (frame.after === Number.POSITIVE_INFINITY) wrong(to.scope.scanner, 'a frame that ends nowhere must begin nowhere');
  return sliding(maker, frame);
}

/** From the partition's first row on. */
const running =
  (maker: AggregateMaker, end: (part: Part, i: number) => number): Made['values'] =>
  (part, budget) => {
    const aggregate = maker(budget);
    let added = 0;
    return part.rows.map((_, i) => {
      for (const last = end(part, i); added <= last; added++) aggregate.add(part.rows[added]!);
      return counted(budget, aggregate.result());
    });
  };

/** What each frame gathers is let go of at once: only what comes of it counts. */
const sliding =
  (maker: AggregateMaker, { before, after }: { readonly before: number; readonly after: number }): Made['values'] =>
  async ({ rows }, budget) => {
    const passing = { ...budget, take: () => undefined };
    const values: Value[] = [];
    for (let i = 0; i < rows.length; i++) {
      const aggregate = maker(passing);
      for (const row of rows.slice(Math.max(0, i - before), Math.max(0, i + after + 1))) aggregate.add(row);
      values.push(counted(budget, aggregate.result()));
      if (i % 500 === 499) await breath();
    }
    return values;
  };
