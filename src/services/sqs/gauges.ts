/**
 * What a queue tells CloudWatch: each call what it did, and the queue itself how long it is, every minute while it is
 * in use. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
import type { Context } from '../../core/context.ts';
import { metrics, type Point } from '../../core/metrics.ts';
import { type Again, later, type Task, tasks } from '../../core/tasks.ts';
import { hiddenCount, messages } from './messages.ts';
import { type Queue, queues } from './queueRows.ts';
import { GAUGE, type Sweep } from './tasks.ts';

const MINUTE_MS = 60_000;
/** A queue that nobody used for so long falls silent. */
const SILENT_AFTER_MS = 6 * 3_600_000;

interface Gauged extends Sweep {
  /** Milliseconds: when a call last found it silent. */
  readonly since: number;
}

/** Tells what a call did. */
export async function measure(ctx: Context, queue: Queue, points: readonly Point[]): Promise<void> {
  const { account, region, name, id } = queue;
  metrics(ctx, { namespace: 'AWS/SQS', dimensions: { QueueName: name }, points, account, region });
  const task = (await ctx.store.get(tasks, [GAUGE, id])) as Task<Gauged> | undefined;
  const now = ctx.now.getTime();
  if (task && now < task.body.since + SILENT_AFTER_MS / 2) return;
  const body: Gauged = { account, region, name, since: now };
  await later(ctx, { kind: GAUGE, id, account, region, body, due: task?.due ?? now + MINUTE_MS });
}

export const count = (name: string, value = 1): Point => ({ name, value, unit: 'Count' });

export async function gauge({ id, body }: Task<Gauged>, ctx: Context): Promise<Again> {
  const queue = await ctx.store.get(queues, [body.account, body.region, body.name]);
  const now = ctx.now.getTime();
  if (queue?.id !== id || now > body.since + SILENT_AFTER_MS) return undefined;
  const { box, name, account, region } = queue;
  const all = await ctx.store.count(messages, [box], undefined, 'unchecked');
  const flight = all === 0 ? 0 : await hiddenCount(ctx, box, 'flight');
  const delayed = all === 0 ? 0 : await hiddenCount(ctx, box, 'delay');
  const { rows } = await ctx.store.list(messages, [box], { limit: 1, unchecked: true });
  const points: Point[] = [
    count('ApproximateNumberOfMessagesVisible', Math.max(0, all - flight - delayed)),
    count('ApproximateNumberOfMessagesNotVisible', flight),
    count('ApproximateNumberOfMessagesDelayed', delayed),
    {
      name: 'ApproximateAgeOfOldestMessage',
      value: rows[0] ? Math.floor((now - rows[0].sent) / 1000) : 0,
      unit: 'Seconds',
    },
  ];
  metrics(ctx, { namespace: 'AWS/SQS', dimensions: { QueueName: name }, points, account, region });
  return MINUTE_MS;
}
