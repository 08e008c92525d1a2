/**
 * The shards of a stream: one row holds them all, since a put asks which of them owns a key. Shards open and close at
 * times that were set when the stream was changed; a shard that closed long enough ago is expired, and not shown.
 */
import { createHash } from 'node:crypto';
import { type Transaction, table } from '../../store/store.ts';
import type { Stream } from './streamRows.ts';

export interface Shard {
  readonly index: number;
  /** First and last hash key, 32 hexadecimal digits. */
  readonly from: string;
  readonly to: string;
  /** Milliseconds. */
  readonly opens: number;
  readonly closes?: number | undefined;
  readonly parent?: number | undefined;
  readonly adjacent?: number | undefined;
}

export interface ShardMap {
  /** Id of the stream. */
  readonly stream: string;
  /** In the order of their indexes. */
  readonly shards: readonly Shard[];
  /** The index of the next shard. */
  readonly next: number;
}

export const shardMaps = table<ShardMap>('kinesis_shards', { key: ({ stream }) => [stream] });

export async function shardMapOf(store: Pick<Transaction, 'get'>, stream: Stream): Promise<ShardMap> {
  const map = await store.get(shardMaps, [stream.id]);
  if (!map) throw new Error(`stream ${stream.name} has no shards`);
  return map;
}

export const shardId = (index: number) => `shardId-${String(index).padStart(12, '0')}`;

/** Where a shard's records lie. */
export const placeOf = (stream: Pick<Stream, 'id'>, index: number) => `${stream.id}.${index}`;

/** Any prefix will do, and leading zeros may be left out. Undefined where no shard could have that id. */
export function shardIndex(id: string): number | undefined {
  const digits = id.includes('-') ? id.slice(id.indexOf('-') + 1).split('-')[0]! : id;
  const index = /^\d+$/.test(digits) ? Number(digits) : Number.NaN;
  return index <= 2_147_483_647 ? index : undefined;
}

export const isOpen = ({ opens, closes }: Shard, at: number) => opens <= at && (closes === undefined || closes > at);

export const HOUR_MS = 3_600_000;

/** What was put before is not to be had any more. */
export const trimHorizon = ({ retentionHours }: Stream, now: Date) => now.getTime() - retentionHours * HOUR_MS;

/** Those that exist now: open, or closed and not expired. */
export function shownShards({ shards }: ShardMap, stream: Stream, now: Date): readonly Shard[] {
  const horizon = trimHorizon(stream, now);
  const at = now.getTime();
  return shards.filter(({ opens, closes }) => opens <= at && (closes === undefined || closes > horizon));
}

export function findShard(map: ShardMap, stream: Stream, index: number, now: Date): Shard | undefined {
  const shard = map.shards[position(map, index)];
  if (shard?.index !== index || shard.opens > now.getTime()) return undefined;
  return shard.closes !== undefined && shard.closes <= trimHorizon(stream, now) ? undefined : shard;
}

/** Expired shards go from the front, so that the place of the others is known. */
const position = ({ shards }: ShardMap, index: number) => {
  const guess = index - (shards[0]?.index ?? 0);
  return shards[guess]?.index === index ? guess : shards.findIndex((shard) => shard.index === index);
};

/** Open shards of a map in the order of their ranges, and until when they are the open ones. */
interface Routes {
  readonly from: number;
  readonly until: number;
  readonly open: readonly Shard[];
}

const routes = new WeakMap<ShardMap, Routes>();

export function openShards(map: ShardMap, now: Date): readonly Shard[] {
  const at = now.getTime();
  const known = routes.get(map);
  if (known && known.from <= at && at < known.until) return known.open;
  const times = map.shards.flatMap(({ opens, closes }) => (closes === undefined ? [opens] : [opens, closes]));
  const open = map.shards.filter((shard) => isOpen(shard, at)).toSorted((a, b) => (a.from < b.from ? -1 : 1));
  const from = times.reduce((latest, time) => (time <= at && time > latest ? time : latest), 0);
  const until = times.reduce((next, time) => (time > at && time < next ? time : next), Number.POSITIVE_INFINITY);
  routes.set(map, { from, until, open });
  return open;
}

/** The open shard that owns a hash key. */
export function ownerOf(open: readonly Shard[], hash: string): Shard {
  let low = 0;
  let high = open.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (open[middle]!.from <= hash) low = middle;
    else high = middle - 1;
  }
  const shard = open[low];
  if (!shard) throw new Error('a stream without an open shard');
  return shard;
}

export const hashOf = (partitionKey: string) => createHash('md5').update(partitionKey, 'utf8').digest('hex');

const HASHES = 1n << 128n;

/** 32 hexadecimal digits of a decimal hash key; undefined where it is none. */
export function hashFrom(decimal: string): string | undefined {
  const value = BigInt(decimal);
  return value < HASHES ? value.toString(16).padStart(32, '0') : undefined;
}

export const decimalOf = (hash: string) => BigInt(`0x${hash}`).toString();

/** The hash that is so much further on. */
export const hashPlus = (hash: string, step: bigint) => (BigInt(`0x${hash}`) + step).toString(16).padStart(32, '0');

/** The first hash keys of so many shards of one size; the last one takes what is left over. */
export function uniformStarts(count: number): string[] {
  const size = HASHES / BigInt(count);
  return Array.from({ length: count }, (_, i) => (size * BigInt(i)).toString(16).padStart(32, '0'));
}

export const LAST_HASH = 'f'.repeat(32);
