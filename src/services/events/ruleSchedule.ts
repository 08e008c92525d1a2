/** Rules with a schedule: a task at the next time, which puts the scheduled event on its way and gives the next one. */
import type { Context } from '../../core/context.ts';
import { timeUuid } from '../../core/ids.ts';
import { nextTime, parseSchedule } from '../../core/schedule.ts';
import { later, notAnyMore, type TaskHandler } from '../../core/tasks.ts';
import { appendBusEvent } from './happenings.ts';
import { DEFAULT_BUS, type RuleName, ruleArn } from './names.ts';
import { type Rule, ruleKey, rules } from './ruleRows.ts';

const KIND = 'events.schedule';

interface Body extends RuleName {
  /** Milliseconds: the time that was meant. */
  readonly at: number;
}

/** Gives, moves or takes back the task of a rule, as the rule now is. */
export async function rescheduled(ctx: Context, rule: Rule): Promise<void> {
  const id = ruleKey(rule).join(' ');
  const at = rule.state === 'DISABLED' ? undefined : nextOf(rule, ctx.now.getTime());
  if (at === undefined) {
    await notAnyMore(ctx.store, KIND, id);
    return;
  }
  const { account, region, bus, name } = rule;
  await later<Body>(ctx, { kind: KIND, id, account, region, due: at, body: { account, region, bus, name, at } });
}

function nextOf(rule: Rule, after: number): number | undefined {
  const schedule = rule.schedule === undefined ? undefined : parseSchedule(rule.schedule);
  if (!schedule) return undefined;
  const time = nextTime(schedule, after, rule.since);
  return time === rule.since ? nextTime(schedule, time, rule.since) : time;
}

export const ruleSchedule: TaskHandler<Body> = {
  kind: KIND,
  principal: 'events.amazonaws.com',
  async settle(task, ctx) {
    const rule = await ctx.store.get(rules, ruleKey(task.body));
    if (!rule || rule.state === 'DISABLED' || rule.schedule === undefined) return undefined;
    const at = new Date(task.body.at);
    appendBusEvent(
      ctx,
      { ...rule, name: DEFAULT_BUS },
      {
        only: [rule.name],
        event: {
          version: '0',
          id: timeUuid(ctx.now, ctx),
          'detail-type': 'Scheduled Event',
          source: 'aws.events',
          account: rule.account,
          time: `${at.toISOString().slice(0, 19)}Z`,
          region: rule.region,
          resources: [ruleArn(rule)],
          detail: {},
        },
      },
    );
    // What was missed while the plane was down is made up for once, as AWS does not either run it again and again.
    await rescheduled(ctx, rule);
    return undefined;
  },
};
