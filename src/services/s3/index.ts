import * as sdk from '@aws-sdk/client-s3';
import { defineService, type Limits } from '../../core/operation.ts';
import { CreateBucket, DeleteBucket, GetBucketLocation, HeadBucket, ListBuckets } from './buckets.ts';
import limits from './limits.json' with { type: 'json' };
import { settingsOperations } from './settingsOperations.ts';

export const s3 = defineService({
  name: 's3',
  eventSource: 's3.amazonaws.com',
  sdk,
  wire: {
    protocols: ['restXml'],
    version: '2006-03-01',
    xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
  },
  limits: limits as unknown as Limits,
  operations: {
    ...settingsOperations,
    CreateBucket,
    DeleteBucket,
    GetBucketLocation,
    HeadBucket,
    ListBuckets,
  },
});
