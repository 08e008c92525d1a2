/**
 * Log alarms at work: on its schedule the alarm's query is started in the alarm's role; when it has ended, what it
 * found joins the results of the runs before, and they are judged.
 */
import { createHash } from 'node:crypto';
import { type Caller, type Context, servicePrincipal } from '../../core/context.ts';
import { nextTime, parseSchedule } from '../../core/schedule.ts';
import { type Again, later, type Task, type TaskHandler } from '../../core/tasks.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { type EvaluatedPoint, reasonFor, stamp } from './alarmReasons.ts';
import { arnOf, findAlarm, type LogAlarmRow, type LogContributor, type LogResult } from './alarmRows.ts';
import { evaluationId } from './alarmSleep.ts';
import { changeState, type NewState } from './alarmState.ts';
import { LOG_RESULT, LOG_RUN } from './alarmTasks.ts';
import { aggregationIn, VALUE } from './logAggregation.ts';
import { type Judged, judge, type Treatment } from './missingData.ts';

const PRINCIPAL = 'cloudwatch.amazonaws.com';
const ASK_AGAIN_MS = 1_000;
const CONTRIBUTORS_MAX = 500;
const IN_ALARM_MAX = 100;

interface Run {
  readonly alarm: string;
  /** Milliseconds: the time that the schedule says. */
  readonly at: number;
  readonly query?: string;
}

const queryOf = ({ config }: LogAlarmRow) => config.ScheduledQueryConfiguration!;

/** Gives the next run, or moves it. */
export async function planRun(ctx: Context, alarm: LogAlarmRow, after: number): Promise<void> {
  const schedule = parseSchedule(queryOf(alarm).ScheduleConfiguration?.ScheduleExpression ?? '');
  const at = schedule && nextTime(schedule, after, alarm.configured);
  if (at === undefined) return;
  await later<Run>(ctx, { kind: LOG_RUN, id: evaluationId(ctx, alarm.name), due: at, body: { alarm: alarm.name, at } });
}

async function alarmOf(ctx: Context, { alarm: name }: Run): Promise<LogAlarmRow | undefined> {
  const alarm = await findAlarm(ctx, name);
  return alarm?.type === 'LogAlarm' ? alarm : undefined;
}

const roleOf = (ctx: Context, alarm: LogAlarmRow): Promise<Caller> =>
  assumedByService(
    ctx,
    queryOf(alarm).ScheduledQueryRoleARN ?? '',
    servicePrincipal('logs.amazonaws.com', { arn: arnOf(alarm), account: alarm.account }),
  );

export const logAlarmRun: TaskHandler<Run> = {
  kind: LOG_RUN,
  principal: PRINCIPAL,
  async settle({ body }, ctx) {
    const alarm = await alarmOf(ctx, body);
    if (!alarm) return undefined;
    const query = queryOf(alarm);
    const { StartTimeOffset = 0, EndTimeOffset = 0 } = query.ScheduleConfiguration ?? {};
    const at = Math.floor(body.at / 1000);
    const input = {
      logGroupIdentifiers: query.LogGroupIdentifiers,
      queryString: [query.QueryString, aggregationIn(query.AggregationExpression!)!.command]
        .filter(Boolean)
        .join(' | '),
      startTime: at - StartTimeOffset,
      endTime: at - EndTimeOffset,
    };
    const { queryId } = await ctx.call<{ queryId: string }>('logs', 'StartQuery', input, await roleOf(ctx, alarm));
    const id = evaluationId(ctx, alarm.name);
    await later<Run>(ctx, { kind: LOG_RESULT, id, body: { ...body, query: queryId } });
    await planRun(ctx, alarm, Math.max(body.at, ctx.now.getTime()));
    return undefined;
  },
  async failed(task, ctx, error) {
    const alarm = await alarmOf(ctx, task.body);
    if (alarm) await planRun(ctx, alarm, Math.max(task.body.at, ctx.now.getTime()));
    return unanswered(task, ctx, error);
  },
};

interface Answer {
  readonly status?: string;
  readonly results?: readonly (readonly { readonly field?: string; readonly value?: string }[])[];
}

export const logAlarmResult: TaskHandler<Run> = {
  kind: LOG_RESULT,
  principal: PRINCIPAL,
  async settle({ body }, ctx) {
    const alarm = await alarmOf(ctx, body);
    if (!alarm) return undefined;
    const input = { queryId: body.query };
    const answer = await ctx.call<Answer>('logs', 'GetQueryResults', input, await roleOf(ctx, alarm));
    if (answer.status === 'Scheduled' || answer.status === 'Running') return ASK_AGAIN_MS;
    const result = resultOf(alarm, body, answer);
    await judged(ctx, { ...alarm, results: withResult(alarm, result) });
    return undefined;
  },
  failed: unanswered,
};

/** The run has failed; the next one comes by itself. */
async function unanswered({ body }: Task<Run>, ctx: Context, error: unknown): Promise<Again> {
  const alarm = await alarmOf(ctx, body);
  if (!alarm) return undefined;
  const failed = (error as Error).message;
  const results = withResult(alarm, { time: Math.floor(body.at / 1000), values: [], failed });
  await judged(ctx, { ...alarm, results });
  return undefined;
}

function withResult({ results, config }: LogAlarmRow, result: LogResult): readonly LogResult[] {
  return [...results.filter(({ time }) => time < result.time), result].slice(-config.QueryResultsToEvaluate!);
}

function resultOf(alarm: LogAlarmRow, { at, query }: Run, { status, results = [] }: Answer): LogResult {
  const time = Math.floor(at / 1000);
  if (status !== 'Complete') return { time, query, values: [], failed: `The query ended as ${status}.` };
  const { by, countsAll } = aggregationIn(queryOf(alarm).AggregationExpression!)!;
  const values = results.slice(0, CONTRIBUTORS_MAX).flatMap((row) => {
    const fields = Object.fromEntries(row.map(({ field = '', value = '' }) => [field, value]));
    const value = Number(fields[VALUE] ?? Number.NaN);
    if (Number.isNaN(value) || fields[VALUE] === '') return [];
    return [{ attributes: Object.fromEntries(by.map((name) => [name, fields[name] ?? ''])), value }];
  });
  if (values.length === 0 && countsAll) values.push({ attributes: {}, value: 0 });
  return { time, query, values, ...(results.length > CONTRIBUTORS_MAX && { partial: true as const }) };
}

const COMPARISONS: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** Judges the results, and takes the alarm where they lead. */
async function judged(ctx: Context, alarm: LogAlarmRow): Promise<void> {
  const { results, config } = alarm;
  const { trouble: _, ...rest } = alarm;
  if (results.every(({ failed }) => failed !== undefined)) {
    const reason = results.at(-1)!.failed!;
    const broken: LogAlarmRow = { ...rest, contributors: [], trouble: 'EVALUATION_ERROR' };
    return changeState(ctx, broken, { value: 'INSUFFICIENT_DATA', reason });
  }
  const partial = results.at(-1)!.partial ? ({ trouble: 'PARTIAL_DATA' } as const) : {};
  const isWhole = results.length === config.QueryResultsToEvaluate;
  const told = aggregationIn(queryOf(alarm).AggregationExpression!)!.by.length > 0;
  const [contributors, next] = told ? severally(ctx, alarm) : [[], oneOf(ctx, alarm)];
  const stays = { value: alarm.state.value, reason: alarm.state.reason, reasonData: alarm.state.reasonData };
  await changeState(
    ctx,
    { ...rest, contributors: isWhole ? contributors : [], ...partial },
    (isWhole && next) || stays,
  );
}

/** Undefined: it stays as it is. */
function oneOf(ctx: Context, alarm: LogAlarmRow): NewState | undefined {
  const judgement = judgementOf(alarm, '');
  if (judgement.state === 'same') return undefined;
  return { value: judgement.state, reason: reasonOf(alarm, judgement), reasonData: reasonData(ctx, alarm) };
}

/** Each contributor of the last result by itself: one in ALARM makes an alarm. Those that are gone are all right. */
function severally(ctx: Context, alarm: LogAlarmRow): [LogContributor[], NewState] {
  const all = alarm.results.at(-1)!.values;
  const contributors: LogContributor[] = [];
  for (const { attributes } of all) {
    const key = keyOf(attributes);
    const judgement = judgementOf(alarm, key);
    if (judgement.state !== 'ALARM' || contributors.length === IN_ALARM_MAX) continue;
    const id = createHash('sha256').update(key).digest('hex').slice(0, 16);
    const since = alarm.contributors.find((each) => each.id === id)?.since ?? ctx.now.getTime();
    contributors.push({ id, attributes, reason: reasonOf(alarm, judgement), since });
  }
  const value = contributors.length > 0 ? 'ALARM' : 'OK';
  const reason = `${contributors.length} out of ${all.length} contributors evaluated to ALARM`;
  return [contributors, { value, reason, reasonData: reasonData(ctx, alarm) }];
}

const keyOf = (attributes: Readonly<Record<string, string>>) => Object.values(attributes).join('\u0000');

function judgementOf({ results, config }: LogAlarmRow, key: string): Judged<EvaluatedPoint> {
  const { QueryResultsToEvaluate: n = 1, QueryResultsToAlarm: m = 1, Threshold = 0 } = config;
  const range = results.map(({ time, values }) => {
    const value = values.find(({ attributes }) => keyOf(attributes) === key)?.value;
    return value === undefined
      ? undefined
      : { time, value, breaching: COMPARISONS[config.ComparisonOperator!]!(value, Threshold) };
  });
  return judge<EvaluatedPoint>(range, { n, m, treatment: config.TreatMissingData as Treatment });
}

function reasonOf({ config }: LogAlarmRow, judgement: Judged<EvaluatedPoint>): string {
  const like = {
    EvaluationPeriods: config.QueryResultsToEvaluate,
    DatapointsToAlarm: config.QueryResultsToAlarm,
    Threshold: config.Threshold,
    ComparisonOperator: config.ComparisonOperator,
  };
  return reasonFor({ config: like }, judgement, 'query results');
}

const reasonData = (ctx: Context, { results, config }: LogAlarmRow): string =>
  JSON.stringify({
    version: '1.0',
    queryDate: stamp(ctx.now.getTime()),
    threshold: config.Threshold,
    queryResultsToEvaluate: config.QueryResultsToEvaluate,
    queryResultsToAlarm: config.QueryResultsToAlarm,
    results: results.toReversed().map(({ time, query, values, failed }) => ({
      ...(query !== undefined && { queryResultId: query }),
      status: failed === undefined ? 'COMPLETE' : 'FAILED',
      timestamp: stamp(time * 1000),
      ...(values.length === 1 && { value: values[0]!.value }),
    })),
  });
