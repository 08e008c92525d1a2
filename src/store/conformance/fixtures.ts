/** What the suites of the store share. */
import type { JournalEntry, Store, StoreOptions, Transaction } from '../store.ts';
import { table } from '../store.ts';

/** Opens an empty store; it is closed when the suite ends. */
export type Open = (options?: Partial<StoreOptions>) => Promise<Store>;

export interface User {
  readonly account: string;
  readonly name: string;
  readonly path?: string;
  readonly groups?: readonly string[];
  readonly age?: number;
}

export const users = table<User>('test_user', {
  key: (user) => [user.account, user.name],
  indexes: {
    byPath: (user) => (user.path === undefined ? [] : [[user.account, user.path]]),
    byGroup: (user) => (user.groups ?? []).map((group) => [user.account, group]),
  },
});

/** A table whose name begins like the other's. */
export const userKeys = table<User>('test_userKey', { key: (user) => [user.account, user.name] });

export const user = (name: string, more: Partial<User> = {}): User => ({ account: '1', name, ...more });

export function entry(number: number, more: Partial<JournalEntry> = {}): JournalEntry {
  const body = JSON.stringify({ number, who: `user${number % 3}` });
  return { id: `id-${number}`, kind: 'api', account: '1', region: 'eu-west-1', time: 1000 + number, body, ...more };
}

export const storeOptions: StoreOptions = {
  attributes: (one) => [
    ['EventId', one.id],
    ['Username', (JSON.parse(one.body) as { who: string }).who],
  ],
  followers: [],
  log: (error) => {
    throw error;
  },
};

export const within = <T>(store: Store, work: (tx: Transaction) => Promise<T>): Promise<T> => store.transaction(work);

export async function insertAll(store: Store, rows: readonly User[]): Promise<void> {
  await store.transaction(async (tx) => {
    for (const row of rows) await tx.insert(users, row);
  });
}

export function names(page: { readonly rows: readonly User[] }): string[] {
  return page.rows.map((row) => row.name);
}

/** A meeting point: everybody who comes waits until so many have come; later ones pass. */
export function gate(number: number): () => Promise<void> {
  let come = 0;
  let open: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    come++;
    if (come >= number) open();
    return opened;
  };
}
