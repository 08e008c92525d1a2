/** What CloudTrail does behind the requests. Light: the rest is loaded when there is the first thing to do. */
import type { TaskHandler } from '../../core/tasks.ts';
import type { Worker } from '../../core/worker.ts';
import { COLLECTOR, collectorPositions } from './collectorPositions.ts';

const SERVICE = 'cloudtrail.amazonaws.com';

export const trailCollector: Worker = {
  name: 'trail-collector',
  everyMs: 250,
  async work(around) {
    const position = await around.store.transaction((tx) => tx.get(collectorPositions, COLLECTOR));
    return position !== undefined && (await import('./collector.ts')).collect(around, position);
  },
};

/** Kind → where its handler is. */
const HANDLERS: Readonly<Record<string, () => Promise<Pick<TaskHandler, 'settle' | 'failed'>>>> = {
  'cloudtrail.file': async () => (await import('./deliveries.ts')).fileDelivery,
  'cloudtrail.logs': async () => (await import('./deliveries.ts')).logDelivery,
  'cloudtrail.digest': async () => (await import('./digests.ts')).digestDelivery,
};

export const trailTasks: readonly TaskHandler[] = Object.entries(HANDLERS).map(([kind, load]) => ({
  kind,
  principal: SERVICE,
  settle: async (...given) => (await load()).settle(...given),
  failed: async (...given) => (await load()).failed?.(...given),
}));
