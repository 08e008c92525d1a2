/** GetMetricStatistics: statistics of one metric. */
import {
  type Datapoint,
  type GetMetricStatisticsInput,
  type GetMetricStatisticsOutput,
  InvalidParameterCombinationException,
  type StandardUnit,
} from '@aws-sdk/client-cloudwatch';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import type { Aggregate } from './aggregates.ts';
import { dimensionsOf } from './dimensions.ts';
import { metricId } from './metricRows.ts';
import { requirePeriod, roundedStart } from './periods.ts';
import { METRIC_RESOURCE } from './putMetricData.ts';
import { seriesOf } from './series.ts';
import { statistic } from './statistics.ts';
import { badValue, invalidCombination, invalidValue } from './words.ts';

const DATAPOINTS_MAX = 1440;

type Input = Present<GetMetricStatisticsInput>;

export const GetMetricStatistics: Operation<Input, GetMetricStatisticsOutput> = {
  recorded: 'data',
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    ctx.audit.resources = [METRIC_RESOURCE];
    const statistics = namesIn(input);
    const span = spanOf(input, ctx.now);
    const dimensions = dimensionsOf(input.Dimensions, 'Dimensions');
    await ctx.journal.catchUp();
    const id = metricId(ctx.account, ctx.region, { namespace: input.Namespace, name: input.MetricName, dimensions });
    const series = await seriesOf(ctx, id, span, input.Unit);
    const points = [...series].flatMap(([time, units]) =>
      Array.from(units, ([unit, aggregate]) => datapoint({ time, unit, aggregate }, statistics)),
    );
    return { Label: input.MetricName, Datapoints: points.filter((point) => point !== undefined) };
  },
};

function namesIn({ Statistics, ExtendedStatistics }: Input) {
  if (Statistics?.length && ExtendedStatistics?.length) {
    invalidCombination(
      'The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both.',
    );
  }
  if (!Statistics?.length && !ExtendedStatistics?.length) {
    invalidCombination('At least one of the parameters Statistics and ExtendedStatistics must be specified.');
  }
  for (const [at, name] of (ExtendedStatistics ?? []).entries()) {
    if (!statistic(name)) badValue(name, `ExtendedStatistics.member.${at + 1}`);
  }
  return { plain: Statistics ?? [], extended: ExtendedStatistics ?? [] };
}

function spanOf({ StartTime, EndTime, Period }: Input, now: Date) {
  requirePeriod(Period, 'Period');
  if (StartTime >= EndTime) invalidValue('The parameter StartTime must be less than the parameter EndTime.');
  const from = roundedStart(StartTime, Period, now);
  const to = Math.ceil(EndTime.getTime() / 1000);
  const points = Math.floor((to - from) / Period);
  if (points > DATAPOINTS_MAX) {
    fail(
      InvalidParameterCombinationException,
      `You have requested up to ${points} datapoints, which exceeds the limit of ${DATAPOINTS_MAX}. ` +
        'You may reduce the datapoints requested by increasing Period, or decreasing the time range.',
    );
  }
  return { from, to, period: Period };
}

interface Point {
  readonly time: number;
  readonly unit: string;
  readonly aggregate: Aggregate;
}

function datapoint({ time, unit, aggregate }: Point, wanted: ReturnType<typeof namesIn>): Datapoint | undefined {
  const of = (names: readonly string[]) =>
    names.flatMap((name) => {
      const value = statistic(name)?.(aggregate);
      return value === undefined ? [] : [[name, value] as const];
    });
  const extended = of(wanted.extended);
  if (wanted.extended.length > 0 && extended.length === 0) return undefined;
  return {
    Timestamp: new Date(time * 1000),
    ...Object.fromEntries(of(wanted.plain)),
    Unit: unit as StandardUnit,
    ...(extended.length > 0 && { ExtendedStatistics: Object.fromEntries(extended) }),
  };
}
