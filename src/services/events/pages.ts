/** EventBridge's way of paging: Limit and NextToken. */
import type { Context } from '../../core/context.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import type { Key, Table } from '../../store/store.ts';
import { refuse } from './errors.ts';

export interface PageInput {
  readonly Limit?: number | undefined;
  readonly NextToken?: string | undefined;
}

const STANDARD = 100;

export interface Found<R> {
  readonly rows: readonly R[];
  readonly page: { readonly NextToken?: string };
}

/**
 * A page of rows. `keep` leaves rows out behind the index: a page may then be shorter than asked for, and even empty,
 * with a token for the next one, as in AWS.
 */
export async function pageOf<R>(
  ctx: Context,
  table: Table<R>,
  prefix: Key,
  input: PageInput & { readonly NamePrefix?: string | undefined },
  keep: (row: R) => boolean = () => true,
  index?: string,
): Promise<Found<R>> {
  const after = input.NextToken === undefined ? undefined : (cursorOf(input.NextToken) ?? noToken());
  const { rows, next } = await ctx.store.list(table, prefix, {
    limit: input.Limit ?? STANDARD,
    after,
    startsWith: input.NamePrefix,
    ...(index !== undefined && { index }),
  });
  return { rows: rows.filter(keep), page: next === undefined ? {} : { NextToken: tokenOf(next) } };
}

const noToken = (): never => refuse('Parameter NextToken is not valid.');
