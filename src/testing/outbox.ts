/** What waits in the outbox of the management account, in us-east-1: the newest first. */
import { outboxPage } from '../core/outbox.ts';
import type { Cloud } from './cloud.ts';

export const waitingIn = async ({ deps, managementAccount: account }: Cloud) => {
  const { secrets } = deps;
  const page = await deps.store.transaction((store) =>
    outboxPage({ store, secrets, account, region: 'us-east-1' }, { limit: 100 }),
  );
  return page.messages;
};
