/** Who carries exports out. */
import type { TaskHandler } from '../../core/tasks.ts';
import { EXPORT, type ExportStep } from './exportRows.ts';

export const logExport: TaskHandler<ExportStep> = {
  kind: EXPORT,
  principal: 'logs.amazonaws.com',
  settle: async (task, ctx, seen) => (await import('./exportRun.ts')).exportSettle(task, ctx, seen),
  failed: async (task, ctx, error) => (await import('./exportRun.ts')).exportFailed(task, ctx, error),
};
