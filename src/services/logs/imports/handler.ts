/** Who carries imports out. */
import type { TaskHandler } from '../../../core/tasks.ts';
import { IMPORT, type Step } from './rows.ts';

export const logImport: TaskHandler<Step> = {
  kind: IMPORT,
  principal: 'cloudtrail.amazonaws.com',
  settle: async (task, ctx) => (await import('./run.ts')).importSome(task, ctx),
  failed: async (task, ctx, error) => (await import('./run.ts')).notImported(task, ctx, error),
};
