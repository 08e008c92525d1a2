/** What is past an event data store's retention goes; seven days after it was deleted, all of it. */
import type { Context } from '../../core/context.ts';
import { later, type TaskHandler } from '../../core/tasks.ts';
import { type EventDataStore, eventDataStores, segments, storeArn } from './lakeRows.ts';

const KIND = 'cloudtrail.store';
const DAY_MS = 86_400_000;
const KEPT_DELETED_MS = 7 * DAY_MS;
const SEGMENTS_A_STEP = 50;

/** Owes the next look at the store. */
export const oweUpkeep = (ctx: Context, store: EventDataStore): Promise<void> =>
  later<readonly string[]>(ctx, {
    kind: KIND,
    id: storeArn(store),
    body: eventDataStores.key(store),
    due: (store.deleted ?? ctx.now.getTime()) + (store.deleted === undefined ? DAY_MS : KEPT_DELETED_MS),
  });

export const storeUpkeep: Pick<TaskHandler<readonly string[]>, 'settle'> = {
  async settle({ body: key }, ctx) {
    const store = await ctx.store.get(eventDataStores, key);
    if (!store) return undefined;
    const now = ctx.now.getTime();
    const gone = store.deleted !== undefined && now >= store.deleted + KEPT_DELETED_MS;
    const before = gone ? Number.POSITIVE_INFINITY : now - store.retention * DAY_MS;
    if (await forgetSome(ctx, store, before)) return 0;
    if (!gone) return DAY_MS;
    await ctx.store.remove(eventDataStores, key);
    return undefined;
  },
};

/** Whether there may be more. */
async function forgetSome(ctx: Context, { id }: EventDataStore, before: number): Promise<boolean> {
  const { rows } = await ctx.store.list(segments, [id], { limit: SEGMENTS_A_STEP });
  const old = rows.filter((segment) => segment.newest < before);
  for (const segment of old) {
    await ctx.store.remove(segments, segments.key(segment));
    await ctx.blobs.release(ctx.store, segment.id);
  }
  return old.length === SEGMENTS_A_STEP;
}
