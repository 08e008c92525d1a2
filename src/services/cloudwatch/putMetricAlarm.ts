/** PutMetricAlarm: makes an alarm on a metric, an expression or an anomaly detection band, or changes it. */
import type { PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import type { Present } from '../../core/operation.ts';
import { checkMetricAlarm } from './alarmChecks.ts';
import { requireSingleSeries } from './alarmData.ts';
import type { MetricAlarmRow } from './alarmRows.ts';
import { evaluateLater, sleepNoMore } from './alarmSleep.ts';
import { ensureDetector } from './anomalyDetectors.ts';
import { dimensionsOf } from './dimensions.ts';
import { parse } from './math/parser.ts';
import { metricId } from './metricRows.ts';
import { putting } from './putAlarm.ts';
import { invalid } from './words.ts';

type Input = Present<PutMetricAlarmInput>;

const CONFIGURED = [
  'MetricName',
  'Namespace',
  'Statistic',
  'ExtendedStatistic',
  'Dimensions',
  'Period',
  'Unit',
  'EvaluationPeriods',
  'DatapointsToAlarm',
  'Threshold',
  'ComparisonOperator',
  'TreatMissingData',
  'EvaluateLowSampleCountPercentile',
  'ThresholdMetricId',
  'Metrics',
  'EvaluationWindow',
  'WarmUpConfiguration',
] as const;

export const PutMetricAlarm = putting<Input, MetricAlarmRow>({
  type: 'MetricAlarm',
  async row(ctx, input, head, before) {
    checkMetricAlarm(ctx, input);
    if (input.ThresholdMetricId !== undefined) await ensureBand(ctx, input);
    const given = CONFIGURED.flatMap((name) => (input[name] === undefined ? [] : [[name, input[name]]]));
    const config = Object.fromEntries(given) as MetricAlarmRow['config'];
    if (config.Metrics) await requireSingleSeries(ctx, config);
    const warming = input.WarmUpConfiguration !== undefined && (!before || before.warmingUp === true);
    return {
      ...head,
      type: 'MetricAlarm',
      watched: watchedBy(ctx, input),
      config,
      ...(warming && { warmingUp: true }),
      ...(before?.heldFrom !== undefined && { heldFrom: before.heldFrom }),
    };
  },
  async begin(ctx, alarm, before) {
    const place = { account: ctx.account, region: ctx.region, alarm: alarm.name };
    if (before) await sleepNoMore(ctx.store, place, before.watched);
    await evaluateLater(ctx, alarm.name, ctx.now.getTime());
  },
});

function watchedBy(ctx: Context, input: Input): string[] {
  const metrics = input.Metrics
    ? input.Metrics.map(({ MetricStat }) => MetricStat?.Metric).filter((metric) => metric !== undefined)
    : [input];
  const ids = metrics.map(({ Namespace = '', MetricName = '', Dimensions }) => {
    const dimensions = dimensionsOf(Dimensions, 'Dimensions');
    return metricId(ctx.account, ctx.region, { namespace: Namespace, name: MetricName, dimensions });
  });
  return [...new Set(ids)];
}

/** An alarm on a band has a model to go by, made with it if need be. */
async function ensureBand(ctx: Context, { Metrics = [], ThresholdMetricId }: Input): Promise<void> {
  const node = parse(Metrics.find(({ Id }) => Id === ThresholdMetricId)?.Expression ?? '');
  const of = node.kind === 'call' ? node.args[0] : undefined;
  if (of?.kind !== 'name') return invalid('ANOMALY_DETECTION_BAND takes the id of a metric or of an expression.');
  await ensureDetector(ctx, Metrics, of.name);
}
