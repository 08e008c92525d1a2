/**
 * Composite alarms whose actions another alarm suppresses.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html
 */
import { act } from './alarmActions.ts';
import { type AlarmRow, alarms, type CompositeAlarmRow, findAlarm, nameIn, type Suppression } from './alarmRows.ts';
import { type Changing, withHold } from './alarmState.ts';
import { releaseLater } from './alarmTasks.ts';
import { muteOf } from './mutes.ts';

async function isSuppressing(ctx: Changing, { suppressor }: CompositeAlarmRow): Promise<boolean> {
  if (suppressor === undefined) return false;
  return (await findAlarm(ctx, nameIn(ctx, suppressor)))?.state.value === 'ALARM';
}

/** What holds back the actions of a composite alarm that changes its state now. */
export async function suppressionOf(ctx: Changing, alarm: CompositeAlarmRow): Promise<Suppression | undefined> {
  if (alarm.suppressor === undefined) return undefined;
  if (await isSuppressing(ctx, alarm)) return { by: 'Alarm' };
  const wait = alarm.waitSeconds ?? 0;
  return wait > 0 ? { by: 'WaitPeriod', until: ctx.now.getTime() + wait * 1000 } : undefined;
}

/** The suppressor may have changed its state. */
export async function suppressorChanged(ctx: Changing, alarm: CompositeAlarmRow): Promise<void> {
  const { suppressed } = alarm;
  if (!suppressed) return;
  const suppressing = await isSuppressing(ctx, alarm);
  if (suppressing === (suppressed.by === 'Alarm')) return;
  if (suppressing) return hold(ctx, alarm, { by: 'Alarm' });
  const extension = alarm.extensionSeconds ?? 0;
  await hold(ctx, alarm, { by: 'ExtensionPeriod', until: ctx.now.getTime() + extension * 1000 });
}

async function hold(ctx: Changing, alarm: CompositeAlarmRow, suppressed: Suppression): Promise<void> {
  await ctx.store.replace(alarms, { ...alarm, suppressed });
  await releaseLater(ctx, alarm.name, suppressed.until);
}

/** Carries out the actions that were held back, unless something still holds them. */
export async function release(ctx: Changing, alarm: AlarmRow): Promise<void> {
  const { heldFrom } = alarm;
  if (heldFrom === undefined) return;
  const mute = await muteOf(ctx, alarm.name);
  if (mute) return releaseLater(ctx, alarm.name, mute.end);
  if (alarm.type === 'CompositeAlarm' && alarm.suppressed) {
    const { by, until = 0 } = alarm.suppressed;
    if (by === 'Alarm') return;
    if (until > ctx.now.getTime()) return releaseLater(ctx, alarm.name, until);
  }
  const row = withHold(alarm, undefined, undefined);
  await ctx.store.replace(alarms, row);
  await act(ctx, row, heldFrom);
}
