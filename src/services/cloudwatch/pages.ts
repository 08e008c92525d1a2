/** CloudWatch's ways of paging: NextToken, and two refusals of one that is none. */
import { InvalidNextToken, InvalidParameterValueException } from '@aws-sdk/client-cloudwatch';
import { fail } from '../../core/errors.ts';
import { paging } from '../../core/page.ts';

const end = (NextToken: string | undefined) => (NextToken === undefined ? {} : { NextToken });
const invalidToken = () => fail(InvalidNextToken, 'The next token specified is invalid.');

/** Alarms, their history, mute rules. */
export const { rows: recordsPage } = paging({
  size: 'MaxRecords',
  standard: 50,
  most: 100,
  token: 'NextToken',
  end,
  refuse: invalidToken,
});

export const { rows: resultsPage } = paging({
  size: 'MaxResults',
  standard: 50,
  token: 'NextToken',
  end,
  refuse: invalidToken,
});

export const { rows: rulesPage } = paging({
  size: 'MaxResults',
  standard: 500,
  token: 'NextToken',
  end,
  refuse: invalidToken,
});

/** Metrics and dashboards: their operations take no size. */
export const { rows: wholePage } = paging({
  size: 'MaxResults',
  standard: 500,
  token: 'NextToken',
  end,
  refuse: (token) => fail(InvalidParameterValueException, `The value ${token} for parameter NextToken is invalid.`),
});
