/**
 * Rotation: new material for a key; all that was there before stays, to decrypt with. When automatic rotation falls due
 * nothing happens by itself: whoever next looks at the key or uses it brings it up to date first, with the rotations
 * that were due, on their dates. So a plane that was off for a year has not missed any.
 */
import type { RotationType } from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { type Key, keys, stateOf } from './keys.ts';
import { copyMaterial, type Material, makeMaterial } from './materials.ts';
import { noteRotation, noteSynchronization } from './ownEvents.ts';

const DAY_MILLISECONDS = 86_400_000;

export const daysAfter = (time: string | Date, days: number) =>
  new Date(new Date(time).getTime() + days * DAY_MILLISECONDS).toISOString();

/** The key with every rotation made that is due. */
export async function rotated(ctx: Context, key: Key): Promise<Key> {
  if (key.multiRegion?.type !== 'REPLICA') return isDue(ctx, key) ? rotateDue(ctx, key) : key;
  const primary = await ctx.store.get(keys, [key.account, key.multiRegion.primaryRegion, key.id]);
  if (!primary || !isDue(ctx, primary)) return key;
  await rotateDue(ctx, primary);
  return (await ctx.store.get(keys, [key.account, key.region, key.id])) ?? key;
}

/** Disabled keys, and those that wait for their deletion, are not rotated. */
const isDue = (ctx: Context, key: Key) =>
  key.rotation !== undefined &&
  Date.parse(key.rotation.next) <= ctx.now.getTime() &&
  stateOf(key, ctx.now) === 'Enabled';

async function rotateDue(ctx: Context, due: Key): Promise<Key> {
  let key = due;
  while (key.rotation && isDue(ctx, key)) {
    const { periodDays, next: date } = key.rotation;
    key = await rotate(ctx, key, 'AUTOMATIC', date);
    key = { ...key, rotation: { periodDays, next: daysAfter(date, periodDays) } };
  }
  await ctx.store.replace(keys, key);
  return key;
}

/** New material from `date` on. The key that comes back is not written yet; replicas are. */
export async function rotate(ctx: Context, key: Key, type: RotationType, date: string): Promise<Key> {
  const material = await makeMaterial(ctx, key, key.generations, { date, type });
  noteRotation(ctx, key, type, material.id);
  return withMaterial(ctx, key, material);
}

/** The key, and its replicas, with this material as the current one. Replicas are written; the key is not. */
export async function withMaterial(ctx: Context, key: Key, material: Material): Promise<Key> {
  const change = {
    material: { backing: material.backing, id: material.id },
    generations: Math.max(key.generations, material.sequence + 1),
  };
  if (key.multiRegion) {
    const { rows } = await ctx.store.list(keys, [key.account, key.id], { limit: 100, index: 'multiRegion' });
    const replicas = rows.filter(({ region }) => region !== key.region);
    for (const replica of replicas) {
      await copyMaterial(ctx, material, replica);
      await ctx.store.replace(keys, { ...replica, ...change });
    }
    if (replicas.length > 0) noteSynchronization(ctx, key);
  }
  return { ...key, ...change };
}
