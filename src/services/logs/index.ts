import * as sdk from '@aws-sdk/client-cloudwatch-logs';
import { defineService, type Limits } from '../../core/operation.ts';
import limits from './limits.json' with { type: 'json' };

export const logs = defineService({
  name: 'logs',
  eventSource: 'logs.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'Logs_20140328', version: '2014-03-28' },
  limits: limits as unknown as Limits,
  operations: {},
});
