/** Lines of access logs on their way into the target bucket. */
import { type Context, servicePrincipal } from '../../core/context.ts';
import { lowerId } from '../../core/ids.ts';
import { pauseOf, type TaskHandler } from '../../core/tasks.ts';
import { table } from '../../store/store.ts';
import { type BucketSettings, bucketSettings } from './settings.ts';

export const LOG_DELIVERY = 's3.logs';
export const LOG_INTERVAL_MS = 300_000;
const LINES_A_FILE = 2000;
const KEPT_MS = 86_400_000;

export interface AccessLogLine {
  readonly bucket: string;
  /** In time's order. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly text: string;
}

export const accessLogLines = table<AccessLogLine>('s3_access_log', { key: ({ bucket, id }) => [bucket, id] });

/** That a delivery is owed: looked at by every request that is logged, and written by the first. */
export const logDeliveries = table<{ readonly bucket: string }>('s3_log_delivery', { key: ({ bucket }) => [bucket] });

export const accessLogs: TaskHandler<{ readonly bucket: string }> = {
  kind: LOG_DELIVERY,
  principal: 'logging.s3.amazonaws.com',
  async settle({ body: { bucket }, account }, ctx) {
    const settings = await ctx.store.get(bucketSettings, [bucket]);
    const { rows } = await ctx.store.list(accessLogLines, [bucket], { limit: LINES_A_FILE });
    const [first] = rows;
    if (first) {
      const day = dayOf(first.time);
      const lines = rows.filter(({ time }) => dayOf(time) === day);
      if (settings?.logging && settings.account === account) await deliver(ctx, settings, lines);
      for (const { id } of lines) await ctx.store.remove(accessLogLines, [bucket, id]);
      if (lines.length < rows.length || rows.length === LINES_A_FILE) return 0;
    }
    await ctx.store.remove(logDeliveries, [bucket]);
    return undefined;
  },
  /** Until the target lets S3 in again the lines wait, for a day. */
  async failed({ attempt, body: { bucket } }, ctx) {
    const { rows } = await ctx.store.list(accessLogLines, [bucket], { limit: LINES_A_FILE });
    const old = rows.filter(({ time }) => time <= ctx.now.getTime() - KEPT_MS);
    for (const { id } of old) await ctx.store.remove(accessLogLines, [bucket, id]);
    return old.length === LINES_A_FILE ? 0 : Math.max(LOG_INTERVAL_MS, pauseOf(attempt));
  },
};

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

async function deliver(ctx: Context, settings: BucketSettings, lines: readonly AccessLogLine[]): Promise<void> {
  const { bucket, account, region, logging } = settings;
  const { TargetBucket: Bucket, TargetGrants: grants = [] } = logging!;
  const source = servicePrincipal('logging.s3.amazonaws.com', { arn: `arn:aws:s3:::${bucket}`, account });
  const Body = Buffer.from(lines.map(({ text }) => text).join(''));
  const input: Record<string, unknown> = {
    Bucket,
    Key: keyOf(ctx, settings, lines[0]!.time),
    Body,
    ContentType: 'text/plain',
  };
  for (const { Grantee, Permission } of grants) {
    const member = GRANTS[Permission ?? ''];
    if (member === undefined) continue;
    const grantee = Grantee?.ID === undefined ? `uri="${Grantee?.URI}"` : `id="${Grantee.ID}"`;
    input[member] = input[member] === undefined ? grantee : `${input[member]}, ${grantee}`;
  }
  await ctx.call('s3', 'PutObject', input, source, region);
}

const GRANTS: Readonly<Record<string, string>> = { FULL_CONTROL: 'GrantFullControl', READ: 'GrantRead' };

/** `prefix2030-01-31-00-05-00-UNIQUE`, or in folders by account, Region, bucket and day. */
function keyOf(ctx: Context, { bucket, account, region, logging }: BucketSettings, first: number): string {
  const { TargetPrefix: prefix = '', TargetObjectKeyFormat: format } = logging!;
  const unique = lowerId(16, ctx).toUpperCase();
  const stamp = (time: string) => time.slice(0, 19).replace(/[T:]/g, '-');
  const delivered = ctx.now.toISOString();
  if (!format?.PartitionedPrefix) return `${prefix}${stamp(delivered)}-${unique}`;
  const byEvent = format.PartitionedPrefix.PartitionDateSource === 'EventTime';
  const time = byEvent ? `${dayOf(first)}T00:00:00` : delivered;
  const day = time.slice(0, 10).replaceAll('-', '/');
  return `${prefix}${account}/${region}/${bucket}/${day}/${stamp(time)}-${unique}`;
}
