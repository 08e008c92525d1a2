/** Functions of metric math that need nothing but their arguments: a table, each with what it accepts. */
import { derived } from './operators.ts';
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

export interface Grid {
  /** Seconds, `to` exclusive. */
  readonly from: number;
  readonly to: number;
  readonly period: number;
}

export interface Call {
  readonly args: readonly Value[];
  readonly grid: Grid;
  readonly budget: Budget;
}

type Implementation = (call: Call) => Value;

const DAY_NAMES = 7;

export const FUNCTIONS: Readonly<Record<string, Implementation>> = {
  ABS: each((series) => mapped(series.points, Math.abs)),
  CEIL: each((series) => mapped(series.points, Math.ceil)),
  FLOOR: each((series) => mapped(series.points, Math.floor)),
  LOG: each((series) => mapped(series.points, Math.log)),
  LOG10: each((series) => mapped(series.points, Math.log10)),
  DIFF: each((series) => consecutive(series.points, (value, before) => value - before)),
  DIFF_TIME: each((series) => consecutive(series.points, (_value, _before, seconds) => seconds)),
  RATE: each((series) => consecutive(series.points, (value, before, seconds) => (value - before) / seconds)),
  RUNNING_SUM: each((series) => {
    let sum = 0;
    return mapped(series.points, (value) => (sum += value));
  }),
  AVG: summary(
    (values) => sumOf(values) / values.length,
    (values, of) => sumOf(values) / of,
  ),
  SUM: summary(sumOf, sumOf),
  MIN: summary(least, least),
  MAX: summary(greatest, greatest),
  STDDEV: summary(deviation, deviation),
  DATAPOINT_COUNT: summary(
    (values) => values.length,
    (values) => values.length,
  ),
  METRIC_COUNT: ({ args }) => scalar(arrayIn(args, 0, 1).length),
  FIRST: ({ args }) => one(at(arrayIn(args, 0, 1), 0)),
  LAST: ({ args }) => one(at(arrayIn(args, 0, 1), -1)),
  REMOVE_EMPTY: ({ args }) => many(arrayIn(args, 0, 1).filter(({ points }) => points.size > 0)),
  SLICE: ({ args }) => {
    const all = arrayIn(args, 0, args.length === 3 ? 3 : 2);
    return many(all.slice(scalarIn(args, 1), args.length === 3 ? scalarIn(args, 2) : undefined));
  },
  TIME_SERIES: ({ args, grid, budget }) => {
    const value = scalarIn(args, 0, 1);
    return one({ points: everywhere(grid, budget, () => value), period: grid.period, label: 'TIME_SERIES' });
  },
  MINUTE: clock((date) => date.getUTCMinutes()),
  HOUR: clock((date) => date.getUTCHours()),
  DAY: clock((date) => date.getUTCDay() || DAY_NAMES),
  DATE: clock((date) => date.getUTCDate()),
  MONTH: clock((date) => date.getUTCMonth() + 1),
  YEAR: clock((date) => date.getUTCFullYear()),
  EPOCH: clock((date) => date.getTime() / 1000),
};

/** Every time of a grid, and of what a series has besides. */
export function everywhere({ from, to, period }: Grid, budget: Budget, value: (time: number) => number): Points {
  spend(budget, (to - from) / period);
  const points = new Map<number, number>();
  for (let time = from; time < to; time += period) points.set(time, value(time));
  return points;
}

export const wrong = (what: string): never => {
  throw new MathError(what);
};

/** @throws MathError unless there are `count` arguments and this one is of that kind. */
export function arrayIn(args: readonly Value[], index: number, count = args.length): readonly TimeSeries[] {
  const value = args[index];
  if (args.length !== count || value?.kind !== 'array')
    return wrong('Invalid arguments: an array of time series is required');
  return value.all;
}

export function seriesIn(args: readonly Value[], index: number, count = args.length): TimeSeries {
  const value = args[index];
  if (args.length !== count || value?.kind !== 'series') return wrong('Invalid arguments: a time series is required');
  return value.series;
}

export function scalarIn(args: readonly Value[], index: number, count = args.length): number {
  const value = args[index];
  if (args.length !== count || value?.kind !== 'scalar') return wrong('Invalid arguments: a scalar is required');
  return value.value;
}

/** One series gives one, an array an array. */
export function each(compute: (series: TimeSeries, call: Call) => Points, count = 1): Implementation {
  return (call) => {
    const [value] = call.args;
    if (call.args.length !== count) return wrong('Invalid number of arguments');
    const on = (series: TimeSeries) => {
      spend(call.budget, series.points.size);
      return derived(series, compute(series, call));
    };
    if (value?.kind === 'series') return one(on(value.series));
    if (value?.kind === 'array') return many(value.all.map(on));
    return wrong('Invalid arguments: a time series is required');
  };
}

/** One series gives a number, an array a series: of each time's values, and of how many series there are. */
function summary(
  ofSeries: (values: readonly number[]) => number,
  ofArray: (values: readonly number[], series: number) => number,
): Implementation {
  return ({ args, grid, budget }) => {
    const [value] = args;
    if (args.length !== 1) return wrong('Invalid number of arguments');
    if (value?.kind === 'series') {
      spend(budget, value.series.points.size);
      const values = [...value.series.points.values()];
      return scalar(values.length === 0 ? 0 : ofSeries(values));
    }
    if (value?.kind !== 'array') return wrong('Invalid arguments: a time series is required');
    return one(across(value.all, ofArray, { grid, budget }));
  };
}

function across(
  all: readonly TimeSeries[],
  compute: (values: readonly number[], series: number) => number,
  { grid, budget }: Pick<Call, 'grid' | 'budget'>,
): TimeSeries {
  for (const { points } of all) spend(budget, points.size);
  const times = timesOf(all.map(({ points }) => points));
  spend(budget, times.length * all.length);
  const points = new Map<number, number>();
  for (const time of times) {
    const values = all.map((series) => series.points.get(time)).filter((value) => value !== undefined);
    points.set(time, compute(values, all.length));
  }
  const period = all.reduce((longest, series) => Math.max(longest, series.period), 0) || grid.period;
  return { points, period, label: all[0]?.label ?? '' };
}

/** From the second value on. */
function consecutive(points: Points, compute: (value: number, before: number, seconds: number) => number): Points {
  let before: readonly [number, number] | undefined;
  return mapped(points, (value, time) => {
    const last = before;
    before = [time, value];
    return last && compute(value, last[1], time - last[0]);
  });
}

/** A number for every time of the series' own grid, whether or not the series has a value there. */
function clock(read: (date: Date) => number): Implementation {
  return ({ args, grid, budget }) => {
    const series = seriesIn(args, 0, 1);
    const points = everywhere({ ...grid, period: series.period }, budget, (time) => read(new Date(time * 1000)));
    return one(derived(series, points));
  };
}

const at = (all: readonly TimeSeries[], index: number): TimeSeries =>
  all.at(index) ?? { points: new Map(), period: 60, label: '' };

function sumOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

function least(values: readonly number[]): number {
  let found = Number.POSITIVE_INFINITY;
  for (const value of values) if (value < found) found = value;
  return found;
}

function greatest(values: readonly number[]): number {
  return -least(values.map((value) => -value));
}

function deviation(values: readonly number[]): number {
  const mean = sumOf(values) / values.length;
  return Math.sqrt(sumOf(values.map((value) => (value - mean) ** 2)) / values.length);
}
