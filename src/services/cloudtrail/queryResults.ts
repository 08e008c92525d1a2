/** What queries found, in pages beside the rows. */
import type { Query } from './lakeRows.ts';

export const ROWS_A_PAGE = 1000;

export const resultsId = (query: Pick<Query, 'id'>, page: number) => `trail-query/${query.id}/${page}`;

export interface ResultsPage {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}
