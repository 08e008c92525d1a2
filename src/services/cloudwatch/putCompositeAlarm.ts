/** PutCompositeAlarm: makes an alarm on other alarms' states, or changes it. */
import type { PutCompositeAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import type { Present } from '../../core/operation.ts';
import { checkAlarmName } from './alarmChecks.ts';
import { type CompositeAlarmRow, findAlarm, nameIn } from './alarmRows.ts';
import { composeSelfLater } from './alarmTasks.ts';
import { childrenOf, parseRule, RuleError } from './compositeRule.ts';
import { putting } from './putAlarm.ts';
import { invalid } from './words.ts';

type Input = Present<PutCompositeAlarmInput>;

export const PutCompositeAlarm = putting<Input, CompositeAlarmRow>({
  type: 'CompositeAlarm',
  async row(ctx, input, head, before) {
    checkAlarmName(input.AlarmName);
    const children = await childrenIn(ctx, input.AlarmRule);
    await checkSuppressor(ctx, input);
    const sameSuppressor = before?.suppressor === input.ActionsSuppressor;
    return {
      ...head,
      type: 'CompositeAlarm',
      rule: input.AlarmRule,
      children,
      evaluated: false,
      ...(input.ActionsSuppressor !== undefined && {
        suppressor: input.ActionsSuppressor,
        waitSeconds: input.ActionsSuppressorWaitPeriod!,
        extensionSeconds: input.ActionsSuppressorExtensionPeriod!,
      }),
      // Another suppressor begins anew.
      ...(sameSuppressor && before?.suppressed && { suppressed: before.suppressed }),
      ...(sameSuppressor && before?.heldFrom !== undefined && { heldFrom: before.heldFrom }),
    };
  },
  begin: (ctx, alarm) => composeSelfLater(ctx, alarm),
});

async function childrenIn(ctx: Context, rule: string): Promise<string[]> {
  const children = namesIn(ctx, rule);
  const absent: string[] = [];
  for (const name of children) if (!(await findAlarm(ctx, name))) absent.push(name);
  if (absent.length > 0) {
    invalid(`Could not save the composite alarm as alarms [${absent.join(', ')}] in the alarm rule do not exist`);
  }
  return children;
}

function namesIn(ctx: Context, rule: string): string[] {
  try {
    return childrenOf(parseRule(rule, ctx));
  } catch (error) {
    if (error instanceof RuleError) return invalid(`${error.message}.`);
    throw error;
  }
}

async function checkSuppressor(ctx: Context, input: Input): Promise<void> {
  const { ActionsSuppressor, ActionsSuppressorWaitPeriod, ActionsSuppressorExtensionPeriod } = input;
  const periods = { ActionsSuppressorWaitPeriod, ActionsSuppressorExtensionPeriod };
  for (const [name, value] of Object.entries(periods)) {
    if (ActionsSuppressor === undefined && value !== undefined) {
      invalid(`${name} can only be specified with ActionsSuppressor.`);
    }
    if (ActionsSuppressor !== undefined && value === undefined) {
      invalid(`${name} is required when ActionsSuppressor is specified.`);
    }
    if (value !== undefined && (value < 0 || !Number.isInteger(value))) {
      invalid(`The value ${value} for parameter ${name} is invalid.`);
    }
  }
  if (ActionsSuppressor !== undefined && !(await findAlarm(ctx, nameIn(ctx, ActionsSuppressor)))) {
    invalid(`Could not save the composite alarm as the actions suppressor alarm ${ActionsSuppressor} does not exist`);
  }
}
