/**
 * Metric data queries: metrics, expressions and searches, each computed once, as GetMetricData, alarms and anomaly
 * detectors ask for them.
 */
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { insightRules } from '../../core/contributions.ts';
import { bandOf, modelOf, TRAINED_ON_SECONDS, trainedTo } from './anomalyBand.ts';
import { detectorOf, subjectOf } from './detectorRows.ts';
import { dimensionsOf } from './dimensions.ts';
import { insightMetric, spansOf } from './insightData.ts';
import { isInsightsQuery, runInsightsQuery } from './insightsQuery.ts';
import { evaluate, type World } from './math/evaluate.ts';
import { MathError, parse } from './math/parser.ts';
import { parseSearch } from './math/search.ts';
import { type Budget, type MetricOfSeries, many, one, spend, type TimeSeries, type Value } from './math/values.ts';
import { matchingMetrics } from './metricMatches.ts';
import { type MetricName, metricId } from './metricRows.ts';
import { allUnits, seriesOf } from './series.ts';
import { statistic } from './statistics.ts';

/** Data points one call may compute in all. */
export const BUDGET = 5_000_000;
const PERIOD = 300;

export interface QuerySet {
  /** @throws MathError named after the query */
  readonly value: (id: string) => Promise<Value>;
}

type Asker = Pick<Context, 'account' | 'region' | 'store' | 'now'>;

export interface Range {
  /** Seconds, `to` exclusive. */
  readonly from: number;
  readonly to: number;
}

/** An expression that cannot be computed, with the id of its query. */
export class QueryError extends Error {}

export function querySet(ctx: Asker, queries: readonly MetricDataQuery[], range: Range, budget: Budget): QuerySet {
  const known = new Map<string, Promise<Value>>();
  const running = new Set<string>();
  const value = (id: string): Promise<Value> => {
    if (running.has(id)) throw new MathError('Circular reference');
    let found = known.get(id);
    if (!found) {
      running.add(id);
      found = compute(id).finally(() => running.delete(id));
      known.set(id, found);
    }
    return found;
  };
  const compute = async (id: string): Promise<Value> => {
    const query = queries.find(({ Id }) => Id === id);
    if (!query) throw new MathError(`Undefined id ${id}`);
    if (query.MetricStat) return one(await metricSeries(ctx, query, range, budget));
    const text = query.Expression ?? '';
    const period = query.Period ?? longestPeriod(queries);
    if (isInsightsQuery(text)) return many(await runInsightsQuery(ctx, text, { ...range, period }, budget));
    return evaluate(parse(text), worldOf(ctx, queries, { ...range, period }, { budget, value }));
  };
  return { value: (id) => named(id, value) };
}

/** What is wrong with an expression, with the expression's name. */
async function named(id: string, value: (id: string) => Promise<Value>): Promise<Value> {
  try {
    return await value(id);
  } catch (error) {
    if (error instanceof MathError) throw new QueryError(`Error in expression '${id}' [${error.message}]`);
    throw error;
  }
}

const longestPeriod = (queries: readonly MetricDataQuery[]) =>
  Math.max(0, ...queries.map(({ MetricStat }) => MetricStat?.Period ?? 0)) || PERIOD;

interface Shared {
  readonly budget: Budget;
  readonly value: (id: string) => Promise<Value>;
}

function worldOf(ctx: Asker, queries: readonly MetricDataQuery[], grid: World['grid'], shared: Shared): World {
  const stats = queries.filter(({ MetricStat }) => MetricStat);
  const { budget } = shared;
  return {
    grid,
    budget,
    query: shared.value,
    periodOf: (id) => stats.find(({ Id }) => Id === id)?.MetricStat?.Period,
    async metrics(part) {
      const all: TimeSeries[] = [];
      for (const { Id } of stats.filter((query) => query.Id?.includes(part))) {
        const value = await shared.value(Id!);
        if (value.kind === 'series') all.push(value.series);
      }
      return all;
    },
    insight: (rule, metric) => insightSeries(ctx, rule, metric, grid, budget),
    search: (text, stat, period) => searched(ctx, [text, stat], { ...grid, period: period ?? grid.period }, budget),
    band: (id, series, deviations) => band(ctx, { queries, id, series, deviations, grid }, budget),
  };
}

async function insightSeries(
  ctx: Asker,
  name: string,
  metric: string,
  { from, to, period }: World['grid'],
  budget: Budget,
): Promise<TimeSeries> {
  const figure = insightMetric(metric);
  const rule = await ctx.store.get(insightRules, [ctx.account, ctx.region, name]);
  if (!rule) throw new MathError(`The Contributor Insights rule ${name} does not exist`);
  const spans = await spansOf(ctx, rule, { from: from - (from % period), to, period }, budget);
  return { points: new Map(spans.map((span) => [span.time, figure(span)])), period, label: `${name} ${metric}` };
}

async function metricSeries(ctx: Asker, query: MetricDataQuery, range: Range, budget: Budget): Promise<TimeSeries> {
  const { Metric, Period = 60, Stat = '', Unit } = query.MetricStat ?? {};
  const name: MetricName = {
    namespace: Metric?.Namespace ?? '',
    name: Metric?.MetricName ?? '',
    dimensions: dimensionsOf(Metric?.Dimensions, 'Dimensions'),
  };
  // Beside metrics with shorter periods too, minutes begin with the minute.
  const from = range.from - (range.from % Math.min(Period, 60));
  return readMetric(ctx, name, { from, to: range.to, period: Period, stat: Stat, unit: Unit }, budget);
}

interface Reading extends Range {
  readonly period: number;
  readonly stat: string;
  readonly unit?: string | undefined;
}

async function readMetric(ctx: Asker, name: MetricName, reading: Reading, budget: Budget): Promise<TimeSeries> {
  const compute = statistic(reading.stat);
  if (!compute) throw new MathError(`Unknown statistic ${reading.stat}`);
  const id = metricId(ctx.account, ctx.region, name);
  const points = new Map<number, number>();
  const series = await seriesOf(ctx, id, reading, reading.unit);
  spend(budget, series.size);
  for (const [time, units] of series) {
    const value = compute(allUnits(units));
    if (value !== undefined) points.set(time, value);
  }
  const metric: MetricOfSeries = { ...name, id, stat: reading.stat, unit: reading.unit };
  return { points, period: reading.period, label: name.name, metric };
}

/** At most 500 of the metrics that had data in the last two weeks. */
async function searched(
  ctx: Asker,
  [text, stat]: readonly [string, string],
  grid: World['grid'],
  budget: Budget,
): Promise<TimeSeries[]> {
  const search = parseSearch(text, ctx.account);
  const found = await matchingMetrics(ctx, search.namespace, search.matches);
  const all: TimeSeries[] = [];
  for (const metric of found) all.push(await readMetric(ctx, metric, { ...grid, stat }, budget));
  return labelled(all);
}

/** Told apart by what differs: dimension values, then names. */
function labelled(all: readonly TimeSeries[]): TimeSeries[] {
  const differ = (values: readonly (string | undefined)[]) => new Set(values).size > 1;
  const names = [...new Set(all.flatMap(({ metric }) => metric!.dimensions.map(([name]) => name)))];
  const valueIn = ({ metric }: TimeSeries, name: string) => metric!.dimensions.find(([own]) => own === name)?.[1];
  const telling = names.filter((name) => differ(all.map((series) => valueIn(series, name))));
  const tellsName = differ(all.map(({ metric }) => metric!.name));
  return all.map((series) => {
    const parts = telling.map((name) => valueIn(series, name)).filter((value) => value !== undefined);
    if (tellsName || parts.length === 0) parts.push(series.metric!.name);
    return { ...series, label: parts.join(' ') };
  });
}

interface BandWanted {
  readonly queries: readonly MetricDataQuery[];
  readonly id: string;
  readonly series: TimeSeries;
  readonly deviations: number;
  readonly grid: World['grid'];
}

/** From the model of the two weeks before the range. */
async function band(ctx: Asker, { queries, id, series, deviations, grid }: BandWanted, budget: Budget) {
  const subject = subjectOf(ctx, queries, id);
  const detector = subject === undefined ? undefined : await detectorOf(ctx, subject);
  const nothing = { points: new Map<number, number>(), period: series.period, label: series.label };
  if (!detector) return [nothing, nothing] as const;
  const to = trainedTo(grid.from);
  const model = await modelOf(detector, { period: series.period, to }, async () => {
    const past = await querySet(ctx, queries, { from: to - TRAINED_ON_SECONDS, to }, budget).value(id);
    return past.kind === 'series' ? past.series.points : new Map<number, number>();
  });
  spend(budget, (grid.to - grid.from) / series.period);
  const times: number[] = [];
  for (let time = grid.from; time < grid.to; time += series.period) times.push(time);
  return bandOf(model, { series, times, deviations });
}
