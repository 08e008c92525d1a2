/** What S3 owes after its answers. Light: what a task needs beyond rows is loaded when it is done. */
import type { TaskHandler } from '../../core/tasks.ts';
import { accessLogs } from './accessLogTasks.ts';
import { inventoryReports } from './inventoryTasks.ts';
import { lifecycles } from './lifecycleTasks.ts';
import { notices } from './notices.ts';
import { replicationMetrics, replications } from './replicationTasks.ts';
import { restores } from './restoreTasks.ts';

export const s3Tasks: readonly TaskHandler[] = [
  accessLogs,
  inventoryReports,
  lifecycles,
  notices,
  replicationMetrics,
  replications,
  restores,
];
