import * as sdk from '@aws-sdk/client-kms';
import { defineService } from '../../core/operation.ts';
import { CreateAlias, DeleteAlias, ListAliases, UpdateAlias } from './aliases.ts';
import { CreateKey } from './createKey.ts';
import {
  GenerateDataKey,
  GenerateDataKeyPair,
  GenerateDataKeyPairWithoutPlaintext,
  GenerateDataKeyWithoutPlaintext,
} from './dataKeys.ts';
import { Decrypt, Encrypt, ReEncrypt } from './encryption.ts';
import { CreateGrant, ListGrants, ListRetirableGrants, RetireGrant, RevokeGrant } from './grants.ts';
import { DeleteImportedKeyMaterial, GetParametersForImport, ImportKeyMaterial } from './imports.ts';
import { DescribeKey, ListKeys, UpdateKeyDescription } from './keyMetadata.ts';
import { GetKeyPolicy, ListKeyPolicies, PutKeyPolicy } from './keyPolicies.ts';
import { ConnectCustomKeyStore, DisconnectCustomKeyStore } from './keyStoreConnections.ts';
import {
  CreateCustomKeyStore,
  DeleteCustomKeyStore,
  DescribeCustomKeyStores,
  UpdateCustomKeyStore,
} from './keyStores.ts';
import { GetKeyLastUsage } from './lastUsage.ts';
import { CancelKeyDeletion, DisableKey, EnableKey, ScheduleKeyDeletion } from './lifecycle.ts';
import { limits } from './limits.ts';
import { ReplicateKey, UpdatePrimaryRegion } from './multiRegion.ts';
import { Decapsulate, DeriveSharedSecret, Encapsulate, GetPublicKey } from './publicKeys.ts';
import { GenerateRandom } from './randomBytes.ts';
import {
  DisableKeyRotation,
  EnableKeyRotation,
  GetKeyRotationStatus,
  ListKeyRotations,
  RotateKeyOnDemand,
} from './rotation.ts';
import { GenerateMac, Sign, Verify, VerifyMac } from './signing.ts';
import { ListResourceTags, TagResource, UntagResource } from './tags.ts';

export const kms = defineService({
  name: 'kms',
  eventSource: 'kms.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'TrentService', version: '2014-11-01' },
  limits,
  operations: {
    CancelKeyDeletion,
    ConnectCustomKeyStore,
    CreateAlias,
    CreateCustomKeyStore,
    CreateGrant,
    CreateKey,
    Decapsulate,
    Decrypt,
    DeleteAlias,
    DeleteCustomKeyStore,
    DeleteImportedKeyMaterial,
    DeriveSharedSecret,
    DescribeCustomKeyStores,
    DescribeKey,
    DisableKey,
    DisableKeyRotation,
    DisconnectCustomKeyStore,
    EnableKey,
    EnableKeyRotation,
    Encapsulate,
    Encrypt,
    GenerateDataKey,
    GenerateDataKeyPair,
    GenerateDataKeyPairWithoutPlaintext,
    GenerateDataKeyWithoutPlaintext,
    GenerateMac,
    GenerateRandom,
    GetKeyLastUsage,
    GetKeyPolicy,
    GetKeyRotationStatus,
    GetParametersForImport,
    GetPublicKey,
    ImportKeyMaterial,
    ListAliases,
    ListGrants,
    ListKeyPolicies,
    ListKeyRotations,
    ListKeys,
    ListResourceTags,
    ListRetirableGrants,
    PutKeyPolicy,
    ReEncrypt,
    ReplicateKey,
    RetireGrant,
    RevokeGrant,
    RotateKeyOnDemand,
    ScheduleKeyDeletion,
    Sign,
    TagResource,
    UntagResource,
    UpdateAlias,
    UpdateCustomKeyStore,
    UpdateKeyDescription,
    UpdatePrimaryRegion,
    Verify,
    VerifyMac,
  },
});
