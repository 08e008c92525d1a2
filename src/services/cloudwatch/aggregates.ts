/** All that is kept of the values of one metric in one period; two of them join into that of both periods. */
import { type Distribution, distributionOf, joined, type Weighted, weighted } from './distribution.ts';

export interface Aggregate {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Absent where all values are alike, and where the values themselves are not known (statistic sets, negatives). */
  readonly spread?: Distribution | undefined;
}

/** As it lies in rows: count and value where all are alike, else count, sum, least, greatest and spread. */
export type Packed =
  | readonly [count: number, value: number]
  | readonly [count: number, sum: number, min: number, max: number, spread?: Distribution];

export const pack = (a: Aggregate): Packed => {
  if (isUniform(a)) return [a.count, a.min];
  return a.spread ? [a.count, a.sum, a.min, a.max, a.spread] : [a.count, a.sum, a.min, a.max];
};

export function unpack(packed: Packed): Aggregate {
  if (packed.length === 2) return uniform(packed[1], packed[0]);
  const [count, sum, min, max, spread] = packed;
  return spread ? { count, sum, min, max, spread } : { count, sum, min, max };
}

export const uniform = (value: number, count: number): Aggregate => ({
  count,
  sum: value * count,
  min: value,
  max: value,
});

/** Of these values, each so often. */
export function aggregateOf(values: readonly number[], counts?: readonly number[]): Aggregate | undefined {
  let all: Aggregate | undefined;
  const weights = new Map<number, number>();
  for (const [at, value] of values.entries()) {
    const count = counts?.[at] ?? 1;
    if (count <= 0) continue;
    weights.set(value, (weights.get(value) ?? 0) + count);
    all = all ? summed(all, uniform(value, count)) : uniform(value, count);
  }
  if (!all || isUniform(all) || all.min < 0) return all;
  return { ...all, spread: distributionOf([...weights]) };
}

export function join(a: Aggregate, b: Aggregate): Aggregate {
  const both = summed(a, b);
  if (both.min < 0 || isUniform(both)) return both;
  const [left, right] = [spreadOf(a), spreadOf(b)];
  return left && right ? { ...both, spread: joined(left, right) } : both;
}

/** The values, as far as they are known. */
export function valuesOf(a: Aggregate): Weighted | undefined {
  if (a.min < 0) return undefined;
  if (isUniform(a)) return [[a.min, a.count]];
  return a.spread && weighted(a.spread, a.min, a.max);
}

const summed = (a: Aggregate, b: Aggregate): Aggregate => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
});

const spreadOf = (a: Aggregate) => a.spread ?? (isUniform(a) ? distributionOf([[a.min, a.count]]) : undefined);

/** A statistic set with equal bounds says what its values are only if the sum agrees. */
const isUniform = (a: Aggregate) => a.min === a.max && Math.abs(a.sum - a.min * a.count) <= 1e-9 * Math.abs(a.sum);
