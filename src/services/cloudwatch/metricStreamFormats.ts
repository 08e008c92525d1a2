/**
 * Data points as metric streams tell of them: lines of JSON, or messages of OpenTelemetry, each after its length.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-formats.html
 */
import type { Aggregate } from './aggregates.ts';
import type { MetricName } from './metricRows.ts';
import { addedStatistics, type MetricStream, metricStreamArn, type StreamFormat } from './metricStreamRows.ts';
import { double, fixed64, message, text, withLength } from './protobuf.ts';
import { percentileShare, statistic } from './statistics.ts';

export interface DataPoint extends MetricName {
  /** Seconds since 1970. */
  readonly minute: number;
  readonly unit: string;
  readonly aggregate: Aggregate;
}

const RECORD_BYTES_MAX = 512 * 1024;
const POINTS_A_MESSAGE = 100;

/** Records of at most half a mebibyte, in the points' order. */
export function recordsOf(stream: MetricStream, points: readonly DataPoint[]): Buffer[] {
  const pieces =
    stream.format === 'json' ? points.map((point) => Buffer.from(lineOf(stream, point))) : requestsOf(stream, points);
  const records: Buffer[] = [];
  let open: Buffer[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    if (bytes > 0 && bytes + piece.length > RECORD_BYTES_MAX) {
      records.push(Buffer.concat(open));
      [open, bytes] = [[], 0];
    }
    open.push(piece);
    bytes += piece.length;
  }
  return bytes > 0 ? [...records, Buffer.concat(open)] : records;
}

/** What the stream adds for a metric, as far as its data have it. */
const additionalOf = (stream: MetricStream, point: DataPoint): (readonly [string, number])[] =>
  addedStatistics(stream, point).flatMap((each) => {
    const value = statistic(each)?.(point.aggregate);
    return value === undefined ? [] : [[each, value] as const];
  });

function lineOf(stream: MetricStream, point: DataPoint): string {
  const { count, sum, max, min } = point.aggregate;
  const line = {
    metric_stream_name: stream.name,
    account_id: stream.account,
    region: stream.region,
    namespace: point.namespace,
    metric_name: point.name,
    dimensions: Object.fromEntries(point.dimensions),
    timestamp: point.minute * 1000,
    value: { max, min, sum, count, ...Object.fromEntries(additionalOf(stream, point)) },
    unit: point.unit,
  };
  return `${JSON.stringify(line)}\n`;
}

/** ExportMetricsServiceRequest: some points each. */
function requestsOf(stream: MetricStream, points: readonly DataPoint[]): Buffer[] {
  const requests: Buffer[] = [];
  for (let at = 0; at < points.length; at += POINTS_A_MESSAGE) {
    const some = points.slice(at, at + POINTS_A_MESSAGE).map((point) => metricOf(stream, point));
    const metrics = message(2, ...some.map((metric) => message(2, metric)));
    requests.push(withLength(message(1, message(1, ...resourceOf(stream)), metrics)));
  }
  return requests;
}

const resourceOf = (stream: MetricStream): Buffer[] =>
  [
    ['cloud.provider', 'aws'],
    ['cloud.account.id', stream.account],
    ['cloud.region', stream.region],
    ['aws.exporter.arn', metricStreamArn(stream, stream.name)],
  ].map(([key, value]) => keyValue(1, key!, text(1, value!)));

/** KeyValue, whose value is an AnyValue. */
const keyValue = (field: number, key: string, value: Buffer) => message(field, text(1, key), message(2, value));

/** A metric with its one data point: a Summary, which is a DoubleSummary in the elder version. */
const metricOf = (stream: MetricStream, point: DataPoint): Buffer =>
  Buffer.concat([
    text(1, `amazonaws.com/${point.namespace}/${point.name}`),
    text(3, unitOf(point.unit)),
    message(11, message(1, summaryOf(stream, point))),
  ]);

const NANOSECONDS = 1_000_000_000n;

function summaryOf(stream: MetricStream, point: DataPoint): Buffer {
  const { count, sum, min, max } = point.aggregate;
  const percentiles = additionalOf(stream, point).flatMap(([name, value]) => {
    const share = percentileShare(name);
    return share === undefined ? [] : [[share, value] as const];
  });
  const quantiles = [[0, min] as const, ...percentiles.toSorted(([a], [b]) => a - b), [1, max] as const];
  return Buffer.concat([
    ...ATTRIBUTES[stream.format](point),
    fixed64(2, BigInt(point.minute) * NANOSECONDS),
    fixed64(3, BigInt(point.minute + 60) * NANOSECONDS),
    fixed64(4, BigInt(Math.round(count))),
    double(5, sum),
    ...quantiles.map(([quantile, value]) => message(6, double(1, quantile), double(2, value))),
  ]);
}

/** 0.7: StringKeyValue in field 1; 1.0: KeyValue in field 7, dimensions as a list of their own. */
const ATTRIBUTES: Readonly<Record<StreamFormat, (point: DataPoint) => Buffer[]>> = {
  json: () => [],
  'opentelemetry0.7': ({ namespace, name, dimensions }) =>
    [['Namespace', namespace] as const, ['MetricName', name] as const, ...dimensions].map(([key, value]) =>
      message(1, text(1, key), text(2, value)),
    ),
  'opentelemetry1.0': ({ namespace, name, dimensions }) => [
    keyValue(7, 'Namespace', text(1, namespace)),
    keyValue(7, 'MetricName', text(1, name)),
    keyValue(7, 'Dimensions', message(6, ...dimensions.map(([key, value]) => keyValue(1, key, text(1, value))))),
  ],
};

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-formats-opentelemetry-translation-100.html */
const UNITS: Readonly<Record<string, string>> = {
  Second: 's',
  Seconds: 's',
  Microseconds: 'us',
  Milliseconds: 'ms',
  Bytes: 'By',
  Kilobytes: 'kBy',
  Megabytes: 'MBy',
  Gigabytes: 'GBy',
  Terabytes: 'TBy',
  Bits: 'bit',
  Kilobits: 'kbit',
  Megabits: 'MBit',
  Gigabits: 'GBit',
  Terabits: 'Tbit',
  Percent: '%',
  Count: '{Count}',
  None: '1',
};

const unitOf = (unit: string) =>
  unit
    .split('/')
    .map((part) => UNITS[part] ?? part)
    .join('/');
