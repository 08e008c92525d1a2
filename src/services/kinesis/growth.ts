/**
 * How a stream on demand grows: a shard that is sent more than half of what it takes, for a minute, is split evenly.
 * https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html#ondemandmode
 */
import type { Context } from '../../core/context.ts';
import { type Again, later, type Task } from '../../core/tasks.ts';
import { throughputLimit } from './onDemand.ts';
import type { Head, Load } from './packRows.ts';
import { changed, remaining, reshard, split, WORK_MS } from './reshards.ts';
import { hashPlus, isOpen, placeOf, type Shard, shardMapOf } from './shardRows.ts';
import { type Stream, stateOf, streamAt } from './streamRows.ts';
import { GROWTH, type Growth } from './tasks.ts';

const MINUTE_MS = 60_000;
const BYTES_A_MINUTE = 60 * 500 * 1024;
const RECORDS_A_MINUTE = 60 * 500;

/** What the shard was sent this minute, what it refused included. Owes that it is split if that is much. */
export async function loadAfter(
  ctx: Context,
  stream: Stream,
  shard: Shard,
  head: Head,
  sent: Omit<Load, 'minute'>,
): Promise<Load | undefined> {
  if (stream.mode !== 'ON_DEMAND') return undefined;
  const minute = Math.floor(ctx.now.getTime() / MINUTE_MS);
  const before = head.load?.minute === minute ? head.load : { minute, bytes: 0, records: 0 };
  const load = { minute, bytes: before.bytes + sent.bytes, records: before.records + sent.records };
  if (isMuch(load) && !isMuch(before)) {
    const { account, region, name } = stream;
    const body: Growth = { account, region, name, shard: shard.index };
    await later(ctx, { kind: GROWTH, id: placeOf(stream, shard.index), account, region, body });
  }
  return load;
}

const isMuch = ({ bytes, records }: Load) => bytes > BYTES_A_MINUTE || records > RECORDS_A_MINUTE;

export async function grow({ id, body }: Task<Growth>, ctx: Context): Promise<Again> {
  const stream = await streamAt(ctx, [body.account, body.region, body.name]);
  if (stream?.mode !== 'ON_DEMAND' || placeOf(stream, body.shard) !== id) return undefined;
  const now = ctx.now.getTime();
  const state = stateOf(stream, ctx.now);
  if (state === 'UPDATING') return (stream.busy ?? now) - now;
  const map = await shardMapOf(ctx.store, stream);
  const shard = map.shards.find(({ index }) => index === body.shard);
  if (state !== 'ACTIVE' || !shard || !isOpen(shard, now)) return undefined;
  if (remaining(map) >= throughputLimit(ctx, stream)) return undefined;
  const size = BigInt(`0x${shard.to}`) - BigInt(`0x${shard.from}`) + 1n;
  if (size < 2n) return undefined;
  const until = now + WORK_MS;
  await reshard(ctx, stream, changed(map, [split(shard, hashPlus(shard.from, size / 2n))], until), until);
  return undefined;
}
