/** Whether what an alarm shall be is possible, in CloudWatch's words. */
import type { MetricDataQuery, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { notImplemented } from '../../core/errors.ts';
import type { Present, Tag } from '../../core/operation.ts';
import { isInsightsQuery } from './insightsQuery.ts';
import { parse, usedIn } from './math/parser.ts';
import { checkQueries } from './queryChecks.ts';
import { statistic } from './statistics.ts';
import { invalid } from './words.ts';
import { isZone, offsetMinutes } from './zones.ts';

type Input = Present<PutMetricAlarmInput>;

const TAGS_MAX = 50;

/** Control characters are no part of a name. */
export function checkAlarmName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\x00-\x1f\x7f]/.test(name)) invalid('AlarmName must not contain control characters.');
}

/** @throws ValidationFailure; CommonError NotImplemented for what this plane cannot do */
export function checkActions(ctx: Pick<Context, 'region'>, actions: readonly string[]): void {
  for (const action of actions) checkAction(ctx, action);
}

function checkAction(ctx: Pick<Context, 'region'>, action: string): void {
  const { service, account, region, resource } = parseArn(action) ?? invalid(`Invalid arn syntax: ${action}`);
  if (service !== 'sns') notImplemented(`monitoring: alarm actions of ${service} (${action})`);
  if (!/^\d{12}$/.test(account) || !/^[\w-]{1,256}(\.fifo)?$/.test(resource)) {
    invalid(`Invalid SNS topic ARN: ${action}`);
  }
  if (region !== ctx.region) invalid(`Invalid region ${region} specified. Only ${ctx.region} is supported.`);
}

export function checkTags(
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Tag[] {
  const checked = (tags ?? []).map(({ Key = '', Value = '' }) => ({ Key, Value }));
  if (checked.length > TAGS_MAX) invalid(`The maximum number of tags is ${TAGS_MAX}.`);
  if (new Set(checked.map(({ Key }) => Key)).size < checked.length) invalid('Tag keys must be unique.');
  if (checked.some(({ Key }) => /^aws:/i.test(Key))) invalid('Tag keys must not begin with aws:.');
  return checked;
}

const SINGLE = ['MetricName', 'Namespace', 'Dimensions', 'Period', 'Unit', 'Statistic', 'ExtendedStatistic'] as const;
const TREATMENTS = ['breaching', 'notBreaching', 'ignore', 'missing'];
const BAND = /^(LessThanLowerOrGreaterThanUpperThreshold|LessThanLowerThreshold|GreaterThanUpperThreshold)$/;

export function checkMetricAlarm(ctx: Context, input: Input): void {
  if (input.EvaluationCriteria !== undefined || input.EvaluationInterval !== undefined) {
    notImplemented('monitoring: PutMetricAlarm with EvaluationCriteria (PromQL)');
  }
  checkAlarmName(input.AlarmName);
  checkChoice('TreatMissingData', input.TreatMissingData, TREATMENTS);
  checkChoice('EvaluateLowSampleCountPercentile', input.EvaluateLowSampleCountPercentile, ['evaluate', 'ignore']);
  if (input.Metrics !== undefined) checkMetrics(ctx, input, input.Metrics);
  else checkMetric(input);
  checkThreshold(input);
  checkPeriods(input);
  checkWindow(input);
}

function checkChoice(name: string, value: string | undefined, choices: readonly string[]): void {
  if (value !== undefined && !choices.includes(value)) {
    invalid(`The value ${value} for parameter ${name} is invalid. Valid values are ${choices.join(', ')}.`);
  }
}

function checkMetric(input: Input): void {
  if (input.MetricName === undefined) invalid('The parameter MetricName is required unless Metrics is specified.');
  if (input.Namespace === undefined) invalid('The parameter Namespace is required.');
  if (input.Period === undefined) invalid('The parameter Period is required.');
  const { Statistic, ExtendedStatistic } = input;
  if (Statistic === undefined && ExtendedStatistic === undefined) {
    invalid('The parameter Statistic or ExtendedStatistic must be specified.');
  }
  if (Statistic !== undefined && ExtendedStatistic !== undefined) {
    invalid('The parameters Statistic and ExtendedStatistic are mutually exclusive and you have specified both.');
  }
  if (ExtendedStatistic !== undefined && !statistic(ExtendedStatistic)) {
    invalid(`The value ${ExtendedStatistic} for parameter ExtendedStatistic is invalid.`);
  }
  if (input.EvaluateLowSampleCountPercentile !== undefined && ExtendedStatistic === undefined) {
    invalid('Option EvaluateLowSampleCountPercentile can only be used with percentile statistics.');
  }
}

const METRICS_MAX = 10;

function checkMetrics(ctx: Context, input: Input, metrics: readonly MetricDataQuery[]): void {
  for (const name of SINGLE) {
    const given = input[name];
    if (given !== undefined && !(Array.isArray(given) && given.length === 0)) {
      invalid(`The parameters Metrics and ${name} are mutually exclusive and you have specified both.`);
    }
  }
  checkQueries(ctx, metrics, 'Metrics', 2 * METRICS_MAX);
  const stats = metrics.filter(({ MetricStat }) => MetricStat);
  if (stats.length > METRICS_MAX || metrics.length - stats.length > METRICS_MAX) invalid('Invalid metrics list');
  const returned = metrics.filter(({ ReturnData }) => ReturnData !== false);
  if (input.ThresholdMetricId === undefined && returned.length !== 1) {
    invalid('Exactly one element of the metrics list should return data.');
  }
  if (input.ThresholdMetricId !== undefined) checkBand(input.ThresholdMetricId, returned);
  for (const { Expression = '' } of metrics) {
    if (Expression !== '' && !isInsightsQuery(Expression) && usedIn(parse(Expression)).calls.has('SEARCH')) {
      invalid('SEARCH is not supported on Metric Alarms.');
    }
  }
  const periods = new Set(stats.map(({ MetricStat }) => MetricStat?.Period));
  if (periods.size > 1) invalid('All metrics in the metrics list must have the same period.');
}

function checkBand(id: string, returned: readonly MetricDataQuery[]): void {
  const band = returned.find(({ Id }) => Id === id);
  if (!band) invalid('Metrics list must contain exactly one metric matching the ThresholdMetricId parameter');
  if (returned.length !== 2) invalid('Exactly two elements of the metrics list should return data.');
  if (!/^\s*ANOMALY_DETECTION_BAND\s*\(/.test(band?.Expression ?? '')) {
    invalid('The ThresholdMetricId parameter must match the ID of an ANOMALY_DETECTION_BAND function.');
  }
}

function checkThreshold({ Threshold, ThresholdMetricId, ComparisonOperator }: Input): void {
  const banded = ThresholdMetricId !== undefined;
  if (banded && Threshold !== undefined) {
    invalid('The parameters Threshold and ThresholdMetricId are mutually exclusive and you have specified both.');
  }
  if (!banded && Threshold === undefined)
    invalid('The parameter Threshold is required for alarms with a static threshold.');
  if (Threshold !== undefined && !Number.isFinite(Threshold))
    invalid(`The value ${Threshold} for parameter Threshold is invalid.`);
  if (banded !== BAND.test(ComparisonOperator ?? '')) {
    invalid(
      banded
        ? `The ComparisonOperator ${ComparisonOperator} cannot be used with an anomaly detection model.`
        : `The ComparisonOperator ${ComparisonOperator} can only be used with an anomaly detection model.`,
    );
  }
}

const DAY = 86_400;
const WEEK = 7 * DAY;
const SHORT = [10, 20, 30];

function checkPeriods(input: Input): void {
  const { EvaluationPeriods: periods = 1, DatapointsToAlarm } = input;
  const given = input.Metrics?.map(({ MetricStat, Period }) => MetricStat?.Period ?? Period) ?? [input.Period];
  for (const period of given.filter((each) => each !== undefined)) {
    if (!SHORT.includes(period) && period % 60 !== 0) invalid('Period must be 10, 20, 30 or a multiple of 60');
    if (period * periods > WEEK) {
      invalid('Metrics cannot be checked across more than seven days (EvaluationPeriods * Period must be <= 604800).');
    }
    if (period < 3600 && period * periods > DAY) {
      invalid('Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).');
    }
  }
  if (DatapointsToAlarm !== undefined && DatapointsToAlarm > periods) {
    invalid('DatapointsToAlarm must be less than or equal to EvaluationPeriods.');
  }
}

const WALL_CLOCK_PERIODS = [60, 300, 3600, DAY, WEEK];
const WARM_UP_MINUTES_MAX = 2880;

function checkWindow({ EvaluationWindow, WarmUpConfiguration, Period, Metrics }: Input): void {
  const wallClock = EvaluationWindow?.WallClockWindow;
  if (wallClock) {
    const periods = Metrics?.map(({ MetricStat }) => MetricStat?.Period).filter((each) => each !== undefined) ?? [
      Period!,
    ];
    if (!periods.every((period) => WALL_CLOCK_PERIODS.includes(period))) {
      invalid(`WallClockWindow supports the periods ${WALL_CLOCK_PERIODS.join(', ')} only.`);
    }
    const { Timezone: zone = 'UTC' } = wallClock;
    if (!isZone(zone) || offsetMinutes(zone, 0) % 5 !== 0)
      invalid(`The value ${zone} for parameter Timezone is invalid.`);
  }
  const minutes = WarmUpConfiguration?.WarmUpPeriodDurationInMinutes;
  if (WarmUpConfiguration && !(Number(minutes) >= 1 && Number(minutes) <= WARM_UP_MINUTES_MAX)) {
    invalid(`WarmUpPeriodDurationInMinutes must be between 1 and ${WARM_UP_MINUTES_MAX}.`);
  }
}
