/** Scheduler's way of paging: MaxResults and NextToken. */
import { paging } from '../../core/page.ts';
import { refuse } from './errors.ts';

export const { rows: rowsPage } = paging({
  size: 'MaxResults',
  standard: 100,
  token: 'NextToken',
  end: (NextToken) => (NextToken === undefined ? {} : { NextToken }),
  refuse: () => refuse('Invalid NextToken.'),
});
