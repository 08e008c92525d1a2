/**
 * Who an IAM operation is about: a user by name, or the caller where no name is given, or the account's root user where
 * the caller is that. And how permission for it is asked.
 */
import { NoSuchEntityException } from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { awsError, CommonError } from '../../core/errors.ts';
import { type Access, Missing } from '../../core/operation.ts';
import { byName, type Group, groupArn, groups, rootArn, type User, userArn, users } from '../../identity/principals.ts';
import { iamResourceTags } from './tags.ts';

/** The root user of an account, in the places where it stands beside IAM users. */
interface RootUser {
  readonly account: string;
  /** The account id: what identifies root's credentials, as `AIDA…` does a user's. */
  readonly id: string;
  /** Never there: so `owner.name` tells the two apart. */
  readonly name?: undefined;
}
export type Owner = User | RootUser;

export const noSuchUser = (name: string) =>
  awsError(NoSuchEntityException, `The user with name ${name} cannot be found.`);
const noSuchGroup = (name: string) => awsError(NoSuchEntityException, `The group with name ${name} cannot be found.`);

/** The user of this name in the caller's account. */
export async function findUser(ctx: Context, name: string): Promise<User | Missing> {
  const user = await ctx.store.get(users, byName(ctx.account, name));
  return user ?? new Missing(userArn({ account: ctx.account, path: '/', name }), noSuchUser(name));
}

export async function findGroup(ctx: Context, name: string): Promise<Group | Missing> {
  const group = await ctx.store.get(groups, byName(ctx.account, name));
  return group ?? new Missing(groupArn({ account: ctx.account, path: '/', name }), noSuchGroup(name));
}

/** The user of this name; without one the caller, who may be the root user. */
export async function findOwner(ctx: Context, name: string | undefined): Promise<Owner | Missing> {
  if (name !== undefined) return findUser(ctx, name);
  if (isRoot(ctx)) return { account: ctx.account, id: ctx.account };
  if (ctx.caller.type === 'User' && ctx.caller.userName !== undefined) return findUser(ctx, ctx.caller.userName);
  const sentence = 'Must specify userName when calling with non-User credentials';
  return new Missing(
    userArn({ account: ctx.account, path: '/', name: '*' }),
    new CommonError('ValidationError', sentence),
  );
}

/** Root itself, or a session for privileged tasks in a member account. */
export const isRoot = (ctx: Context) => ctx.caller.type === 'Root' || ctx.caller.session?.kind === 'AssumedRoot';

export const ownerArn = (owner: Owner) => (owner.name === undefined ? rootArn(owner.account) : userArn(owner));

/** Permission on a user, with the tags that policies may ask about. */
export function userAccess(user: Owner, conditions: Access['conditions'] = {}): Access {
  if (user.name === undefined) return { resource: rootArn(user.account), conditions };
  const tags = user.tags.length > 0 ? { resourceTags: user.tags } : {};
  return { resource: userArn(user), ...tags, conditions: { ...iamResourceTags(user.tags), ...conditions } };
}

export const groupAccess = (group: Group, conditions: Access['conditions'] = {}): Access => ({
  resource: groupArn(group),
  conditions,
});

/** Something that belongs to a user or to root. */
export interface Owned<R> {
  readonly owner: Owner;
  readonly row: R;
}

/** Finds whose it is, then the thing itself. `missing` is told only to who may ask about the owner. */
export async function findOwned<R>(
  ctx: Context,
  userName: string | undefined,
  find: (owner: Owner) => Promise<R | undefined>,
  missing: (owner: Owner) => Error,
): Promise<Owned<R> | Missing> {
  const owner = await findOwner(ctx, userName);
  if (owner instanceof Missing) return owner;
  const row = await find(owner);
  return row === undefined ? new Missing(ownerArn(owner), missing(owner)) : { owner, row };
}
