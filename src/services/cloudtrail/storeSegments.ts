/** Events on their way into an event data store: a blob of them, and the row that says what is in it. */
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import type { Surroundings } from '../../core/worker.ts';
import { type Segment, segments } from './lakeRows.ts';
import { type LogFile, packed } from './logFiles.ts';

/** Writes the blob now; what is returned keeps it. If that never happens, the blob is swept. */
export async function keepSegment(
  { blobs, random }: Pick<Surroundings, 'blobs' | 'random'>,
  store: string,
  file: LogFile,
): Promise<(ctx: Context) => Promise<void>> {
  const { oldest, newest, count } = file;
  const { data } = await packed(file);
  const id = uuid({ random });
  await blobs.stage(id, only(data));
  const segment: Segment = { store, id, oldest, newest, events: count, bytes: file.bytes, packedBytes: data.length };
  return async (ctx) => {
    await blobs.keep(ctx.store, id);
    await ctx.store.replace(segments, segment);
  };
}

async function* only(bytes: Uint8Array) {
  yield bytes;
}
