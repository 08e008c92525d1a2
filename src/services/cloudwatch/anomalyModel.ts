/**
 * What is normal for a series: a statistical model of its past two weeks.
 *
 * Every hour of the week has its own mean and deviation, from the values of that hour in the weeks before; where there
 * are too few, those of the same hour of all days stand in, then those of all hours. Values far from the rest of their
 * hour (counted in median absolute deviations) are drawn in first, so that one bad hour does not widen the next week's
 * band. Newer values weigh more: half as much after the half-life. The band never leaves the side of zero that all
 * values were on.
 */
import type { Points } from './math/values.ts';
import { offsetMinutes } from './zones.ts';

export interface ModelOptions {
  readonly timezone: string;
  /** Excluded from training, in seconds. */
  readonly excluded: readonly (readonly [from: number, to: number])[];
  /** Days after which a value weighs half. */
  readonly halfLifeDays: number;
  /** Values are drawn in to so many median absolute deviations of their hour. */
  readonly outliersBeyond: number;
}

export interface Normal {
  readonly mean: number;
  readonly deviation: number;
}

export interface Model {
  /** Undefined before there is enough to go by. */
  readonly normal: (time: number) => Normal | undefined;
  readonly lowest: number;
  readonly samples: number;
}

export const TRAINING_SECONDS = 14 * 86_400;
const SAMPLES_MIN = 15;
/** Values an hour of the week, or of the day, needs for a say of its own. */
const SAMPLES_OF_HOUR = 10;
const HOUR = 3600;
const WEEK_HOURS = 168;
/** Of a value's deviation that is never gone below, so that a flat metric still has a band. */
const DEVIATION_SHARE_MIN = 0.01;

export function train(points: Points, options: ModelOptions): Model {
  const hourOf = localHours(options.timezone);
  const kept = [...points].filter(([time]) => !options.excluded.some(([from, to]) => time >= from && time < to));
  const end = kept.at(-1)?.[0] ?? 0;
  const decay = Math.LN2 / (options.halfLifeDays * 86_400);
  const samples = kept.map(([time, value]) => ({ hour: hourOf(time), value, weight: Math.exp(decay * (time - end)) }));
  const ofWeek = groups(samples, (hour) => hour, options);
  const ofDay = groups(samples, (hour) => hour % 24, options);
  const ofAll = groups(samples, () => 0, options).get(0);
  return {
    samples: samples.length,
    lowest: lowestOf(samples),
    normal(time) {
      if (samples.length < SAMPLES_MIN) return undefined;
      const hour = hourOf(time);
      return ofWeek.get(hour) ?? ofDay.get(hour % 24) ?? ofAll;
    },
  };
}

interface Sample {
  readonly hour: number;
  readonly value: number;
  readonly weight: number;
}

/** The least value, without an argument list as long as the data. */
const lowestOf = (samples: readonly Sample[]) =>
  samples.reduce((least, { value }) => Math.min(least, value), Number.POSITIVE_INFINITY);

function groups(samples: readonly Sample[], of: (hour: number) => number, options: ModelOptions): Map<number, Normal> {
  const members = new Map<number, Sample[]>();
  for (const sample of samples) {
    const group = of(sample.hour);
    const known = members.get(group);
    if (known) known.push(sample);
    else members.set(group, [sample]);
  }
  const normals = new Map<number, Normal>();
  for (const [group, inside] of members) {
    if (inside.length >= SAMPLES_OF_HOUR) normals.set(group, normalOf(inside, options.outliersBeyond));
  }
  return normals;
}

function normalOf(samples: readonly Sample[], outliersBeyond: number): Normal {
  const median = middle(samples.map(({ value }) => value));
  const scatter = middle(samples.map(({ value }) => Math.abs(value - median)));
  const reach = scatter > 0 ? scatter * outliersBeyond * 1.4826 : Number.POSITIVE_INFINITY;
  const drawnIn = (value: number) => Math.min(median + reach, Math.max(median - reach, value));
  let [weights, sum] = [0, 0];
  for (const { value, weight } of samples) {
    weights += weight;
    sum += weight * drawnIn(value);
  }
  const mean = sum / weights;
  let squares = 0;
  for (const { value, weight } of samples) squares += weight * (drawnIn(value) - mean) ** 2;
  const deviation = Math.max(Math.sqrt(squares / weights), Math.abs(mean) * DEVIATION_SHARE_MIN);
  return { mean, deviation };
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Hour of the week by local clocks; the zone is asked once an hour. */
function localHours(zone: string): (time: number) => number {
  const offsets = new Map<number, number>();
  return (time) => {
    const hour = Math.floor(time / HOUR);
    let offset = offsets.get(hour);
    if (offset === undefined) {
      offset = offsetMinutes(zone, time * 1000) * 60;
      offsets.set(hour, offset);
    }
    return Math.floor((time + offset) / HOUR) % WEEK_HOURS;
  };
}
