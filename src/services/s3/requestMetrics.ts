/**
 * Request metrics: which requests to a bucket CloudWatch is told of, and what. Told behind the answer, in a write set
 * of its own. https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-configurations.html
 */
import type { MetricsConfiguration } from '@aws-sdk/client-s3';
import { namedConfigurations, requireFilter } from './namedConfigurations.ts';

export const metricsConfigurations = namedConfigurations({
  setting: 'metrics',
  member: 'MetricsConfiguration',
  require: ({ Filter }: MetricsConfiguration) => requireFilter(Filter),
});
