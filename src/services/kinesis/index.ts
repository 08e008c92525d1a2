import * as sdk from '@aws-sdk/client-kinesis';
import { defineService, type Limits } from '../../core/operation.ts';
import { DescribeAccountSettings, DescribeLimits, UpdateAccountSettings } from './account.ts';
import {
  UpdateMaxRecordSize,
  UpdateStreamMode,
  UpdateStreamRecordDistributionStrategy,
  UpdateStreamWarmThroughput,
} from './capacity.ts';
import { CreateChannel, DeleteChannel, DescribeChannel, ListChannels, UpdateChannel } from './channels.ts';
import {
  DeregisterStreamConsumer,
  DescribeStreamConsumer,
  ListStreamConsumers,
  RegisterStreamConsumer,
} from './consumers.ts';
import { StartStreamEncryption, StopStreamEncryption } from './encryption.ts';
import { GetShardIterator } from './iterators.ts';
import limits from './limits.json' with { type: 'json' };
import { ListShards } from './listing.ts';
import { DisableEnhancedMonitoring, EnableEnhancedMonitoring } from './monitoring.ts';
import { DeleteResourcePolicy, GetResourcePolicy, PutResourcePolicy } from './policies.ts';
import { PutRecord, PutRecords } from './putting.ts';
import { GetRecords } from './reading.ts';
import { MergeShards, SplitShard, UpdateShardCount } from './resharding.ts';
import { DecreaseStreamRetentionPeriod, IncreaseStreamRetentionPeriod } from './retentionPeriods.ts';
import { CreateStream, DeleteStream, DescribeStream, DescribeStreamSummary, ListStreams } from './streams.ts';
import { SubscribeToShard } from './subscribing.ts';
import {
  AddTagsToStream,
  ListTagsForResource,
  ListTagsForStream,
  RemoveTagsFromStream,
  TagResource,
  UntagResource,
} from './tags.ts';

export const kinesis = defineService({
  name: 'kinesis',
  eventSource: 'kinesis.amazonaws.com',
  sdk,
  wire: { protocols: ['awsCbor1_1', 'awsJson1_1'], target: 'Kinesis_20131202', version: '2013-12-02' },
  limits: limits as unknown as Limits,
  operations: {
    AddTagsToStream,
    CreateChannel,
    CreateStream,
    DecreaseStreamRetentionPeriod,
    DeleteChannel,
    DeleteResourcePolicy,
    DeleteStream,
    DeregisterStreamConsumer,
    DescribeAccountSettings,
    DescribeChannel,
    DescribeLimits,
    DescribeStream,
    DescribeStreamConsumer,
    DescribeStreamSummary,
    DisableEnhancedMonitoring,
    EnableEnhancedMonitoring,
    GetRecords,
    GetResourcePolicy,
    GetShardIterator,
    IncreaseStreamRetentionPeriod,
    ListChannels,
    ListShards,
    ListStreamConsumers,
    ListStreams,
    ListTagsForResource,
    ListTagsForStream,
    MergeShards,
    PutRecord,
    PutRecords,
    PutResourcePolicy,
    RegisterStreamConsumer,
    RemoveTagsFromStream,
    SplitShard,
    StartStreamEncryption,
    StopStreamEncryption,
    SubscribeToShard,
    TagResource,
    UntagResource,
    UpdateAccountSettings,
    UpdateChannel,
    UpdateMaxRecordSize,
    UpdateShardCount,
    UpdateStreamMode,
    UpdateStreamRecordDistributionStrategy,
    UpdateStreamWarmThroughput,
  },
});
