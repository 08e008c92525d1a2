/** Pages of a store's rows. */
import { paging } from '../../core/page.ts';
import { failInvalid } from './errors.ts';

export const { rows: rowsPage } = paging({
  size: 'MaxResults',
  standard: 100,
  token: 'NextToken',
  end: (NextToken) => (NextToken === undefined ? {} : { NextToken }),
  refuse: () => failInvalid('Invalid NextToken.'),
});
