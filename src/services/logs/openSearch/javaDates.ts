/** Times as Java's DateTimeFormatter writes them, in UTC. */
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
];

const digits = (value: number, length: number) => String(value).padStart(length, '0');
const hour12 = (date: Date) => date.getUTCHours() % 12 || 12;
const named = (names: readonly string[], index: number, length: number) =>
  length >= 4 ? names[index]! : names[index]!.slice(0, 3);

const year = (date: Date, length: number) =>
  length === 2 ? digits(date.getUTCFullYear() % 100, 2) : digits(date.getUTCFullYear(), length);

const LETTERS: Readonly<Record<string, (date: Date, length: number) => string>> = {
  y: year,
  u: year,
  M: (date, length) =>
    length >= 3 ? named(MONTHS, date.getUTCMonth(), length) : digits(date.getUTCMonth() + 1, length),
  d: (date, length) => digits(date.getUTCDate(), length),
  E: (date, length) => named(DAYS, date.getUTCDay(), length),
  H: (date, length) => digits(date.getUTCHours(), length),
  h: (date, length) => digits(hour12(date), length),
  m: (date, length) => digits(date.getUTCMinutes(), length),
  s: (date, length) => digits(date.getUTCSeconds(), length),
  S: (date, length) => digits(date.getUTCMilliseconds(), 3).padEnd(length, '0').slice(0, length),
  a: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  Q: (date, length) => digits(Math.floor(date.getUTCMonth() / 3) + 1, length),
};

const PART = /'([^']*)'|([A-Za-z])\2*|[^A-Za-z']/g;
const LENGTH_MAX = 100;

/** Null for letters that are not known here. */
export function javaDate(ms: number, format: string): string | null {
  const date = new Date(ms);
  if (format.length > LENGTH_MAX || Number.isNaN(date.getTime())) return null;
  let text = '';
  for (const [run, quoted, letter] of format.matchAll(PART)) {
    const known = letter === undefined ? undefined : LETTERS[letter];
    if (letter !== undefined && !known) return null;
    text += known ? known(date, run.length) : (quoted ?? run);
  }
  return text;
}
