/** GetMetricData: several metrics, expressions and searches in one call. */
import {
  type GetMetricDataInput,
  type GetMetricDataOutput,
  InvalidNextToken,
  type MetricDataQuery,
  type MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { insightRuleArn } from './insightRules.ts';
import { filled } from './labels.ts';
import type { TimeSeries, Value } from './math/values.ts';
import { roundedStart } from './periods.ts';
import { METRIC_RESOURCE } from './putMetricData.ts';
import { BUDGET, QueryError, type QuerySet, querySet } from './queries.ts';
import { checkQueries } from './queryChecks.ts';
import { invalid } from './words.ts';

const QUERIES_MAX = 500;
const DATAPOINTS_MAX = 100_800;

type Input = Present<GetMetricDataInput>;

export const GetMetricData: Operation<Input, GetMetricDataOutput> = {
  recorded: 'data',
  access: ({ MetricDataQueries }, ctx) => [{ resource: '*' }, ...ruleAccess(ctx, MetricDataQueries)],
  async run(input, ctx) {
    ctx.audit.resources = [METRIC_RESOURCE];
    const queries = input.MetricDataQueries;
    checkQueries(ctx, queries, 'MetricDataQueries', QUERIES_MAX);
    if (input.StartTime >= input.EndTime) {
      invalid('The parameter StartTime must be less than the parameter EndTime.');
    }
    const place = placeIn(input.NextToken);
    await ctx.journal.catchUp();
    return page(input, place, ctx);
  },
};

/** Who reads metrics of a Contributor Insights rule needs the permission for its reports too. */
function ruleAccess(ctx: Context, queries: readonly MetricDataQuery[]): Access[] {
  const rules = queries.flatMap(({ Expression = '' }) =>
    Array.from(Expression.matchAll(/INSIGHT_RULE_METRIC\s*\(\s*["']?([^"',)]+)/g), ([, rule]) => rule!.trim()),
  );
  return [...new Set(rules)].map((rule) => ({
    action: 'cloudwatch:GetInsightRuleReport',
    resource: insightRuleArn(ctx, rule),
  }));
}

/** Where a page begins: which query, which of its series, which data point. */
interface Place {
  readonly query: number;
  readonly series: number;
  readonly point: number;
}

/** What comes before a page is not computed again, unless what is in it needs it. */
async function page(input: Input, from: Place, ctx: Context): Promise<GetMetricDataOutput> {
  const queries = input.MetricDataQueries;
  const set = setOf(input, ctx);
  const results: MetricDataResult[] = [];
  let left = Math.min(input.MaxDatapoints ?? DATAPOINTS_MAX, DATAPOINTS_MAX);
  let next = from;
  while (left > 0 && isLeft(queries, next)) {
    const query = queries[next.query]!;
    const value = query.ReturnData === false ? undefined : await computed(() => set.value(query.Id!));
    const all = value ? seriesIn(value, query) : [];
    const series = all[next.series];
    if (!value || !series) {
      next = { query: next.query + 1, series: 0, point: 0 };
      continue;
    }
    const points = pointsOf(series, input).slice(next.point, next.point + left);
    const isLast = next.point + points.length === series.points.size;
    const Label = labelOf(series, value, query, input, ctx);
    results.push({ Id: query.Id, Label, ...shown(points), StatusCode: isLast ? 'Complete' : 'PartialData' });
    left -= points.length;
    next = following(next, points.length, series.points.size, all.length);
  }
  return {
    MetricDataResults: results,
    Messages: [],
    ...(isLeft(queries, next) && { NextToken: tokenIn(next) }),
  };
}

/** The place after so many of a series' data points. */
function following({ query, series, point }: Place, taken: number, points: number, all: number): Place {
  if (point + taken < points) return { query, series, point: point + taken };
  return series + 1 < all ? { query, series: series + 1, point: 0 } : { query: query + 1, series: 0, point: 0 };
}

const isLeft = (queries: readonly MetricDataQuery[], { query }: Place) =>
  queries.slice(query).some(({ ReturnData }) => ReturnData !== false);

function pointsOf({ points }: TimeSeries, { ScanBy }: Input): (readonly [time: number, value: number])[] {
  return ScanBy === 'TimestampAscending' ? [...points] : [...points].reverse();
}

const shown = (points: readonly (readonly [number, number])[]) => ({
  Timestamps: points.map(([time]) => new Date(time * 1000)),
  Values: points.map(([, value]) => value),
});

function setOf(input: Input, ctx: Context): QuerySet {
  const queries = input.MetricDataQueries;
  const shortest = Math.min(...queries.map(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? 60));
  const from = roundedStart(input.StartTime, shortest, ctx.now);
  const to = Math.ceil(input.EndTime.getTime() / 1000);
  return querySet(ctx, queries, { from, to }, { left: BUDGET });
}

/** @throws ValidationFailure for an expression that cannot be computed */
async function computed<T>(compute: () => Promise<T>): Promise<T> {
  try {
    return await compute();
  } catch (error) {
    if (error instanceof QueryError) return invalid(error.message);
    throw error;
  }
}

function seriesIn(value: Value, { Id }: MetricDataQuery): readonly TimeSeries[] {
  if (value.kind === 'series') return [value.series];
  if (value.kind === 'array') return value.all;
  return invalid(`Error in expression '${Id}' [The final result must be a time series or an array of time series]`);
}

function labelOf(series: TimeSeries, value: Value, query: MetricDataQuery, input: Input, ctx: Context): string {
  const place = {
    account: ctx.account,
    region: ctx.region,
    now: ctx.now.getTime(),
    timezone: input.LabelOptions?.Timezone ?? '+0000',
  };
  return filled(labelFor(series, value, query), series, plainLabel(series, value, query), place);
}

const plainLabel = (series: TimeSeries, value: Value, { Id, MetricStat }: MetricDataQuery) =>
  MetricStat || value.kind === 'array' ? series.label : Id!;

/** Of several series each has its own label behind that of the expression. */
function labelFor(series: TimeSeries, value: Value, query: MetricDataQuery): string {
  const plain = plainLabel(series, value, query);
  if (query.Label === undefined) return plain;
  if (value.kind !== 'array' || /\$\{/.test(query.Label)) return query.Label;
  return query.Label === '' ? plain : `${query.Label} ${plain}`;
}

const tokenIn = ({ query, series, point }: Place) => tokenOf(`${query}.${series}.${point}`);

function placeIn(token: string | undefined): Place {
  if (token === undefined) return { query: 0, series: 0, point: 0 };
  const [, query, series, point] = /^(\d{1,4})\.(\d{1,4})\.(\d{1,9})$/.exec(cursorOf(token) ?? '') ?? [];
  if (query === undefined) return fail(InvalidNextToken, 'The next token is invalid.');
  return { query: Number(query), series: Number(series), point: Number(point) };
}
