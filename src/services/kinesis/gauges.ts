/**
 * What CloudWatch is told: of each call for its stream, and for its shards where the stream wants that.
 * https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
 */
import type { Context } from '../../core/context.ts';
import { metrics, type Point } from '../../core/metrics.ts';
import type { JournalEntry } from '../../store/store.ts';
import { shardId } from './shardRows.ts';
import type { Stream } from './streamRows.ts';

export const count = (name: string, value = 1): Point => ({ name, value, unit: 'Count' });
export const bytes = (name: string, value: number): Point => ({ name, value, unit: 'Bytes' });
export const milliseconds = (name: string, value: number): Point => ({ name, value, unit: 'Milliseconds' });

export function measure(ctx: Context, stream: Stream, points: readonly Point[], more: Record<string, string> = {}) {
  const { account, region, name } = stream;
  metrics(ctx, { namespace: 'AWS/Kinesis', dimensions: { StreamName: name, ...more }, points, account, region });
}

/** Those of a shard's metrics that the stream was told to tell. */
export function measureShard(ctx: Context, stream: Stream, index: number, points: readonly Point[]): void {
  const wanted = points.filter(({ name }) => stream.monitoring.includes(name));
  if (wanted.length > 0) measure(ctx, stream, wanted, { ShardId: shardId(index) });
}

/** What is measured though the call fails. */
export function measureFailure(ctx: Context, tell: (ctx: Context) => void): void {
  const kept: JournalEntry[] = [];
  tell({ ...ctx, store: { ...ctx.store, append: (entry) => kept.push(entry) } });
  ctx.audit.kept = [...(ctx.audit.kept ?? []), ...kept];
}
