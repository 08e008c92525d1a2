/** The password policies of accounts: written through IAM, read when somebody signs in. */
import { table } from '../store/store.ts';
import type { LoginProfile } from './passwords.ts';

export interface PasswordPolicy {
  readonly account: string;
  readonly minimumLength: number;
  readonly requireSymbols: boolean;
  readonly requireNumbers: boolean;
  readonly requireUppercase: boolean;
  readonly requireLowercase: boolean;
  readonly allowUsersToChange: boolean;
  readonly maxAgeDays?: number;
  readonly reusePrevention?: number;
  readonly hardExpiry?: boolean;
}

export const passwordPolicies = table<PasswordPolicy>('iam_password_policy', { key: (p) => [p.account] });

/** When the user must have a new password; undefined if passwords do not expire. */
export function passwordExpiry(policy: PasswordPolicy | undefined, profile: LoginProfile): Date | undefined {
  if (policy?.maxAgeDays === undefined) return undefined;
  return new Date(Date.parse(profile.changed) + policy.maxAgeDays * 86_400_000);
}
