import * as sdk from '@aws-sdk/client-cloudwatch';
import { defineService, type Limits } from '../../core/operation.ts';
import { GetMetricData } from './getMetricData.ts';
import { GetMetricStatistics } from './getMetricStatistics.ts';
import limits from './limits.json' with { type: 'json' };
import { ListMetrics } from './listMetrics.ts';
import { PutMetricData } from './putMetricData.ts';

export const cloudwatch = defineService({
  name: 'monitoring',
  prefix: 'cloudwatch',
  eventSource: 'monitoring.amazonaws.com',
  sdk,
  wire: {
    protocols: ['rpcV2Cbor', 'awsJson1_0', 'awsQuery'],
    target: 'GraniteServiceVersion20100801',
    version: '2010-08-01',
    xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
  },
  limits: limits as unknown as Limits,
  operations: {
    GetMetricData,
    GetMetricStatistics,
    ListMetrics,
    PutMetricData,
  },
});
