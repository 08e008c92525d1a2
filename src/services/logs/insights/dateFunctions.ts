/** Date functions of Logs Insights that take plain values. */
import { compileRegex, type Regex } from '../../../patterns/regex/index.ts';
import type { Fn } from './functions.ts';
import { Moment, numberOf, textOf, type Value } from './values.ts';

const DAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTH_NAMES = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October'],
  ...['November', 'December'],
];

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const zones = new Map<string, Intl.DateTimeFormat | null>();

function zone(name: string): Intl.DateTimeFormat | null {
  const known = zones.get(name);
  if (known !== undefined) return known;
  let format: Intl.DateTimeFormat | null = null;
  try {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric' } as const;
    const options = { ...numeric, minute: 'numeric', second: 'numeric', hourCycle: 'h23', timeZone: name } as const;
    format = new Intl.DateTimeFormat('en-US', options);
  } catch {
    // Not a zone that is known.
  }
  if (zones.size > 500) zones.clear();
  zones.set(name, format);
  return format;
}

/** The clock on the wall of a zone at a moment. */
function partsAt(ms: number, name: string): Parts | undefined {
  const format = zone(name);
  if (!format || !Number.isFinite(ms) || Math.abs(ms) > 8e15) return undefined;
  const found = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  return found as unknown as Parts;
}

/** The clock on the wall of a zone, as milliseconds of the same clock in UTC, to the second. */
export function wallClock(ms: number, name: string): number | undefined {
  const parts = partsAt(ms, name);
  return parts && Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
}

const two = (value: number) => String(value).padStart(2, '0');
const weekday = ({ year, month, day }: Parts) => new Date(Date.UTC(year, month - 1, day)).getUTCDay();

const DIRECTIVES: Readonly<Record<string, (parts: Parts, ms: number) => string>> = {
  Y: ({ year }) => String(year).padStart(4, '0'),
  y: ({ year }) => two(year % 100),
  m: ({ month }) => two(month),
  d: ({ day }) => two(day),
  e: ({ day }) => String(day).padStart(2, ' '),
  H: ({ hour }) => two(hour),
  I: ({ hour }) => two(hour % 12 || 12),
  p: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  M: ({ minute }) => two(minute),
  S: ({ second }) => two(second),
  L: (_, ms) => String(((ms % 1000) + 1000) % 1000).padStart(3, '0'),
  s: (_, ms) => String(Math.floor(ms / 1000)),
  A: (parts) => DAY_NAMES[weekday(parts)]!,
  a: (parts) => DAY_NAMES[weekday(parts)]!.slice(0, 3),
  u: (parts) => String(weekday(parts) || 7),
  w: (parts) => String(weekday(parts)),
  B: ({ month }) => MONTH_NAMES[month - 1]!,
  b: ({ month }) => MONTH_NAMES[month - 1]!.slice(0, 3),
  j: ({ year, month, day }) =>
    String((Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 1)) / 86_400_000 + 1).padStart(3, '0'),
  F: ({ year, month, day }) => `${year}-${two(month)}-${two(day)}`,
  T: ({ hour, minute, second }) => `${two(hour)}:${two(minute)}:${two(second)}`,
  '%': () => '%',
};

function formatted(value: Value = null, format: Value = null, zoneName: Value = 'UTC'): Value {
  const ms = numberOf(value);
  const pattern = textOf(format);
  if (ms === undefined || pattern === undefined) return null;
  const parts = partsAt(ms, textOf(zoneName) ?? 'UTC');
  if (!parts) return null;
  return pattern.replace(/%(.)/gs, (whole, letter: string) => DIRECTIVES[letter]?.(parts, ms) ?? whole);
}

/** Letters of Java's DateTimeFormatter → what they read. */
const FIELDS: Readonly<Record<string, string>> = {
  y: 'year',
  u: 'year',
  M: 'month',
  d: 'day',
  H: 'hour',
  h: 'hour12',
  m: 'minute',
  s: 'second',
  S: 'fraction',
  a: 'half',
  X: 'offset',
  x: 'offset',
  Z: 'offset',
};

/** A format as a regular expression. */
function reader(format: string): { readonly regex: Regex; readonly fields: readonly string[] } | undefined {
  const fields: string[] = [];
  let source = '';
  for (const [run, letter] of format.matchAll(/'[^']*'|([A-Za-z])\1*|[^A-Za-z']/g)) {
    const field = letter === undefined ? undefined : FIELDS[letter];
    if (letter === undefined) source += (run.startsWith("'") ? run.slice(1, -1) || "'" : run).replace(/\W/g, '\\$&');
    else if (field === undefined) return undefined;
    else {
      fields.push(field);
      source += group(field, run.length);
    }
  }
  const regex = compileRegex(`^${source}$`, 'query');
  return 'problem' in regex ? undefined : { regex, fields };
}

function group(field: string, length: number): string {
  if (field === 'month' && length >= 3)
    return `(${MONTH_NAMES.map((name) => (length > 3 ? name : name.slice(0, 3))).join('|')})`;
  if (field === 'half') return '(AM|PM|am|pm)';
  if (field === 'offset') return '(Z|[+-]\\d\\d:?(?:\\d\\d)?)';
  return length === 1 ? '(\\d{1,9})' : `(\\d{${Math.min(length, 9)}})`;
}

const readers = new Map<string, ReturnType<typeof reader>>();

/** Milliseconds of a text, by a format of Java's DateTimeFormatter; null where it does not fit. */
export function parsedDate(value: Value = null, format: Value = null, zoneName: Value = 'UTC'): Value {
  const text = textOf(value);
  const pattern = textOf(format);
  if (text === undefined || pattern === undefined || text.length > 100 || pattern.length > 100) return null;
  if (readers.size > 500) readers.clear();
  if (!readers.has(pattern)) readers.set(pattern, reader(pattern));
  const known = readers.get(pattern);
  const found = known?.regex.exec(text);
  if (!known || !found) return null;
  const parts = known.fields.map((field, i) => [field, text.slice(found[2 * i + 2], found[2 * i + 3])] as const);
  return momentOf(new Map(parts), textOf(zoneName) ?? 'UTC');
}

function momentOf(fields: ReadonlyMap<string, string>, zoneName: string): number | null {
  const number = (name: string, standard: number) => Number(fields.get(name) ?? standard);
  const named = MONTH_NAMES.findIndex((name) => name.slice(0, 3) === fields.get('month')?.slice(0, 3));
  const month = named >= 0 ? named : number('month', 1) - 1;
  const half = fields.get('half')?.toUpperCase();
  const hour = fields.has('hour12') ? (number('hour12', 12) % 12) + (half === 'PM' ? 12 : 0) : number('hour', 0);
  const year = fields.get('year')?.length === 2 ? 2000 + number('year', 70) : number('year', 1970);
  const ms = Number(`0.${fields.get('fraction') ?? '0'}`) * 1000;
  const wall = Date.UTC(year, month, number('day', 1), hour, number('minute', 0), number('second', 0), Math.round(ms));
  const offset = fields.get('offset');
  if (offset !== undefined) return wall - offsetMs(offset);
  const seen = wallClock(wall, zoneName);
  return seen === undefined ? null : wall - (seen - Math.floor(wall / 1000) * 1000);
}

function offsetMs(text: string): number {
  if (text === 'Z') return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
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
