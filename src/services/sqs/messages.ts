/**
 * Messages as they are kept. What changes with every receive is a small row of its own; the content, sealed, lies
 * beside it and is written once. Rows only: nothing here loads an SDK client.
 *
 * A message is ready once `visible` has come: sent with a delay, or received and not deleted, it is hidden until then.
 * Nothing has to happen for it to be ready again, so nothing can be forgotten.
 */
import type { Context } from '../../core/context.ts';
import { table } from '../../store/store.ts';

export interface Message {
  readonly box: string;
  /** 20 digits, in the order of sending. */
  readonly sequence: string;
  readonly id: string;
  /** Milliseconds since 1970, as all times here. */
  readonly sent: number;
  readonly visible: number;
  readonly sender: string;
  /** How often it was received. */
  readonly receives: number;
  readonly firstReceived?: number;
  readonly received?: number;
  /** Of the last receive: earlier receipt handles of a FIFO queue's message are void. */
  readonly receipt?: string;
  readonly group?: string;
  readonly deduplication?: string;
  /** ARN of the queue it failed in, where this is a dead-letter queue. */
  readonly failedIn?: string;
}

export const messages = table<Message>('sqs_message', {
  key: ({ box, sequence }) => [box, sequence],
  indexes: {
    ready: ({ box, visible }) => (isOrdered(box) ? [] : [[box, moment(visible)]]),
    group: ({ box, group = '' }) => (isOrdered(box) ? [[box, group]] : []),
    hidden: hiddenKeys,
  },
});

/** The bytes of a message, sealed; see contents.ts. */
export interface Content {
  readonly box: string;
  readonly sequence: string;
  readonly sealed: string;
  /** The data key of KMS under which it is sealed, encrypted, and the queue in its encryption context. */
  readonly dataKey?: string;
  readonly queue?: string;
}

export const contents = table<Content>('sqs_content', { key: ({ box, sequence }) => [box, sequence] });

/** The first letter of a box tells a FIFO queue's: only there have message groups an order. */
const isOrdered = (box: string) => box.startsWith('f');

/** A time as a key part, in time's order. */
export const moment = (milliseconds: number) => String(Math.max(0, Math.ceil(milliseconds))).padStart(15, '0');

/**
 * Hidden messages are counted by the second in which they become ready, in steps of three sizes, so that counting those
 * that are hidden still takes about a hundred look-ups, however many they are: steps of the largest size as far as they
 * reach, then smaller ones.
 */
const STEPS_SECONDS = [1, 32, 1024] as const;
/** The longest that a message can be hidden. */
const HIDDEN_SECONDS_MAX = 43_200;

type Hidden = 'flight' | 'delay';

function hiddenKeys({ box, sent, visible, receives }: Message): string[][] {
  if (visible <= sent) return [];
  const second = Math.ceil(visible / 1000);
  const why: Hidden = receives > 0 ? 'flight' : 'delay';
  return STEPS_SECONDS.map((step) => hiddenKey(box, why, step, Math.floor(second / step)));
}

const hiddenKey = (box: string, why: Hidden, step: number, at: number) => [box, why, `${step}:${at}`];

/** How many messages are hidden now, for that reason. Not checked again when the write set commits. */
export async function hiddenCount({ store, now }: Context, box: string, why: Hidden): Promise<number> {
  // The first second that is still to come; those within this second count as hidden until it is over.
  let second = Math.floor(now.getTime() / 1000) + 1;
  const end = second + HIDDEN_SECONDS_MAX + 1024;
  let count = 0;
  const add = async (step: number) => {
    count += await store.count(messages, hiddenKey(box, why, step, second / step), 'hidden', 'unchecked');
    second += step;
  };
  for (const [i, step] of STEPS_SECONDS.entries()) {
    const next = STEPS_SECONDS[i + 1];
    while (second < end && (next === undefined || second % next !== 0)) await add(step);
  }
  return count;
}

let turn = 0;

/**
 * A sequence number after `last`, of the time and of the order of calls within it.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-key-terms.html
 */
export function sequenceAfter(last: string | undefined, now: Date): string {
  const drawn = 16_000_000_000_000_000_000n + (BigInt(now.getTime()) << 20n) + BigInt(turn++ & 0xfffff);
  const least = last === undefined ? drawn : BigInt(last) + 1n;
  return String(drawn > least ? drawn : least);
}
