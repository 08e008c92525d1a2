/** Who looks for anomalies. */
import type { TaskHandler } from '../../../core/tasks.ts';
import { SCAN } from './detectorRows.ts';

const AGAIN_MS = 300_000;

export const logAnomalies: TaskHandler<{ readonly id: string }> = {
  kind: SCAN,
  principal: 'logs.amazonaws.com',
  settle: async (task, ctx) => (await import('./scan.ts')).scan(task, ctx),
  failed: async () => AGAIN_MS, // A key that is disabled may be enabled again.
};
