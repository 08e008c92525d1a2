/** DescribeAlarms and its narrower sisters. */
import type {
  DescribeAlarmContributorsInput,
  DescribeAlarmContributorsOutput,
  DescribeAlarmsForMetricInput,
  DescribeAlarmsForMetricOutput,
  DescribeAlarmsInput,
  DescribeAlarmsOutput,
} from '@aws-sdk/client-cloudwatch';
import { ResourceNotFoundException } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { awsError } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import {
  type AlarmRow,
  alarmArn,
  alarms,
  arnOf,
  compositeView,
  findAlarm,
  logView,
  type MetricAlarmRow,
  metricView,
  nameIn,
} from './alarmRows.ts';
import { dimensionsOf } from './dimensions.ts';
import { metricId } from './metricRows.ts';
import { recordsPage } from './pages.ts';
import { invalid } from './words.ts';

export const DescribeAlarms: Operation<DescribeAlarmsInput, DescribeAlarmsOutput> = {
  access: (_input, ctx) => ({ resource: alarmArn(ctx, '*') }),
  async run(input, ctx) {
    const { ChildrenOfAlarmName, ParentsOfAlarmName } = input;
    if (ChildrenOfAlarmName !== undefined || ParentsOfAlarmName !== undefined) return relatives(ctx, input);
    if (input.AlarmNames?.length && input.AlarmNamePrefix !== undefined) {
      invalid('The parameters AlarmNames and AlarmNamePrefix are mutually exclusive and you have specified both.');
    }
    if (input.AlarmNames?.length) return named(ctx, input, input.AlarmNames);
    const { rows, page } = await recordsPage(ctx, alarms, [ctx.account, ctx.region], input, {
      startsWith: input.AlarmNamePrefix,
      keep: (alarm) => isWanted(alarm, input),
    });
    return { ...answer(rows), ...page };
  },
};

async function named(ctx: Context, input: DescribeAlarmsInput, names: readonly string[]) {
  const found: AlarmRow[] = [];
  for (const name of new Set(names)) {
    const alarm = await findAlarm(ctx, name);
    if (alarm && isWanted(alarm, input)) found.push(alarm);
  }
  return answer(found);
}

const answer = (found: readonly AlarmRow[]): DescribeAlarmsOutput => ({
  MetricAlarms: found.filter((alarm) => alarm.type === 'MetricAlarm').map(metricView),
  CompositeAlarms: found.filter((alarm) => alarm.type === 'CompositeAlarm').map(compositeView),
  LogAlarms: found.filter((alarm) => alarm.type === 'LogAlarm').map(logView),
});

function isWanted(alarm: AlarmRow, { AlarmTypes, StateValue, ActionPrefix }: DescribeAlarmsInput): boolean {
  const types = AlarmTypes?.length ? AlarmTypes : ['MetricAlarm'];
  const actions = [...alarm.okActions, ...alarm.alarmActions, ...alarm.insufficientDataActions];
  return (
    types.includes(alarm.type) &&
    (StateValue === undefined || alarm.state.value === StateValue) &&
    (ActionPrefix === undefined || actions.some((action) => action.startsWith(ActionPrefix)))
  );
}

const ALONE = ['AlarmNames', 'AlarmNamePrefix', 'AlarmTypes', 'StateValue', 'ActionPrefix'] as const;

async function relatives(ctx: Context, input: DescribeAlarmsInput): Promise<DescribeAlarmsOutput> {
  const { ChildrenOfAlarmName: parent, ParentsOfAlarmName: child } = input;
  const name = parent === undefined ? 'ParentsOfAlarmName' : 'ChildrenOfAlarmName';
  for (const other of ALONE) if (input[other] !== undefined) invalid(`${name} cannot be used with ${other}.`);
  if (parent !== undefined && child !== undefined) {
    invalid('ChildrenOfAlarmName cannot be used with ParentsOfAlarmName.');
  }
  if (parent !== undefined) return children(ctx, parent);
  const { rows, page } = await recordsPage(ctx, alarms, [ctx.account, ctx.region, child!], input, { index: 'child' });
  const above = rows.filter((alarm) => alarm.type === 'CompositeAlarm' && alarm.children.includes(child!));
  return {
    MetricAlarms: [],
    CompositeAlarms: above.map((alarm) => ({ AlarmName: alarm.name, AlarmArn: arnOf(alarm) })),
    LogAlarms: [],
    ...page,
  };
}

async function children(ctx: Context, name: string): Promise<DescribeAlarmsOutput> {
  const parent = await findAlarm(ctx, nameIn(ctx, name));
  const found: AlarmRow[] = [];
  for (const child of parent?.type === 'CompositeAlarm' ? parent.children : []) {
    const alarm = await findAlarm(ctx, child);
    if (alarm) found.push(alarm);
  }
  const brief = (alarm: AlarmRow) => ({
    AlarmName: alarm.name,
    AlarmArn: arnOf(alarm),
    StateValue: alarm.state.value,
    StateUpdatedTimestamp: new Date(alarm.state.updated),
  });
  return {
    MetricAlarms: found.filter(({ type }) => type === 'MetricAlarm').map(brief),
    CompositeAlarms: found.filter(({ type }) => type === 'CompositeAlarm').map(brief),
    LogAlarms: found.filter(({ type }) => type === 'LogAlarm').map(brief),
  };
}

const FOR_METRIC_MAX = 5000;

export const DescribeAlarmsForMetric: Operation<
  Present<DescribeAlarmsForMetricInput>,
  DescribeAlarmsForMetricOutput
> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const dimensions = dimensionsOf(input.Dimensions, 'Dimensions');
    const name = { namespace: input.Namespace, name: input.MetricName, dimensions };
    const place = [ctx.account, ctx.region, metricId(ctx.account, ctx.region, name)];
    const { rows } = await ctx.store.list(alarms, place, { index: 'watched', limit: FOR_METRIC_MAX });
    const found = rows.filter((alarm): alarm is MetricAlarmRow => alarm.type === 'MetricAlarm');
    return { MetricAlarms: found.filter((alarm) => isOn(alarm, input)).map(metricView) };
  },
};

function isOn({ config }: MetricAlarmRow, wanted: DescribeAlarmsForMetricInput): boolean {
  if (config.Metrics !== undefined) return false;
  return (['Statistic', 'ExtendedStatistic', 'Period', 'Unit'] as const).every(
    (name) => wanted[name] === undefined || wanted[name] === config[name],
  );
}

/** Log alarms alone tell contributors apart. */
export const DescribeAlarmContributors: Operation<
  Present<DescribeAlarmContributorsInput>,
  DescribeAlarmContributorsOutput,
  AlarmRow
> = {
  async load(input, ctx) {
    const alarm = await findAlarm(ctx, input.AlarmName);
    const error = awsError(ResourceNotFoundException, `Alarm ${input.AlarmName} does not exist.`);
    return alarm ?? new Missing(alarmArn(ctx, input.AlarmName), error);
  },
  access: (_input, _ctx, alarm) => ({ resource: arnOf(alarm), resourceTags: alarm.tags }),
  run: async (_input, _ctx, alarm) => ({
    AlarmContributors: (alarm.type === 'LogAlarm' ? alarm.contributors : []).map((each) => ({
      ContributorId: each.id,
      ContributorAttributes: each.attributes,
      StateReason: each.reason,
      StateTransitionedTimestamp: new Date(each.since),
    })),
  }),
};
