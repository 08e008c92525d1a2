/** What putting an alarm of any type has in common: permissions, limits, the row's head, and what is told of it. */
import { LimitExceededFault, type PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { checkActions, checkTags } from './alarmChecks.ts';
import { tellConfigurationChange } from './alarmEvents.ts';
import { note } from './alarmHistoryRows.ts';
import { type AlarmRow, alarmArn, alarms, findAlarm, viewOf } from './alarmRows.ts';
import { checkActionConfiguration } from './tagPropagation.ts';
import { invalid } from './words.ts';

type Input = Pick<
  Present<PutMetricAlarmInput>,
  | 'AlarmName'
  | 'AlarmDescription'
  | 'ActionsEnabled'
  | 'OKActions'
  | 'AlarmActions'
  | 'InsufficientDataActions'
  | 'ActionConfiguration'
  | 'Tags'
>;

const actionsOf = ({ AlarmActions = [], OKActions = [], InsufficientDataActions = [] }: Input) => [
  ...AlarmActions,
  ...OKActions,
  ...InsufficientDataActions,
];

/** The alarm's own ARN, the actions it is given, and tagging a new one. */
function access(input: Input, ctx: Context, existing: AlarmRow | undefined) {
  const resource = alarmArn(ctx, input.AlarmName);
  const actions = actionsOf(input);
  const conditions = {
    ...requestTags(input.Tags),
    ...(actions.length > 0 && { 'cloudwatch:AlarmActions': actions }),
  };
  const put = { resource, resourceTags: existing?.tags, conditions };
  if (!input.Tags?.length || existing) return put;
  return [put, { action: 'cloudwatch:TagResource', resource, conditions: requestTags(input.Tags) }];
}

const ALARMS_MAX = 5000;

async function requireRoom(ctx: Context): Promise<void> {
  const max = quota(ctx, 'AlarmsQuota', ALARMS_MAX);
  if (!(await ctx.store.fits(alarms, [ctx.account, ctx.region], max, 'place'))) {
    fail(LimitExceededFault, 'The maximum number of alarms for this account has been reached.');
  }
}

const INITIAL = 'Unchecked: Initial alarm creation';

/** The head of the row: of the alarm as it was, and of what is asked for now. */
function headOf(ctx: Context, input: Input, before: AlarmRow | undefined) {
  const now = ctx.now.getTime();
  return {
    account: ctx.account,
    region: ctx.region,
    name: input.AlarmName,
    ...(input.AlarmDescription !== undefined && { description: input.AlarmDescription }),
    actionsEnabled: input.ActionsEnabled ?? true,
    okActions: input.OKActions ?? [],
    alarmActions: input.AlarmActions ?? [],
    insufficientDataActions: input.InsufficientDataActions ?? [],
    ...(input.ActionConfiguration && { actionConfiguration: input.ActionConfiguration }),
    tags: before?.tags ?? checkTags(input.Tags),
    created: before?.created ?? now,
    configured: now,
    state: before?.state ?? ({ value: 'INSUFFICIENT_DATA', reason: INITIAL, updated: now, transitioned: now } as const),
  };
}

interface Putting<In extends Input, Row extends AlarmRow> {
  readonly type: Row['type'];
  /** Roles that it hands to a service. */
  readonly passes?: (input: In) => readonly Access[];
  /** The row, of its head and what is asked for. @throws what the input deserves */
  readonly row: (ctx: Context, input: In, head: ReturnType<typeof headOf>, before: Row | undefined) => Promise<Row>;
  /** Behind the row. */
  readonly begin: (ctx: Context, alarm: Row, before: Row | undefined) => Promise<void>;
}

export const putting = <In extends Input, Row extends AlarmRow>({
  type,
  passes,
  row,
  begin,
}: Putting<In, Row>): Operation<In, object, AlarmRow | undefined> => ({
  load: (input, ctx) => findAlarm(ctx, input.AlarmName),
  access: (input, ctx, existing) => [access(input, ctx, existing), ...(passes?.(input) ?? [])].flat(),
  async run(input, ctx, existing) {
    checkActions(ctx, actionsOf(input));
    checkActionConfiguration(input.ActionConfiguration);
    if (existing && existing.type !== type) {
      invalid(`An alarm named ${input.AlarmName} of another type already exists.`);
    }
    const before = existing as Row | undefined;
    const alarm = await row(ctx, input, headOf(ctx, input, before), before);
    if (!existing) await requireRoom(ctx);
    await ctx.store.replace(alarms, alarm);
    await noteConfiguration(ctx, alarm, before);
    await begin(ctx, alarm, before);
    return {};
  },
});

async function noteConfiguration(ctx: Context, alarm: AlarmRow, before: AlarmRow | undefined): Promise<void> {
  const [done, type, member] = before
    ? (['updated', 'Update', 'updatedAlarm'] as const)
    : (['created', 'Create', 'createdAlarm'] as const);
  const data = { version: '1.0', type, [member]: viewOf(alarm) };
  await note(ctx, alarm, { type: 'ConfigurationUpdate', summary: `Alarm "${alarm.name}" ${done}`, data });
  tellConfigurationChange(ctx, before ? 'update' : 'create', alarm, before);
}
