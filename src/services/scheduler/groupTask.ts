/** A group that is being deleted loses its schedules, some at a time, and then itself. */
import { notAnyMore, type TaskHandler } from '../../core/tasks.ts';
import { FIRE } from './firing.ts';
import { groups, schedules } from './rows.ts';

export const CLEAR = 'scheduler.clear';

const SCHEDULES_A_TURN = 200;

interface Body {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export const clearGroup: TaskHandler<Body> = {
  kind: CLEAR,
  principal: 'scheduler.amazonaws.com',
  async settle({ body }, ctx) {
    const key = [body.account, body.region, body.name];
    const { rows, next } = await ctx.store.list(schedules, key, { limit: SCHEDULES_A_TURN });
    for (const schedule of rows) {
      const id = schedules.key(schedule);
      await ctx.store.remove(schedules, id);
      await notAnyMore(ctx.store, FIRE, id.join(' '));
    }
    if (next !== undefined) return 0;
    await ctx.store.remove(groups, key);
    return undefined;
  },
};
