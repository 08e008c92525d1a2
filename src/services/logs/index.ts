import * as sdk from '@aws-sdk/client-cloudwatch-logs';
import { defineService, type Limits } from '../../core/operation.ts';
import { AssociateKmsKey, DisassociateKmsKey } from './encryption.ts';
import { FilterLogEvents } from './filterLogEvents.ts';
import { GetLogEvents } from './getLogEvents.ts';
import {
  CreateLogGroup,
  DeleteLogGroup,
  DescribeLogGroups,
  ListLogGroups,
  PutLogGroupDeletionProtection,
} from './groups.ts';
import limits from './limits.json' with { type: 'json' };
import { GetLogGroupFields, GetLogRecord } from './logRecords.ts';
import { DeleteMetricFilter, DescribeMetricFilters, PutMetricFilter, TestMetricFilter } from './metricFilters.ts';
import { PutLogEvents } from './putLogEvents.ts';
import { DescribeQueries, GetQueryResults, ListLogGroupsForQuery, StartQuery, StopQuery } from './queries.ts';
import { DeleteQueryDefinition, DescribeQueryDefinitions, PutQueryDefinition } from './queryDefinitions.ts';
import { DeleteResourcePolicy, DescribeResourcePolicies, PutResourcePolicy } from './resourcePolicies.ts';
import { DeleteRetentionPolicy, PutRetentionPolicy } from './retention.ts';
import { CreateLogStream, DeleteLogStream, DescribeLogStreams } from './streams.ts';
import {
  ListTagsForResource,
  ListTagsLogGroup,
  TagLogGroup,
  TagResource,
  UntagLogGroup,
  UntagResource,
} from './tags.ts';

export const logs = defineService({
  name: 'logs',
  eventSource: 'logs.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'Logs_20140328', version: '2014-03-28' },
  limits: limits as unknown as Limits,
  operations: {
    PutQueryDefinition,
    DescribeQueryDefinitions,
    DeleteQueryDefinition,
    StopQuery,
    StartQuery,
    ListLogGroupsForQuery,
    GetQueryResults,
    DescribeQueries,
    GetLogRecord,
    GetLogGroupFields,
    TestMetricFilter,
    PutMetricFilter,
    DescribeMetricFilters,
    DeleteMetricFilter,
    AssociateKmsKey,
    CreateLogGroup,
    CreateLogStream,
    DeleteLogGroup,
    DeleteLogStream,
    DeleteResourcePolicy,
    DeleteRetentionPolicy,
    DescribeLogGroups,
    DescribeLogStreams,
    DescribeResourcePolicies,
    DisassociateKmsKey,
    FilterLogEvents,
    GetLogEvents,
    ListLogGroups,
    ListTagsForResource,
    ListTagsLogGroup,
    PutLogEvents,
    PutLogGroupDeletionProtection,
    PutResourcePolicy,
    PutRetentionPolicy,
    TagLogGroup,
    TagResource,
    UntagLogGroup,
    UntagResource,
  },
});
