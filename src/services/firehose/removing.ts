/** What a deleted stream leaves: its records, some at a time, and then itself. */
import type { TaskHandler } from '../../core/tasks.ts';
import { dropParcel, parcels } from './parcels.ts';
import { forgetLevels } from './queues.ts';
import { dropShipment, shipments } from './shipments.ts';
import { forgetCursors } from './source.ts';
import { SERVICE, type StreamName, streams } from './streamRows.ts';

export const REMOVE = 'firehose.remove';

const PARCELS_A_TURN = 200;

export const removeStream: TaskHandler<StreamName & { readonly id: string }> = {
  kind: REMOVE,
  principal: SERVICE,
  async settle({ body }, ctx) {
    const { rows, next } = await ctx.store.list(parcels, [body.id], { limit: PARCELS_A_TURN });
    for (const parcel of rows) await dropParcel(ctx.store, parcel);
    const shipped = await ctx.store.list(shipments, [body.id], { limit: PARCELS_A_TURN });
    for (const shipment of shipped.rows) await dropShipment(ctx.store, shipment);
    if (next !== undefined || shipped.next !== undefined) return 0;
    await forgetLevels(ctx.store, body.id);
    await forgetCursors(ctx.store, body.id);
    const key = [body.account, body.region, body.name];
    const stream = await ctx.store.get(streams, key);
    if (stream?.id === body.id) await ctx.store.remove(streams, key);
    return undefined;
  },
};
