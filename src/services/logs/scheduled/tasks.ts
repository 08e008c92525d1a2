/** Who runs scheduled queries and hands on what comes out. */
import type { TaskHandler } from '../../../core/tasks.ts';
import { DELIVER, TRIGGER } from './rows.ts';

const running = () => import('./running.ts');

export const scheduledQueryTasks: readonly TaskHandler[] = [
  {
    kind: TRIGGER,
    principal: 'logs.amazonaws.com',
    settle: async (task, ctx) => (await running()).trigger(task, ctx),
    failed: async (task, ctx, error) => (await running()).notTriggered(task, ctx, error),
  },
  {
    kind: DELIVER,
    principal: 'logs.amazonaws.com',
    settle: async (task, ctx) => (await running()).deliver(task, ctx),
    failed: async (task, ctx, error) => (await running()).notDelivered(task, ctx, error),
  },
];
