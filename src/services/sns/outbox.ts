/**
 * What the plane cannot send by itself: text messages, and mail while no SMTP server is named. It is kept for two
 * weeks, for whoever looks (`gatehouse outbox`).
 */
import type { Context } from '../../core/context.ts';
import { type OutboxEntry, outbox, putInto } from '../../core/outbox.ts';
import { type Again, type Task, tasks } from '../../core/tasks.ts';
import { clearOutboxAt, OUTBOX } from './tasks.ts';

const KEPT_MS = 14 * 86_400_000;
const CLEARED_A_TURN = 200;

export async function putOut(ctx: Context, entry: OutboxEntry): Promise<void> {
  const time = await putInto(ctx, entry);
  if (!(await ctx.store.get(tasks, [OUTBOX, entry.account]))) {
    await clearOutboxAt(ctx, entry.account, time + KEPT_MS);
  }
}

export async function clearOut({ id: account }: Task, { store, now }: Context): Promise<Again> {
  const { rows, next } = await store.list(outbox, [account], { limit: CLEARED_A_TURN });
  for (const { id, time } of rows) {
    const left = time + KEPT_MS - now.getTime();
    if (left > 0) return Math.max(60_000, left);
    await store.remove(outbox, [account, id]);
  }
  return next === undefined ? undefined : 0;
}
