/** What EventBridge owes after requests and events. */
import type { TaskHandler } from '../../core/tasks.ts';
import { expireArchive } from './archiveTask.ts';
import { withKeys } from './connectionKeys.ts';
import { authorizeConnection } from './connectionTask.ts';
import { deliver, invoke } from './deliveries.ts';
import { forgetKey } from './encryption.ts';
import { replayEvents } from './replayTask.ts';
import { ruleSchedule } from './ruleSchedule.ts';
import { archiveSealed, openEvent } from './sealedEvents.ts';

export const eventTasks: readonly TaskHandler[] = [
  deliver,
  withKeys(invoke),
  ruleSchedule,
  replayEvents,
  expireArchive,
  withKeys(authorizeConnection),
  openEvent,
  archiveSealed,
  forgetKey,
];
