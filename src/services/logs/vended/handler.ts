/** What delivers vended logs. */
import type { TaskHandler } from '../../../core/tasks.ts';
import { VEND, type Vended } from '../../../core/vendedLogs.ts';

export const logVending: TaskHandler<Vended> = {
  kind: VEND,
  principal: 'delivery.logs.amazonaws.com',
  settle: async (task, ctx) => (await import('./delivering.ts')).deliverVended(task, ctx),
};
