/** Messages into a box and out of it, with all that goes along: content, group, the task that ends their retention. */
import type { Context } from '../../core/context.ts';
import { type Again, later, type Task, tasks } from '../../core/tasks.ts';
import { numberOf } from './attributes.ts';
import { changeFlight, groups, joinGroup } from './groups.ts';
import { type Content, contents, type Message, messages, sequenceAfter } from './messages.ts';
import { deletedQueues, type Queue, queues } from './queueRows.ts';
import { EMPTYING, RETENTION, type Sweep } from './tasks.ts';

/** The message and its content; its sequence number is given here. */
export async function put(
  ctx: Context,
  queue: Queue,
  message: Omit<Message, 'box' | 'sequence'>,
  content: Omit<Content, 'box' | 'sequence'>,
): Promise<Message> {
  const { box } = queue;
  const group = queue.fifo ? await ctx.store.get(groups, [box, message.group ?? '']) : undefined;
  let sequence = sequenceAfter(group?.last, ctx.now);
  while (await ctx.store.get(messages, [box, sequence])) sequence = sequenceAfter(sequence, ctx.now);
  const row: Message = { ...message, box, sequence };
  await ctx.store.insert(messages, row);
  await ctx.store.insert(contents, { ...content, box, sequence });
  if (queue.fifo) await joinGroup(ctx, row, group);
  await keepSweeping(ctx, queue, row);
  return row;
}

/** The group's row, where there is one, is the caller's affair when `grouped` is false. */
export async function take(ctx: Context, message: Message, grouped = true): Promise<void> {
  const key = [message.box, message.sequence];
  await ctx.store.remove(messages, key);
  await ctx.store.remove(contents, key);
  if (grouped && message.group !== undefined) await changeFlight(ctx, message, undefined);
}

const TAKEN_A_TURN = 200;
const PAUSE_MS = 60_000;

export const endOfRetention = (queue: Queue, { sent }: Pick<Message, 'sent'>) =>
  sent + numberOf(queue, 'MessageRetentionPeriod') * 1000;

/** Whoever puts the first message into a box owes that it is taken out when its time is over. */
async function keepSweeping(ctx: Context, queue: Queue, message: Message): Promise<void> {
  if (await ctx.store.get(tasks, [RETENTION, queue.box])) return;
  await sweepAt(ctx, queue, endOfRetention(queue, message));
}

export async function sweepAt(ctx: Context, queue: Queue, due: number): Promise<void> {
  const { account, region, name } = queue;
  const body: Sweep = { account, region, name };
  await later(ctx, { kind: RETENTION, id: queue.box, due, account, region, body });
}

/** Again when the oldest message that is left will be past its retention period. */
export async function endRetention({ id: box, body }: Task<Sweep>, ctx: Context): Promise<Again> {
  const queue = await ctx.store.get(queues, [body.account, body.region, body.name]);
  if (queue?.box !== box) return undefined; // Purged or deleted: another task empties it.
  const { rows } = await ctx.store.list(messages, [box], { limit: TAKEN_A_TURN });
  for (const message of rows) {
    const left = endOfRetention(queue, message) - ctx.now.getTime();
    if (left > 0) return Math.max(PAUSE_MS, left);
    await take(ctx, message);
  }
  return rows.length === TAKEN_A_TURN ? 0 : undefined;
}

/** Owes that a box which no queue has any more is emptied. */
export async function emptyLater(ctx: Context, queue: Queue, due?: number): Promise<void> {
  const { account, region, name, box } = queue;
  await later(ctx, { kind: EMPTYING, id: box, due, account, region, body: { account, region, name } satisfies Sweep });
}

export async function emptyBox({ id: box, body }: Task<Sweep>, { store, now }: Context): Promise<Again> {
  const deleted = await store.get(deletedQueues, [body.account, body.region, body.name]);
  if (deleted && deleted.at <= now.getTime() - PAUSE_MS) {
    await store.remove(deletedQueues, [body.account, body.region, body.name]);
  }
  const { rows, next } = await store.list(messages, [box], { limit: TAKEN_A_TURN });
  for (const { sequence, group } of rows) {
    await store.remove(messages, [box, sequence]);
    await store.remove(contents, [box, sequence]);
    if (group !== undefined) await store.remove(groups, [box, group]);
  }
  return next === undefined ? undefined : 0;
}
