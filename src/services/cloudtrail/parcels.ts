/** What is gathered and not yet delivered: compressed files and batches of log events, each owed by a task. */
import type { Context } from '../../core/context.ts';
import { later } from '../../core/tasks.ts';
import { table } from '../../store/store.ts';
import { type LogBatch, packedBatch } from './logBatches.ts';
import { fileName, type LogFile, packed } from './logFiles.ts';
import type { FileKind } from './routes.ts';
import { type Trail, trailArn } from './trailRows.ts';

export const DELIVER_FILE = 'cloudtrail.file';
export const DELIVER_LOGS = 'cloudtrail.logs';

export interface Parcel {
  /** Under which its bytes lie beside the rows: gzip. */
  readonly id: string;
  /** As it was when the records were gathered: it may be gone when they are delivered. */
  readonly trail: Trail;
  readonly account: string;
  readonly region: string;
  readonly kind: FileKind;
  /** Of a file: its name below the folder of its kind, SHA-256 uncompressed, and the times of its events. */
  readonly name?: string;
  readonly hash?: string;
  readonly oldest?: number;
  readonly newest?: number;
}

/** Index `trail`: [ARN of the trail]. */
export const parcels = table<Parcel>('trail_parcel', {
  key: (p) => [p.id],
  indexes: { trail: (p) => [[trailArn(p.trail)]] },
});

interface Place {
  readonly trail: Trail;
  readonly account: string;
  readonly region: string;
  readonly kind: FileKind;
}

type Keep = (ctx: Context) => Promise<void>;

/** Packs the file now; what is returned keeps it, with the task that owes it. */
export async function keepParcel({ trail, account, region, kind }: Place, file: LogFile): Promise<Keep> {
  const { oldest, newest } = file;
  const { data, hash } = await packed(file);
  return async (ctx) => {
    const name = fileName({ account, region }, kind, ctx.now, ctx);
    await owe(ctx, DELIVER_FILE, { id: idOf(ctx), trail, account, region, kind, name, hash, oldest, newest }, data);
  };
}

/** The same for a batch of log events. */
export async function keepLogBatch({ trail, account, region, kind }: Place, batch: LogBatch): Promise<Keep> {
  const data = await packedBatch(batch);
  return (ctx) => owe(ctx, DELIVER_LOGS, { id: idOf(ctx), trail, account, region, kind }, data);
}

let turn = 0;

/** In the order in which they were kept. */
const idOf = (ctx: Context) =>
  `${String(ctx.now.getTime()).padStart(15, '0')}-${String(turn++).padStart(12, '0')}-${Buffer.from(ctx.random(6)).toString('hex')}`;

async function owe(ctx: Context, kind: string, parcel: Parcel, data: Uint8Array): Promise<void> {
  ctx.store.putBytes(bytesOf(parcel.id), data);
  await ctx.store.replace(parcels, parcel);
  const { account, region, id } = parcel;
  const lane = `${kind} ${trailArn(parcel.trail)} ${account} ${region}`;
  await later(ctx, { kind, body: id, lane, account, region });
}

const bytesOf = (id: string) => `trail-parcel/${id}`;

/** What is in the parcel. */
export async function contentOf(ctx: Context, { id }: Parcel): Promise<Uint8Array> {
  const bytes = await ctx.store.bytes(bytesOf(id));
  if (!bytes) throw new Error(`The bytes of parcel ${id} are gone.`);
  return bytes;
}

/** It has arrived, or is given up. */
export async function forget(ctx: Context, { id }: Parcel): Promise<void> {
  ctx.store.dropBytes(bytesOf(id));
  await ctx.store.remove(parcels, [id]);
}
