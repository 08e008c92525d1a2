/** DescribeKey, ListKeys, UpdateKeyDescription: what there is to know of a key. */
import type {
  CustomerMasterKeySpec,
  DescribeKeyRequest,
  DescribeKeyResponse,
  KeyMetadata,
  KeySpec,
  KeyState,
  ListKeysRequest,
  ListKeysResponse,
  MultiRegionConfiguration,
  UpdateKeyDescriptionRequest,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { type Algorithms, algorithmsOf } from './keySpecs.ts';
import { storeOf } from './keyStoreRows.ts';
import { type Key, keyArn, keys, stateOf } from './keys.ts';
import { rowsPage } from './pages.ts';
import { forgetDeletedKeys } from './reaper.ts';
import { onKey } from './resolve.ts';
import { rotated } from './rotationSchedule.ts';

export const DescribeKey = onKey<Present<DescribeKeyRequest>, DescribeKeyResponse>({
  operation: 'DescribeKey',
  aliases: true,
  state: 'any',
  async run(_input, ctx, key) {
    ctx.audit.responseElements = null;
    return { KeyMetadata: await metadataOf(ctx, await rotated(ctx, key)) };
  },
});

export const ListKeys: Operation<Present<ListKeysRequest>, ListKeysResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    await forgetDeletedKeys(ctx);
    const { rows, page } = await rowsPage(ctx, keys, [ctx.account, ctx.region], input, { standard: 100 });
    const there = rows.filter((key) => stateOf(key, ctx.now) !== undefined);
    return { Keys: there.map((key) => ({ KeyId: key.id, KeyArn: keyArn(key) })), ...page };
  },
};

export const UpdateKeyDescription = onKey<Present<UpdateKeyDescriptionRequest>, object>({
  state: 'kept',
  async run(input, ctx, key) {
    await ctx.store.replace(keys, { ...key, description: input.Description });
    return {};
  },
});

export async function metadataOf(ctx: Context, key: Key): Promise<KeyMetadata> {
  const store = await storeOf(ctx, key);
  const state = store ? stateIn(store, key, ctx.now) : (stateOf(key, ctx.now) ?? 'PendingDeletion');
  const algorithms = algorithmsOf(key.spec, key.usage);
  return {
    AWSAccountId: key.account,
    KeyId: key.id,
    Arn: keyArn(key),
    CreationDate: new Date(key.created),
    Enabled: state === 'Enabled',
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: state,
    ...deletionOf(key, state),
    Origin: key.origin,
    ...expiryOf(key, state),
    KeyManager: key.manager,
    CustomerMasterKeySpec: key.spec as CustomerMasterKeySpec,
    KeySpec: key.spec as KeySpec,
    ...copied(algorithms),
    MultiRegion: key.multiRegion !== undefined,
    ...(key.multiRegion && { MultiRegionConfiguration: await multiRegionOf(ctx, key) }),
    ...(key.spec === 'SYMMETRIC_DEFAULT' && key.material && !key.keyStore && { CurrentKeyMaterialId: key.material.id }),
    ...(key.keyStore && { CustomKeyStoreId: key.keyStore.id }),
    ...(store?.cluster && { CloudHsmClusterId: store.cluster.id }),
    ...(key.keyStore?.xksKeyId !== undefined && { XksKeyConfiguration: { Id: key.keyStore.xksKeyId } }),
  };
}

/** Disconnected, a key store makes its keys unavailable, enabled or not. */
function stateIn({ state }: { readonly state: string }, key: Key, now: Date): KeyState {
  const own = stateOf(key, now) ?? 'PendingDeletion';
  return own === 'PendingDeletion' || state === 'CONNECTED' ? own : 'Unavailable';
}

const copied = (algorithms: Algorithms) =>
  Object.fromEntries(Object.entries(algorithms).map(([name, values]) => [name, [...values]])) as Partial<KeyMetadata>;

function deletionOf({ deletion }: Key, state: string): Partial<KeyMetadata> {
  if (!deletion) return {};
  if (state === 'PendingReplicaDeletion') return { PendingDeletionWindowInDays: deletion.windowDays };
  return { DeletionDate: new Date(deletion.date!) };
}

function expiryOf({ origin, imported }: Key, state: string): Partial<KeyMetadata> {
  if (origin !== 'EXTERNAL' || !imported?.whole || state === 'PendingImport') return {};
  if (imported.expires === undefined) return { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' };
  return { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: new Date(imported.expires) };
}

/** Every key of a multi-Region key that still exists, in the order of their Regions. */
export async function relatedKeys(ctx: Context, key: Key): Promise<readonly Key[]> {
  if (!key.multiRegion) return [key];
  const { rows } = await ctx.store.list(keys, [key.account, key.id], { limit: 100, index: 'multiRegion' });
  return rows.filter((row) => row.region === key.region || stateOf(row, ctx.now) !== undefined);
}

async function multiRegionOf(ctx: Context, key: Key): Promise<MultiRegionConfiguration> {
  const related = await relatedKeys(ctx, key);
  const named = (row: Key) => ({ Arn: keyArn(row), Region: row.region });
  const primary = related.find((row) => row.multiRegion?.type === 'PRIMARY');
  return {
    MultiRegionKeyType: key.multiRegion!.type,
    PrimaryKey: primary && named(primary),
    ReplicaKeys: related.filter((row) => row.multiRegion?.type === 'REPLICA').map(named),
  };
}
