/** The aggregates of OpenSearch SQL and PPL, by name. */
import type { Aggregate, AggregateMaker } from '../insights/aggregates.ts';
import type { Budget } from '../insights/budget.ts';
import type { Evaluate } from '../insights/expressions.ts';
import { wrong } from '../insights/scanner.ts';
import { numberOf } from '../insights/values.ts';
import {
  avg,
  beside,
  count,
  countIf,
  distinctCount,
  edge,
  exactly,
  extreme,
  listed,
  mode,
  type Of,
  paired,
  ranked,
  spread,
  sum,
  truths,
  VALUES_MAX,
} from './accumulators.ts';
import { type Compiling, compiled } from './compile.ts';
import type { Call, Node } from './syntax.ts';
import { said } from './values.ts';

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
