/**
 * Receipt handles, and what is done with them: a message is deleted, or becomes visible at another time.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
 */
import {
  type ChangeMessageVisibilityBatchRequest,
  type ChangeMessageVisibilityBatchResult,
  type ChangeMessageVisibilityRequest,
  type DeleteMessageBatchRequest,
  type DeleteMessageBatchResult,
  type DeleteMessageRequest,
  MessageNotInflight,
  ReceiptHandleIsInvalid,
} from '@aws-sdk/client-sqs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { onQueue } from './access.ts';
import { eachEntry } from './batches.ts';
import { take } from './boxes.ts';
import { refuseValue, requireRange } from './errors.ts';
import { count, measure } from './gauges.ts';
import { changeFlight } from './groups.ts';
import { type Message, messages } from './messages.ts';
import type { Queue } from './queueRows.ts';

export const newReceipt = (ctx: Context) => Buffer.from(ctx.random(12)).toString('hex');

/** Opaque to clients; to us the message's place and which receive of it this was. */
export const receiptHandle = ({ box, sequence, receipt }: Message) =>
  HEAD + Buffer.from(`${box} ${sequence} ${receipt}`).toString('base64');

const HEAD = 'AQEB';
const PLACE = /^([sf][a-z0-9]{20})([a-z0-9]{8}) (\d{20}) ([0-9a-f]{24})$/;

interface Place {
  readonly queue: string;
  readonly box: string;
  readonly sequence: string;
  readonly receipt: string;
}

function placeOf(queue: Queue, handle: string): Place {
  const text = handle.startsWith(HEAD) ? Buffer.from(handle.slice(HEAD.length), 'base64').toString('latin1') : '';
  const [, id = '', generation, sequence, receipt] = PLACE.exec(text) ?? [];
  if (sequence === undefined || receipt === undefined || id !== queue.id) {
    fail(ReceiptHandleIsInvalid, `The input receipt handle "${handle}" is not a valid receipt handle.`);
  }
  return { queue: id, box: `${id}${generation}`, sequence, receipt };
}

export const DeleteMessage = onQueue<Present<DeleteMessageRequest>, object>({
  recorded: 'data',
  readOnly: false,
  async run({ ReceiptHandle }, ctx, queue) {
    await remove(ctx, queue, ReceiptHandle);
    return {};
  },
});

export const DeleteMessageBatch = onQueue<Present<DeleteMessageBatchRequest>, DeleteMessageBatchResult>({
  action: 'sqs:DeleteMessage',
  recorded: 'data',
  readOnly: false,
  run: ({ Entries }, ctx, queue) =>
    eachEntry('DeleteMessageBatchRequestEntry', Entries, async ({ ReceiptHandle = '' }) => {
      await remove(ctx, queue, ReceiptHandle);
      return {};
    }),
});

/** What is gone already needs no deletion. A FIFO queue's message is deleted only by who received it last, in time. */
async function remove(ctx: Context, queue: Queue, handle: string): Promise<void> {
  const { box, sequence, receipt } = placeOf(queue, handle);
  const message = await ctx.store.get(messages, [box, sequence]);
  if (!message || box !== queue.box) return;
  if (queue.fifo && (message.receipt !== receipt || message.visible <= ctx.now.getTime())) {
    refuseValue('ReceiptHandle', handle, 'The receipt handle has expired.');
  }
  await take(ctx, message, queue.fifo);
  await measure(ctx, queue, [count('NumberOfMessagesDeleted')]);
}

export const ChangeMessageVisibility = onQueue<Present<ChangeMessageVisibilityRequest>, object>({
  recorded: 'data',
  readOnly: false,
  async run({ ReceiptHandle, VisibilityTimeout }, ctx, queue) {
    await hide(ctx, queue, ReceiptHandle, VisibilityTimeout);
    return {};
  },
});

export const ChangeMessageVisibilityBatch = onQueue<
  Present<ChangeMessageVisibilityBatchRequest>,
  ChangeMessageVisibilityBatchResult
>({
  action: 'sqs:ChangeMessageVisibility',
  recorded: 'data',
  readOnly: false,
  run: ({ Entries }, ctx, queue) =>
    eachEntry('ChangeMessageVisibilityBatchRequestEntry', Entries, async (entry) => {
      await hide(ctx, queue, entry.ReceiptHandle ?? '', entry.VisibilityTimeout ?? 0);
      return {};
    }),
});

const HIDDEN_SECONDS_MAX = 43_200;

async function hide(ctx: Context, queue: Queue, handle: string, seconds: number): Promise<void> {
  const reason = 'VisibilityTimeout must be an integer between 0 and 43200.';
  requireRange('VisibilityTimeout', seconds, 0, HIDDEN_SECONDS_MAX, reason);
  const { box, sequence, receipt } = placeOf(queue, handle);
  const now = ctx.now.getTime();
  const message = await ctx.store.get(messages, [box, sequence]);
  if (!message || box !== queue.box) {
    const gone = 'Message does not exist or is not available for visibility timeout change.';
    refuseValue('ReceiptHandle', handle, gone);
  }
  if (message.visible <= now || message.receives === 0) {
    fail(MessageNotInflight, "The specified message isn't in flight.");
  }
  if (queue.fifo && message.receipt !== receipt) {
    refuseValue('ReceiptHandle', handle, 'The receipt handle has expired.');
  }
  if (now + seconds * 1000 > (message.received ?? now) + HIDDEN_SECONDS_MAX * 1000) {
    const beyond = `Total VisibilityTimeout for the message is beyond the limit [${HIDDEN_SECONDS_MAX} seconds]`;
    refuseValue('VisibilityTimeout', seconds, beyond);
  }
  const visible = now + seconds * 1000;
  await ctx.store.replace(messages, { ...message, visible });
  if (queue.fifo) await changeFlight(ctx, message, visible);
}
