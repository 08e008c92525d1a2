/** Composite alarms look at their alarms whenever one of those has changed; held actions are let go in time. */
import type { Context } from '../../core/context.ts';
import type { TaskHandler } from '../../core/tasks.ts';
import { ALARM_PRINCIPAL } from './alarmActions.ts';
import { stamp } from './alarmReasons.ts';
import { type AlarmRow, alarms, arnOf, type CompositeAlarmRow, findAlarm } from './alarmRows.ts';
import { changeState } from './alarmState.ts';
import { COMPOSE, RELEASE } from './alarmTasks.ts';
import { holds, parseRule } from './compositeRule.ts';
import { release, suppressorChanged } from './suppression.ts';

export const compositeEvaluation: TaskHandler<{ readonly alarm: string; readonly cause?: string }> = {
  kind: COMPOSE,
  principal: ALARM_PRINCIPAL,
  async settle({ body }, ctx) {
    const alarm = await findAlarm(ctx, body.alarm);
    if (alarm?.type === 'CompositeAlarm') await compose(ctx, alarm, body.cause);
    return undefined;
  },
};

export const actionRelease: TaskHandler<{ readonly alarm: string }> = {
  kind: RELEASE,
  principal: ALARM_PRINCIPAL,
  async settle({ body }, ctx) {
    const alarm = await findAlarm(ctx, body.alarm);
    if (alarm) await release(ctx, alarm);
    return undefined;
  },
};

async function compose(ctx: Context, alarm: CompositeAlarmRow, cause: string | undefined): Promise<void> {
  const children = new Map<string, AlarmRow>();
  for (const name of alarm.children) {
    const child = await findAlarm(ctx, name);
    if (child) children.set(name, child);
  }
  const value = holds(parseRule(alarm.rule, alarm), (name) => children.get(name)?.state.value) ? 'ALARM' : 'OK';
  const row = alarm.evaluated ? alarm : { ...alarm, evaluated: true };
  if (value === alarm.state.value) {
    if (row !== alarm) await ctx.store.replace(alarms, row);
    return suppressorChanged(ctx, row);
  }
  await changeState(ctx, row, {
    value,
    reason: reasonOf(alarm, value, cause === undefined ? undefined : children.get(cause)),
    reasonData: JSON.stringify({ triggeringAlarms: triggering(children, cause) }),
  });
}

function reasonOf(alarm: CompositeAlarmRow, value: string, cause: AlarmRow | undefined): string {
  if (!alarm.evaluated) {
    const done = alarm.configured === alarm.created ? 'created' : 'updated';
    return `${arnOf(alarm)} was ${done} and its alarm rule evaluates to ${value}`;
  }
  if (!cause) return `${arnOf(alarm)} was updated and its alarm rule evaluates to ${value}`;
  return `${arnOf(cause)} transitioned to ${cause.state.value} at ${spokenDate(cause.state.transitioned)}`;
}

/** `Friday 22 July, 2022 15:57:45 UTC` */
function spokenDate(milliseconds: number): string {
  const date = new Date(milliseconds);
  const of = (options: Intl.DateTimeFormatOptions) => date.toLocaleString('en-US', { ...options, timeZone: 'UTC' });
  const day = String(date.getUTCDate()).padStart(2, '0');
  const time = date.toISOString().slice(11, 19);
  return `${of({ weekday: 'long' })} ${day} ${of({ month: 'long' })}, ${date.getUTCFullYear()} ${time} UTC`;
}

/** The alarm that changed; all of them where none did. */
function triggering(children: ReadonlyMap<string, AlarmRow>, cause: string | undefined): object[] {
  const changed = cause === undefined ? undefined : children.get(cause);
  const told = changed ? [changed] : [...children.values()];
  return told.map((child) => ({
    arn: arnOf(child),
    state: { value: child.state.value, timestamp: stamp(child.state.transitioned) },
  }));
}
