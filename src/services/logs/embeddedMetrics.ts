/**
 * Metrics that events carry with them, in CloudWatch's embedded metric format: told in the write set that keeps the
 * events, so that each counts exactly once. What is wrong with a document leaves out as little as can be, and is
 * counted in `EMFParsingErrors` and `EMFValidationErrors` of the group.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import { StandardUnit } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import type { Sample } from '../../core/metrics.ts';
import { pacer } from './breath.ts';
import { maskerFor } from './dataProtection.ts';
import type { LogGroup } from './groupRows.ts';
import type { Events } from './segments.ts';
import { NAMESPACE } from './usage.ts';

const METRICS_MAX = 100;
const VALUES_MAX = 100;
const DIMENSIONS_MAX = 30;
const NAME_LENGTH_MAX = 1024;
const DIMENSION_NAME_LENGTH_MAX = 250;
/** Of all documents of a batch; AWS names no number. */
const SAMPLES_MAX = 20_000;
/** As PutMetricData. */
const NAMESPACES = /^(?!AWS\/)[^:*$]{1,255}$/;
const TWO_HOURS_MS = 2 * 3_600_000;
const TWO_WEEKS_MS = 14 * 86_400_000;
const UNITS: ReadonlySet<unknown> = new Set(Object.values(StandardUnit));

type Json = Readonly<Record<string, unknown>>;

/** Values of one metric, one set of dimensions, one second or minute. */
interface Bucket extends Pick<Sample, 'namespace' | 'name' | 'dimensions' | 'unit' | 'time'> {
  readonly highResolution: boolean;
  readonly values: Map<number, number>;
}

interface Extraction {
  readonly buckets: Map<string, Bucket>;
  unreadable: number;
  invalid: number;
}

/** None where no event has the look of such a document, which costs a search of its text. */
export async function embeddedSamples(ctx: Context, group: LogGroup, { messages }: Events): Promise<Sample[]> {
  if (group.class !== 'STANDARD') return [];
  const documents = messages.filter((message) => message.includes('"CloudWatchMetrics"') && message.includes('"_aws"'));
  if (documents.length === 0) return [];
  const mask = await maskerFor(ctx, group, false);
  const from = { ingested: ctx.now.getTime() };
  const extraction: Extraction = { buckets: new Map(), unreadable: 0, invalid: 0 };
  const pace = pacer();
  for (const message of documents) {
    extract(extraction, mask({ message, from }), ctx.now.getTime());
    const pause = pace();
    if (pause) await pause;
  }
  const { buckets, unreadable, invalid } = extraction;
  const failed = { EMFParsingErrors: unreadable, EMFValidationErrors: invalid };
  const common = { namespace: NAMESPACE, dimensions: [['LogGroupName', group.name]] as const, unit: 'None' };
  const errors = Object.entries(failed).filter(([, count]) => count > 0);
  return [
    ...[...buckets.values()].map(sampleOf),
    ...errors.map(([name, count]) => ({ ...common, name, time: ctx.now.getTime(), values: [count] })),
  ];
}

const sampleOf = ({ highResolution, values, ...identity }: Bucket): Sample => ({
  ...identity,
  ...(highResolution && { highResolution }),
  values: [...values.keys()],
  counts: [...values.values()],
});

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function extract(into: Extraction, message: string, now: number): void {
  const root = parsed(message);
  if (root && !('_aws' in root)) return;
  const { Timestamp: time, CloudWatchMetrics: directives } = (isObject(root?._aws) && root._aws) || {};
  if (!root || !Array.isArray(directives) || !Number.isInteger(time)) {
    into.unreadable++;
    return;
  }
  const isTimely = (time as number) <= now + TWO_HOURS_MS && (time as number) >= now - TWO_WEEKS_MS;
  for (const directive of directives as readonly unknown[]) {
    if (!isTimely || !addDirective(into, root, directive, time as number)) into.invalid++;
  }
}

/** Undefined: no object. */
function parsed(message: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(message);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** False where nothing can be made of it. Metrics that are wrong are left out one by one. */
function addDirective(into: Extraction, root: Json, directive: unknown, time: number): boolean {
  const { Namespace: namespace, Dimensions: sets, Metrics: metrics } = isObject(directive) ? directive : {};
  if (typeof namespace !== 'string' || !NAMESPACES.test(namespace)) return false;
  if (!Array.isArray(sets) || !Array.isArray(metrics) || metrics.length > METRICS_MAX) return false;
  const identities = (sets as readonly unknown[]).map((set) => dimensionsOf(root, set));
  into.invalid += identities.filter((dimensions) => dimensions === undefined).length;
  for (const given of metrics as readonly unknown[]) {
    const metric = metricOf(root, given);
    if (!metric) into.invalid++;
    for (const dimensions of metric ? identities : []) {
      if (metric && dimensions && !add(into, { namespace, dimensions, time }, metric)) return false;
    }
  }
  return true;
}

type Dimensions = readonly (readonly [name: string, value: string])[];

function dimensionsOf(root: Json, set: unknown): Dimensions | undefined {
  if (!Array.isArray(set) || set.length > DIMENSIONS_MAX) return undefined;
  const found = (set as readonly unknown[]).map((name) => [String(name), root[String(name)]] as const);
  const isRight = found.every(
    ([name, value]) =>
      name.length > 0 &&
      name.length <= DIMENSION_NAME_LENGTH_MAX &&
      typeof value === 'string' &&
      value.trim() !== '' &&
      value.length <= NAME_LENGTH_MAX,
  );
  return isRight ? (found as Dimensions) : undefined;
}

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly highResolution: boolean;
  readonly values: readonly number[];
}

function metricOf(root: Json, given: unknown): Metric | undefined {
  const { Name: name, Unit: unit = 'None', StorageResolution: resolution = 60 } = isObject(given) ? given : {};
  if (typeof name !== 'string' || name === '' || name.length > 255) return undefined;
  if (!UNITS.has(unit) || (resolution !== 1 && resolution !== 60)) return undefined;
  const target = root[name];
  const values: readonly unknown[] = Array.isArray(target) ? target : [target];
  if (values.length > VALUES_MAX || !values.every((value) => Number.isFinite(value))) return undefined;
  return { name, unit: unit as string, highResolution: resolution === 1, values: values as readonly number[] };
}

/** False where there are too many already. */
function add(
  { buckets }: Extraction,
  { namespace, dimensions, time }: Pick<Sample, 'namespace' | 'dimensions' | 'time'>,
  { name, unit, highResolution, values }: Metric,
): boolean {
  const grain = highResolution ? 1_000 : 60_000;
  const identity = { namespace, name, dimensions, unit, time: Math.floor(time / grain) * grain };
  const key = JSON.stringify([identity, highResolution]);
  let bucket = buckets.get(key);
  if (!bucket) {
    if (buckets.size >= SAMPLES_MAX) return false;
    buckets.set(key, (bucket = { ...identity, highResolution, values: new Map() }));
  }
  for (const value of values) bucket.values.set(value, (bucket.values.get(value) ?? 0) + 1);
  return true;
}
