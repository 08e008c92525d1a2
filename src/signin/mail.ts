/** Letters that are owed; what sends them is loaded with the first one. */
import { pauseOf, type TaskHandler } from '../core/tasks.ts';
import type { Sealed } from '../identity/letters.ts';

const TRIES_MAX = 12;

export const mailTask: TaskHandler<Sealed> = {
  kind: 'signin.mail',
  principal: 'signin.amazonaws.com',
  reach: async (task, outside) => (await import('./postman.ts')).sendOut(task, outside),
  settle: async () => undefined,
  failed: async ({ attempt }) => (attempt < TRIES_MAX ? pauseOf(attempt) : undefined),
};
