/**
 * Date and time functions of OpenSearch SQL and PPL, in UTC. A date is a text (`2030-01-01`), a timestamp a moment, and
 * texts that tell a time are taken for either.
 */

import { isTimeZone, offsetMs, timeOfLocal } from '../../../core/zones.ts';
import { parsedDate } from '../insights/dateFunctions.ts';
import type { Fn } from '../insights/functions.ts';
import { isStructure, Moment, numberOf, type Value } from '../insights/values.ts';
import { ENGLISH, writerBy } from '../javaDates.ts';
import { any, strict } from './makers.ts';
import { dateText, moment, said, timeOf } from './values.ts';

const DAY_MS = 86_400_000;
const MONTHS: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12 };
const FIXED_MS: Readonly<Record<string, number>> = {
  microsecond: 0.001,
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
};

/** Of a time: null where the value tells none. */
const ofTime = (run: (date: Date, ms: number) => Value): Fn =>
  strict(1, 1, (value) => {
    const ms = timeOf(value);
    return ms === undefined ? null : run(new Date(ms), ms);
  });

const yearDay = (date: Date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;

/** ISO 8601: the week with the year's first Thursday is the first. */
function weekOf(date: Date): number {
  const thursday = new Date(date.getTime() + (3 - ((date.getUTCDay() + 6) % 7)) * DAY_MS);
  return Math.ceil(yearDay(thursday) / 7);
}

function added(ms: number, count: number, unit: string): number {
  const months = MONTHS[unit];
  if (months === undefined) return ms + count * (FIXED_MS[unit] ?? Number.NaN);
  const date = new Date(ms);
  const day = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() + Math.trunc(count) * months, 1);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return date.getTime();
}

interface Interval {
  readonly count: number;
  readonly unit: string;
}

/** What `interval 1 day` is: a structure, so that it is not taken for a text. */
function intervalIn(value: Value): Interval | undefined {
  if (!isStructure(value) || Array.isArray(value)) return undefined;
  const { count, unit } = value as Partial<Interval>;
  return typeof count === 'number' && typeof unit === 'string' ? { count, unit } : undefined;
}

/** A time and an interval, or a number of days, which leaves a date. */
function shifted(sign: 1 | -1): (value: Value, by: Value) => Value {
  return (value, by) => {
    const ms = timeOf(value);
    const interval = intervalIn(by);
    const days = interval ? undefined : numberOf(by);
    if (ms === undefined || (!interval && days === undefined)) return null;
    const made = interval ? added(ms, sign * interval.count, interval.unit) : ms + sign * Math.trunc(days!) * DAY_MS;
    const whole = typeof value === 'string' && made % DAY_MS === 0 && !/[ T]/.test(value.trim());
    return whole ? dateText(made) : moment(made);
  };
}

/** Numbers, or a time and an interval. */
function summed(sign: 1 | -1): Fn {
  const shift = shifted(sign);
  return strict(2, 2, (a, b) => {
    if (intervalIn(b)) return shift(a, b);
    if (intervalIn(a) && sign === 1) return shift(b, a);
    if (a instanceof Moment && b instanceof Moment) return (a.ms - b.ms) / 1000;
    const [x, y] = [numberOf(a), numberOf(b)];
    const made = x === undefined || y === undefined ? Number.NaN : x + sign * y;
    return Number.isFinite(made) ? made : null;
  });
}

/** Whole units from the one to the other. */
function between(unit: string, from: number, to: number): number {
  const fixed = FIXED_MS[unit];
  if (fixed !== undefined) return Math.trunc((to - from) / fixed);
  const [a, b] = [new Date(from), new Date(to)];
  const months = (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth();
  const over = added(from, months, 'month') > to ? 1 : 0;
  const under = added(from, months, 'month') < to ? 1 : 0;
  return Math.trunc((to >= from ? months - over : months + under) / MONTHS[unit]!);
}

function truncated(ms: number, unit: string): number | undefined {
  const date = new Date(ms);
  const months = MONTHS[unit];
  if (months !== undefined) {
    return Date.UTC(date.getUTCFullYear(), Math.floor(date.getUTCMonth() / months) * months, 1);
  }
  if (unit === 'week') return Math.floor(ms / DAY_MS) * DAY_MS - ((date.getUTCDay() + 6) % 7) * DAY_MS;
  const fixed = FIXED_MS[unit];
  return fixed === undefined ? undefined : Math.floor(ms / fixed) * fixed;
}

const ALIASES: Readonly<Record<string, string>> = { yyyy: 'year', yy: 'year', mon: 'month', mm: 'month', dd: 'day' };
const unitOf = (value: Value) => {
  const name = (said(value) ?? '').toLowerCase();
  return ALIASES[name] ?? name;
};

function floored(unit: Value, value: Value): Value {
  const ms = timeOf(value);
  const made = ms === undefined ? undefined : truncated(ms, unitOf(unit));
  return made === undefined ? null : moment(made);
}

const parts: Readonly<Record<string, Fn>> = {
  year: ofTime((date) => date.getUTCFullYear()),
  quarter: ofTime((date) => Math.floor(date.getUTCMonth() / 3) + 1),
  month: ofTime((date) => date.getUTCMonth() + 1),
  week: ofTime(weekOf),
  day: ofTime((date) => date.getUTCDate()),
  hour: ofTime((date) => date.getUTCHours()),
  minute: ofTime((date) => date.getUTCMinutes()),
  second: ofTime((date) => date.getUTCSeconds()),
  dayofweek: ofTime((date) => date.getUTCDay() + 1),
  weekday: ofTime((date) => (date.getUTCDay() + 6) % 7),
  dayofyear: ofTime(yearDay),
  dayname: ofTime((date) => ENGLISH.days[date.getUTCDay()]![0]),
  monthname: ofTime((date) => ENGLISH.months[date.getUTCMonth()]![0]),
  last_day: ofTime((date) => dateText(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0))),
};
const SYNONYMS: Readonly<Record<string, string>> = {
  dayofmonth: 'day',
  day_of_month: 'day',
  day_of_week: 'dayofweek',
  day_of_year: 'dayofyear',
  hour_of_day: 'hour',
  minute_of_hour: 'minute',
  second_of_minute: 'second',
  month_of_year: 'month',
  week_of_year: 'week',
  weekofyear: 'week',
};

const seconds = (value: Value) => {
  const ms = timeOf(value);
  return ms === undefined ? null : Math.floor(ms / 1000);
};

const written = (ms: number, format: Value) => writerBy(said(format) ?? '')?.(ms, 'UTC') ?? null;

function fromSeconds(value: Value, format?: Value): Value {
  const number = numberOf(value);
  const made = number === undefined || number < 0 ? null : moment(number * 1000);
  return made && format !== undefined ? written(made.ms, format) : made;
}

/** By a format, or as ISO 8601 has it. */
function read(value: Value, format?: Value): number | undefined {
  if (format === undefined) return timeOf(value);
  return parsedDate(said(value) ?? null, format) ?? undefined;
}

const toTime = (made: (ms: number) => Value): Fn =>
  strict(1, 2, (value, format) => {
    const ms = read(value, format);
    return ms === undefined ? null : made(ms);
  });

const days: Fn = strict(2, 2, (to, from) => {
  const [a, b] = [timeOf(from), timeOf(to)];
  return a === undefined || b === undefined ? null : Math.floor(b / DAY_MS) - Math.floor(a / DAY_MS);
});

/** Months of 31 days where the days differ, to eight digits. */
function monthsBetween(to: Value, from: Value): Value {
  const [a, b] = [timeOf(to), timeOf(from)];
  if (a === undefined || b === undefined) return null;
  const [x, y] = [new Date(a), new Date(b)];
  const months = (x.getUTCFullYear() - y.getUTCFullYear()) * 12 + x.getUTCMonth() - y.getUTCMonth();
  const isLast = (date: Date) => new Date(date.getTime() + DAY_MS).getUTCDate() === 1;
  if (x.getUTCDate() === y.getUTCDate() || (isLast(x) && isLast(y))) return months;
  const within = (date: Date) => date.getUTCDate() + (date.getTime() % DAY_MS) / DAY_MS;
  return Number((months + (within(x) - within(y)) / 31).toFixed(8));
}

function nextDay(value: Value, name: Value): Value {
  const ms = timeOf(value);
  const wanted = (said(name) ?? '').slice(0, 3).toLowerCase();
  const day = ENGLISH.days.findIndex(([each]) => each.toLowerCase().startsWith(wanted));
  if (ms === undefined || day < 0 || wanted.length < 2) return null;
  return dateText(ms + (((day - new Date(ms).getUTCDay() + 6) % 7) + 1) * DAY_MS);
}

/** The clock on a zone's wall, told as if it were UTC's; or back. */
function inZone(value: Value, zone: Value, sign: 1 | -1): Value {
  const ms = timeOf(value);
  const name = said(zone) ?? '';
  if (ms === undefined || !isTimeZone(name)) return null;
  return moment(sign === 1 ? ms + offsetMs(ms, name) : timeOfLocal(ms, name));
}

export const dateFunctions: Readonly<Record<string, Fn>> = {
  ...parts,
  ...Object.fromEntries(Object.entries(SYNONYMS).map(([name, of]) => [name, parts[of]!])),
  '+': summed(1),
  '-': summed(-1),
  interval: any(2, 2, (count = null, unit = null) => ({ count, unit })),
  'to date': toTime(dateText),
  'to timestamp': toTime(moment),
  date: toTime(dateText),
  to_date: toTime(dateText),
  timestamp: toTime(moment),
  to_timestamp: toTime(moment),
  date_add: strict(2, 2, shifted(1)),
  adddate: strict(2, 2, shifted(1)),
  date_sub: strict(2, 2, shifted(-1)),
  subdate: strict(2, 2, shifted(-1)),
  add_months: strict(2, 2, (value, count) => {
    const ms = timeOf(value);
    return ms === undefined ? null : dateText(added(ms, numberOf(count) ?? Number.NaN, 'month'));
  }),
  timestampadd: strict(3, 3, (unit, count, value) => {
    const ms = timeOf(value);
    return ms === undefined ? null : moment(added(ms, numberOf(count) ?? Number.NaN, unitOf(unit)));
  }),
  timestampdiff: strict(3, 3, (unit, from, to) => {
    const [a, b] = [timeOf(from), timeOf(to)];
    return a === undefined || b === undefined ? null : between(unitOf(unit), a, b);
  }),
  date_trunc: strict(2, 2, floored),
  trunc: strict(2, 2, (value, unit) => {
    const made = floored(unit, value);
    return made instanceof Moment ? dateText(made.ms) : null;
  }),
  date_format: strict(2, 2, (value, format) => {
    const ms = timeOf(value);
    return ms === undefined ? null : written(ms, format);
  }),
  make_date: strict(3, 3, (year, month, day) => {
    const made = [year, month, day].map((each) => String(Math.round(numberOf(each) ?? -1)).padStart(2, '0'));
    const ms = timeOf(`${made[0]!.padStart(4, '0')}-${made[1]}-${made[2]}`);
    return ms === undefined ? null : dateText(ms);
  }),
  from_unixtime: strict(1, 2, fromSeconds),
  timestamp_seconds: strict(1, 1, (value) => moment((numberOf(value) ?? Number.NaN) * 1000)),
  timestamp_millis: strict(1, 1, (value) => moment(numberOf(value) ?? Number.NaN)),
  unix_timestamp: strict(1, 2, (value, format) => {
    const ms = read(value, format);
    return ms === undefined ? null : Math.floor(ms / 1000);
  }),
  to_unix_timestamp: strict(1, 1, seconds),
  unix_seconds: strict(1, 1, seconds),
  unix_millis: strict(1, 1, (value) => timeOf(value) ?? null),
  dateadd: strict(2, 2, shifted(1)),
  date_diff: days,
  datediff: days,
  date_part: strict(2, 2, (unit, value) => parts[unitOf(unit)]?.run(value) ?? null),
  datepart: strict(2, 2, (unit, value) => parts[unitOf(unit)]?.run(value) ?? null),
  date_from_unix_date: strict(1, 1, (value) => dateText((numberOf(value) ?? Number.NaN) * DAY_MS)),
  unix_date: ofTime((_date, ms) => Math.floor(ms / DAY_MS)),
  months_between: strict(2, 2, monthsBetween),
  next_day: strict(2, 2, nextDay),
  from_utc_timestamp: strict(2, 2, (value, zone) => inZone(value, zone, 1)),
  to_utc_timestamp: strict(2, 2, (value, zone) => inZone(value, zone, -1)),
  timestamp_micros: strict(1, 1, (value) => moment((numberOf(value) ?? Number.NaN) / 1000)),
  unix_micros: strict(1, 1, (value) => (timeOf(value) ?? Number.NaN) * 1000),
  try_to_timestamp: toTime(moment),
  current_timezone: any(0, 0, () => 'UTC'),
};
