/**
 * What alarms do when their state changes: a message to SNS topics, as CloudWatch writes it, tried again while the
 * topic cannot be reached.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
import { createHash } from 'node:crypto';
import type { StateValue } from '@aws-sdk/client-cloudwatch';
import { parseArn } from '../../core/arn.ts';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { later, pauseOf, type Task, type TaskHandler } from '../../core/tasks.ts';
import { note } from './alarmHistoryRows.ts';
import { messageFor, subjectFor } from './alarmMessages.ts';
import { stamp } from './alarmReasons.ts';
import { type AlarmRow, alarms, arnOf } from './alarmRows.ts';
import type { Changing } from './alarmState.ts';

export const ALARM_PRINCIPAL = 'cloudwatch.amazonaws.com';

interface Owed {
  readonly alarm: string;
  readonly alarmArn: string;
  readonly action: string;
  readonly subject: string;
  readonly message: string;
  readonly stateUpdated: number;
}

const ACTIONS: Readonly<Record<StateValue, 'okActions' | 'alarmActions' | 'insufficientDataActions'>> = {
  OK: 'okActions',
  ALARM: 'alarmActions',
  INSUFFICIENT_DATA: 'insufficientDataActions',
};

/** Owes the actions of the state the alarm is in now. */
export async function act(ctx: Changing, alarm: AlarmRow, before: StateValue): Promise<void> {
  if (!alarm.actionsEnabled) return;
  for (const action of alarm[ACTIONS[alarm.state.value]]) {
    const body: Owed = {
      alarm: alarm.name,
      alarmArn: arnOf(alarm),
      action,
      subject: subjectFor(alarm),
      message: messageFor(alarm, before),
      stateUpdated: alarm.state.updated,
    };
    await later(ctx, { kind: 'cloudwatch.act', body });
  }
}

const TRIES_MAX = 10;
/** Refusals that trying again does not change. */
const FINAL = /^(AccessDenied|AuthorizationError|NotFound|InvalidParameter|NotImplemented|KMS|Validation)/;

export const alarmActions: TaskHandler<Owed> = {
  kind: 'cloudwatch.act',
  principal: ALARM_PRINCIPAL,
  async settle(task, ctx) {
    const { action, alarmArn, subject, message } = task.body;
    const { region } = parseArn(action)!;
    const fifo = action.endsWith('.fifo') && {
      MessageGroupId: createHash('sha256').update(alarmArn).digest('hex'),
      MessageDeduplicationId: task.id,
    };
    const input = { TopicArn: action, Subject: subject, Message: message, ...fifo };
    const as = servicePrincipal(ALARM_PRINCIPAL, { arn: alarmArn, account: task.account });
    await ctx.call('sns', 'Publish', input, as, region);
    await noteAction(ctx, task, undefined);
    return undefined;
  },
  async failed(task, ctx, error) {
    if (!FINAL.test((error as Error).name) && task.attempt + 1 < TRIES_MAX) return pauseOf(task.attempt);
    await noteAction(ctx, task, error as Error);
    return undefined;
  },
};

async function noteAction(ctx: Context, { account, region, body }: Task<Owed>, error: Error | undefined) {
  const alarm = await ctx.store.get(alarms, [account, region, body.alarm]);
  if (!alarm) return;
  const state = { actionState: error ? 'Failed' : 'Succeeded', stateUpdateTimestamp: stamp(body.stateUpdated) };
  const summary = error
    ? `Failed to execute action ${body.action}. Received error: "${error.message}"`
    : `Successfully executed action ${body.action}`;
  const told = error ? { error: error.message } : { publishedMessage: body.message, messageSubject: body.subject };
  await note({ ...ctx, store: ctx.store }, alarm, {
    type: 'Action',
    summary,
    data: { ...state, notificationResource: body.action, ...told },
  });
}
