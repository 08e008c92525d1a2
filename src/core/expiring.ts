/**
 * Rows that are over after a moment. Nobody sweeps them up: whoever writes one makes room first, so that never many
 * more lie there than are good.
 */
import type { Key, Table } from '../store/store.ts';
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
