/**
 * Times as Java's DateTimeFormatter reads and writes them by a pattern: `dd MMM yyyy HH:mm:ss.SSSXXX`, in the languages
 * and time zones that ICU knows.
 * https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/time/format/DateTimeFormatter.html
 */
import { offsetMs, timeOfLocal } from '../../core/zones.ts';
import { compileRegex, type Fuel } from '../../patterns/regex/index.ts';

/** The time (milliseconds) that a text tells, by the clocks of a zone; undefined where it is not of the pattern. */
export type DateReader = (text: string, zone: string, fuel?: Fuel) => number | undefined;
/** A time (milliseconds) as text, by the clocks of a zone. */
export type DateWriter = (time: number, zone: string) => string;

export interface Problem {
  readonly problem: string;
}

/** Names of months and days (from Sunday on) in a language: long and short. */
export interface Names {
  readonly locale: string;
  readonly months: readonly (readonly [string, string])[];
  readonly days: readonly (readonly [string, string])[];
}

/** Reads a text in full. */
export function dateReader(pattern: string, names: Names): DateReader | Problem {
  const tokens = tokensOf(pattern);
  if ('problem' in tokens) return tokens;
  const letters = tokens.filter((token) => 'letter' in token);
  const source = tokens.map((token) =>
    'text' in token ? escaped(token.text) : `(${token.letter.regex(token.count, names)})`,
  );
  const regex = compileRegex(`(?i)^${source.join('')}$`, 'query');
  if ('problem' in regex) return { problem: `the date pattern ${pattern} is not valid.` };
  return (text, zone, fuel) => {
    const found = text.length <= TEXT_LENGTH_MAX ? regex.exec(text, 0, fuel) : undefined;
    if (!found) return undefined;
    const parts: Parts = { ...FIRST };
    for (const [i, { letter, count }] of letters.entries()) {
      letter.read(text.slice(found[2 * i + 2], found[2 * i + 3]), parts, names, count);
    }
    return timeOf(parts, zone);
  };
}

export function dateWriter(pattern: string, names: Names): DateWriter | Problem {
  const tokens = tokensOf(pattern);
  if ('problem' in tokens) return tokens;
  return (time, zone) => {
    const ahead = offsetMs(time, zone);
    const shown: Shown = { local: new Date(time + ahead), offset: Math.round(ahead / 60_000), zone, time };
    return tokens
      .map((token) => ('text' in token ? token.text : token.letter.write(shown, token.count, names)))
      .join('');
  };
}

/** @throws RangeError for a locale that is none */
export function namesIn(locale: string): Names {
  const tag = locale.replace('_', '-');
  const of = (options: Intl.DateTimeFormatOptions, part: string, times: readonly number[]) => {
    const format = new Intl.DateTimeFormat(tag, { timeZone: 'UTC', ...options });
    return times.map((time) => format.formatToParts(time).find(({ type }) => type === part)?.value ?? '');
  };
  const both = (part: 'month' | 'weekday', times: readonly number[], also: Intl.DateTimeFormatOptions = {}) => {
    const short = of({ [part]: 'short', ...also }, part, times);
    return of({ [part]: 'long', ...also }, part, times).map((name, i) => [name, short[i]!] as const);
  };
  const months = Array.from({ length: 12 }, (_, i) => Date.UTC(2023, i, 1));
  const days = Array.from({ length: 7 }, (_, i) => Date.UTC(2023, 0, 1 + i));
  return { locale: tag, months: both('month', months, { day: 'numeric' }), days: both('weekday', days) };
}

export const ENGLISH = namesIn('en');

/** For patterns that come with the rows of a query: in English; undefined where the pattern is none. */
export const readerBy = remembered((pattern) => dateReader(pattern, ENGLISH));
export const writerBy = remembered((pattern) => dateWriter(pattern, ENGLISH));

const PATTERN_LENGTH_MAX = 100;
const PATTERNS_MAX = 500;

function remembered<T extends object>(make: (pattern: string) => T | Problem): (pattern: string) => T | undefined {
  const known = new Map<string, T | undefined>();
  return (pattern) => {
    if (pattern.length > PATTERN_LENGTH_MAX) return undefined;
    if (!known.has(pattern)) {
      const made = make(pattern);
      if (known.size >= PATTERNS_MAX) known.clear();
      known.set(pattern, 'problem' in made ? undefined : made);
    }
    return known.get(pattern);
  };
}

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
}

const TEXT_LENGTH_MAX = 200;
const FIRST: Parts = { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 };
/** A little less than there are: zones have clocks on both sides. */
const TIME_MAX = 8e15;

function timeOf(parts: Parts, zone: string): number | undefined {
  const { year, month, day, minute, second, millisecond, afternoon, offset } = parts;
  const hour = afternoon === undefined ? parts.hour : (parts.hour % 12) + (afternoon ? 12 : 0);
  const local = Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
  if (!(Math.abs(local) <= TIME_MAX)) return undefined;
  return offset === undefined ? timeOfLocal(local, zone) : local - offset * 60_000;
}

/** A time as the clocks of a zone show it. */
interface Shown {
  /** What they show, as if they stood in Greenwich. */
  readonly local: Date;
  /** Minutes east of Greenwich. */
  readonly offset: number;
  readonly zone: string;
  readonly time: number;
}

interface Letter {
  /** What it looks like, without capturing groups. */
  readonly regex: (count: number, names: Names) => string;
  readonly read: (text: string, parts: Parts, names: Names, count: number) => void;
  readonly write: (shown: Shown, count: number, names: Names) => string;
}

const padded = (value: number, count: number) => String(value).padStart(count, '0');

const numeric = (read: (parts: Parts, value: number) => void, write: (local: Date) => number): Letter => ({
  regex: (count) => (count === 1 ? '\\d{1,2}' : `\\d{${count}}`),
  read: (text, parts) => read(parts, Number(text)),
  write: ({ local }, count) => padded(write(local), count),
});

const named = (
  kind: 'months' | 'days',
  found: (parts: Parts, index: number) => void,
  index: (local: Date) => number,
): Letter => ({
  regex: (count, names) => alternatives(names[kind].flatMap((both) => (count >= 4 ? both[0] : both))),
  read: (text, parts, names) =>
    found(
      parts,
      names[kind].findIndex((both) => both.some((name) => same(name, text))),
    ),
  write: ({ local }, count, names) => names[kind][index(local)]![count >= 4 ? 0 : 1],
});

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const alternatives = (names: readonly string[]) =>
  `(?:${[...names]
    .sort((a, b) => b.length - a.length)
    .map(escaped)
    .join('|')})`;
const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const YEAR: Letter = {
  regex: (count) => ['\\d{1,9}', '\\d{2}'][count - 1] ?? '\\d{4}',
  read: (text, parts, _names, count) => void (parts.year = Number(text) + (count === 2 ? 2000 : 0)),
  write: ({ local }, count) => padded(count === 2 ? local.getUTCFullYear() % 100 : local.getUTCFullYear(), count),
};

const MONTH_NUMBER = numeric(
  (parts, value) => (parts.month = value),
  (local) => local.getUTCMonth() + 1,
);
const MONTH_NAME = named(
  'months',
  (parts, i) => (parts.month = i + 1),
  (local) => local.getUTCMonth(),
);
const month = (count: number) => (count > 2 ? MONTH_NAME : MONTH_NUMBER);
const MONTH: Letter = {
  regex: (count, names) => month(count).regex(count, names),
  read: (text, parts, names, count) => month(count).read(text, parts, names, count),
  write: (shown, count, names) => month(count).write(shown, count, names),
};

const hour = (read: (value: number) => number, write: (value: number) => number): Letter =>
  numeric(
    (parts, value) => (parts.hour = read(value)),
    (local) => write(local.getUTCHours()),
  );

const offsetOf = (text: string): number => {
  const [, sign, hours = '0', minutes = '0'] = /([+-])(\d{1,2}):?(\d{2})?$/.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
};

const offsetText = (minutes: number, colon: string): string => {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${padded(Math.floor(size / 60), 2)}${colon}${padded(size % 60, 2)}`;
};

/** One letter says minutes only where there are any. */
const offsetBy = (offset: number, count: number): string => {
  const text = offsetText(offset, count === 3 || count === 5 ? ':' : '');
  return count === 1 && offset % 60 === 0 ? text.slice(0, 3) : text;
};

const zoneLetter = (write: Letter['write']): Letter => ({
  regex: () => '(?:Z|(?:UTC|GMT)?[+-]\\d{1,2}:?(?:\\d{2})?|UTC|GMT)',
  read: (text, parts) => void (parts.offset = offsetOf(text)),
  write,
});

const zoneName = ({ zone, time }: Shown, locale: string, timeZoneName: 'long' | 'short') =>
  new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName })
    .formatToParts(time)
    .find(({ type }) => type === 'timeZoneName')?.value ?? zone;

const LETTERS: Readonly<Record<string, Letter>> = {
  y: YEAR,
  u: YEAR,
  Q: numeric(
    () => undefined,
    (local) => Math.floor(local.getUTCMonth() / 3) + 1,
  ),
  M: MONTH,
  L: MONTH,
  d: numeric(
    (parts, value) => (parts.day = value),
    (local) => local.getUTCDate(),
  ),
  E: named(
    'days',
    () => undefined,
    (local) => local.getUTCDay(),
  ),
  H: hour(
    (value) => value,
    (value) => value,
  ),
  k: hour(
    (value) => value % 24,
    (value) => value || 24,
  ),
  h: hour(
    (value) => value % 12,
    (value) => value % 12 || 12,
  ),
  K: hour(
    (value) => value % 12,
    (value) => value % 12,
  ),
  m: numeric(
    (parts, value) => (parts.minute = value),
    (local) => local.getUTCMinutes(),
  ),
  s: numeric(
    (parts, value) => (parts.second = value),
    (local) => local.getUTCSeconds(),
  ),
  S: {
    regex: (count) => `\\d{${count}}`,
    read: (text, parts) => void (parts.millisecond = Number(text.slice(0, 3).padEnd(3, '0'))),
    write: ({ local }, count) => padded(local.getUTCMilliseconds(), 3).padEnd(count, '0').slice(0, count),
  },
  a: {
    regex: () => '[AaPp]\\.?[Mm]\\.?',
    read: (text, parts) => void (parts.afternoon = /^p/i.test(text)),
    write: ({ local }) => (local.getUTCHours() < 12 ? 'AM' : 'PM'),
  },
  z: zoneLetter((shown, count, { locale }) => zoneName(shown, locale, count >= 4 ? 'long' : 'short')),
  Z: zoneLetter(({ offset }, count) => offsetText(offset, count === 5 ? ':' : '')),
  X: zoneLetter(({ offset }, count) => (offset === 0 ? 'Z' : offsetBy(offset, count))),
  x: zoneLetter(({ offset }, count) => offsetBy(offset, count)),
  V: zoneLetter(({ zone }) => zone),
};

type Token = { readonly text: string } | { readonly letter: Letter; readonly count: number };

const TOKEN = /'((?:[^']|'')*)'?|([A-Za-z])\2*|[^A-Za-z']+/g;

/** Letters stand for parts of a time, text in quotes and signs for themselves. */
function tokensOf(pattern: string): Token[] | Problem {
  const tokens: Token[] = [];
  for (const [all, quoted, letter] of pattern.matchAll(TOKEN)) {
    if (quoted !== undefined) tokens.push({ text: quoted === '' ? "'" : quoted.replaceAll("''", "'") });
    else if (letter === undefined) tokens.push({ text: all });
    else if (Object.hasOwn(LETTERS, letter)) tokens.push({ letter: LETTERS[letter]!, count: all.length });
    else return { problem: `the date pattern letter ${letter} is not supported.` };
  }
  return tokens;
}
