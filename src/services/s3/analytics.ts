/**
 * Storage class analysis: what is set. What is counted for it, and exported every day, is in analyses.ts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/analytics-storage-class.html
 */
import type { AnalyticsConfiguration } from '@aws-sdk/client-s3';
import { CommonError } from '../../core/errors.ts';
import { forgetAnalysis } from './analyses.ts';
import { s3Error } from './errors.ts';
import { namedConfigurations, requireFilter } from './namedConfigurations.ts';
import { oneOf } from './onBucket.ts';

export const analyticsConfigurations = namedConfigurations({
  setting: 'analytics',
  member: 'AnalyticsConfiguration',
  require: requireAnalysis,
  forget: forgetAnalysis,
});

function requireAnalysis({ Filter, StorageClassAnalysis }: AnalyticsConfiguration): void {
  requireFilter(Filter);
  if (!StorageClassAnalysis) throw s3Error('MalformedXML');
  const { DataExport } = StorageClassAnalysis;
  if (!DataExport) return;
  oneOf(DataExport.OutputSchemaVersion, ['V_1'] as const);
  const to = DataExport.Destination?.S3BucketDestination;
  oneOf(to?.Format, ['CSV'] as const);
  if (!/^arn:aws:s3:::[a-z0-9.-]{3,63}$/.test(to?.Bucket ?? '')) {
    throw new CommonError('InvalidS3DestinationBucket', 'Invalid bucket ARN.');
  }
  if (to?.BucketAccountId !== undefined && !/^\d{12}$/.test(to.BucketAccountId)) throw s3Error('MalformedXML');
}
