/**
 * The time-series functions of `stats`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-timeseries-functions.html
 */
import type { AggregateMaker } from './aggregates.ts';
import { expressionAt, type Scope } from './expressions.ts';
import { finite } from './functions.ts';
import { durationAt } from './periods.ts';
import { fieldReader } from './records.ts';
import { need, numberAt, wrong } from './scanner.ts';
import { numberOf } from './values.ts';

const timestamp = fieldReader('@timestamp');

interface Sample {
  readonly time: number;
  readonly number: number;
}

/** How much the field changed from the earliest to the latest event, for each interval that lies between them. */
export function rate(scope: Scope): AggregateMaker {
  const value = expressionAt(scope);
  need(scope.scanner, ',');
  const interval = durationAt(scope.scanner);
  need(scope.scanner, ')');
  return () => {
    let first: Sample | undefined;
    let last: Sample | undefined;
    return {
      add(row) {
        const number = numberOf(value(row));
        const time = numberOf(timestamp(row));
        if (number === undefined || time === undefined) return;
        if (!first || time < first.time) first = { time, number };
        if (!last || time > last.time) last = { time, number };
      },
      result() {
        if (!first || !last || last.time === first.time) return null;
        return finite(((last.number - first.number) / (last.time - first.time)) * interval);
      },
    };
  };
}

const BUCKETS_MAX = 1_000;

/** Ranges of equal width from the least to the greatest number, each called `from-to`; the last one has its end in it. */
export function histogram(scope: Scope): AggregateMaker {
  const value = expressionAt(scope);
  need(scope.scanner, ',');
  const count = numberAt(scope.scanner);
  if (count === undefined || !Number.isInteger(count) || count < 1 || count > BUCKETS_MAX) {
    return wrong(scope.scanner, `histogram takes a number of buckets from 1 to ${BUCKETS_MAX}`);
  }
  need(scope.scanner, ')');
  return (budget) => {
    const numbers: number[] = [];
    return {
      add(row) {
        const number = numberOf(value(row));
        if (number === undefined || !Number.isFinite(number)) return;
        budget.take(8);
        numbers.push(number);
      },
      result: () => (numbers.length === 0 ? null : distribution(numbers, count)),
    };
  };
}

function distribution(numbers: readonly number[], count: number): Record<string, number> {
  const least = numbers.reduce((a, b) => Math.min(a, b));
  const width = (numbers.reduce((a, b) => Math.max(a, b)) - least) / count;
  const counts = Array<number>(count).fill(0);
  for (const number of numbers) counts[Math.min(count - 1, Math.floor((number - least) / width) || 0)]!++;
  const edge = (i: number) => Number((least + i * width).toFixed(4));
  return Object.fromEntries(counts.map((found, i) => [`${edge(i)}-${edge(i + 1)}`, found]));
}
