import * as sdk from '@aws-sdk/client-s3-control';
import { defineService, type Limits } from '../../core/operation.ts';
import { s3Keys } from '../../identity/s3Keys.ts';
import {
  CreateAccessGrant,
  DeleteAccessGrant,
  GetAccessGrant,
  ListAccessGrants,
  ListCallerAccessGrants,
} from './accessGrants.ts';
import {
  DeleteAccessPointPolicy,
  GetAccessPointPolicy,
  GetAccessPointPolicyStatus,
  PutAccessPointPolicy,
} from './accessPointPolicies.ts';
import { CreateAccessPoint, DeleteAccessPoint, GetAccessPoint, ListAccessPoints } from './accessPoints.ts';
import { GetDataAccess } from './dataAccess.ts';
import {
  CreateAccessGrantsInstance,
  DeleteAccessGrantsInstance,
  DeleteAccessGrantsInstanceResourcePolicy,
  GetAccessGrantsInstance,
  GetAccessGrantsInstanceForPrefix,
  GetAccessGrantsInstanceResourcePolicy,
  ListAccessGrantsInstances,
  PutAccessGrantsInstanceResourcePolicy,
} from './grantsInstances.ts';
import {
  CreateAccessGrantsLocation,
  DeleteAccessGrantsLocation,
  GetAccessGrantsLocation,
  ListAccessGrantsLocations,
  UpdateAccessGrantsLocation,
} from './grantsLocations.ts';
import { AssociateAccessGrantsIdentityCenter, DissociateAccessGrantsIdentityCenter } from './identityCenters.ts';
import { UpdateJobPriority, UpdateJobStatus } from './jobChanges.ts';
import { CreateJob, DescribeJob, ListJobs } from './jobs.ts';
import { DeleteJobTagging, GetJobTagging, PutJobTagging } from './jobTagging.ts';
import limits from './limits.json' with { type: 'json' };
import {
  CreateMultiRegionAccessPoint,
  DeleteMultiRegionAccessPoint,
  GetMultiRegionAccessPoint,
  ListMultiRegionAccessPoints,
} from './multiRegionAccessPoints.ts';
import {
  GetMultiRegionAccessPointPolicy,
  GetMultiRegionAccessPointPolicyStatus,
  GetMultiRegionAccessPointRoutes,
  PutMultiRegionAccessPointPolicy,
  SubmitMultiRegionAccessPointRoutes,
} from './multiRegionPolicies.ts';
import { DescribeMultiRegionAccessPointOperation } from './multiRegionRequests.ts';
import { DeletePublicAccessBlock, GetPublicAccessBlock, PutPublicAccessBlock } from './publicAccess.ts';
import {
  DeleteStorageLensConfiguration,
  DeleteStorageLensConfigurationTagging,
  GetStorageLensConfiguration,
  GetStorageLensConfigurationTagging,
  ListStorageLensConfigurations,
  PutStorageLensConfiguration,
  PutStorageLensConfigurationTagging,
} from './storageLens.ts';
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
  keys: s3Keys,
  limits: limits as unknown as Limits,
  operations: {
    AssociateAccessGrantsIdentityCenter,
    CreateAccessGrant,
    CreateAccessGrantsInstance,
    CreateAccessGrantsLocation,
    CreateAccessPoint,
    CreateJob,
    CreateMultiRegionAccessPoint,
    DeleteAccessGrant,
    DeleteAccessGrantsInstance,
    DeleteAccessGrantsInstanceResourcePolicy,
    DeleteAccessGrantsLocation,
    DeleteAccessPoint,
    DeleteAccessPointPolicy,
    DeleteJobTagging,
    DeleteMultiRegionAccessPoint,
    DeletePublicAccessBlock,
    DeleteStorageLensConfiguration,
    DeleteStorageLensConfigurationTagging,
    DescribeJob,
    DescribeMultiRegionAccessPointOperation,
    DissociateAccessGrantsIdentityCenter,
    GetAccessGrant,
    GetAccessGrantsInstance,
    GetAccessGrantsInstanceForPrefix,
    GetAccessGrantsInstanceResourcePolicy,
    GetAccessGrantsLocation,
    GetAccessPoint,
    GetAccessPointPolicy,
    GetAccessPointPolicyStatus,
    GetDataAccess,
    GetJobTagging,
    GetMultiRegionAccessPoint,
    GetMultiRegionAccessPointPolicy,
    GetMultiRegionAccessPointPolicyStatus,
    GetMultiRegionAccessPointRoutes,
    GetPublicAccessBlock,
    GetStorageLensConfiguration,
    GetStorageLensConfigurationTagging,
    ListAccessGrants,
    ListAccessGrantsInstances,
    ListAccessGrantsLocations,
    ListAccessPoints,
    ListCallerAccessGrants,
    ListJobs,
    ListMultiRegionAccessPoints,
    ListStorageLensConfigurations,
    ListTagsForResource,
    PutAccessGrantsInstanceResourcePolicy,
    PutAccessPointPolicy,
    PutJobTagging,
    PutMultiRegionAccessPointPolicy,
    PutPublicAccessBlock,
    PutStorageLensConfiguration,
    PutStorageLensConfigurationTagging,
    SubmitMultiRegionAccessPointRoutes,
    TagResource,
    UntagResource,
    UpdateAccessGrantsLocation,
    UpdateJobPriority,
    UpdateJobStatus,
  },
});
