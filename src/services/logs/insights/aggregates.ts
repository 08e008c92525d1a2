/**
 * The aggregation functions of `stats`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html
 */
import type { Budget } from './budget.ts';
import { type Evaluate, expressionAt, type Scope } from './expressions.ts';
import { finite } from './functions.ts';
import { percentile } from './percentiles.ts';
import { fieldReader, type Row } from './records.ts';
import { need, numberAt, sign, wrong } from './scanner.ts';
import { lengthOf } from './texts.ts';
import { histogram, rate } from './timeSeries.ts';
import { compare, isStructure, Moment, naturalOrder, numberOf, shown, type Value } from './values.ts';

export interface Aggregate {
  add(row: Row): void;
  result(): Value;
}

export type AggregateMaker = (budget: Budget) => Aggregate;

type OfValues = (value: Evaluate, budget: Budget) => Aggregate;

/** Of the values of one expression that are numbers. */
const ofNumbers =
  (make: () => { add(number: number): void; result(): number | null }): OfValues =>
  (value) => {
    const inner = make();
    return {
      add(row) {
        const number = numberOf(value(row));
        if (number !== undefined) inner.add(number);
      },
      result: () => inner.result(),
    };
  };

const sum = ofNumbers(() => {
  let total = 0;
  return { add: (number) => (total += number), result: () => finite(total) };
});

const avg = ofNumbers(() => {
  let total = 0;
  let count = 0;
  return {
    add(number) {
      total += number;
      count++;
    },
    result: () => (count === 0 ? null : finite(total / count)),
  };
});

/** Welford's way, which does not lose digits. */
const spread = (finish: (variance: number) => number): OfValues =>
  ofNumbers(() => {
    let count = 0;
    let mean = 0;
    let squares = 0;
    return {
      add(number) {
        count++;
        const delta = number - mean;
        mean += delta / count;
        squares += delta * (number - mean);
      },
      result: () => (count === 0 ? null : finite(finish(squares / count))),
    };
  });

/** One value that is kept until another one takes its place: what it needs counts against the query's memory. */
export function keeper(budget: Budget) {
  let bytes = 0;
  return {
    value: null as Value,
    keep(next: Value): void {
      const needed = 2 * lengthOf(next);
      budget.take(needed - bytes);
      [this.value, bytes] = [next, needed];
    },
  };
}

/** The value that goes before all others by this order. */
const best =
  (before: (a: Value, b: Value) => boolean): OfValues =>
  (value, budget) => {
    const found = keeper(budget);
    return {
      add(row) {
        const next = value(row);
        if (next === null || isStructure(next)) return;
        if (found.value === null || before(next, found.value)) found.keep(next);
      },
      result: () => found.value,
    };
  };

const eventTime = fieldReader('@timestamp');

/** The value in the earliest (or latest) event. */
const atEdge =
  (sign: 1 | -1): OfValues =>
  (value, budget) => {
    const found = keeper(budget);
    let at = Number.POSITIVE_INFINITY;
    return {
      add(row) {
        const time = eventTime(row);
        const key = time instanceof Moment ? time.ms * sign : 0;
        if (key >= at) return;
        const next = value(row);
        if (next === null) return;
        found.keep(next);
        at = key;
      },
      result: () => found.value,
    };
  };

const DISTINCT_MAX = 200_000;

/** Distinct values as text; what it keeps counts against the query's memory. */
function distinct(value: Evaluate, budget: Budget) {
  const seen = new Map<string, number>();
  return {
    seen,
    add(row: Row): void {
      const text = shown(value(row));
      if (text === undefined) return;
      const count = seen.get(text);
      if (count === undefined) budget.take(text.length + 50, seen.size < DISTINCT_MAX);
      seen.set(text, (count ?? 0) + 1);
    },
  };
}

const countDistinct: OfValues = (value, budget) => {
  const { seen, add } = distinct(value, budget);
  return { add, result: () => seen.size };
};

const values: OfValues = (value, budget) => {
  const { seen, add } = distinct(value, budget);
  return { add, result: () => [...seen.keys()] };
};

function count(scope: Scope): AggregateMaker {
  const { scanner } = scope;
  const value = sign(scanner, '*') || scanner.text[scanner.at] === ')' ? undefined : expressionAt(scope);
  need(scanner, ')');
  return () => {
    let total = 0;
    return {
      add(row) {
        if (value === undefined || value(row) !== null) total++;
      },
      result: () => total,
    };
  };
}

function pct(scope: Scope): AggregateMaker {
  const value = expressionAt(scope);
  need(scope.scanner, ',');
  const percent = numberAt(scope.scanner);
  if (percent === undefined || percent < 0 || percent > 100) wrong(scope.scanner, 'a percentile is between 0 and 100');
  need(scope.scanner, ')');
  return (budget) => {
    const inner = percentile(percent, budget);
    return {
      add(row) {
        const number = numberOf(value(row));
        if (number !== undefined) inner.add(number);
      },
      result: () => inner.result(),
    };
  };
}

function topk(scope: Scope): AggregateMaker {
  const k = numberAt(scope.scanner);
  if (k === undefined || !Number.isInteger(k) || k < 1 || k > 10_000) {
    return wrong(scope.scanner, 'topk takes a number from 1 to 10000');
  }
  need(scope.scanner, ',');
  const value = expressionAt(scope);
  need(scope.scanner, ')');
  return (budget) => {
    const { seen, add } = distinct(value, budget);
    const ranked = () => [...seen].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
    return {
      add,
      result: () =>
        ranked()
          .slice(0, k)
          .map(([text]) => text),
    };
  };
}

const of =
  (make: OfValues) =>
  (scope: Scope): AggregateMaker => {
    const value = expressionAt(scope);
    need(scope.scanner, ')');
    return (budget) => make(value, budget);
  };

/** By name in lower case: what follows the opening parenthesis. */
const AGGREGATES: Readonly<Record<string, (scope: Scope) => AggregateMaker>> = {
  count,
  count_distinct: of(countDistinct),
  countdistinct: of(countDistinct),
  sum: of(sum),
  avg: of(avg),
  min: of(best((a, b) => (compare(a, b) ?? 1) < 0)),
  max: of(best((a, b) => (compare(a, b) ?? -1) > 0)),
  pct,
  percentile: pct,
  stddev: of(spread(Math.sqrt)),
  variance: of(spread((variance) => variance)),
  values: of(values),
  collect_values: of(values),
  topk,
  earliest: of(atEdge(1)),
  latest: of(atEdge(-1)),
  sortsfirst: of(best((a, b) => naturalOrder(a, b) < 0)),
  countovertime: count,
  sumovertime: of(sum),
  rate,
  histogram,
  sortslast: of(best((a, b) => naturalOrder(a, b) > 0)),
};

export const isAggregate = (name: string) => Object.hasOwn(AGGREGATES, name);
export const aggregateAt = (scope: Scope, name: string): AggregateMaker => AGGREGATES[name]!(scope);
