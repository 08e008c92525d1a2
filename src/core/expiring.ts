/**
 * Rows that are over after a moment. Most are swept up by nobody: whoever writes one makes room first, so that never
 * many more lie there than are good. What must not lie there any longer is swept by a worker.
 */
import type { Key, Table, Transaction } from '../store/store.ts';
import type { Context } from './context.ts';

interface Expiring {
  /** Milliseconds. */
  readonly expires: number;
}

/** Part of an index by time, in which moments sort as they follow each other. */
export const moment = (milliseconds: number) => String(milliseconds).padStart(15, '0');

/** The index `expires` of a table of such rows. */
export const byExpiry = (row: Expiring): readonly Key[] => [[moment(row.expires)]];

export async function forgetExpired<Row extends Expiring>(
  { store, now }: Pick<Context, 'store' | 'now'>,
  table: Table<Row>,
): Promise<void> {
  const { rows } = await store.list(table, [], { limit: 3, index: 'expires', unchecked: true });
  for (const row of rows) if (row.expires <= now.getTime()) await store.remove(table, table.key(row));
}

interface Lasting {
  /** Milliseconds. */
  readonly until: number;
}

/** The index `until` of a table of rows that a worker sweeps. */
export const byUntil = ({ until }: Lasting): readonly Key[] => [[moment(until)]];

/** Sweeps up some that are over; whether there may be more. */
export async function sweep<Row extends Lasting>(
  tx: Pick<Transaction, 'list' | 'remove'>,
  table: Table<Row>,
  now: number,
  limit: number,
): Promise<boolean> {
  const { rows } = await tx.list(table, [], { index: 'until', limit });
  const over = rows.filter(({ until }) => until <= now);
  for (const row of over) await tx.remove(table, table.key(row));
  return over.length === limit;
}
