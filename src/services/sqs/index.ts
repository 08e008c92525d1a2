import * as sdk from '@aws-sdk/client-sqs';
import { defineService, type Limits } from '../../core/operation.ts';
import limits from './limits.json' with { type: 'json' };
import { CancelMessageMoveTask, ListMessageMoveTasks, StartMessageMoveTask } from './moves.ts';
import { AddPermission, RemovePermission } from './policies.ts';
import { GetQueueAttributes, SetQueueAttributes } from './queueAttributes.ts';
import { CreateQueue, DeleteQueue, GetQueueUrl, ListQueues, PurgeQueue } from './queues.ts';
import {
  ChangeMessageVisibility,
  ChangeMessageVisibilityBatch,
  DeleteMessage,
  DeleteMessageBatch,
} from './receipts.ts';
import { ReceiveMessage } from './receiving.ts';
import { ListDeadLetterSourceQueues } from './redrive.ts';
import { SendMessage, SendMessageBatch } from './sending.ts';
import { ListQueueTags, TagQueue, UntagQueue } from './tags.ts';

export const sqs = defineService({
  name: 'sqs',
  eventSource: 'sqs.amazonaws.com',
  sdk,
  wire: {
    protocols: ['awsJson1_0', 'awsQuery'],
    target: 'AmazonSQS',
    version: '2012-11-05',
    pathMember: 'QueueUrl',
    xmlNamespace: 'http://queue.amazonaws.com/doc/2012-11-05/',
  },
  limits: limits as unknown as Limits,
  operations: {
    AddPermission,
    CancelMessageMoveTask,
    ChangeMessageVisibility,
    ChangeMessageVisibilityBatch,
    CreateQueue,
    DeleteMessage,
    DeleteMessageBatch,
    DeleteQueue,
    GetQueueAttributes,
    GetQueueUrl,
    ListDeadLetterSourceQueues,
    ListMessageMoveTasks,
    ListQueueTags,
    ListQueues,
    PurgeQueue,
    ReceiveMessage,
    RemovePermission,
    SendMessage,
    SendMessageBatch,
    SetQueueAttributes,
    StartMessageMoveTask,
    TagQueue,
    UntagQueue,
  },
});
