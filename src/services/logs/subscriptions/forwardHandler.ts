/** Who sends to subscriptions what they are owed. */
import type { TaskHandler } from '../../../core/tasks.ts';
import { FORWARD, type Owed } from './rows.ts';

export const logForwarding: TaskHandler<Owed> = {
  kind: FORWARD,
  principal: 'logs.amazonaws.com',
  settle: async (task, ctx) => (await import('./forwarding.ts')).forward(task, ctx),
  failed: async (task, ctx, error) => (await import('./forwarding.ts')).notForwarded(task, ctx, error),
};
