/**
 * Evaluating metric alarms: a task of each alarm looks at its data at the alarm's interval, until there are none in all
 * of its evaluation range; then it sleeps until its metrics have some again.
 */
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import type { Again, TaskHandler } from '../../core/tasks.ts';
import { ALARM_PRINCIPAL } from './alarmActions.ts';
import { alarmData, type Datum } from './alarmData.ts';
import { type EvaluatedPoint, periodOf, reasonDataFor, reasonFor } from './alarmReasons.ts';
import { alarms, findAlarm, type MetricAlarmRow } from './alarmRows.ts';
import { EVALUATE, sleep } from './alarmSleep.ts';
import { changeState } from './alarmState.ts';
import { evaluatedEvery, slotsAt } from './alarmWindows.ts';
import { isInsightsQuery } from './insightsQuery.ts';
import { MathError, parse, usedIn } from './math/parser.ts';
import { judge, type Treatment } from './missingData.ts';
import { QueryError } from './queries.ts';
import { seriesOf } from './series.ts';
import { percentileShare } from './statistics.ts';

export const alarmEvaluation: TaskHandler<{ readonly alarm: string }> = {
  kind: EVALUATE,
  principal: ALARM_PRINCIPAL,
  async settle({ body }, ctx) {
    const alarm = await findAlarm(ctx, body.alarm);
    if (alarm?.type !== 'MetricAlarm') return undefined;
    await ctx.journal.catchUp();
    return evaluated(ctx, alarm);
  },
};

async function evaluated(ctx: Context, before: MetricAlarmRow): Promise<Again> {
  const now = ctx.now.getTime();
  const slots = slotsAt(before, Math.floor(now / 1000));
  const data = await dataOf(ctx, before, slots);
  const alarm = await noted(ctx, before, data);
  if (alarm.warmingUp) return untilNext(alarm, now);
  if (typeof data === 'string') return untilNext(alarm, now);
  await decide(ctx, alarm, data);
  const maySleep = data.every((datum) => datum === undefined) && !needsNoData(alarm);
  if (!maySleep || (await hasDataSince(ctx, alarm, slots.at(-1)!.to))) return untilNext(alarm, now);
  await sleep(ctx.store, { account: ctx.account, region: ctx.region, alarm: alarm.name }, alarm.watched);
  return undefined;
}

/** What keeps the alarm from being computed is a text. */
async function dataOf(ctx: Context, alarm: MetricAlarmRow, slots: ReturnType<typeof slotsAt>) {
  try {
    return await alarmData(ctx, alarm, slots);
  } catch (error) {
    if (error instanceof QueryError || error instanceof MathError) return error.message;
    throw error;
  }
}

function untilNext(alarm: MetricAlarmRow, now: number): number {
  const every = evaluatedEvery(alarm) * 1000;
  return every - (now % every);
}

/** The row with its evaluation state: warming up, broken, or neither. */
async function noted(ctx: Context, alarm: MetricAlarmRow, data: readonly (Datum | undefined)[] | string) {
  const warmingUp = alarm.warmingUp === true && !isWarm(ctx, alarm, typeof data === 'string' ? [] : data);
  const broken = typeof data === 'string' ? data : undefined;
  if (warmingUp === (alarm.warmingUp === true) && broken === alarm.broken) return alarm;
  const { warmingUp: _warming, broken: _broken, ...rest } = alarm;
  const row: MetricAlarmRow = {
    ...rest,
    ...(warmingUp && { warmingUp }),
    ...(broken !== undefined && { broken, state: { ...rest.state, reason: broken, updated: ctx.now.getTime() } }),
  };
  await ctx.store.replace(alarms, row);
  return row;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-warm-up.html */
function isWarm(ctx: Context, { config, created }: MetricAlarmRow, data: readonly (Datum | undefined)[]): boolean {
  const { WarmUpPeriodDurationInMinutes: minutes = 0, OnlyStartEvaluatingAfterWarmUpPeriodEnds: whole } =
    config.WarmUpConfiguration ?? {};
  if (ctx.now.getTime() >= created + minutes * 60_000) return true;
  const window = data.slice(-(config.EvaluationPeriods ?? 1));
  return whole !== true && window[0] !== undefined && window.at(-1) !== undefined;
}

async function decide(ctx: Context, alarm: MetricAlarmRow, data: readonly (Datum | undefined)[]): Promise<void> {
  const { EvaluationPeriods: n = 1, DatapointsToAlarm } = alarm.config;
  const points = data.map((datum) => datum && { ...datum, breaching: isBreaching(alarm, datum) });
  const judged = judge<EvaluatedPoint>(points, { n, m: DatapointsToAlarm ?? n, treatment: treatmentOf(alarm) });
  if (judged.state === 'same' || judged.state === alarm.state.value) return;
  if (hasTooFewSamples(alarm, data.slice(-n))) return;
  await changeState(ctx, alarm, {
    value: judged.state,
    reason: reasonFor(alarm, judged),
    reasonData: reasonDataFor(alarm, judged, ctx.now),
  });
}

/** Alarms on DynamoDB's metrics ignore missing data, whatever they say. */
const treatmentOf = ({ config }: MetricAlarmRow): Treatment =>
  config.Namespace === 'AWS/DynamoDB' ? 'ignore' : ((config.TreatMissingData ?? 'missing') as Treatment);

const COMPARISONS: Readonly<Record<string, (datum: Datum, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: ({ value }, threshold) => value >= threshold,
  GreaterThanThreshold: ({ value }, threshold) => value > threshold,
  LessThanThreshold: ({ value }, threshold) => value < threshold,
  LessThanOrEqualToThreshold: ({ value }, threshold) => value <= threshold,
  LessThanLowerOrGreaterThanUpperThreshold: ({ value, low, high }) => value < low! || value > high!,
  LessThanLowerThreshold: ({ value, low }) => value < low!,
  GreaterThanUpperThreshold: ({ value, high }) => value > high!,
};

const isBreaching = ({ config }: MetricAlarmRow, datum: Datum): boolean =>
  COMPARISONS[config.ComparisonOperator!]!(datum, config.Threshold ?? 0);

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html */
function hasTooFewSamples({ config }: MetricAlarmRow, window: readonly (Datum | undefined)[]): boolean {
  const share = percentileShare(config.ExtendedStatistic ?? '');
  if (config.EvaluateLowSampleCountPercentile !== 'ignore' || share === undefined) return false;
  const samples = window.reduce((sum, datum) => sum + (datum?.samples ?? 0), 0);
  const needed = share >= 0.5 ? 10 / (1 - share) : 10 / share;
  return samples < needed - 1e-6;
}

const CLOCKS = new Set([
  'MINUTE',
  'HOUR',
  'DAY',
  'DATE',
  'MONTH',
  'YEAR',
  'EPOCH',
  'TIME_SERIES',
  'INSIGHT_RULE_METRIC',
]);

/** Whether its expressions can change without any data. */
function needsNoData({ config }: MetricAlarmRow): boolean {
  return (config.Metrics ?? []).some(({ Expression }: MetricDataQuery) => {
    if (Expression === undefined) return false;
    return isInsightsQuery(Expression) || [...usedIn(parse(Expression)).calls].some((name) => CLOCKS.has(name));
  });
}

/** Data may be dated up to two hours ahead. */
const AHEAD_SECONDS = 7200 + 600;

async function hasDataSince(ctx: Context, alarm: MetricAlarmRow, from: number): Promise<boolean> {
  const to = Math.floor(ctx.now.getTime() / 1000) + AHEAD_SECONDS;
  const period = periodOf(alarm.config) < 60 ? periodOf(alarm.config) : 60;
  for (const id of alarm.watched) if ((await seriesOf(ctx, id, { from, to, period })).size > 0) return true;
  return false;
}
