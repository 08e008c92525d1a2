/** A bar for each metric: its latest value. Of annotations, those at a value are lines; times have no place here. */
import { type Canvas, rectangle } from './canvas.ts';
import { axis, type Colored, type Frame, GAP, horizontal, type Look, latest, scaleOf, yWithin } from './frame.ts';
import type { Widget } from './widget.ts';

export function bars(on: Canvas, frame: Frame, widget: Widget, series: readonly Colored[], look: Look): void {
  const shown = series.flatMap((each) => latest(each).map((value) => ({ value, color: each.color })));
  const values = [...shown, ...widget.horizontal].map(({ value }) => value);
  const scale = scaleOf([0, ...values], widget.axes.left);
  axis(on, frame, scale, widget.axes.left, look, 'left');
  const room = frame.width / Math.max(1, shown.length);
  const width = Math.max(1, room - GAP);
  const ground = yWithin(frame, scale, 0);
  for (const [at, { value, color }] of shown.entries()) {
    const end = yWithin(frame, scale, value);
    const left = frame.left + at * room + (room - width) / 2;
    rectangle(on, left, Math.min(ground, end), width, Math.abs(ground - end), color);
  }
  for (const mark of widget.horizontal) horizontal(on, frame, scale, mark);
}
