/**
 * The messages of a FIFO topic: each group's wait in a line, and one task serves the line from its head, so that every
 * subscriber gets them in order. A line is a table of its own: a long one costs the other tasks nothing.
 */
import { createHash } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import { type Again, later, type Task, tasks } from '../../core/tasks.ts';
import { table } from '../../store/store.ts';
import { serve } from './fanOut.ts';
import { openMessage } from './published.ts';
import { LINE, type Line } from './tasks.ts';
import { type Topic, topicArn, topicKey, topics } from './topicRows.ts';

interface Waiting {
  readonly line: string;
  readonly sequence: string;
  readonly sealed: string;
}

const lines = table<Waiting>('sns_line', { key: ({ line, sequence }) => [line, sequence] });
/** The last number given in a line that somebody waits in. */
const lasts = table<Pick<Waiting, 'line' | 'sequence'>>('sns_line_last', { key: ({ line }) => [line] });
const SERVED_A_TURN = 5;

const lineOf = (topic: Topic, group: string) =>
  createHash('sha256')
    .update(`${topicArn(topic)} ${topic.created} ${group}`)
    .digest('hex');

let turn = 0;

/** After all numbers of the line, also when the clock went back. */
export async function nextSequence(ctx: Context, topic: Topic, group: string): Promise<string> {
  const line = lineOf(topic, group);
  const last = await ctx.store.get(lasts, [line]);
  const drawn = 10_000_000_000_000_000_000n + (BigInt(ctx.now.getTime()) << 20n) + BigInt(turn++ & 0xfffff);
  const least = last === undefined ? drawn : BigInt(last.sequence) + 1n;
  const sequence = String(drawn > least ? drawn : least);
  await ctx.store.replace(lasts, { line, sequence });
  return sequence;
}

export async function joinLine(ctx: Context, topic: Topic, group: string, waiting: Omit<Waiting, 'line'>) {
  const arn = topicArn(topic);
  const line = lineOf(topic, group);
  await ctx.store.insert(lines, { ...waiting, line });
  if (await ctx.store.get(tasks, [LINE, line])) return;
  const { account, region } = topic;
  await later<Line>(ctx, { kind: LINE, id: line, account, region, body: { topic: arn, line } });
}

/** A FIFO topic has at most a hundred subscribers: a message is served to all of them in one write set. */
export async function serveLine({ body }: Task<Line>, ctx: Context): Promise<Again> {
  const topic = await ctx.store.get(topics, topicKey(body.topic)!);
  const { rows, next } = await ctx.store.list(lines, [body.line], { limit: SERVED_A_TURN });
  for (const { sequence, sealed } of rows) {
    if (topic) {
      const message = openMessage(ctx, sealed);
      for (let after = await serve(ctx, topic, message, undefined); after !== undefined; ) {
        after = await serve(ctx, topic, message, after);
      }
    }
    await ctx.store.remove(lines, [body.line, sequence]);
  }
  if (next !== undefined) return 0;
  await ctx.store.remove(lasts, [body.line]);
  return undefined;
}
