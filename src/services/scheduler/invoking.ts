/**
 * An invocation that is owed: one call in the schedule's role, tried again with growing pauses for a day or 185 times
 * unless the schedule says otherwise; then, or at once where trying again cannot help, a dead letter.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
 */
import type { Target } from '@aws-sdk/client-scheduler';
import { parseArn } from '../../core/arn.ts';
import { type Caller, type Context, servicePrincipal } from '../../core/context.ts';
import type { Again, Task, TaskHandler } from '../../core/tasks.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { groupArn, type Payload, type ScheduleName, scheduleArn } from './rows.ts';

export const INVOKE = 'scheduler.invoke';

export interface Invocation {
  readonly schedule: ScheduleName;
  readonly target: Omit<Target, 'Input'>;
  readonly payload?: Payload;
  /** Milliseconds: the time that the schedule said. */
  readonly at: number;
  readonly execution: string;
}

/** The schedule's role, on behalf of its group. Throws AccessDenied. */
export function roleOf(ctx: Context, { account, region, group }: ScheduleName, arn: string): Promise<Caller> {
  const source = { arn: groupArn({ account, region, name: group }), account };
  return assumedByService(ctx, arn, servicePrincipal('scheduler.amazonaws.com', source));
}

export const invokeTarget: TaskHandler<Invocation> = {
  kind: INVOKE,
  principal: 'scheduler.amazonaws.com',
  async settle(task, ctx) {
    const { body } = task;
    const role = await roleOf(ctx, body.schedule, body.target.RoleArn!);
    const { callOf, inputOf, regionOf } = await import('./targets.ts');
    const call = callOf(body.target, await textOf(ctx, task, role));
    const answer = await ctx.call<Answer>(call.service, call.operation, inputOf(call), role, regionOf(body.target));
    const failed = call.operation === 'PutEvents' ? answer.Entries?.find(({ ErrorCode }) => ErrorCode) : undefined;
    if (failed) throw Object.assign(new Error(failed.ErrorMessage), { name: failed.ErrorCode ?? 'InternalFailure' });
    return undefined;
  },
  failed: afterFailure,
};

/** Of PutEvents, whose entries fail one by one. */
interface Answer {
  readonly Entries?: readonly { readonly ErrorCode?: string; readonly ErrorMessage?: string }[];
}

/** What the target gets: its input with what it says of the invocation, or an event that says no more. */
async function textOf(ctx: Context, task: Task<Invocation>, role: Caller): Promise<string> {
  const { opened } = await import('./payloads.ts');
  const { schedule, at, execution, payload } = task.body;
  const text = await opened(ctx, schedule, payload, role);
  const arn = scheduleArn(schedule);
  const time = `${new Date(at).toISOString().slice(0, 19)}Z`;
  if (text === undefined) {
    return JSON.stringify({
      version: '0',
      id: execution,
      'detail-type': 'Scheduled Event',
      source: 'aws.scheduler',
      account: schedule.account,
      time,
      region: schedule.region,
      resources: [arn],
      detail: '{}',
    });
  }
  return text
    .replaceAll('<aws.scheduler.schedule-arn>', arn)
    .replaceAll('<aws.scheduler.scheduled-time>', time)
    .replaceAll('<aws.scheduler.execution-id>', execution)
    .replaceAll('<aws.scheduler.attempt-number>', String(task.attempt + 1));
}

const DAY_SECONDS = 86_400;
const ATTEMPTS = 185;
/** With this longest pause 185 attempts take about a day. */
const PAUSE_MS_MAX = 480_000;

/** Errors after which another try may succeed: the service's own fault, or too many calls. */
const PASSING = new RegExp(
  [
    ...['Throttl', 'ProvisionedThroughputExceeded', 'Internal', 'ServiceUnavailable', 'TooManyRequests', 'OverLimit'],
    ...['RequestLimitExceeded', 'Timeout'],
  ].join('|'),
  'i',
);
const NAMED = /^[A-Z][A-Za-z.]+$/;

async function afterFailure(task: Task<Invocation>, ctx: Context, error: unknown): Promise<Again> {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const known = NAMED.test(name) && !/^(Error|TypeError|RangeError)$/.test(name);
  const again = !known || PASSING.test(name);
  const policy = task.body.target.RetryPolicy ?? {};
  const { MaximumEventAgeInSeconds = DAY_SECONDS, MaximumRetryAttempts = ATTEMPTS } = policy;
  const left = task.given + MaximumEventAgeInSeconds * 1000 - ctx.now.getTime();
  const exhausted =
    left <= 0 ? 'MaximumEventAgeInSeconds' : task.attempt >= MaximumRetryAttempts ? 'MaximumRetryAttempts' : undefined;
  if (again && exhausted === undefined) {
    const whole = Math.min(PAUSE_MS_MAX, 1000 * 2 ** Math.min(task.attempt, 12));
    return Math.min(left, whole * (0.8 + (0.2 * ctx.random(1)[0]!) / 255));
  }
  const code = known ? name : 'AWS.Scheduler.InternalServerError';
  const told = known ? message : 'Unexpected error occurred while processing the request.';
  await deadLettered(ctx, task, {
    ERROR_CODE: code,
    ERROR_MESSAGE: told,
    ...(again && { EXHAUSTED_RETRY_CONDITION: exhausted }),
  });
  return undefined;
}

/** The letter is sent in the schedule's role; without it, or without its permission, there is none, as in AWS. */
async function deadLettered(
  ctx: Context,
  task: Task<Invocation>,
  why: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { schedule, target, at, execution } = task.body;
  const queue = parseArn(target.DeadLetterConfig?.Arn ?? '');
  if (!queue) return;
  try {
    const role = await roleOf(ctx, schedule, target.RoleArn!);
    const { callOf, queueUrl } = await import('./targets.ts');
    const call = callOf(target, await textOf(ctx, task, role).catch(() => '{}'));
    const attributes = {
      ...why,
      EXECUTION_ID: execution,
      IS_PAYLOAD_TRUNCATED: 'false',
      RETRY_ATTEMPTS: String(task.attempt),
      SCHEDULED_TIME: `${new Date(at).toISOString().slice(0, 19)}Z`,
      SCHEDULE_ARN: scheduleArn(schedule),
      TARGET_ARN: call.target,
    };
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).flatMap(([name, value]) =>
        value ? [[name, { DataType: 'String', StringValue: value.slice(0, 1024) }]] : [],
      ),
    );
    const input = { QueueUrl: queueUrl(queue), MessageBody: JSON.stringify(call.input), MessageAttributes };
    await ctx.call('sqs', 'SendMessage', input, role, queue.region);
  } catch {
    // The refused call is on record.
  }
}
