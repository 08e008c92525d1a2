/** What queries found, in pages beside the rows. */
import type { Context } from '../../core/context.ts';
import type { Query } from './lakeRows.ts';
import { opened, plainKey, storeOfId } from './storeKeys.ts';

export const ROWS_A_PAGE = 1000;

export const resultsId = (query: Pick<Query, 'id'>, page: number) => `trail-query/${query.id}/${page}`;

export interface ResultsPage {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Empty where there is none of that number. @throws InsufficientEncryptionPolicyException */
export async function resultsPage(ctx: Context, query: Query, page: number): Promise<ResultsPage> {
  const name = resultsId(query, page);
  const kept = page < (query.pages ?? 0) ? await ctx.store.bytes(name) : undefined;
  if (!kept) return { columns: [], rows: [] };
  const store = query.keptUnder === undefined ? undefined : await storeOfId(ctx, query.keptUnder);
  const bytes = query.keptUnder === undefined ? kept : opened(store && (await plainKey(ctx, store)), kept, name);
  return JSON.parse(Buffer.from(bytes).toString()) as ResultsPage;
}

/** On which page a row is, and where on it. */
export function pageWith({ rowsOfPages }: Query, row: number): { readonly n: number; readonly within: number } {
  if (!rowsOfPages) return { n: Math.floor(row / ROWS_A_PAGE), within: row % ROWS_A_PAGE };
  let within = row;
  for (const [n, rows] of rowsOfPages.entries()) {
    if (within < rows) return { n, within };
    within -= rows;
  }
  return { n: rowsOfPages.length, within };
}
