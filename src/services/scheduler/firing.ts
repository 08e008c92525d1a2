/** When a schedule comes next: a task that, at its time, owes the invocation and gives the next one. */
import type { Context } from '../../core/context.ts';
import { nextTime, parseSchedule, timeOfAt } from '../../core/schedule.ts';
import { later, notAnyMore, type TaskHandler } from '../../core/tasks.ts';
import { INVOKE, type Invocation } from './invoking.ts';
import { type Schedule, type ScheduleName, scheduleKey, schedules } from './rows.ts';

export const FIRE = 'scheduler.fire';

interface Body extends ScheduleName {
  /** Milliseconds: the time that the schedule says. */
  readonly at: number;
}

/** Gives, moves or takes back the task of a schedule, as it now is; whether it has a time to come. */
export async function rescheduled(ctx: Context, schedule: Schedule, after: number): Promise<boolean> {
  const id = scheduleKey(schedule).join(' ');
  const at = schedule.state === 'ENABLED' ? nextOf(schedule, after) : undefined;
  if (at === undefined) {
    await notAnyMore(ctx.store, FIRE, id);
    return schedule.state !== 'ENABLED';
  }
  const { account, region, group, name } = schedule;
  const due = at + delayOf(schedule, ctx);
  await later<Body>(ctx, { kind: FIRE, id, account, region, due, body: { account, region, group, name, at } });
  return true;
}

/** Somewhere in the flexible window. */
function delayOf({ window = 0 }: Schedule, ctx: Context): number {
  const [a, b, c] = ctx.random(3) as unknown as readonly [number, number, number];
  return Math.floor((window * 60_000 * (a * 65_536 + b * 256 + c)) / 16_777_216);
}

/** The next time after `after`, within start and end. */
function nextOf(schedule: Schedule, after: number): number | undefined {
  const parsed = parseSchedule(schedule.expression, { lenient: true });
  if (!parsed) return undefined;
  if (parsed.kind === 'at') {
    const time = timeOfAt(parsed, schedule.zone);
    return time !== undefined && time > after ? time : undefined;
  }
  const from = schedule.start ?? schedule.since;
  const earliest = Math.max(after, (schedule.start ?? 0) - 1);
  const time = nextTime(parsed, earliest, from, schedule.zone);
  return time !== undefined && (schedule.end === undefined || time <= schedule.end) ? time : undefined;
}

export const fireSchedule: TaskHandler<Body> = {
  kind: FIRE,
  principal: 'scheduler.amazonaws.com',
  async settle({ body }, ctx) {
    const schedule = await ctx.store.get(schedules, scheduleKey(body));
    if (schedule?.state !== 'ENABLED') return undefined;
    const { account, region, group, name } = schedule;
    const invocation: Invocation = {
      schedule: { account, region, group, name },
      target: schedule.target,
      ...(schedule.payload && { payload: schedule.payload }),
      at: body.at,
      execution: Buffer.from(ctx.random(8)).toString('hex'),
    };
    await later(ctx, { kind: INVOKE, body: invocation, account, region });
    // What was missed while the plane was down is made up for once.
    const more = await rescheduled(ctx, schedule, Math.max(body.at, ctx.now.getTime()));
    if (!more && schedule.deletedAfter) await ctx.store.remove(schedules, scheduleKey(schedule));
    return undefined;
  },
};
