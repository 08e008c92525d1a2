import * as sdk from '@aws-sdk/client-s3-control';
import { defineService, type Limits } from '../../core/operation.ts';
import {
  DeleteAccessPointPolicy,
  GetAccessPointPolicy,
  GetAccessPointPolicyStatus,
  PutAccessPointPolicy,
} from './accessPointPolicies.ts';
import { CreateAccessPoint, DeleteAccessPoint, GetAccessPoint, ListAccessPoints } from './accessPoints.ts';
import limits from './limits.json' with { type: 'json' };
import { DeletePublicAccessBlock, GetPublicAccessBlock, PutPublicAccessBlock } from './publicAccess.ts';
import { ListTagsForResource, TagResource, UntagResource } from './tagging.ts';

export const s3control = defineService({
  name: 's3-control',
  prefix: 's3',
  eventSource: 's3.amazonaws.com',
  sdk,
  wire: {
    protocols: ['restXml'],
    version: '2018-08-20',
    xmlNamespace: 'http://awss3control.amazonaws.com/doc/2018-08-20/',
  },
  limits: limits as unknown as Limits,
  operations: {
    CreateAccessPoint,
    DeleteAccessPoint,
    DeleteAccessPointPolicy,
    DeletePublicAccessBlock,
    GetAccessPoint,
    GetAccessPointPolicy,
    GetAccessPointPolicyStatus,
    GetPublicAccessBlock,
    ListAccessPoints,
    ListTagsForResource,
    PutAccessPointPolicy,
    PutPublicAccessBlock,
    TagResource,
    UntagResource,
  },
});
