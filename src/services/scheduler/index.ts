import * as sdk from '@aws-sdk/client-scheduler';
import { defineService, type Limits } from '../../core/operation.ts';
import limits from './limits.json' with { type: 'json' };

export const scheduler = defineService({
  name: 'scheduler',
  eventSource: 'scheduler.amazonaws.com',
  sdk,
  wire: { protocols: ['restJson'], version: '2021-06-30' },
  limits: limits as unknown as Limits,
  operations: {},
});
