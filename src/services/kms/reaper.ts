/**
 * Keys whose waiting period is over. No reader sees them any more (keys.ts derives it from the clock); their rows, and
 * the sealed material in them, are destroyed by the next list or creation in their account and Region.
 */
import type { Context } from '../../core/context.ts';
import { aliases } from './aliasRows.ts';
import { grants } from './grantRows.ts';
import { type Key, keys, stateOf } from './keys.ts';
import { materials, materialsOf } from './materials.ts';

const MOST = 20;

export async function forgetDeletedKeys(ctx: Context): Promise<void> {
  const prefix = [ctx.account, ctx.region];
  const { rows } = await ctx.store.list(keys, prefix, { limit: MOST, index: 'deletion' });
  for (const key of rows) {
    if (stateOf(key, ctx.now) !== undefined) return;
    await forget(ctx, key);
  }
}

async function forget(ctx: Context, key: Key): Promise<void> {
  for (const material of await materialsOf(ctx, key)) {
    await ctx.store.remove(materials, [material.region, material.backing]);
  }
  for (const name of key.aliases) await ctx.store.remove(aliases, [key.account, key.region, name]);
  for (;;) {
    const { rows } = await ctx.store.list(grants, [key.account, key.region, key.id], { limit: 1000, index: 'key' });
    if (rows.length === 0) break;
    for (const grant of rows) await ctx.store.remove(grants, [grant.account, grant.region, grant.keyId, grant.id]);
  }
  await ctx.store.remove(keys, [key.account, key.region, key.id]);
}
