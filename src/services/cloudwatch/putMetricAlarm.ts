/** PutMetricAlarm: makes an alarm on a metric, an expression or an anomaly detection band, or changes it. */
import { LimitExceededFault, type PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { checkActions, checkMetricAlarm, checkTags } from './alarmChecks.ts';
import { tellConfigurationChange } from './alarmEvents.ts';
import { note } from './alarmHistoryRows.ts';
import { type AlarmRow, alarmArn, alarms, findAlarm, type MetricAlarmRow, metricView } from './alarmRows.ts';
import { evaluateLater, sleepNoMore } from './alarmSleep.ts';
import { ensureDetector } from './anomalyDetectors.ts';
import { dimensionsOf } from './dimensions.ts';
import { parse } from './math/parser.ts';
import { metricId } from './metricRows.ts';
import { checkActionConfiguration } from './tagPropagation.ts';
import { invalid } from './words.ts';

type Input = Present<PutMetricAlarmInput>;

/** What putting an alarm needs: the alarm's own ARN, the actions it is given, and tagging a new one. */
export function putAccess(
  ctx: Context,
  input: Pick<Input, 'AlarmName' | 'AlarmActions' | 'OKActions' | 'InsufficientDataActions' | 'Tags'>,
  existing: AlarmRow | undefined,
) {
  const resource = alarmArn(ctx, input.AlarmName);
  const actions = [input.AlarmActions, input.OKActions, input.InsufficientDataActions].flatMap((each) => each ?? []);
  const conditions = {
    ...requestTags(input.Tags),
    ...(actions.length > 0 && { 'cloudwatch:AlarmActions': actions }),
  };
  const put = { resource, resourceTags: existing?.tags, conditions };
  if (!input.Tags?.length || existing) return put;
  return [put, { action: 'cloudwatch:TagResource', resource, conditions: requestTags(input.Tags) }];
}

const ALARMS_MAX = 5000;

export async function requireRoom(ctx: Context, existing: AlarmRow | undefined): Promise<void> {
  if (existing) return;
  const max = quota(ctx, 'AlarmsQuota', ALARMS_MAX);
  if (!(await ctx.store.fits(alarms, [ctx.account, ctx.region], max, 'place'))) {
    fail(LimitExceededFault, 'The maximum number of alarms for this account has been reached.');
  }
}

export const PutMetricAlarm: Operation<Input, object, AlarmRow | undefined> = {
  load: (input, ctx) => findAlarm(ctx, input.AlarmName),
  access: (input, ctx, existing) => putAccess(ctx, input, existing),
  async run(input, ctx, existing) {
    checkMetricAlarm(ctx, input);
    const actions = [input.AlarmActions, input.OKActions, input.InsufficientDataActions];
    checkActions(
      ctx,
      actions.flatMap((each) => each ?? []),
    );
    checkActionConfiguration(input.ActionConfiguration);
    const tags = checkTags(input.Tags);
    if (existing && existing.type !== 'MetricAlarm') {
      invalid(`An alarm named ${input.AlarmName} of another type already exists.`);
    }
    await requireRoom(ctx, existing);
    if (input.ThresholdMetricId !== undefined) await ensureBand(ctx, input);
    const before = existing as MetricAlarmRow | undefined;
    const alarm = alarmFrom(ctx, input, before, before?.tags ?? tags);
    await ctx.store.replace(alarms, alarm);
    await noteConfiguration(ctx, alarm, before);
    const place = { account: ctx.account, region: ctx.region, alarm: alarm.name };
    if (before) await sleepNoMore(ctx.store, place, before.watched);
    await evaluateLater(ctx, alarm.name, ctx.now.getTime());
    return {};
  },
};

async function noteConfiguration(ctx: Context, alarm: MetricAlarmRow, before: MetricAlarmRow | undefined) {
  const done = before ? 'updated' : 'created';
  const data = {
    version: '1.0',
    type: before ? 'Update' : 'Create',
    [before ? 'updatedAlarm' : 'createdAlarm']: metricView(alarm),
  };
  await note(ctx, alarm, { type: 'ConfigurationUpdate', summary: `Alarm "${alarm.name}" ${done}`, data });
  tellConfigurationChange(ctx, before ? 'update' : 'create', alarm, before);
}

const INITIAL = 'Unchecked: Initial alarm creation';

export const initialState = (now: number) =>
  ({ value: 'INSUFFICIENT_DATA', reason: INITIAL, updated: now, transitioned: now }) as const;

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

function alarmFrom(
  ctx: Context,
  input: Input,
  before: MetricAlarmRow | undefined,
  tags: MetricAlarmRow['tags'],
): MetricAlarmRow {
  const now = ctx.now.getTime();
  const given = CONFIGURED.flatMap((name) => (input[name] === undefined ? [] : [[name, input[name]]]));
  const warming = input.WarmUpConfiguration !== undefined && (!before || before.warmingUp === true);
  return {
    account: ctx.account,
    region: ctx.region,
    name: input.AlarmName,
    type: 'MetricAlarm',
    ...commonFrom(input),
    tags,
    created: before?.created ?? now,
    configured: now,
    state: before?.state ?? initialState(now),
    watched: watchedBy(ctx, input),
    config: Object.fromEntries(given) as MetricAlarmRow['config'],
    ...(warming && { warmingUp: true }),
    ...(before?.heldFrom !== undefined && { heldFrom: before.heldFrom }),
  };
}

export function commonFrom(
  input: Pick<
    Input,
    | 'AlarmDescription'
    | 'ActionsEnabled'
    | 'OKActions'
    | 'AlarmActions'
    | 'InsufficientDataActions'
    | 'ActionConfiguration'
  >,
) {
  return {
    ...(input.AlarmDescription !== undefined && { description: input.AlarmDescription }),
    actionsEnabled: input.ActionsEnabled ?? true,
    okActions: input.OKActions ?? [],
    alarmActions: input.AlarmActions ?? [],
    insufficientDataActions: input.InsufficientDataActions ?? [],
    ...(input.ActionConfiguration && { actionConfiguration: input.ActionConfiguration }),
  };
}

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
