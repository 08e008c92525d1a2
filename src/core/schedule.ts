/**
 * Schedule expressions: `rate(5 minutes)`, `cron(0 10 ? * MON-FRI *)`, `at(2030-01-01T00:00:00)`, and when they come
 * next. Cron and at are read in a time zone: a time that a zone leaves out (spring) is skipped, one that it has twice
 * (autumn) counts once, the first time.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
import { firstTimeOf, offsetMs, timeOfLocal } from './zones.ts';

export type Schedule =
  | { readonly kind: 'rate'; readonly ms: number }
  | { readonly kind: 'at'; readonly local: Local }
  | { readonly kind: 'cron'; readonly cron: Cron };

/** A time as a clock on the wall of some zone shows it. */
interface Local {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: readonly number[];
  /** Undefined: every year. */
  readonly years: ReadonlySet<number> | undefined;
  readonly isDay: (day: Day) => boolean;
}

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** 1 is Sunday. */
  readonly weekday: number;
  /** Days of its month. */
  readonly days: number;
}

const UNITS_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Undefined if the text is no schedule. `lenient`: `rate(1 hours)` will do, as in EventBridge Scheduler. */
export function parseSchedule(text: string, { lenient = false } = {}): Schedule | undefined {
  const [, kind, inner = ''] = /^(rate|cron|at)\((.*)\)$/.exec(text) ?? [];
  if (kind === 'rate') return parseRate(inner, lenient);
  if (kind === 'at') return parseAt(inner);
  const cron = kind === 'cron' ? parseCron(inner) : undefined;
  return cron && { kind: 'cron', cron };
}

function parseRate(text: string, lenient: boolean): Schedule | undefined {
  const [, digits, unit, plural] = /^\s*(\d{1,9})\s+(minute|hour|day)(s?)\s*$/.exec(text) ?? [];
  const value = Number(digits);
  if (!unit || !(value > 0)) return undefined;
  if (!lenient && (value === 1) !== (plural === '')) return undefined;
  return { kind: 'rate', ms: value * UNITS_MS[unit]! };
}

function parseAt(text: string): Schedule | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(text)?.slice(1).map(Number);
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  const local = { year, month, day, hour, minute, second };
  return same(fieldsOf(utcOf(local)), local) ? { kind: 'at', local } : undefined;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Five fields and perhaps a year. */
function parseCron(text: string): Cron | undefined {
  const [minute, hour, day, month, weekday, year = '*', ...rest] = text.trim().split(/\s+/);
  if (weekday === undefined || rest.length > 0) return undefined;
  const minutes = setOf(minute!, 0, 59);
  const hours = setOf(hour!, 0, 23);
  const months = setOf(month!, 1, 12, MONTHS);
  const years = year === '*' ? undefined : setOf(year, 1970, 2199);
  const isDay = dayTest(day!, weekday);
  if (!minutes || !hours || !months || !isDay || (year !== '*' && !years)) return undefined;
  return { minutes, hours, months, years: years && new Set(years), isDay };
}

/** `*`, `5`, `1,2`, `1-5`, `20-2`, `1/10`, steps of everything, in ascending order. */
function setOf(text: string, min: number, max: number, names: readonly string[] = []): number[] | undefined {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [, from, to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d{1,4}))?$/.exec(part) ?? [];
    if (from === undefined || (step !== undefined && Number(step) === 0)) return undefined;
    const low = from === '*' ? min : numberOf(from, names, min);
    const high = to !== undefined ? numberOf(to, names, min) : from === '*' || step !== undefined ? max : low;
    if (low === undefined || high === undefined || low < min || low > max || high < min || high > max) return undefined;
    if (from === '*' && to !== undefined) return undefined;
    const span = high >= low ? high - low : high - low + (max - min + 1);
    for (let n = 0; n <= span; n += Number(step ?? 1)) found.add(((low - min + n) % (max - min + 1)) + min);
  }
  return [...found].toSorted((a, b) => a - b);
}

function numberOf(text: string, names: readonly string[], min: number): number | undefined {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  const index = names.indexOf(text.toUpperCase());
  return index < 0 ? undefined : index + min;
}

/** Either the day of the month or the day of the week is `?`. */
function dayTest(day: string, weekday: string): Cron['isDay'] | undefined {
  if ((day === '?') === (weekday === '?')) return undefined;
  return weekday === '?' ? monthDayTest(day) : weekdayTest(weekday);
}

function monthDayTest(text: string): Cron['isDay'] | undefined {
  if (text === 'L') return ({ day, days }) => day === days;
  if (text === 'LW') return (day) => day.day === nearestWeekday(day, day.days);
  const nearest = /^(\d{1,2})W$/.exec(text)?.[1];
  if (nearest !== undefined) {
    const wanted = Number(nearest);
    if (wanted < 1 || wanted > 31) return undefined;
    return (day) => wanted <= day.days && day.day === nearestWeekday(day, wanted);
  }
  const set = setOf(text, 1, 31);
  return set && (({ day }) => set.includes(day));
}

/** The weekday nearest to a day of the month, in the same month. */
function nearestWeekday({ day, weekday, days }: Day, wanted: number): number {
  const at = (((weekday - 1 + wanted - day) % 7) + 7) % 7;
  if (at === 0) return wanted === days ? wanted - 2 : wanted + 1;
  if (at === 6) return wanted === 1 ? 3 : wanted - 1;
  return wanted;
}

function weekdayTest(text: string): Cron['isDay'] | undefined {
  const [, name, sign, nth] = /^([A-Za-z]{3}|[1-7])?(?:(L)|#([1-5]))$/.exec(text) ?? [];
  if (sign === 'L' || nth !== undefined) {
    const wanted = name === undefined ? (sign === 'L' ? 7 : undefined) : numberOf(name, WEEKDAYS, 1);
    if (wanted === undefined) return undefined;
    if (nth !== undefined) return ({ day, weekday }) => weekday === wanted && Math.ceil(day / 7) === Number(nth);
    return name === undefined
      ? ({ weekday }) => weekday === wanted
      : ({ day, days, weekday }) => weekday === wanted && day > days - 7;
  }
  const set = setOf(text, 1, 7, WEEKDAYS);
  return set && (({ weekday }) => set.includes(weekday));
}

/** The first time after `after` (both milliseconds since 1970); undefined when there is none. `zone`: `Europe/Paris`. */
export function nextTime(schedule: Schedule, after: number, from: number, zone = 'UTC'): number | undefined {
  if (schedule.kind === 'rate') {
    if (after < from) return from;
    return from + (Math.floor((after - from) / schedule.ms) + 1) * schedule.ms;
  }
  if (schedule.kind === 'at') {
    const time = firstTimeOf(utcOf(schedule.local), zone);
    return time !== undefined && time > after ? time : undefined;
  }
  return nextCron(schedule.cron, after, zone);
}

/** When an `at` comes; a time that the zone leaves out is taken to be after the gap. */
export function timeOfAt(schedule: Schedule, zone = 'UTC'): number | undefined {
  if (schedule.kind !== 'at') return undefined;
  return timeOfLocal(utcOf(schedule.local), zone);
}

const YEARS_AHEAD = 200;

function nextCron({ minutes, hours, months, years, isDay }: Cron, after: number, zone: string): number | undefined {
  const start = fieldsOf(after + offsetMs(after, zone));
  for (let year = start.year; year <= start.year + YEARS_AHEAD; year++) {
    if (years && !years.has(year)) continue;
    for (const month of months) {
      if (year === start.year && month < start.month) continue;
      const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
      const first = year === start.year && month === start.month ? start.day : 1;
      for (let day = first; day <= days; day++) {
        const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
        if (!isDay({ year, month, day, weekday, days })) continue;
        const time = firstOfDay({ year, month, day }, hours, minutes, after, zone);
        if (time !== undefined) return time;
      }
    }
  }
  return undefined;
}

function firstOfDay(
  date: Pick<Local, 'year' | 'month' | 'day'>,
  hours: readonly number[],
  minutes: readonly number[],
  after: number,
  zone: string,
): number | undefined {
  // A zone is at most a day away: what is that much too early needs no closer look.
  const midnight = utcOf({ ...date, hour: 0, minute: 0, second: 0 });
  for (const hour of hours) {
    if (midnight + hour * 3_600_000 + 90_000_000 < after) continue;
    for (const minute of minutes) {
      const time = firstTimeOf(utcOf({ ...date, hour, minute, second: 0 }), zone);
      if (time !== undefined && time > after) return time;
    }
  }
  return undefined;
}

const utcOf = ({ year, month, day, hour, minute, second }: Local) =>
  Date.UTC(year, month - 1, day, hour, minute, second);

function fieldsOf(time: number): Local {
  const date = new Date(time);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

const same = (a: Local, b: Local) => utcOf(a) === utcOf(b) && a.month === b.month && a.day === b.day;
