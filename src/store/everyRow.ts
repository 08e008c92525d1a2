/** Every row of a list, a page at a time: for work that must touch all of them, never for an answer to a client. */
import type { Key, Table, Transaction } from './store.ts';

const PAGE = 500;

/** By key, or by a declared index. */
export async function* everyRow<R>(
  tx: Pick<Transaction, 'list'>,
  table: Table<R>,
  prefix: Key,
  index?: string,
): AsyncGenerator<R> {
  let after: string | undefined;
  do {
    const page = await tx.list(table, prefix, { limit: PAGE, after, ...(index !== undefined && { index }) });
    yield* page.rows;
    after = page.next;
  } while (after !== undefined);
}
