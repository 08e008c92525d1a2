/** Policies for all log groups of an account in a Region. */
import { table } from '../../store/store.ts';

export interface AccountPolicy {
  readonly account: string;
  readonly region: string;
  /** There is one of a type. */
  readonly type: typeof DATA_PROTECTION;
  readonly name: string;
  readonly document: string;
  /** Milliseconds: of the last change, and since when there is one. */
  readonly updated: number;
  readonly since: number;
}

export const DATA_PROTECTION = 'DATA_PROTECTION_POLICY';

export const accountPolicies = table<AccountPolicy>('logs_account_policy', {
  key: (policy) => [policy.account, policy.region, policy.type],
});

export type GroupPolicyType = 'TRANSFORMER_POLICY' | 'FIELD_INDEX_POLICY';

/** What holds for groups of an account that have nothing of the kind themselves. */
export interface GroupPolicy {
  readonly account: string;
  readonly region: string;
  readonly type: GroupPolicyType;
  readonly name: string;
  readonly document: string;
  /** How the names of the groups begin that it is for; all when absent. */
  readonly prefixes?: readonly string[] | undefined;
  /** Milliseconds. */
  readonly updated: number;
}

export const GROUP_POLICIES_MAX = 20;

export const groupPolicies = table<GroupPolicy>('logs_group_policy', {
  key: (policy) => [policy.account, policy.region, policy.type, policy.name],
});
