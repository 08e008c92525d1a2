/**
 * What was published to a FIFO topic within the last five minutes is not published again.
 * https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html
 */
import { createHash } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import { type Again, later, type Task, tasks } from '../../core/tasks.ts';
import { table } from '../../store/store.ts';
import { refuse } from './errors.ts';
import { SENT } from './tasks.ts';
import { type Topic, topicArn } from './topicRows.ts';

interface Sent {
  readonly topic: string;
  readonly name: string;
  /** Milliseconds. */
  readonly until: number;
  readonly id: string;
  readonly sequence: string;
}

const moment = (milliseconds: number) => String(milliseconds).padStart(15, '0');

const sentMessages = table<Sent>('sns_sent', {
  key: ({ topic, name }) => [topic, name],
  indexes: { until: ({ topic, until }) => [[topic, moment(until)]] },
});

const INTERVAL_MS = 300_000;
const FORGOTTEN_A_TURN = 200;
const PAUSE_MS = 60_000;

interface Given {
  readonly Message?: string | undefined;
  readonly MessageDeduplicationId?: string | undefined;
}

/** The id as it was given, else of the content. Undefined for a standard topic. */
export function deduplicationOf(topic: Topic, { Message = '', MessageDeduplicationId: given }: Given) {
  if (!topic.fifo || given !== undefined) return given;
  if (topic.attributes.ContentBasedDeduplication === 'true') return createHash('sha256').update(Message).digest('hex');
  return refuse(
    'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  );
}

const nameOf = ({ attributes }: Topic, deduplication: string, group: string | undefined) =>
  attributes.FifoThroughputScope === 'MessageGroup' ? `${deduplication} ${group}` : deduplication;

export async function sentBefore(
  ctx: Context,
  topic: Topic,
  deduplication: string | undefined,
  group: string | undefined,
): Promise<Sent | undefined> {
  if (deduplication === undefined) return undefined;
  const sent = await ctx.store.get(sentMessages, [topicArn(topic), nameOf(topic, deduplication, group)]);
  return sent && sent.until > ctx.now.getTime() && sent.until - INTERVAL_MS >= topic.created ? sent : undefined;
}

export async function rememberSent(
  ctx: Context,
  topic: Topic,
  {
    deduplication,
    group,
    id,
    sequence,
  }: Pick<Sent, 'id' | 'sequence'> & { deduplication?: string | undefined; group?: string | undefined },
): Promise<void> {
  if (deduplication === undefined) return;
  const arn = topicArn(topic);
  const until = ctx.now.getTime() + INTERVAL_MS;
  await ctx.store.replace(sentMessages, { topic: arn, name: nameOf(topic, deduplication, group), until, id, sequence });
  if (!(await ctx.store.get(tasks, [SENT, arn]))) await later(ctx, { kind: SENT, id: arn, due: until, body: {} });
}

/** Of the topic whose ARN is the task's id. */
export async function forgetSent({ id: topic }: Task, { store, now }: Context): Promise<Again> {
  const { rows, next } = await store.list(sentMessages, [topic], { index: 'until', limit: FORGOTTEN_A_TURN });
  for (const { name, until } of rows) {
    if (until > now.getTime()) return Math.max(PAUSE_MS, until - now.getTime());
    await store.remove(sentMessages, [topic, name]);
  }
  return next === undefined ? undefined : 0;
}
