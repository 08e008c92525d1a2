/** Why an alarm is in its state, in CloudWatch's sentences and its JSON. */
import type { ComparisonOperator } from '@aws-sdk/client-cloudwatch';
import type { MetricAlarmRow } from './alarmRows.ts';
import type { Judged } from './missingData.ts';

export interface EvaluatedPoint {
  /** Seconds. */
  readonly time: number;
  readonly value: number;
  readonly breaching: boolean;
  readonly samples?: number | undefined;
  /** Of anomaly detection alarms. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** A number as Java writes it: `50.0`, `1.0E7`. */
export function javaNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e7 || size < 1e-3)) {
    const [digits = '', exponent = '0'] = value.toExponential().split('e');
    return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** `2019-10-02T17:04:40.985+0000` */
export const stamp = (milliseconds: number) => new Date(milliseconds).toISOString().replace('Z', '+0000');

/** `(02/10/19 16:59:00)` */
function spoken(seconds: number): string {
  const [date = '', time = ''] = new Date(seconds * 1000).toISOString().split('T');
  const [year = '', month, day] = date.split('-');
  return `(${day}/${month}/${year.slice(2)} ${time.slice(0, 8)})`;
}

const STATIC: Readonly<Record<string, string>> = {
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  GreaterThanThreshold: 'greater than',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
};

const NEEDS = { ALARM: 'OK -> ALARM', OK: 'ALARM -> OK' } as const;

/** @param judged state OK, ALARM or INSUFFICIENT_DATA */
export function reasonFor(
  { config }: Pick<MetricAlarmRow, 'config'>,
  judged: Judged<EvaluatedPoint>,
  datapoints = 'datapoints',
): string {
  const { EvaluationPeriods: n = 1, DatapointsToAlarm } = config;
  if (judged.state === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${plural(judged.filled, 'datapoint was', 'datapoints were')} unknown.`;
  }
  const banded = config.ThresholdMetricId !== undefined;
  const start = banded ? 'Thresholds Crossed' : 'Threshold Crossed';
  if (judged.points.length === 0)
    return `${start}: no datapoints were received for ${periods(n)} and ${filledIn(judged)}.`;
  const telling = judged.points.filter(({ breaching }) => breaching === (judged.state === 'ALARM')).toReversed();
  const shown = telling.length > 0 ? telling : judged.points.toReversed();
  const list = shown.map(
    ({ value, time }, at) => `${javaNumber(value)}${at === 0 || at < 5 ? ` ${spoken(time)}` : ''}`,
  );
  const not = judged.state === 'ALARM' ? '' : 'not ';
  const verb = shown.length === 1 ? 'was' : 'were';
  const crossing = banded ? bands(shown, config.ComparisonOperator, not) : thresholdOf(config, not);
  const and = judged.filled > 0 ? ` and ${filledIn(judged)}` : '';
  if (DatapointsToAlarm === undefined) {
    return `${start}: ${plural(shown.length, 'datapoint', 'datapoints')} [${list.join(', ')}] ${verb} ${crossing}${and}.`;
  }
  const least = judged.state === 'ALARM' ? DatapointsToAlarm : n - DatapointsToAlarm + 1;
  const needed = `(minimum ${plural(least, 'datapoint', 'datapoints')} for ${NEEDS[judged.state as 'OK']} transition)`;
  return `${start}: ${shown.length} out of the last ${n} ${datapoints} [${list.join(', ')}] ${verb} ${crossing}${and} ${needed}.`;
}

const thresholdOf = ({ ComparisonOperator, Threshold = 0 }: MetricAlarmRow['config'], not: string) =>
  `${not}${STATIC[ComparisonOperator!]} the threshold (${javaNumber(Threshold)})`;

function bands(points: readonly EvaluatedPoint[], operator: ComparisonOperator | undefined, not: string): string {
  const of = (bound: 'low' | 'high') => points.map((point) => javaNumber(point[bound] ?? Number.NaN)).join(', ');
  const low = `${not}less than the lower thresholds [${of('low')}]`;
  const high = `${not}greater than the upper thresholds [${of('high')}]`;
  if (operator === 'LessThanLowerThreshold') return low;
  return operator === 'GreaterThanUpperThreshold' ? high : `${low} or ${high}`;
}

const periods = (count: number) => plural(count, 'period', 'periods');
const plural = (count: number, one: string, several: string) => `${count} ${count === 1 ? one : several}`;

function filledIn({ filled, state }: Judged<EvaluatedPoint>): string {
  const as = state === 'ALARM' ? 'Breaching' : 'NonBreaching';
  return `${plural(filled, 'missing datapoint was', 'missing datapoints were')} treated as [${as}]`;
}

export function reasonDataFor({ config }: MetricAlarmRow, judged: Judged<EvaluatedPoint>, now: Date): string {
  const { points } = judged;
  const [first] = points;
  const stat = config.Statistic ?? config.ExtendedStatistic;
  const of = (bound: 'low' | 'high') => points.map((point) => point[bound]);
  return JSON.stringify({
    version: '1.0',
    queryDate: stamp(now.getTime()),
    ...(first && { startDate: stamp(first.time * 1000) }),
    ...(config.Unit !== undefined && { unit: config.Unit }),
    ...(stat !== undefined && { statistic: stat }),
    period: periodOf(config),
    recentDatapoints: points.map(({ value }) => value),
    ...(config.ThresholdMetricId === undefined
      ? { threshold: config.Threshold }
      : { recentLowerThresholds: of('low'), recentUpperThresholds: of('high') }),
    evaluatedDatapoints: points.toReversed().map(({ time, value, samples }) => ({
      timestamp: stamp(time * 1000),
      ...(samples !== undefined && { sampleCount: samples }),
      value,
    })),
  });
}

/** Seconds. */
export const periodOf = ({ Period, Metrics }: MetricAlarmRow['config']): number =>
  Period ?? Metrics?.find(({ MetricStat }) => MetricStat)?.MetricStat?.Period ?? Metrics?.[0]?.Period ?? 60;
