/** Every service, a line each. A service's code and its SDK client load on the first request to it. */
import type { ServiceEntry } from '../core/operation.ts';
import { keyForgetting } from '../core/reusedKeys.ts';
import type { TaskHandler } from '../core/tasks.ts';
import type { Worker } from '../core/worker.ts';
import { lastUsed } from '../identity/lastUsed.ts';
import { registerResources } from '../posture/inventory.ts';
import type { Follower } from '../store/store.ts';
import { changes } from './accessanalyzer/changes.ts';
import { scan } from './accessanalyzer/scan.ts';
import { meter } from './ce/meter.ts';
import { trailCollector, trailTasks } from './cloudtrail/behind.ts';
import { insightFollower, insightWorker } from './cloudtrail/insightWatching.ts';
import { alarmHistoryExpiry } from './cloudwatch/alarmHistoryRows.ts';
import { metricCompaction } from './cloudwatch/compaction.ts';
import { metricStore } from './cloudwatch/ingest.ts';
import { alarmTasks } from './cloudwatch/tasks.ts';
import { busResources } from './events/inventory.ts';
import { matching } from './events/matching.ts';
import { eventTasks } from './events/tasks.ts';
import { bufferLevels } from './firehose/queues.ts';
import { firehoseTasks } from './firehose/tasks.ts';
import { roleResources } from './iam/inventory.ts';
import { scimFront } from './identitystore/scimFront.ts';
import { kinesisTasks } from './kinesis/tasks.ts';
import { keyEndings } from './kms/endings.ts';
import { keyResources } from './kms/inventory.ts';
import { backingKeyDeletion, keyStoreConnection, keyStoreHealth } from './kms/keyStoreTasks.ts';
import { keyUsage } from './kms/lastUses.ts';
import { logRetention } from './logs/accountRetention/applying.ts';
import { logAnomalies } from './logs/anomalies/scanHandler.ts';
import { auditDelivery } from './logs/audits/handler.ts';
import { logExport } from './logs/exportHandler.ts';
import { logImport } from './logs/imports/handler.ts';
import { ingestionFront } from './logs/ingestion/front.ts';
import { logExpiry, logPurge } from './logs/purge.ts';
import { logQueries } from './logs/queryWorker.ts';
import { scheduledQueryTasks } from './logs/scheduled/tasks.ts';
import { logForwarding } from './logs/subscriptions/forwardHandler.ts';
import { logUsage } from './logs/usage.ts';
import { logVending } from './logs/vended/handler.ts';
import { closedAccounts } from './organizations/closedAccounts.ts';
import { front as rolesAnywhereFront } from './rolesanywhere/front.ts';
import { expiryNotices } from './rolesanywhere/noticeWorker.ts';
import { front as s3Front } from './s3/front.ts';
import { bucketResources } from './s3/resources.ts';
import { storageWorker } from './s3/storageWorker.ts';
import { s3Tasks } from './s3/tasks.ts';
import { jobTasks } from './s3control/jobTasks.ts';
import { schedulerTasks } from './scheduler/tasks.ts';
import { topicResources } from './sns/inventory.ts';
import { snsTasks } from './sns/tasks.ts';
import { queueResources } from './sqs/inventory.ts';
import { sqsTasks } from './sqs/tasks.ts';
import { rekeyingTask } from './ssoadmin/rekeying.ts';
import { departureTasks, provisioningTasks } from './ssoadmin/tasks.ts';

const OIDC_PATHS: ReadonlySet<string> = new Set(['/client/register', '/device_authorization', '/token']);

export const services: readonly ServiceEntry[] = [
  { name: 'iam', version: '2010-05-08', load: async () => (await import('./iam/index.ts')).iam },
  { name: 'sts', version: '2011-06-15', load: async () => (await import('./sts/index.ts')).sts },
  {
    name: 'organizations',
    target: 'AWSOrganizationsV20161128',
    load: async () => (await import('./organizations/index.ts')).organizations,
  },
  { name: 'account', load: async () => (await import('./account/index.ts')).account },
  {
    name: 'ce',
    target: 'AWSInsightsIndexService',
    load: async () => (await import('./ce/index.ts')).ce,
  },
  {
    name: 'cloudtrail',
    target: 'CloudTrail_20131101',
    load: async () => (await import('./cloudtrail/index.ts')).cloudtrail,
  },
  {
    name: 'cloudtrail-data',
    load: async () => (await import('./cloudtrail/dataPlane.ts')).cloudtrailData,
  },
  {
    name: 'monitoring',
    target: 'GraniteServiceVersion20100801',
    version: '2010-08-01',
    load: async () => (await import('./cloudwatch/index.ts')).cloudwatch,
  },
  {
    name: 'sqs',
    target: 'AmazonSQS',
    version: '2012-11-05',
    load: async () => (await import('./sqs/index.ts')).sqs,
  },
  {
    name: 'sns',
    version: '2010-03-31',
    documents: {
      prefix: '/SimpleNotificationService-',
      at: async (tx, path) => (await import('./sns/signing.ts')).certificateAt(tx, path),
    },
    load: async () => (await import('./sns/index.ts')).sns,
  },
  {
    name: 'kms',
    target: 'TrentService',
    load: async () => (await import('./kms/index.ts')).kms,
  },
  { name: 's3', unnamed: true, front: s3Front, load: async () => (await import('./s3/index.ts')).s3 },
  {
    name: 's3-control',
    path: '/v20180820/',
    load: async () => (await import('./s3control/index.ts')).s3control,
  },
  {
    name: 'sso',
    target: 'SWBExternalService',
    load: async () => (await import('./ssoadmin/index.ts')).ssoadmin,
  },
  {
    name: 'sso-oauth',
    aliases: ['oidc'],
    shown: ({ method, path }) => method === 'POST' && OIDC_PATHS.has(path),
    load: async () => (await import('./ssooidc/index.ts')).ssooidc,
  },
  {
    name: 'awsssoportal',
    aliases: ['portal'],
    shown: ({ headers }) => 'x-amz-sso_bearer_token' in headers,
    load: async () => (await import('./ssoportal/index.ts')).ssoportal,
  },
  {
    name: 'identitystore',
    target: 'AWSIdentityStore',
    front: scimFront,
    load: async () => (await import('./identitystore/index.ts')).identitystore,
  },
  {
    name: 'rolesanywhere',
    front: rolesAnywhereFront,
    shown: ({ method, path }) => method === 'POST' && path === '/sessions',
    load: async () => (await import('./rolesanywhere/index.ts')).rolesanywhere,
  },
  {
    name: 'access-analyzer',
    load: async () => (await import('./accessanalyzer/index.ts')).accessanalyzer,
  },
  {
    name: 'logs',
    target: 'Logs_20140328',
    front: ingestionFront,
    load: async () => (await import('./logs/index.ts')).logs,
  },
  {
    name: 'kinesis',
    target: 'Kinesis_20131202',
    load: async () => (await import('./kinesis/index.ts')).kinesis,
  },
  { name: 'events', target: 'AWSEvents', load: async () => (await import('./events/index.ts')).events },
  { name: 'firehose', target: 'Firehose_20150804', load: async () => (await import('./firehose/index.ts')).firehose },
  { name: 'scheduler', load: async () => (await import('./scheduler/index.ts')).scheduler },
];

/** What turns the journal into rows behind the commits; see store.ts. */
export const followers: readonly Follower[] = [
  lastUsed,
  meter,
  changes,
  keyUsage,
  metricStore,
  insightFollower,
  logUsage,
  matching,
  bufferLevels,
];

/** What is done behind the requests, at intervals; see core/worker.ts. */
export const serviceWorkers: readonly Worker[] = [
  keyForgetting,
  scan,
  trailCollector,
  insightWorker,
  metricCompaction,
  alarmHistoryExpiry,
  logExpiry,
  logQueries,
  expiryNotices,
  storageWorker,
];

/** Who does what requests leave to be done; see core/tasks.ts. */
export const taskHandlers: readonly TaskHandler[] = [
  ...alarmTasks,
  keyStoreConnection,
  keyStoreHealth,
  keyEndings,
  backingKeyDeletion,
  ...trailTasks,
  ...sqsTasks,
  ...snsTasks,
  ...s3Tasks,
  ...jobTasks,
  logPurge,
  logExport,
  logImport,
  logAnomalies,
  logRetention,
  logForwarding,
  logVending,
  auditDelivery,
  ...scheduledQueryTasks,
  ...eventTasks,
  ...schedulerTasks,
  closedAccounts,
  ...kinesisTasks,
  ...firehoseTasks,
  provisioningTasks,
  departureTasks,
  rekeyingTask,
];

// What the plane's inventory of resources reads, from each service that has some; see posture/inventory.ts.
registerResources(roleResources, keyResources, busResources, queueResources, topicResources, bucketResources);
