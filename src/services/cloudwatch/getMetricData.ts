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
import type { Operation, Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { filled } from './labels.ts';
import type { TimeSeries, Value } from './math/values.ts';
import { roundedStart } from './periods.ts';
import { METRIC_RESOURCE } from './putMetricData.ts';
import { BUDGET, QueryError, querySet } from './queries.ts';
import { checkQueries } from './queryChecks.ts';
import { invalid } from './words.ts';

const QUERIES_MAX = 500;
const DATAPOINTS_MAX = 100_800;

type Input = Present<GetMetricDataInput>;

export const GetMetricData: Operation<Input, GetMetricDataOutput> = {
  recorded: 'data',
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    ctx.audit.resources = [METRIC_RESOURCE];
    const queries = input.MetricDataQueries;
    checkQueries(ctx, queries, 'MetricDataQueries', QUERIES_MAX);
    if (input.StartTime >= input.EndTime) {
      invalid('The parameter StartTime must be less than the parameter EndTime.');
    }
    const from = input.NextToken === undefined ? 0 : offsetIn(input.NextToken);
    await ctx.journal.catchUp();
    const results = await resultsOf(input, queries, ctx);
    return pageOf(results, from, Math.min(input.MaxDatapoints ?? DATAPOINTS_MAX, DATAPOINTS_MAX));
  },
};

async function resultsOf(input: Input, queries: readonly MetricDataQuery[], ctx: Context): Promise<MetricDataResult[]> {
  const shortest = Math.min(...queries.map(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? 60));
  const from = roundedStart(input.StartTime, shortest, ctx.now);
  const to = Math.ceil(input.EndTime.getTime() / 1000);
  const set = querySet(ctx, queries, { from, to }, { left: BUDGET });
  const results: MetricDataResult[] = [];
  for (const query of queries) {
    const value = await computed(() => set.value(query.Id!));
    if (query.ReturnData === false) continue;
    results.push(...seriesIn(value, query).map((series) => resultOf(series, value, query, input, ctx)));
  }
  return results;
}

/** @throws ValidationFailure for an expression that cannot be computed */
export async function computed<T>(compute: () => Promise<T>): Promise<T> {
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

function resultOf(
  series: TimeSeries,
  value: Value,
  query: MetricDataQuery,
  input: Input,
  ctx: Context,
): MetricDataResult {
  const place = {
    account: ctx.account,
    region: ctx.region,
    now: ctx.now.getTime(),
    timezone: input.LabelOptions?.Timezone ?? '+0000',
  };
  const points = [...series.points];
  if (input.ScanBy !== 'TimestampAscending') points.reverse();
  return {
    Id: query.Id,
    Label: filled(labelFor(series, value, query), series, plainLabel(series, value, query), place),
    Timestamps: points.map(([time]) => new Date(time * 1000)),
    Values: points.map(([, each]) => each),
    StatusCode: 'Complete',
  };
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

/** Data points from an offset on, counted over all results; a result that goes on has `PartialData`. */
function pageOf(results: readonly MetricDataResult[], from: number, most: number): GetMetricDataOutput {
  const shown: MetricDataResult[] = [];
  let at = 0;
  for (const result of results) {
    const [size, start] = [result.Values!.length, at];
    at += size;
    const [first, last] = [Math.max(0, from - start), Math.min(size, from + most - start)];
    if (first < last || (size === 0 && from === 0)) {
      shown.push({
        ...result,
        Timestamps: result.Timestamps!.slice(first, last),
        Values: result.Values!.slice(first, last),
        StatusCode: last < size ? 'PartialData' : 'Complete',
      });
    }
  }
  return {
    MetricDataResults: shown,
    Messages: [],
    ...(from + most < at && { NextToken: tokenOf(String(from + most)) }),
  };
}

function offsetIn(token: string): number {
  const offset = Number(cursorOf(token) ?? Number.NaN);
  return Number.isSafeInteger(offset) && offset > 0 ? offset : fail(InvalidNextToken, 'The next token is invalid.');
}
