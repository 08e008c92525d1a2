/** PutAlarmMuteRule, GetAlarmMuteRule, ListAlarmMuteRules, DeleteAlarmMuteRule. */
import {
  type AlarmMuteRuleStatus,
  type AlarmMuteRuleSummary,
  type DeleteAlarmMuteRuleInput,
  type GetAlarmMuteRuleInput,
  type GetAlarmMuteRuleOutput,
  LimitExceededFault,
  type ListAlarmMuteRulesInput,
  type ListAlarmMuteRulesOutput,
  type PutAlarmMuteRuleInput,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { checkTags } from './alarmChecks.ts';
import { alarmArn, findAlarm } from './alarmRows.ts';
import { releaseLater } from './alarmTasks.ts';
import { nextStart, parseSchedule, ScheduleError } from './muteSchedule.ts';
import { activeWindow, type MuteRule, muteRuleArn, muteRules } from './mutes.ts';
import { recordsPage } from './pages.ts';
import { invalid } from './words.ts';
import { isZone } from './zones.ts';

const TARGETS_MAX = 100;
const RULES_MAX = 2000;

const find = (ctx: Context, name: string) => ctx.store.get(muteRules, [ctx.account, ctx.region, name]);

async function load(ctx: Context, name: string): Promise<MuteRule | Missing> {
  const error = awsError(ResourceNotFoundException, `The alarm mute rule ${name} does not exist.`);
  return (await find(ctx, name)) ?? new Missing(muteRuleArn(ctx, name), error);
}

export const PutAlarmMuteRule: Operation<Present<PutAlarmMuteRuleInput>, object, MuteRule | undefined> = {
  load: (input, ctx) => find(ctx, input.Name),
  // Who mutes an alarm needs the permission on the alarm too.
  access: (input, ctx, existing) => [
    { resource: muteRuleArn(ctx, input.Name), resourceTags: existing?.tags, conditions: requestTags(input.Tags) },
    ...(input.MuteTargets?.AlarmNames ?? []).map((name) => ({ resource: alarmArn(ctx, name) })),
  ],
  async run(input, ctx, existing) {
    const rule = ruleFrom(ctx, input, existing);
    if (!/^[\w.-]{1,255}$/.test(input.Name)) invalid(`The value ${input.Name} for parameter Name is invalid.`);
    check(rule);
    const max = quota(ctx, 'AlarmMuteRulesQuota', RULES_MAX);
    if (!existing && !(await ctx.store.fits(muteRules, [ctx.account], max))) {
      fail(LimitExceededFault, 'The maximum number of alarm mute rules for this account has been reached.');
    }
    await ctx.store.replace(muteRules, rule);
    await lookAgain(ctx, [...(existing?.targets ?? []), ...rule.targets]);
    return {};
  },
};

function ruleFrom(ctx: Context, input: Present<PutAlarmMuteRuleInput>, existing: MuteRule | undefined): MuteRule {
  const { Expression = '', Duration = '', Timezone } = input.Rule.Schedule ?? {};
  return {
    account: ctx.account,
    region: ctx.region,
    name: input.Name,
    ...(input.Description !== undefined && { description: input.Description }),
    expression: Expression,
    duration: Duration,
    ...(Timezone !== undefined && { timezone: Timezone }),
    targets: [...new Set(input.MuteTargets?.AlarmNames ?? [])],
    tags: existing?.tags ?? checkTags(input.Tags),
    ...(input.StartDate && { start: input.StartDate.getTime() }),
    ...(input.ExpireDate && { expire: input.ExpireDate.getTime() }),
    updated: ctx.now.getTime(),
  };
}

function check(rule: MuteRule): void {
  if (rule.targets.length > TARGETS_MAX) invalid(`A mute rule can target up to ${TARGETS_MAX} alarms.`);
  if (rule.timezone !== undefined && !isZone(rule.timezone)) {
    invalid(`The value ${rule.timezone} for parameter Timezone is invalid.`);
  }
  if (rule.start !== undefined && rule.expire !== undefined && rule.start >= rule.expire) {
    invalid('StartDate must be before ExpireDate.');
  }
  try {
    parseSchedule(rule);
  } catch (error) {
    if (error instanceof ScheduleError) invalid(`${error.message}.`);
    throw error;
  }
}

/** Alarms whose actions are held back are let go, if nothing mutes them now. */
async function lookAgain(ctx: Context, targets: readonly string[]): Promise<void> {
  for (const name of targets) {
    const alarm = await findAlarm(ctx, name);
    if (alarm?.heldFrom !== undefined) await releaseLater(ctx, name, ctx.now.getTime());
  }
}

export const DeleteAlarmMuteRule: Operation<Present<DeleteAlarmMuteRuleInput>, object, MuteRule> = {
  load: (input, ctx) => load(ctx, input.AlarmMuteRuleName),
  access: (_input, ctx, rule) => ({ resource: muteRuleArn(ctx, rule.name), resourceTags: rule.tags }),
  async run(_input, ctx, rule) {
    await ctx.store.remove(muteRules, muteRules.key(rule));
    await lookAgain(ctx, rule.targets);
    return {};
  },
};

export const GetAlarmMuteRule: Operation<Present<GetAlarmMuteRuleInput>, GetAlarmMuteRuleOutput, MuteRule> = {
  load: (input, ctx) => load(ctx, input.AlarmMuteRuleName),
  access: (_input, ctx, rule) => ({ resource: muteRuleArn(ctx, rule.name), resourceTags: rule.tags }),
  run: async (_input, ctx, rule) => ({
    Name: rule.name,
    ...(rule.description !== undefined && { Description: rule.description }),
    Rule: {
      Schedule: {
        Expression: rule.expression,
        Duration: rule.duration,
        ...(rule.timezone !== undefined && { Timezone: rule.timezone }),
      },
    },
    MuteTargets: { AlarmNames: [...rule.targets] },
    ...(rule.start !== undefined && { StartDate: new Date(rule.start) }),
    ...summary(ctx, rule),
  }),
};

const summary = (ctx: Context, rule: MuteRule): AlarmMuteRuleSummary => ({
  AlarmMuteRuleArn: muteRuleArn(ctx, rule.name),
  ...(rule.expire !== undefined && { ExpireDate: new Date(rule.expire) }),
  Status: statusOf(rule, ctx.now.getTime()),
  MuteType: rule.expression.trim().startsWith('at(') ? 'ONE_TIME' : 'RECURRING',
  LastUpdatedTimestamp: new Date(rule.updated),
});

function statusOf(rule: MuteRule, now: number): AlarmMuteRuleStatus {
  if (activeWindow(rule, now)) return 'ACTIVE';
  const next = nextStart(parseSchedule(rule), Math.max(now, (rule.start ?? 0) - 1));
  return next !== undefined && next < (rule.expire ?? Number.POSITIVE_INFINITY) ? 'SCHEDULED' : 'EXPIRED';
}

export const ListAlarmMuteRules: Operation<ListAlarmMuteRulesInput, ListAlarmMuteRulesOutput> = {
  access: (_input, ctx) => ({ resource: muteRuleArn(ctx, '*') }),
  async run(input, ctx) {
    if (input.MaxRecords !== undefined && input.MaxRecords < 1) invalid('MaxRecords must be at least 1.');
    const prefix = [ctx.account, ctx.region, ...(input.AlarmName === undefined ? [] : [input.AlarmName])];
    const index = input.AlarmName === undefined ? undefined : 'target';
    const { Statuses } = input;
    const keep = (rule: MuteRule) => !Statuses?.length || Statuses.includes(statusOf(rule, ctx.now.getTime()));
    const { rows, page } = await recordsPage(ctx, muteRules, prefix, input, { index, keep });
    return { AlarmMuteRuleSummaries: rows.map((rule) => summary(ctx, rule)), ...page };
  },
};
