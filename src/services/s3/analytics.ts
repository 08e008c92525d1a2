/**
 * Storage class analysis: there are no such configurations, and none can be made. It would have to know how often
 * objects of each age are read, which nothing here counts.
 */
import type {
  DeleteBucketAnalyticsConfigurationRequest,
  GetBucketAnalyticsConfigurationRequest,
  ListBucketAnalyticsConfigurationsOutput,
  ListBucketAnalyticsConfigurationsRequest,
} from '@aws-sdk/client-s3';
import type { Present } from '../../core/operation.ts';
import { configurationNamed } from './configurations.ts';
import { onBucket } from './onBucket.ts';

const none = async (): Promise<object> => configurationNamed<object>(undefined);

const noneListed = async (): Promise<ListBucketAnalyticsConfigurationsOutput> => ({ IsTruncated: false });

export const GetBucketAnalyticsConfiguration = onBucket<Present<GetBucketAnalyticsConfigurationRequest>, object>({
  action: 's3:GetAnalyticsConfiguration',
  run: none,
});

export const ListBucketAnalyticsConfigurations = onBucket<Present<ListBucketAnalyticsConfigurationsRequest>, object>({
  action: 's3:GetAnalyticsConfiguration',
  run: noneListed,
});

export const DeleteBucketAnalyticsConfiguration = onBucket<Present<DeleteBucketAnalyticsConfigurationRequest>, object>({
  action: 's3:PutAnalyticsConfiguration',
  run: none,
});
