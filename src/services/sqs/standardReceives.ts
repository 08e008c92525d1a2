/**
 * Receiving from a standard queue: the messages that have been ready the longest. Where they are is read as a hint, and
 * only those that are taken are checked again at the commit, so receivers side by side do not disturb each other: each
 * passes over what another one has in hand.
 */
import { OverLimit } from '@aws-sdk/client-sqs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { quota } from '../../core/quotas.ts';
import { numberOf } from './attributes.ts';
import { endOfRetention, take } from './boxes.ts';
import { hiddenCount, type Message, messages, moment } from './messages.ts';
import type { Queue } from './queueRows.ts';
import { newReceipt } from './receipts.ts';
import type { Receive, Taken } from './receiving.ts';
import { deadLettersOf, hasFailed, moveToDeadLetters } from './redrive.ts';

const IN_FLIGHT_MAX = 120_000;
/** Looked at beyond those that are wanted, because others may be taking the first. */
const SPARE = 32;
const PAGES_MAX = 8;

export async function takeAny(ctx: Context, queue: Queue, wish: Receive): Promise<Taken> {
  if (await isFull(ctx, queue)) {
    fail(
      OverLimit,
      `The maximum number of in flight messages is reached. Amazon SQS returns this error when the number of in flight messages reaches ${quota(ctx, 'InflightMessages', IN_FLIGHT_MAX)}.`,
    );
  }
  const deadLetters = await deadLettersOf(ctx, queue);
  const taken: Message[] = [];
  const inOthersHands: Message[] = [];
  let after: string | undefined;
  let nextMs: number | undefined;
  for (let page = 0; page < PAGES_MAX && taken.length < wish.wanted; page++) {
    const found = await readyPage(ctx, queue, wish, after);
    for (const message of found.rows) {
      if (taken.length === wish.wanted) break;
      if (message.visible > wish.now) {
        nextMs = message.visible - wish.now;
        break;
      }
      if (isInOthersHands(message, ctx)) inOthersHands.push(message);
      else await takeOne(ctx, queue, message, { wish, deadLetters, taken });
    }
    after = found.next;
    if (after === undefined || nextMs !== undefined) break;
  }
  if (taken.length > 0) return { taken };
  // Perhaps those others have failed: whoever comes second at the commit tries again.
  for (const message of inOthersHands.slice(0, wish.wanted)) {
    await takeOne(ctx, queue, message, { wish, deadLetters, taken });
  }
  return { taken, nextMs };
}

function readyPage({ store }: Context, queue: Queue, { wanted, now }: Receive, after: string | undefined) {
  // Older ones are past their retention, whatever became of them.
  const from = moment(now - numberOf(queue, 'MessageRetentionPeriod') * 1000);
  const page = { index: 'ready', limit: wanted + SPARE, from, after, unchecked: true } as const;
  return store.list(messages, [queue.box], page);
}

interface Taking {
  readonly wish: Receive;
  readonly deadLetters: Queue | undefined;
  readonly taken: Message[];
}

async function takeOne(ctx: Context, queue: Queue, hint: Message, { wish, deadLetters, taken }: Taking) {
  const message = await ctx.store.get(messages, [hint.box, hint.sequence]);
  if (!message || message.visible > wish.now) return;
  if (endOfRetention(queue, message) <= wish.now) return take(ctx, message);
  if (deadLetters && hasFailed(queue, message)) return moveToDeadLetters(ctx, queue, message, deadLetters);
  takenInHand.set(hint, { requestId: ctx.requestId, at: wish.now });
  taken.push(await received(ctx, message, wish));
}

/** The message as it is from now on: hidden, its receipt new. */
export async function received(ctx: Context, message: Message, { now, visible }: Receive): Promise<Message> {
  const row: Message = {
    ...message,
    receives: message.receives + 1,
    firstReceived: message.firstReceived ?? now,
    received: now,
    visible,
    receipt: newReceipt(ctx),
  };
  await ctx.store.replace(messages, row);
  return row;
}

/**
 * The request that has a row in hand. The row is another object once it is received, so nothing has to be let go; a
 * request that fails has it for a moment only.
 */
const takenInHand = new WeakMap<Message, { readonly requestId: string; readonly at: number }>();
const IN_HAND_MS = 1_000;

function isInOthersHands(message: Message, { requestId, now }: Context): boolean {
  const holder = takenInHand.get(message);
  if (!holder || holder.requestId === requestId) return false;
  return Math.abs(now.getTime() - holder.at) < IN_HAND_MS;
}

/** Only a queue with so many messages can have so many in flight: then they are counted. */
async function isFull(ctx: Context, { box }: Queue): Promise<boolean> {
  const max = quota(ctx, 'InflightMessages', IN_FLIGHT_MAX);
  return !(await ctx.store.fits(messages, [box], max)) && (await hiddenCount(ctx, box, 'flight')) >= max;
}
