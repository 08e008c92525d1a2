/** How aggregates of OpenSearch SQL and PPL gather: null is passed over, and of nothing there is no sum. */
import { type Aggregate, keeper } from '../insights/aggregates.ts';
import type { Budget } from '../insights/budget.ts';
import type { Evaluate } from '../insights/expressions.ts';
import { finite } from '../insights/functions.ts';
import { percentile } from '../insights/percentiles.ts';
import type { Row } from '../insights/records.ts';
import { numberOf, type Value } from '../insights/values.ts';
import { ordered, said } from './values.ts';

export type Of = (values: readonly Evaluate[], budget: Budget) => Aggregate;

/** Of the first value, where it is not null. */
const of =
  (make: (budget: Budget) => { add(value: Value, rest: readonly Value[]): void; result(): Value }): Of =>
  (values, budget) => {
    const inner = make(budget);
    const [first, ...rest] = values;
    return {
      add(row: Row) {
        const value = first!(row);
        if (value === null) return;
        inner.add(
          value,
          rest.map((each) => each(row)),
        );
      },
      result: () => inner.result(),
    };
  };

const ofNumbers = (make: (budget: Budget) => { add(number: number): void; result(): number | null }): Of =>
  of((budget) => {
    const inner = make(budget);
    return {
      add(value) {
        const number = numberOf(value);
        if (number !== undefined) inner.add(number);
      },
      result: () => inner.result(),
    };
  });

export const count: Of = (values) => {
  let total = 0;
  return {
    add(row) {
      if (values.every((value) => value(row) !== null)) total++;
    },
    result: () => total,
  };
};

export const sum = ofNumbers(() => {
  let total: number | null = null;
  return { add: (number) => (total = (total ?? 0) + number), result: () => (total === null ? null : finite(total)) };
});

export const avg = ofNumbers(() => {
  let total = 0;
  let many = 0;
  return {
    add(number) {
      total += number;
      many++;
    },
    result: () => (many === 0 ? null : finite(total / many)),
  };
});

export const spread = (sample: boolean, finish: (variance: number) => number): Of =>
  ofNumbers(() => {
    let many = 0;
    let mean = 0;
    let squares = 0;
    return {
      add(number) {
        const delta = number - mean;
        mean += delta / ++many;
        squares += delta * (number - mean);
      },
      result() {
        const by = sample ? many - 1 : many;
        return by < 1 ? null : finite(finish(squares / by));
      },
    };
  });

export const extreme = (sign: 1 | -1): Of =>
  of((budget) => {
    const found = keeper(budget);
    return {
      add(value) {
        if (found.value === null || (ordered(value, found.value) ?? 0) * sign > 0) found.keep(value);
      },
      result: () => found.value,
    };
  });

/** The value beside the greatest (or least) other one. */
export const beside = (sign: 1 | -1): Of =>
  of((budget) => {
    const [found, best] = [keeper(budget), keeper(budget)];
    return {
      add(value, [by = null]) {
        if (by === null || (best.value !== null && (ordered(by, best.value) ?? 0) * sign <= 0)) return;
        found.keep(value);
        best.keep(by);
      },
      result: () => found.value,
    };
  });

export const VALUES_MAX = 100_000;

export const listed = (distinct: boolean, most = VALUES_MAX): Of =>
  of((budget) => {
    const list: Value[] = [];
    const seen = new Set<string>();
    return {
      add(value) {
        const text = said(value) ?? '';
        if (list.length >= most || (distinct && seen.has(text))) return;
        budget.take(2 * text.length + 60, list.length < VALUES_MAX);
        if (distinct) seen.add(text);
        list.push(value);
      },
      result: () => list,
    };
  });

export const edge = (last: boolean): Of =>
  of((budget) => {
    const found = keeper(budget);
    return {
      add(value) {
        if (last || found.value === null) found.keep(value);
      },
      result: () => found.value,
    };
  });

export const truths = (every: boolean): Of =>
  of(() => {
    let found: boolean | null = null;
    return {
      add(value) {
        const holds = value === true || value === 'true';
        found = every ? (found ?? true) && holds : (found ?? false) || holds;
      },
      result: () => found,
    };
  });

export const countIf = of(() => {
  let total = 0;
  return {
    add(value) {
      if (value === true || value === 'true') total++;
    },
    result: () => total,
  };
});

/** Exact, between its two neighbours in proportion. */
export const exactly = (part: number): Of =>
  ofNumbers((budget) => {
    const numbers: number[] = [];
    return {
      add(number) {
        budget.take(8);
        numbers.push(number);
      },
      result() {
        numbers.sort((a, b) => a - b);
        const place = part * (numbers.length - 1);
        const [low, high] = [numbers[Math.floor(place)], numbers[Math.ceil(place)]];
        return low === undefined || high === undefined ? null : low + (high - low) * (place - Math.floor(place));
      },
    };
  });

export const ranked = (percent: number): Of => ofNumbers((budget) => percentile(percent, budget));

export const distinctCount: Of = (values, budget) => {
  const seen = new Set<string>();
  return {
    add(row) {
      const texts = values.map((value) => said(value(row)));
      if (texts.includes(undefined)) return;
      const key = JSON.stringify(texts);
      if (seen.has(key)) return;
      budget.take(2 * key.length + 60);
      seen.add(key);
    },
    result: () => seen.size,
  };
};

/** The most frequent value. */
export const mode = of((budget) => {
  const counts = new Map<string, { readonly value: Value; count: number }>();
  return {
    add(value) {
      const text = said(value) ?? '';
      const known = counts.get(text);
      if (known) known.count++;
      else {
        budget.take(2 * text.length + 80);
        counts.set(text, { value, count: 1 });
      }
    },
    result: () =>
      [...counts.values()].reduce<{ value: Value; count: number }>(
        (best, each) => (each.count > best.count ? each : best),
        { value: null, count: 0 },
      ).value,
  };
});

interface Moments {
  readonly many: number;
  /** Sums of products of the differences from the means. */
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
}

export const paired = (finish: (moments: Moments) => number): Of =>
  of(() => {
    let [many, meanX, meanY, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
    return {
      add(value, [other = null]) {
        const [x, y] = [numberOf(value), numberOf(other)];
        if (x === undefined || y === undefined) return;
        const [dx, dy] = [x - meanX, y - meanY];
        meanX += dx / ++many;
        meanY += dy / many;
        xx += dx * (x - meanX);
        yy += dy * (y - meanY);
        xy += dx * (y - meanY);
      },
      result: () => (many === 0 ? null : finite(finish({ many, xx, yy, xy }))),
    };
  });
