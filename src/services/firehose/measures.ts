/** What Firehose tells CloudWatch. https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html */
import type { Context } from '../../core/context.ts';
import { metrics, type Point } from '../../core/metrics.ts';
import type { Batch } from './delivering.ts';
import type { Delivered } from './objects.ts';
import { NAMESPACE } from './queues.ts';
import type { Stream } from './streamRows.ts';

export function tell(ctx: Context, { account, region, name }: Stream, points: readonly Point[]): void {
  metrics(ctx, { namespace: NAMESPACE, dimensions: { DeliveryStreamName: name }, account, region, points });
}

/** The age of a batch's oldest record, in seconds. */
export const freshness = ({ parcels: [oldest] }: Batch, now: Date): number =>
  oldest ? Math.max(0, now.getTime() - oldest.at) / 1000 : 0;

const wayOf = ({ queue }: Batch) => (queue === 'main' ? 'DeliveryToS3' : 'BackupToS3');

export function deliveredMetrics(ctx: Context, batch: Batch, delivered: Delivered): void {
  const { objects, records, bytes, partitions } = delivered;
  const way = wayOf(batch);
  tell(ctx, batch.stream, [
    { name: `${way}.Bytes`, value: bytes, unit: 'Bytes' },
    { name: `${way}.Records`, value: records, unit: 'Count' },
    { name: `${way}.Success`, value: 1, unit: 'Count' },
    { name: `${way}.DataFreshness`, value: freshness(batch, ctx.now), unit: 'Seconds' },
    ...(partitions === undefined ? [] : partitionPoints(partitions, delivered)),
    ...(way === 'DeliveryToS3' ? [{ name: `${way}.ObjectCount`, value: objects, unit: 'Count' }] : []),
  ]);
}

const partitionPoints = (partitions: number, { failed }: Delivered): Point[] => [
  { name: 'PartitionCount', value: partitions, unit: 'Count' },
  {
    name: 'PartitionCountExceeded',
    value: failed.some(({ type }) => type === 'activePartitionExceeded') ? 1 : 0,
    unit: 'Count',
  },
];

/** Of a key of KMS that does not open what lies sealed under it. */
const KMS_METRICS: Readonly<Record<string, string>> = {
  KMSAccessDeniedException: 'KMSKeyAccessDenied',
  KMSDisabledException: 'KMSKeyDisabled',
  KMSInvalidStateException: 'KMSKeyInvalidState',
  KMSNotFoundException: 'KMSKeyNotFound',
};

export function failedMetrics(ctx: Context, batch: Batch, error: unknown): void {
  const way = wayOf(batch);
  const { code = '' } = error as { readonly code?: string };
  const ofKey = KMS_METRICS[code];
  tell(ctx, batch.stream, [
    { name: `${way}.Success`, value: 0, unit: 'Count' },
    { name: `${way}.DataFreshness`, value: freshness(batch, ctx.now), unit: 'Seconds' },
    ...(ofKey === undefined ? [] : [{ name: ofKey, value: 1, unit: 'Count' }]),
  ]);
}
