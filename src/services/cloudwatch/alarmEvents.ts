/**
 * What EventBridge hears of alarms.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
 */
import { createHash } from 'node:crypto';
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { emit } from '../../core/events.ts';
import { stamp } from './alarmReasons.ts';
import { type AlarmRow, arnOf, type LogAlarmRow, type MetricAlarmRow, suppressionReason } from './alarmRows.ts';
import type { Changing } from './alarmState.ts';
import type { Mute } from './mutes.ts';
import { propagated } from './tagPropagation.ts';

export function tellStateChange(ctx: Changing, alarm: AlarmRow, before: AlarmRow, mute: Mute | undefined): void {
  const tags = propagated(alarm);
  emit(ctx, {
    source: 'aws.cloudwatch',
    detailType: 'CloudWatch Alarm State Change',
    resources: [arnOf(alarm)],
    detail: {
      alarmName: alarm.name,
      state: stateOf(alarm),
      previousState: stateOf(before),
      configuration: watchedOf(alarm),
      ...(mute && {
        muteDetail: { mutedByArn: mute.arn, muteWindowStart: stamp(mute.start), muteWindowEnd: stamp(mute.end) },
      }),
      ...(tags && { alarmTags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])) }),
    },
  });
}

export function tellConfigurationChange(
  ctx: Changing,
  operation: 'create' | 'update' | 'delete',
  alarm: AlarmRow,
  before?: AlarmRow,
): void {
  const { value, timestamp } = stateOf(alarm);
  emit(ctx, {
    source: 'aws.cloudwatch',
    detailType: 'CloudWatch Alarm Configuration Change',
    resources: [arnOf(alarm)],
    detail: {
      alarmName: alarm.name,
      operation,
      state: { value, timestamp },
      configuration: configurationOf(alarm),
      ...(before && { previousConfiguration: configurationOf(before) }),
    },
  });
}

function stateOf(alarm: AlarmRow) {
  const { value, reason, reasonData, transitioned } = alarm.state;
  const suppressed = alarm.type === 'CompositeAlarm' ? alarm.suppressed : undefined;
  return {
    ...(suppressed && { actionsSuppressedBy: suppressed.by, actionsSuppressedReason: suppressionReason(suppressed) }),
    value,
    reason,
    ...(reasonData !== undefined && { reasonData }),
    timestamp: stamp(transitioned),
  };
}

function watchedOf(alarm: AlarmRow): object {
  const described = alarm.description !== undefined && { description: alarm.description };
  if (alarm.type === 'MetricAlarm') return { ...described, metrics: metricsOf(alarm) };
  if (alarm.type === 'LogAlarm')
    return { ...described, scheduledQueryConfiguration: alarm.config.ScheduledQueryConfiguration };
  return {
    alarmRule: alarm.rule,
    ...(alarm.suppressor !== undefined && {
      actionsSuppressor: alarm.suppressor,
      actionsSuppressorWaitPeriod: alarm.waitSeconds,
      actionsSuppressorExtensionPeriod: alarm.extensionSeconds,
    }),
    ...described,
  };
}

function configurationOf(alarm: AlarmRow): object {
  return {
    ...(alarm.type === 'MetricAlarm' && thresholdsOf(alarm)),
    ...(alarm.type === 'LogAlarm' && logThresholdsOf(alarm)),
    ...watchedOf(alarm),
    alarmName: alarm.name,
    actionsEnabled: alarm.actionsEnabled,
    timestamp: stamp(alarm.configured),
    okActions: alarm.okActions,
    alarmActions: alarm.alarmActions,
    insufficientDataActions: alarm.insufficientDataActions,
  };
}

const thresholdsOf = ({ config }: MetricAlarmRow) => ({
  evaluationPeriods: config.EvaluationPeriods,
  ...(config.DatapointsToAlarm !== undefined && { datapointsToAlarm: config.DatapointsToAlarm }),
  ...(config.Threshold !== undefined && { threshold: config.Threshold }),
  ...(config.ThresholdMetricId !== undefined && { thresholdMetricId: config.ThresholdMetricId }),
  comparisonOperator: config.ComparisonOperator,
  treatMissingData: config.TreatMissingData ?? 'missing',
});

const logThresholdsOf = ({ config }: LogAlarmRow) => ({
  queryResultsToEvaluate: config.QueryResultsToEvaluate,
  queryResultsToAlarm: config.QueryResultsToAlarm,
  threshold: config.Threshold,
  comparisonOperator: config.ComparisonOperator,
  treatMissingData: config.TreatMissingData ?? 'missing',
});

function metricsOf(alarm: MetricAlarmRow): object[] {
  const { config } = alarm;
  if (config.Metrics) return config.Metrics.map(queryOf);
  const { Namespace, MetricName, Dimensions, Period, Unit } = config;
  const Stat = config.Statistic ?? config.ExtendedStatistic;
  const stat = { Metric: { Namespace, MetricName, Dimensions }, Period, Stat, Unit };
  return [queryOf({ Id: idOf(alarm), MetricStat: stat, ReturnData: true })];
}

function queryOf({ Id, MetricStat, Expression, Label, ReturnData, Period }: MetricDataQuery): object {
  return {
    id: Id,
    ...(MetricStat && {
      metricStat: {
        metric: {
          namespace: MetricStat.Metric?.Namespace,
          name: MetricStat.Metric?.MetricName,
          dimensions: Object.fromEntries((MetricStat.Metric?.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])),
        },
        period: MetricStat.Period,
        stat: MetricStat.Stat,
        ...(MetricStat.Unit !== undefined && { unit: MetricStat.Unit }),
      },
    }),
    ...(Expression !== undefined && { expression: Expression }),
    ...(Label !== undefined && { label: Label }),
    ...(Period !== undefined && { period: Period }),
    returnData: ReturnData ?? true,
  };
}

/** A UUID that stays while the configuration does. */
function idOf(alarm: MetricAlarmRow): string {
  const hex = createHash('sha256')
    .update(`${arnOf(alarm)} ${alarm.configured}`)
    .digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
