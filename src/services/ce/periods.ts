/**
 * Time periods: what may be asked for, and how it is cut into months, days or hours. Times are UTC, `yyyy-MM-dd` or,
 * by the hour, `yyyy-MM-ddTHH:mm:ssZ`; the start is in the period, the end is not.
 */
import { BillExpirationException, type DateInterval, type Granularity } from '@aws-sdk/client-cost-explorer';
import { fail, ValidationFailure } from '../../core/errors.ts';

export interface Period {
  /** As given. */
  readonly Start: string;
  readonly End: string;
}

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const HOURLY_DAYS_MAX = 14;
const MONTHS_KEPT = 14;
const MONTHS_KEPT_AT_ALL = 38;

/** The period, if there can be data for it. */
export function reportedPeriod(interval: DateInterval, granularity: Granularity | undefined, now: Date): Period {
  const { Start = '', End = '' } = interval as Partial<DateInterval>;
  const start = instant('Start', Start, granularity);
  const end = instant('End', End, granularity);
  if (start >= end) throw new ValidationFailure('Start date (and hour) should be before end date (and hour)');
  if (end > monthStart(now, 1)) throw new ValidationFailure('end date past the beginning of next month');
  if (granularity === 'HOURLY' && start < startOfDay(now) - HOURLY_DAYS_MAX * DAY_MS) {
    throw new ValidationFailure(
      'Start date is more than 14 days ago for hourly granularity. Please adjust start date as we support only ' +
        '14 days of data at hourly granularity.',
    );
  }
  if (start < monthStart(now, -MONTHS_KEPT_AT_ALL)) {
    fail(BillExpirationException, 'The requested report expired. Update the date interval and try again.');
  }
  if (start < monthStart(now, 1 - MONTHS_KEPT)) {
    throw new ValidationFailure("You haven't enabled historical data beyond 14 months");
  }
  return { Start, End };
}

/** Milliseconds of a date, or of an hour where hours are asked for. */
export function instant(member: string, text: string, granularity: Granularity | undefined): number {
  const hourly = granularity === 'HOURLY';
  const shape = hourly ? /^\d{4}-\d\d-\d\dT\d\d:00:00Z$/ : /^\d{4}-\d\d-\d\d$/;
  const time = shape.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(text.slice(0, 13))) {
    const format = hourly ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : 'yyyy-MM-dd';
    throw new ValidationFailure(`${member} time ${text} is invalid. Valid format is: ${format}.`);
  }
  return time;
}

/** The months, days or hours of a period, in order; the first and the last month may be cut short. */
export function cut({ Start, End }: Period, granularity: Granularity | undefined): Period[] {
  const unit = UNITS[granularity ?? 'MONTHLY'];
  const periods: Period[] = [];
  for (let from = Start; from < End; ) {
    const next = unit(from);
    const to = next < End ? next : End;
    periods.push({ Start: from, End: to });
    from = to;
  }
  return periods;
}

const UNITS: Readonly<Record<Granularity, (from: string) => string>> = {
  MONTHLY: (from) => dateOf(monthStart(new Date(`${from}T00:00:00Z`), 1)),
  DAILY: (from) => dateOf(Date.parse(from) + DAY_MS),
  HOURLY: (from) => `${new Date(Date.parse(from) + HOUR_MS).toISOString().slice(0, 19)}Z`,
};

/** First instant of the month, so many months on. */
export const monthStart = (time: Date, months = 0) => Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + months, 1);

export const startOfDay = (time: Date) => Math.floor(time.getTime() / DAY_MS) * DAY_MS;

export const dateOf = (time: number) => new Date(time).toISOString().slice(0, 10);
