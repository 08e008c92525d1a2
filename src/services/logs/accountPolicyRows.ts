/** Policies for all log groups of an account in a Region, or for many. */
import type { PolicyType } from '@aws-sdk/client-cloudwatch-logs';
import { table } from '../../store/store.ts';
import type { Putter } from './subscriptions/rows.ts';

export const DATA_PROTECTION = 'DATA_PROTECTION_POLICY';
export const SUBSCRIPTION_FILTER = 'SUBSCRIPTION_FILTER_POLICY';

interface Policy {
  readonly account: string;
  readonly region: string;
  readonly type: PolicyType;
  readonly name: string;
  readonly document: string;
  /** As it was written. */
  readonly criteria?: string | undefined;
  /** Milliseconds: of the last change. */
  readonly updated: number;
}

/** There is one of a type. */
export interface AccountPolicy extends Policy {
  readonly type: typeof DATA_PROTECTION | typeof SUBSCRIPTION_FILTER;
  /** Milliseconds: since when there is one. */
  readonly since: number;
  /** Of a subscription filter that leads to another account. */
  readonly by?: Putter | undefined;
}

export const accountPolicies = table<AccountPolicy>('logs_account_policy', {
  key: (policy) => [policy.account, policy.region, policy.type],
});

export type GroupPolicyType = 'TRANSFORMER_POLICY' | 'FIELD_INDEX_POLICY';

/** What holds for groups of an account that have nothing of the kind themselves. */
export interface GroupPolicy extends Policy {
  readonly type: GroupPolicyType;
  /** How the names of the groups begin that it is for; all when absent. */
  readonly prefixes?: readonly string[] | undefined;
}

export const GROUP_POLICIES_MAX = 20;

export const groupPolicies = table<GroupPolicy>('logs_group_policy', {
  key: (policy) => [policy.account, policy.region, policy.type, policy.name],
});
