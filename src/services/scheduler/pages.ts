/** Scheduler's way of paging: MaxResults and NextToken. */
import type { Context } from '../../core/context.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import type { Key, Table } from '../../store/store.ts';
import { refuse } from './errors.ts';

interface PageInput {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
  readonly NamePrefix?: string | undefined;
}

const STANDARD = 100;

/** A page of rows; `keep` leaves rows out behind the index, so that a page may be shorter than asked for. */
export async function pageOf<R>(
  ctx: Context,
  table: Table<R>,
  prefix: Key,
  input: PageInput,
  keep: (row: R) => boolean,
  index?: string,
): Promise<{ readonly rows: readonly R[]; readonly page: { readonly NextToken?: string } }> {
  const after = input.NextToken === undefined ? undefined : (cursorOf(input.NextToken) ?? refuse('Invalid NextToken.'));
  const { rows, next } = await ctx.store.list(table, prefix, {
    limit: input.MaxResults ?? STANDARD,
    after,
    startsWith: input.NamePrefix,
    ...(index !== undefined && { index }),
  });
  return { rows: rows.filter(keep), page: next === undefined ? {} : { NextToken: tokenOf(next) } };
}
