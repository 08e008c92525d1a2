/** Figures beside their limits, as benchmarks print them. One that is beyond its limit makes the run end with 1. */
import type { Measured } from './load.ts';

export interface Limit {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A line of its own. */
export function show(title: string, value: number, unit: string, limit: Limit, more = ''): void {
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = limit;
  const text = `${mark(value >= atLeast && value <= atMost)} ${title.padEnd(58)} ${shown(value).padStart(9)} ${unit}`;
  console.log(`${text}   limit ${limitText(limit)} ${unit}${more && `   ${more}`}`);
}

/** What begins a line that says more. NaN is within no limit. */
export function mark(isWithin: boolean): string {
  if (!isWithin) process.exitCode = 1;
  return isWithin ? 'ok  ' : 'OVER';
}

export interface LoadLimits {
  readonly perSecond?: number | undefined;
  /** Milliseconds. */
  readonly p99?: number | undefined;
}

/** Of a load on a socket. Without limits it says what it was, and no more. */
export function lineOf(name: string, measured: Measured, { perSecond, p99 }: LoadLimits, more = ''): string {
  const isLimited = perSecond !== undefined || p99 !== undefined;
  const isAnswered = Object.keys(measured.statuses).every((status) => status.startsWith('2'));
  const isFast = measured.perSecond >= (perSecond ?? 0) && measured.p99 <= (p99 ?? Number.POSITIVE_INFINITY);
  const limits = [
    ...(perSecond === undefined ? [] : [`≥ ${named(perSecond)}/s`]),
    ...(p99 === undefined ? [] : [`p99 ≤ ${p99} ms`]),
  ];
  const rate = Math.round(measured.perSecond).toString().padStart(6);
  const times = `p50 ${measured.p50.toFixed(2)} ms, p99 ${measured.p99.toFixed(2)} ms`;
  const told = isLimited ? `limit ${limits.join(', ')}` : '';
  const parts = [`${rate}/s`, times, told, more, JSON.stringify(measured.statuses)].filter((part) => part !== '');
  return `${isLimited ? mark(isAnswered && isFast) : '    '} ${name.padEnd(24)} ${parts.join('  ')}`;
}

const limitText = ({ atLeast, atMost }: Limit) =>
  atLeast === undefined ? `≤ ${named(atMost)}` : `≥ ${named(atLeast)}`;
const named = (limit = Number.NaN) => limit.toLocaleString('en');

const shown = (value: number) =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : value < 1000 ? 1 : 0 });
