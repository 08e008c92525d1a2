/** CloudWatch Logs' way of paging: `nextToken` in and out, 50 when nobody asked a size. */
import { InvalidParameterException } from '@aws-sdk/client-cloudwatch-logs';
import { fail } from '../../core/errors.ts';
import { paging } from '../../core/page.ts';

export const invalidToken = (): never => fail(InvalidParameterException, 'The specified nextToken is invalid.');

export const { rows: rowsPage, items: itemsPage } = paging({
  size: 'limit',
  standard: 50,
  token: 'nextToken',
  end: (token) => (token === undefined ? {} : { nextToken: token }),
  refuse: invalidToken,
});
