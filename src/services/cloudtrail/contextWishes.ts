/** Tells the gateway whose events are to be told more of: see core/eventContexts.ts. */
import type { Context } from '../../core/context.ts';
import { contextWishes } from '../../core/eventContexts.ts';
import { eventDataStores, isEnriched } from './lakeRows.ts';

const STORES_MAX = 1000;

/** After a change of stores of these accounts and organizations. */
export async function contextWishesAfter(
  ctx: Context,
  ...changed: readonly { readonly account: string; readonly organization?: string | undefined }[]
): Promise<void> {
  for (const owner of new Set(changed.flatMap(({ account, organization }) => [account, organization ?? account]))) {
    const ofOrganization = owner.startsWith('o-');
    const page = { limit: STORES_MAX, ...(ofOrganization && { index: 'organization' }) };
    const { rows } = await ctx.store.list(eventDataStores, [owner], page);
    const wanted = rows.some(
      (store) => store.ingesting && isEnriched(store) && (ofOrganization || store.organization === undefined),
    );
    if (wanted) await ctx.store.replace(contextWishes, { owner });
    else await ctx.store.remove(contextWishes, [owner]);
  }
  const { rows } = await ctx.store.list(contextWishes, [], { limit: 2 });
  if (rows.some(({ owner }) => owner !== '*')) await ctx.store.replace(contextWishes, { owner: '*' });
  else await ctx.store.remove(contextWishes, ['*']);
}
