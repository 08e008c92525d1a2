/**
 * PutLogAlarm: makes an alarm on what a query of Logs finds, or changes it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-log.html
 */
import type { PutLogAlarmInput } from '@aws-sdk/client-cloudwatch';
import { notImplemented } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { parseSchedule } from '../../core/schedule.ts';
import { passRole } from '../../identity/passRole.ts';
import { checkAlarmName } from './alarmChecks.ts';
import type { LogAlarmRow } from './alarmRows.ts';
import { aggregationIn } from './logAggregation.ts';
import { planRun } from './logAlarmEvaluation.ts';
import { putting } from './putAlarm.ts';
import { invalid } from './words.ts';

type Input = Present<PutLogAlarmInput>;

const RESULTS_MAX = 100;
const GROUPS_MAX = 50;
const OPERATORS = [
  'GreaterThanThreshold',
  'GreaterThanOrEqualToThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
];
const TREATMENTS = ['breaching', 'notBreaching', 'ignore', 'missing'];

export const PutLogAlarm = putting<Input, LogAlarmRow>({
  type: 'LogAlarm',
  passes: ({ ScheduledQueryConfiguration: query }) =>
    query?.ScheduledQueryRoleARN ? [passRole(query.ScheduledQueryRoleARN, 'logs.amazonaws.com')] : [],
  async row(_ctx, input, head, before) {
    checkAlarmName(input.AlarmName);
    check(input);
    const config = configOf(input);
    const same = before !== undefined && isSameQuery(before.config, config);
    const state = same
      ? head.state
      : { ...head.state, value: 'INSUFFICIENT_DATA' as const, reason: 'Unchecked: Initial alarm creation' };
    const results = same ? before.results.slice(-input.QueryResultsToEvaluate!) : [];
    return {
      ...head,
      type: 'LogAlarm',
      config,
      state,
      results,
      contributors: same ? before.contributors : [],
      ...(before?.heldFrom !== undefined && { heldFrom: before.heldFrom }),
    };
  },
  begin: (ctx, alarm) => planRun(ctx, alarm, ctx.now.getTime()),
});

const configOf = (input: Input): LogAlarmRow['config'] => ({
  ScheduledQueryConfiguration: input.ScheduledQueryConfiguration,
  QueryResultsToEvaluate: input.QueryResultsToEvaluate,
  QueryResultsToAlarm: input.QueryResultsToAlarm,
  Threshold: input.Threshold,
  ComparisonOperator: input.ComparisonOperator,
  TreatMissingData: input.TreatMissingData ?? 'missing',
});

const isSameQuery = (a: LogAlarmRow['config'], b: LogAlarmRow['config']) =>
  JSON.stringify(a.ScheduledQueryConfiguration) === JSON.stringify(b.ScheduledQueryConfiguration);

const required = (name: string): never => invalid(`The parameter ${name} is required.`);
const wrong = (value: unknown, name: string): never => invalid(`The value ${value} for parameter ${name} is invalid.`);

function check(input: Input): void {
  if (input.ActionLogLineCount) notImplemented('monitoring: PutLogAlarm with ActionLogLineCount');
  if (input.WarmUpConfiguration) notImplemented('monitoring: PutLogAlarm with WarmUpConfiguration');
  const n = input.QueryResultsToEvaluate ?? required('QueryResultsToEvaluate');
  const m = input.QueryResultsToAlarm ?? required('QueryResultsToAlarm');
  if (input.Threshold === undefined) required('Threshold');
  const { ComparisonOperator } = input;
  if (!Number.isInteger(n) || n < 1 || n > RESULTS_MAX) wrong(n, 'QueryResultsToEvaluate');
  if (!Number.isInteger(m) || m < 1 || m > n) wrong(m, 'QueryResultsToAlarm');
  if (!OPERATORS.includes(ComparisonOperator ?? '')) wrong(ComparisonOperator, 'ComparisonOperator');
  if (!TREATMENTS.includes(input.TreatMissingData ?? 'missing')) wrong(input.TreatMissingData, 'TreatMissingData');
  checkQuery(input.ScheduledQueryConfiguration ?? required('ScheduledQueryConfiguration'));
}

function checkQuery(query: NonNullable<Input['ScheduledQueryConfiguration']>): void {
  const { QueryString = '', LogGroupIdentifiers: groups = [], ScheduledQueryRoleARN: role = '' } = query;
  if (query.Tags?.length) notImplemented('monitoring: Tags of the scheduled query of a log alarm');
  if (QueryString.length > 10_000) wrong('QueryString', 'ScheduledQueryConfiguration.QueryString');
  if (groups.length === 0 || groups.length > GROUPS_MAX) {
    invalid(`LogGroupIdentifiers must have between 1 and ${GROUPS_MAX} entries.`);
  }
  if (!/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(role)) wrong(role, 'ScheduledQueryConfiguration.ScheduledQueryRoleARN');
  const { ScheduleExpression = '', StartTimeOffset = 0, EndTimeOffset = 0 } = query.ScheduleConfiguration ?? {};
  if (parseSchedule(ScheduleExpression)?.kind !== 'rate') wrong(ScheduleExpression, 'ScheduleExpression');
  if (!(StartTimeOffset > 0)) wrong(StartTimeOffset, 'StartTimeOffset');
  if (EndTimeOffset < 0 || EndTimeOffset >= StartTimeOffset) wrong(EndTimeOffset, 'EndTimeOffset');
  if (!aggregationIn(query.AggregationExpression ?? '')) {
    invalid(`The aggregation expression ${query.AggregationExpression} is not supported.`);
  }
}
