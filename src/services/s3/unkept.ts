/**
 * Storage class analysis and S3 Intelligent-Tiering's archives: there are no such configurations, and none can be made.
 * Both would have to know when or how often each object is read, which nothing here counts.
 */
import type {
  DeleteBucketAnalyticsConfigurationRequest,
  DeleteBucketIntelligentTieringConfigurationRequest,
  GetBucketAnalyticsConfigurationRequest,
  GetBucketIntelligentTieringConfigurationRequest,
  ListBucketAnalyticsConfigurationsOutput,
  ListBucketAnalyticsConfigurationsRequest,
  ListBucketIntelligentTieringConfigurationsRequest,
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

export const GetBucketIntelligentTieringConfiguration = onBucket<
  Present<GetBucketIntelligentTieringConfigurationRequest>,
  object
>({ action: 's3:GetIntelligentTieringConfiguration', run: none });

export const ListBucketIntelligentTieringConfigurations = onBucket<
  Present<ListBucketIntelligentTieringConfigurationsRequest>,
  object
>({ action: 's3:GetIntelligentTieringConfiguration', run: noneListed });

export const DeleteBucketIntelligentTieringConfiguration = onBucket<
  Present<DeleteBucketIntelligentTieringConfigurationRequest>,
  object
>({ action: 's3:PutIntelligentTieringConfiguration', run: none });
