/** What EventBridge Scheduler owes. */
import type { TaskHandler } from '../../core/tasks.ts';
import { fireSchedule } from './firing.ts';
import { clearGroup } from './groupTask.ts';
import { invokeTarget } from './invoking.ts';

export const schedulerTasks: readonly TaskHandler[] = [fireSchedule, invokeTarget, clearGroup];
