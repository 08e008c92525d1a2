/** What a replay means for messages as they come. */
import { timeOf } from './archive.ts';
import type { Replay, Subscription } from './topicRows.ts';

export const isRunning = (replay: Replay | undefined) =>
  replay?.status === 'Pending' || replay?.status === 'In progress';

/** Whether a message as it comes is not for a subscription: a replay delivers it, did so, or has paused it. */
export function leftToReplay({ replay }: Subscription, archived: string | undefined): boolean {
  if (!replay) return false;
  const end = replay.status === 'Failed' ? undefined : replay.end;
  if (archived === undefined) return end !== undefined;
  if (isRunning(replay) || (end !== undefined && timeOf(archived) >= end)) return true;
  return archived <= replay.at;
}
