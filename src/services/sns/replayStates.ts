/** What a replay means for messages as they come. */
import type { Replay, Subscription } from './topicRows.ts';

export const isRunning = (replay: Replay | undefined) =>
  replay?.status === 'Pending' || replay?.status === 'In progress';

/** Whether a message as it comes is not for a subscription: a replay delivers it, did so, or has paused it. */
export function leftToReplay({ replay }: Subscription, archived: string | undefined): boolean {
  if (!replay) return false;
  if (replay.end !== undefined && replay.status !== 'Failed') return true;
  if (archived === undefined) return false;
  return isRunning(replay) ? true : archived <= replay.at;
}
