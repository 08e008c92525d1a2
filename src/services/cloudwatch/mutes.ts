/** Which mute rules there are, and whether one holds back an alarm's actions now. */
import type { Context } from '../../core/context.ts';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';
import { parseSchedule, type Window, windowAt } from './muteSchedule.ts';

export interface MuteRule {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly expression: string;
  readonly duration: string;
  readonly timezone?: string | undefined;
  readonly targets: readonly string[];
  readonly tags: readonly Tag[];
  /** Milliseconds. */
  readonly start?: number | undefined;
  readonly expire?: number | undefined;
  readonly updated: number;
}

export const muteRules = table<MuteRule>('cw_mute_rule', {
  key: ({ account, region, name }) => [account, region, name],
  indexes: { target: (rule) => rule.targets.map((name) => [rule.account, rule.region, name]) },
});

export const muteRuleArn = ({ account, region }: Pick<Context, 'account' | 'region'>, name: string) =>
  `arn:aws:cloudwatch:${region}:${account}:alarm-mute-rule:${name}`;

export interface Mute extends Window {
  readonly arn: string;
}

const RULES_MAX = 100;

/** The active mute rule that ends last, of those that target the alarm. */
export async function muteOf(
  ctx: Pick<Context, 'store' | 'now' | 'account' | 'region'>,
  alarm: string,
): Promise<Mute | undefined> {
  const { rows } = await ctx.store.list(muteRules, [ctx.account, ctx.region, alarm], {
    index: 'target',
    limit: RULES_MAX,
  });
  let last: Mute | undefined;
  for (const rule of rows) {
    const window = activeWindow(rule, ctx.now.getTime());
    if (window && window.end > (last?.end ?? 0)) last = { ...window, arn: muteRuleArn(rule, rule.name) };
  }
  return last;
}

/** The window that is open at a time, within the rule's own dates. */
export function activeWindow(rule: MuteRule, now: number): Window | undefined {
  if (now < (rule.start ?? 0) || now >= (rule.expire ?? Number.POSITIVE_INFINITY)) return undefined;
  const window = windowAt(parseSchedule(rule), now);
  if (!window) return undefined;
  return { start: Math.max(window.start, rule.start ?? 0), end: Math.min(window.end, rule.expire ?? window.end) };
}
