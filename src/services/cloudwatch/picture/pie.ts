/** A slice for each metric: what its latest value is of the sum of all. Values that are not above zero have none. */
import { type Canvas, sector, TEXT_HEIGHT, widthOf, write } from './canvas.ts';
import { type Colored, type Frame, GAP, type Look, latest } from './frame.ts';
import type { Widget } from './widget.ts';

const TURN = 2 * Math.PI;

export function pie(on: Canvas, frame: Frame, _widget: Widget, series: readonly Colored[], { paper }: Look): void {
  const slices = series.flatMap(({ color, ...each }) =>
    latest(each)
      .filter((value) => value > 0)
      .map((value) => ({ value, color })),
  );
  const sum = slices.reduce((total, { value }) => total + value, 0);
  const radius = Math.max(1, Math.min(frame.width, frame.height) / 2 - GAP);
  const center = [frame.left + frame.width / 2, frame.top + frame.height / 2] as const;
  let from = 0;
  for (const { value, color } of slices) {
    const to = from + (value / sum) * TURN;
    sector(on, center, radius, { from, to }, color);
    const text = `${Math.round((value / sum) * 100)}%`;
    const middle = (from + to) / 2;
    const x = center[0] + Math.sin(middle) * radius * 0.6 - widthOf(text) / 2;
    const y = center[1] - Math.cos(middle) * radius * 0.6 - TEXT_HEIGHT / 2;
    if ((to - from) * radius * 0.6 > widthOf(text)) write(on, text, x, y, paper);
    from = to;
  }
}
