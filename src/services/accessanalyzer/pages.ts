/** Access Analyzer's way of paging: nextToken and maxResults, a hundred items unless asked otherwise. */
import { paging } from '../../core/page.ts';
import { failField } from './errors.ts';

export interface PageInput {
  readonly nextToken?: string | undefined;
  readonly maxResults?: number | undefined;
}

export interface PageEnd {
  readonly nextToken?: string;
}

const pages = paging({
  size: 'maxResults',
  standard: 100,
  most: 1000,
  token: 'nextToken',
  end: (nextToken): PageEnd => (nextToken === undefined ? {} : { nextToken }),
  refuse: () => failField('nextToken', 'The provided token is invalid'),
});

function checked<I extends PageInput>(input: I): I {
  const { maxResults } = input;
  if (maxResults !== undefined && maxResults < 1)
    failField('maxResults', 'maxResults must be greater than or equal to 1');
  return input;
}

export const rowsPage: typeof pages.rows = (ctx, table, prefix, input, listing) =>
  pages.rows(ctx, table, prefix, checked(input), listing);

export const itemsPage: typeof pages.items = (items, input) => pages.items(items, checked(input));
