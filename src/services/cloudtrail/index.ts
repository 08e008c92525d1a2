import * as sdk from '@aws-sdk/client-cloudtrail';
import { defineService, type Limits } from '../../core/operation.ts';
import { LookupEvents } from './events.ts';
import limits from './limits.json' with { type: 'json' };

export const cloudtrail = defineService({
  name: 'cloudtrail',
  eventSource: 'cloudtrail.amazonaws.com',
  sdk,
  wire: {
    protocols: ['awsJson1_1'],
    target: 'CloudTrail_20131101',
    version: '2013-11-01',
  },
  limits: limits as unknown as Limits,
  operations: { LookupEvents },
});
