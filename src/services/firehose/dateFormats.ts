/** Times as Java's DateTimeFormatter writes them, of the letters that date and time consist of. */
import { offsetMs } from '../../core/zones.ts';

/** A time as a clock on the wall shows it. */
interface Shown {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly milli: number;
  /** 1 is Monday. */
  readonly weekday: number;
  readonly dayOfYear: number;
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const WEEKDAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');

const padded = (value: number, length: number) => String(value).padStart(length, '0');
const yearOf = ({ year }: Shown, n: number) => (n === 2 ? padded(year % 100, 2) : padded(year, n));
/** One or two letters the number, three its short name, four its name. */
const named = (names: readonly string[], value: number, n: number) =>
  n === 3 ? names[value - 1]!.slice(0, 3) : names[value - 1]!;

interface Letter {
  readonly most: number;
  readonly write: (at: Shown, n: number) => string;
}

const LETTERS: Readonly<Record<string, Letter>> = {
  y: { most: 9, write: yearOf },
  u: { most: 9, write: yearOf },
  M: { most: 4, write: ({ month }, n) => (n < 3 ? padded(month, n) : named(MONTHS, month, n)) },
  L: { most: 4, write: ({ month }, n) => (n < 3 ? padded(month, n) : named(MONTHS, month, n)) },
  d: { most: 2, write: ({ day }, n) => padded(day, n) },
  D: { most: 3, write: ({ dayOfYear }, n) => padded(dayOfYear, n) },
  E: { most: 4, write: ({ weekday }, n) => named(WEEKDAYS, weekday, Math.max(3, n)) },
  H: { most: 2, write: ({ hour }, n) => padded(hour, n) },
  k: { most: 2, write: ({ hour }, n) => padded(hour || 24, n) },
  K: { most: 2, write: ({ hour }, n) => padded(hour % 12, n) },
  h: { most: 2, write: ({ hour }, n) => padded(hour % 12 || 12, n) },
  a: { most: 1, write: ({ hour }) => (hour < 12 ? 'AM' : 'PM') },
  m: { most: 2, write: ({ minute }, n) => padded(minute, n) },
  s: { most: 2, write: ({ second }, n) => padded(second, n) },
  S: { most: 9, write: ({ milli }, n) => padded(milli, 3).padEnd(9, '0').slice(0, n) },
};

/** Runs of a letter, quoted text (`''` is a quote), and everything else as it stands. */
const TOKENS = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/g;

export function isDateFormat(format: string): boolean {
  if (/[{}[\]#]/.test(format.replace(TOKENS, (token) => (token.startsWith("'") ? '' : token)))) return false;
  if (format.replace(TOKENS, '') !== '') return false;
  return [...format.matchAll(TOKENS)].every(([token, , letter]) => {
    const known = letter === undefined ? undefined : LETTERS[letter];
    return letter === undefined || (known !== undefined && token.length <= known.most);
  });
}

export function formatted(format: string, time: number, zone: string): string {
  const at = shownIn(zone, time);
  return format.replace(TOKENS, (token, quoted: string | undefined, letter: string | undefined) => {
    if (letter !== undefined) return LETTERS[letter]!.write(at, token.length);
    if (quoted === undefined) return token;
    return quoted === '' ? "'" : quoted.replaceAll("''", "'");
  });
}

function shownIn(zone: string, time: number): Shown {
  const at = new Date(time + offsetMs(time, zone));
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()];
  return {
    ...{ year, month, day },
    ...{ hour: at.getUTCHours(), minute: at.getUTCMinutes(), second: at.getUTCSeconds() },
    milli: at.getUTCMilliseconds(),
    weekday: at.getUTCDay() || 7,
    dayOfYear: (Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 1)) / 86_400_000 + 1,
  };
}
