/** Metric filters of a group. */
import type { MetricTransformation } from '@aws-sdk/client-cloudwatch-logs';
import { table } from '../../store/store.ts';

export interface MetricFilter {
  readonly account: string;
  readonly region: string;
  /** Id of the group, and its name. */
  readonly group: string;
  readonly groupName: string;
  readonly name: string;
  readonly pattern: string;
  /** Milliseconds. */
  readonly created: number;
  readonly transformation: MetricTransformation;
  readonly onTransformed: boolean;
  /** Whose events; see fieldSelection.ts. */
  readonly criteria?: string | undefined;
  /** `@aws.account` and `@aws.region`, told as dimensions. */
  readonly systemFields?: readonly string[] | undefined;
}

/** By group; by the account; and by the metric they make. */
export const metricFilters = table<MetricFilter>('logs_metric_filter', {
  key: (filter) => [filter.group, filter.name],
  indexes: {
    account: (filter) => [[filter.account, filter.region, filter.name, filter.groupName]],
    metric: ({ account, region, transformation }) => [
      [account, region, transformation.metricNamespace ?? '', transformation.metricName ?? ''],
    ],
  },
});
