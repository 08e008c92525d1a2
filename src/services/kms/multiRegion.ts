/** Multi-Region keys: one key id and one material in several Regions. All else is each key's own. */
import {
  AlreadyExistsException,
  NotFoundException,
  type ReplicateKeyRequest,
  type ReplicateKeyResponse,
  type UpdatePrimaryRegionRequest,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail, ValidationFailure } from '../../core/errors.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { accounts } from '../../identity/organization.ts';
import { regionStatus } from '../../identity/regions.ts';
import { bypass } from './conditions.ts';
import { requireRoom } from './createKey.ts';
import { metadataOf, relatedKeys } from './keyMetadata.ts';
import { acceptedPolicy } from './keyPolicies.ts';
import { type Key, keyArn, keys, requireState, stateOf, unsupported } from './keys.ts';
import { copyMaterial, materials, materialsOf } from './materials.ts';
import { recordCreation, recordPrimary } from './otherRegions.ts';
import { noteSynchronization } from './ownEvents.ts';
import { forget } from './reaper.ts';
import { type Found, findKey, keyAccess, onKey, presentKey } from './resolve.ts';
import { rotated } from './rotationSchedule.ts';
import { acceptedTags, tagConditions } from './tags.ts';

type Replicate = Present<ReplicateKeyRequest>;

export const ReplicateKey = onKey<Replicate, ReplicateKeyResponse>({
  state: 'enabled',
  conditions: (input) => ({
    'kms:ReplicaRegion': input.ReplicaRegion,
    'kms:BypassPolicyLockoutSafetyCheck': bypass(input.BypassPolicyLockoutSafetyCheck),
  }),
  also: (input, _ctx, { key }) => creationOf(input, key),
  async run(input, ctx, found) {
    const key = await rotated(ctx, found);
    requirePrimary(key);
    await requireRegion(ctx, key, input.ReplicaRegion);
    const there = await ctx.store.get(keys, [key.account, input.ReplicaRegion, key.id]);
    if (there && stateOf(there, ctx.now) !== undefined) {
      fail(AlreadyExistsException, `${keyArn(there)} already exists.`);
    }
    if (there) await forget(ctx, there);
    await requireRoom(ctx, input.ReplicaRegion);
    const replica = await replicaOf(ctx, key, input);
    await ctx.store.replace(keys, replica);
    for (const material of await materialsOf(ctx, key)) {
      await copyMaterial(ctx, material, replica);
      if (key.origin !== 'EXTERNAL') continue;
      const { sealed: _, ...name } = material;
      await ctx.store.replace(materials, { ...name, region: replica.region });
    }
    const ReplicaKeyMetadata = await metadataOf(ctx, replica);
    recordCreation(ctx, replica, input, ReplicaKeyMetadata);
    noteSynchronization(ctx, key);
    return {
      ReplicaKeyMetadata,
      ReplicaPolicy: replica.policyGiven ?? replica.policy,
      ReplicaTags: replica.tags.map(({ Key, Value }) => ({ TagKey: Key, TagValue: Value })),
    };
  },
});

/** The replica is a new key in its Region: that needs permission to create one there. */
function creationOf(input: Replicate, key: Key | undefined): Access[] {
  const asked: Access = {
    action: 'kms:CreateKey',
    resource: '*',
    conditions: {
      'aws:RequestedRegion': input.ReplicaRegion,
      'kms:KeySpec': key?.spec,
      'kms:KeyUsage': key?.usage,
      'kms:KeyOrigin': key?.origin,
      'kms:MultiRegion': 'true',
      'kms:MultiRegionKeyType': 'REPLICA',
      'kms:ReplicaRegion': input.ReplicaRegion,
      ...tagConditions(input.Tags),
    },
  };
  return input.Tags?.length ? [asked, { ...asked, action: 'kms:TagResource' }] : [asked];
}

function requirePrimary(key: Key): void {
  if (!key.multiRegion) unsupported(`${keyArn(key)} is not a multi-Region key.`);
  if (key.multiRegion?.type === 'REPLICA') unsupported(`${keyArn(key)} is not a multi-Region primary key.`);
}

async function requireRegion(ctx: Context, key: Key, region: string): Promise<void> {
  const account = await ctx.store.get(accounts, [key.account]);
  const status = account && regionStatus(account, region, ctx.now);
  const isUsable = status === 'ENABLED' || status === 'ENABLED_BY_DEFAULT';
  if (region === key.region || !isUsable) throw new ValidationFailure(`Invalid replica Region ${region}.`);
}

async function replicaOf(ctx: Context, key: Key, input: Replicate): Promise<Key> {
  const { rotation: _r, deletion: _d, granted: _g, imported: _i, policy: _p, policyGiven: _w, ...shared } = key;
  const owner = { account: key.account, region: input.ReplicaRegion, id: key.id };
  return {
    ...shared,
    ...owner,
    created: ctx.now.toISOString(),
    description: input.Description ?? '',
    enabled: true,
    ...(await acceptedPolicy(ctx, keyArn(owner), input.Policy, input.BypassPolicyLockoutSafetyCheck)),
    tags: acceptedTags([], input.Tags ?? []),
    aliases: [],
    ...(key.origin === 'EXTERNAL' && { imported: { whole: false } }),
    multiRegion: { type: 'REPLICA', primaryRegion: key.region },
  };
}

interface Move {
  readonly primary: Found;
  readonly replica: Found;
}

export const UpdatePrimaryRegion: Operation<Present<UpdatePrimaryRegionRequest>, object, Move> = {
  async load(input, ctx) {
    const primary = await findKey(ctx, input.KeyId, false);
    if (!primary.key) return { primary, replica: primary };
    const { account, id } = primary.key;
    const arn = keyArn({ account, region: input.PrimaryRegion, id });
    return { primary, replica: await findKey({ ...ctx, region: input.PrimaryRegion }, arn, false) };
  },
  access: (input, ctx, { primary, replica }) => {
    const asked = { 'kms:PrimaryRegion': input.PrimaryRegion };
    return [
      keyAccess(ctx, primary, asked),
      keyAccess(ctx, replica, { ...asked, 'aws:RequestedRegion': input.PrimaryRegion }),
    ];
  },
  async run(input, ctx, { primary, replica }) {
    const key = await rotated(ctx, presentKey(ctx, primary));
    requirePrimary(key);
    requireState(ctx, key, 'enabled');
    if (input.PrimaryRegion === key.region) throw new ValidationFailure(`${keyArn(key)} is already the primary key.`);
    if (!replica.key) fail(NotFoundException, `Key '${replica.arn}' does not exist`);
    requireState(ctx, replica.key, 'enabled');
    const { rotation } = key;
    for (const related of await relatedKeys(ctx, key)) {
      const isNext = related.region === input.PrimaryRegion;
      const { rotation: _, ...rest } = related;
      await ctx.store.replace(keys, {
        ...rest,
        ...(isNext && rotation && { rotation }),
        multiRegion: { type: isNext ? 'PRIMARY' : 'REPLICA', primaryRegion: input.PrimaryRegion },
      });
    }
    ctx.audit.responseElements = { keyId: keyArn(key) };
    recordPrimary(ctx, replica.key);
    return {};
  },
};
