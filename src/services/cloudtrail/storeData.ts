/**
 * The events of an event data store as the records that they are, for the plane's own use: CloudWatch Logs imports them
 * in a role that policies give `cloudtrail:GetEventDataStoreData`. A segment at a time, in the order of their newest.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Context } from '../../core/context.ts';
import type { Operation } from '../../core/operation.ts';
import { findStore, requireActive, storeAccess } from './eventDataStoreNames.ts';
import { type EventDataStore, type Segment, segmentPart, segments } from './lakeRows.ts';
import { opened, plainKey } from './storeKeys.ts';

const unpacked = promisify(gunzip);
const DAY_MS = 86_400_000;
/** Read before others have their turn. */
const EVENTS_A_TURN = 500;

interface DataRequest {
  readonly EventDataStore: string;
  /** Milliseconds, inclusive. */
  readonly From?: number | undefined;
  readonly To?: number | undefined;
  /** `Next` of the answer before. */
  readonly After?: string | undefined;
  /** Only what is known of the store, nothing of its events. */
  readonly Probe?: true | undefined;
}

interface Data {
  /** Milliseconds: what is older is past the store's retention. */
  readonly Oldest: number;
  /** Name of the segment; absent where there is no more. */
  readonly Batch?: string;
  /** JSON of each event, and its time in milliseconds. */
  readonly Events: readonly (readonly [time: number, event: string])[];
  readonly Next?: string;
}

export const GetEventDataStoreData: Operation<DataRequest, Data, EventDataStore> = {
  recorded: 'never',
  load: ({ EventDataStore: name }, ctx) => findStore(ctx, name),
  access: (_input, ctx, store) => storeAccess(ctx, store),
  async run({ From = 0, To = Number.MAX_SAFE_INTEGER, After, Probe }, ctx, store) {
    requireActive(store);
    const Oldest = ctx.now.getTime() - store.retention * DAY_MS;
    if (Probe) return { Oldest, Events: [] };
    const from = Math.max(From, Oldest);
    const page = { limit: 1, from: segmentPart(from), after: After };
    const { rows, next } = await ctx.store.list(segments, [store.id], page);
    const [segment] = rows;
    if (!segment) return { Oldest, Events: [] };
    const all = segment.oldest > To ? [] : await eventsIn(ctx, segment, store);
    const Events = all.filter(([time]) => time >= from && time <= To);
    return { Oldest, Batch: segment.id, Events, ...(next !== undefined && { Next: next }) };
  },
};

async function eventsIn(ctx: Context, segment: Segment, store: EventDataStore): Promise<(readonly [number, string])[]> {
  const { id, packedBytes, sealed } = segment;
  const chunks: Uint8Array[] = [];
  for await (const chunk of ctx.blobs.read(id, 0, packedBytes)) chunks.push(chunk);
  const kept = Buffer.concat(chunks);
  const bytes = sealed ? opened(await plainKey(ctx, store), kept, id) : kept;
  const lines = (await unpacked(bytes)).toString().split('\n');
  const events: (readonly [number, string])[] = [];
  for (const line of lines) {
    events.push([Date.parse((JSON.parse(line) as { eventTime: string }).eventTime), line]);
    if (events.length % EVENTS_A_TURN === 0) await nextTurn();
  }
  return events;
}
