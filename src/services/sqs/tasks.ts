/** What SQS owes behind requests. What does it is loaded when it is first due. */
import type { Context } from '../../core/context.ts';
import type { Again, Task, TaskHandler } from '../../core/tasks.ts';

/** Takes out what is past its retention period. */
export const RETENTION = 'sqs.retention';
/** Empties a box that no queue has any more. */
export const EMPTYING = 'sqs.emptying';
/** Forgets what is remembered for a while only. */
export const FORGETTING = 'sqs.forgetting';

/** Moves messages back from a dead-letter queue. */
export const MOVING = 'sqs.moving';
/** Tells CloudWatch how long a queue is. */
export const GAUGE = 'sqs.gauge';

/** The queue whose box it is. The task's id is the box. */
export interface Sweep {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export const sqsTasks: readonly TaskHandler[] = [
  handler<Sweep>(RETENTION, async (task, ctx) => (await import('./boxes.ts')).endRetention(task, ctx)),
  handler<Sweep>(EMPTYING, async (task, ctx) => (await import('./boxes.ts')).emptyBox(task, ctx)),
  handler<{ readonly source: string }>(MOVING, async (task, ctx) => (await import('./moves.ts')).moveOn(task, ctx)),
  handler<Sweep & { readonly since: number }>(GAUGE, async (task, ctx) =>
    (await import('./gauges.ts')).gauge(task, ctx),
  ),
  handler<object>(FORGETTING, async (task, ctx) => (await import('./memory.ts')).forget(task, ctx)),
];

function handler<Body>(kind: string, settle: (task: Task<Body>, ctx: Context) => Promise<Again>): TaskHandler<Body> {
  return { kind, principal: 'sqs.amazonaws.com', settle };
}
