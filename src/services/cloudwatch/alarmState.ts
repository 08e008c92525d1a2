/** An alarm changes its state: row, history, event, actions, and the composite alarms that look at it. */
import type { StateValue } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { act } from './alarmActions.ts';
import { tellStateChange } from './alarmEvents.ts';
import { note } from './alarmHistoryRows.ts';
import { type AlarmRow, alarms, type Suppression } from './alarmRows.ts';
import { composeLater, releaseLater } from './alarmTasks.ts';
import { muteOf } from './mutes.ts';
import { suppressionOf } from './suppression.ts';

export interface NewState {
  readonly value: StateValue;
  readonly reason: string;
  readonly reasonData?: string | undefined;
}

export type Changing = Pick<Context, 'store' | 'now' | 'random' | 'account' | 'region'>;

/** Takes the alarm into a state. Nothing but the row changes where it is in that state already. */
export async function changeState<A extends AlarmRow>(ctx: Changing, alarm: A, next: NewState): Promise<void> {
  const now = ctx.now.getTime();
  const changed = next.value !== alarm.state.value;
  const state = { ...next, updated: now, transitioned: changed ? now : alarm.state.transitioned };
  if (!changed) return ctx.store.replace(alarms, { ...alarm, state });
  const mute = await muteOf(ctx, alarm.name);
  const suppressed = alarm.type === 'CompositeAlarm' ? await suppressionOf(ctx, alarm) : undefined;
  const held = alarm.actionsEnabled && (mute !== undefined || suppressed !== undefined);
  const row = withHold({ ...alarm, state }, suppressed, held ? alarm.state.value : undefined);
  await ctx.store.replace(alarms, row);
  await note(ctx, row, {
    type: 'StateUpdate',
    summary: `Alarm updated from ${alarm.state.value} to ${next.value}`,
    data: { version: '1.0', oldState: historyOf(alarm), newState: historyOf(row) },
  });
  tellStateChange(ctx, row, alarm, mute);
  if (held) await releaseLater(ctx, alarm.name, mute?.end ?? suppressed?.until);
  else await act(ctx, row, alarm.state.value);
  await composeLater(ctx, alarm.name);
}

/** The row with its actions held back, or free. */
export function withHold(
  alarm: AlarmRow,
  suppressed: Suppression | undefined,
  heldFrom: StateValue | undefined,
): AlarmRow {
  const { heldFrom: _held, ...rest } = alarm;
  const row = (heldFrom === undefined ? rest : { ...rest, heldFrom }) as AlarmRow;
  if (row.type !== 'CompositeAlarm') return row;
  const { suppressed: _suppressed, ...free } = row;
  return suppressed === undefined ? free : { ...free, suppressed };
}

const historyOf = ({ state }: AlarmRow) => ({
  stateValue: state.value,
  stateReason: state.reason,
  ...(state.reasonData !== undefined && { stateReasonData: JSON.parse(state.reasonData) as unknown }),
});
