/**
 * GetCostForecast: plain statistics over the days gone by, told in README.md. Every day to come is forecast as the mean
 * of the days of history; the interval is the prediction interval of a sum of such days under a normal distribution
 * whose mean and variance are both estimated from the history (Student's t).
 */
import {
  DataUnavailableException,
  type ForecastResult,
  type GetCostForecastRequest,
  type GetCostForecastResponse,
  type Metric,
} from '@aws-sdk/client-cost-explorer';
import type { Context } from '../../core/context.ts';
import { fail, ValidationFailure } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { reportAccess, requirePrimaryView } from './access.ts';
import { compileFilter, type Predicate } from './filters.ts';
import { amountText } from './metrics.ts';
import { cut, DAY_MS, dateOf, instant, monthStart, type Period, startOfDay } from './periods.ts';
import { studentT } from './studentT.ts';
import { meteredRows, visibleAccounts } from './usage.ts';

/** Whole days before today that the forecast stands on; the fewest it can stand on. */
const HISTORY_DAYS_MAX = 90;
const HISTORY_DAYS_MIN = 7;
const LEVEL_STANDARD = 80;

type Input = Present<GetCostForecastRequest>;

export const GetCostForecast: Operation<Input, GetCostForecastResponse> = {
  access: reportAccess('GetCostForecast'),
  async run(input, ctx) {
    requirePrimaryView(input.BillingViewArn, ctx);
    const period = forecastPeriod(input, ctx.now);
    requireCostMetric(input.Metric);
    const fits = compileFilter(input.Filter);
    await ctx.journal.catchUp();
    const history = await dailyCosts(ctx, fits);
    if (history.length < HISTORY_DAYS_MIN) fail(DataUnavailableException, 'Insufficient amount of historical data.');
    const forecast = forecaster(history, input.PredictionIntervalLevel ?? LEVEL_STANDARD);
    return {
      Total: { Amount: amountText(forecast(daysIn(period)).mean), Unit: 'USD' },
      ForecastResultsByTime: cut(period, input.Granularity).map((each) => resultOf(each, forecast)),
    };
  },
};

function requireCostMetric(metric: Metric): void {
  if (metric !== 'USAGE_QUANTITY' && metric !== 'NORMALIZED_USAGE_AMOUNT') return;
  const valid = 'AMORTIZED_COST, BLENDED_COST, NET_AMORTIZED_COST, NET_UNBLENDED_COST, UNBLENDED_COST';
  throw new ValidationFailure(`Metric ${metric} not valid. Valid values are ${valid}`);
}

/** Three months by the day, eighteen by the month, from today on. */
const MONTHS_MAX: Readonly<Record<string, number>> = { DAILY: 3, MONTHLY: 18 };

function forecastPeriod({ TimePeriod: { Start = '', End = '' }, Granularity }: Input, now: Date): Period {
  const months = MONTHS_MAX[Granularity];
  if (months === undefined) throw new ValidationFailure(`Granularity ${Granularity} is not supported for forecasts.`);
  const start = instant('Start', Start, Granularity);
  const end = instant('End', End, Granularity);
  if (start >= end) throw new ValidationFailure(`Requested Start: ${Start} must be before requested End: ${End}`);
  if (start < startOfDay(now)) throw new ValidationFailure(`Requested Start: ${Start} must not be before today`);
  const last = monthStart(now, months + 1);
  if (end > last) {
    throw new ValidationFailure(`Requested End: ${End} must not be after ${dateOf(last)} for ${Granularity} forecasts`);
  }
  return { Start, End };
}

/** Cost of each whole day before today, from the first day with any usage that fits. */
async function dailyCosts(ctx: Context, fits: Predicate): Promise<number[]> {
  const today = startOfDay(ctx.now);
  const period = { Start: dateOf(today - HISTORY_DAYS_MAX * DAY_MS), End: dateOf(today) };
  const byDay = new Map<string, number>();
  for await (const row of meteredRows(ctx, await visibleAccounts(ctx), period)) {
    if (fits(row)) byDay.set(row.time, (byDay.get(row.time) ?? 0) + row.cost);
  }
  const first = [...byDay.keys()].sort()[0];
  if (first === undefined) return [];
  return cut({ Start: first, End: period.End }, 'DAILY').map((day) => byDay.get(day.Start) ?? 0);
}

interface Prediction {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
}

/** Predicts the sum of so many days to come. `level`: percent. */
export function forecaster(history: readonly number[], level: number): (days: number) => Prediction {
  const n = history.length;
  const mean = history.reduce((sum, cost) => sum + cost, 0) / n;
  const variance = history.reduce((sum, cost) => sum + (cost - mean) ** 2, 0) / (n - 1);
  const t = studentT(0.5 + level / 200, n - 1);
  return (days) => {
    const reach = t * Math.sqrt(variance * (days + days ** 2 / n));
    return { mean: days * mean, lower: Math.max(0, days * mean - reach), upper: days * mean + reach };
  };
}

function resultOf(period: Period, forecast: (days: number) => Prediction): ForecastResult {
  const { mean, lower, upper } = forecast(daysIn(period));
  return {
    TimePeriod: period,
    MeanValue: amountText(mean),
    PredictionIntervalLowerBound: amountText(lower),
    PredictionIntervalUpperBound: amountText(upper),
  };
}

const daysIn = ({ Start, End }: Period) => (Date.parse(End) - Date.parse(Start)) / DAY_MS;
