/**
 * What a queue remembers for a while: deduplication ids, receive attempts. Each of its kind under a name,
 * until a moment; a task takes away what is past it.
 */
import type { Context } from '../../core/context.ts';
import { type Again, later, type Task, tasks } from '../../core/tasks.ts';
import { table } from '../../store/store.ts';
import { moment } from './messages.ts';
import { FORGETTING } from './tasks.ts';

interface Memory {
  /** Id of the queue. */
  readonly queue: string;
  readonly name: string;
  /** Milliseconds. */
  readonly until: number;
  readonly value: unknown;
}

const memories = table<Memory>('sqs_memory', {
  key: ({ queue, name }) => [queue, name],
  indexes: { until: ({ queue, until }) => [[queue, moment(until)]] },
});

export async function recall<T>({ store, now }: Context, queue: string, name: string): Promise<T | undefined> {
  const memory = await store.get(memories, [queue, name]);
  return memory && memory.until > now.getTime() ? (memory.value as T) : undefined;
}

export async function remember(ctx: Context, memory: Memory): Promise<void> {
  await ctx.store.replace(memories, memory);
  if (!(await ctx.store.get(tasks, [FORGETTING, memory.queue]))) {
    await later(ctx, { kind: FORGETTING, id: memory.queue, due: memory.until, body: {} });
  }
}

const FORGOTTEN_A_TURN = 200;
/** Not oftener than this. */
const PAUSE_MS = 60_000;

/** Of the queue whose id is the task's. */
export async function forget({ id: queue }: Task, { store, now }: Context): Promise<Again> {
  const { rows, next } = await store.list(memories, [queue], { index: 'until', limit: FORGOTTEN_A_TURN });
  for (const memory of rows) {
    if (memory.until > now.getTime()) return Math.max(PAUSE_MS, memory.until - now.getTime());
    await store.remove(memories, [queue, memory.name]);
  }
  return next === undefined ? undefined : 0;
}
