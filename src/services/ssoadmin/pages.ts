/** Pages of rows, and of what a row holds. */
import { paging } from '../../core/page.ts';
import { failInvalid } from './errors.ts';

export interface PageInput {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

export const { rows: rowsPage, items: itemsPage } = paging({
  size: 'MaxResults',
  standard: 100,
  token: 'NextToken',
  end: (NextToken) => (NextToken === undefined ? {} : { NextToken }),
  refuse: () => failInvalid('The pagination token is invalid.'),
});
