/**
 * ReceiveMessage. Who finds nothing and is willing to wait waits outside of any write set, until a message comes or
 * one that is hidden becomes visible.
 */
import {
  InvalidAttributeName,
  type Message as Received,
  type ReceiveMessageRequest,
  type ReceiveMessageResult,
} from '@aws-sdk/client-sqs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { Wait } from '../../core/wait.ts';
import { onQueue } from './access.ts';
import { attemptedBefore, rememberAttempt } from './attempts.ts';
import { numberOf } from './attributes.ts';
import { open, type Plain } from './contents.ts';
import { requireRange } from './errors.ts';
import { takeOrdered } from './fifoReceives.ts';
import { count, measure } from './gauges.ts';
import { md5, md5OfAttributes } from './messageAttributes.ts';
import { type Message, messages } from './messages.ts';
import type { Queue } from './queueRows.ts';
import { receiptHandle } from './receipts.ts';
import { takeAny } from './standardReceives.ts';

type Input = Present<ReceiveMessageRequest>;

export const ReceiveMessage = onQueue<Input, ReceiveMessageResult>({
  recorded: 'data',
  readOnly: true, // As its access level; so no body gets into a record.
  async run(input, ctx, queue) {
    requireSound(input);
    const found = await receive(input, ctx, queue);
    if (found.taken.length === 0) {
      const seconds = input.WaitTimeSeconds ?? numberOf(queue, 'ReceiveMessageWaitTimeSeconds');
      if (ctx.mayWait && seconds > 0) throw new Wait(messages, queue.box, seconds, found.nextMs);
      await measure(ctx, queue, [count('NumberOfEmptyReceives')]);
      return {};
    }
    await measure(ctx, queue, [count('NumberOfMessagesReceived', found.taken.length)]);
    const shown: Received[] = [];
    for (const message of found.taken) shown.push(view(input, message, await open(ctx, queue, message)));
    return { Messages: shown };
  },
});

/** What a receive may take, and until when what it takes is hidden. */
export interface Receive {
  readonly wanted: number;
  readonly now: number;
  /** Milliseconds. */
  readonly visible: number;
}

/** Messages taken; in how many milliseconds there may be more, though none is sent. */
export interface Taken {
  readonly taken: readonly Message[];
  readonly nextMs?: number | undefined;
}

async function receive(input: Input, ctx: Context, queue: Queue): Promise<Taken> {
  const now = ctx.now.getTime();
  const timeout = input.VisibilityTimeout ?? numberOf(queue, 'VisibilityTimeout');
  const wish = { wanted: input.MaxNumberOfMessages ?? 1, now, visible: now + timeout * 1000 };
  if (!queue.fifo) return takeAny(ctx, queue, wish);
  const again = await attemptedBefore(ctx, queue, input.ReceiveRequestAttemptId, wish);
  if (again) return { taken: again };
  const found = await takeOrdered(ctx, queue, wish);
  await rememberAttempt(ctx, queue, input.ReceiveRequestAttemptId, found.taken);
  return found;
}

const ATTEMPT_ID = /^[\x21-\x7e]{1,128}$/;

function requireSound(input: Input): void {
  const { MaxNumberOfMessages, WaitTimeSeconds, VisibilityTimeout, ReceiveRequestAttemptId: attempt } = input;
  requireRange('MaxNumberOfMessages', MaxNumberOfMessages, 1, 10, 'Must be between 1 and 10, if provided.');
  requireRange('WaitTimeSeconds', WaitTimeSeconds, 0, 20, 'Must be >= 0 and <= 20, if provided.');
  requireRange('VisibilityTimeout', VisibilityTimeout, 0, 43_200, 'Must be between 0 and 43200, if provided.');
  if (attempt !== undefined && !ATTEMPT_ID.test(attempt)) {
    const reason =
      'ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length.';
    requireRange('ReceiveRequestAttemptId', Number.NaN, 0, 0, reason);
  }
  for (const name of [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])]) {
    if (name !== 'All' && !Object.hasOwn(SYSTEM_ATTRIBUTES, name)) {
      fail(InvalidAttributeName, `Unknown Attribute ${name}.`);
    }
  }
}

/** What a message tells of itself, when asked. */
const SYSTEM_ATTRIBUTES: Readonly<Record<string, (message: Message, plain: Plain) => string | undefined>> = {
  SenderId: ({ sender }) => sender,
  SentTimestamp: ({ sent }) => String(sent),
  ApproximateReceiveCount: ({ receives }) => String(receives),
  ApproximateFirstReceiveTimestamp: ({ firstReceived }) => String(firstReceived),
  SequenceNumber: ({ box, sequence }) => (box.startsWith('f') ? sequence : undefined),
  MessageDeduplicationId: ({ deduplication }) => deduplication,
  MessageGroupId: ({ group }) => group,
  AWSTraceHeader: (_message, { trace }) => trace,
  DeadLetterQueueSourceArn: ({ failedIn }) => failedIn,
};

function view(input: Input, message: Message, plain: Plain): Received {
  const asked = new Set<string>([...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])]);
  const attributes: Record<string, string> = {};
  for (const [name, read] of Object.entries(SYSTEM_ATTRIBUTES)) {
    const value = asked.has(name) || asked.has('All') ? read(message, plain) : undefined;
    if (value !== undefined) attributes[name] = value;
  }
  const chosen = chosenAttributes(plain, input.MessageAttributeNames ?? []);
  return {
    MessageId: message.id,
    ReceiptHandle: receiptHandle(message),
    MD5OfBody: md5(plain.body),
    Body: plain.body,
    ...(Object.keys(attributes).length > 0 && { Attributes: attributes }),
    ...(chosen && { MD5OfMessageAttributes: md5OfAttributes(chosen), MessageAttributes: chosen }),
  };
}

/** By name, by prefix (`bar.*`), or all (`All`, `.*`). */
function chosenAttributes({ attributes }: Plain, names: readonly string[]) {
  const chosen = Object.entries(attributes ?? {}).filter(([name]) =>
    names.some((wanted) => wanted === 'All' || wanted === name || matchesPrefix(name, wanted)),
  );
  return chosen.length === 0 ? undefined : Object.fromEntries(chosen);
}

const matchesPrefix = (name: string, wanted: string) => wanted.endsWith('.*') && name.startsWith(wanted.slice(0, -2));
