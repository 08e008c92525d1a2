/**
 * dateTimeConverter: times by patterns as Java's DateTimeFormatter has them, in the languages and time zones that ICU
 * knows.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Datatype.html
 */
import type { DateTimeConverter } from '@aws-sdk/client-cloudwatch-logs';
import { compileRegex, type Fuel } from '../../../patterns/regex/index.ts';
import { fieldAt, type LogEvent, setField, Untransformable } from './event.ts';
import { refuse } from './refusal.ts';

/** A time as its parts are read. */
interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
  afternoon?: boolean;
  /** Minutes east of Greenwich, where the text says so. */
  offset?: number;
  /** Milliseconds since 1970, where the text is that. */
  epoch?: number;
}

interface Letter {
  /** What it looks like, without capturing groups. */
  readonly regex: (count: number, names: Names) => string;
  readonly read: (text: string, parts: Parts, names: Names, count: number) => void;
  readonly write: (parts: Parts, names: Names, count: number, zone: string, time: Date) => string;
}

/** Names of months and days in a language: long and short. */
interface Names {
  readonly locale: string;
  readonly months: readonly (readonly string[])[];
  readonly days: readonly (readonly string[])[];
}

const two = (value: number, count = 2) => String(value).padStart(count, '0');
const digits = (count: number) => (count === 1 ? '\\d{1,2}' : `\\d{${count}}`);

const numeric = (read: (parts: Parts, value: number) => void, write: (parts: Parts) => number): Letter => ({
  regex: digits,
  read: (text, parts) => read(parts, Number(text)),
  write: (parts, _names, count) => two(write(parts), count),
});

const named = (
  kind: 'months' | 'days',
  found: (parts: Parts, index: number) => void,
  index: (parts: Parts) => number,
) => ({
  regex: (count: number, names: Names) => alternatives(names[kind].flatMap((both) => (count >= 4 ? both[0]! : both))),
  read: (text: string, parts: Parts, names: Names) =>
    found(
      parts,
      names[kind].findIndex((both) => both.some((name) => same(name, text))),
    ),
  write: (parts: Parts, names: Names, count: number) => names[kind][index(parts)]![count >= 4 ? 0 : 1]!,
});

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const alternatives = (names: readonly string[]) =>
  `(?:${[...names]
    .sort((a, b) => b.length - a.length)
    .map(escaped)
    .join('|')})`;
const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const YEAR: Letter = {
  regex: (count) => (count === 2 ? '\\d{2}' : '\\d{4}'),
  read: (text, parts) => void (parts.year = text.length === 2 ? 2000 + Number(text) : Number(text)),
  write: ({ year }, _names, count) => (count === 2 ? two(year % 100) : two(year, Math.max(count, 4))),
};

const MONTH_NUMBER = numeric(
  (parts, value) => (parts.month = value),
  ({ month }) => month,
);
const MONTH_NAME = named(
  'months',
  (parts, i) => (parts.month = i + 1),
  ({ month }) => month - 1,
);
const MONTH: Letter = {
  regex: (count, names) => (count > 2 ? MONTH_NAME.regex(count, names) : MONTH_NUMBER.regex(count, names)),
  read: (...all) => (all[3] > 2 ? MONTH_NAME.read(all[0], all[1], all[2]) : MONTH_NUMBER.read(...all)),
  write: (parts, names, count, zone, time) =>
    count > 2 ? MONTH_NAME.write(parts, names, count) : MONTH_NUMBER.write(parts, names, count, zone, time),
};

const HOUR = numeric(
  (parts, value) => (parts.hour = value),
  ({ hour }) => hour,
);
const HOUR_12 = numeric(
  (parts, value) => (parts.hour = value % 12),
  ({ hour }) => hour % 12 || 12,
);

const offsetOf = (text: string): number => {
  if (text === 'Z' || text === 'z' || /^(?:UTC|GMT)$/i.test(text)) return 0;
  const [, sign, hours, minutes = '0'] = /^(?:GMT|UTC)?([+-])(\d{1,2}):?(\d{2})?$/.exec(text) ?? [];
  if (hours === undefined) throw new Untransformable(`The time zone ${text} is not known.`);
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
};

const offsetText = (minutes: number, colon: string): string => {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${colon}${two(size % 60)}`;
};

const zoneLetter = (write: Letter['write']): Letter => ({
  regex: () => '(?:Z|(?:UTC|GMT)?[+-]\\d{1,2}:?(?:\\d{2})?|UTC|GMT)',
  read: (text, parts) => void (parts.offset = offsetOf(text)),
  write,
});

const LETTERS: Readonly<Record<string, Letter>> = {
  y: YEAR,
  u: YEAR,
  M: MONTH,
  L: MONTH,
  d: numeric(
    (parts, value) => (parts.day = value),
    ({ day }) => day,
  ),
  E: named(
    'days',
    () => undefined,
    ({ year, month, day }) => new Date(Date.UTC(year, month - 1, day)).getUTCDay(),
  ),
  H: HOUR,
  k: HOUR,
  h: HOUR_12,
  K: HOUR_12,
  m: numeric(
    (parts, value) => (parts.minute = value),
    ({ minute }) => minute,
  ),
  s: numeric(
    (parts, value) => (parts.second = value),
    ({ second }) => second,
  ),
  S: {
    regex: (count) => `\\d{${count}}`,
    read: (text, parts) => void (parts.millisecond = Math.floor(Number(`0.${text}`) * 1000)),
    write: ({ millisecond }, _names, count) => two(millisecond, 3).padEnd(count, '0').slice(0, count),
  },
  a: {
    regex: () => '[AaPp]\\.?[Mm]\\.?',
    read: (text, parts) => void (parts.afternoon = /^p/i.test(text)),
    write: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  },
  z: zoneLetter((_parts, { locale }, count, zone, time) => zoneName(locale, zone, time, count >= 4 ? 'long' : 'short')),
  Z: zoneLetter((parts, _names, count) => offsetText(parts.offset ?? 0, count === 5 ? ':' : '')),
  X: zoneLetter(({ offset = 0 }, _names, count) => (offset === 0 ? 'Z' : offsetText(offset, count === 3 ? ':' : ''))),
  x: zoneLetter(({ offset = 0 }, _names, count) => offsetText(offset, count === 3 ? ':' : '')),
  V: zoneLetter((_parts, _names, _count, zone) => zone),
};

const zoneName = (locale: string, timeZone: string, time: Date, timeZoneName: 'long' | 'short') =>
  new Intl.DateTimeFormat(locale, { timeZone, timeZoneName })
    .formatToParts(time)
    .find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;

type Token = { readonly text: string } | { readonly letter: Letter; readonly count: number };

/** Letters stand for parts of a time, text in quotes and signs for themselves. */
function tokensOf(pattern: string): Token[] {
  return [...pattern.matchAll(/'((?:[^']|'')*)'?|([A-Za-z])\2*|[^A-Za-z']+/g)].map(([all, quoted, letter]) => {
    if (quoted !== undefined) return { text: quoted === '' ? "'" : quoted.replaceAll("''", "'") };
    if (letter === undefined) return { text: all };
    const known = Object.hasOwn(LETTERS, letter) ? LETTERS[letter]! : undefined;
    return known ? { letter: known, count: all.length } : refuse(`the date pattern letter ${letter} is not supported.`);
  });
}

/** Reads a text in full; undefined where it is not of this pattern. */
function readerOf(pattern: string, names: Names): (text: string, fuel: Fuel) => Parts | undefined {
  if (pattern === 'epoch') return (text) => (/^\d{1,14}$/.test(text) ? { ...FIRST, epoch: Number(text) } : undefined);
  const tokens = tokensOf(pattern);
  const letters = tokens.filter((token) => 'letter' in token);
  const source = tokens.map((token) =>
    'text' in token ? escaped(token.text) : `(${token.letter.regex(token.count, names)})`,
  );
  const regex = compileRegex(`(?i)^${source.join('')}$`, 'query');
  if ('problem' in regex) return refuse(`the date pattern ${pattern} is not valid.`);
  return (text, fuel) => {
    const found = text.length <= TEXT_LENGTH_MAX ? regex.exec(text, 0, fuel) : undefined;
    if (!found) return undefined;
    const parts: Parts = { ...FIRST };
    for (const [i, { letter, count }] of letters.entries()) {
      letter.read(text.slice(found[2 * i + 2], found[2 * i + 3]), parts, names, count);
    }
    if (parts.afternoon !== undefined) parts.hour = (parts.hour % 12) + (parts.afternoon ? 12 : 0);
    return parts;
  };
}

const TEXT_LENGTH_MAX = 200;
const FIRST: Parts = { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 };

function namesIn(locale: string): Names {
  const tag = locale.replace('_', '-');
  const of = (options: Intl.DateTimeFormatOptions, part: string, times: readonly number[]) => {
    const format = new Intl.DateTimeFormat(tag, { timeZone: 'UTC', ...options });
    return times.map((time) => format.formatToParts(time).find(({ type }) => type === part)?.value ?? '');
  };
  const months = Array.from({ length: 12 }, (_, i) => Date.UTC(2023, i, 1));
  const days = Array.from({ length: 7 }, (_, i) => Date.UTC(2023, 0, 1 + i));
  const zip = (long: string[], short: string[]) => long.map((name, i) => [name, short[i]!]);
  return {
    locale: tag,
    months: zip(
      of({ month: 'long', day: 'numeric' }, 'month', months),
      of({ month: 'short', day: 'numeric' }, 'month', months),
    ),
    days: zip(of({ weekday: 'long' }, 'weekday', days), of({ weekday: 'short' }, 'weekday', days)),
  };
}

/** What the clocks of a zone show at a time, in milliseconds as if they stood in Greenwich. */
function clockIn(zone: string): (time: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (time) => {
    const found: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(time)) found[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = found;
    return Date.UTC(year, month - 1, day, hour, minute, second) + (((time % 1000) + 1000) % 1000);
  };
}

/** The time at which a zone's clocks show this. */
function timeOf(parts: Parts, clock: (time: number) => number): number {
  if (parts.epoch !== undefined) return parts.epoch;
  const { year, month, day, hour, minute, second, millisecond } = parts;
  const shown = Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
  if (parts.offset !== undefined) return shown - parts.offset * 60_000;
  const first = shown - (clock(shown) - shown);
  return first - (clock(first) - shown);
}

function partsAt(time: number, clock: (time: number) => number): Parts {
  const shown = clock(time);
  const date = new Date(shown);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
    offset: Math.round((shown - time) / 60_000),
  };
}

const STANDARD_FORMAT = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'";

/** @throws InvalidParameterException for patterns, languages and zones that are none */
export function dateTimeConverter(config: DateTimeConverter): (event: LogEvent) => void {
  const { source = '', target = '', matchPatterns = [], targetFormat = STANDARD_FORMAT, locale = 'en' } = config;
  const { sourceTimezone = 'UTC', targetTimezone = 'UTC' } = config;
  const names = known(() => namesIn(locale), `the locale ${locale} is not known.`);
  const from = known(() => clockIn(sourceTimezone), `the time zone ${sourceTimezone} is not known.`);
  const to = known(() => clockIn(targetTimezone), `the time zone ${targetTimezone} is not known.`);
  const readers = matchPatterns.map((pattern) => readerOf(pattern, names));
  const tokens = tokensOf(targetFormat);
  return (event) => {
    const value = fieldAt(event, source);
    if (typeof value !== 'string' && typeof value !== 'number') return;
    for (const read of readers) {
      const parts = read(String(value), event.fuel);
      if (!parts) continue;
      const time = timeOf(parts, from);
      if (!Number.isFinite(new Date(time).getTime())) continue;
      const shown = partsAt(time, to);
      const text = tokens.map((token) =>
        'text' in token ? token.text : token.letter.write(shown, names, token.count, targetTimezone, new Date(time)),
      );
      setField(event, target, text.join(''), true);
      return;
    }
    throw new Untransformable(`The value of ${source} is not of any of the patterns.`);
  };
}

function known<T>(make: () => T, problem: string): T {
  try {
    return make();
  } catch {
    return refuse(problem);
  }
}
