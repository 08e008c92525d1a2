/**
 * Tells the gateway which data events somebody wants, and EventBridge where trails log: one row for each account that
 * has trails of its own, and for each organization that has. Written anew when a trail or an event data store changes.
 */
import type { Context } from '../../core/context.ts';
import { type DataEventWish, dataEventWishes, type EventSelector } from '../../core/eventSelectors.ts';
import { loggedPlaces } from '../../core/loggingTrails.ts';
import { dataSelectors } from './eventSelectors.ts';
import { type InsightWatch, insightWatches } from './insightRows.ts';
import { isAnyWatched, storesWishing } from './lakeRows.ts';
import { type Trail, trails } from './trailRows.ts';

const ROWS_MAX = 1000;

interface Owned {
  readonly account: string;
  readonly organization?: string | undefined;
}

/** After a change of these: the rows of their accounts and organizations. */
export async function writeWishes(ctx: Context, ...changed: readonly Owned[]): Promise<void> {
  const owners = new Set(changed.flatMap(({ account, organization }) => [account, organization ?? account]));
  for (const owner of owners) {
    await writeWish(ctx, owner);
    await writeWatch(ctx, owner);
    await writePlaces(ctx, owner);
  }
  const { rows } = await ctx.store.list(dataEventWishes, [], { limit: 2 });
  const some = rows.some(({ account }) => account !== '*');
  if (some) await ctx.store.replace(dataEventWishes, { account: '*', selectors: [] });
  else await ctx.store.remove(dataEventWishes, ['*']);
}

async function writePlaces(ctx: Context, owner: string): Promise<void> {
  const logging = await loggingTrails(ctx, owner);
  const everywhere = logging.some(({ multiRegion }) => multiRegion);
  const regions = logging.map(({ region }) => region);
  if (logging.length > 0) await ctx.store.replace(loggedPlaces, { owner, everywhere, regions });
  else await ctx.store.remove(loggedPlaces, [owner]);
}

/** Whether Insights are watched for, and since when. */
async function writeWatch(ctx: Context, owner: string): Promise<void> {
  const watching = (await loggingTrails(ctx, owner)).filter(
    ({ insights, dataInsights }) => insights !== undefined || dataInsights !== undefined,
  );
  const some = watching.length > 0 || (await isAnyWatched(ctx, owner));
  if (some) await ctx.store.replace(insightWatches, { owner, ...managementWatch(watching) });
  else await ctx.store.remove(insightWatches, [owner]);
  const { rows } = await ctx.store.list(insightWatches, [], { limit: 2 });
  if (rows.some((row) => row.owner !== '*')) await ctx.store.replace(insightWatches, { owner: '*' });
  else await ctx.store.remove(insightWatches, ['*']);
}

function managementWatch(trails: readonly Trail[]): Omit<InsightWatch, 'owner'> {
  const watching = trails.filter(({ insights }) => insights !== undefined);
  if (watching.length === 0) return {};
  const kinds = [...new Set(watching.flatMap(({ insights = [] }) => insights))];
  const since = Math.min(...watching.map(({ insightsSince = 0 }) => insightsSince));
  const everywhere = watching.some(({ multiRegion }) => multiRegion);
  return { since, kinds, ...(!everywhere && { regions: watching.map(({ region }) => region) }) };
}

async function writeWish(ctx: Context, owner: string): Promise<void> {
  const selectors = await wishedBy(ctx, owner);
  const wish: DataEventWish = { account: owner, selectors };
  if (selectors.length > 0) await ctx.store.replace(dataEventWishes, wish);
  else await ctx.store.remove(dataEventWishes, [owner]);
}

const wishedBy = async (ctx: Context, owner: string): Promise<readonly EventSelector[]> => [
  ...(await loggingTrails(ctx, owner)).flatMap(dataSelectors),
  ...(await storesWishing(ctx, owner)),
];

/** Of an account its own alone; of an organization those for all its accounts. */
async function loggingTrails(ctx: Context, owner: string): Promise<readonly Trail[]> {
  const organization = owner.startsWith('o-');
  const page = { limit: ROWS_MAX, ...(organization && { index: 'organization' }) };
  const { rows } = await ctx.store.list(trails, [owner], page);
  return rows.filter((trail) => trail.logging && (organization || trail.organization === undefined));
}
