/** Draws a widget: a title, what its view shows, a legend. */

import { bars } from './bars.ts';
import { type Canvas, type Color, canvas, LETTER_WIDTH, rectangle, TEXT_HEIGHT, widthOf, write } from './canvas.ts';
import { type Colored, type Drawn, type Frame, GAP, type Look } from './frame.ts';
import { pie } from './pie.ts';
import { timeSeries } from './timeSeries.ts';
import type { View, Widget } from './widget.ts';

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

const LEGEND_WIDTH_MAX = 220;

const LIGHT: Look = { paper: [0xff, 0xff, 0xff], ink: [0x33, 0x33, 0x33], faint: [0xe0, 0xe0, 0xe0] };
const DARK: Look = { paper: [0x2a, 0x2e, 0x33], ink: [0xe0, 0xe0, 0xe0], faint: [0x4a, 0x4e, 0x54] };

type Drawer = (on: Canvas, frame: Frame, widget: Widget, series: readonly Colored[], look: Look) => void;

const DRAWERS: Readonly<Record<View, Drawer>> = { timeSeries, bar: bars, pie };

export function chart(widget: Widget, series: readonly Drawn[]): Canvas {
  const look = widget.dark ? DARK : LIGHT;
  const on = canvas(widget.width, widget.height, look.paper);
  const colored = series.map((each, at) => ({ ...each, color: each.color ?? PALETTE[at % PALETTE.length]! }));
  const frame = frameOf(widget, colored);
  write(on, widget.title, (widget.width - widthOf(widget.title)) / 2, GAP, look.ink);
  DRAWERS[widget.view](on, frame, widget, colored, look);
  legend(on, frame, widget, colored, look.ink);
  return on;
}

function frameOf({ width, height, title, legend, axes }: Widget, series: readonly Colored[]): Frame {
  const hasRight = series.some((each) => each.side === 'right');
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
