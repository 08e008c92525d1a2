import * as sdk from '@aws-sdk/client-cloudwatch-logs';
import { defineService, type Limits } from '../../core/operation.ts';
import { DeleteAccountPolicy, DescribeAccountPolicies, PutAccountPolicy } from './accountPolicies.ts';
import { ListAnomalies, UpdateAnomaly } from './anomalies/anomalies.ts';
import {
  CreateLogAnomalyDetector,
  DeleteLogAnomalyDetector,
  GetLogAnomalyDetector,
  ListLogAnomalyDetectors,
  UpdateLogAnomalyDetector,
} from './anomalies/detectors.ts';
import { DeleteDataProtectionPolicy, GetDataProtectionPolicy, PutDataProtectionPolicy } from './dataProtection.ts';
import { GetLogFields } from './dataSources/fields.ts';
import { ListAggregateLogGroupSummaries } from './dataSources/summaries.ts';
import {
  DeleteDeliveryDestination,
  DeleteDeliveryDestinationPolicy,
  DescribeDeliveryDestinations,
  GetDeliveryDestination,
  GetDeliveryDestinationPolicy,
  PutDeliveryDestination,
  PutDeliveryDestinationPolicy,
} from './deliveries.ts';
import { AssociateKmsKey, DisassociateKmsKey } from './encryption.ts';
import { CancelExportTask, CreateExportTask, DescribeExportTasks } from './exports.ts';
import { FilterLogEvents } from './filterLogEvents.ts';
import { GetLogEvents } from './getLogEvents.ts';
import {
  CreateLogGroup,
  DeleteLogGroup,
  DescribeLogGroups,
  ListLogGroups,
  PutLogGroupDeletionProtection,
} from './groups.ts';
import { CancelImportTask, CreateImportTask, DescribeImportTaskBatches, DescribeImportTasks } from './imports/tasks.ts';
import { DeleteIndexPolicy, DescribeFieldIndexes, DescribeIndexPolicies, PutIndexPolicy } from './indexPolicies.ts';
import { CallWithBearerToken } from './ingestion/bearers.ts';
import { PutBearerTokenAuthentication } from './ingestion/bearerTokens.ts';
import limits from './limits.json' with { type: 'json' };
import { StartLiveTail } from './liveTail.ts';
import { GetLogGroupFields, GetLogRecord } from './logRecords.ts';
import {
  CreateLookupTable,
  DeleteLookupTable,
  DescribeLookupTables,
  GetLookupTable,
  UpdateLookupTable,
} from './lookups/lookupTables.ts';
import { DeleteMetricFilter, DescribeMetricFilters, PutMetricFilter, TestMetricFilter } from './metricFilters.ts';
import { PutLogEvents } from './putLogEvents.ts';
import { DescribeQueries, GetQueryResults, ListLogGroupsForQuery, StartQuery, StopQuery } from './queries.ts';
import { DeleteQueryDefinition, DescribeQueryDefinitions, PutQueryDefinition } from './queryDefinitions.ts';
import { DeleteResourcePolicy, DescribeResourcePolicies, PutResourcePolicy } from './resourcePolicies.ts';
import { DeleteRetentionPolicy, PutRetentionPolicy } from './retention.ts';
import {
  CreateScheduledQuery,
  DeleteScheduledQuery,
  GetScheduledQuery,
  GetScheduledQueryHistory,
  ListScheduledQueries,
  UpdateScheduledQuery,
} from './scheduled/scheduledQueries.ts';
import { CreateLogStream, DeleteLogStream, DescribeLogStreams } from './streams.ts';
import {
  DeleteDestination,
  DescribeDestinations,
  PutDestination,
  PutDestinationPolicy,
} from './subscriptions/destinations.ts';
import {
  DeleteSubscriptionFilter,
  DescribeSubscriptionFilters,
  PutSubscriptionFilter,
} from './subscriptions/filters.ts';
import {
  ListTagsForResource,
  ListTagsLogGroup,
  TagLogGroup,
  TagResource,
  UntagLogGroup,
  UntagResource,
} from './tags.ts';
import { DeleteTransformer, GetTransformer, PutTransformer, TestTransformer } from './transformers.ts';
import {
  CreateDelivery,
  DeleteDelivery,
  DescribeDeliveries,
  GetDelivery,
  UpdateDeliveryConfiguration,
} from './vended/deliveries.ts';
import {
  DeleteDeliverySource,
  DescribeDeliverySources,
  GetDeliverySource,
  PutDeliverySource,
} from './vended/sources.ts';
import { DescribeConfigurationTemplates } from './vended/templates.ts';

export const logs = defineService({
  name: 'logs',
  eventSource: 'logs.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'Logs_20140328', version: '2014-03-28' },
  limits: limits as unknown as Limits,
  operations: {
    AssociateKmsKey,
    CancelExportTask,
    CancelImportTask,
    CreateDelivery,
    CreateExportTask,
    CreateImportTask,
    CreateLogAnomalyDetector,
    CreateLogGroup,
    CreateLogStream,
    CreateLookupTable,
    CreateScheduledQuery,
    DeleteAccountPolicy,
    DeleteDataProtectionPolicy,
    DeleteDelivery,
    DeleteDeliveryDestination,
    DeleteDeliveryDestinationPolicy,
    DeleteDeliverySource,
    DeleteDestination,
    DeleteIndexPolicy,
    DeleteLogAnomalyDetector,
    DeleteLogGroup,
    DeleteLogStream,
    DeleteLookupTable,
    DeleteMetricFilter,
    DeleteQueryDefinition,
    DeleteResourcePolicy,
    DeleteRetentionPolicy,
    DeleteScheduledQuery,
    DeleteSubscriptionFilter,
    DeleteTransformer,
    DescribeAccountPolicies,
    DescribeConfigurationTemplates,
    DescribeDeliveries,
    DescribeDeliveryDestinations,
    DescribeDeliverySources,
    DescribeDestinations,
    DescribeExportTasks,
    DescribeFieldIndexes,
    DescribeImportTaskBatches,
    DescribeImportTasks,
    DescribeIndexPolicies,
    DescribeLogGroups,
    DescribeLogStreams,
    DescribeLookupTables,
    DescribeMetricFilters,
    DescribeQueries,
    DescribeQueryDefinitions,
    DescribeResourcePolicies,
    DescribeSubscriptionFilters,
    DisassociateKmsKey,
    FilterLogEvents,
    GetDataProtectionPolicy,
    GetDelivery,
    GetDeliveryDestination,
    GetDeliveryDestinationPolicy,
    GetDeliverySource,
    GetLogAnomalyDetector,
    GetLogEvents,
    GetLogFields,
    GetLogGroupFields,
    GetLogRecord,
    GetLookupTable,
    GetQueryResults,
    GetScheduledQuery,
    GetScheduledQueryHistory,
    GetTransformer,
    ListAggregateLogGroupSummaries,
    ListAnomalies,
    ListLogAnomalyDetectors,
    ListLogGroups,
    ListLogGroupsForQuery,
    ListScheduledQueries,
    ListTagsForResource,
    ListTagsLogGroup,
    PutAccountPolicy,
    PutBearerTokenAuthentication,
    PutDataProtectionPolicy,
    PutDeliveryDestination,
    PutDeliveryDestinationPolicy,
    PutDeliverySource,
    PutDestination,
    PutDestinationPolicy,
    PutIndexPolicy,
    PutLogEvents,
    PutLogGroupDeletionProtection,
    PutMetricFilter,
    PutQueryDefinition,
    PutResourcePolicy,
    PutRetentionPolicy,
    PutSubscriptionFilter,
    PutTransformer,
    StartLiveTail,
    StartQuery,
    StopQuery,
    TagLogGroup,
    TagResource,
    TestMetricFilter,
    TestTransformer,
    UntagLogGroup,
    UntagResource,
    UpdateAnomaly,
    UpdateDeliveryConfiguration,
    UpdateLogAnomalyDetector,
    UpdateLookupTable,
    UpdateScheduledQuery,
  },
  inner: { CallWithBearerToken },
});
