/**
 * `pattern`, `diff` and `anomaly`: rows become patterns; patterns are compared with those of an earlier time; patterns
 * that stand out are told. AWS does not name the fields of the latter two: these are ours.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Pattern.html
 */
import { type Pattern, patternSeverity, patternsOf, patternText } from '../mining/patterns.ts';
import type { Clock, Evaluate } from './expressions.ts';
import { type Row, withFields } from './records.ts';
import { handOn, type Stage } from './stages.ts';
import { textOf, type Value } from './values.ts';

export const PATTERN_FIELDS = ['@pattern', '@sampleCount', '@ratio', '@severityLabel'];
export const DIFF_FIELDS = ['@differenceCount', '@differenceDescription'];
export const ANOMALY_FIELDS = ['@anomalyType', '@anomalyScore', '@anomalyDescription'];

const PATTERNS_MAX = 1_000;
/** Parts of the time range that frequencies are compared of. */
const SLICES = 24;
const TIMELINE = '@@timeline';

interface Seen {
  now: number;
  before: number;
  readonly timeline: number[];
}

const LABELS: Readonly<Record<string, string>> = {
  FATAL: 'Fatal',
  ERROR: 'Error',
  WARN: 'Warning',
  INFO: 'Info',
  DEBUG: 'Debug',
  TRACE: 'Trace',
  NONE: 'None',
};

/** What `diff` makes of the command before it is known only later. */
export interface PatternOptions {
  compares: boolean;
}

export function pattern(value: Evaluate, { from, to }: Clock, options: PatternOptions): Stage {
  return (next, budget) => {
    const patterns = patternsOf([], PATTERNS_MAX);
    const seen = new Map<Pattern, Seen>();
    let total = 0;
    const sliceOf = (time: number) =>
      Math.min(SLICES - 1, Math.max(0, Math.floor(((time - from) / Math.max(1, to - from)) * SLICES)));
    const note = (found: Pattern, row: Row) => {
      let counts = seen.get(found);
      if (!counts) {
        budget.take(2_000 + 200 * found.parts.length);
        seen.set(found, (counts = { now: 0, before: 0, timeline: Array(SLICES).fill(0) }));
      }
      if (row.earlier) counts.before++;
      else {
        counts.now++;
        if (row.event) counts.timeline[sliceOf(row.event.time)]!++;
      }
    };
    return {
      push(row) {
        const text = textOf(value(row));
        if (text === undefined) return true;
        if (!row.earlier) total++;
        const found = patterns.add(text);
        if (found) note(found, row);
        return true;
      },
      async end() {
        const rows = [...seen].sort(([, a], [, b]) => b.now - a.now || b.before - a.before);
        const told = rows.map(([found, counts]): Row => {
          const fields = [...fieldsOf(found, counts, total), ...(options.compares ? difference(counts) : [])];
          return { made: new Map(fields) };
        });
        await handOn(told, next.push, budget);
        await next.end();
      },
    };
  };
}

const fieldsOf = (found: Pattern, { now, timeline }: Seen, total: number): [string, Value][] => [
  ['@pattern', patternText(found)],
  ['@sampleCount', now],
  ['@ratio', total === 0 ? 0 : now / total],
  ['@severityLabel', LABELS[patternSeverity(found)]!],
  [TIMELINE, timeline],
];

function difference({ now, before }: Seen): [string, Value][] {
  const change = now - before;
  return [
    ['@differenceCount', change],
    ['@differenceDescription', described(now, before, change)],
  ];
}

function described(now: number, before: number, change: number): string {
  if (before === 0) return 'The pattern is new.';
  if (now === 0) return 'The pattern is not there any more.';
  if (change === 0) return 'There is no change.';
  return `There are ${Math.round((Math.abs(change) / before) * 100)}% ${change > 0 ? 'more' : 'fewer'} events.`;
}

const DEVIATION = 3;
const EVENTS_MIN = 5;

/** Patterns that begin late in the time range, and that are far more frequent in some part of it than in the others. */
export const anomaly: Stage = (next) => ({
  push(row) {
    const timeline = row.made.get(TIMELINE) as readonly number[] | undefined;
    const found = timeline && anomalyIn(timeline);
    return next.push(found ? withFields(row, found) : row);
  },
  end: () => next.end(),
});

function anomalyIn(timeline: readonly number[]): [string, Value][] | undefined {
  const first = timeline.findIndex((count) => count > 0);
  const total = timeline.reduce((sum, count) => sum + count, 0);
  if (first >= (SLICES * 3) / 4) {
    return told('New pattern', first / SLICES, `First seen in the last part of the time range, ${total} times.`);
  }
  const top = Math.max(...timeline);
  const others = timeline.toSpliced(timeline.indexOf(top), 1);
  const mean = (total - top) / others.length;
  const deviation = Math.sqrt(others.reduce((sum, count) => sum + (count - mean) ** 2, 0) / others.length);
  const score = (top - mean) / Math.max(deviation, Math.sqrt(mean), 1);
  if (top < EVENTS_MIN || top < 2 * mean || score < DEVIATION) return undefined;
  return told('Pattern frequency', Math.min(1, score / 10), `Seen ${top} times where ${mean.toFixed(1)} are usual.`);
}

const told = (type: string, score: number, description: string): [string, Value][] => [
  ['@anomalyType', type],
  ['@anomalyScore', score],
  ['@anomalyDescription', description],
];
