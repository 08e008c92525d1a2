/** CreateKey. */
import {
  type CreateKeyRequest,
  type CreateKeyResponse,
  type KeyUsageType,
  LimitExceededException,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail, ValidationFailure } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { ensureLinkedRole } from '../../identity/linkedRoles.ts';
import { bypass, keyConditions } from './conditions.ts';
import { metadataOf } from './keyMetadata.ts';
import { acceptedPolicy } from './keyPolicies.ts';
import { requireSpecHere, specOf } from './keySpecs.ts';
import { type Key, keyArn, keys } from './keys.ts';
import { diceOf, materialInStore, storeAsked } from './keysInStores.ts';
import { makeMaterial } from './materials.ts';
import { forgetDeletedKeys } from './reaper.ts';
import { noteKey } from './resolve.ts';
import { acceptedTags, tagConditions } from './tags.ts';

type Input = Present<CreateKeyRequest>;

/** https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-auth-slr.html */
const MULTI_REGION_ROLE = 'AWSServiceRoleForKeyManagementServiceMultiRegionKeys';

export const CreateKey: Operation<Input, CreateKeyResponse> = {
  access(input, ctx) {
    const asked: Access = {
      resource: '*',
      conditions: { ...keyConditions(ctx, undefined, undefined), ...asks(input) },
    };
    return input.Tags?.length ? [asked, { ...asked, action: 'kms:TagResource' }] : asked;
  },
  async run(input, ctx) {
    await forgetDeletedKeys(ctx);
    const { spec, usage } = purposeOf(input);
    const origin = input.Origin ?? 'AWS_KMS';
    const store = await storeAsked(ctx, input, spec);
    const id = input.MultiRegion ? `mrk-${uuid(ctx).replaceAll('-', '')}` : uuid(store ? diceOf(ctx) : ctx);
    const owner = { account: ctx.account, region: ctx.region, id, spec };
    const tags = acceptedTags([], input.Tags ?? []);
    const accepted = await acceptedPolicy(ctx, keyArn(owner), input.Policy, input.BypassPolicyLockoutSafetyCheck);
    await requireRoom(ctx, ctx.region);
    if (input.MultiRegion) await ensureLinkedRole(ctx, 'mrk.kms.amazonaws.com', MULTI_REGION_ROLE);
    const material = store
      ? await materialInStore(ctx, store, owner, input.XksKeyId)
      : origin === 'AWS_KMS'
        ? await makeMaterial(ctx, owner, 0)
        : undefined;
    const key: Key = {
      ...owner,
      created: ctx.now.toISOString(),
      description: input.Description ?? '',
      usage,
      origin,
      manager: 'CUSTOMER',
      enabled: true,
      ...accepted,
      tags,
      aliases: [],
      ...(material && { material: { backing: material.backing, id: material.id } }),
      generations: material ? 1 : 0,
      ...(input.MultiRegion && { multiRegion: { type: 'PRIMARY', primaryRegion: ctx.region } }),
      ...(store && { keyStore: { id: store.id, ...(input.XksKeyId !== undefined && { xksKeyId: input.XksKeyId }) } }),
      rotationsOnDemand: 0,
    };
    await ctx.store.insert(keys, key);
    noteKey(ctx, key);
    noteDefaults(ctx, input, key);
    if (material?.outside) {
      ctx.audit.additionalEventData = { backingKey: JSON.stringify({ backingKeyId: material.backing }) };
    }
    return { KeyMetadata: await metadataOf(ctx, key) };
  },
};

/** For one more key in the Region. */
export async function requireRoom(ctx: Context, region: string): Promise<void> {
  const max = quota(ctx, 'KmsKeysQuota', 100_000);
  if (await ctx.store.fits(keys, [ctx.account, region], max, 'managed')) return;
  fail(LimitExceededException, `You have reached your limit of KMS keys in ${region}.`);
}

/** The request's condition keys, also of what it leaves to the defaults. */
function asks(input: Input) {
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
  const usage = input.KeyUsage ?? 'ENCRYPT_DECRYPT';
  return {
    'kms:KeySpec': spec,
    'kms:CustomerMasterKeySpec': spec,
    'kms:KeyUsage': usage,
    'kms:CustomerMasterKeyUsage': usage,
    'kms:KeyOrigin': input.Origin ?? 'AWS_KMS',
    'kms:MultiRegion': String(input.MultiRegion ?? false),
    'kms:MultiRegionKeyType': input.MultiRegion ? 'PRIMARY' : undefined,
    'kms:BypassPolicyLockoutSafetyCheck': bypass(input.BypassPolicyLockoutSafetyCheck),
    ...tagConditions(input.Tags),
  };
}

function purposeOf(input: Input): { spec: string; usage: KeyUsageType } {
  if (input.KeySpec && input.CustomerMasterKeySpec) {
    throw new ValidationFailure('You cannot specify KeySpec and CustomerMasterKeySpec in the same request.');
  }
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
  requireSpecHere('KeySpec', spec);
  if (!input.KeyUsage && spec !== 'SYMMETRIC_DEFAULT') {
    throw new ValidationFailure(
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    );
  }
  const usage = input.KeyUsage ?? 'ENCRYPT_DECRYPT';
  if (!specOf(spec).usages[usage]) {
    throw new ValidationFailure(`KeyUsage ${usage} is not compatible with KeySpec ${spec}`);
  }
  if (input.Origin === 'EXTERNAL' && !specOf(spec).importable) {
    throw new ValidationFailure(`Origin EXTERNAL is not compatible with KeySpec ${spec}`);
  }
  return { spec, usage };
}

function noteDefaults(ctx: Context, input: Input, key: Key): void {
  ctx.audit.requestParameters = {
    description: key.description,
    origin: key.origin,
    bypassPolicyLockoutSafetyCheck: input.BypassPolicyLockoutSafetyCheck ?? false,
    customerMasterKeySpec: key.spec,
    keySpec: key.spec,
    keyUsage: key.usage,
    multiRegion: key.multiRegion !== undefined,
  };
}
