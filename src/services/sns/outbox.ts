/**
 * What the plane cannot send by itself: text messages, and mail while no SMTP server is named. It is kept for two
 * weeks, for whoever looks.
 */
import type { Context } from '../../core/context.ts';
import { timeUuid } from '../../core/ids.ts';
import { type Again, type Task, tasks } from '../../core/tasks.ts';
import { table } from '../../store/store.ts';
import { clearOutboxAt, OUTBOX } from './tasks.ts';

export interface OutboxEntry {
  readonly account: string;
  /** In time's order. */
  readonly id: string;
  /** Milliseconds. */
  readonly time: number;
  readonly region: string;
  readonly protocol: 'sms' | 'email' | 'email-json';
  readonly to: string;
  readonly subject?: string | undefined;
  readonly text: string;
  readonly topic?: string | undefined;
}

export const outbox = table<OutboxEntry>('sns_outbox', { key: ({ account, id }) => [account, id] });

const KEPT_MS = 14 * 86_400_000;
const CLEARED_A_TURN = 200;

export async function putOut(ctx: Context, entry: Omit<OutboxEntry, 'id' | 'time'>): Promise<void> {
  const time = ctx.now.getTime();
  await ctx.store.insert(outbox, { ...entry, id: timeUuid(ctx.now, ctx), time });
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
