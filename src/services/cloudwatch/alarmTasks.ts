/** Work that alarms owe each other, a task an alarm and kind: composite alarms look again, held actions are let go. */
import { later } from '../../core/tasks.ts';
import { alarms, type CompositeAlarmRow } from './alarmRows.ts';
import { evaluationId } from './alarmSleep.ts';
import type { Changing } from './alarmState.ts';

export const COMPOSE = 'cloudwatch.compose';
export const RELEASE = 'cloudwatch.release';
/** The query of a log alarm is started; it is asked for what it found. */
export const LOG_RUN = 'cloudwatch.log-run';
export const LOG_RESULT = 'cloudwatch.log-result';

const PARENTS_MAX = 150;
/** A composite alarm that is part of its own rule, over others, does not turn faster than this. */
const TURN_MS = 1000;

/** The composite alarms whose rule or suppressor this alarm is look again. */
export async function composeLater(ctx: Changing, child: string): Promise<void> {
  const place = [ctx.account, ctx.region, child];
  const { rows } = await ctx.store.list(alarms, place, { index: 'child', limit: PARENTS_MAX });
  for (const parent of rows) await composeSelfLater(ctx, parent as CompositeAlarmRow, child);
}

export function composeSelfLater(ctx: Changing, alarm: CompositeAlarmRow, cause?: string): Promise<void> {
  const now = ctx.now.getTime();
  const turned = alarm.evaluated && alarm.state.transitioned === now;
  const body = { alarm: alarm.name, cause };
  return later(ctx, { kind: COMPOSE, id: evaluationId(ctx, alarm.name), body, due: turned ? now + TURN_MS : now });
}

/** At that time; never, while only another alarm can let them go. */
export async function releaseLater(ctx: Changing, alarm: string, due: number | undefined): Promise<void> {
  if (due === undefined) return;
  await later(ctx, { kind: RELEASE, id: evaluationId(ctx, alarm), body: { alarm }, due });
}
