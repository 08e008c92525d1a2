/**
 * Records that were accepted and are not delivered yet. What came in one call is a parcel: a row in the order of its
 * arrival, and beside it the records' bytes, sealed. A stream that also backs up has two queues of them.
 */
import type { Context } from '../../core/context.ts';
import { openUnder, sealUnder } from '../../core/dataKeys.ts';
import { type Transaction, table } from '../../store/store.ts';
import { framed, unframed } from './frames.ts';

export type Queue = 'main' | 'backup';

export interface Parcel {
  /** Id of the stream. */
  readonly stream: string;
  readonly queue: Queue;
  /** In the order of arrival. */
  readonly id: string;
  /** Milliseconds. */
  readonly at: number;
  readonly records: number;
  /** Of the records' data. */
  readonly bytes: number;
  /** The data key that it is sealed under; the plane's own when absent. */
  readonly key?: string | undefined;
}

/** Index `key`: [stream, key], those that are sealed under a data key. */
export const parcels = table<Parcel>('firehose_parcel', {
  key: ({ stream, queue, id }) => [stream, queue, id],
  indexes: { key: ({ stream, key, id }) => (key === undefined ? [] : [[stream, key, id]]) },
});

let turn = 0;

type Seal = { readonly name: string; readonly plain: Uint8Array } | undefined;

const PURPOSE = 'firehose-records';

const bytesId = ({ stream, queue, id }: Parcel) => `firehose/${stream}/${queue}/${id}`;

/** `key`: a data key of KMS, where the stream is encrypted under a key of the customer's. */
export async function keepParcel(
  ctx: Context,
  to: { readonly stream: string; readonly queue: Queue; readonly at: number },
  records: readonly Uint8Array[],
  key: Seal,
): Promise<Parcel> {
  const order = `${String(to.at).padStart(15, '0')}-${String(turn++).padStart(9, '0')}`;
  const id = `${order}-${Buffer.from(ctx.random(6)).toString('hex')}`;
  const bytes = records.reduce((sum, record) => sum + record.length, 0);
  const parcel: Parcel = { ...to, id, records: records.length, bytes, ...(key && { key: key.name }) };
  const plain = framed(records);
  await ctx.store.insert(parcels, parcel);
  ctx.store.putBytes(
    bytesId(parcel),
    key ? sealUnder(key.plain, plain, ctx.random(12), id) : sealedByPlane(ctx, plain),
  );
  return parcel;
}

/** `keyOf`: the data key of that name in clear. */
export async function recordsOf(
  ctx: Pick<Context, 'store' | 'secrets'>,
  parcel: Parcel,
  keyOf: (name: string) => Promise<Uint8Array>,
): Promise<readonly Buffer[]> {
  const bytes = await ctx.store.bytes(bytesId(parcel));
  if (!bytes) throw new Error(`The records of ${parcel.id} are gone.`);
  const plain =
    parcel.key === undefined
      ? ctx.secrets.open(PURPOSE, Buffer.from(bytes).toString('base64url'))
      : openUnder(await keyOf(parcel.key), bytes, parcel.id);
  if (!plain) throw new Error(`The records of ${parcel.id} do not open.`);
  return unframed(plain);
}

export async function dropParcel(tx: Transaction, parcel: Parcel): Promise<void> {
  await tx.remove(parcels, parcels.key(parcel));
  tx.dropBytes(bytesId(parcel));
}

const sealedByPlane = ({ secrets, random }: Pick<Context, 'secrets' | 'random'>, plain: Buffer) =>
  Buffer.from(secrets.seal(PURPOSE, plain, random(12)), 'base64url');
