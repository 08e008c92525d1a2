/**
 * A percentile: exact of the first ten thousand values, then within a thousandth of each value, in memory that does not
 * grow with their number.
 */
import type { Budget } from './budget.ts';

const EXACT_MAX = 10_000;
const BASE = Math.log(1.002);

export function percentile(percent: number, budget: Budget) {
  let exact: number[] | undefined = [];
  const buckets = new Map<number, number>();
  let total = 0;
  const count = (value: number): void => {
    const key = value === 0 ? 0 : Math.sign(value) * (Math.round(Math.log(Math.abs(value)) / BASE) + OFFSET);
    if (!buckets.has(key)) budget.take(32);
    buckets.set(key, (buckets.get(key) ?? 0) + 1);
  };
  return {
    add(value: number): void {
      total++;
      if (exact === undefined) {
        count(value);
        return;
      }
      exact.push(value);
      budget.take(8);
      if (exact.length < EXACT_MAX) return;
      exact.forEach(count);
      budget.give(8 * exact.length);
      exact = undefined;
    },
    result(): number | null {
      if (total === 0) return null;
      const rank = Math.max(1, Math.ceil((percent / 100) * total));
      if (exact !== undefined) return exact.toSorted((a, b) => a - b)[rank - 1] ?? null;
      let seen = 0;
      for (const [key, many] of [...buckets].sort(([a], [b]) => a - b)) {
        seen += many;
        if (seen >= rank) return valueOfBucket(key);
      }
      return null;
    },
  };
}

/** Keeps keys of positive values positive, however small the values. */
const OFFSET = 1_000_000;
const valueOfBucket = (key: number) => (key === 0 ? 0 : Math.sign(key) * Math.exp((Math.abs(key) - OFFSET) * BASE));
