/** IAM's way of paging: Marker and MaxItems in, IsTruncated and Marker out, a hundred items unless asked otherwise. */
import { InvalidInputException } from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Limits } from '../../core/operation.ts';
import { paging } from '../../core/page.ts';
import type { Table } from '../../store/store.ts';

export interface PageInput {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** What every paged answer ends with; spread it into the output. */
export interface PageEnd {
  readonly IsTruncated: boolean;
  readonly Marker?: string;
}

export const { rows: rowsPage, items: itemsPage } = paging({
  size: 'MaxItems',
  standard: 100,
  token: 'Marker',
  end: (token): PageEnd => (token === undefined ? { IsTruncated: false } : { IsTruncated: true, Marker: token }),
  refuse: () => fail(InvalidInputException, 'Invalid Marker.'),
});

/**
 * Rows under a path prefix. IAM compares the prefix with paths only, while our index runs on path and name together:
 * what matches by its name alone is left out.
 */
export function pathPage<R extends { readonly path: string }>(
  ctx: Context,
  table: Table<R>,
  input: PageInput & { readonly PathPrefix?: string | undefined },
) {
  const startsWith = input.PathPrefix ?? '/';
  const keep = startsWith.endsWith('/') ? undefined : (row: R) => row.path.startsWith(startsWith);
  return rowsPage(ctx, table, [ctx.account], input, { index: 'path', startsWith, keep });
}

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
