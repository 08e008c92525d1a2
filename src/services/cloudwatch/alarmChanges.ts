/** DeleteAlarms, SetAlarmState, EnableAlarmActions, DisableAlarmActions. */
import {
  type DeleteAlarmsInput,
  type DisableAlarmActionsInput,
  type EnableAlarmActionsInput,
  InvalidFormatFault,
  ResourceNotFound,
  type SetAlarmStateInput,
} from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { notAnyMore } from '../../core/tasks.ts';
import { tellConfigurationChange } from './alarmEvents.ts';
import { note } from './alarmHistoryRows.ts';
import { type AlarmRow, alarmArn, alarms, arnOf, findAlarm, viewOf } from './alarmRows.ts';
import { EVALUATE, evaluateLater, evaluationId, sleepNoMore } from './alarmSleep.ts';
import { changeState } from './alarmState.ts';
import { COMPOSE, LOG_RESULT, LOG_RUN, RELEASE } from './alarmTasks.ts';
import { evaluatedEvery } from './alarmWindows.ts';
import { invalid } from './words.ts';

/** One question for each alarm, with its tags. */
const accessTo = (names: readonly string[], ctx: Context, found: readonly (AlarmRow | undefined)[]) =>
  names.map((name, at) => ({ resource: alarmArn(ctx, name), resourceTags: found[at]?.tags }));

async function findAll(names: readonly string[], ctx: Context): Promise<(AlarmRow | undefined)[]> {
  const found: (AlarmRow | undefined)[] = [];
  for (const name of names) found.push(await findAlarm(ctx, name));
  return found;
}

export const DeleteAlarms: Operation<Present<DeleteAlarmsInput>, object, (AlarmRow | undefined)[]> = {
  load: (input, ctx) => findAll(input.AlarmNames, ctx),
  access: (input, ctx, found) => accessTo(input.AlarmNames, ctx, found),
  async run(input, ctx, found) {
    const absent = input.AlarmNames.find((_, at) => !found[at]);
    if (absent !== undefined) fail(ResourceNotFound, `Alarm ${absent} does not exist.`);
    const going = [...new Map(found.map((alarm) => [alarm!.name, alarm!])).values()];
    if (going.filter(({ type }) => type === 'CompositeAlarm').length > 1) {
      invalid('Only one composite alarm can be deleted in an operation.');
    }
    for (const alarm of going) await requireUnused(ctx, alarm, going);
    for (const alarm of going) await remove(ctx, alarm);
    return {};
  },
};

async function requireUnused(ctx: Context, alarm: AlarmRow, going: readonly AlarmRow[]): Promise<void> {
  const place = [ctx.account, ctx.region, alarm.name];
  const { rows } = await ctx.store.list(alarms, place, { index: 'child', limit: 2 + going.length });
  if (rows.some(({ name }) => name !== alarm.name)) {
    invalid(`Cannot delete ${alarm.name} as there are composite alarm(s) depending on it.`);
  }
}

async function remove(ctx: Context, alarm: AlarmRow): Promise<void> {
  await ctx.store.remove(alarms, alarms.key(alarm));
  const id = evaluationId(ctx, alarm.name);
  for (const kind of [EVALUATE, COMPOSE, RELEASE, LOG_RUN, LOG_RESULT]) await notAnyMore(ctx.store, kind, id);
  if (alarm.type === 'MetricAlarm') {
    await sleepNoMore(ctx.store, { account: ctx.account, region: ctx.region, alarm: alarm.name }, alarm.watched);
  }
  await note(ctx, alarm, {
    type: 'ConfigurationUpdate',
    summary: `Alarm "${alarm.name}" deleted`,
    data: { version: '1.0', type: 'Delete', deletedAlarm: viewOf(alarm) },
  });
  tellConfigurationChange(ctx, 'delete', alarm);
}

export const SetAlarmState: Operation<Present<SetAlarmStateInput>, object, AlarmRow> = {
  async load(input, ctx) {
    const alarm = await findAlarm(ctx, input.AlarmName);
    return alarm ?? new Missing(alarmArn(ctx, input.AlarmName), awsError(ResourceNotFound, ''));
  },
  access: (_input, _ctx, alarm) => ({ resource: arnOf(alarm), resourceTags: alarm.tags }),
  async run(input, ctx, alarm) {
    if (input.StateReasonData !== undefined) requireJson(input.StateReasonData);
    const { StateValue: value, StateReason: reason, StateReasonData: reasonData } = input;
    await changeState(ctx, alarm, { value, reason, ...(reasonData !== undefined && { reasonData }) });
    // The alarm goes back to its own state when it is evaluated next.
    if (alarm.type === 'MetricAlarm') {
      const every = evaluatedEvery(alarm) * 1000;
      await evaluateLater(ctx, alarm.name, (Math.floor(ctx.now.getTime() / every) + 1) * every);
    }
    return {};
  },
};

function requireJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    fail(InvalidFormatFault, 'StateReasonData was not valid JSON');
  }
}

const switching = (
  actionsEnabled: boolean,
): Operation<Present<EnableAlarmActionsInput | DisableAlarmActionsInput>, object, (AlarmRow | undefined)[]> => ({
  load: (input, ctx) => findAll(input.AlarmNames, ctx),
  access: (input, ctx, found) => accessTo(input.AlarmNames, ctx, found),
  async run(_input, ctx, found) {
    for (const alarm of found) {
      if (!alarm || alarm.actionsEnabled === actionsEnabled) continue;
      const row = { ...alarm, actionsEnabled, configured: ctx.now.getTime() };
      await ctx.store.replace(alarms, row);
      await note(ctx, row, {
        type: 'ConfigurationUpdate',
        summary: `Alarm "${alarm.name}" updated`,
        data: {
          version: '1.0',
          type: 'Update',
          updatedAlarm: viewOf(row),
        },
      });
      tellConfigurationChange(ctx, 'update', row, alarm);
    }
    return {};
  },
});

export const EnableAlarmActions = switching(true);
export const DisableAlarmActions = switching(false);
