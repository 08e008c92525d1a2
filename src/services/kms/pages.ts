/** KMS's way of paging: Marker and Limit in, Truncated and NextMarker out. */
import { InvalidMarkerException } from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import type { Key, Table } from '../../store/store.ts';

export interface PageInput {
  readonly Marker?: string | undefined;
  readonly Limit?: number | undefined;
}

export interface PageEnd {
  readonly Truncated: boolean;
  readonly NextMarker?: string;
}

/** A page of rows, by key or by a declared index; `standard` is the size of a page nobody asked a size for. */
export async function rowsPage<R>(
  ctx: Context,
  table: Table<R>,
  prefix: Key,
  input: PageInput,
  options: { readonly standard: number; readonly index?: string },
): Promise<{ readonly rows: readonly R[]; readonly page: PageEnd }> {
  const { standard, ...rest } = options;
  const after = input.Marker === undefined ? undefined : cursorIn(input.Marker);
  const { rows, next } = await ctx.store.list(table, prefix, { limit: input.Limit ?? standard, after, ...rest });
  return { rows, page: next === undefined ? { Truncated: false } : { Truncated: true, NextMarker: tokenOf(next) } };
}

/** A page of a list that is already there. */
export function itemsPage<T>(items: readonly T[], input: PageInput, standard: number): { items: T[]; page: PageEnd } {
  const from = input.Marker === undefined ? 0 : Number(cursorIn(input.Marker));
  if (!Number.isSafeInteger(from) || from < 0) invalid();
  const to = from + (input.Limit ?? standard);
  const page = to < items.length ? { Truncated: true, NextMarker: tokenOf(String(to)) } : { Truncated: false };
  return { items: items.slice(from, to), page };
}

const invalid = (): never => fail(InvalidMarkerException, 'The marker is not valid.');
const cursorIn = (marker: string): string => cursorOf(marker) ?? invalid();
