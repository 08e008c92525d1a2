/**
 * Patterns by which S3 Select writes timestamps as text and reads them: `MMMM d, y h:m a`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-date.html
 */
import { selectError } from './errors.ts';
import { hoursAndMinutes, offsetIn, type Precision, type Timestamp, timestampOf } from './timestamps.ts';

const MONTHS = [
  ['January', 'February', 'March', 'April', 'May', 'June'],
  ['July', 'August', 'September', 'October', 'November', 'December'],
].flat();

/** What was read of a text so far. */
interface Read {
  year?: number;
  month?: number;
  day?: number;
  hour?: number;
  minute?: number;
  second?: number;
  afternoon?: boolean;
  fraction?: string;
  offset?: number | undefined;
}

interface Letters {
  /** What it tells: a pattern says each only once. */
  readonly tells: keyof Read;
  readonly write: (time: Timestamp) => string;
  /** A regular expression without groups; absent: of no use for reading. */
  readonly reads?: string;
  readonly keep?: (text: string, read: Read) => void;
}

const padded = (width: number, of: (time: Timestamp) => number) => (time: Timestamp) =>
  String(of(time)).padStart(width, '0');

type Field = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

const number = (tells: Field, width: number, reads: string, of: (time: Timestamp) => number): Letters => ({
  tells,
  write: padded(width, of),
  reads,
  keep: (text, read) => void (read[tells] = Number(text)),
});

const named = (names: readonly string[]): Letters => ({
  tells: 'month',
  write: ({ local }) => names[local.getUTCMonth()]!,
  reads: names.join('|'),
  keep: (text, read) => void (read.month = names.findIndex((name) => name.toLowerCase() === text.toLowerCase()) + 1),
});

const fraction = (digits: number): Letters => ({
  tells: 'fraction',
  write: (time) => time.fraction.padEnd(digits, '0').slice(0, digits),
  reads: `\\d{${digits}}`,
  keep: (text, read) => void (read.fraction = text),
});

const offset = (reads: string, write: (offset: number) => string): Letters => ({
  tells: 'offset',
  write: (time) => write(time.offset ?? 0),
  reads,
  keep(text, read) {
    const [, sign, hours, minutes = '00'] = /^([-+])(\d\d):?(\d\d)?$/.exec(text) ?? [];
    read.offset = hours === undefined ? 0 : offsetIn(`${sign}${hours}:${minutes}`);
  },
});

const zulu = (write: (offset: number) => string) => (minutes: number) => (minutes === 0 ? 'Z' : write(minutes));
const hours = (minutes: number) => hoursAndMinutes(minutes, '').slice(0, 3);
const both = (between: string) => (minutes: number) => hoursAndMinutes(minutes, between);

const year: (time: Timestamp) => number = ({ local }) => local.getUTCFullYear();
const month: (time: Timestamp) => number = ({ local }) => local.getUTCMonth() + 1;
const day: (time: Timestamp) => number = ({ local }) => local.getUTCDate();
const hour: (time: Timestamp) => number = ({ local }) => local.getUTCHours();
const hourOfHalf: (time: Timestamp) => number = (time) => hour(time) % 12 || 12;
const minute: (time: Timestamp) => number = ({ local }) => local.getUTCMinutes();
const second: (time: Timestamp) => number = ({ local }) => local.getUTCSeconds();
const ONE = '\\d{1,2}';
const TWO = '\\d{2}';

/** By the count of its letters: `X` says Z where there is none, `x` does not. */
const OFFSETS = [
  [1, '[-+]\\d\\d', hours],
  [2, '[-+]\\d{4}', both('')],
  [3, '[-+]\\d\\d:\\d\\d', both(':')],
  [4, '[-+]\\d{4}', both('')],
  [5, '[-+]\\d\\d:\\d\\d', both(':')],
] as const;

const offsetLetters = ([count, reads, write]: (typeof OFFSETS)[number]): [string, Letters][] => [
  ['X'.repeat(count), offset(`Z|${reads}`, zulu(write))],
  ['x'.repeat(count), offset(reads, write)],
];

const SYMBOLS: Readonly<Record<string, Letters>> = {
  y: number('year', 1, '\\d{1,4}', year),
  yy: {
    tells: 'year',
    write: padded(2, (time) => year(time) % 100),
    reads: TWO,
    keep: (text, read) => void (read.year = Number(text) + (Number(text) < 70 ? 2000 : 1900)),
  },
  yyyy: number('year', 4, '\\d{4}', year),
  M: number('month', 1, ONE, month),
  MM: number('month', 2, TWO, month),
  MMM: named(MONTHS.map((name) => name.slice(0, 3))),
  MMMM: named(MONTHS),
  MMMMM: { tells: 'month', write: (time) => MONTHS[month(time) - 1]!.slice(0, 1) },
  d: number('day', 1, ONE, day),
  dd: number('day', 2, TWO, day),
  a: {
    tells: 'afternoon',
    write: (time) => (hour(time) < 12 ? 'AM' : 'PM'),
    reads: '[AaPp][Mm]',
    keep: (text, read) => void (read.afternoon = /^p/i.test(text)),
  },
  h: number('hour', 1, ONE, hourOfHalf),
  hh: number('hour', 2, TWO, hourOfHalf),
  H: number('hour', 1, ONE, hour),
  HH: number('hour', 2, TWO, hour),
  m: number('minute', 1, ONE, minute),
  mm: number('minute', 2, TWO, minute),
  s: number('second', 1, ONE, second),
  ss: number('second', 2, TWO, second),
  ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => ['S'.repeat(i + 1), fraction(i + 1)])),
  n: {
    tells: 'fraction',
    write: ({ nanoseconds }) => String(nanoseconds),
    reads: '\\d{1,9}',
    keep: (text, read) => void (read.fraction = text.padStart(9, '0')),
  },
  ...Object.fromEntries(OFFSETS.flatMap(offsetLetters)),
};

type Piece = string | Letters;

const PIECE = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/y;
const PATTERN_CHARACTERS_MAX = 1_000;

const kept = new Map<string, readonly Piece[]>();

function piecesOf(pattern: string): readonly Piece[] {
  const known = kept.get(pattern);
  if (known) return known;
  if (pattern.length > PATTERN_CHARACTERS_MAX) throw selectError('EvaluatorInvalidTimestampFormatPattern');
  const pieces: Piece[] = [];
  const next = new RegExp(PIECE);
  for (let at = 0; at < pattern.length; at = next.lastIndex) {
    next.lastIndex = at;
    const found = next.exec(pattern);
    if (!found) throw selectError('EvaluatorUnterminatedTimestampFormatPatternToken');
    const [text, quoted, letter] = found;
    if (quoted !== undefined) pieces.push(quoted === '' ? "'" : quoted.replaceAll("''", "'"));
    else if (letter === undefined) pieces.push(text);
    else pieces.push(symbolOf(text, letter));
  }
  if (kept.size > 100) kept.clear(); // Patterns may come from records.
  kept.set(pattern, pieces);
  return pieces;
}

function symbolOf(text: string, letter: string): Letters {
  if (Object.hasOwn(SYMBOLS, text)) return SYMBOLS[text]!;
  if (Object.hasOwn(SYMBOLS, letter)) throw selectError('EvaluatorInvalidTimestampFormatPatternToken');
  throw selectError('EvaluatorInvalidTimestampFormatPatternSymbol');
}

export const timestampText = (time: Timestamp, pattern: string): string =>
  piecesOf(pattern)
    .map((piece) => (typeof piece === 'string' ? piece : piece.write(time)))
    .join('');

/** Throws where the pattern is none to read by, or the text is not as it says. */
export function timestampBy(pattern: string, text: string): Timestamp {
  const pieces = piecesOf(pattern);
  const symbols = pieces.filter((piece): piece is Letters => typeof piece !== 'string');
  requireReading(symbols);
  const literal = (piece: string) => piece.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  const source = pieces.map((piece) => (typeof piece === 'string' ? literal(piece) : `(${piece.reads})`)).join('');
  const found = text.length > PATTERN_CHARACTERS_MAX ? null : new RegExp(`^${source}$`, 'i').exec(text);
  if (!found) throw selectError('ValueParseFailure');
  const read: Read = {};
  for (const [i, { keep }] of symbols.entries()) keep!(found[i + 1]!, read);
  return assembled(read);
}

function requireReading(symbols: readonly Letters[]): void {
  if (symbols.some(({ reads }) => reads === undefined)) {
    throw selectError('EvaluatorInvalidTimestampFormatPatternSymbolForParsing');
  }
  if (new Set(symbols.map(({ tells }) => tells)).size < symbols.length) {
    throw selectError('EvaluatorTimestampFormatPatternDuplicateFields');
  }
  const half = symbols.some((symbol) => symbol === SYMBOLS.h || symbol === SYMBOLS.hh);
  const clock = symbols.some(({ tells }) => tells === 'hour');
  const told = symbols.some(({ tells }) => tells === 'afternoon');
  if (half !== told && (clock || told)) throw selectError('EvaluatorTimestampFormatPatternHourClockAmPmMismatch');
}

const FIELDS = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;

/** A finer field is nothing without the coarser ones. */
function assembled(read: Read): Timestamp {
  if (read.afternoon !== undefined && read.hour !== undefined) {
    read.hour = (read.hour % 12) + (read.afternoon ? 12 : 0);
  }
  const present = FIELDS.findLastIndex((field) => read[field] !== undefined);
  const complete = FIELDS.slice(0, present + 1).every((field) => read[field] !== undefined);
  const finest = FIELDS[present];
  const precision: Precision = finest === undefined || finest === 'hour' ? 'minute' : finest;
  const fields = FIELDS.map((field, i) => read[field] ?? (i < 3 ? 1 : 0));
  const time = complete && present >= 0 ? timestampOf(fields, precision, read.offset, read.fraction) : undefined;
  if (!time) throw selectError('ValueParseFailure');
  return time;
}
