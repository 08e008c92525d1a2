/**
 * Rules, each with its targets, and beside them a mark for each bus that has any rule to ask: whoever follows the
 * journal looks at the mark alone, and keeps the compiled rules of a bus for as long as its mark stays the same row.
 */
import type { Target } from '@aws-sdk/client-eventbridge';
import type { Tag } from '../../core/operation.ts';
import { type Transaction, table } from '../../store/store.ts';
import type { RuleName } from './names.ts';

export type RuleState = 'ENABLED' | 'DISABLED' | 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

export interface Rule extends RuleName {
  readonly pattern?: string;
  readonly schedule?: string;
  readonly state: RuleState;
  readonly description?: string;
  readonly roleArn?: string;
  /** Service that made the rule, and alone may change it. */
  readonly managedBy?: string;
  /** Account. */
  readonly createdBy: string;
  readonly tags: readonly Tag[];
  readonly targets: readonly Target[];
  /** Milliseconds: from when a rate is counted. */
  readonly since: number;
  /** The pattern has a wildcard: AWS counts these. */
  readonly wildcard?: boolean;
  /** Matching events go into this archive. */
  readonly archive?: string;
  /** That archive has a key of its own. */
  readonly archiveSealed?: true;
}

/** Index `bus`: [account, region, bus]; `wildcard`: the same, of those with wildcards; `target`: and target ARN. */
export const rules = table<Rule>('events_rule', {
  key: (rule) => [rule.account, rule.region, rule.bus, rule.name],
  indexes: {
    bus: (rule) => [[rule.account, rule.region, rule.bus]],
    wildcard: (rule) => (rule.wildcard ? [[rule.account, rule.region, rule.bus]] : []),
    target: (rule) =>
      [...new Set(rule.targets.map(({ Arn }) => Arn ?? ''))].map((arn) => [
        rule.account,
        rule.region,
        rule.bus,
        arn,
        rule.name,
      ]),
  },
});

/** A bus has rules that are on. */
export interface Mark {
  readonly account: string;
  readonly region: string;
  readonly bus: string;
  readonly asked: number;
  readonly change: number;
}

export const marks = table<Mark>('events_mark', { key: (mark) => [mark.account, mark.region, mark.bus] });

export const ruleKey = (rule: RuleName) => [rule.account, rule.region, rule.bus, rule.name] as const;

const isAsked = (rule: Rule | undefined) => (rule && rule.state !== 'DISABLED' ? 1 : 0);

/** Writes a rule, or takes it out; whoever matches events sees it from then on. */
export async function changeRule(tx: Transaction, before: Rule | undefined, after: Rule | undefined): Promise<void> {
  const rule = (after ?? before)!;
  if (after) await tx.replace(rules, after);
  else await tx.remove(rules, ruleKey(rule));
  const key = [rule.account, rule.region, rule.bus];
  const mark = await tx.get(marks, key);
  const asked = (mark?.asked ?? 0) + isAsked(after) - isAsked(before);
  if (asked === 0) await tx.remove(marks, key);
  else {
    const { account, region, bus } = rule;
    await tx.replace(marks, { account, region, bus, asked, change: (mark?.change ?? 0) + 1 });
  }
}
