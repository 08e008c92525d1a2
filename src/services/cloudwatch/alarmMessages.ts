/** The message an alarm sends, and its subject. */
import type { Dimension, MetricDataQuery, StateValue } from '@aws-sdk/client-cloudwatch';
import { stamp } from './alarmReasons.ts';
import { type AlarmRow, arnOf, type MetricAlarmRow } from './alarmRows.ts';
import { regionName } from './regionNames.ts';
import { propagated } from './tagPropagation.ts';

/** SNS takes no longer one, and ASCII only. */
const SUBJECT_MAX = 100;

/** `ALARM: "RootLogin" in US East (N. Virginia)` */
export function subjectFor({ name, region, state }: AlarmRow): string {
  const start = `${state.value}: "`;
  const end = `" in ${regionName(region)}`;
  const plain = name.replace(/[^\x20-\x7e]/g, '?');
  const room = SUBJECT_MAX - start.length - end.length;
  return start + (plain.length <= room ? plain : `${plain.slice(0, room - 3)}...`) + end;
}

export function messageFor(alarm: AlarmRow, before: StateValue): string {
  const common = {
    AlarmName: alarm.name,
    AlarmDescription: alarm.description ?? null,
    AWSAccountId: alarm.account,
    AlarmConfigurationUpdatedTimestamp: stamp(alarm.configured),
    NewStateValue: alarm.state.value,
    NewStateReason: alarm.state.reason,
    StateChangeTime: stamp(alarm.state.transitioned),
    Region: regionName(alarm.region),
    AlarmArn: arnOf(alarm),
    OldStateValue: before,
    OKActions: alarm.okActions,
    AlarmActions: alarm.alarmActions,
    InsufficientDataActions: alarm.insufficientDataActions,
  };
  const tags = propagated(alarm);
  return JSON.stringify({ ...common, ...aboutOf(alarm), ...(tags && { AlarmTags: tags }) });
}

function aboutOf(alarm: AlarmRow): object {
  if (alarm.type === 'MetricAlarm') return { Trigger: triggerOf(alarm) };
  if (alarm.type === 'LogAlarm') return { Trigger: alarm.config, AlarmContributors: alarm.contributors };
  return { AlarmRule: alarm.rule, TriggeringChildren: triggeringChildren(alarm) };
}

function triggerOf({ config }: MetricAlarmRow): object {
  const evaluation = {
    EvaluationPeriods: config.EvaluationPeriods,
    ...(config.DatapointsToAlarm !== undefined && { DatapointsToAlarm: config.DatapointsToAlarm }),
    ComparisonOperator: config.ComparisonOperator,
    ...(config.ThresholdMetricId === undefined
      ? { Threshold: config.Threshold }
      : { ThresholdMetricId: config.ThresholdMetricId }),
    TreatMissingData: config.TreatMissingData ?? 'missing',
    EvaluateLowSampleCountPercentile: config.EvaluateLowSampleCountPercentile ?? '',
  };
  if (config.Metrics) return { ...evaluation, Metrics: config.Metrics.map(queryOf) };
  return {
    MetricName: config.MetricName,
    Namespace: config.Namespace,
    ...(config.Statistic === undefined
      ? { StatisticType: 'ExtendedStatistic', ExtendedStatistic: config.ExtendedStatistic }
      : { StatisticType: 'Statistic', Statistic: STATISTICS[config.Statistic] }),
    Unit: config.Unit ?? null,
    Dimensions: dimensionsOf(config.Dimensions),
    Period: config.Period,
    ...evaluation,
  };
}

const STATISTICS: Readonly<Record<string, string>> = {
  Average: 'AVERAGE',
  Maximum: 'MAXIMUM',
  Minimum: 'MINIMUM',
  SampleCount: 'SAMPLE_COUNT',
  Sum: 'SUM',
};

const dimensionsOf = (dimensions: readonly Dimension[] | undefined) =>
  (dimensions ?? []).map(({ Name, Value }) => ({ value: Value, name: Name }));

const queryOf = ({ Id, Expression, Label, MetricStat, ReturnData }: MetricDataQuery) => ({
  ...(Expression !== undefined && { Expression }),
  Id,
  ...(Label !== undefined && { Label }),
  ...(MetricStat && {
    MetricStat: {
      Metric: { ...MetricStat.Metric, Dimensions: dimensionsOf(MetricStat.Metric?.Dimensions) },
      Period: MetricStat.Period,
      Stat: MetricStat.Stat,
      ...(MetricStat.Unit !== undefined && { Unit: MetricStat.Unit }),
    },
  }),
  ReturnData: ReturnData ?? true,
});

interface Triggering {
  readonly triggeringAlarms?: readonly { readonly arn: string; readonly state: object }[];
}

function triggeringChildren({ state }: AlarmRow): readonly object[] {
  const { triggeringAlarms = [] } = JSON.parse(state.reasonData ?? '{}') as Triggering;
  return triggeringAlarms.map(({ arn, state }) => ({ Arn: arn, State: state }));
}
