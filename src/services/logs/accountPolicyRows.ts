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
