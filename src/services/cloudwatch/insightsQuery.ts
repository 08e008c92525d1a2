/**
 * CloudWatch Metrics Insights: `SELECT AVG(m) FROM SCHEMA("ns", Dim) WHERE … GROUP BY … ORDER BY … LIMIT n`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
 */
import type { Context } from '../../core/context.ts';
import { notImplemented } from '../../core/errors.ts';
import { type Aggregate, join } from './aggregates.ts';
import type { Grid } from './math/functions.ts';
import { MathError } from './math/parser.ts';
import { type Budget, spend, type TimeSeries } from './math/values.ts';
import { matchingMetrics } from './metricMatches.ts';
import type { MetricRow } from './metricRows.ts';
import { allUnits, seriesOf } from './series.ts';
import { statistic } from './statistics.ts';

export const isInsightsQuery = (text: string) => /^\s*SELECT\s/i.test(text);

const STATISTICS: Readonly<Record<string, string>> = {
  AVG: 'Average',
  COUNT: 'SampleCount',
  MAX: 'Maximum',
  MIN: 'Minimum',
  SUM: 'Sum',
};
const SERIES_MAX = 500;

interface Condition {
  readonly key: string;
  readonly equal: boolean;
  readonly value: string;
}

interface InsightsQuery {
  readonly stat: string;
  readonly metric: string;
  readonly namespace: string;
  /** Exactly these dimensions. */
  readonly schema: readonly string[] | undefined;
  readonly where: readonly Condition[];
  readonly groupBy: readonly string[];
  readonly orderBy: { readonly stat: string; readonly descending: boolean } | undefined;
  readonly limit: number;
}

type Asker = Pick<Context, 'account' | 'region' | 'store' | 'now'>;

export async function runInsightsQuery(ctx: Asker, text: string, grid: Grid, budget: Budget): Promise<TimeSeries[]> {
  const query = parseInsightsQuery(text);
  const metrics = await matchingMetrics(ctx, query.namespace, (metric) => isMeant(metric, query, ctx.account));
  const groups = new Map<string, Map<number, Aggregate>>();
  for (const metric of metrics) {
    const key = groupOf(metric, query.groupBy, ctx.account);
    const group = groups.get(key) ?? new Map<number, Aggregate>();
    groups.set(key, group);
    const series = await seriesOf(ctx, metric.id, grid);
    spend(budget, series.size);
    for (const [time, units] of series) {
      const known = group.get(time);
      group.set(time, known ? join(known, allUnits(units)) : allUnits(units));
    }
  }
  const all = Array.from(groups, ([label, group]) => seriesFrom(label || query.metric, group, query.stat, grid.period));
  return ordered(all, query).slice(0, query.limit);
}

function isMeant(metric: MetricRow, { metric: name, schema, where }: InsightsQuery, account: string): boolean {
  if (metric.name !== name) return false;
  const names = metric.dimensions.map(([dimension]) => dimension);
  if (schema && (names.length !== schema.length || !schema.every((each) => names.includes(each)))) return false;
  return where.every(({ key, equal, value }) => (labelOf(metric, key, account) === value) === equal);
}

const labelOf = (metric: MetricRow, key: string, account: string): string | undefined =>
  key === 'AWS.AccountId' ? account : metric.dimensions.find(([name]) => name === key)?.[1];

const groupOf = (metric: MetricRow, keys: readonly string[], account: string) =>
  keys.map((key) => labelOf(metric, key, account) ?? 'Other').join(' ');

function seriesFrom(label: string, group: ReadonlyMap<number, Aggregate>, stat: string, period: number): TimeSeries {
  const compute = statistic(stat)!;
  const sorted = [...group].sort(([a], [b]) => a - b);
  return { label, period, points: new Map(sorted.map(([time, aggregate]) => [time, compute(aggregate)!])) };
}

function ordered(all: readonly TimeSeries[], { orderBy }: InsightsQuery): TimeSeries[] {
  if (!orderBy) return all.toSorted((a, b) => (a.label < b.label ? -1 : 1));
  const key = ({ points }: TimeSeries) => {
    const values = [...points.values()];
    const sum = values.reduce((total, value) => total + value, 0);
    if (orderBy.stat === 'COUNT') return values.length;
    if (orderBy.stat === 'SUM') return sum;
    if (orderBy.stat === 'AVG') return sum / values.length;
    return values.reduce((a, b) => (orderBy.stat === 'MAX' ? Math.max(a, b) : Math.min(a, b)), values[0] ?? 0);
  };
  return all.toSorted((a, b) => (orderBy.descending ? key(b) - key(a) : key(a) - key(b)));
}

interface Token {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'mark';
  readonly text: string;
}

const TOKEN = /\s*(?:([A-Za-z_][\w.]*)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\d+)|(!=|[(),=]))/y;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const found = TOKEN.exec(trimmed);
    if (!found) throw new MathError('Invalid query syntax');
    const [, word, name, string, number, mark] = found;
    if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name.replace(/\\(.)/g, '$1') });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string.replace(/\\(.)/g, '$1') });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else tokens.push({ kind: 'mark', text: mark! });
  }
  return tokens;
}

/** @throws MathError */
export function parseInsightsQuery(text: string): InsightsQuery {
  const reader = readerOf(tokensOf(text));
  reader.need('SELECT');
  const stat = STATISTICS[reader.word().toUpperCase()] ?? reader.wrong();
  reader.need('(');
  const metric = reader.name();
  reader.need(')');
  reader.need('FROM');
  const { namespace, schema } = sourceOf(reader);
  const where = reader.has('WHERE') ? conditionsOf(reader) : [];
  const groupBy = reader.has('GROUP') ? keysOf(reader) : [];
  const orderBy = reader.has('ORDER') ? orderOf(reader) : undefined;
  const limit = reader.has('LIMIT') ? Number(reader.number()) : SERIES_MAX;
  if (limit < 1 || limit > SERIES_MAX) throw new MathError('LIMIT must be between 1 and 500');
  reader.end();
  for (const key of [...where.map((each) => each.key), ...groupBy]) {
    if (/^tag\./.test(key)) notImplemented('monitoring: Metrics Insights by tags of resources');
  }
  return { stat, metric, namespace, schema, where, groupBy, orderBy, limit };
}

type Reader = ReturnType<typeof readerOf>;

function readerOf(tokens: readonly Token[]) {
  let at = 0;
  const wrong = (): never => {
    throw new MathError('Invalid query syntax');
  };
  const is = (text: string) => {
    const token = tokens[at];
    return token !== undefined && /^(word|mark)$/.test(token.kind) && token.text.toUpperCase() === text;
  };
  const of = (...kinds: readonly Token['kind'][]) => {
    const token = tokens[at++];
    return token && kinds.includes(token.kind) ? token.text : wrong();
  };
  return {
    wrong,
    has: (text: string) => is(text) && ++at > 0,
    need: (text: string) => (is(text) ? ++at : wrong()),
    word: () => of('word'),
    name: () => of('word', 'name'),
    string: () => of('string'),
    number: () => of('number'),
    end: () => (at < tokens.length ? wrong() : undefined),
  };
}

function sourceOf(reader: Reader): Pick<InsightsQuery, 'namespace' | 'schema'> {
  if (!reader.has('SCHEMA')) return { namespace: reader.name(), schema: undefined };
  reader.need('(');
  const namespace = reader.name();
  const schema: string[] = [];
  while (reader.has(',')) schema.push(reader.name());
  reader.need(')');
  return { namespace, schema };
}

function conditionsOf(reader: Reader): Condition[] {
  const conditions: Condition[] = [];
  do {
    const key = reader.name();
    const equal = !reader.has('!=');
    if (equal) reader.need('=');
    conditions.push({ key, equal, value: reader.string() });
  } while (reader.has('AND'));
  return conditions;
}

function keysOf(reader: Reader): string[] {
  reader.need('BY');
  const keys = [reader.name()];
  while (reader.has(',')) keys.push(reader.name());
  return keys;
}

function orderOf(reader: Reader): NonNullable<InsightsQuery['orderBy']> {
  reader.need('BY');
  const stat = reader.word().toUpperCase();
  if (!Object.hasOwn(STATISTICS, stat)) reader.wrong();
  reader.need('(');
  reader.need(')');
  const descending = reader.has('DESC');
  if (!descending) reader.has('ASC');
  return { stat, descending };
}
