/** SNS's way of paging: NextToken, a hundred at a time. An empty token is none. */
import { paging } from '../../core/page.ts';
import { refuse } from './errors.ts';

const pages = paging({
  size: 'MaxResults',
  standard: 100,
  token: 'NextToken',
  end: (NextToken) => (NextToken === undefined ? {} : { NextToken }),
  refuse: () => refuse('NextToken'),
});

export const rowsPage: typeof pages.rows = (ctx, table, prefix, input, listing) =>
  pages.rows(ctx, table, prefix, { ...input, NextToken: input.NextToken || undefined }, listing);
