import * as sdk from '@aws-sdk/client-eventbridge';
import { defineService, type Limits } from '../../core/operation.ts';
import limits from './limits.json' with { type: 'json' };

export const events = defineService({
  name: 'events',
  eventSource: 'events.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'AWSEvents', version: '2015-10-07' },
  limits: limits as unknown as Limits,
  operations: {},
});
