/** Arithmetic, comparison and logic on numbers, series and arrays of series. */
import { MathError } from './parser.ts';
import {
  type Budget,
  many,
  mapped,
  one,
  type Points,
  scalar,
  spend,
  type TimeSeries,
  timesOf,
  type Value,
} from './values.ts';

type Compute = (left: number, right: number) => number;

/** A result that is no finite number (a division by zero) is dropped. */
const OPERATORS: Readonly<Record<string, Compute>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '<=': (a, b) => Number(a <= b),
  '>=': (a, b) => Number(a >= b),
  '<': (a, b) => Number(a < b),
  '>': (a, b) => Number(a > b),
  '&&': (a, b) => Number(a !== 0 && b !== 0),
  '||': (a, b) => Number(a !== 0 || b !== 0),
};

/** @throws MathError for operands that cannot be combined. */
export function operate(operator: string, left: Value, right: Value, budget: Budget): Value {
  const compute = OPERATORS[operator];
  if (!compute || left.kind === 'string' || right.kind === 'string') throw new MathError('Unsupported operand type(s)');
  if (left.kind === 'array' && right.kind === 'array') {
    throw new MathError(`Unsupported operand type(s) for ${operator}: 'TimeSeries[], TimeSeries[]'`);
  }
  if (left.kind === 'array') return many(left.all.map((each) => pair(each, partOf(right as Single), compute, budget)));
  if (right.kind === 'array') {
    const part = partOf(left as Single);
    return many(right.all.map((each) => pair(part, each, compute, budget)));
  }
  if (left.kind === 'scalar' && right.kind === 'scalar') return scalar(compute(left.value, right.value));
  return one(pair(partOf(left as Single), partOf(right), compute, budget));
}

export function negative(value: Value, budget: Budget): Value {
  return operate('*', scalar(-1), value, budget);
}

type Single = Exclude<Value, { kind: 'array' | 'string' }>;

const partOf = (value: Single): number | TimeSeries => (value.kind === 'scalar' ? value.value : value.series);

function pair(left: number | TimeSeries, right: number | TimeSeries, compute: Compute, budget: Budget): TimeSeries {
  if (typeof left === 'number') {
    const series = right as TimeSeries;
    spend(budget, series.points.size);
    return derived(
      series,
      mapped(series.points, (value) => compute(left, value)),
    );
  }
  if (typeof right === 'number') {
    spend(budget, left.points.size);
    return derived(
      left,
      mapped(left.points, (value) => compute(value, right)),
    );
  }
  return {
    ...derived(left, both(left.points, right.points, compute, budget)),
    period: Math.max(left.period, right.period),
  };
}

/** Where one of the two has no value, it counts as 0. */
function both(left: Points, right: Points, compute: Compute, budget: Budget): Points {
  spend(budget, left.size + right.size);
  const times = timesOf([left, right]);
  const result = new Map<number, number>();
  for (const time of times) {
    const value = compute(left.get(time) ?? 0, right.get(time) ?? 0);
    if (Number.isFinite(value)) result.set(time, value);
  }
  return result;
}

/** What is computed from a metric is no metric any more, but keeps its label. */
export const derived = (series: TimeSeries, points: Points): TimeSeries => ({
  points,
  period: series.period,
  label: series.label,
});
