/**
 * The statistics CloudWatch knows, by the names it gives them, each a function of a period's aggregate.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
 */
import { type Aggregate, valuesOf } from './aggregates.ts';
import type { Weighted } from './distribution.ts';

/** Undefined where the values it needs are not known. */
export type Statistic = (a: Aggregate) => number | undefined;

const SIMPLE: Readonly<Record<string, Statistic>> = {
  SampleCount: (a) => a.count,
  Sum: (a) => a.sum,
  Average: (a) => a.sum / a.count,
  Minimum: (a) => a.min,
  Maximum: (a) => a.max,
  IQM: (a) => trimmed('tm', { low: 0.25, high: 0.75 })(a),
};

const SHORT = /^(p|tm|tc|ts|wm)(\d{1,2}(?:\.\d{0,10})?|100(?:\.0{0,10})?)$/;
const NUMBER = String.raw`\d+(?:\.\d{0,10})?(?:[Ee][+-]?\d+)?`;
const PERCENTS = new RegExp(`^(TM|TC|TS|WM)\\((?:(${NUMBER})%)?:(?:(${NUMBER})%)?\\)$`);
const FIXED = new RegExp(`^(TM|TC|TS|WM|PR)\\((${NUMBER})?:(${NUMBER})?\\)$`);

const known = new Map<string, Statistic | undefined>();
const KNOWN_MAX = 1000;

/** The statistic of a name (`Average`, `p99.9`, `TM(2%:98%)`, `PR(:300)`); undefined if there is none. */
export function statistic(name: string): Statistic | undefined {
  if (known.has(name)) return known.get(name);
  if (known.size >= KNOWN_MAX) known.clear();
  const found = parsed(name);
  known.set(name, found);
  return found;
}

function parsed(name: string): Statistic | undefined {
  if (Object.hasOwn(SIMPLE, name)) return SIMPLE[name];
  const [, kind, percent] = SHORT.exec(name) ?? [];
  if (kind === 'p') return percentile(Number(percent) / 100);
  if (kind !== undefined) return trimmed(kind, { low: 0, high: Number(percent) / 100 });
  const share = PERCENTS.exec(name);
  if (share) return ofShares(share);
  const fixed = FIXED.exec(name);
  if (!fixed || (fixed[2] === undefined && fixed[3] === undefined)) return undefined;
  const bounds = { low: fixed[2] === undefined ? undefined : Number(fixed[2]), high: Number(fixed[3] ?? Infinity) };
  if (bounds.low !== undefined && bounds.low > bounds.high) return undefined;
  return within(fixed[1]!, bounds);
}

function ofShares([, kind, from, to]: RegExpExecArray): Statistic | undefined {
  if (from === undefined && to === undefined) return undefined;
  const [low, high] = [Number(from ?? 0) / 100, Number(to ?? 100) / 100];
  return low <= high && high <= 1 ? trimmed(kind!.toLowerCase(), { low, high }) : undefined;
}

/** Whether alarms may find too few samples for it, and the share it asks for: `p99` → 0.99. */
export function percentileShare(name: string): number | undefined {
  const [, kind, percent] = SHORT.exec(name) ?? [];
  return kind === 'p' ? Number(percent) / 100 : undefined;
}

const ofValues =
  (compute: (values: Weighted, a: Aggregate) => number | undefined): Statistic =>
  (a) => {
    const values = valuesOf(a);
    return values && compute(values, a);
  };

/** The least value that this share of all values does not exceed. */
const percentile = (share: number) => ofValues((values, a) => valueAt(values, share * a.count));

function valueAt(values: Weighted, rank: number): number {
  let seen = 0;
  for (const [value, count] of values) {
    seen += count;
    if (seen >= rank * (1 - 1e-12)) return value;
  }
  return values.at(-1)![0];
}

interface Shares {
  readonly low: number;
  readonly high: number;
}

/** Of the values between two shares of all values; one that a boundary falls into counts in part. */
function trimmed(kind: string, { low, high }: Shares): Statistic {
  return ofValues((values, a) => {
    const { count, sum } = between(values, low * a.count, high * a.count);
    if (kind === 'tc') return count;
    if (kind === 'ts') return sum;
    if (kind === 'tm') return count > 0 ? sum / count : undefined;
    const outside =
      low * a.count * valueAt(values, low * a.count) + (1 - high) * a.count * valueAt(values, high * a.count);
    return (sum + outside) / a.count;
  });
}

function between(values: Weighted, from: number, to: number) {
  let [seen, count, sum] = [0, 0, 0];
  for (const [value, each] of values) {
    const part = Math.max(0, Math.min(to, seen + each) - Math.max(from, seen));
    count += part;
    sum += part * value;
    seen += each;
  }
  return { count, sum };
}

/** Of the values above `low` and up to `high`. */
function within(kind: string, { low, high }: { readonly low: number | undefined; readonly high: number }): Statistic {
  const above = low ?? Number.NEGATIVE_INFINITY;
  return ofValues((values, a) => {
    let [count, sum, clipped] = [0, 0, 0];
    for (const [value, each] of values) {
      clipped += each * Math.min(high, Math.max(above, value));
      if (value <= above || value > high) continue;
      count += each;
      sum += each * value;
    }
    if (kind === 'PR') return (count / a.count) * 100;
    if (kind === 'TC') return count;
    if (kind === 'TS') return sum;
    if (kind === 'WM') return clipped / a.count;
    return count > 0 ? sum / count : undefined;
  });
}
