/** Switching automatic rotation on and off, rotating on demand, and telling what was rotated when. */
import {
  ConflictException,
  type DisableKeyRotationRequest,
  type EnableKeyRotationRequest,
  type GetKeyRotationStatusRequest,
  type GetKeyRotationStatusResponse,
  type KeyMaterialState,
  KMSInvalidStateException,
  LimitExceededException,
  type ListKeyRotationsRequest,
  type ListKeyRotationsResponse,
  type RotateKeyOnDemandRequest,
  type RotateKeyOnDemandResponse,
  type RotationsListEntry,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { relatedKeys } from './keyMetadata.ts';
import { type Key, keyArn, keys, requireState, unsupported } from './keys.ts';
import { isUsable, type Material, materials, materialsOf } from './materials.ts';
import { noteRotation } from './ownEvents.ts';
import { itemsPage } from './pages.ts';
import { onKey } from './resolve.ts';
import { daysAfter, rotate, rotated } from './rotationSchedule.ts';

const PERIOD_DAYS = 365;
/** This long before an automatic rotation nobody rotates on demand. */
const SOON_MS = 20 * 60_000;

export const EnableKeyRotation = onKey<Present<EnableKeyRotationRequest>, object>({
  state: 'any',
  conditions: (input) => ({ 'kms:RotationPeriodInDays': String(input.RotationPeriodInDays ?? PERIOD_DAYS) }),
  async run(input, ctx, found) {
    requireScheduled(ctx, found);
    const key = await rotated(ctx, found);
    const periodDays = input.RotationPeriodInDays ?? key.rotation?.periodDays ?? PERIOD_DAYS;
    if (key.rotation?.periodDays === periodDays) return {};
    await ctx.store.replace(keys, { ...key, rotation: { periodDays, next: daysAfter(ctx.now, periodDays) } });
    return {};
  },
});

export const DisableKeyRotation = onKey<Present<DisableKeyRotationRequest>, object>({
  state: 'any',
  async run(_input, ctx, key) {
    requireScheduled(ctx, key);
    const { rotation: _, ...rest } = await rotated(ctx, key);
    await ctx.store.replace(keys, rest);
    return {};
  },
});

export const GetKeyRotationStatus = onKey<Present<GetKeyRotationStatusRequest>, GetKeyRotationStatusResponse>({
  state: 'any',
  async run(_input, ctx, found) {
    if (found.keyStore) requireSymmetric(found);
    // Of other keys that cannot be rotated the status is simply that they are not.
    const key = await rotated(ctx, found);
    const { rotation } = (await primaryOf(ctx, key)) ?? key;
    const isOff = !rotation || key.deletion !== undefined;
    return {
      KeyId: keyArn(key),
      KeyRotationEnabled: !isOff,
      ...(rotation &&
        !isOff && { RotationPeriodInDays: rotation.periodDays, NextRotationDate: new Date(rotation.next) }),
    };
  },
});

export const RotateKeyOnDemand = onKey<Present<RotateKeyOnDemandRequest>, RotateKeyOnDemandResponse>({
  state: 'enabled',
  async run(_input, ctx, found) {
    requireRotatable(found);
    const key = await rotated(ctx, found);
    if (key.rotationsOnDemand >= quota(ctx, 'OnDemandRotationsPerKeyQuota', 25)) {
      fail(
        LimitExceededException,
        `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${keyArn(key)}`,
      );
    }
    if (key.rotation && Date.parse(key.rotation.next) - ctx.now.getTime() <= SOON_MS) {
      fail(ConflictException, `An automatic rotation of ${keyArn(key)} is about to begin. Try again later.`);
    }
    const now = ctx.now.toISOString();
    const fresh =
      key.origin === 'EXTERNAL' ? await useWaiting(ctx, key, now) : await rotate(ctx, key, 'ON_DEMAND', now);
    await ctx.store.replace(keys, { ...fresh, rotationsOnDemand: key.rotationsOnDemand + 1 });
    return { KeyId: keyArn(key) };
  },
});

/** Imported material takes over when it lies ready in every Region of the key. */
async function useWaiting(ctx: Context, key: Key, date: string): Promise<Key> {
  const waiting = (await materialsOf(ctx, key)).find((material) => material.imported?.waiting);
  if (!waiting || !isUsable(waiting, ctx.now)) {
    fail(KMSInvalidStateException, `${keyArn(key)} has no key material that is pending rotation.`);
  }
  for (const related of await relatedKeys(ctx, key)) {
    const material = await ctx.store.get(materials, [related.region, waiting.backing]);
    if (!material || !isUsable(material, ctx.now)) {
      fail(KMSInvalidStateException, `${keyArn(related)} is pending import of the key material to rotate to.`);
    }
    const { waiting: _, ...imported } = material.imported!;
    await ctx.store.replace(materials, { ...material, imported, rotated: { date, type: 'ON_DEMAND' } });
    const change = { material: { backing: waiting.backing, id: waiting.id } };
    if (related.region !== key.region) await ctx.store.replace(keys, { ...related, ...change });
  }
  noteRotation(ctx, key, 'ON_DEMAND', waiting.id);
  return { ...key, material: { backing: waiting.backing, id: waiting.id } };
}

export const ListKeyRotations = onKey<Present<ListKeyRotationsRequest>, ListKeyRotationsResponse>({
  state: 'any',
  async run(input, ctx, found) {
    requireSymmetric(found);
    const key = await rotated(ctx, found);
    const all = await materialsOf(ctx, key);
    const everything = input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL';
    const shown = everything ? all : all.filter((material) => material.rotated !== undefined);
    const { items, page } = itemsPage(shown, input, 100);
    const views = items.map(async (material) =>
      rotationView(ctx, key, material, await stateOfMaterial(ctx, key, material)),
    );
    return { Rotations: await Promise.all(views), ...page };
  },
});

async function stateOfMaterial(ctx: Context, key: Key, { id, backing, imported }: Material): Promise<KeyMaterialState> {
  if (!imported?.waiting) return id === key.material?.id ? 'CURRENT' : 'NON_CURRENT';
  for (const { region } of key.multiRegion ? await relatedKeys(ctx, key) : []) {
    const there = await ctx.store.get(materials, [region, backing]);
    if (!there || !isUsable(there, ctx.now)) return 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION';
  }
  return 'PENDING_ROTATION';
}

function rotationView(ctx: Context, key: Key, material: Material, state: KeyMaterialState): RotationsListEntry {
  const { imported, rotated: done } = material;
  return {
    KeyId: keyArn(key),
    KeyMaterialId: material.id,
    KeyMaterialState: state,
    ...(imported && {
      ImportState: isUsable(material, ctx.now) ? 'IMPORTED' : 'PENDING_IMPORT',
      ...(imported.description !== undefined && { KeyMaterialDescription: imported.description }),
      ...(isUsable(material, ctx.now) &&
        (imported.expires === undefined
          ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
          : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: new Date(imported.expires) })),
    }),
    ...(done && { RotationDate: new Date(done.date), RotationType: done.type }),
  };
}

const primaryOf = async (ctx: Context, key: Key): Promise<Key | undefined> =>
  key.multiRegion && ctx.store.get(keys, [key.account, key.multiRegion.primaryRegion, key.id]);

function requireSymmetric(key: Key): void {
  if (key.keyStore) unsupported(`${keyArn(key)} origin is ${key.origin} which is not valid for this operation.`);
  if (key.spec !== 'SYMMETRIC_DEFAULT') {
    unsupported(`${keyArn(key)} key spec is ${key.spec} which is not valid for this operation.`);
  }
}

function requireRotatable(key: Key): void {
  requireSymmetric(key);
  if (key.multiRegion?.type === 'REPLICA') {
    unsupported(`${keyArn(key)} is a replica key. Rotation is set on the primary key.`);
  }
}

/** For automatic rotation. What never can be is told before what cannot be now. */
function requireScheduled(ctx: Context, key: Key): void {
  requireRotatable(key);
  if (key.origin !== 'AWS_KMS') {
    unsupported(`${keyArn(key)} origin is ${key.origin} which is not valid for this operation.`);
  }
  requireState(ctx, key, 'enabled');
}
