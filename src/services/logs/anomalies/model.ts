/**
 * What is usual in a group: its patterns, how often each comes in an interval, and which values stand in them. Counts
 * are followed as mean and variance that forget slowly, so that what lasts becomes usual.
 */
import { type Pattern, patternSeverity, patternsOf } from '../mining/patterns.ts';

/** Plain data. */
export interface Model {
  readonly patterns: Known[];
  /** How far the past has been read, as a place; absent once it has. */
  training?: { readonly time: number; readonly segment: string; readonly index: number } | undefined;
  /** Whether all of the past has been read. */
  trained: boolean;
  /** From when on what deviates is told. */
  readyAt: number;
  /** Of the interval that is being read while training. */
  intervalEnd: number;
  /** How far arrivals have been looked at. */
  since: number;
  seen: readonly string[];
  /** Events that were learned from. */
  events: number;
}

export interface Known extends Pattern {
  /** Of the counts of intervals. */
  mean: number;
  variance: number;
  /** How many intervals it has been known for. */
  intervals: number;
}

export interface Event {
  readonly time: number;
  readonly message: string;
}

/** What one interval held of a pattern. */
interface Counted {
  readonly pattern: Known;
  count: number;
  readonly isNew: boolean;
  readonly samples: Event[];
  /** Values never seen before, of parts that have few: part → value. */
  readonly values: Map<number, string>;
}

export interface Deviation {
  readonly about: string;
  readonly pattern: Known;
  readonly count: number;
  readonly samples: readonly Event[];
  readonly priority: 'HIGH' | 'MEDIUM' | 'LOW';
  readonly description: string;
}

/** AWS: detection works where there are no more than about 300. */
const PATTERNS_MAX = 500;
const SAMPLES_MAX = 3;
/** The weight of a new interval. */
const WEIGHT = 0.05;
/** So often a pattern must have been seen before a new value in it means something. */
const VALUES_KNOWN_AFTER = 50;

export function emptyModel(since: number): Model {
  return { patterns: [], trained: false, readyAt: 0, intervalEnd: 0, since, seen: [], events: 0 };
}

/** Takes events of one interval. */
export function intervalOf(model: Model) {
  const patterns = patternsOf(model.patterns, PATTERNS_MAX);
  const known = new Set(model.patterns.map(({ id }) => id));
  const counts = new Map<string, Counted>();
  return {
    add(event: Event): void {
      const before = patterns.find(event.message);
      const values = before && [...before.values];
      const had = values?.map((value) => (value ? new Set(Object.keys(value)) : undefined));
      const found = patterns.add(event.message) as Known | undefined;
      if (!found) return;
      model.events++;
      let counted = counts.get(found.id);
      if (!counted) {
        const isNew = !known.has(found.id);
        if (isNew) model.patterns.push(Object.assign(found, { mean: 0, variance: 0, intervals: 0 }));
        counts.set(found.id, (counted = { pattern: found, count: 0, isNew, samples: [], values: new Map() }));
      }
      counted.count++;
      if (counted.samples.length < SAMPLES_MAX) counted.samples.push(event);
      if (!counted.isNew && had && found.count > VALUES_KNOWN_AFTER) noteValues(counted, had);
    },
    /** Ends it: what deviates, and the model learns. */
    end(): Deviation[] {
      const deviations = model.patterns.flatMap((pattern) => deviationsOf(pattern, counts.get(pattern.id)));
      for (const pattern of model.patterns) learn(pattern, counts.get(pattern.id)?.count ?? 0);
      return deviations;
    },
  };
}

/** Intervals in which nothing came at all. */
export function quiet(model: Model, intervals: number): void {
  for (let i = 0; i < Math.min(intervals, 200); i++) for (const pattern of model.patterns) learn(pattern, 0);
}

function noteValues({ pattern, values }: Counted, had: readonly (ReadonlySet<string> | undefined)[]): void {
  pattern.values.forEach((now, at) => {
    const before = had[at];
    if (!now || !before || before.size === Object.keys(now).length) return;
    const added = Object.keys(now).find((value) => !before.has(value));
    if (added !== undefined) values.set(at, added);
  });
}

function learn(pattern: Known, count: number): void {
  pattern.intervals++;
  const weight = Math.max(WEIGHT, 1 / pattern.intervals);
  const away = count - pattern.mean;
  pattern.mean += weight * away;
  pattern.variance = (1 - weight) * (pattern.variance + weight * away * away);
}

const DEVIATION = 4;
const EVENTS_MIN = 5;
/** So many intervals a pattern must be known for before its frequency is judged. */
const INTERVALS_MIN = 6;
const USUAL_MIN = 20;

function deviationsOf(pattern: Known, counted: Counted | undefined): Deviation[] {
  const { mean, variance, intervals, id } = pattern;
  const count = counted?.count ?? 0;
  const samples = counted?.samples ?? [];
  const found = (about: string, size: number, description: string): Deviation => ({
    about: `${id} ${about}`,
    pattern,
    count,
    samples,
    priority: priorityOf(pattern, size),
    description,
  });
  if (counted?.isNew) return [found('new', 0, 'A pattern that was not seen before in this log group.')];
  const deviations = [...(counted?.values ?? [])].map(([at, value]) =>
    found(`value ${at} ${value}`.slice(0, 200), 0, `The token value '${value.slice(0, 100)}' was not seen before.`),
  );
  if (intervals < INTERVALS_MIN) return deviations;
  const score = (count - mean) / Math.max(Math.sqrt(variance), Math.sqrt(mean), 1);
  const change = mean === 0 ? 0 : Math.abs(count - mean) / mean;
  const percent = `${(change * 100).toFixed(1)}%`;
  if (score >= DEVIATION && count >= EVENTS_MIN && count >= 2 * mean) {
    deviations.push(found('more', change, `${percent} increase in the count of this pattern compared to the usual.`));
  } else if (score <= -DEVIATION && mean >= USUAL_MIN && count <= 0.1 * mean) {
    deviations.push(found('fewer', change, `${percent} decrease in the count of this pattern compared to the usual.`));
  }
  return deviations;
}

/** By the severity of the pattern and by how far the count is from the usual one. */
function priorityOf(pattern: Known, change: number): Deviation['priority'] {
  const severity = patternSeverity(pattern);
  if (severity === 'FATAL' || severity === 'ERROR' || change >= 5) return 'HIGH';
  return severity === 'WARN' || change >= 2 ? 'MEDIUM' : 'LOW';
}
