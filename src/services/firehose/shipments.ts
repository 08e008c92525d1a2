/**
 * Requests to HTTP endpoints. A batch becomes a shipment: the same records under the same request id until the endpoint
 * takes them or the time for trying is over. Shipments of a stream go one after the other.
 */
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { later, type TaskHandler } from '../../core/tasks.ts';
import { type Transaction, table } from '../../store/store.ts';
import { framed, unframed } from './frames.ts';
import type { Received } from './processing.ts';
import { SERVICE, type Stream } from './streamRows.ts';

export interface Shipment {
  /** Id of the stream. */
  readonly stream: string;
  /** Of the request. */
  readonly id: string;
  /** Milliseconds: when the oldest record came. */
  readonly at: number;
  readonly records: number;
  readonly bytes: number;
}

export const shipments = table<Shipment>('firehose_shipment', { key: ({ stream, id }) => [stream, id] });

export const POST = 'firehose.post';
export type Owed = Pick<Shipment, 'stream' | 'id'>;

const PURPOSE = 'firehose-shipment';
const bytesId = ({ stream, id }: Owed) => `firehose/${stream}/shipment/${id}`;

/** Owes the records, at least one, to the stream's endpoint. */
export async function ship(ctx: Context, stream: Stream, records: readonly Received[]): Promise<void> {
  const shipment: Shipment = {
    stream: stream.id,
    id: uuid(ctx),
    at: records.reduce((oldest, { at }) => Math.min(oldest, at), Number.POSITIVE_INFINITY),
    records: records.length,
    bytes: records.reduce((sum, { data }) => sum + data.length, 0),
  };
  const plain = framed(records.flatMap(({ at, data }) => [Buffer.from(String(at)), data]));
  await ctx.store.insert(shipments, shipment);
  ctx.store.putBytes(bytesId(shipment), Buffer.from(ctx.secrets.seal(PURPOSE, plain, ctx.random(12)), 'base64url'));
  const { account, region, id } = stream;
  const body: Owed = { stream: id, id: shipment.id };
  await later(ctx, { kind: POST, lane: `${POST} ${id}`, body, account, region });
}

export async function shippedRecords(
  { store, secrets }: { readonly store: Transaction } & Pick<Context, 'secrets'>,
  shipment: Shipment,
): Promise<readonly Received[]> {
  const bytes = await store.bytes(bytesId(shipment));
  const plain = bytes && secrets.open(PURPOSE, Buffer.from(bytes).toString('base64url'));
  if (!plain) throw new Error(`The records of ${shipment.id} do not open.`);
  const frames = unframed(plain);
  return Array.from({ length: frames.length / 2 }, (_, i) => ({
    at: Number(frames[2 * i]),
    data: frames[2 * i + 1]!,
  }));
}

export async function dropShipment(tx: Transaction, shipment: Owed): Promise<void> {
  await tx.remove(shipments, [shipment.stream, shipment.id]);
  tx.dropBytes(bytesId(shipment));
}

export const postShipment: TaskHandler<Owed> = {
  kind: POST,
  principal: SERVICE,
  reach: async (task, around) => (await import('./endpoint.ts')).sent(task, around),
  settle: async (task, ctx, seen) => (await import('./posting.ts')).settlePost(task, ctx, seen),
};
