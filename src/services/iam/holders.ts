/**
 * What policies hang on: users, groups and roles. The operations on attached and inline policies and on boundaries come
 * in three, alike but for the noun; each is written once over a row of this table.
 */
import { NoSuchEntityException, UnmodifiableEntityException } from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { type Access, Missing } from '../../core/operation.ts';
import {
  byName,
  type Group,
  groups,
  type PolicyHolder,
  type Role,
  roleArn,
  roles,
  type User,
  users,
} from '../../identity/principals.ts';
import type { Table } from '../../store/store.ts';
import { findGroup, findUser, groupAccess, userAccess } from './subjects.ts';
import { iamResourceTags } from './tags.ts';

export interface HolderKind<Row extends PolicyHolder, Member extends string> {
  readonly noun: 'user' | 'group' | 'role';
  /** As in quota names: `PoliciesPerUser`. */
  readonly title: 'User' | 'Group' | 'Role';
  /** The input member that names it. */
  readonly member: Member;
  readonly table: Table<Row>;
  readonly find: (ctx: Context, name: string) => Promise<Row | Missing>;
  readonly access: (row: Row, conditions?: Access['conditions']) => Access;
  /** Refuses to change what only AWS may change. */
  readonly protect: (ctx: Context, row: Row) => void;
  /** Characters that its inline policies may have together. */
  readonly inlineSizeMax: number;
}

export type NamedBy<Member extends string> = { readonly [K in Member]: string };

export const userKind: HolderKind<User, 'UserName'> = {
  noun: 'user',
  title: 'User',
  member: 'UserName',
  table: users,
  find: findUser,
  access: userAccess,
  protect: () => undefined,
  inlineSizeMax: 2048,
};

export const groupKind: HolderKind<Group, 'GroupName'> = {
  noun: 'group',
  title: 'Group',
  member: 'GroupName',
  table: groups,
  find: findGroup,
  access: groupAccess,
  protect: () => undefined,
  inlineSizeMax: 5120,
};

export const roleKind: HolderKind<Role, 'RoleName'> = {
  noun: 'role',
  title: 'Role',
  member: 'RoleName',
  table: roles,
  find: findRole,
  access: roleAccess,
  protect: protectRole,
  inlineSizeMax: 10240,
};

/** The role of this name in the caller's account. */
export async function findRole(ctx: Context, name: string): Promise<Role | Missing> {
  const role = await ctx.store.get(roles, byName(ctx.account, name));
  return role ?? new Missing(roleArn({ account: ctx.account, path: '/', name }), noSuchRole(name));
}

export const noSuchRole = (name: string) =>
  awsError(NoSuchEntityException, `The role with name ${name} cannot be found.`);

/** Permission on a role, with what policies may ask about it. */
export function roleAccess(role: Role, conditions: Access['conditions'] = {}): Access {
  return {
    resource: roleArn(role),
    resourceTags: role.tags,
    conditions: { ...iamResourceTags(role.tags), ...conditions },
  };
}

/** Service-linked roles, and those that IAM Identity Center keeps, are changed by their service alone. */
export function protectRole(ctx: Context, role: Role): void {
  if (ctx.caller.type === 'Service') return;
  if (role.linkedService === undefined && !role.path.startsWith('/aws-reserved/')) return;
  const sentence = `Cannot perform the operation on the protected role '${role.name}' - this role is only modifiable by AWS`;
  fail(UnmodifiableEntityException, sentence);
}
