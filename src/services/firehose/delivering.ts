/**
 * A queue goes into its bucket: the oldest records first, as many as one buffer takes. Reading, writing the object and
 * forgetting the records is one write set, so that each record lies in the bucket once. Whether there is more is looked
 * up without holding up those who put records; a delivery that finds nothing ends the queue's planning.
 * https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html
 */
import type { Context } from '../../core/context.ts';
import { type Again, pauseOf, type Task } from '../../core/tasks.ts';
import type { Transaction } from '../../store/store.ts';
import { openingKey } from './encryption.ts';
import { tellFailure, tellUnprocessed } from './errorLogs.ts';
import { deliveredMetrics, failedMetrics } from './measures.ts';
import { bucketOf, putFailed, putRecords } from './objects.ts';
import { dropParcel, type Parcel, parcels, recordsOf } from './parcels.ts';
import { processed, type Received, type Unprocessed } from './processing.ts';
import { processingOf } from './processors.ts';
import { bufferOf, type Due, deliverAt, isEmpty, levelOf, takenOut } from './queues.ts';
import { ship } from './shipments.ts';
import { type Stream, streamWithId } from './streamRows.ts';

/** However small they are: so many make a batch. */
const PARCELS_MAX = 4_000;
const RECORDS_MAX = 100_000;
const PAGE = 500;

export interface Batch {
  readonly stream: Stream;
  readonly queue: Due['queue'];
  readonly parcels: readonly Parcel[];
  readonly bytes: number;
  /** Whether the queue was seen to hold no more. */
  readonly last: boolean;
}

/** The oldest of a queue, up to what one buffer takes. */
async function gather(tx: Transaction, stream: Stream, queue: Due['queue']): Promise<Batch> {
  const size = bufferOf(stream, queue).bytes;
  const found: Parcel[] = [];
  let bytes = 0;
  let records = 0;
  let after: string | undefined;
  do {
    const page = await tx.list(parcels, [stream.id, queue], { limit: PAGE, after, unchecked: true });
    for (const parcel of page.rows) {
      const isMany = found.length >= PARCELS_MAX || records + parcel.records > RECORDS_MAX;
      const isFull = found.length > 0 && (bytes + parcel.bytes > size || isMany);
      if (isFull) return { stream, queue, parcels: found, bytes, last: false };
      found.push(parcel);
      bytes += parcel.bytes;
      records += parcel.records;
    }
    after = page.next;
  } while (after !== undefined);
  return { stream, queue, parcels: found, bytes, last: true };
}

/** When a batch is to be delivered that is not full: milliseconds. */
const dueOf = ({ stream, queue, parcels: [oldest] }: Batch): number => (oldest?.at ?? 0) + bufferOf(stream, queue).ms;

const isReady = (batch: Batch, now: Date): boolean =>
  !batch.last || batch.bytes >= bufferOf(batch.stream, batch.queue).bytes || dueOf(batch) <= now.getTime();

export async function deliver({ body }: Task<Due>, ctx: Context): Promise<Again> {
  const stream = await streamWithId(ctx.store, body.stream);
  if (!stream) return undefined;
  const batch = await gather(ctx.store, stream, body.queue);
  if (batch.parcels.length === 0) return (await isEmpty(ctx.store, body)) ? undefined : 0;
  if (!isReady(batch, ctx.now)) {
    await deliverAt(ctx, stream, body.queue, dueOf(batch));
    return undefined;
  }
  await sentOn(ctx, batch);
  await settleBatch(ctx, batch);
  return undefined;
}

/** A backup that the stream has no bucket for any more goes nowhere. */
async function sentOn(ctx: Context, batch: Batch): Promise<void> {
  const { stream, queue } = batch;
  const { destination } = stream;
  if (queue === 'backup' && !destination.backup) return;
  const records = await opened(ctx, batch);
  if (queue === 'main' && destination.kind === 'http') {
    const failed = await shipRecords(ctx, stream, records);
    await tellUnprocessed(ctx, stream, queue, failed);
    return;
  }
  const delivered = await putRecords(ctx, stream, queue, records);
  deliveredMetrics(ctx, batch, delivered);
  await tellUnprocessed(ctx, stream, queue, delivered.failed);
}

/** As many as an endpoint is sent at once; in base 64 they are a third longer. */
const SHIPPED_MAX = 10_000;
const SHIPPED_BYTES_MAX = 32 * 1024 * 1024;

async function shipRecords(
  ctx: Context,
  stream: Stream,
  records: readonly Received[],
): Promise<readonly Unprocessed[]> {
  const outcome = await processed(records, processingOf(stream.destination.settings.ProcessingConfiguration));
  let load: Received[] = [];
  let bytes = 0;
  for (const record of outcome.processed) {
    const isFull = load.length === SHIPPED_MAX || bytes + record.data.length > SHIPPED_BYTES_MAX;
    if (isFull && load.length > 0) {
      await ship(ctx, stream, load);
      [load, bytes] = [[], 0];
    }
    load.push(record);
    bytes += record.data.length;
  }
  if (load.length > 0) await ship(ctx, stream, load);
  await putFailed(ctx, stream, bucketOf(stream, 'main'), outcome.failed, 1);
  return outcome.failed;
}

/** The records of a batch, with the time when each came. */
async function opened(ctx: Context, { stream, parcels: rows }: Batch) {
  const records: Received[] = [];
  for (const parcel of rows) {
    const datas = await recordsOf(ctx, parcel, (name) => openingKey(ctx, stream, name));
    for (const data of datas) records.push({ at: parcel.at, data });
  }
  return records;
}

/** A batch is done with: forgotten, and the next one planned. */
async function settleBatch(ctx: Context, batch: Batch): Promise<void> {
  const { stream, queue, bytes } = batch;
  for (const parcel of batch.parcels) await dropParcel(ctx.store, parcel);
  const due: Due = { stream: stream.id, queue };
  await takenOut(ctx.store, due, bytes);
  const { rows } = await ctx.store.list(parcels, [stream.id, queue], { limit: 1, unchecked: true });
  const buffer = bufferOf(stream, queue);
  const isFull = rows.length > 0 && (await levelOf(ctx.store, due)) >= buffer.bytes;
  const now = ctx.now.getTime();
  await deliverAt(ctx, stream, queue, isFull ? now : (rows[0]?.at ?? now) + buffer.ms);
}

const KEPT_MS = 86_400_000;
const PAUSE_MS_MAX = 300_000;

/**
 * Tried again for as long as records are kept, which is a day. Then they are lost; those of a source wait in it, but
 * for the few that were read.
 */
export async function afterFailure({ body, attempt }: Task<Due>, ctx: Context, error: unknown): Promise<Again> {
  const stream = await streamWithId(ctx.store, body.stream);
  if (!stream) return undefined;
  const batch = await gather(ctx.store, stream, body.queue);
  const oldest = ctx.now.getTime() - KEPT_MS;
  const tooOld = stream.source ? [] : batch.parcels.filter(({ at }) => at <= oldest);
  for (const parcel of tooOld) await dropParcel(ctx.store, parcel);
  if (tooOld.length > 0)
    await takenOut(
      ctx.store,
      body,
      tooOld.reduce((sum, { bytes }) => sum + bytes, 0),
    );
  failedMetrics(ctx, batch, error);
  await tellFailure(ctx, stream, body.queue, error);
  return Math.min(PAUSE_MS_MAX, pauseOf(attempt));
}
