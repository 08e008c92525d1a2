/** What Firehose owes. */
import type { TaskHandler } from '../../core/tasks.ts';
import { retireGrant } from './dataKeys.ts';
import { deliverQueue } from './queues.ts';
import { removeStream } from './removing.ts';
import { postShipment } from './shipments.ts';
import { readSource } from './source.ts';

export const firehoseTasks: readonly TaskHandler[] = [
  deliverQueue,
  postShipment,
  readSource,
  removeStream,
  retireGrant,
];
