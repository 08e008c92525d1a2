/** Looks for trust anchors whose notices are due. What the notices are made of is loaded with the first one. */
import type { Worker } from '../../core/worker.ts';
import { trustAnchors } from './rows.ts';

const AT_ONCE = 20;

export const expiryNotices: Worker = {
  name: 'rolesanywhere expiry notices',
  everyMs: 60_000,
  async work(around) {
    const now = around.now();
    const due = () =>
      around.store.transaction(async (store) => {
        const { rows } = await store.list(trustAnchors, [], { limit: AT_ONCE, index: 'due' });
        return rows.filter(({ noticeDue = Number.POSITIVE_INFINITY }) => noticeDue <= now.getTime());
      });
    const found = await due();
    if (found.length === 0) return false;
    const { noticeOf } = await import('./notices.ts');
    for (const { account, region, id } of found) {
      await around.store.transaction(async (store) => {
        const anchor = await store.get(trustAnchors, [account, region, id]);
        if (anchor?.noticeDue === undefined || anchor.noticeDue > now.getTime()) return;
        await noticeOf({ store, now, random: around.random }, anchor);
      });
    }
    return found.length === AT_ONCE;
  },
};
