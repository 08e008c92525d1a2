import * as sdk from '@aws-sdk/client-cloudwatch';
import { defineService, type Limits } from '../../core/operation.ts';
import limits from './limits.json' with { type: 'json' };

/** No operation yet; every call is authenticated and answered NotImplemented in the protocol its client chose. */
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
  operations: {},
});
