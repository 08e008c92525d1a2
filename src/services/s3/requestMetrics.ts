/**
 * Request metrics: which requests to a bucket CloudWatch is told of, and what. Told behind the answer, in a write set
 * of its own. https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-configurations.html
 */
import type {
  DeleteBucketMetricsConfigurationRequest,
  GetBucketMetricsConfigurationOutput,
  GetBucketMetricsConfigurationRequest,
  ListBucketMetricsConfigurationsOutput,
  ListBucketMetricsConfigurationsRequest,
  MetricsConfiguration,
  PutBucketMetricsConfigurationRequest,
} from '@aws-sdk/client-s3';
import type { Present } from '../../core/operation.ts';
import { requireTags } from './bucketTags.ts';
import {
  configurationIn,
  configurationPages,
  tokenAsked,
  withConfiguration,
  withoutConfiguration,
} from './configurations.ts';
import { s3Error } from './errors.ts';
import { onBucket, wanted } from './onBucket.ts';
import { changeSettings } from './settings.ts';

const READING = 's3:GetMetricsConfiguration';
const WRITING = 's3:PutMetricsConfiguration';

export const GetBucketMetricsConfiguration = onBucket<
  Present<GetBucketMetricsConfigurationRequest>,
  GetBucketMetricsConfigurationOutput
>({
  action: READING,
  run: async ({ Id }, _ctx, { settings }) => ({ MetricsConfiguration: configurationIn(settings.metrics, Id) }),
});

export const ListBucketMetricsConfigurations = onBucket<
  Present<ListBucketMetricsConfigurationsRequest>,
  ListBucketMetricsConfigurationsOutput
>({
  action: READING,
  async run(input, _ctx, { settings }) {
    const { items, page } = configurationPages.items(settings.metrics ?? [], input);
    return { ...page, ...tokenAsked(input), ...(items.length > 0 && { MetricsConfigurationList: [...items] }) };
  },
});

export const PutBucketMetricsConfiguration = onBucket<Present<PutBucketMetricsConfigurationRequest>, object>({
  action: WRITING,
  async run({ Id, MetricsConfiguration: configuration }, ctx, { bucket, settings }) {
    requireFilter(configuration.Filter);
    const metrics = withConfiguration(settings.metrics, Id, configuration);
    await changeSettings(ctx, bucket.name, { metrics });
    return {};
  },
});

export const DeleteBucketMetricsConfiguration = onBucket<Present<DeleteBucketMetricsConfigurationRequest>, object>({
  action: WRITING,
  async run({ Id }, ctx, { bucket, settings }) {
    await changeSettings(ctx, bucket.name, { metrics: withoutConfiguration(settings.metrics, Id) });
    return {};
  },
});

/** One condition, or an And of at least two. Throws MalformedXML. */
function requireFilter(filter: MetricsConfiguration['Filter']): void {
  if (filter === undefined) return;
  const { And, Tag, Prefix, AccessPointArn } = filter;
  if ([And, Tag, Prefix, AccessPointArn].filter((each) => each !== undefined).length !== 1)
    throw s3Error('MalformedXML');
  if (Tag) requireTags([Tag]);
  if (!And) return;
  const conditions = [And.Prefix, And.AccessPointArn].filter((each) => each !== undefined).length;
  if (conditions + wanted(And.Tags ?? []).length < 2) throw s3Error('MalformedXML');
  requireTags(And.Tags ?? []);
}
