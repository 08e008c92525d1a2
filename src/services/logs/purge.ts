/**
 * What is no longer kept is deleted, behind the requests and some rows at a time: all that belonged to a group or a
 * stream that is gone (a task, owed by its deletion), and events that have expired (a sweep each hour of the plane's
 * clock).
 */
import type { TaskHandler } from '../../core/tasks.ts';
import type { Surroundings, Worker } from '../../core/worker.ts';
import { type Table, type Transaction, table } from '../../store/store.ts';
import { dataKeys } from './dataKeys.ts';
import { expiry, type LogGroup, logGroups } from './groupRows.ts';
import { metricFilters } from './metricFilterRows.ts';
import { dropSegment, type Segment, SPANS_MS, segments } from './segments.ts';
import { streams } from './streamRows.ts';
import { subscriptionFilters } from './subscriptions/rows.ts';
import { addBytes, groupUsages } from './usage.ts';

/** Ids of a group, or of a stream in it. */
export interface Purge {
  readonly group: string;
  readonly stream?: string | undefined;
}

export const PURGE = 'logs.purge';
const ROWS_AT_ONCE = 200;

export const logPurge: TaskHandler<Purge> = {
  kind: PURGE,
  principal: 'logs.amazonaws.com',
  async settle({ body: { group, stream } }, { store }) {
    const gone = await dropSome(store, stream === undefined ? [group] : [group, stream]);
    if (stream !== undefined) await addBytes(store, group, -sum(gone));
    if (gone.length === ROWS_AT_ONCE) return 0;
    if (stream !== undefined) return undefined;
    for (const kept of OF_A_GROUP) if ((await removeSome(store, kept, [group])).length === ROWS_AT_ONCE) return 0;
    return undefined;
  },
};

const OF_A_GROUP = [
  streams,
  metricFilters,
  subscriptionFilters,
  dataKeys,
  groupUsages,
] as unknown as readonly Table<object>[];

async function removeSome<R>(store: Transaction, from: Table<R>, prefix: readonly string[]): Promise<readonly R[]> {
  const { rows } = await store.list(from, prefix, { limit: ROWS_AT_ONCE });
  for (const row of rows) await store.remove(from, from.key(row));
  return rows;
}

async function dropSome(store: Transaction, prefix: readonly string[]): Promise<readonly Segment[]> {
  const { rows } = await store.list(segments, prefix, { limit: ROWS_AT_ONCE });
  for (const row of rows) await dropSegment(store, row);
  return rows;
}

const sum = (rows: readonly Segment[]) => rows.reduce((bytes, row) => bytes + row.bytes, 0);

/** How far the sweep under way has come. */
interface Sweep {
  readonly name: 'expiry';
  /** Milliseconds: when it began. */
  readonly began: number;
  /** Id of the last group it is done with; absent when the sweep is over. */
  readonly at?: string | undefined;
}

const sweeps = table<Sweep>('logs_sweep', { key: ({ name }) => [name] });
const SWEEP_EVERY_MS = 3_600_000;
const GROUPS_AT_ONCE = 50;

export const logExpiry: Worker = {
  name: 'logs expiry',
  everyMs: 5_000,
  work: (around) => around.store.transaction((tx) => sweepSome(tx, around)),
};

async function sweepSome(tx: Transaction, { now }: Surroundings): Promise<boolean> {
  const last = await tx.get(sweeps, ['expiry']);
  const time = now();
  const under = last?.at !== undefined;
  const elapsed = time.getTime() - (last?.began ?? Number.NEGATIVE_INFINITY);
  if (!under && elapsed >= 0 && elapsed < SWEEP_EVERY_MS) return false;
  const began = under ? last.began : time.getTime();
  const page = { limit: GROUPS_AT_ONCE, index: 'retained', from: under ? last.at : undefined };
  const { rows, next } = await tx.list(logGroups, ['retained'], page);
  if (rows.length === 0 && !under && last === undefined) return false;
  for (const group of rows) {
    if (await expireSome(tx, group, time)) {
      await tx.replace(sweeps, { name: 'expiry', began, at: group.id });
      return true; // There is more of this group: it is the first one of the next turn.
    }
  }
  const at = next === undefined ? undefined : rows.at(-1)?.id;
  await tx.replace(sweeps, at === undefined ? { name: 'expiry', began } : { name: 'expiry', began, at });
  return at !== undefined;
}

/** Deletes rows all of whose events have expired; true when there may be more of them. */
async function expireSome(tx: Transaction, group: LogGroup, now: Date): Promise<boolean> {
  const before = expiry(group, now);
  if (before === undefined) return false;
  let more = false;
  for (let level = 0; level < SPANS_MS.length; level++) {
    const { rows } = await tx.list(segments, [group.id, String(level)], { limit: ROWS_AT_ONCE, index: 'time' });
    const gone = rows.filter(({ last }) => last < before);
    for (const row of gone) await dropSegment(tx, row);
    await addBytes(tx, group.id, -sum(gone));
    if (gone.length === ROWS_AT_ONCE) more = true;
  }
  return more;
}
