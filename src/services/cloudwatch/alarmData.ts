/** The data points a metric alarm looks at: of its metric, of its expression, with the band around them. */
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { periodOf } from './alarmReasons.ts';
import type { MetricAlarmRow } from './alarmRows.ts';
import type { Slot } from './alarmWindows.ts';
import { MathError } from './math/parser.ts';
import type { Points, Value } from './math/values.ts';
import { QueryError, querySet } from './queries.ts';
import { allUnits, seriesOf } from './series.ts';
import { statistic } from './statistics.ts';
import { invalid } from './words.ts';

export interface Datum {
  /** Beginning of its period, in seconds. */
  readonly time: number;
  readonly value: number;
  readonly samples?: number | undefined;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** Data points one evaluation may compute. */
const BUDGET = 500_000;

type Asker = Pick<Context, 'account' | 'region' | 'store' | 'now'>;

/** One for each slot; undefined where there is none. @throws QueryError, MathError */
export async function alarmData(
  ctx: Asker,
  alarm: MetricAlarmRow,
  slots: readonly Slot[],
): Promise<(Datum | undefined)[]> {
  const period = periodOf(alarm.config);
  const [first, last] = [slots[0]!, slots.at(-1)!];
  const even = slots.every(({ from, to }) => to - from === period);
  const read = alarm.config.Metrics ? computedData : metricData;
  if (even) {
    const data = await read(ctx, alarm, { from: first.from, to: last.to, period });
    return slots.map(({ from }) => data.get(from));
  }
  const found: (Datum | undefined)[] = [];
  for (const { from, to } of slots) found.push((await read(ctx, alarm, { from, to, period: to - from })).get(from));
  return found;
}

interface Range extends Slot {
  readonly period: number;
}

async function metricData(ctx: Asker, { config, watched }: MetricAlarmRow, range: Range): Promise<Map<number, Datum>> {
  const compute = statistic(config.Statistic ?? config.ExtendedStatistic ?? '')!;
  const data = new Map<number, Datum>();
  for (const [time, units] of await seriesOf(ctx, watched[0]!, range, config.Unit)) {
    const aggregate = allUnits(units);
    const value = compute(aggregate);
    if (value !== undefined) data.set(time, { time, value, samples: aggregate.count });
  }
  return data;
}

async function computedData(ctx: Asker, { config }: MetricAlarmRow, range: Range): Promise<Map<number, Datum>> {
  const queries = (config.Metrics ?? []).map((query) => withPeriod(query, range.period));
  const set = querySet(ctx, queries, range, { left: BUDGET });
  const points = single(await set.value(watchedQuery(queries, config.ThresholdMetricId)));
  if (config.ThresholdMetricId === undefined)
    return new Map(Array.from(points, ([time, value]) => [time, { time, value }]));
  const band = await set.value(config.ThresholdMetricId);
  if (band.kind !== 'array' || band.all.length !== 2)
    throw new MathError('The threshold must be an anomaly detection band');
  const [low, high] = [band.all[0]!.points, band.all[1]!.points];
  const data = new Map<number, Datum>();
  for (const [time, value] of points) {
    // Before the model is trained, nothing is normal or not.
    if (low.has(time)) data.set(time, { time, value, low: low.get(time), high: high.get(time) });
  }
  return data;
}

/** The id of what is held against the threshold. */
const watchedQuery = (metrics: readonly MetricDataQuery[], thresholdId: string | undefined): string =>
  metrics.find(({ ReturnData, Id }) => ReturnData !== false && Id !== thresholdId)!.Id!;

/**
 * Whether what an alarm watches is a single time series, whatever data there will be. A rule of Contributor Insights
 * may be made after its alarm. @throws ValidationFailure
 */
export async function requireSingleSeries(
  ctx: Asker,
  { Metrics: metrics = [], ThresholdMetricId }: MetricAlarmRow['config'],
): Promise<void> {
  if (metrics.some(({ Expression = '' }) => Expression.includes('INSIGHT_RULE_METRIC'))) return;
  const id = watchedQuery(metrics, ThresholdMetricId);
  const now = Math.floor(ctx.now.getTime() / 1000);
  try {
    single(await querySet(ctx, metrics, { from: now, to: now }, { left: BUDGET }).value(id));
  } catch (error) {
    if (error instanceof QueryError || error instanceof MathError) invalid(error.message);
    throw error;
  }
}

function withPeriod(query: MetricDataQuery, period: number): MetricDataQuery {
  if (query.MetricStat) return { ...query, MetricStat: { ...query.MetricStat, Period: period } };
  return { ...query, Period: period };
}

function single(value: Value): Points {
  if (value.kind === 'series') return value.series.points;
  if (value.kind === 'array' && value.all.length <= 1) return value.all[0]?.points ?? new Map();
  throw new MathError('An alarm must watch a single time series');
}
