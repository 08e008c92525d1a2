import * as sdk from '@aws-sdk/client-kinesis';
import { defineService, type Limits } from '../../core/operation.ts';
import { GetShardIterator } from './iterators.ts';
import limits from './limits.json' with { type: 'json' };
import { PutRecord, PutRecords } from './putting.ts';
import { GetRecords } from './reading.ts';
import { CreateStream, DeleteStream, DescribeStream, DescribeStreamSummary, ListStreams } from './streams.ts';
import { AddTagsToStream, ListTagsForStream, RemoveTagsFromStream } from './tags.ts';

export const kinesis = defineService({
  name: 'kinesis',
  eventSource: 'kinesis.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'Kinesis_20131202', version: '2013-12-02' },
  limits: limits as unknown as Limits,
  operations: {
    AddTagsToStream,
    CreateStream,
    DeleteStream,
    DescribeStream,
    DescribeStreamSummary,
    GetRecords,
    GetShardIterator,
    ListStreams,
    ListTagsForStream,
    PutRecord,
    PutRecords,
    RemoveTagsFromStream,
  },
});
