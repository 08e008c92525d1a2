/** What CloudTrail does behind the requests. Light: the rest is loaded when there is the first thing to do. */
import { pauseOf, type Task, type TaskHandler } from '../../core/tasks.ts';
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
  'cloudtrail.dashboard': async () => (await import('./dashboardSchedules.ts')).scheduledRefresh,
  'cloudtrail.digest': async () => (await import('./digests.ts')).digestDelivery,
  'cloudtrail.import': async () => (await import('./importRuns.ts')).importRun,
  'cloudtrail.results': async () => (await import('./queryDeliveries.ts')).resultsDelivery,
  'cloudtrail.segment': async () => (await import('./storeSegments.ts')).segmentSealing,
  'cloudtrail.store': async () => (await import('./storeUpkeep.ts')).storeUpkeep,
};

const queries: TaskHandler = {
  kind: 'cloudtrail.query',
  principal: SERVICE,
  reach: async (...given) => (await import('./queryRuns.ts')).queryRun.reach?.(...given),
  settle: async (...given) => (await import('./queryRuns.ts')).queryRun.settle(...given),
  failed: async (...given) => (await import('./queryRuns.ts')).queryRun.failed?.(...given),
};

/** Without a rule of its own, what failed is tried again with growing pauses, and never given up. */
const again = (task: Task): number => Math.min(pauseOf(task.attempt), LONGEST_PAUSE_MS);
const LONGEST_PAUSE_MS = 300_000;

export const trailTasks: readonly TaskHandler[] = [
  queries,
  ...Object.entries(HANDLERS).map(
    ([kind, load]): TaskHandler => ({
      kind,
      principal: SERVICE,
      settle: async (...given) => (await load()).settle(...given),
      failed: async (...given) => {
        const { failed } = await load();
        return failed ? failed(...given) : again(given[0]);
      },
    }),
  ),
];
