/** Patterns with regular expressions: five a group, metric filters and subscription filters together. */
import { LimitExceededException } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { LogGroup } from './groupRows.ts';
import { metricFilters } from './metricFilterRows.ts';
import { FILTERS_MAX as METRIC_FILTERS_MAX } from './metricSamples.ts';
import { type FilterPattern, filterPattern } from './patterns/index.ts';
import { FILTERS_MAX, subscriptionFilters } from './subscriptions/rows.ts';

const REGEXES_MAX = 5;

/** The filter that is replaced does not count. @throws LimitExceededException */
export async function requireRegexRoom(
  { store }: Context,
  group: LogGroup,
  pattern: FilterPattern,
  except: { readonly metricFilter?: string; readonly subscriptionFilter?: string },
): Promise<void> {
  if (pattern.regexes === 0) return;
  const metric = await store.list(metricFilters, [group.id], { limit: METRIC_FILTERS_MAX });
  const others = await store.list(subscriptionFilters, [group.id], { limit: FILTERS_MAX });
  const patterns = [
    ...metric.rows.filter(({ name }) => name !== except.metricFilter),
    ...others.rows.filter(({ name }) => name !== except.subscriptionFilter),
  ].map((filter) => filter.pattern);
  if (patterns.filter((text) => filterPattern(text).regexes > 0).length < REGEXES_MAX) return;
  fail(LimitExceededException, 'At most 5 filter patterns containing regular expressions are allowed per log group.');
}
