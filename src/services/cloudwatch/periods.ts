/** Periods, and where they begin. */
import { badValue } from './words.ts';

const SHORT = new Set([1, 5, 10, 20, 30]);

export const isPeriod = (period: number) => SHORT.has(period) || (period > 0 && period % 60 === 0);

/** @throws InvalidParameterValueException unless it is 1, 5, 10, 20, 30 or a multiple of 60 seconds. */
export function requirePeriod(period: number, member: string): void {
  if (!isPeriod(period)) badValue(period, member);
}

const DAY = 86_400;

/**
 * The time from which a request's periods count, in seconds: rounded down to what is kept of that time.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
 */
export function roundedStart(start: Date, period: number, now: Date): number {
  const seconds = Math.floor(start.getTime() / 1000);
  const age = Math.floor(now.getTime() / 1000) - seconds;
  let to = 60;
  if (age > 63 * DAY) to = 3600;
  else if (age > 15 * DAY) to = 300;
  else if (period < 60) to = period;
  return Math.floor(seconds / to) * to;
}
