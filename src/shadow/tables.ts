/**
 * What the shadow organization holds: the tables of identity/, with what a dump knows beyond them, and tables for what
 * the live plane keeps elsewhere (policies of resources, when credentials were used).
 */
import {
  groups as identityGroups,
  managedPolicies as identityPolicies,
  roles as identityRoles,
  users as identityUsers,
  type Role,
  type User,
} from '../identity/principals.ts';
import { type Table, table } from '../store/store.ts';

export interface ShadowRole extends Role {
  /** ISO 8601; absent: never, as far as AWS tracks it (400 days). */
  readonly lastUsed?: string;
  readonly lastUsedRegion?: string;
  /** Whether the dump had RoleLastUsed at all: without it nothing is known. */
  readonly isTracked: boolean;
  /** Names of instance profiles it is in. */
  readonly instanceProfiles: readonly string[];
}

/** Index keys are IAM's own; AWS's managed policies are kept as the account `aws` has them in the dump. */
export const users: Table<User> = identityUsers;
export const roles: Table<ShadowRole> = identityRoles;
export const groups = identityGroups;
export const managedPolicies = identityPolicies;
/** Owner of AWS's managed policies in their ARNs. */
export const AWS = 'aws';

export interface ResourcePolicy {
  readonly arn: string;
  /** Twelve digits; absent where neither the ARN nor the list says it. */
  readonly account?: string;
  readonly document: string;
}

export const resourcePolicies = table<ResourcePolicy>('shadow_resource_policy', { key: (p) => [p.arn] });

/** A line of a credential report. Times are ISO 8601; absent: never. */
export interface Credential {
  readonly account: string;
  /** User name, or `<root_account>`. */
  readonly user: string;
  /** When the report was made. */
  readonly reported: string;
  /** Undefined where AWS does not say: root. */
  readonly passwordEnabled?: boolean;
  readonly passwordLastUsed?: string;
  readonly mfaActive: boolean;
  readonly keys: readonly CredentialKey[];
}

export interface CredentialKey {
  /** 1 or 2, as the report counts. */
  readonly number: number;
  readonly active: boolean;
  readonly rotated?: string;
  readonly lastUsed?: string;
}

export const credentials = table<Credential>('shadow_credential', {
  key: (c) => [c.account, c.user.toLowerCase()],
});
