/**
 * Timestamps of S3 Select: as precise as they are written (`2010T` is a year), with an offset that may be unknown.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-data-types.html
 */
import { selectError } from './errors.ts';

/** From coarse to fine; behind `second` there may be a fraction. */
const PRECISIONS = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;
export type Precision = (typeof PRECISIONS)[number];

const MINUTE_MS = 60_000;

/** A tag told apart by `instanceof` among values of records. */
export class Timestamp {
  /** The second, in milliseconds since 1970, UTC. */
  readonly second: number;
  /** Digits behind the second: `006`. */
  readonly fraction: string;
  readonly precision: Precision;
  /** Minutes; undefined: unknown. */
  readonly offset: number | undefined;
  constructor(second: number, precision: Precision, offset: number | undefined, fraction = '') {
    if (!(second >= SECONDS_MS_MIN && second <= SECONDS_MS_MAX)) throw selectError('IllegalSqlFunctionArgument');
    this.second = second;
    this.precision = precision;
    this.offset = offset;
    this.fraction = fraction;
  }
  /** As its own clock shows it; to be read as if it were UTC. */
  get local(): Date {
    return new Date(this.second + (this.offset ?? 0) * MINUTE_MS);
  }
  get nanoseconds(): number {
    return Number(this.fraction.padEnd(9, '0'));
  }
  toString(): string {
    const whole = this.local.toISOString();
    if (this.precision === 'year') return `${whole.slice(0, 4)}T`;
    if (this.precision === 'month') return `${whole.slice(0, 7)}T`;
    if (this.precision === 'day') return whole.slice(0, 10);
    const time = this.precision === 'second' ? whole.slice(0, 19) : whole.slice(0, 16);
    return `${time}${this.fraction === '' ? '' : `.${this.fraction}`}${offsetText(this.offset)}`;
  }
  toJSON(): string {
    return this.toString();
  }
}

/** The years 1 to 9999; not a number is none of them. */
const SECONDS_MS_MIN = -62_135_596_800_000;
const SECONDS_MS_MAX = 253_402_300_799_000;

function offsetText(offset: number | undefined): string {
  if (offset === undefined) return '-00:00';
  return offset === 0 ? 'Z' : hoursAndMinutes(offset, ':');
}

const two = (number: number) => String(number).padStart(2, '0');

/** `+07:08` */
export const hoursAndMinutes = (offset: number, between: string) =>
  `${offset < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(offset) / 60))}${between}${two(Math.abs(offset) % 60)}`;

const TEXT = /^(\d{4})(?:T|-(\d\d)(?:T|-(\d\d)(?:T|$|T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[-+]\d\d:\d\d)?)))$/;

/** Undefined where it is none. */
export function timestampIn(text: string): Timestamp | undefined {
  const found = text.length > 40 ? null : TEXT.exec(text);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second, fraction] = found;
  const precision = second ? 'second' : hour ? 'minute' : day ? 'day' : month ? 'month' : 'year';
  const fields = [year, month ?? 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0].map(Number);
  return timestampOf(fields, precision, offsetIn(found[8]), fraction);
}

/** `fields`: year to second, as a clock with that offset shows them. Undefined where no calendar has them. */
export function timestampOf(
  fields: readonly number[],
  precision: Precision,
  offset: number | undefined,
  fraction = '',
): Timestamp | undefined {
  const [year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0] = fields;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const shown = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours()];
  const same = [...shown, date.getUTCMinutes(), date.getUTCSeconds()];
  if (same.some((field, i) => field !== (fields[i] ?? field)) || year < 1) return undefined;
  return new Timestamp(date.getTime() - (offset ?? 0) * MINUTE_MS, precision, offset, fraction);
}

export function offsetIn(text: string | undefined): number | undefined {
  if (text === undefined || text === '-00:00') return undefined;
  if (text === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return text.startsWith('-') ? -minutes : minutes;
}

export const timestampAt = (time: Date): Timestamp =>
  new Timestamp(Math.floor(time.getTime() / 1000) * 1000, 'second', 0, time.toISOString().slice(20, 23));

/** Less than, equal to or greater than zero: by the moments that they mean. */
export const comparedTimes = (a: Timestamp, b: Timestamp): number =>
  a.second === b.second ? a.nanoseconds - b.nanoseconds : a.second - b.second;

const UNITS_MS: Readonly<Partial<Record<string, number>>> = {
  day: 86_400_000,
  hour: 3_600_000,
  minute: MINUTE_MS,
  second: 1_000,
};

export const isDatePart = (word: string): word is Precision => (PRECISIONS as readonly string[]).includes(word);

/** As precise as before, or as the part that is changed. */
export function added(part: Precision, quantity: number, to: Timestamp): Timestamp {
  const precision = PRECISIONS[Math.max(PRECISIONS.indexOf(part), PRECISIONS.indexOf(to.precision))]!;
  const unit = UNITS_MS[part];
  const finer = precision === 'hour' ? 'minute' : precision; // No timestamp ends with its hour.
  if (unit !== undefined) return new Timestamp(to.second + quantity * unit, finer, to.offset, to.fraction);
  const { local } = to;
  const months = local.getUTCFullYear() * 12 + local.getUTCMonth() + (part === 'year' ? 12 * quantity : quantity);
  const [year, month] = [Math.floor(months / 12), months - Math.floor(months / 12) * 12];
  const last = new Date(Date.UTC(2000 + (year % 400), month + 1, 0)).getUTCDate();
  const moved = new Date(local);
  moved.setUTCFullYear(year, month, Math.min(local.getUTCDate(), last));
  return new Timestamp(moved.getTime() - (to.offset ?? 0) * MINUTE_MS, finer, to.offset, to.fraction);
}

/** Whole parts from one to the other. */
export function difference(part: Precision, from: Timestamp, to: Timestamp): number {
  const [a, b] = [momentOf(from), momentOf(to)];
  const unit = UNITS_MS[part];
  if (unit !== undefined) return Math.trunc((b - a) / unit) + 0;
  const months = a <= b ? monthsBetween(a, b) : -monthsBetween(b, a);
  return Math.trunc(part === 'year' ? months / 12 : months) + 0;
}

const momentOf = ({ second, nanoseconds }: Timestamp) => second + nanoseconds / 1_000_000;

function monthsBetween(early: number, late: number): number {
  const [a, b] = [new Date(early), new Date(late)];
  const months = (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth();
  const inMonth = (date: Date) => date.getTime() - Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  return inMonth(b) < inMonth(a) ? months - 1 : months;
}

const EXTRACTS: Readonly<Record<string, (of: Timestamp) => number>> = {
  year: ({ local }) => local.getUTCFullYear(),
  month: ({ local }) => local.getUTCMonth() + 1,
  day: ({ local }) => local.getUTCDate(),
  hour: ({ local }) => local.getUTCHours(),
  minute: ({ local }) => local.getUTCMinutes(),
  second: ({ local }) => local.getUTCSeconds(),
  timezone_hour: ({ offset = 0 }) => Math.trunc(offset / 60) + 0,
  timezone_minute: ({ offset = 0 }) => (offset % 60) + 0,
};

export const extractOf = (part: string): ((of: Timestamp) => number) | undefined =>
  Object.hasOwn(EXTRACTS, part) ? EXTRACTS[part] : undefined;
