/** Pages of rows, and of what a row holds. */
import type { Context } from '../../core/context.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import type { Key, Table } from '../../store/store.ts';
import { failInvalid } from './errors.ts';

const PAGE_MAX = 100;

export interface PageInput {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

interface Paged<R> {
  readonly rows: readonly R[];
  readonly page: { readonly NextToken?: string };
}

export async function rowsPage<R>(
  ctx: Context,
  table: Table<R>,
  prefix: Key,
  { MaxResults, NextToken }: PageInput,
  index?: string,
): Promise<Paged<R>> {
  const limit = MaxResults ?? PAGE_MAX;
  const { rows, next } = await ctx.store.list(table, prefix, {
    limit,
    after: placeOf(NextToken),
    ...(index && { index }),
  });
  return { rows, page: next === undefined ? {} : { NextToken: tokenOf(next) } };
}

/** Of rows, those that pass: pages of fewer than asked for may have a next one. */
export async function filteredPage<R>(
  ctx: Context,
  table: Table<R>,
  prefix: Key,
  input: PageInput,
  passes: (row: R) => boolean,
  index?: string,
): Promise<Paged<R>> {
  const { rows, page } = await rowsPage(ctx, table, prefix, input, index);
  return { rows: rows.filter(passes), page };
}

export function itemsPage<R>(items: readonly R[], { MaxResults, NextToken }: PageInput): Paged<R> {
  const place = placeOf(NextToken);
  const from = place === undefined ? 0 : Number(place);
  if (!Number.isInteger(from) || from < 0) failInvalid('The pagination token is invalid.');
  const to = from + (MaxResults ?? PAGE_MAX);
  return { rows: items.slice(from, to), page: to < items.length ? { NextToken: tokenOf(String(to)) } : {} };
}

function placeOf(token: string | undefined): string | undefined {
  return token === undefined ? undefined : (cursorOf(token) ?? failInvalid('The pagination token is invalid.'));
}
