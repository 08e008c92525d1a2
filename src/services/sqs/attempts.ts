/**
 * A receive from a FIFO queue whose answer was lost can be made again under the same attempt id, within five minutes:
 * the same messages, with the same receipt handles, hidden anew.
 */
import type { Context } from '../../core/context.ts';
import { changeFlight } from './groups.ts';
import { recall, remember } from './memory.ts';
import { type Message, messages } from './messages.ts';
import type { Queue } from './queueRows.ts';
import type { Receive } from './receiving.ts';

const INTERVAL_MS = 300_000;

/** Undefined where there was none, or one of its messages has been touched since. */
export async function attemptedBefore(
  ctx: Context,
  queue: Queue,
  attempt: string | undefined,
  { now, visible }: Receive,
): Promise<Message[] | undefined> {
  if (attempt === undefined) return undefined;
  const before = await recall<readonly Message[]>(ctx, queue.id, `attempt ${attempt}`);
  const again: Message[] = [];
  for (const { box, sequence, receipt, visible: until } of before ?? []) {
    const message = box === queue.box ? await ctx.store.get(messages, [box, sequence]) : undefined;
    if (message?.receipt !== receipt || message?.visible !== until || until <= now) return undefined;
    again.push({ ...message, visible });
  }
  if (again.length === 0) return undefined;
  for (const message of again) {
    await ctx.store.replace(messages, message);
    await changeFlight(ctx, message, visible);
  }
  await rememberAttempt(ctx, queue, attempt, again);
  return again;
}

export async function rememberAttempt(
  ctx: Context,
  queue: Queue,
  attempt: string | undefined,
  taken: readonly Message[],
): Promise<void> {
  if (attempt === undefined || taken.length === 0) return;
  const value = taken.map(({ box, sequence, receipt, visible }) => ({ box, sequence, receipt, visible }));
  const until = ctx.now.getTime() + INTERVAL_MS;
  await remember(ctx, { queue: queue.id, name: `attempt ${attempt}`, until, value });
}
