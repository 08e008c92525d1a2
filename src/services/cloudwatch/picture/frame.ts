/** The field of a picture in which values are drawn, and its axes. */
import { type Canvas, type Color, rectangle, TEXT_HEIGHT, widthOf, write } from './canvas.ts';
import type { Limits, Mark } from './widget.ts';

export const GAP = 8;
const TICKS = 4;

export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Scale {
  readonly min: number;
  readonly max: number;
}

/** One metric or expression of the picture. */
export interface Drawn {
  readonly label: string;
  readonly color?: Color | undefined;
  readonly side: 'left' | 'right';
  /** Seconds. */
  readonly period: number;
  /** By time in seconds. */
  readonly points: ReadonlyMap<number, number>;
}

export type Colored = Drawn & { readonly color: Color };

export interface Look {
  readonly paper: Color;
  readonly ink: Color;
  readonly faint: Color;
}

/** The last value, if there is any. */
export function latest({ points }: Pick<Drawn, 'points'>): [] | [number] {
  let last: [time: number, value: number] | undefined;
  for (const point of points) if (!last || point[0] > last[0]) last = point;
  return last ? [last[1]] : [];
}

/** What the given values span, and what the axis is limited to. */
export function scaleOf(values: Iterable<number>, limits: Limits): Scale {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) [min, max] = [0, 1];
  const [low, high] = [limits.min ?? min, limits.max ?? max];
  return low < high ? { min: low, max: high } : { min: low - 0.5, max: low + 0.5 };
}

export const yOf = ({ top, height }: Frame, { min, max }: Scale, value: number) =>
  top + height - ((value - min) / (max - min)) * height;

/** The same, where what lies beyond the axis ends at its end. */
export const yWithin = (frame: Frame, scale: Scale, value: number) =>
  yOf(frame, scale, Math.min(scale.max, Math.max(scale.min, value)));

const UNITS = ['', 'K', 'M', 'G', 'T'];

/** At most six letters. */
function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 0.001)) return value.toExponential(0);
  const power = size < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(size) / 3));
  return `${Number((value / 1000 ** power).toPrecision(3))}${UNITS[power]}`;
}

/** Lines of the grid are drawn for the left axis only. */
export function axis(
  on: Canvas,
  frame: Frame,
  scale: Scale,
  { label }: Limits,
  { ink, faint }: Look,
  at: 'left' | 'right',
): void {
  const right = frame.left + frame.width;
  for (let tick = 0; tick <= TICKS; tick++) {
    const value = scale.min + ((scale.max - scale.min) * tick) / TICKS;
    const y = yOf(frame, scale, value);
    const text = short(value);
    if (at === 'left') rectangle(on, frame.left, y, frame.width, 1, tick === 0 ? ink : faint);
    write(on, text, at === 'left' ? frame.left - GAP - widthOf(text) : right + GAP, y - TEXT_HEIGHT / 2, ink);
  }
  if (label === undefined) return;
  write(on, label, at === 'left' ? GAP : on.width - GAP - widthOf(label), frame.top - TEXT_HEIGHT - GAP, ink);
}

/** How much of an annotation's colour lies over what it marks. */
export const FILLED = 0.15;

/** An annotation at a value. */
export function horizontal(on: Canvas, frame: Frame, scale: Scale, { value, label, color, fill }: Mark): void {
  const bottom = frame.top + frame.height;
  const y = yWithin(frame, scale, value);
  if (fill === 'above') rectangle(on, frame.left, frame.top, frame.width, y - frame.top, color, FILLED);
  if (fill === 'below') rectangle(on, frame.left, y, frame.width, bottom - y, color, FILLED);
  rectangle(on, frame.left, y, frame.width, 2, color);
  write(on, label, frame.left + GAP, y - TEXT_HEIGHT - 2, color);
}
