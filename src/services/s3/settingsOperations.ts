/** The operations on what buckets are set to, and on what objects are beside their bytes, by name. */
import { GetBucketAbac, PutBucketAbac } from './abac.ts';
import { GetBucketAccelerateConfiguration, PutBucketAccelerateConfiguration } from './acceleration.ts';
import { GetBucketAcl, PutBucketAcl } from './acls.ts';
import {
  DeleteBucketAnalyticsConfiguration,
  GetBucketAnalyticsConfiguration,
  ListBucketAnalyticsConfigurations,
} from './analytics.ts';
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
import {
  DeleteBucketMetricsConfiguration,
  GetBucketMetricsConfiguration,
  ListBucketMetricsConfigurations,
  PutBucketMetricsConfiguration,
} from './requestMetrics.ts';
import { RestoreObject } from './restores.ts';
import {
  DeleteBucketIntelligentTieringConfiguration,
  GetBucketIntelligentTieringConfiguration,
  ListBucketIntelligentTieringConfigurations,
  PutBucketIntelligentTieringConfiguration,
} from './tiering.ts';
import { DeleteBucketWebsite, GetBucketWebsite, PutBucketWebsite } from './websites.ts';

export const settingsOperations = {
  DeleteBucketAnalyticsConfiguration,
  DeleteBucketCors,
  DeleteBucketEncryption,
  DeleteBucketIntelligentTieringConfiguration,
  DeleteBucketInventoryConfiguration,
  DeleteBucketLifecycle,
  DeleteBucketMetricsConfiguration,
  DeleteBucketOwnershipControls,
  DeleteBucketPolicy,
  DeleteBucketReplication,
  DeleteBucketTagging,
  DeleteBucketWebsite,
  DeletePublicAccessBlock,
  GetBucketAbac,
  GetBucketAccelerateConfiguration,
  GetBucketAcl,
  GetBucketAnalyticsConfiguration,
  GetBucketCors,
  GetBucketEncryption,
  GetBucketIntelligentTieringConfiguration,
  GetBucketInventoryConfiguration,
  GetBucketLifecycleConfiguration,
  GetBucketLogging,
  GetBucketMetricsConfiguration,
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
  ListBucketAnalyticsConfigurations,
  ListBucketIntelligentTieringConfigurations,
  ListBucketInventoryConfigurations,
  ListBucketMetricsConfigurations,
  PutBucketAbac,
  PutBucketAccelerateConfiguration,
  PutBucketAcl,
  PutBucketCors,
  PutBucketEncryption,
  PutBucketIntelligentTieringConfiguration,
  PutBucketInventoryConfiguration,
  PutBucketLifecycleConfiguration,
  PutBucketLogging,
  PutBucketMetricsConfiguration,
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
