/**
 * How a file becomes visible as one unit, however long it is and whenever the process ends.
 *
 * While a file is read, its rows are *staged* in chunks that nobody looks at, each with the place to go on from. When
 * all of it was read and found good, its load turns to `publishing`; from then on nothing of the file is needed: chunk
 * after chunk goes to its tables, and whoever opens the store first finishes what a killed process left. So a reader
 * sees either nothing of a file or all of it.
 *
 * Files given together are one *set*. The first file of a set that speaks of an account (or an organization) replaces
 * what earlier sets said of it; the others add to it: a dump may come in pages.
 */
import { accounts, organizationPolicies, organizations, units } from '../identity/organization.ts';
import { type Key, type Store, type Table, type Transaction, table } from '../store/store.ts';
import type { Content, Continuation, Reading } from './contents.ts';
import { credentials, groups, managedPolicies, resourcePolicies, roles, users } from './tables.ts';

export interface Load {
  readonly set: string;
  readonly file: string;
  /** Size and time of the last change, by which a file is known again. */
  readonly bytes: number;
  readonly modified: number;
  readonly state: 'staging' | 'publishing' | 'done';
  /** Where to go on reading; absent: at the start. */
  readonly resume?: Continuation;
  readonly reading?: Reading;
  /** Chunks staged, and of those published. */
  readonly chunks: number;
  readonly published: number;
  /** What earlier sets said of the same accounts is gone (or is to be kept). */
  readonly cleared: boolean;
  /** Whose users, groups, roles and policies the file has. */
  readonly accounts: readonly string[];
  readonly counts: Counts;
}

export type Counts = Readonly<Partial<Record<Content['kind'], number>>>;

interface Chunk {
  readonly load: Key;
  readonly number: number;
  /** JSON of a list of [kind, row]: as text it costs least to keep. */
  readonly rows: string;
}

export const loads = table<Load>('shadow_load', { key: (l) => [l.set, l.file] });

const numbered = (number: number) => String(number).padStart(9, '0');
const chunks = table<Chunk>('shadow_chunk', { key: (c) => [...c.load, numbered(c.number)] });

/** Stages rows; `load` says how far the file was read. */
export function stage(store: Store, load: Load, rows: readonly string[]): Promise<void> {
  return store.transaction(async (tx) => {
    const chunk = { load: loads.key(load), number: load.chunks - 1, rows: `[${rows.join(',')}]` };
    if (rows.length > 0) await tx.replace(chunks, chunk);
    await tx.replace(loads, load);
  });
}

/** Forgets a load and all that it staged. */
export async function discard(store: Store, load: Load): Promise<void> {
  await removeAll(store, chunks, loads.key(load));
  await store.transaction((tx) => tx.remove(loads, loads.key(load)));
}

/** Finishes what a killed process had begun to publish. */
export async function settle(store: Store): Promise<void> {
  for (const load of await allLoads(store)) if (load.state === 'publishing') await publish(store, load);
}

export async function allLoads(store: Store): Promise<readonly Load[]> {
  const found: Load[] = [];
  for await (const load of everyRow(store, loads)) found.push(load);
  return found;
}

/** Makes a load visible, from wherever it was left. */
export async function publish(store: Store, load: Load): Promise<Load> {
  let now = load.cleared ? load : await clear(store, load);
  while (now.published < now.chunks) {
    const before = now;
    const next: Load = { ...before, published: before.published + 1 };
    await store.transaction(async (tx) => {
      const key = [...loads.key(before), numbered(before.published)];
      const chunk = await tx.get(chunks, key);
      for (const [kind, row] of JSON.parse(chunk?.rows ?? '[]') as [Content['kind'], never][])
        await writers[kind](tx, row);
      await tx.remove(chunks, key);
      await tx.replace(loads, next);
    });
    now = next;
  }
  const done: Load = { ...now, state: 'done' };
  await store.transaction(async (tx) => {
    for (const account of load.accounts) await tx.insert(accounts, bareAccount(account));
    await tx.replace(loads, done);
  });
  return done;
}

const put =
  <R>(into: Table<R>) =>
  (tx: Transaction, row: R) =>
    tx.replace(into, row);

/** An account of a dump that no organization told of still exists. */
const bareAccount = (id: string) =>
  ({ id, name: id, email: '', created: new Date(0).toISOString(), status: 'ACTIVE', attachments: {} }) as const;

const writers: Readonly<Record<Content['kind'], (tx: Transaction, row: never) => Promise<unknown>>> = {
  user: put(users),
  group: put(groups),
  role: put(roles),
  policy: put(managedPolicies),
  resourcePolicy: put(resourcePolicies),
  noResourcePolicy: (tx, row: { arn: string }) => tx.remove(resourcePolicies, [row.arn]),
  credential: put(credentials),
  organization: put(organizations),
  unit: put(units),
  account: put(accounts),
  organizationPolicy: put(organizationPolicies),
};

/** Takes away what earlier sets said of the same accounts and organization. Can be done again from the start. */
async function clear(store: Store, load: Load): Promise<Load> {
  const others = await allLoads(store);
  const siblings = others.filter((other) => other.set === load.set && other.state === 'done');
  for (const account of load.accounts) {
    if (siblings.some((sibling) => sibling.accounts.includes(account))) continue;
    for (const into of [users, groups, roles, managedPolicies])
      await removeAll(store, into as Table<unknown>, [account]);
  }
  if (load.reading?.organization !== undefined) await clearOrganization(store, load.reading.organization);
  const cleared: Load = { ...load, cleared: true };
  await store.transaction(async (tx) => {
    for (const other of others)
      if (other.set !== load.set && overlaps(other, load)) await tx.remove(loads, loads.key(other));
    await tx.replace(loads, cleared);
  });
  return cleared;
}

/** What another set loaded is no longer all there: were its files given again, they would have to be read again. */
const overlaps = (other: Load, load: Load) =>
  other.state === 'done' &&
  (other.file === load.file ||
    other.accounts.some((account) => load.accounts.includes(account)) ||
    (other.reading?.organization !== undefined && other.reading.organization === load.reading?.organization));

async function clearOrganization(store: Store, organization: string): Promise<void> {
  await removeAll(store, units, [organization]);
  await removeAll(store, organizationPolicies, [organization]);
  await store.transaction(async (tx) => {
    await tx.remove(organizations, [organization]);
    const { rows } = await tx.list(accounts, [organization], { limit: 100_000, index: 'organization' });
    for (const { id, name, email, created, status } of rows) {
      await tx.replace(accounts, { id, name, email, created, status, attachments: {} });
    }
  });
}

const pageRows = 1000;

async function removeAll<R>(store: Store, from: Table<R>, prefix: Key): Promise<void> {
  for (let more = true; more; ) {
    more = await store.transaction(async (tx) => {
      const page = await tx.list(from, prefix, { limit: pageRows });
      for (const row of page.rows) await tx.remove(from, from.key(row));
      return page.next !== undefined;
    });
  }
}

/** Every row of a table, a page in memory at a time. */
export async function* everyRow<R>(store: Store, from: Table<R>, prefix: Key = []): AsyncGenerator<R> {
  let after: string | undefined;
  do {
    const page = await store.transaction((tx) => tx.list(from, prefix, { limit: pageRows, after }));
    yield* page.rows;
    after = page.next;
  } while (after !== undefined);
}
