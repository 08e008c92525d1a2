/** Access Analyzer's way of paging: nextToken and maxResults, a hundred items unless asked otherwise. */
import type { Context } from '../../core/context.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import type { Key, Table } from '../../store/store.ts';
import { failField } from './errors.ts';

export interface PageInput {
  readonly nextToken?: string | undefined;
  readonly maxResults?: number | undefined;
}

export interface PageEnd {
  readonly nextToken?: string;
}

const STANDARD = 100;
const MAX = 1000;
/** How many rows one page looks at for those that pass a filter. */
const SCANNED_MAX = 20_000;

const cursorIn = ({ nextToken }: PageInput) =>
  nextToken === undefined
    ? undefined
    : (cursorOf(nextToken) ?? failField('nextToken', 'The provided token is invalid'));

function limitOf({ maxResults }: PageInput): number {
  if (maxResults !== undefined && maxResults < 1)
    failField('maxResults', 'maxResults must be greater than or equal to 1');
  return Math.min(maxResults ?? STANDARD, MAX);
}

export interface Listing<R> {
  readonly index?: string;
  readonly keep?: (row: R) => boolean;
}

/**
 * A page of rows that pass `keep`; shorter than asked only at the end, or where very many do not pass. A token says
 * where a batch begins and how many of its rows were answered.
 */
export async function rowsPage<R>(
  ctx: Context,
  table: Table<R>,
  prefix: Key,
  input: PageInput,
  { keep, ...options }: Listing<R> = {},
): Promise<{ rows: R[]; page: PageEnd }> {
  const limit = limitOf(input);
  const rows: R[] = [];
  const [skipped = '0', ...from] = (cursorIn(input) ?? '').split(' ');
  let skip = Number(skipped);
  let after = from.length > 0 ? from.join(' ') : undefined;
  if (!Number.isSafeInteger(skip) || skip < 0) failField('nextToken', 'The provided token is invalid');
  for (let scanned = 0; scanned < SCANNED_MAX; scanned += BATCH) {
    const batch = await ctx.store.list(table, prefix, { ...options, limit: BATCH, after });
    for (const [index, row] of batch.rows.entries()) {
      if (index < skip || keep?.(row) === false) continue;
      if (rows.length === limit) return { rows, page: { nextToken: tokenAt(index, after) } };
      rows.push(row);
    }
    if (batch.next === undefined) return { rows, page: {} };
    after = batch.next;
    skip = 0;
  }
  return { rows, page: { nextToken: tokenAt(0, after) } };
}

const BATCH = 500;
const tokenAt = (skip: number, after: string | undefined) =>
  tokenOf(`${skip}${after === undefined ? '' : ` ${after}`}`);

/** A page of a list that is at hand. */
export function itemsPage<T>(items: readonly T[], input: PageInput): { items: T[]; page: PageEnd } {
  const from = Number(cursorIn(input) ?? 0);
  if (!Number.isSafeInteger(from) || from < 0) failField('nextToken', 'The provided token is invalid');
  const to = from + limitOf(input);
  return { items: items.slice(from, to), page: to < items.length ? { nextToken: tokenOf(String(to)) } : {} };
}
