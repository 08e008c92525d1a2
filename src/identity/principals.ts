/**
 * Who exists: the rows that every request reads to know its caller and what the caller may do.
 *
 * The gateway reads these tables; the IAM and STS services are the APIs that write them. A principal's row carries all
 * that its policies hang on (attached ARNs, inline documents, groups, boundary), so that one cached row answers. Names
 * keep the case they were given and are compared without it.
 */
import type { Tag } from '../core/operation.ts';
import { table } from '../store/store.ts';

/** Policies of a user, group or role. */
export interface PolicyHolder {
  /** ARNs of attached managed policies, in the order of attachment. */
  readonly attached: readonly string[];
  /** Inline policies: name → document text as it was put. */
  readonly inline: Readonly<Record<string, string>>;
}

export interface User extends PolicyHolder {
  readonly account: string;
  readonly name: string;
  readonly path: string;
  /** `AIDA…` */
  readonly id: string;
  /** ISO 8601, as all times in rows. */
  readonly created: string;
  readonly tags: readonly Tag[];
  /** Names of groups, in the order of joining. */
  readonly groups: readonly string[];
  /** ARN of the permissions boundary. */
  readonly boundary?: string;
  readonly passwordLastUsed?: string;
}

export interface Group extends PolicyHolder {
  readonly account: string;
  readonly name: string;
  readonly path: string;
  /** `AGPA…` */
  readonly id: string;
  readonly created: string;
}

export interface Role extends PolicyHolder {
  readonly account: string;
  readonly name: string;
  readonly path: string;
  /** `AROA…` */
  readonly id: string;
  readonly created: string;
  readonly tags: readonly Tag[];
  readonly boundary?: string;
  /** Trust policy: document text. */
  readonly trust: string;
  readonly description?: string;
  /** Seconds. */
  readonly maxSessionDuration: number;
  /** Service principal that owns a service-linked role. */
  readonly linkedService?: string;
}

/** A customer managed policy. AWS's own come from managedPolicies.ts. */
export interface ManagedPolicy {
  readonly account: string;
  readonly name: string;
  readonly path: string;
  /** `ANPA…` */
  readonly id: string;
  readonly created: string;
  readonly updated: string;
  readonly description?: string;
  readonly tags: readonly Tag[];
  /** `v3` */
  readonly defaultVersion: string;
  /** Number of the version made last: numbers are never used again. */
  readonly lastVersion: number;
  /** Oldest first, at most five. */
  readonly versions: readonly PolicyVersion[];
}

export interface PolicyVersion {
  readonly id: string;
  readonly document: string;
  readonly created: string;
}

export interface AccessKey {
  /** `AKIA…` */
  readonly id: string;
  readonly account: string;
  /** Absent: the account's root user. */
  readonly userName?: string;
  /** Sealed for the purpose `access-key`. */
  readonly secret: string;
  readonly status: 'Active' | 'Inactive';
  readonly created: string;
}

const lower = (name: string) => name.toLowerCase();
const boundaryIndex = (row: { readonly account: string; readonly boundary?: string }) =>
  row.boundary ? [[row.account, row.boundary]] : [];
const attachedIndex = (row: PolicyHolder & { readonly account: string }) =>
  row.attached.map((arn) => [row.account, arn]);
const byPath = (row: { account: string; path: string; name: string }) => [
  [row.account, `${row.path}${lower(row.name)}`],
];

/** Index `path`: [account, path + name]. `group`: [account, group]. `attached`, `boundary`: [account, policy ARN]. */
export const users = table<User>('iam_user', {
  key: (u) => [u.account, lower(u.name)],
  indexes: {
    path: byPath,
    group: (u) => u.groups.map((group) => [u.account, lower(group)]),
    attached: attachedIndex,
    boundary: boundaryIndex,
    id: (u) => [[u.id]],
  },
});

export const groups = table<Group>('iam_group', {
  key: (g) => [g.account, lower(g.name)],
  indexes: { path: byPath, attached: attachedIndex },
});

export const roles = table<Role>('iam_role', {
  key: (r) => [r.account, lower(r.name)],
  indexes: { path: byPath, attached: attachedIndex, boundary: boundaryIndex, id: (r) => [[r.id]] },
});

/** Index `path`: [account, path + name]; policies are found by name, unique in an account whatever the path. */
export const managedPolicies = table<ManagedPolicy>('iam_policy', {
  key: (p) => [p.account, lower(p.name)],
  indexes: { path: byPath },
});

/** Index `owner`: [account, user name, or empty for root]. */
export const accessKeys = table<AccessKey>('iam_access_key', {
  key: (k) => [k.id],
  indexes: { owner: (k) => [[k.account, lower(k.userName ?? '')]] },
});

/** Keys of the tables above, for look-ups by name. */
export const byName = (account: string, name: string) => [account, lower(name)] as const;

export const userArn = (u: { account: string; path: string; name: string }) =>
  `arn:aws:iam::${u.account}:user${u.path}${u.name}`;
export const groupArn = (g: { account: string; path: string; name: string }) =>
  `arn:aws:iam::${g.account}:group${g.path}${g.name}`;
export const roleArn = (r: { account: string; path: string; name: string }) =>
  `arn:aws:iam::${r.account}:role${r.path}${r.name}`;
export const policyArn = (p: { account: string; path: string; name: string }) =>
  `arn:aws:iam::${p.account}:policy${p.path}${p.name}`;
export const rootArn = (account: string) => `arn:aws:iam::${account}:root`;
