/** DescribeAlarmHistory: what happened to alarms: configuration, states, actions. */
import type {
  AlarmHistoryItem,
  DescribeAlarmHistoryInput,
  DescribeAlarmHistoryOutput,
} from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import type { Operation } from '../../core/operation.ts';
import { down, type HistoryRow, history, KEPT_MS, up } from './alarmHistoryRows.ts';
import { alarmArn } from './alarmRows.ts';
import { recordsPage } from './pages.ts';

export const DescribeAlarmHistory: Operation<DescribeAlarmHistoryInput, DescribeAlarmHistoryOutput> = {
  access: (input, ctx) => ({ resource: alarmArn(ctx, input.AlarmName ?? '*') }),
  async run(input, ctx) {
    const { prefix, index, from } = orderOf(input, ctx);
    const { rows, page } = await recordsPage(ctx, history, prefix, input, {
      standard: 100,
      index,
      from,
      keep: (row) => isWanted(row, input, ctx.now),
      isPast: (row) => isPast(row, input),
    });
    return { AlarmHistoryItems: rows.map(view), ...page };
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
function isPast(last: HistoryRow, { ScanBy, StartDate, EndDate }: DescribeAlarmHistoryInput): boolean {
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
