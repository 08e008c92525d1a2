/** Draws a widget: axes, grid, annotations, lines or stacked areas, a legend. */
import {
  type Canvas,
  type Color,
  canvas,
  LETTER_WIDTH,
  line,
  rectangle,
  TEXT_HEIGHT,
  widthOf,
  write,
} from './canvas.ts';
import type { Limits, Mark, Widget } from './widget.ts';

/** A line of the picture. */
export interface Drawn {
  readonly label: string;
  readonly color?: Color | undefined;
  readonly side: 'left' | 'right';
  /** Seconds. */
  readonly period: number;
  /** By time in seconds. */
  readonly points: ReadonlyMap<number, number>;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph_metrics.html */
const PALETTE: readonly Color[] = [
  [0x1f, 0x77, 0xb4],
  [0xff, 0x7f, 0x0e],
  [0x2c, 0xa0, 0x2c],
  [0xd6, 0x27, 0x28],
  [0x94, 0x67, 0xbd],
  [0x8c, 0x56, 0x4b],
  [0xe3, 0x77, 0xc2],
  [0x7f, 0x7f, 0x7f],
  [0xbc, 0xbd, 0x22],
  [0x17, 0xbe, 0xcf],
];

const GAP = 8;
const LEGEND_WIDTH_MAX = 220;
const TICKS = 4;

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Scale {
  readonly min: number;
  readonly max: number;
}

export function chart(widget: Widget, series: readonly Drawn[]): Canvas {
  const [paper, ink, faint]: readonly [Color, Color, Color] = widget.dark
    ? [
        [0x2a, 0x2e, 0x33],
        [0xe0, 0xe0, 0xe0],
        [0x4a, 0x4e, 0x54],
      ]
    : [
        [0xff, 0xff, 0xff],
        [0x33, 0x33, 0x33],
        [0xe0, 0xe0, 0xe0],
      ];
  const on = canvas(widget.width, widget.height, paper);
  const colored = series.map((each, at) => ({ ...each, color: each.color ?? PALETTE[at % PALETTE.length]! }));
  const shown = widget.stacked ? stacked(colored) : colored;
  const hasRight = shown.some(({ side }) => side === 'right');
  const scales = { left: scaleFor(widget, shown, 'left'), right: scaleFor(widget, shown, 'right') };
  const frame = frameOf(widget, colored, hasRight);
  write(on, widget.title, (widget.width - widthOf(widget.title)) / 2, GAP, ink);
  axis(on, frame, scales.left, widget.axes.left, { ink, faint, at: 'left' });
  if (hasRight) axis(on, frame, scales.right, widget.axes.right, { ink, faint, at: 'right' });
  times(on, frame, widget, ink);
  annotate(on, frame, widget, scales);
  // The one that stands on the others first.
  for (const each of widget.stacked ? shown.toReversed() : shown) draw(on, frame, widget, scales[each.side], each);
  legend(on, frame, widget, colored, ink);
  return on;
}

type Colored = Drawn & { readonly color: Color };

/** Each stands on those before it. */
function stacked(series: readonly Colored[]): Colored[] {
  const sums = new Map<number, number>();
  return series.map((each) => {
    for (const [time, value] of each.points) sums.set(time, (sums.get(time) ?? 0) + value);
    return { ...each, points: new Map([...each.points.keys()].map((time) => [time, sums.get(time)!])) };
  });
}

function scaleFor(widget: Widget, series: readonly Colored[], side: 'left' | 'right'): Scale {
  const marks = widget.horizontal.filter((mark) => mark.side === side).map(({ value }) => value);
  const values = series.filter((each) => each.side === side).flatMap(({ points }) => [...points.values()]);
  let [min, max] = widget.stacked ? [0, 0] : [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of [...values, ...marks]) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) [min, max] = [0, 1];
  const limits: Limits = widget.axes[side];
  const [low, high] = [limits.min ?? min, limits.max ?? max];
  return low < high ? { min: low, max: high } : { min: low - 0.5, max: low + 0.5 };
}

function frameOf({ width, height, title, legend, axes }: Widget, series: readonly Colored[], hasRight: boolean): Frame {
  const side = widthOf('-0.00M') + GAP;
  const labeled = axes.left.label !== undefined || axes.right.label !== undefined;
  const top = GAP * 2 + (title === '' ? 0 : TEXT_HEIGHT + GAP) + (labeled ? TEXT_HEIGHT + GAP : 0);
  const below = TEXT_HEIGHT + GAP * 2 + (legend === 'bottom' ? rowsOf(series, width).length * (TEXT_HEIGHT + GAP) : 0);
  const beside = legend === 'right' ? Math.min(LEGEND_WIDTH_MAX, width / 3) : 0;
  return {
    left: side,
    top,
    width: Math.max(1, width - side - (hasRight ? side : GAP * 2) - beside),
    height: Math.max(1, height - top - below),
  };
}

const yOf = ({ top, height }: Frame, { min, max }: Scale, value: number) =>
  top + height - ((value - min) / (max - min)) * height;

const xOf = ({ left, width }: Frame, { start, end }: Widget, milliseconds: number) =>
  left + ((milliseconds - start) / (end - start)) * width;

const UNITS = ['', 'K', 'M', 'G', 'T'];

/** At most six letters. */
function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 0.001)) return value.toExponential(0);
  const power = size < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(size) / 3));
  return `${Number((value / 1000 ** power).toPrecision(3))}${UNITS[power]}`;
}

interface AxisLook {
  readonly ink: Color;
  readonly faint: Color;
  readonly at: 'left' | 'right';
}

function axis(on: Canvas, frame: Frame, scale: Scale, { label }: Limits, { ink, faint, at }: AxisLook): void {
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

/** Times of day, or days where the picture spans several. */
function times(on: Canvas, frame: Frame, widget: Widget, ink: Color): void {
  const days = widget.end - widget.start > 2 * 86_400_000;
  const room = widthOf('00-00') * 2;
  const count = Math.max(1, Math.min(6, Math.floor(frame.width / room)));
  for (let tick = 0; tick <= count; tick++) {
    const time = widget.start + ((widget.end - widget.start) * tick) / count;
    const local = new Date(time + widget.zoneMinutes * 60_000).toISOString();
    const text = days ? local.slice(5, 10) : local.slice(11, 16);
    const x = xOf(frame, widget, time);
    rectangle(on, x, frame.top + frame.height, 1, 4, ink);
    const left = Math.min(on.width - widthOf(text), Math.max(0, x - widthOf(text) / 2));
    write(on, text, left, frame.top + frame.height + GAP, ink);
  }
}

const FILLED = 0.15;

function annotate(on: Canvas, frame: Frame, widget: Widget, scales: Readonly<Record<'left' | 'right', Scale>>): void {
  const bottom = frame.top + frame.height;
  for (const { value, label, color, fill, side } of widget.horizontal) {
    const y = Math.min(bottom, Math.max(frame.top, yOf(frame, scales[side], value)));
    if (fill === 'above') rectangle(on, frame.left, frame.top, frame.width, y - frame.top, color, FILLED);
    if (fill === 'below') rectangle(on, frame.left, y, frame.width, bottom - y, color, FILLED);
    rectangle(on, frame.left, y, frame.width, 2, color);
    write(on, label, frame.left + GAP, y - TEXT_HEIGHT - 2, color);
  }
  for (const mark of widget.vertical) vertical(on, frame, widget, mark);
}

function vertical(on: Canvas, frame: Frame, widget: Widget, { value, label, color, fill }: Mark): void {
  const right = frame.left + frame.width;
  const x = xOf(frame, widget, value);
  if (x < frame.left || x > right) return;
  if (fill === 'before') rectangle(on, frame.left, frame.top, x - frame.left, frame.height, color, FILLED);
  if (fill === 'after') rectangle(on, x, frame.top, right - x, frame.height, color, FILLED);
  rectangle(on, x, frame.top, 2, frame.height, color);
  write(on, label, x + 4, frame.top, color);
}

/** Where a data point is missing the line is broken; one that stands alone is a dot. */
function draw(on: Canvas, frame: Frame, widget: Widget, scale: Scale, { color, points, period }: Colored): void {
  const within = (value: number) => Math.min(scale.max, Math.max(scale.min, value));
  const placed = [...points]
    .sort(([a], [b]) => a - b)
    .map(([time, value]) => ({
      time,
      at: [xOf(frame, widget, time * 1000), yOf(frame, scale, within(value))] as const,
    }));
  for (const [place, { time, at }] of placed.entries()) {
    const next = placed[place + 1];
    const joined = next !== undefined && next.time - time <= period;
    if (widget.stacked) {
      const width = joined ? next.at[0] - at[0] : 2;
      rectangle(on, at[0], at[1], width, frame.top + frame.height - at[1], color);
    } else line(on, at, joined ? next.at : at, color);
  }
}

const SWATCH = 12;

/** Legend entries by row, with their places. */
function rowsOf(series: readonly Colored[], width: number): { each: Colored; left: number; text: string }[][] {
  const rows: { each: Colored; left: number; text: string }[][] = [[]];
  let left = GAP;
  for (const each of series) {
    const text = each.label.slice(0, Math.max(1, Math.floor((width - SWATCH - GAP * 3) / LETTER_WIDTH)));
    const needed = SWATCH + GAP + widthOf(text) + GAP;
    if (left > GAP && left + needed > width) {
      rows.push([]);
      left = GAP;
    }
    rows.at(-1)!.push({ each, left, text });
    left += needed;
  }
  return rows;
}

function legend(on: Canvas, frame: Frame, widget: Widget, series: readonly Colored[], ink: Color): void {
  if (widget.legend === 'hidden') return;
  const beside = widget.legend === 'right';
  const room = beside ? Math.min(LEGEND_WIDTH_MAX, widget.width / 3) : widget.width;
  const rows = beside ? series.flatMap((each) => rowsOf([each], room)) : rowsOf(series, room);
  const first = beside ? frame.top : frame.top + frame.height + TEXT_HEIGHT + GAP * 2;
  for (const [row, entries] of rows.entries()) {
    const top = first + row * (TEXT_HEIGHT + GAP);
    for (const { each, left, text } of entries) {
      const x = left + (beside ? widget.width - room : 0);
      rectangle(on, x, top, SWATCH, TEXT_HEIGHT, each.color);
      write(on, text, x + SWATCH + GAP, top, ink);
    }
  }
}
