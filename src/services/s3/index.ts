import * as sdk from '@aws-sdk/client-s3';
import { defineService, type Limits } from '../../core/operation.ts';
import { s3Keys } from '../../identity/s3Keys.ts';
import { understood } from './addressing.ts';
import { afterwards } from './afterwards.ts';
import {
  DeleteObjectAnnotation,
  GetObjectAnnotation,
  ListObjectAnnotations,
  PutObjectAnnotation,
} from './annotations.ts';
import { batchOperations } from './batchOperations.ts';
import { bodyProved } from './bodyProofs.ts';
import { CreateBucket, DeleteBucket, GetBucketLocation, HeadBucket, ListBuckets } from './buckets.ts';
import { controlOperations } from './controlOperations.ts';
import { CopyObject } from './copyObject.ts';
import { UploadPartCopy } from './copyPart.ts';
import { DeleteObject, DeleteObjects } from './deleteObjects.ts';
import limits from './limits.json' with { type: 'json' };
import { ListObjects, ListObjectsV2 } from './listObjects.ts';
import { ListObjectVersions } from './listVersions.ts';
import { GetObjectAttributes } from './objectAttributes.ts';
import { DeleteObjectTagging, GetObjectTagging, PutObjectTagging } from './objectTags.ts';
import { PutObject } from './putObject.ts';
import { GetObject, HeadObject } from './readObjects.ts';
import { refusalOf } from './refusals.ts';
import { replicationOperations } from './replicationOperations.ts';
import { SelectObjectContent } from './select/selectObjectContent.ts';
import { settingsOperations } from './settingsOperations.ts';
import { CompleteMultipartUpload } from './uploadCompletions.ts';
import { ListMultipartUploads, ListParts } from './uploadLists.ts';
import { AbortMultipartUpload, CreateMultipartUpload, UploadPart } from './uploads.ts';
import { GetBucketVersioning, PutBucketVersioning } from './versioning.ts';

export const s3 = defineService({
  name: 's3',
  eventSource: 's3.amazonaws.com',
  sdk,
  wire: {
    protocols: ['restXml'],
    version: '2006-03-01',
    xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
    keepsEncoding: true,
    // A part of an object is Partial Content.
    statusOf: (output) => ('ContentRange' in output ? 206 : undefined),
  },
  anonymous: true,
  understood,
  bodyProved,
  keys: s3Keys,
  refusalOf,
  afterwards,
  inner: { ...batchOperations, ...controlOperations, ...replicationOperations },
  limits: limits as unknown as Limits,
  operations: {
    ...settingsOperations,
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CopyObject,
    CreateBucket,
    CreateMultipartUpload,
    DeleteBucket,
    DeleteObject,
    DeleteObjectAnnotation,
    DeleteObjectTagging,
    DeleteObjects,
    GetBucketLocation,
    GetBucketVersioning,
    GetObject,
    GetObjectAnnotation,
    GetObjectAttributes,
    GetObjectTagging,
    HeadBucket,
    HeadObject,
    ListBuckets,
    ListMultipartUploads,
    ListObjectAnnotations,
    ListObjectVersions,
    ListObjects,
    ListObjectsV2,
    ListParts,
    PutBucketVersioning,
    PutObject,
    PutObjectAnnotation,
    PutObjectTagging,
    SelectObjectContent,
    UploadPart,
    UploadPartCopy,
  },
});
