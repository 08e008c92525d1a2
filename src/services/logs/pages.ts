/** CloudWatch Logs' way of paging: `nextToken` in and out. */
import { InvalidParameterException } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import type { Key, PageRequest, Table } from '../../store/store.ts';

interface PageInput {
  readonly nextToken?: string | undefined;
  readonly limit?: number | undefined;
}

export const invalidToken = (): never => fail(InvalidParameterException, 'The specified nextToken is invalid.');

/** The cursor in a token; undefined without a token. */
export const cursorIn = (token: string | undefined): string | undefined =>
  token === undefined ? undefined : (cursorOf(token) ?? invalidToken());

export const nextToken = (cursor: string | undefined) => (cursor === undefined ? {} : { nextToken: tokenOf(cursor) });

/** A page of rows; of 50 when nobody asked a size. */
export async function rowsPage<R>(
  ctx: Context,
  table: Table<R>,
  prefix: Key,
  input: PageInput,
  options: Partial<PageRequest> = {},
): Promise<{ readonly rows: readonly R[]; readonly page: { readonly nextToken?: string } }> {
  const after = cursorIn(input.nextToken);
  const { rows, next } = await ctx.store.list(table, prefix, { limit: input.limit ?? 50, after, ...options });
  return { rows, page: nextToken(next) };
}

/** Rows that fit a condition no index knows: as many as there are among the next `scanned` ones. */
export async function fittingPage<R>(
  ctx: Context,
  table: Table<R>,
  prefix: Key,
  input: PageInput,
  fits: (row: R) => boolean,
  options: Partial<PageRequest> = {},
): Promise<{ readonly rows: readonly R[]; readonly page: { readonly nextToken?: string } }> {
  const wanted = input.limit ?? 50;
  const found: R[] = [];
  let after = cursorIn(input.nextToken);
  for (let scanned = 0; scanned < SCANNED_MAX; ) {
    const { rows, next } = await ctx.store.list(table, prefix, { ...options, limit: wanted - found.length, after });
    found.push(...rows.filter(fits));
    scanned += rows.length;
    after = next;
    if (after === undefined || found.length >= wanted) break;
  }
  return { rows: found, page: nextToken(after) };
}

/** How many rows one page may look at. */
const SCANNED_MAX = 5_000;
