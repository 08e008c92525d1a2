/**
 * Keys whose waiting period is over, and imported material that has expired. No reader sees them any more (keys.ts and
 * materials.ts derive it from the clock); their rows, and the sealed material in them, are destroyed by a task
 * (endings.ts), or by the next list or creation in their account and Region.
 */
import type { Context } from '../../core/context.ts';
import { later } from '../../core/tasks.ts';
import { aliases } from './aliasRows.ts';
import { grants } from './grantRows.ts';
import { BACKING_KEY_DELETION, type DeletionTask } from './keyStoreTasks.ts';
import { type Key, keyArn, keys, stateOf } from './keys.ts';
import { keyLastUses } from './lastUses.ts';
import { isUsable, type Material, materials, materialsOf } from './materials.ts';
import { noteDeletion, noteExpiry } from './ownEvents.ts';

const MOST = 20;

export async function forgetDeletedKeys(ctx: Context): Promise<void> {
  const prefix = [ctx.account, ctx.region];
  const { rows } = await ctx.store.list(keys, prefix, { limit: MOST, index: 'deletion' });
  for (const key of rows) {
    if (stateOf(key, ctx.now) !== undefined) break;
    await forget(ctx, key);
  }
  const expiring = await ctx.store.list(materials, prefix, { limit: MOST, index: 'expiry' });
  for (const material of expiring.rows) {
    if (isUsable(material, ctx.now)) break;
    await destroyExpired(ctx, material);
  }
}

async function destroyExpired(ctx: Context, material: Material): Promise<void> {
  const { sealed: _, ...name } = material;
  await ctx.store.replace(materials, name);
  noteExpiry(ctx, { ...material, arn: keyArn({ ...material, id: material.keyId }) }, material.id);
}

/**
 * Destroys what has expired of a key's imported material; when the next of it does (ISO 8601), if there is more of it
 * that will.
 */
export async function nextExpiry(ctx: Context, key: Key): Promise<string | undefined> {
  const sealed = (await materialsOf(ctx, key)).filter((material) => material.sealed !== undefined);
  const dates: string[] = [];
  for (const material of sealed) {
    if (!isUsable(material, ctx.now)) await destroyExpired(ctx, material);
    else if (material.imported?.expires !== undefined) dates.push(material.imported.expires);
  }
  return dates.sort()[0];
}

/** The token's key goes after the KMS key has gone. */
async function disown(ctx: Context, key: Key, backing: string): Promise<void> {
  const body: DeletionTask = { keyArn: keyArn(key), storeId: key.keyStore!.id, backing };
  await later(ctx, { kind: BACKING_KEY_DELETION, body });
}

export async function forget(ctx: Context, key: Key): Promise<void> {
  if (key.origin !== 'AWS_CLOUDHSM') noteDeletion(ctx, { ...key, arn: keyArn(key) });
  for (const material of await materialsOf(ctx, key)) {
    if (material.outside) await disown(ctx, key, material.backing);
    await ctx.store.remove(materials, [material.region, material.backing]);
  }
  for (const name of key.aliases) await ctx.store.remove(aliases, [key.account, key.region, name]);
  for (;;) {
    const { rows } = await ctx.store.list(grants, [key.account, key.region, key.id], { limit: 1000, index: 'key' });
    if (rows.length === 0) break;
    for (const grant of rows) await ctx.store.remove(grants, [grant.account, grant.region, grant.keyId, grant.id]);
  }
  await ctx.store.remove(keyLastUses, [keyArn(key)]);
  await ctx.store.remove(keys, [key.account, key.region, key.id]);
}
