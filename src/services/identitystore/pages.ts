/** Pages of a store's rows. */
import type { Context } from '../../core/context.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import type { Key, Table } from '../../store/store.ts';
import { failInvalid } from './errors.ts';

const PAGE_MAX = 100;

interface PageInput {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

export async function rowsPage<R>(
  ctx: Context,
  table: Table<R>,
  prefix: Key,
  { MaxResults, NextToken }: PageInput,
  index?: string,
): Promise<{ rows: readonly R[]; page: { NextToken?: string } }> {
  const after = NextToken === undefined ? undefined : (cursorOf(NextToken) ?? failInvalid('Invalid NextToken.'));
  const limit = MaxResults ?? PAGE_MAX;
  const { rows, next } = await ctx.store.list(table, prefix, { limit, after, ...(index && { index }) });
  return { rows, page: next === undefined ? {} : { NextToken: tokenOf(next) } };
}
