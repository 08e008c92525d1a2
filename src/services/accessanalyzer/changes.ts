/**
 * How often an account has been changed: read off the audit journal, behind the requests. An analyzer looks again at an
 * account only when this has grown since it looked last, so a list of findings is exact and still costs little.
 */
import { type Follower, type JournalRow, table } from '../../store/store.ts';

export interface AccountChanges {
  readonly account: string;
  readonly count: number;
}

export const accountChanges = table<AccountChanges>('accessanalyzer_changes', { key: (c) => [c.account] });

export const changes: Follower = {
  name: 'accessanalyzer_changes',
  async follow(entries, tx) {
    const counts = new Map<string, number>();
    for (const entry of entries) {
      if (mayChange(entry)) counts.set(entry.account, (counts.get(entry.account) ?? 0) + 1);
    }
    for (const [account, more] of counts) {
      const count = ((await tx.get(accountChanges, [account]))?.count ?? 0) + more;
      await tx.replace(accountChanges, { account, count });
    }
  },
};

/** Every record of a change has this text in it; a few others may, which does no harm. */
const mayChange = ({ kind, body }: JournalRow) => kind === 'api' && body.includes('"readOnly":false');
