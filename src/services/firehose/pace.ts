/**
 * How much a stream takes in a second. It is counted in memory, by each plane for itself: what it holds up is a client
 * that is too fast, not what is owed to anybody.
 * https://docs.aws.amazon.com/firehose/latest/dev/limits.html
 */
import type { Context, Settings } from '../../core/context.ts';
import { quota } from '../../core/quotas.ts';
import type { Stream } from './streamRows.ts';

interface Amount {
  readonly requests: number;
  readonly records: number;
  readonly bytes: number;
}

const MEBIBYTE = 1024 * 1024;
const STANDARD: Amount = { requests: 1_000, records: 100_000, bytes: MEBIBYTE };
const LARGE: Amount = { requests: 2_000, records: 500_000, bytes: 5 * MEBIBYTE };
const LARGE_REGIONS = new Set(['us-east-1', 'us-west-2', 'eu-west-1']);

interface Second extends Amount {
  readonly second: number;
}

/** Of each plane. */
const planes = new WeakMap<Settings, Map<string, Second>>();
const KEPT_MAX = 1_000;

function secondsOf({ settings }: Context): Map<string, Second> {
  const known = planes.get(settings) ?? new Map<string, Second>();
  planes.set(settings, known);
  if (known.size >= KEPT_MAX) known.clear();
  return known;
}

/** How many of these records, the first ones, the stream still takes in this second. */
export function taken(ctx: Context, { id, region }: Stream, sizes: readonly number[]): number {
  const most = LARGE_REGIONS.has(region) ? LARGE : STANDARD;
  const second = Math.floor(ctx.now.getTime() / 1000);
  const seconds = secondsOf(ctx);
  const before = seconds.get(id);
  const used = before?.second === second ? before : { second, requests: 0, records: 0, bytes: 0 };
  const left = {
    requests: quota(ctx, 'DirectPutRequestsPerSecond', most.requests) - used.requests,
    records: quota(ctx, 'DirectPutRecordsPerSecond', most.records) - used.records,
    bytes: quota(ctx, 'DirectPutBytesPerSecond', most.bytes) - used.bytes,
  };
  let [count, bytes] = [0, 0];
  if (left.requests > 0) {
    for (const size of sizes) {
      if (count + 1 > left.records || bytes + size > left.bytes) break;
      count += 1;
      bytes += size;
    }
  }
  const { requests, records } = used;
  seconds.set(id, { second, requests: requests + 1, records: records + count, bytes: used.bytes + bytes });
  return count;
}
