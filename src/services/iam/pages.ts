/** IAM's way of paging: Marker and MaxItems in, IsTruncated and Marker out, a hundred items unless asked otherwise. */
import { InvalidInputException } from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Limits } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import type { Key, Table } from '../../store/store.ts';

export interface PageInput {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** What every paged answer ends with; spread it into the output. */
export interface PageEnd {
  readonly IsTruncated: boolean;
  readonly Marker?: string;
}

const MAX_ITEMS_STANDARD = 100;

/** A page of rows of a table, by key or by a declared index. */
export async function rowsPage<R>(
  ctx: Context,
  table: Table<R>,
  prefix: Key,
  input: PageInput,
  options: { readonly index?: string; readonly startsWith?: string | undefined } = {},
): Promise<{ readonly rows: readonly R[]; readonly page: PageEnd }> {
  const after = input.Marker === undefined ? undefined : cursorIn(input.Marker);
  const limit = input.MaxItems ?? MAX_ITEMS_STANDARD;
  const { rows, next } = await ctx.store.list(table, prefix, { limit, after, ...options });
  return { rows, page: next === undefined ? { IsTruncated: false } : { IsTruncated: true, Marker: tokenOf(next) } };
}

/** A page of a list that a row holds (tags, policy names, groups of a user). */
export function itemsPage<T>(items: readonly T[], input: PageInput): { readonly items: T[]; readonly page: PageEnd } {
  const from = input.Marker === undefined ? 0 : Number(cursorIn(input.Marker));
  if (!Number.isSafeInteger(from) || from < 0) fail(InvalidInputException, 'Invalid Marker.');
  const to = from + (input.MaxItems ?? MAX_ITEMS_STANDARD);
  const page = to < items.length ? { IsTruncated: true, Marker: tokenOf(String(to)) } : { IsTruncated: false };
  return { items: items.slice(from, to), page };
}

/**
 * Rows under a path prefix. IAM compares the prefix with paths only, while our index runs on path and name together:
 * what matched by its name alone falls out here, so a page may be shorter than asked, as AWS's may.
 */
export async function pathPage<R extends { readonly path: string }>(
  ctx: Context,
  table: Table<R>,
  input: PageInput & { readonly PathPrefix?: string | undefined },
): Promise<{ readonly rows: readonly R[]; readonly page: PageEnd }> {
  const prefix = input.PathPrefix ?? '/';
  const { rows, page } = await rowsPage(ctx, table, [ctx.account], input, { index: 'path', startsWith: prefix });
  return { rows: prefix.endsWith('/') ? rows : rows.filter((row) => row.path.startsWith(prefix)), page };
}

const cursorIn = (marker: string) => cursorOf(marker) ?? fail(InvalidInputException, 'Invalid Marker.');

/**
 * The limits without the greatest length of a Marker. The model says 320 characters, AWS's documentation none; ours
 * hold a path and a name, which may be longer together.
 */
export function withLongMarkers(limits: Limits): Limits {
  const operations = Object.entries(limits).map(([operation, members]) => {
    const { Marker } = members;
    return [operation, Marker ? { ...members, Marker: { ...Marker, length: [1, null] } } : members];
  });
  return Object.fromEntries(operations);
}
