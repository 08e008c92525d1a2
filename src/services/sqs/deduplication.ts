/**
 * What was sent to a FIFO queue within the last five minutes is not sent again: its second sender is told the first
 * message's id. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html
 */
import { createHash } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import { refuse } from './errors.ts';
import { recall, remember } from './memory.ts';
import type { Message } from './messages.ts';
import type { Queue } from './queueRows.ts';

const INTERVAL_MS = 300_000;

/** The id as it was given, else of the content. Undefined for a standard queue. */
export function deduplicationOf(queue: Queue, given: string | undefined, body: string): string | undefined {
  if (!queue.fifo || given !== undefined) return given;
  if (queue.attributes.ContentBasedDeduplication === 'true') return createHash('sha256').update(body).digest('hex');
  return refuse(
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  );
}

type Before = Pick<Message, 'id' | 'sequence'>;

/** The message that was sent under this id already. */
export async function remembered(
  ctx: Context,
  queue: Queue,
  deduplication: string | undefined,
  group: string | undefined,
): Promise<Before | undefined> {
  if (deduplication === undefined) return undefined;
  return recall<Before>(ctx, queue.id, nameOf(queue, deduplication, group));
}

export async function rememberSent(ctx: Context, queue: Queue, message: Message): Promise<void> {
  const { id, sequence, sent, deduplication, group } = message;
  if (deduplication === undefined) return;
  const name = nameOf(queue, deduplication, group);
  await remember(ctx, { queue: queue.id, name, until: sent + INTERVAL_MS, value: { id, sequence } });
}

function nameOf({ attributes }: Queue, deduplication: string, group: string | undefined): string {
  return attributes.DeduplicationScope === 'messageGroup' ? `sent ${deduplication} ${group}` : `sent ${deduplication}`;
}
