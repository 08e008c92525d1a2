/** Receiving from a FIFO queue: of the open group with the oldest message first, as many of one group as are wanted. */
import type { Context } from '../../core/context.ts';
import { endOfRetention, take } from './boxes.ts';
import { type Group, groups, regroup } from './groups.ts';
import { type Message, messages } from './messages.ts';
import type { Queue } from './queueRows.ts';
import type { Receive, Taken } from './receiving.ts';
import { deadLettersOf, hasFailed, moveToDeadLetters } from './redrive.ts';
import { received } from './standardReceives.ts';

const GROUPS_A_PAGE = 20;
const PAGES_MAX = 8;

export async function takeOrdered(ctx: Context, queue: Queue, wish: Receive): Promise<Taken> {
  const deadLetters = await deadLettersOf(ctx, queue);
  const taken: Message[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const listed = { index: 'open', limit: GROUPS_A_PAGE, after, unchecked: true } as const;
    const found = await ctx.store.list(groups, [queue.box], listed);
    for (const hint of found.rows) {
      if (hint.opens > wish.now) return { taken, nextMs: hint.opens - wish.now };
      const left = { ...wish, wanted: wish.wanted - taken.length };
      taken.push(...(await takeOfGroup(ctx, queue, hint, left, deadLetters)));
      if (taken.length === wish.wanted) return { taken };
    }
    after = found.next;
    if (after === undefined) break;
  }
  return { taken };
}

async function takeOfGroup(
  ctx: Context,
  queue: Queue,
  hint: Group,
  wish: Receive,
  deadLetters: Queue | undefined,
): Promise<Message[]> {
  const group = await ctx.store.get(groups, [hint.box, hint.group]);
  if (!group || group.opens > wish.now) return [];
  const taken: Message[] = [];
  let after: string | undefined;
  do {
    const page = { index: 'group', limit: wish.wanted + 1, after };
    const found = await ctx.store.list(messages, [group.box, group.group], page);
    for (const message of found.rows) {
      if (taken.length === wish.wanted || message.visible > wish.now) break;
      if (endOfRetention(queue, message) <= wish.now) await take(ctx, message, false);
      else if (deadLetters && hasFailed(queue, message)) await moveToDeadLetters(ctx, queue, message, deadLetters);
      else taken.push(await received(ctx, message, wish));
    }
    after = taken.length === 0 ? found.next : undefined;
  } while (after !== undefined);
  await regroup(ctx, group, Object.fromEntries(taken.map(({ sequence, visible }) => [sequence, visible])));
  return taken;
}
