/** EventBridge's way of paging: Limit and NextToken. */
import { paging } from '../../core/page.ts';
import { refuse } from './errors.ts';

export interface PageInput {
  readonly Limit?: number | undefined;
  readonly NextToken?: string | undefined;
}

export interface Found<R> {
  readonly rows: readonly R[];
  readonly page: { readonly NextToken?: string };
}

export const { rows: rowsPage, items: itemsPage } = paging({
  size: 'Limit',
  standard: 100,
  token: 'NextToken',
  end: (NextToken) => (NextToken === undefined ? {} : { NextToken }),
  refuse: () => refuse('Parameter NextToken is not valid.'),
});
