import * as sdk from '@aws-sdk/client-kms';
import { defineService } from '../../core/operation.ts';
import { CreateAlias, DeleteAlias, ListAliases, UpdateAlias } from './aliases.ts';
import { CreateKey } from './createKey.ts';
import { GenerateDataKey, GenerateDataKeyWithoutPlaintext, GenerateRandom } from './dataKeys.ts';
import { Decrypt, Encrypt, ReEncrypt } from './encryption.ts';
import { CreateGrant, ListGrants, ListRetirableGrants, RetireGrant, RevokeGrant } from './grants.ts';
import { DescribeKey, ListKeys, UpdateKeyDescription } from './keyMetadata.ts';
import { GetKeyPolicy, ListKeyPolicies, PutKeyPolicy } from './keyPolicies.ts';
import { CancelKeyDeletion, DisableKey, EnableKey, ScheduleKeyDeletion } from './lifecycle.ts';
import { limits } from './limits.ts';
import {
  DisableKeyRotation,
  EnableKeyRotation,
  GetKeyRotationStatus,
  ListKeyRotations,
  RotateKeyOnDemand,
} from './rotation.ts';
import { ListResourceTags, TagResource, UntagResource } from './tags.ts';

export const kms = defineService({
  name: 'kms',
  eventSource: 'kms.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'TrentService', version: '2014-11-01' },
  limits,
  operations: {
    CancelKeyDeletion,
    CreateAlias,
    CreateGrant,
    CreateKey,
    Decrypt,
    DeleteAlias,
    DescribeKey,
    DisableKey,
    DisableKeyRotation,
    EnableKey,
    EnableKeyRotation,
    Encrypt,
    GenerateDataKey,
    GenerateDataKeyWithoutPlaintext,
    GenerateRandom,
    GetKeyPolicy,
    GetKeyRotationStatus,
    ListAliases,
    ListGrants,
    ListKeyPolicies,
    ListKeyRotations,
    ListKeys,
    ListResourceTags,
    ListRetirableGrants,
    PutKeyPolicy,
    ReEncrypt,
    RetireGrant,
    RevokeGrant,
    RotateKeyOnDemand,
    ScheduleKeyDeletion,
    TagResource,
    UntagResource,
    UpdateAlias,
    UpdateKeyDescription,
  },
});
