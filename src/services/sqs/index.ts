import * as sdk from '@aws-sdk/client-sqs';
import { defineService, type Limits } from '../../core/operation.ts';
import limits from './limits.json' with { type: 'json' };

/** No operation yet; every call is authenticated and answered NotImplemented in the protocol its client chose. */
export const sqs = defineService({
  name: 'sqs',
  eventSource: 'sqs.amazonaws.com',
  sdk,
  wire: {
    protocols: ['awsJson1_0', 'awsQuery'],
    target: 'AmazonSQS',
    version: '2012-11-05',
    xmlNamespace: 'http://queue.amazonaws.com/doc/2012-11-05/',
  },
  limits: limits as unknown as Limits,
  operations: {},
});
