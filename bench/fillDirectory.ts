/** Many people and groups of a directory, written straight into a store. Everybody is in one group. */
import {
  type DirectoryUser,
  directoryGroups,
  directoryMemberships,
  directoryUsers,
} from '../src/identity/directory.ts';
import type { Store } from '../src/store/store.ts';

interface Filling {
  readonly identityStore: string;
  readonly now: Date;
  /** How many there are already, and how many there shall be. */
  readonly people: readonly [from: number, to: number];
  readonly groups: readonly [from: number, to: number];
}

export function idOf(kind: 'user' | 'group', n: number): string {
  return `00000000-0000-4000-${kind === 'user' ? '8000' : '9000'}-${String(n).padStart(12, '0')}`;
}

const BATCH = 1000;

export async function fillDirectory(store: Pick<Store, 'transaction'>, filling: Filling): Promise<void> {
  const { identityStore, people, groups } = filling;
  const now = filling.now.toISOString();
  const traces = { identityStore, created: now, createdBy: 'bench', updated: now, updatedBy: 'bench' };
  const [from, to] = people;
  for (let at = from; at < to; at += BATCH) {
    await store.transaction(async (tx) => {
      for (let n = at; n < Math.min(to, at + BATCH); n++) {
        const attributes = { DisplayName: `User ${n}`, Name: { GivenName: 'User', FamilyName: String(n) } };
        const user: DirectoryUser = {
          ...{ ...traces, id: idOf('user', n), userName: `user-${n}`, status: 'ENABLED', externalIds: [] },
          attributes: { ...attributes, Emails: [{ Value: `user-${n}@example.com`, Primary: true }] },
        };
        await tx.insert(directoryUsers, user);
        const membership = { id: `00000000-0000-4000-a000-${String(n).padStart(12, '0')}`, user: user.id };
        await tx.insert(directoryMemberships, { ...traces, ...membership, group: idOf('group', n % groups[1]) });
      }
    });
  }
  await store.transaction(async (tx) => {
    for (let n = groups[0]; n < groups[1]; n++) {
      await tx.insert(directoryGroups, { ...traces, id: idOf('group', n), name: `filled-${n}`, externalIds: [] });
    }
  });
}
