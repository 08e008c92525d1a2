/** PutCompositeAlarm: makes an alarm on other alarms' states, or changes it. */
import type { PutCompositeAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { checkActions, checkAlarmName, checkTags } from './alarmChecks.ts';
import { tellConfigurationChange } from './alarmEvents.ts';
import { note } from './alarmHistoryRows.ts';
import { type AlarmRow, alarms, type CompositeAlarmRow, compositeView, findAlarm, nameIn } from './alarmRows.ts';
import { composeSelfLater } from './alarmTasks.ts';
import { childrenOf, parseRule, RuleError } from './compositeRule.ts';
import { commonFrom, initialState, putAccess, requireRoom } from './putMetricAlarm.ts';
import { checkActionConfiguration } from './tagPropagation.ts';
import { invalid } from './words.ts';

type Input = Present<PutCompositeAlarmInput>;

export const PutCompositeAlarm: Operation<Input, object, AlarmRow | undefined> = {
  load: (input, ctx) => findAlarm(ctx, input.AlarmName),
  access: (input, ctx, existing) => putAccess(ctx, input, existing),
  async run(input, ctx, existing) {
    checkAlarmName(input.AlarmName);
    const actions = [input.AlarmActions, input.OKActions, input.InsufficientDataActions];
    checkActions(
      ctx,
      actions.flatMap((each) => each ?? []),
    );
    checkActionConfiguration(input.ActionConfiguration);
    const tags = checkTags(input.Tags);
    if (existing && existing.type !== 'CompositeAlarm') {
      invalid(`An alarm named ${input.AlarmName} of another type already exists.`);
    }
    const children = await childrenIn(ctx, input.AlarmRule);
    await checkSuppressor(ctx, input);
    await requireRoom(ctx, existing);
    const before = existing as CompositeAlarmRow | undefined;
    const alarm = alarmFrom(ctx, input, children, before, before?.tags ?? tags);
    await ctx.store.replace(alarms, alarm);
    await noteConfiguration(ctx, alarm, before);
    await composeSelfLater(ctx, alarm);
    return {};
  },
};

async function childrenIn(ctx: Context, rule: string): Promise<string[]> {
  const children = namesIn(rule);
  const absent: string[] = [];
  for (const name of children) if (!(await findAlarm(ctx, name))) absent.push(name);
  if (absent.length > 0) {
    invalid(`Could not save the composite alarm as alarms [${absent.join(', ')}] in the alarm rule do not exist`);
  }
  return children;
}

function namesIn(rule: string): string[] {
  try {
    return childrenOf(parseRule(rule));
  } catch (error) {
    if (error instanceof RuleError) return invalid(`${error.message}.`);
    throw error;
  }
}

async function checkSuppressor(ctx: Context, input: Input): Promise<void> {
  const { ActionsSuppressor, ActionsSuppressorWaitPeriod, ActionsSuppressorExtensionPeriod } = input;
  const periods = { ActionsSuppressorWaitPeriod, ActionsSuppressorExtensionPeriod };
  for (const [name, value] of Object.entries(periods)) {
    if (ActionsSuppressor === undefined && value !== undefined) {
      invalid(`${name} can only be specified with ActionsSuppressor.`);
    }
    if (ActionsSuppressor !== undefined && value === undefined) {
      invalid(`${name} is required when ActionsSuppressor is specified.`);
    }
    if (value !== undefined && (value < 0 || !Number.isInteger(value))) {
      invalid(`The value ${value} for parameter ${name} is invalid.`);
    }
  }
  if (ActionsSuppressor !== undefined && !(await findAlarm(ctx, nameIn(ActionsSuppressor)))) {
    invalid(`Could not save the composite alarm as the actions suppressor alarm ${ActionsSuppressor} does not exist`);
  }
}

async function noteConfiguration(ctx: Context, alarm: CompositeAlarmRow, before: CompositeAlarmRow | undefined) {
  const done = before ? 'updated' : 'created';
  const data = {
    version: '1.0',
    type: before ? 'Update' : 'Create',
    [before ? 'updatedAlarm' : 'createdAlarm']: compositeView(alarm),
  };
  await note(ctx, alarm, { type: 'ConfigurationUpdate', summary: `Alarm "${alarm.name}" ${done}`, data });
  tellConfigurationChange(ctx, before ? 'update' : 'create', alarm, before);
}

function alarmFrom(
  ctx: Context,
  input: Input,
  children: readonly string[],
  before: CompositeAlarmRow | undefined,
  tags: CompositeAlarmRow['tags'],
): CompositeAlarmRow {
  const now = ctx.now.getTime();
  const sameSuppressor = before?.suppressor === input.ActionsSuppressor;
  return {
    account: ctx.account,
    region: ctx.region,
    name: input.AlarmName,
    type: 'CompositeAlarm',
    ...commonFrom(input),
    tags,
    created: before?.created ?? now,
    configured: now,
    state: before?.state ?? initialState(now),
    rule: input.AlarmRule,
    children,
    evaluated: false,
    ...(input.ActionsSuppressor !== undefined && {
      suppressor: input.ActionsSuppressor,
      waitSeconds: input.ActionsSuppressorWaitPeriod!,
      extensionSeconds: input.ActionsSuppressorExtensionPeriod!,
    }),
    // Another suppressor begins anew.
    ...(sameSuppressor && before?.suppressed && { suppressed: before.suppressed }),
    ...(sameSuppressor && before?.heldFrom !== undefined && { heldFrom: before.heldFrom }),
  };
}
