import * as sdk from '@aws-sdk/client-cost-explorer';
import { defineService, type Limits } from '../../core/operation.ts';
import { GetCostAndUsage } from './costAndUsage.ts';
import { GetDimensionValues, GetTags } from './dimensionValues.ts';
import { GetCostForecast } from './forecast.ts';
import limits from './limits.json' with { type: 'json' };

/** Not global: `aws:RequestedRegion` is the Region that the request was signed for. */
export const ce = defineService({
  name: 'ce',
  eventSource: 'ce.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'AWSInsightsIndexService', version: '2017-10-25' },
  limits: limits as unknown as Limits,
  operations: { GetCostAndUsage, GetCostForecast, GetDimensionValues, GetTags },
});
