/** DescribeAlarmHistory: what happened to alarms: configuration, states, actions. */
import {
  type AlarmHistoryItem,
  type DescribeAlarmHistoryInput,
  type DescribeAlarmHistoryOutput,
  InvalidNextToken,
} from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { down, type HistoryRow, history, KEPT_MS, up } from './alarmHistoryRows.ts';
import { alarmArn } from './alarmRows.ts';

const ITEMS = 100;
const LOOKED_AT_MAX = 2000;

export const DescribeAlarmHistory: Operation<DescribeAlarmHistoryInput, DescribeAlarmHistoryOutput> = {
  access: (input, ctx) => ({ resource: alarmArn(ctx, input.AlarmName ?? '*') }),
  async run(input, ctx) {
    const limit = input.MaxRecords ?? ITEMS;
    const { prefix, index, from } = orderOf(input, ctx);
    const found: HistoryRow[] = [];
    let after = input.NextToken === undefined ? undefined : cursorIn(input.NextToken);
    for (let seen = 0; found.length < limit && seen < LOOKED_AT_MAX; ) {
      const page = await ctx.store.list(history, prefix, { limit: limit - found.length, after, index, from } as never);
      found.push(...page.rows.filter((row) => isWanted(row, input, ctx.now)));
      seen += page.rows.length;
      after = page.next;
      if (after === undefined || isPast(page.rows.at(-1), input)) break;
    }
    return { AlarmHistoryItems: found.map(view), ...(after !== undefined && { NextToken: tokenOf(after) }) };
  },
};

function orderOf({ AlarmName, ScanBy, StartDate, EndDate }: DescribeAlarmHistoryInput, ctx: Context) {
  const ascending = ScanBy === 'TimestampAscending';
  const prefix = [ctx.account, ctx.region, ...(AlarmName === undefined ? [] : [AlarmName])];
  const index = AlarmName === undefined ? (ascending ? 'up' : undefined) : ascending ? 'alarmUp' : 'alarm';
  const bound = ascending ? StartDate : EndDate;
  const from = bound && (ascending ? up : down)(bound.getTime());
  return { prefix, index, from };
}

/** Nothing that follows in this order is within the dates. */
function isPast(last: HistoryRow | undefined, { ScanBy, StartDate, EndDate }: DescribeAlarmHistoryInput): boolean {
  if (!last) return true;
  if (ScanBy === 'TimestampAscending') return EndDate !== undefined && last.time > EndDate.getTime();
  return StartDate !== undefined && last.time < StartDate.getTime();
}

function isWanted(row: HistoryRow, input: DescribeAlarmHistoryInput, now: Date): boolean {
  const { AlarmTypes = ['MetricAlarm'], HistoryItemType, StartDate, EndDate, AlarmName } = input;
  // Who names an alarm means it, whatever its type.
  const types = AlarmName !== undefined && input.AlarmTypes === undefined ? [row.alarmType] : AlarmTypes;
  return (
    row.time >= Math.max(now.getTime() - KEPT_MS, StartDate?.getTime() ?? 0) &&
    row.time <= (EndDate?.getTime() ?? row.time) &&
    types.includes(row.alarmType) &&
    (HistoryItemType === undefined || row.type === HistoryItemType)
  );
}

const view = (row: HistoryRow): AlarmHistoryItem => ({
  AlarmName: row.alarm,
  AlarmType: row.alarmType,
  Timestamp: new Date(row.time),
  HistoryItemType: row.type,
  HistorySummary: row.summary,
  HistoryData: row.data,
});

export const cursorIn = (token: string): string =>
  cursorOf(token) ?? fail(InvalidNextToken, 'The next token specified is invalid.');
