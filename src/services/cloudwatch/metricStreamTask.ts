/**
 * What a metric stream owes goes to its delivery stream: the minutes that have ended, each as it is now, in the stream's
 * role. The records and the end of what was owed are one write set.
 */
import { type Context, servicePrincipal } from '../../core/context.ts';
import { putRecords } from '../../core/deliveryStreams.ts';
import { metrics } from '../../core/metrics.ts';
import { type Again, later, pauseOf, type Task, type TaskHandler } from '../../core/tasks.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { type DataPoint, recordsOf } from './metricStreamFormats.ts';
import {
  addedStatistics,
  LAG_MS,
  type MetricStream,
  MINUTE_MS,
  metricStreamArn,
  metricStreams,
  STREAM,
  STREAMER,
  type StreamedMinute,
  type StreamTask,
  streamedMinutes,
} from './metricStreamRows.ts';
import { seriesOf } from './series.ts';

const MINUTES_A_TURN = 500;
const MINUTE = 60;
const NAMESPACE = 'AWS/CloudWatch/MetricStreams';

export const metricStreamTask: TaskHandler<StreamTask> = {
  kind: STREAM,
  principal: STREAMER,
  async settle({ body }, ctx) {
    const { rows } = await ctx.store.list(streamedMinutes, [body.id], { limit: MINUTES_A_TURN });
    if (rows.length === 0) return undefined;
    const stream = await streamOf(ctx, body);
    const ended = (row: StreamedMinute) => (row.minute + MINUTE) * 1000 + LAG_MS <= ctx.now.getTime();
    const due = stream?.running ? rows.filter(ended) : rows;
    if (stream?.running && due.length > 0) await tell(ctx, stream, due);
    for (const row of due) await ctx.store.remove(streamedMinutes, streamedMinutes.key(row));
    // What is not told yet, or comes meanwhile, is looked for at the next minute.
    const now = ctx.now.getTime();
    const isMore = rows.length === MINUTES_A_TURN && due.length > 0;
    await later(ctx, { kind: STREAM, id: body.id, body, due: isMore ? now : now - (now % MINUTE_MS) + MINUTE_MS });
    return undefined;
  },
  failed: afterFailure,
};

async function streamOf(ctx: Context, { name, id }: StreamTask): Promise<MetricStream | undefined> {
  const stream = await ctx.store.get(metricStreams, [ctx.account, ctx.region, name]);
  return stream?.id === id ? stream : undefined;
}

async function tell(ctx: Context, stream: MetricStream, rows: readonly StreamedMinute[]): Promise<void> {
  const points: DataPoint[] = [];
  for (const row of rows) {
    const span = { from: row.minute, to: row.minute + MINUTE, period: MINUTE };
    const units = (await seriesOf(ctx, row.metric, span)).get(row.minute) ?? new Map();
    for (const [unit, aggregate] of units) points.push({ ...row, unit, aggregate });
  }
  if (points.length === 0) return;
  const source = { arn: metricStreamArn(stream, stream.name), account: stream.account };
  const role = await assumedByService(ctx, stream.roleArn, servicePrincipal(STREAMER, source));
  await putRecords(ctx, stream.firehoseArn, recordsOf(stream, points), role);
  measured(ctx, stream, [
    { name: 'MetricUpdate', value: points.length },
    { name: 'TotalMetricUpdate', value: points.length + extraUpdates(stream, points) },
  ]);
}

/** Up to five additional statistics of a metric count as one update more, and so on. */
const extraUpdates = (stream: MetricStream, points: readonly DataPoint[]): number =>
  points.reduce((sum, point) => sum + Math.ceil(addedStatistics(stream, point).length / 5), 0);

function measured(ctx: Context, stream: MetricStream, values: readonly { name: string; value: number }[]): void {
  const points = values.map((each) => ({ ...each, unit: 'None' }));
  metrics(ctx, { namespace: NAMESPACE, dimensions: { MetricStreamName: stream.name }, points });
  metrics(ctx, { namespace: NAMESPACE, dimensions: {}, points });
}

const PAUSE_MS_MAX = 300_000;
const KEPT_SECONDS = 7_200;

/** Minutes that cannot be told for two hours are not told at all. */
async function afterFailure({ body, attempt }: Task<StreamTask>, ctx: Context): Promise<Again> {
  const stream = await streamOf(ctx, body);
  const { rows } = await ctx.store.list(streamedMinutes, [body.id], { limit: MINUTES_A_TURN });
  const oldest = ctx.now.getTime() / 1000 - KEPT_SECONDS;
  const lost = rows.filter(({ minute }) => minute < oldest);
  for (const row of lost) await ctx.store.remove(streamedMinutes, streamedMinutes.key(row));
  if (stream?.running) measured(ctx, stream, [{ name: 'PublishErrorRate', value: 1 }]);
  return Math.min(PAUSE_MS_MAX, pauseOf(attempt));
}
