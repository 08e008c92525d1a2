/**
 * Which times an alarm looks at, and how often.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 */
import { periodOf } from './alarmReasons.ts';
import type { MetricAlarmRow } from './alarmRows.ts';
import { offsetMinutes, timeOfLocal } from './zones.ts';

/** Seconds, `to` exclusive. */
export interface Slot {
  readonly from: number;
  readonly to: number;
}

const HOUR = 3600;
const DAY = 86_400;
const WEEK = 7 * DAY;
/** Monday: the first day of the epoch was a Thursday. */
const MONDAY = 4 * DAY;
/** Data points looked for beyond the evaluation periods, in case some are missing. */
const EXTRA_SLOTS = 2;

const periodsOf = ({ config }: MetricAlarmRow) => config.EvaluationPeriods ?? 1;

/** Seconds between two evaluations. */
export function evaluatedEvery(alarm: MetricAlarmRow): number {
  const period = periodOf(alarm.config);
  if (period < 60) return 10;
  return isMultiDay(alarm) && !wallClockZone(alarm) ? HOUR : 60;
}

const isMultiDay = (alarm: MetricAlarmRow) => periodsOf(alarm) * periodOf(alarm.config) > DAY;

/** The evaluation range, the oldest slot first. */
export function slotsAt(alarm: MetricAlarmRow, now: number): Slot[] {
  const period = periodOf(alarm.config);
  const zone = wallClockZone(alarm);
  if (zone !== undefined) return wallClockSlots(zone, period, periodsOf(alarm), now);
  const every = evaluatedEvery(alarm);
  const end = Math.floor(now / every) * every;
  const count = periodsOf(alarm) + EXTRA_SLOTS;
  return Array.from({ length: count }, (_, at) => {
    const from = end - (count - at) * period;
    return { from, to: from + period };
  });
}

function wallClockZone({ config }: MetricAlarmRow): string | undefined {
  const wallClock = config.EvaluationWindow?.WallClockWindow;
  return wallClock && (wallClock.Timezone ?? 'UTC');
}

/** Whole periods of local clocks that are over; a day may have 23 or 25 hours. */
function wallClockSlots(zone: string, period: number, count: number, now: number): Slot[] {
  const offset = offsetMinutes(zone, now * 1000) * 60;
  const shift = period === WEEK ? MONDAY : 0;
  const end = Math.floor((now + offset - shift) / period) * period + shift;
  const boundary = (local: number) => timeOfLocal(zone, local * 1000) / 1000;
  return Array.from({ length: count }, (_, at) => ({
    from: boundary(end - (count - at) * period),
    to: boundary(end - (count - at - 1) * period),
  }));
}
