/**
 * Metric streams, and the minutes of metrics that are owed to them: noted by the follower that adds data, told by a
 * task. It loads with the plane.
 */
import type { Tag } from '../../core/operation.ts';
import { later, tasks } from '../../core/tasks.ts';
import { type Table, type Transaction, table } from '../../store/store.ts';
import type { MetricName } from './metricRows.ts';

export interface MetricFilter {
  readonly namespace: string;
  /** All of the namespace when absent. */
  readonly names?: readonly string[] | undefined;
}

export interface AdditionalStatistics {
  readonly metrics: readonly { readonly namespace: string; readonly name: string }[];
  readonly statistics: readonly string[];
}

export type StreamFormat = 'json' | 'opentelemetry0.7' | 'opentelemetry1.0';

export interface MetricStream {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** Of this stream and no other that had its name. */
  readonly id: string;
  readonly running: boolean;
  readonly include: readonly MetricFilter[];
  readonly exclude: readonly MetricFilter[];
  readonly firehoseArn: string;
  readonly roleArn: string;
  readonly format: StreamFormat;
  readonly additional: readonly AdditionalStatistics[];
  readonly tags: readonly Tag[];
  /** Milliseconds. */
  readonly created: number;
  readonly updated: number;
}

export const metricStreams: Table<MetricStream> = table<MetricStream>('cw_metric_stream', {
  key: ({ account, region, name }) => [account, region, name],
});

type Place = Pick<MetricStream, 'account' | 'region'>;

export const metricStreamArn = ({ account, region }: Place, name: string) =>
  `arn:aws:cloudwatch:${region}:${account}:metric-stream/${name}`;

/** That a place has streams; another row whenever one of them changes. */
const marks = table<Place & { readonly turn: number }>('cw_metric_stream_mark', {
  key: ({ account, region }) => [account, region],
});

/** Writes a stream, or takes it away, and makes that known to the follower. */
export async function changeMetricStream(tx: Transaction, stream: MetricStream, next?: MetricStream): Promise<void> {
  const { account, region } = stream;
  if (next) await tx.replace(metricStreams, next);
  else await tx.remove(metricStreams, metricStreams.key(stream));
  const mark = await tx.get(marks, [account, region]);
  await tx.replace(marks, { account, region, turn: (mark?.turn ?? 0) + 1 });
}

const STREAMS_MAX = 1_000;
const known = new WeakMap<object, readonly MetricStream[]>();

/** Those that run; without any in the place it costs a look at a row. */
export async function runningStreams(tx: Transaction, { account, region }: Place): Promise<readonly MetricStream[]> {
  const mark = await tx.get(marks, [account, region]);
  if (!mark) return [];
  const before = known.get(mark);
  if (before) return before;
  const { rows } = await tx.list(metricStreams, [account, region], { limit: STREAMS_MAX });
  const running = rows.filter((stream) => stream.running);
  known.set(mark, running);
  return running;
}

const isIn = (filters: readonly MetricFilter[], { namespace, name }: Pick<MetricName, 'namespace' | 'name'>) =>
  filters.some((filter) => filter.namespace === namespace && (filter.names?.includes(name) ?? true));

/** Whether the stream tells of a metric. */
export function streams({ include, exclude }: MetricStream, metric: Pick<MetricName, 'namespace' | 'name'>): boolean {
  return include.length > 0 ? isIn(include, metric) : !isIn(exclude, metric);
}

/** The statistics that the stream adds for a metric. */
export function addedStatistics(
  { additional }: MetricStream,
  { namespace, name }: Pick<MetricName, 'namespace' | 'name'>,
): readonly string[] {
  const named = additional.filter(({ metrics }) =>
    metrics.some((metric) => metric.namespace === namespace && metric.name === name),
  );
  return [...new Set(named.flatMap(({ statistics }) => statistics))];
}

/** A minute of a metric that has new data. */
export interface StreamedMinute extends MetricName {
  /** Id of the stream. */
  readonly stream: string;
  /** Seconds since 1970. */
  readonly minute: number;
  /** Id of the metric. */
  readonly metric: string;
}

export const streamedMinutes = table<StreamedMinute>('cw_streamed_minute', {
  key: ({ stream, minute, metric }) => [stream, String(minute).padStart(11, '0'), metric],
});

export const STREAM = 'cloudwatch.stream';
/** In whose name streams' roles are assumed. */
export const STREAMER = 'streams.metrics.cloudwatch.amazonaws.com';

export interface StreamTask {
  readonly name: string;
  readonly id: string;
}

export const MINUTE_MS = 60_000;
/** How long after the end of a minute its data are told. */
export const LAG_MS = 60_000;

/** Owes minutes of a metric to the streams that tell of it. `now` in milliseconds. */
export async function oweMinutes(
  tx: Transaction,
  running: readonly MetricStream[],
  { namespace, name, dimensions, metric }: Omit<StreamedMinute, 'stream' | 'minute'>,
  minutes: Iterable<number>,
  now: number,
): Promise<void> {
  for (const stream of running) {
    if (!streams(stream, { namespace, name })) continue;
    for (const minute of minutes) {
      await tx.replace(streamedMinutes, { stream: stream.id, minute, metric, namespace, name, dimensions });
    }
    if (await tx.get(tasks, [STREAM, stream.id])) continue;
    const { account, region, id } = stream;
    const due = now - (now % MINUTE_MS) + MINUTE_MS + LAG_MS;
    const giver = { store: tx, now: new Date(now), account, region, random: (bytes: number) => new Uint8Array(bytes) };
    await later<StreamTask>(giver, { kind: STREAM, id, body: { name: stream.name, id }, due });
  }
}
