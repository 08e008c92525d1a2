/**
 * Events on their way into an event data store: a blob of them, and the row that says what is in it. Where the store is
 * under a key, KMS is asked by a task: what comes in while it refuses waits beside the rows.
 */
import type { Context } from '../../core/context.ts';
import { sealUnder } from '../../core/dataKeys.ts';
import { uuid } from '../../core/ids.ts';
import { later, type TaskHandler } from '../../core/tasks.ts';
import type { Surroundings } from '../../core/worker.ts';
import { type EventDataStore, type Segment, segments } from './lakeRows.ts';
import { type LogFile, packed } from './logFiles.ts';
import { plainKey, storeOfId } from './storeKeys.ts';

const KIND = 'cloudtrail.segment';

type Keep = (ctx: Context) => Promise<void>;

/** Writes the blob now; what is returned keeps it. If that never happens, the blob is swept. */
export async function keepSegment(
  { blobs, random }: Pick<Surroundings, 'blobs' | 'random'>,
  store: Pick<EventDataStore, 'id' | 'key'>,
  file: LogFile,
): Promise<Keep> {
  const { oldest, newest, count } = file;
  const { data } = await packed(file);
  const id = uuid({ random });
  const common = { store: store.id, id, oldest, newest, events: count, bytes: file.bytes, packedBytes: data.length };
  if (store.key) return (ctx) => oweSegment(ctx, { ...common, sealed: true }, data);
  await blobs.stage(id, only(data));
  return async (ctx) => {
    await blobs.keep(ctx.store, id);
    await ctx.store.replace(segments, common);
  };
}

const bytesId = ({ id }: Pick<Segment, 'id'>) => `trail-segment/${id}`;

async function oweSegment(ctx: Context, segment: Segment, data: Uint8Array): Promise<void> {
  ctx.store.putBytes(bytesId(segment), data);
  await later<Segment>(ctx, { kind: KIND, id: segment.id, body: segment });
}

/** Tried until the key can be used. */
export const segmentSealing: Pick<TaskHandler<Segment>, 'settle'> = {
  async settle({ body: segment }, ctx) {
    const bytes = await ctx.store.bytes(bytesId(segment));
    const store = await storeOfId(ctx, segment.store);
    const key = store && (await plainKey(ctx, store));
    if (bytes && key) {
      const sealed = sealUnder(key, bytes, ctx.random(12), segment.id);
      await ctx.blobs.stage(segment.id, only(sealed));
      await ctx.blobs.keep(ctx.store, segment.id);
      await ctx.store.replace(segments, { ...segment, packedBytes: sealed.length });
    }
    ctx.store.dropBytes(bytesId(segment));
    return undefined;
  },
};

async function* only(bytes: Uint8Array) {
  yield bytes;
}
