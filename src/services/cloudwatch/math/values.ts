/** What metric math computes with: numbers, time series, arrays of them, texts. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MathError } from './parser.ts';

/** Seconds since 1970 → value, in time's order. */
export type Points = ReadonlyMap<number, number>;

export interface TimeSeries {
  readonly points: Points;
  /** Seconds. */
  readonly period: number;
  readonly label: string;
  /** The metric behind it, if it is one. */
  readonly metric?: MetricOfSeries | undefined;
}

export interface MetricOfSeries {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
  readonly stat: string;
  readonly unit?: string | undefined;
  readonly id: string;
}

export type Value =
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'series'; readonly series: TimeSeries }
  | { readonly kind: 'array'; readonly all: readonly TimeSeries[] }
  | { readonly kind: 'string'; readonly text: string };

export const scalar = (value: number): Value => ({ kind: 'scalar', value });
export const one = (series: TimeSeries): Value => ({ kind: 'series', series });
export const many = (all: readonly TimeSeries[]): Value => ({ kind: 'array', all });

/** How many data points a request may compute in all. */
export interface Budget {
  left: number;
  /** What was left when others got their turn last. */
  rested?: number;
}

/** Of one series, and in one go. */
const POINTS_AT_ONCE = 500_000;
const POINTS_A_TURN = 100_000;

/** @throws MathError when the request computes too much. */
export function spend(budget: Budget, points: number): void {
  budget.left -= points + 1;
  if (budget.left < 0 || points > POINTS_AT_ONCE) throw new MathError('The request computes too many data points');
}

/** Gives others their turn, if much was computed since they had it. */
export async function rest(budget: Budget): Promise<void> {
  budget.rested ??= budget.left;
  if (budget.rested - budget.left < POINTS_A_TURN) return;
  budget.rested = budget.left;
  await nextTurn();
}

/** The value made of each point; points that have none are dropped, and so is what is no number. */
export function mapped(points: Points, compute: (value: number, time: number) => number | undefined): Points {
  const result = new Map<number, number>();
  for (const [time, value] of points) {
    const next = compute(value, time);
    if (next !== undefined && Number.isFinite(next)) result.set(time, next);
  }
  return result;
}

/** Times that any of them has, in order. */
export function timesOf(all: readonly Points[]): number[] {
  const times = new Set<number>();
  for (const points of all) for (const time of points.keys()) times.add(time);
  return [...times].sort((a, b) => a - b);
}
