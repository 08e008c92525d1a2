/** Lists of Organizations: `MaxResults` up to 20, `NextToken`. */
import type { Context } from '../../core/context.ts';
import { paging } from '../../core/page.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Key, Page, Table } from '../../store/store.ts';
import { invalid } from './refusals.ts';

export interface Paged {
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
}

const pages = paging({
  size: 'MaxResults',
  standard: 20,
  token: 'NextToken',
  end: (NextToken) => (NextToken === undefined ? {} : { NextToken }),
  refuse: () => invalid('INVALID_NEXT_TOKEN'),
});

export const { rows: rowsPage, items: itemsPage, cursorIn } = pages;

/** One page of several lists, one after the other. The cursor says which list it is in. */
export async function pageOfStages<T>(
  stages: readonly ((limit: number, after: string | undefined) => Promise<Page<T>>)[],
  input: Paged,
): Promise<{ rows: T[]; page: ReturnType<typeof pages.end> }> {
  const [, stage = '0', cursor = ''] = /^(\d):(.*)$/s.exec(cursorIn(input) ?? '0:') ?? invalid('INVALID_NEXT_TOKEN');
  const limit = pages.sizeOf(input);
  const rows: T[] = [];
  for (let i = Number(stage), after = cursor || undefined; i < stages.length; i++, after = undefined) {
    const page = (await stages[i]?.(limit - rows.length, after)) ?? { rows: [] };
    rows.push(...page.rows);
    if (page.next !== undefined) return { rows, page: pages.end(`${i}:${page.next}`) };
    if (rows.length === limit && i + 1 < stages.length) return { rows, page: pages.end(`${i + 1}:`) };
  }
  return { rows, page: pages.end(undefined) };
}

/** Removes every row of a list. */
export async function removeAll<R>(ctx: Context, table: Table<R>, prefix: Key): Promise<void> {
  for await (const row of everyRow(ctx.store, table, prefix)) await ctx.store.remove(table, table.key(row));
}
