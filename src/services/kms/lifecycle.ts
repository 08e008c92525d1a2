/** Enabling, disabling, and deletion after a waiting period. */
import {
  type CancelKeyDeletionRequest,
  type CancelKeyDeletionResponse,
  type DisableKeyRequest,
  type EnableKeyRequest,
  KMSInvalidStateException,
  type ScheduleKeyDeletionRequest,
  type ScheduleKeyDeletionResponse,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail, ValidationFailure } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { watchEnd } from './endings.ts';
import { relatedKeys } from './keyMetadata.ts';
import { storeOf } from './keyStoreRows.ts';
import { type Key, keyArn, keys, stateOf } from './keys.ts';
import { daysWithoutUse } from './lastUsage.ts';
import { onKey } from './resolve.ts';
import { daysAfter, rotated } from './rotationSchedule.ts';

export const EnableKey = onKey<Present<EnableKeyRequest>, object>({
  state: 'available',
  async run(_input, ctx, key) {
    const now = ctx.now.toISOString();
    const overdue = key.rotation && !key.enabled && key.rotation.next < now;
    // What fell due while the key was disabled is made up for at once, by one rotation.
    const rotation = overdue ? { rotation: { ...key.rotation!, next: now } } : {};
    const enabled = { ...key, enabled: true, ...rotation };
    await ctx.store.replace(keys, enabled);
    if (overdue) await rotated(ctx, enabled);
    return {};
  },
});

export const DisableKey = onKey<Present<DisableKeyRequest>, object>({
  state: 'available',
  looks: daysWithoutUse,
  async run(_input, ctx, key) {
    await ctx.store.replace(keys, { ...(await rotated(ctx, key)), enabled: false });
    return {};
  },
});

const WINDOW_DAYS = 30;

export const ScheduleKeyDeletion = onKey<Present<ScheduleKeyDeletionRequest>, ScheduleKeyDeletionResponse>({
  state: 'kept',
  looks: daysWithoutUse,
  conditions: (input) => ({
    'kms:ScheduleKeyDeletionPendingWindowInDays': String(input.PendingWindowInDays ?? WINDOW_DAYS),
  }),
  async run(input, ctx, key) {
    const windowDays = input.PendingWindowInDays ?? WINDOW_DAYS;
    if (windowDays < 7 || windowDays > 30) {
      throw new ValidationFailure(`PendingWindowInDays must be between 7 and 30, inclusive: ${windowDays}`);
    }
    const scheduled: Key = { ...(await rotated(ctx, key)), deletion: await deletionIn(ctx, key, windowDays) };
    await ctx.store.replace(keys, scheduled);
    await watchEnd(ctx, scheduled);
    await noteBackingKey(ctx, key);
    if (key.multiRegion?.type === 'REPLICA') await datePrimary(ctx, scheduled);
    const state = stateOf(scheduled, ctx.now);
    const date = state === 'PendingDeletion' ? scheduled.deletion!.date : undefined;
    return {
      KeyId: keyArn(key),
      ...(date !== undefined && { DeletionDate: new Date(date) }),
      KeyState: state,
      PendingWindowInDays: windowDays,
    };
  },
});

/** Of a key in a token the record tells what will go there. */
async function noteBackingKey(ctx: Context, key: Key): Promise<void> {
  const cluster = (await storeOf(ctx, key))?.cluster;
  if (!cluster) return;
  const backingKeys = JSON.stringify([{ backingKeyId: key.material!.backing }]);
  ctx.audit.additionalEventData = { customKeyStoreId: key.keyStore!.id, clusterId: cluster.id, backingKeys };
}

/** A primary key that is to go waits for its replicas: its own period begins when the last of them is gone. */
async function deletionIn(ctx: Context, key: Key, windowDays: number): Promise<NonNullable<Key['deletion']>> {
  const others = key.multiRegion?.type === 'PRIMARY' ? await replicasOf(ctx, key) : [];
  if (others.length === 0) return { windowDays, date: daysAfter(ctx.now, windowDays) };
  const dates = others.map((replica) => replica.deletion?.date);
  if (dates.includes(undefined)) return { windowDays };
  const from = dates.sort().at(-1)!;
  return { windowDays, from, date: daysAfter(from, windowDays) };
}

const replicasOf = async (ctx: Context, key: Key) =>
  (await relatedKeys(ctx, key)).filter((other) => other.multiRegion?.type === 'REPLICA');

/** Sets, or takes back, the dates of a primary key that waits, after one of its replicas has changed. */
async function datePrimary(ctx: Context, replica: Key): Promise<void> {
  const primary = await ctx.store.get(keys, [replica.account, replica.multiRegion!.primaryRegion, replica.id]);
  if (!primary?.deletion || stateOf(primary, ctx.now) !== 'PendingReplicaDeletion') return;
  await ctx.store.replace(keys, { ...primary, deletion: await deletionIn(ctx, primary, primary.deletion.windowDays) });
  await watchEnd(ctx, primary);
}

/** The key comes back disabled. */
export const CancelKeyDeletion = onKey<Present<CancelKeyDeletionRequest>, CancelKeyDeletionResponse>({
  state: 'any',
  async run(_input, ctx, key) {
    if (!key.deletion) fail(KMSInvalidStateException, `${keyArn(key)} is not pending deletion.`);
    const { deletion: _, ...kept } = key;
    await ctx.store.replace(keys, { ...kept, enabled: false });
    if (key.multiRegion?.type === 'REPLICA') await datePrimary(ctx, kept);
    return { KeyId: keyArn(key) };
  },
});
