/** Versions that are to be replicated, as tasks: carried out as the role that the bucket's configuration names. */
import type { TaskHandler } from '../../core/tasks.ts';

export const REPLICATE = 's3.replicate';

export interface Replication {
  readonly bucket: string;
  readonly key: string;
  readonly version: string;
  readonly what: 'made' | 'change';
}

export const replications: TaskHandler<Replication> = {
  kind: REPLICATE,
  principal: 's3.amazonaws.com',
  async settle(task, ctx) {
    const { replicate } = await import('./replicating.ts');
    await replicate(ctx, task.body);
    return undefined;
  },
};
