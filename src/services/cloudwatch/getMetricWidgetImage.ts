/** GetMetricWidgetImage: a picture of metrics over time. */
import type { GetMetricWidgetImageInput, GetMetricWidgetImageOutput } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { notImplemented } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { filled } from './labels.ts';
import type { TimeSeries } from './math/values.ts';
import { png } from './picture/canvas.ts';
import { chart } from './picture/chart.ts';
import type { Drawn } from './picture/frame.ts';
import { type Plot, type Widget, widgetIn } from './picture/widget.ts';
import { QueryError, querySet } from './queries.ts';
import { checkQueries } from './queryChecks.ts';
import { invalid } from './words.ts';

const QUERIES_MAX = 100;
/** Data points of a picture: more are not to be told apart, and take long to draw. */
const BUDGET = 10_000;

export const GetMetricWidgetImage: Operation<Present<GetMetricWidgetImageInput>, GetMetricWidgetImageOutput> = {
  access: () => ({ resource: '*' }),
  async run({ MetricWidget, OutputFormat = 'png' }, ctx) {
    if (OutputFormat === 'image/png') notImplemented('monitoring: GetMetricWidgetImage with OutputFormat image/png');
    if (OutputFormat !== 'png') invalid(`The value ${OutputFormat} for parameter OutputFormat is invalid.`);
    const widget = widgetIn(MetricWidget, ctx.now, ctx.region);
    checkQueries(ctx, widget.queries, 'metrics', QUERIES_MAX);
    await ctx.journal.catchUp();
    return { MetricWidgetImage: await png(chart(widget, await drawn(ctx, widget))) };
  },
};

async function drawn(ctx: Context, widget: Widget): Promise<Drawn[]> {
  const periods = widget.queries.map(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? 60);
  const shortest = Math.min(...periods);
  const from = Math.floor(widget.start / 1000 / shortest) * shortest;
  const set = querySet(ctx, widget.queries, { from, to: Math.ceil(widget.end / 1000) }, { left: BUDGET });
  const all: Drawn[] = [];
  try {
    for (const plot of widget.plots) {
      const value = await set.value(plot.id);
      if (value.kind === 'series') all.push(plotted(ctx, widget, plot, value.series));
      else if (value.kind === 'array') all.push(...value.all.map((series) => plotted(ctx, widget, plot, series)));
      else
        invalid(`Error in expression '${plot.id}' [The final result must be a time series or an array of time series]`);
    }
  } catch (error) {
    if (error instanceof QueryError) return invalid(error.message);
    throw error;
  }
  return all;
}

function plotted(ctx: Context, widget: Widget, { label, color, side }: Plot, series: TimeSeries): Drawn {
  const zone = Math.abs(widget.zoneMinutes);
  const digits = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const timezone = `${widget.zoneMinutes < 0 ? '-' : '+'}${digits(zone / 60)}${digits(zone % 60)}`;
  const place = { account: ctx.account, region: ctx.region, now: ctx.now.getTime(), timezone };
  const { points, period } = series;
  const own = labelOf(widget, series);
  return { label: filled(label ?? own, series, own, place), color, side, period, points };
}

/** The metric's name, unless others have it too: then what its dimensions say. */
function labelOf({ queries }: Widget, { label, metric }: TimeSeries): string {
  const alike = queries.filter(({ MetricStat }) => MetricStat?.Metric?.MetricName === metric?.name);
  const values = metric?.dimensions.map(([, value]) => value) ?? [];
  return metric && alike.length > 1 && values.length > 0 ? values.join(' ') : label;
}
