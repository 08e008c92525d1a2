/**
 * What metric filters make of a batch of events: values for CloudWatch, told in the write set that keeps the events, so
 * that each counts exactly once.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
 */
import type { Context } from '../../core/context.ts';
import type { Sample } from '../../core/metrics.ts';
import { pacer } from './breath.ts';
import { maskerFor } from './dataProtection.ts';
import { fieldSelection, systemFieldsOf } from './fieldSelection.ts';
import type { LogGroup } from './groupRows.ts';
import { type MetricFilter, metricFilters } from './metricFilterRows.ts';
import { type FilterPattern, filterPattern, matcherOf, type Subject, subjectOf } from './patterns/index.ts';
import { numericText } from './patterns/json.ts';
import type { Events } from './segments.ts';

export const FILTERS_MAX = 100;
const MINUTE_MS = 60_000;

/** None where the group has no filters, which costs nothing. */
export async function filterSamples(ctx: Context, group: LogGroup, events: Events): Promise<Sample[]> {
  if (group.metricFilters === 0) return [];
  const { rows } = await ctx.store.list(metricFilters, [group.id], { limit: FILTERS_MAX });
  const mask = await maskerFor(ctx, group, false);
  const from = { ingested: ctx.now.getTime() };
  const { transformed, messages } = events;
  const subjects = async (texts: readonly string[]) => {
    const pace = pacer();
    const found: Subject[] = [];
    for (const message of texts) {
      found.push(subjectOf(mask({ message, from })));
      await pace();
    }
    return found;
  };
  const original = await subjects(messages);
  const made = transformed ? await subjects(transformed.map((text, i) => text || messages[i]!)) : original;
  const samples: Sample[] = [];
  const fields = systemFieldsOf(group);
  for (const filter of rows) {
    if (filter.criteria !== undefined && !fieldSelection(filter.criteria)(fields)) continue;
    samples.push(...(await samplesOf(filter, group, filter.onTransformed ? made : original, events.times)));
  }
  return samples;
}

/** The values of one metric, one set of dimensions, one minute. */
interface Bucket {
  readonly time: number;
  readonly dimensions: readonly (readonly [string, string])[];
  readonly values: Map<number, number>;
}

async function samplesOf(
  filter: MetricFilter,
  group: LogGroup,
  subjects: readonly Subject[],
  times: readonly number[],
): Promise<Sample[]> {
  const { transformation } = filter;
  const pattern = filterPattern(filter.pattern);
  const buckets = new Map<string, Bucket>();
  const quiet = new Set<number>();
  const loud = new Set<number>();
  const pace = pacer();
  const matcher = matcherOf(pattern);
  for (const [i, subject] of subjects.entries()) {
    const pause = pace();
    if (pause) await pause;
    const minute = Math.floor(times[i]! / MINUTE_MS) * MINUTE_MS;
    const matches = matcher(subject);
    (matches ? loud : quiet).add(minute);
    if (!matches) continue;
    const value = metricValue(transformation.metricValue ?? '1', pattern, subject);
    const dimensions = dimensionsOf(filter, group, pattern, subject);
    if (value !== undefined && dimensions) add(buckets, minute, dimensions, value);
  }
  const standard = transformation.defaultValue;
  if (standard !== undefined) {
    for (const minute of quiet) if (!loud.has(minute)) add(buckets, minute, [], standard);
  }
  return [...buckets.values()].map((bucket) => sampleOf(filter, bucket));
}

/** A number as written, or the number that a field of the event holds. */
function metricValue(text: string, pattern: FilterPattern, subject: Subject): number | undefined {
  return numericText(text.startsWith('$') ? pattern.value(subject, text) : text);
}

/** Undefined where the event lacks a field that is a dimension. */
function dimensionsOf(filter: MetricFilter, group: LogGroup, pattern: FilterPattern, subject: Subject) {
  const found: [string, string][] = [];
  for (const [name, selector] of Object.entries(filter.transformation.dimensions ?? {})) {
    const value = pattern.value(subject, selector);
    if (value === undefined || value === '') return undefined;
    found.push([name, value.slice(0, DIMENSION_LENGTH_MAX)]);
  }
  for (const field of filter.systemFields ?? [])
    found.push([field, field === '@aws.region' ? group.region : group.account]);
  return found;
}

const DIMENSION_LENGTH_MAX = 1024;

function add(
  buckets: Map<string, Bucket>,
  time: number,
  dimensions: readonly (readonly [string, string])[],
  value: number,
): void {
  const key = JSON.stringify([time, dimensions]);
  let bucket = buckets.get(key);
  if (!bucket) buckets.set(key, (bucket = { time, dimensions, values: new Map() }));
  bucket.values.set(value, (bucket.values.get(value) ?? 0) + 1);
}

function sampleOf({ transformation }: MetricFilter, { time, dimensions, values }: Bucket): Sample {
  return {
    namespace: transformation.metricNamespace ?? '',
    name: transformation.metricName ?? '',
    dimensions,
    unit: transformation.unit ?? 'None',
    time,
    values: [...values.keys()],
    counts: [...values.values()],
  };
}
