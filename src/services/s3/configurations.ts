/**
 * Analytics, metrics and Intelligent-Tiering, of which a bucket has several configurations, each under an id. There are
 * none of them, and none can be made, for nothing here would act on them.
 */
import type {
  DeleteBucketAnalyticsConfigurationRequest,
  DeleteBucketIntelligentTieringConfigurationRequest,
  DeleteBucketMetricsConfigurationRequest,
  GetBucketAnalyticsConfigurationRequest,
  GetBucketIntelligentTieringConfigurationRequest,
  GetBucketMetricsConfigurationRequest,
  ListBucketAnalyticsConfigurationsOutput,
  ListBucketAnalyticsConfigurationsRequest,
  ListBucketIntelligentTieringConfigurationsRequest,
  ListBucketMetricsConfigurationsRequest,
} from '@aws-sdk/client-s3';
import { CommonError } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { onBucket } from './onBucket.ts';

export const noSuchConfiguration = () =>
  new CommonError('NoSuchConfiguration', 'The specified configuration does not exist.', 404);

async function none(): Promise<never> {
  throw noSuchConfiguration();
}

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

export const GetBucketMetricsConfiguration = onBucket<Present<GetBucketMetricsConfigurationRequest>, object>({
  action: 's3:GetMetricsConfiguration',
  run: none,
});

export const ListBucketMetricsConfigurations = onBucket<Present<ListBucketMetricsConfigurationsRequest>, object>({
  action: 's3:GetMetricsConfiguration',
  run: noneListed,
});

export const DeleteBucketMetricsConfiguration = onBucket<Present<DeleteBucketMetricsConfigurationRequest>, object>({
  action: 's3:PutMetricsConfiguration',
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
