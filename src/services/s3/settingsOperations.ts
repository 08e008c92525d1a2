/** The operations on what buckets are set to, and on what objects are beside their bytes, by name. */
import { GetBucketAbac, PutBucketAbac } from './abac.ts';
import { GetBucketAccelerateConfiguration, PutBucketAccelerateConfiguration } from './acceleration.ts';
import { GetBucketAcl, PutBucketAcl } from './acls.ts';
import { analyticsConfigurations } from './analytics.ts';
import { DeleteBucketTagging, GetBucketTagging, PutBucketTagging } from './bucketTags.ts';
import { DeleteBucketCors, GetBucketCors, PutBucketCors } from './cors.ts';
import { DeleteBucketEncryption, GetBucketEncryption, PutBucketEncryption } from './defaultEncryption.ts';
import {
  DeleteBucketInventoryConfiguration,
  GetBucketInventoryConfiguration,
  ListBucketInventoryConfigurations,
  PutBucketInventoryConfiguration,
} from './inventories.ts';
import {
  DeleteBucketLifecycle,
  GetBucketLifecycleConfiguration,
  PutBucketLifecycleConfiguration,
} from './lifecycles.ts';
import { GetBucketLogging, PutBucketLogging } from './logging.ts';
import {
  GetBucketNotificationConfiguration,
  PutBucketNotificationConfiguration,
} from './notificationConfigurations.ts';
import { GetObjectAcl, PutObjectAcl } from './objectAcls.ts';
import { UpdateObjectEncryption } from './objectEncryption.ts';
import { GetObjectLockConfiguration, PutObjectLockConfiguration } from './objectLock.ts';
import { GetObjectLegalHold, GetObjectRetention, PutObjectLegalHold, PutObjectRetention } from './objectLocks.ts';
import { DeleteBucketOwnershipControls, GetBucketOwnershipControls, PutBucketOwnershipControls } from './ownership.ts';
import { GetBucketRequestPayment, PutBucketRequestPayment } from './payment.ts';
import { DeleteBucketPolicy, GetBucketPolicy, GetBucketPolicyStatus, PutBucketPolicy } from './policies.ts';
import { DeletePublicAccessBlock, GetPublicAccessBlock, PutPublicAccessBlock } from './publicAccess.ts';
import { DeleteBucketReplication, GetBucketReplication, PutBucketReplication } from './replications.ts';
import { metricsConfigurations } from './requestMetrics.ts';
import { RestoreObject } from './restores.ts';
import { tieringConfigurations } from './tiering.ts';
import { DeleteBucketWebsite, GetBucketWebsite, PutBucketWebsite } from './websites.ts';

export const settingsOperations = {
  DeleteBucketAnalyticsConfiguration: analyticsConfigurations.delete,
  DeleteBucketCors,
  DeleteBucketEncryption,
  DeleteBucketIntelligentTieringConfiguration: tieringConfigurations.delete,
  DeleteBucketInventoryConfiguration,
  DeleteBucketLifecycle,
  DeleteBucketMetricsConfiguration: metricsConfigurations.delete,
  DeleteBucketOwnershipControls,
  DeleteBucketPolicy,
  DeleteBucketReplication,
  DeleteBucketTagging,
  DeleteBucketWebsite,
  DeletePublicAccessBlock,
  GetBucketAbac,
  GetBucketAccelerateConfiguration,
  GetBucketAcl,
  GetBucketAnalyticsConfiguration: analyticsConfigurations.get,
  GetBucketCors,
  GetBucketEncryption,
  GetBucketIntelligentTieringConfiguration: tieringConfigurations.get,
  GetBucketInventoryConfiguration,
  GetBucketLifecycleConfiguration,
  GetBucketLogging,
  GetBucketMetricsConfiguration: metricsConfigurations.get,
  GetBucketNotificationConfiguration,
  GetBucketOwnershipControls,
  GetBucketPolicy,
  GetBucketPolicyStatus,
  GetBucketReplication,
  GetBucketRequestPayment,
  GetBucketTagging,
  GetBucketWebsite,
  GetObjectAcl,
  GetObjectLegalHold,
  GetObjectLockConfiguration,
  GetObjectRetention,
  GetPublicAccessBlock,
  ListBucketAnalyticsConfigurations: analyticsConfigurations.list,
  ListBucketIntelligentTieringConfigurations: tieringConfigurations.list,
  ListBucketInventoryConfigurations,
  ListBucketMetricsConfigurations: metricsConfigurations.list,
  PutBucketAbac,
  PutBucketAccelerateConfiguration,
  PutBucketAcl,
  PutBucketAnalyticsConfiguration: analyticsConfigurations.put,
  PutBucketCors,
  PutBucketEncryption,
  PutBucketIntelligentTieringConfiguration: tieringConfigurations.put,
  PutBucketInventoryConfiguration,
  PutBucketLifecycleConfiguration,
  PutBucketLogging,
  PutBucketMetricsConfiguration: metricsConfigurations.put,
  PutBucketNotificationConfiguration,
  PutBucketOwnershipControls,
  PutBucketPolicy,
  PutBucketReplication,
  PutBucketRequestPayment,
  PutBucketTagging,
  PutBucketWebsite,
  PutObjectAcl,
  PutObjectLegalHold,
  PutObjectLockConfiguration,
  PutObjectRetention,
  PutPublicAccessBlock,
  RestoreObject,
  UpdateObjectEncryption,
};
