/** What digest files are made from: the log files delivered since the last one, and that last one itself. */
import type { Context } from '../../core/context.ts';
import { table } from '../../store/store.ts';
import type { Parcel } from './parcels.ts';
import { type Trail, trailArn } from './trailRows.ts';

/** A log file that is in no digest yet. */
interface DeliveredFile {
  /** ARN of the trail. */
  readonly trail: string;
  readonly account: string;
  readonly region: string;
  readonly bucket: string;
  readonly key: string;
  readonly hash: string;
  /** Milliseconds. */
  readonly oldest: number;
  readonly newest: number;
  readonly delivered: number;
}

/** Index `stream`: [trail and account and Region as one text], in the order of delivery. */
export const deliveredFiles = table<DeliveredFile>('trail_file', {
  key: (f) => [f.bucket, f.key],
  indexes: {
    stream: (f) => [[streamOf(f), String(f.delivered).padStart(15, '0')]],
    trail: (f) => [[f.trail]],
  },
});

interface Stream {
  readonly trail: string;
  readonly account: string;
  readonly region: string;
}

export const streamOf = ({ trail, account, region }: Stream) => `${trail} ${account} ${region}`;

/** The last digest file of an account in a Region: the next one names it. */
export interface DigestChain extends Stream {
  readonly bucket: string;
  readonly key: string;
  /** SHA-256 of its content uncompressed, and its signature, both in hexadecimal. */
  readonly hash: string;
  readonly signature: string;
}

export const digestChains = table<DigestChain>('trail_digest_chain', {
  key: (c) => [c.trail, c.account, c.region],
});

/** Remembers a file that was delivered, for the next digest. */
export async function noteFile(ctx: Context, trail: Trail, parcel: Parcel, key: string): Promise<void> {
  const { account, region, hash = '', oldest = 0, newest = 0 } = parcel;
  const place = { trail: trailArn(trail), account, region, bucket: trail.bucket, key };
  await ctx.store.replace(deliveredFiles, { ...place, hash, oldest, newest, delivered: ctx.now.getTime() });
}

const STEP = 500;

/** Chain and files are forgotten: the next digest begins a new chain. */
export async function forgetChains(ctx: Context, arn: string): Promise<void> {
  const chains = await ctx.store.list(digestChains, [arn], { limit: STEP * 20 });
  for (const { trail, account, region } of chains.rows) {
    await ctx.store.remove(digestChains, [trail, account, region]);
  }
  const files = await ctx.store.list(deliveredFiles, [arn], { limit: STEP * 20, index: 'trail' });
  for (const { bucket, key } of files.rows) await ctx.store.remove(deliveredFiles, [bucket, key]);
}
