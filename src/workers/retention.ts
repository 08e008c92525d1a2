/** The event history holds the last 90 days. */
import type { Worker } from '../core/worker.ts';

const DAY_MS = 86_400_000;
const HISTORY_DAYS = 90;
const ENTRIES_A_TURN = 2_000;

export const retention: Worker = {
  name: 'retention',
  everyMs: 3_600_000,
  async work({ store, now }) {
    const removed = await store.journal.prune(now().getTime() - HISTORY_DAYS * DAY_MS, ENTRIES_A_TURN);
    return removed === ENTRIES_A_TURN;
  },
};
