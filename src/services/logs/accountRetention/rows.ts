/**
 * How long groups of an account keep their events, by policies of the account. A policy, and each change of it, counts
 * from a day later on. What counts is written into the rows of the groups (`accountRetention`): so asking costs nothing.
 * Times are milliseconds since 1970.
 */
import type { Context } from '../../../core/context.ts';
import { table } from '../../../store/store.ts';
import type { LogGroup } from '../groupRows.ts';

export const NEVER = 'NEVER_EXPIRE';

export interface Terms {
  readonly days: number | typeof NEVER;
  /** NEW_ONLY: for groups that are younger than the policy. */
  readonly newOnly: boolean;
  /** How the names of the groups begin that it is for; all when absent. */
  readonly prefixes?: readonly string[] | undefined;
}

export interface RetentionPolicy {
  readonly account: string;
  readonly region: string;
  readonly type: 'RETENTION_POLICY';
  readonly name: string;
  readonly document: string;
  readonly criteria?: string | undefined;
  readonly created: number;
  readonly updated: number;
  /** What counts now; absent in the first day. */
  readonly current?: Terms | undefined;
  /** What is going to count. */
  readonly next?: { readonly terms: Terms; readonly from: number } | undefined;
}

export const retentionPolicies = table<RetentionPolicy>('logs_retention_policy', {
  key: ({ account, region, name }) => [account, region, name],
});

export const POLICIES_MAX = 20;

type Place = Pick<LogGroup, 'account' | 'region'>;

export async function retentionPoliciesOf({ store }: Pick<Context, 'store'>, { account, region }: Place) {
  return (await store.list(retentionPolicies, [account, region], { limit: POLICIES_MAX + 1 })).rows;
}

const concerns = ({ newOnly, prefixes }: Terms, created: number, group: LogGroup): boolean =>
  group.class !== 'DELIVERY' &&
  (!newOnly || group.created > created) &&
  (prefixes?.some((prefix) => group.name.startsWith(prefix)) ?? true);

/** Days, where never is more than any. */
export const lengthOf = (days: Terms['days'] | undefined): number =>
  typeof days === 'number' ? days : Number.POSITIVE_INFINITY;

/** What the policies say of a group: the longest, of equals the oldest. */
export function retentionBy(policies: readonly RetentionPolicy[], group: LogGroup): LogGroup['accountRetention'] {
  const [best] = policies
    .flatMap(({ name, created, current }) =>
      current && concerns(current, created, group) ? [{ name, created, days: current.days }] : [],
    )
    .sort((a, b) =>
      lengthOf(b.days) === lengthOf(a.days) ? a.created - b.created : lengthOf(b.days) - lengthOf(a.days),
    );
  return best && { days: best.days === NEVER ? undefined : best.days, policy: best.name };
}

/** Whether a policy is for a group, as if it counted by now. */
export const isFor = ({ current, created }: RetentionPolicy, group: LogGroup): boolean =>
  current !== undefined && concerns(current, created, group);

/** The group with what the policies say of it. */
export function retained(group: LogGroup, policies: readonly RetentionPolicy[]): LogGroup {
  const { accountRetention: before, ...rest } = group;
  const accountRetention = retentionBy(policies, group);
  const same = before?.policy === accountRetention?.policy && before?.days === accountRetention?.days;
  if (same) return group;
  return accountRetention ? { ...rest, accountRetention } : rest;
}

export const APPLY = 'logs.retention';

/** How far it is: the place in the list of groups. */
export interface Apply {
  readonly after?: string | undefined;
}
