/** Alarms: what was asked for, and the state they are in. A row is written when one of the two changes. */
import type {
  ActionConfiguration,
  CompositeAlarm,
  EvaluationWindow,
  LogAlarm,
  MetricAlarm,
  MetricDataQuery,
  StateValue,
  WarmUpConfiguration,
} from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';

export interface AlarmState {
  readonly value: StateValue;
  readonly reason: string;
  /** JSON. */
  readonly reasonData?: string | undefined;
  /** Milliseconds. */
  readonly updated: number;
  /** When the value changed. */
  readonly transitioned: number;
}

interface AlarmCommon {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly actionsEnabled: boolean;
  readonly okActions: readonly string[];
  readonly alarmActions: readonly string[];
  readonly insufficientDataActions: readonly string[];
  readonly actionConfiguration?: ActionConfiguration | undefined;
  readonly tags: readonly Tag[];
  /** Milliseconds. */
  readonly created: number;
  readonly configured: number;
  readonly state: AlarmState;
  /** While the actions of this state are held back (by a mute rule, by a suppressor): the state before it. */
  readonly heldFrom?: StateValue | undefined;
}

export interface MetricAlarmRow extends AlarmCommon {
  readonly type: 'MetricAlarm';
  /** Ids of the metrics it looks at. */
  readonly watched: readonly string[];
  readonly config: Pick<
    MetricAlarm,
    | 'MetricName'
    | 'Namespace'
    | 'Statistic'
    | 'ExtendedStatistic'
    | 'Dimensions'
    | 'Period'
    | 'Unit'
    | 'EvaluationPeriods'
    | 'DatapointsToAlarm'
    | 'Threshold'
    | 'ComparisonOperator'
    | 'TreatMissingData'
    | 'EvaluateLowSampleCountPercentile'
    | 'ThresholdMetricId'
  > & {
    readonly Metrics?: readonly MetricDataQuery[] | undefined;
    readonly EvaluationWindow?: EvaluationWindow | undefined;
    readonly WarmUpConfiguration?: WarmUpConfiguration | undefined;
  };
  /** Until the warm-up is over. */
  readonly warmingUp?: true | undefined;
  /** What keeps it from being evaluated. */
  readonly broken?: string | undefined;
}

export interface CompositeAlarmRow extends AlarmCommon {
  readonly type: 'CompositeAlarm';
  readonly rule: string;
  /** Names in the rule. */
  readonly children: readonly string[];
  readonly suppressor?: string | undefined;
  readonly waitSeconds?: number | undefined;
  readonly extensionSeconds?: number | undefined;
  /** Whether the rule has been looked at since it was written. */
  readonly evaluated: boolean;
  readonly suppressed?: Suppression | undefined;
}

/** Actions of the present state that are held back. */
export interface Suppression {
  readonly by: 'WaitPeriod' | 'ExtensionPeriod' | 'Alarm';
  /** Milliseconds; of the two periods. */
  readonly until?: number | undefined;
}

/** An alarm on what a query of Logs finds, run on a schedule. */
export interface LogAlarmRow extends AlarmCommon {
  readonly type: 'LogAlarm';
  readonly config: Pick<
    LogAlarm,
    | 'ScheduledQueryConfiguration'
    | 'QueryResultsToEvaluate'
    | 'QueryResultsToAlarm'
    | 'Threshold'
    | 'ComparisonOperator'
    | 'TreatMissingData'
  >;
  /** What the last runs found, the oldest first: as many as are evaluated. */
  readonly results: readonly LogResult[];
  /** Those that are in ALARM, of an alarm that tells contributors apart. */
  readonly contributors: readonly LogContributor[];
  /** Of the last evaluation. */
  readonly trouble?: 'EVALUATION_ERROR' | 'PARTIAL_DATA' | undefined;
}

export interface LogResult {
  /** Seconds: the time that the schedule said. */
  readonly time: number;
  readonly query?: string | undefined;
  /** Of each contributor, or of all. */
  readonly values: readonly { readonly attributes: Readonly<Record<string, string>>; readonly value: number }[];
  /** Why there are none. */
  readonly failed?: string | undefined;
  /** There were more contributors. */
  readonly partial?: true | undefined;
}

export interface LogContributor {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly reason: string;
  /** Milliseconds. */
  readonly since: number;
}

export type AlarmRow = MetricAlarmRow | CompositeAlarmRow | LogAlarmRow;

export const alarms = table<AlarmRow>('cw_alarm', {
  key: ({ account, region, name }) => [account, region, name],
  indexes: {
    place: ({ account, region }) => [[account, region]],
    watched: (alarm) =>
      alarm.type === 'MetricAlarm' ? alarm.watched.map((metric) => [alarm.account, alarm.region, metric]) : [],
    /** Composite alarms by the alarms they look at. */
    child: (alarm) => {
      if (alarm.type !== 'CompositeAlarm') return [];
      const below = alarm.suppressor === undefined ? alarm.children : [...alarm.children, alarm.suppressor];
      return [...new Set(below)].map((name) => [alarm.account, alarm.region, name]);
    },
  },
});

type Place = Pick<Context, 'account' | 'region' | 'partition'>;

export const alarmArn = ({ account, region, partition }: Place, name: string) =>
  `arn:${partition}:cloudwatch:${region}:${account}:alarm:${name}`;

export const arnOf = ({ account, region, name }: AlarmRow) => `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;

export const findAlarm = (ctx: Pick<Context, 'store' | 'account' | 'region'>, name: string) =>
  ctx.store.get(alarms, [ctx.account, ctx.region, name]);

/**
 * The alarm's name in an ARN or name, as rules and suppressors give it. No alarm is called what an ARN of another place
 * says.
 */
export function nameIn({ account, region }: Pick<Context, 'account' | 'region'>, reference: string): string {
  const [, ofRegion, ofAccount, name] = /^arn:[^:]*:cloudwatch:([^:]*):([^:]*):alarm:(.+)$/s.exec(reference) ?? [];
  return name !== undefined && ofRegion === region && ofAccount === account ? name : reference;
}

const times = ({ state, configured }: AlarmRow) => ({
  AlarmConfigurationUpdatedTimestamp: new Date(configured),
  StateValue: state.value,
  StateReason: state.reason,
  ...(state.reasonData !== undefined && { StateReasonData: state.reasonData }),
  StateUpdatedTimestamp: new Date(state.updated),
  StateTransitionedTimestamp: new Date(state.transitioned),
});

const common = (alarm: AlarmRow) => ({
  AlarmName: alarm.name,
  AlarmArn: arnOf(alarm),
  ...(alarm.description !== undefined && { AlarmDescription: alarm.description }),
  ActionsEnabled: alarm.actionsEnabled,
  OKActions: [...alarm.okActions],
  AlarmActions: [...alarm.alarmActions],
  InsufficientDataActions: [...alarm.insufficientDataActions],
  ...times(alarm),
  ...(alarm.actionConfiguration && { ActionConfiguration: alarm.actionConfiguration }),
});

export function metricView(alarm: MetricAlarmRow): MetricAlarm {
  const evaluationState = alarm.warmingUp ? 'IN_WARM_UP' : alarm.broken !== undefined ? 'EVALUATION_ERROR' : undefined;
  const { Metrics, ...config } = alarm.config;
  return {
    ...common(alarm),
    ...config,
    ...(Metrics ? { Metrics: [...Metrics] } : { Dimensions: config.Dimensions ?? [] }),
    ...(evaluationState && { EvaluationState: evaluationState }),
  } as MetricAlarm;
}

const REASONS: Readonly<Record<Suppression['by'], string>> = {
  Alarm: 'Actions suppressed by alarm',
  ExtensionPeriod: 'Actions suppressed by ExtensionPeriod',
  WaitPeriod: 'Actions suppressed by WaitPeriod',
};

export const suppressionReason = ({ by }: Suppression) => REASONS[by];

export function compositeView(alarm: CompositeAlarmRow): CompositeAlarm {
  const { suppressed } = alarm;
  return {
    ...common(alarm),
    AlarmRule: alarm.rule,
    ...(alarm.suppressor !== undefined && {
      ActionsSuppressor: alarm.suppressor,
      ActionsSuppressorWaitPeriod: alarm.waitSeconds,
      ActionsSuppressorExtensionPeriod: alarm.extensionSeconds,
    }),
    ...(suppressed && { ActionsSuppressedBy: suppressed.by, ActionsSuppressedReason: suppressionReason(suppressed) }),
  };
}

export function logView(alarm: LogAlarmRow): LogAlarm {
  return {
    ...common(alarm),
    ...alarm.config,
    ActionLogLineCount: 0,
    ...(alarm.trouble !== undefined && { EvaluationState: alarm.trouble }),
  };
}

export function viewOf(alarm: AlarmRow): MetricAlarm | CompositeAlarm | LogAlarm {
  if (alarm.type === 'MetricAlarm') return metricView(alarm);
  return alarm.type === 'LogAlarm' ? logView(alarm) : compositeView(alarm);
}
