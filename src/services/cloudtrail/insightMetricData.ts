/**
 * Insights in numbers: how often an API was called, and how often it failed.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListInsightsMetricData.html
 */
import {
  InvalidParameterException,
  type ListInsightsMetricDataRequest,
  type ListInsightsMetricDataResponse,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { minutesIn } from './insightMetrics.ts';
import { activities, hourPart, insightHours, type Subject, subjectKey } from './insightRows.ts';
import { requireOwnInsights } from './organizationTrails.ts';
import { findTrail } from './trailNames.ts';
import { type Trail, trailArn } from './trailRows.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Seconds → days for which points of that period are there. */
const DAYS: Readonly<Record<number, number>> = { 60: 15, 300: 63, 3600: 90 };
const POINTS_MAX = 21_600;
const HOURS_MAX = 91 * 24;

type Input = Present<ListInsightsMetricDataRequest>;

/** Of management events, or of the data events of the trail that is named. */
export const ListInsightsMetricData: Operation<Input, ListInsightsMetricDataResponse, Trail | undefined> = {
  action: 'cloudtrail:LookupEvents',
  load: async (input, ctx) => (input.TrailName === undefined ? undefined : findTrail(ctx, input.TrailName)),
  access: () => ({ resource: '*' }),
  async run(input, ctx, of) {
    if (of) await requireOwnInsights(ctx, of);
    const trail = of && trailArn(of);
    const { EventSource, EventName, InsightType, ErrorCode } = input;
    const errors = InsightType === 'ApiErrorRateInsight';
    if (errors && ErrorCode === undefined) {
      fail(InvalidParameterException, 'ErrorCode is required for ApiErrorRateInsight.');
    }
    const { period, from, to } = rangeOf(input, ctx.now.getTime());
    const { account, region } = ctx;
    const code = errors ? (ErrorCode ?? '') : '';
    const common = { account, region, kind: InsightType, source: EventSource, name: EventName, code };
    const subject: Subject = { ...common, ...(trail !== undefined && { trail }) };
    const calls = await callsOf(ctx, subject, period, from, to);
    const points = input.DataType === 'FillWithZeros' ? filledIn(calls, period, from, to) : calls;
    const limit = input.MaxResults ?? POINTS_MAX;
    const page = [...points].slice(0, limit);
    const next = points.size > limit ? [...points.keys()][limit] : undefined;
    return {
      ...(trail !== undefined && { TrailARN: trail }),
      EventSource,
      EventName,
      InsightType,
      ...(errors && { ErrorCode }),
      Timestamps: page.map(([time]) => new Date(time)),
      Values: page.map(([, count]) => count / (period / MINUTE_MS)),
      ...(next !== undefined && { NextToken: tokenOf(String(next)) }),
    };
  },
};

/** Milliseconds; `to` is not in it. */
function rangeOf(input: Input, now: number) {
  const seconds = input.Period ?? 3600;
  const days = DAYS[seconds];
  if (days === undefined) fail(InvalidParameterException, 'Period must be one of 60, 300, 3600.');
  const { StartTime: start, EndTime: end, NextToken: token } = input;
  if (start && end && start >= end) fail(InvalidParameterException, 'The start time must be before the end time.');
  const period = seconds * 1000;
  const oldest = Math.max(start?.getTime() ?? 0, now - days * DAY_MS);
  const first = Math.ceil(oldest / period) * period;
  const place = token === undefined ? first : Number(cursorOf(token));
  if (!Number.isSafeInteger(place) || place % period !== 0) fail(InvalidParameterException, 'Invalid NextToken.');
  return { period, from: Math.max(first, place), to: Math.min(end?.getTime() ?? now, now) };
}

/** Calls in each period that had some. */
async function callsOf(ctx: Context, subject: Subject, period: number, from: number, to: number) {
  const points = new Map<number, number>();
  const add = (time: number, count: number) => {
    const point = Math.floor(time / period) * period;
    if (point >= from && point < to) points.set(point, (points.get(point) ?? 0) + count);
  };
  await ctx.journal.catchUp();
  const listed = { limit: HOURS_MAX, from: hourPart(Math.floor(from / HOUR_MS)), unchecked: true } as const;
  const { rows } = await ctx.store.list(insightHours, subjectKey(subject), listed);
  for (const { hour, minutes } of rows) {
    for (const [minute, count] of Object.entries(minutes)) add(hour * HOUR_MS + Number(minute) * MINUTE_MS, count);
  }
  const now = await ctx.store.get(activities, subjectKey(subject));
  if (now) for (const [time, count] of minutesIn(now)) add(time, count);
  return points;
}

function filledIn(calls: ReadonlyMap<number, number>, period: number, from: number, to: number) {
  const points = new Map<number, number>();
  for (let time = from; time < to; time += period) points.set(time, calls.get(time) ?? 0);
  return points;
}
