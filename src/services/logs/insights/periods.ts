/** Periods of time (`5m`, `1 hour`) and rounding to them. */
import { type Scanner, skip, wrong } from './scanner.ts';

type Unit = 'ms' | 's' | 'm' | 'h' | 'd' | 'w' | 'mo' | 'q' | 'y';

export interface Period {
  readonly count: number;
  readonly unit: Unit;
}

const NAMES: Readonly<Record<Unit, readonly string[]>> = {
  ms: ['ms', 'msec', 'millisecond'],
  s: ['s', 'sec', 'second'],
  m: ['m', 'min', 'minute'],
  h: ['h', 'hr', 'hour'],
  d: ['d', 'day'],
  w: ['w', 'week'],
  mo: ['mo', 'mon', 'month'],
  q: ['q', 'qtr', 'quarter'],
  y: ['y', 'yr', 'year'],
};

/** More than one letter may have an s behind. */
const UNITS = new Map(
  Object.entries(NAMES).flatMap(([unit, names]) =>
    names.flatMap((name) =>
      (name.length > 1 ? [name, `${name}s`] : [name]).map((each) => [each, unit as Unit] as const),
    ),
  ),
);

/** AWS takes no more of a unit: `bin(300s)` is `bin(60s)`. */
const CAPS: Readonly<Partial<Record<Unit, number>>> = { ms: 1000, s: 60, m: 60, h: 24 };

const PERIOD = /(\d+)\s*([a-z]+)/iy;

export function periodAt(scanner: Scanner): Period {
  const start = scanner.at;
  const { count, unit } = writtenAt(scanner);
  if (count < 1) wrong(scanner, WHAT, start);
  return { count: Math.min(count, CAPS[unit] ?? MOST), unit };
}

/** Milliseconds, of units that are always equally long, and without AWS's caps of periods to round to. */
export function durationAt(scanner: Scanner, least = 1): number {
  const start = scanner.at;
  const { count, unit } = writtenAt(scanner);
  const length = count * (FIXED_MS[unit] ?? Number.NaN);
  return length >= least && length <= DURATION_MAX
    ? length
    : wrong(scanner, 'a duration is a number and a unit from ms to w', start);
}

function writtenAt(scanner: Scanner): Period {
  skip(scanner);
  PERIOD.lastIndex = scanner.at;
  const found = PERIOD.exec(scanner.text);
  const unit = UNITS.get(found?.[2]?.toLowerCase() ?? '');
  if (!found || unit === undefined) return wrong(scanner, WHAT);
  scanner.at += found[0].length;
  return { count: Number(found[1]), unit };
}

const WHAT = 'a period of time is a number and a unit';

const MOST = 10_000;
/** A hundred years. */
const DURATION_MAX = 36_525 * 86_400_000;
const FIXED_MS: Readonly<Partial<Record<Unit, number>>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const MONTHS: Readonly<Partial<Record<Unit, number>>> = { mo: 1, q: 3, y: 12 };

/** The beginning of the period that a moment (milliseconds) is in. */
export function floorTo({ count, unit }: Period, ms: number): number {
  const fixed = FIXED_MS[unit];
  if (fixed !== undefined) return Math.floor(ms / (fixed * count)) * fixed * count;
  return monthAt(Math.floor(monthsOf(ms) / monthsIn(count, unit)) * monthsIn(count, unit));
}

/** The beginning of the next period, unless the moment is a beginning itself. */
export function ceilTo(period: Period, ms: number): number {
  const floor = floorTo(period, ms);
  if (floor === ms) return ms;
  const { count, unit } = period;
  const fixed = FIXED_MS[unit];
  return fixed !== undefined ? floor + fixed * count : monthAt(monthsOf(floor) + monthsIn(count, unit));
}

const monthsIn = (count: number, unit: Unit) => count * (MONTHS[unit] ?? 1);

function monthsOf(ms: number): number {
  const date = new Date(ms);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

const monthAt = (months: number) => Date.UTC(Math.floor(months / 12), months % 12, 1);
