import * as sdk from '@aws-sdk/client-kms';
import { defineService, type Limits } from '../../core/operation.ts';
import { CreateAlias, DeleteAlias, ListAliases, UpdateAlias } from './aliases.ts';
import { CreateKey } from './createKey.ts';
import { GenerateDataKey, GenerateDataKeyWithoutPlaintext, GenerateRandom } from './dataKeys.ts';
import { Decrypt, Encrypt, ReEncrypt } from './encryption.ts';
import { DescribeKey, ListKeys, UpdateKeyDescription } from './keyMetadata.ts';
import { GetKeyPolicy, ListKeyPolicies, PutKeyPolicy } from './keyPolicies.ts';
import { CancelKeyDeletion, DisableKey, EnableKey, ScheduleKeyDeletion } from './lifecycle.ts';
import limits from './limits.json' with { type: 'json' };
import { ListResourceTags, TagResource, UntagResource } from './tags.ts';

export const kms = defineService({
  name: 'kms',
  eventSource: 'kms.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'TrentService', version: '2014-11-01' },
  limits: withoutBlob(limits as unknown as Limits),
  operations: {
    CancelKeyDeletion,
    CreateAlias,
    CreateKey,
    Decrypt,
    DeleteAlias,
    DescribeKey,
    DisableKey,
    EnableKey,
    Encrypt,
    GenerateDataKey,
    GenerateDataKeyWithoutPlaintext,
    GenerateRandom,
    GetKeyPolicy,
    ListAliases,
    ListKeyPolicies,
    ListKeys,
    ListResourceTags,
    PutKeyPolicy,
    ReEncrypt,
    ScheduleKeyDeletion,
    TagResource,
    UntagResource,
    UpdateAlias,
    UpdateKeyDescription,
  },
});

/** A dry run may leave the ciphertext out (`IGNORE_CIPHERTEXT`), which the published model does not know yet. */
function withoutBlob(limits: Limits): Limits {
  const relaxed = (name: string) => {
    const { CiphertextBlob, ...rest } = limits[name] ?? {};
    return { [name]: { ...rest, CiphertextBlob: { length: CiphertextBlob?.length ?? [1, 6144] } } };
  };
  return { ...limits, ...relaxed('Decrypt'), ...relaxed('ReEncrypt') };
}
