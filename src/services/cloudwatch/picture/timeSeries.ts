/** Lines or stacked areas over time, with annotations. */
import { type Canvas, type Color, line, rectangle, widthOf, write } from './canvas.ts';
import {
  axis,
  type Colored,
  FILLED,
  type Frame,
  GAP,
  horizontal,
  type Look,
  type Scale,
  scaleOf,
  yWithin,
} from './frame.ts';
import type { Mark, Widget } from './widget.ts';

export function timeSeries(on: Canvas, frame: Frame, widget: Widget, series: readonly Colored[], look: Look): void {
  const shown = widget.stacked ? stacked(series) : series;
  const scales = { left: scaleFor(widget, shown, 'left'), right: scaleFor(widget, shown, 'right') };
  axis(on, frame, scales.left, widget.axes.left, look, 'left');
  if (shown.some(({ side }) => side === 'right')) axis(on, frame, scales.right, widget.axes.right, look, 'right');
  times(on, frame, widget, look.ink);
  annotate(on, frame, widget, scales);
  // The one that stands on the others first.
  for (const each of widget.stacked ? shown.toReversed() : shown) draw(on, frame, widget, scales[each.side], each);
}

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
  return scaleOf([...(widget.stacked ? [0] : []), ...values, ...marks], widget.axes[side]);
}

const xOf = ({ left, width }: Frame, { start, end }: Widget, milliseconds: number) =>
  left + ((milliseconds - start) / (end - start)) * width;

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

function annotate(on: Canvas, frame: Frame, widget: Widget, scales: Readonly<Record<'left' | 'right', Scale>>): void {
  for (const mark of widget.horizontal) horizontal(on, frame, scales[mark.side], mark);
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
  const placed = [...points]
    .sort(([a], [b]) => a - b)
    .map(([time, value]) => ({
      time,
      at: [xOf(frame, widget, time * 1000), yWithin(frame, scale, value)] as const,
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
