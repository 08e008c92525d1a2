/**
 * When mute rules are active: `cron(0 2 * * SUN)` with five fields, or `at(2026-05-10T14:00)`, for a while each time.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules.html
 */
import { durationMs } from '../../core/duration.ts';
import { offsetMinutes, timeOfLocal } from './zones.ts';

export interface Window {
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
}

export interface Schedule {
  readonly kind: 'cron' | 'at';
  readonly zone: string;
  readonly duration: number;
  /** Of `at`: milliseconds. */
  readonly at?: number;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly isDay: (local: Date) => boolean;
}

export class ScheduleError extends Error {}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DURATION_MAX_MS = 15 * DAY_MS;
/** A day that a schedule means comes within eight years (29 February over a century), or never. */
const DAYS_AHEAD = 366 * 8;

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Rule {
  readonly expression: string;
  readonly duration: string;
  readonly timezone?: string | undefined;
}

/** @throws ScheduleError */
export function parseSchedule({ expression, duration, timezone }: Rule): Schedule {
  const length = durationMs(duration);
  if (length === undefined || length < MINUTE_MS || length > DURATION_MAX_MS) {
    throw new ScheduleError('Duration must be an ISO 8601 duration between PT1M and P15D');
  }
  const zone = timezone ?? 'UTC';
  const common = { zone, duration: length, minutes: [], hours: [], isDay: () => false };
  const at = /^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::\d{2})?\)$/.exec(expression.trim());
  if (at) {
    const local = Date.parse(`${at[1]}Z`);
    if (Number.isNaN(local)) throw new ScheduleError('Expression is not a valid at expression');
    return { ...common, kind: 'at', at: timeOfLocal(zone, local) };
  }
  const cron = /^cron\((.*)\)$/.exec(expression.trim());
  const fields = cron?.[1]?.trim().split(/\s+/) ?? [];
  if (fields.length !== 5)
    throw new ScheduleError('Expression must be a cron expression of five fields or an at expression');
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  const months = new Set(numbersIn(month, { low: 1, high: 12, names: MONTHS, offset: 1 }));
  const [isDayOfMonth, isWeekday] = [dayOfMonth(day), dayOfWeek(weekday)];
  const restricted = !/^[*?]$/.test(day) && !/^[*?]$/.test(weekday);
  return {
    ...common,
    kind: 'cron',
    minutes: numbersIn(minute, { low: 0, high: 59 }),
    hours: numbersIn(hour, { low: 0, high: 23 }),
    // As cron has it: where both are given, either will do.
    isDay: (date) =>
      months.has(date.getUTCMonth() + 1) &&
      (restricted ? isDayOfMonth(date) || isWeekday(date) : isDayOfMonth(date) && isWeekday(date)),
  };
}

interface Field {
  readonly low: number;
  readonly high: number;
  readonly names?: readonly string[];
  /** Number of the first name. */
  readonly offset?: number;
}

function numbersIn(text: string, field: Field): number[] {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [, range = '', step] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? [];
    const [from, to] = rangeOf(range, field, step !== undefined);
    const each = Number(step ?? 1);
    if (each < 1) throw wrong(text);
    for (let value = from; value <= to; value += each) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
}

function rangeOf(text: string, field: Field, stepped: boolean): readonly [number, number] {
  if (text === '*' || text === '?') return [field.low, field.high];
  const [first = '', second] = text.split('-');
  const from = numberOf(first, field);
  const to = second === undefined ? (stepped ? field.high : from) : numberOf(second, field);
  if (from > to) throw wrong(text);
  return [from, to];
}

function numberOf(text: string, { low, high, names = [], offset = 0 }: Field): number {
  const name = names.indexOf(text.toUpperCase());
  const value = name >= 0 ? name + offset : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high)) throw wrong(text);
  return value;
}

const wrong = (text: string) => new ScheduleError(`Expression has an invalid field: ${text}`);

const lastOfMonth = (date: Date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();

function dayOfMonth(text: string): (date: Date) => boolean {
  if (text === 'L') return (date) => date.getUTCDate() === lastOfMonth(date);
  const days = new Set(numbersIn(text, { low: 1, high: 31 }));
  return (date) => days.has(date.getUTCDate());
}

const WEEKDAY: Field = { low: 0, high: 7, names: DAYS };

/** `SUN#4` is the fourth of the month, `FRIL` and `5L` the last. */
function dayOfWeek(text: string): (date: Date) => boolean {
  const nth = /^(\w+)#([1-5])$/.exec(text);
  if (nth) {
    const day = numberOf(nth[1]!, WEEKDAY) % 7;
    return (date) => date.getUTCDay() === day && Math.ceil(date.getUTCDate() / 7) === Number(nth[2]);
  }
  const last = /^(\w*)L$/.exec(text);
  if (last) {
    const day = last[1] === '' ? 6 : numberOf(last[1]!, WEEKDAY) % 7;
    return (date) => date.getUTCDay() === day && date.getUTCDate() + 7 > lastOfMonth(date);
  }
  const days = new Set(numbersIn(text, WEEKDAY).map((day) => day % 7));
  return (date) => days.has(date.getUTCDay());
}

/** The window that is open at a time; the one that began last. */
export function windowAt(schedule: Schedule, now: number): Window | undefined {
  const start = schedule.kind === 'at' ? schedule.at! : lastStart(schedule, now);
  if (start === undefined || start > now || start + schedule.duration <= now) return undefined;
  return { start, end: start + schedule.duration };
}

/** When it begins next, after a time; undefined if it does not. */
export function nextStart(schedule: Schedule, after: number): number | undefined {
  if (schedule.kind === 'at') return schedule.at! > after ? schedule.at : undefined;
  const first = localDay(schedule, after);
  for (let day = 0; day <= DAYS_AHEAD; day++) {
    for (const start of startsOn(schedule, first + day * DAY_MS)) if (start > after) return start;
  }
  return undefined;
}

function lastStart(schedule: Schedule, now: number): number | undefined {
  const days = Math.ceil(schedule.duration / DAY_MS) + 1;
  const today = localDay(schedule, now);
  for (let day = 0; day <= days; day++) {
    const starts = startsOn(schedule, today - day * DAY_MS);
    const last = starts.findLast((start) => start <= now);
    if (last !== undefined) return last;
  }
  return undefined;
}

/** Midnight of the local day, as if it were UTC. */
function localDay({ zone }: Schedule, time: number): number {
  const local = time + offsetMinutes(zone, time) * MINUTE_MS;
  return local - (((local % DAY_MS) + DAY_MS) % DAY_MS);
}

function startsOn({ isDay, hours, minutes, zone }: Schedule, local: number): number[] {
  if (!isDay(new Date(local))) return [];
  return hours.flatMap((hour) => minutes.map((minute) => timeOfLocal(zone, local + (hour * 60 + minute) * MINUTE_MS)));
}
