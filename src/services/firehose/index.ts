import * as sdk from '@aws-sdk/client-firehose';
import { defineService, type Limits } from '../../core/operation.ts';
import { StartDeliveryStreamEncryption, StopDeliveryStreamEncryption } from './encryptionOperations.ts';
import limits from './limits.json' with { type: 'json' };
import { PutRecord, PutRecordBatch } from './records.ts';
import {
  CreateDeliveryStream,
  DeleteDeliveryStream,
  DescribeDeliveryStream,
  ListDeliveryStreams,
  UpdateDestination,
} from './streams.ts';
import { ListTagsForDeliveryStream, TagDeliveryStream, UntagDeliveryStream } from './tags.ts';

export const firehose = defineService({
  name: 'firehose',
  eventSource: 'firehose.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'Firehose_20150804', version: '2015-08-04' },
  limits: limits as unknown as Limits,
  operations: {
    CreateDeliveryStream,
    DeleteDeliveryStream,
    DescribeDeliveryStream,
    ListDeliveryStreams,
    ListTagsForDeliveryStream,
    PutRecord,
    PutRecordBatch,
    StartDeliveryStreamEncryption,
    StopDeliveryStreamEncryption,
    TagDeliveryStream,
    UntagDeliveryStream,
    UpdateDestination,
  },
});
