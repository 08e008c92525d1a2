/** The aggregates of OpenSearch SQL and PPL: null is passed over, and of nothing there is no sum. */
import type { Aggregate, AggregateMaker } from '../insights/aggregates.ts';
import type { Budget } from '../insights/budget.ts';
import type { Evaluate } from '../insights/expressions.ts';
import { finite } from '../insights/functions.ts';
import { percentile } from '../insights/percentiles.ts';
import type { Row } from '../insights/records.ts';
import { wrong } from '../insights/scanner.ts';
import { numberOf, type Value } from '../insights/values.ts';
import { type Compiling, compiled } from './compile.ts';
import type { Call, Node } from './syntax.ts';
import { ordered, said } from './values.ts';

type Of = (values: readonly Evaluate[], budget: Budget) => Aggregate;

/** Of the first value, where it is not null. */
const of =
  (make: (budget: Budget) => { add(value: Value, rest: readonly Value[]): void; result(): Value }): Of =>
  (values, budget) => {
    const inner = make(budget);
    const [first, ...rest] = values;
    return {
      add(row: Row) {
        const value = first!(row);
        if (value === null) return;
        inner.add(
          value,
          rest.map((each) => each(row)),
        );
      },
      result: () => inner.result(),
    };
  };

const ofNumbers = (make: (budget: Budget) => { add(number: number): void; result(): number | null }): Of =>
  of((budget) => {
    const inner = make(budget);
    return {
      add(value) {
        const number = numberOf(value);
        if (number !== undefined) inner.add(number);
      },
      result: () => inner.result(),
    };
  });

const count: Of = (values) => {
  let total = 0;
  return {
    add(row) {
      if (values.every((value) => value(row) !== null)) total++;
    },
    result: () => total,
  };
};

const sum = ofNumbers(() => {
  let total: number | null = null;
  return { add: (number) => (total = (total ?? 0) + number), result: () => (total === null ? null : finite(total)) };
});

const avg = ofNumbers(() => {
  let total = 0;
  let many = 0;
  return {
    add(number) {
      total += number;
      many++;
    },
    result: () => (many === 0 ? null : finite(total / many)),
  };
});

const spread = (sample: boolean, finish: (variance: number) => number): Of =>
  ofNumbers(() => {
    let many = 0;
    let mean = 0;
    let squares = 0;
    return {
      add(number) {
        const delta = number - mean;
        mean += delta / ++many;
        squares += delta * (number - mean);
      },
      result() {
        const by = sample ? many - 1 : many;
        return by < 1 ? null : finite(finish(squares / by));
      },
    };
  });

const extreme = (sign: 1 | -1): Of =>
  of(() => {
    let found: Value = null;
    return {
      add(value) {
        if (found === null || (ordered(value, found) ?? 0) * sign > 0) found = value;
      },
      result: () => found,
    };
  });

/** The value beside the greatest (or least) other one. */
const beside = (sign: 1 | -1): Of =>
  of(() => {
    let found: Value = null;
    let best: Value = null;
    return {
      add(value, [by = null]) {
        if (by === null || (best !== null && (ordered(by, best) ?? 0) * sign <= 0)) return;
        [found, best] = [value, by];
      },
      result: () => found,
    };
  });

const VALUES_MAX = 100_000;

const listed = (distinct: boolean, most = VALUES_MAX): Of =>
  of((budget) => {
    const list: Value[] = [];
    const seen = new Set<string>();
    return {
      add(value) {
        const text = said(value) ?? '';
        if (list.length >= most || (distinct && seen.has(text))) return;
        budget.take(2 * text.length + 60, list.length < VALUES_MAX);
        if (distinct) seen.add(text);
        list.push(value);
      },
      result: () => list,
    };
  });

const edge = (last: boolean): Of =>
  of(() => {
    let found: Value = null;
    return {
      add(value) {
        if (last || found === null) found = value;
      },
      result: () => found,
    };
  });

const truths = (every: boolean): Of =>
  of(() => {
    let found: boolean | null = null;
    return {
      add(value) {
        const holds = value === true || value === 'true';
        found = every ? (found ?? true) && holds : (found ?? false) || holds;
      },
      result: () => found,
    };
  });

const countIf = of(() => {
  let total = 0;
  return {
    add(value) {
      if (value === true || value === 'true') total++;
    },
    result: () => total,
  };
});

/** Exact, between its two neighbours in proportion. */
const exactly = (part: number): Of =>
  ofNumbers((budget) => {
    const numbers: number[] = [];
    return {
      add(number) {
        budget.take(8);
        numbers.push(number);
      },
      result() {
        numbers.sort((a, b) => a - b);
        const place = part * (numbers.length - 1);
        const [low, high] = [numbers[Math.floor(place)], numbers[Math.ceil(place)]];
        return low === undefined || high === undefined ? null : low + (high - low) * (place - Math.floor(place));
      },
    };
  });

const ranked = (percent: number): Of => ofNumbers((budget) => percentile(percent, budget));

const distinctCount: Of = (values, budget) => {
  const seen = new Set<string>();
  return {
    add(row) {
      const texts = values.map((value) => said(value(row)));
      if (texts.includes(undefined)) return;
      const key = JSON.stringify(texts);
      if (seen.has(key)) return;
      budget.take(2 * key.length + 60);
      seen.add(key);
    },
    result: () => seen.size,
  };
};

/** The most frequent value. */
const mode = of((budget) => {
  const counts = new Map<string, { readonly value: Value; count: number }>();
  return {
    add(value) {
      const text = said(value) ?? '';
      const known = counts.get(text);
      if (known) known.count++;
      else {
        budget.take(2 * text.length + 80);
        counts.set(text, { value, count: 1 });
      }
    },
    result: () =>
      [...counts.values()].reduce<{ value: Value; count: number }>(
        (best, each) => (each.count > best.count ? each : best),
        { value: null, count: 0 },
      ).value,
  };
});

interface Moments {
  readonly many: number;
  /** Sums of products of the differences from the means. */
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
}

const paired = (finish: (moments: Moments) => number): Of =>
  of(() => {
    let [many, meanX, meanY, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
    return {
      add(value, [other = null]) {
        const [x, y] = [numberOf(value), numberOf(other)];
        if (x === undefined || y === undefined) return;
        const [dx, dy] = [x - meanX, y - meanY];
        meanX += dx / ++many;
        meanY += dy / many;
        xx += dx * (x - meanX);
        yy += dy * (y - meanY);
        xy += dx * (y - meanY);
      },
      result: () => (many === 0 ? null : finite(finish({ many, xx, yy, xy }))),
    };
  });

/** What a node says for itself: a number. */
const constant = (node: Node | undefined): number | undefined =>
  node?.kind === 'value' ? numberOf(node.value) : undefined;

interface Kind {
  readonly least: number;
  readonly most: number;
  /** Undefined for what cannot be. */
  readonly of: (call: Call, language: 'sql' | 'ppl') => Of | undefined;
}

const one = (made: Of, most = 1): Kind => ({ least: 1, most, of: () => made });

const percent = (call: Call, language: 'sql' | 'ppl', approximate: boolean): Of | undefined => {
  const given = constant(call.args[1]);
  const part = given === undefined ? undefined : language === 'sql' ? given : given / 100;
  if (part === undefined || part < 0 || part > 1) return undefined;
  return language === 'ppl' || approximate ? ranked(part * 100) : exactly(part);
};

const approximate: Kind = { least: 2, most: 3, of: (call, language) => percent(call, language, true) };

const KINDS: Readonly<Record<string, Kind>> = {
  count: { least: 0, most: 20, of: ({ distinct }) => (distinct ? distinctCount : count) },
  sum: one(sum),
  avg: one(avg),
  mean: one(avg),
  min: one(extreme(-1)),
  max: one(extreme(1)),
  stddev: one(spread(true, Math.sqrt)),
  stddev_samp: one(spread(true, Math.sqrt)),
  stddev_pop: one(spread(false, Math.sqrt)),
  variance: one(spread(true, (variance) => variance)),
  var_samp: one(spread(true, (variance) => variance)),
  var_pop: one(spread(false, (variance) => variance)),
  distinct_count: one(distinctCount),
  dc: one(distinctCount),
  approx_count_distinct: one(distinctCount, 2),
  percentile: { least: 2, most: 2, of: (call, language) => percent(call, language, false) },
  percentile_approx: approximate,
  approx_percentile: approximate,
  mode: one(mode),
  std: one(spread(true, Math.sqrt)),
  try_sum: one(sum),
  try_avg: one(avg),
  corr: { least: 2, most: 2, of: () => paired(({ xx, yy, xy }) => xy / Math.sqrt(xx * yy)) },
  covar_pop: { least: 2, most: 2, of: () => paired(({ xy, many }) => xy / many) },
  covar_samp: { least: 2, most: 2, of: () => paired(({ xy, many }) => xy / (many - 1)) },
  median: one(exactly(0.5)),
  take: {
    least: 1,
    most: 2,
    of: ({ args }) => listed(false, Math.max(0, Math.min(args[1] ? (constant(args[1]) ?? 0) : 10, VALUES_MAX))),
  },
  collect_list: one(listed(false)),
  array_agg: one(listed(false)),
  collect_set: one(listed(true)),
  first: one(edge(false)),
  first_value: one(edge(false)),
  any_value: one(edge(false)),
  last: one(edge(true)),
  last_value: one(edge(true)),
  max_by: { least: 2, most: 2, of: () => beside(1) },
  min_by: { least: 2, most: 2, of: () => beside(-1) },
  every: one(truths(true)),
  bool_and: one(truths(true)),
  any: one(truths(false)),
  some: one(truths(false)),
  bool_or: one(truths(false)),
  count_if: one(countIf),
};

export const isAggregate = (name: string): boolean => Object.hasOwn(KINDS, name);
export const aggregateArguments = (name: string): readonly [number, number] => [KINDS[name]!.least, KINDS[name]!.most];

export function aggregateOf(call: Call, to: Compiling): AggregateMaker {
  const { scanner, language } = to.scope;
  const made =
    KINDS[call.name]!.of(call, language) ?? wrong(scanner, `the function ${call.name} takes a constant part`);
  const values = call.args.map((arg) => compiled(arg, to));
  const distinct = call.distinct && call.name !== 'count';
  return (budget) => (distinct ? once(made, values, budget) : made(values, budget));
}

/** Each value but once. */
function once(made: Of, values: readonly Evaluate[], budget: Budget): Aggregate {
  const inner = made(values, budget);
  const seen = new Set<string>();
  return {
    add(row) {
      const key = JSON.stringify(values.map((value) => said(value(row))));
      if (seen.has(key)) return;
      budget.take(2 * key.length + 60);
      seen.add(key);
      inner.add(row);
    },
    result: () => inner.result(),
  };
}
