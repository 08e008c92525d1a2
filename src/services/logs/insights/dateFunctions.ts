/** Date functions of Logs Insights that take plain values. */
import { isTimeZone, offsetMs } from '../../../core/zones.ts';
import { ENGLISH, readerBy } from '../javaDates.ts';
import type { Fn } from './functions.ts';
import { Moment, numberOf, textOf, type Value } from './values.ts';

/** What the clocks of a zone show at a time (milliseconds), as if they stood in Greenwich. */
function wallClock(ms: number, zone: string): Date | undefined {
  if (!isTimeZone(zone) || !(Math.abs(ms) <= TIME_MAX)) return undefined;
  return new Date(ms + offsetMs(ms, zone));
}

const TIME_MAX = 8e15;

const digits = (value: number, count = 2) => String(value).padStart(count, '0');
const dayOfYear = (at: Date) => Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;

/** By what a clock shows, and the time in milliseconds. */
const DIRECTIVES: Readonly<Record<string, (at: Date, ms: number) => string>> = {
  Y: (at) => digits(at.getUTCFullYear(), 4),
  y: (at) => digits(at.getUTCFullYear() % 100),
  m: (at) => digits(at.getUTCMonth() + 1),
  d: (at) => digits(at.getUTCDate()),
  e: (at) => String(at.getUTCDate()).padStart(2, ' '),
  H: (at) => digits(at.getUTCHours()),
  I: (at) => digits(at.getUTCHours() % 12 || 12),
  p: (at) => (at.getUTCHours() < 12 ? 'AM' : 'PM'),
  M: (at) => digits(at.getUTCMinutes()),
  S: (at) => digits(at.getUTCSeconds()),
  L: (at) => digits(at.getUTCMilliseconds(), 3),
  s: (_, ms) => String(Math.floor(ms / 1000)),
  A: (at) => ENGLISH.days[at.getUTCDay()]![0],
  a: (at) => ENGLISH.days[at.getUTCDay()]![1],
  u: (at) => String(at.getUTCDay() || 7),
  w: (at) => String(at.getUTCDay()),
  B: (at) => ENGLISH.months[at.getUTCMonth()]![0],
  b: (at) => ENGLISH.months[at.getUTCMonth()]![1],
  j: (at) => digits(dayOfYear(at), 3),
  F: (at) => `${at.getUTCFullYear()}-${digits(at.getUTCMonth() + 1)}-${digits(at.getUTCDate())}`,
  T: (at) => at.toISOString().slice(-13, -5),
  '%': () => '%',
};

function formatted(value: Value = null, format: Value = null, zoneName: Value = 'UTC'): Value {
  const ms = numberOf(value);
  const pattern = textOf(format);
  if (ms === undefined || pattern === undefined) return null;
  const at = wallClock(ms, textOf(zoneName) ?? 'UTC');
  return at ? pattern.replace(/%(.)/gs, (whole, letter: string) => DIRECTIVES[letter]?.(at, ms) ?? whole) : null;
}

/** Milliseconds of a text, by a format of Java's DateTimeFormatter; null where it does not fit. */
export function parsedDate(value: Value = null, format: Value = null, zoneName: Value = 'UTC'): number | null {
  const [text, pattern, zone = 'UTC'] = [value, format, zoneName].map(textOf);
  if (text === undefined || pattern === undefined || !isTimeZone(zone)) return null;
  return readerBy(pattern)?.(text, zone) ?? null;
}

const format: Fn = { least: 2, most: 3, run: formatted };

export const dateFunctions: Readonly<Record<string, Fn>> = {
  frommillis: {
    least: 1,
    most: 1,
    run(value = null) {
      const ms = numberOf(value);
      return ms === undefined ? null : new Moment(ms);
    },
  },
  tomillis: { least: 1, most: 1, run: (value = null) => numberOf(value) ?? null },
  parsedate: { least: 2, most: 3, run: parsedDate },
  formatdate: format,
  strftime: format,
};
