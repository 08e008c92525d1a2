/** IAM users: their names, paths and tags. What hangs on a user is in the files of those nouns. */
import {
  type CreateUserRequest,
  type CreateUserResponse,
  type DeleteUserRequest,
  EntityAlreadyExistsException,
  type GetUserRequest,
  type GetUserResponse,
  LimitExceededException,
  type ListUsersRequest,
  type ListUsersResponse,
  type User as SdkUser,
  type UpdateUserRequest,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uniqueId } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { accounts } from '../../identity/organization.ts';
import { loginProfiles } from '../../identity/passwords.ts';
import { accessKeys, byName, type User, userArn, users } from '../../identity/principals.ts';
import { everyRow } from '../../store/everyRow.ts';
import { boundaryView, requireBoundary } from './boundaries.ts';
import { pathPage } from './pages.ts';
import { findOwner, findUser, type Owner, ownerArn, userAccess } from './subjects.ts';
import { tagging } from './tagging.ts';
import { newTags, tagsView } from './tags.ts';
import { requireDeletable } from './userConflicts.ts';

const TAGS_QUOTA = 'TagsPerUser';

export const CreateUser: Operation<Present<CreateUserRequest>, CreateUserResponse> = {
  access: (input, ctx) => ({
    resource: userArn({ account: ctx.account, path: input.Path ?? '/', name: input.UserName }),
    conditions: { ...requestTags(input.Tags), ...boundaryCondition(input.PermissionsBoundary) },
  }),
  async run(input, ctx) {
    const boundary = input.PermissionsBoundary;
    if (boundary !== undefined) await requireBoundary(ctx, boundary);
    const user: User = {
      account: ctx.account,
      name: input.UserName,
      path: input.Path ?? '/',
      id: uniqueId('AIDA', ctx),
      created: ctx.now.toISOString(),
      tags: newTags(input.Tags, TAGS_QUOTA),
      groups: [],
      attached: [],
      inline: {},
      ...(boundary === undefined ? {} : { boundary }),
    };
    const max = quota(ctx, 'UsersQuota', 5000);
    if (!(await ctx.store.fits(users, [ctx.account], max))) {
      fail(LimitExceededException, `Cannot exceed quota for UsersPerAccount: ${max}`);
    }
    if (!(await ctx.store.insert(users, user))) failTaken(input.UserName);
    return { User: { ...userView(user), ...boundaryView(user), ...tagsView(user.tags) } };
  },
};

export const GetUser: Operation<Present<GetUserRequest>, GetUserResponse, Owner> = {
  load: (input, ctx) => findOwner(ctx, input.UserName),
  access: (_input, _ctx, owner) => userAccess(owner),
  async run(_input, ctx, owner) {
    if (owner.name === undefined) return { User: await rootView(ctx) };
    return { User: { ...userView(owner), ...boundaryView(owner), ...tagsView(owner.tags) } };
  },
};

export const ListUsers: Operation<Present<ListUsersRequest>, ListUsersResponse> = {
  access: (input, ctx) => ({ resource: userArn({ account: ctx.account, path: input.PathPrefix ?? '/', name: '' }) }),
  async run(input, ctx) {
    const { rows, page } = await pathPage(ctx, users, input);
    return { Users: rows.map(userView), ...page };
  },
};

/** A new name or path is a new ARN: permission is needed on the old one and on the new one. */
export const UpdateUser: Operation<Present<UpdateUserRequest>, object, User> = {
  load: (input, ctx) => findUser(ctx, input.UserName),
  access: (input, _ctx, user) => {
    const renamed = userAccess(renamedUser(user, input));
    return renamed.resource === userArn(user) ? userAccess(user) : [userAccess(user), renamed];
  },
  async run(input, ctx, user) {
    const renamed = renamedUser(user, input);
    const sameKey = renamed.name.toLowerCase() === user.name.toLowerCase();
    if (sameKey) await ctx.store.replace(users, renamed);
    else {
      if (!(await ctx.store.insert(users, renamed))) failTaken(renamed.name);
      await ctx.store.remove(users, byName(user.account, user.name));
    }
    if (renamed.name === user.name) return {};
    for await (const key of everyRow(ctx.store, accessKeys, byName(user.account, user.name), 'owner')) {
      await ctx.store.replace(accessKeys, { ...key, userName: renamed.name });
    }
    return {};
  },
};

export const DeleteUser: Operation<Present<DeleteUserRequest>, object, User> = {
  load: (input, ctx) => findUser(ctx, input.UserName),
  access: (_input, _ctx, user) => userAccess(user),
  async run(_input, ctx, user) {
    await requireDeletable(ctx, user);
    await ctx.store.remove(users, byName(user.account, user.name));
    return {};
  },
};

export const {
  Tag: TagUser,
  Untag: UntagUser,
  List: ListUserTags,
} = tagging<User, { readonly UserName: string }>({
  find: (ctx, input) => findUser(ctx, input.UserName),
  access: (user, conditions) => userAccess(user, conditions),
  quotaName: TAGS_QUOTA,
  save: (ctx, user, tags) => ctx.store.replace(users, { ...user, tags }),
});

/** A user as lists show it: without tags and boundary, which only GetUser and CreateUser tell. */
export function userView(user: User): SdkUser {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: userArn(user),
    CreateDate: new Date(user.created),
    ...(user.passwordLastUsed ? { PasswordLastUsed: new Date(user.passwordLastUsed) } : {}),
  };
}

/** Root has neither name nor path. */
export async function rootView(ctx: Context): Promise<SdkUser> {
  const account = await ctx.store.get(accounts, [ctx.account]);
  const password = await ctx.store.get(loginProfiles, [ctx.account, ctx.account]);
  return {
    Path: undefined,
    UserName: undefined,
    UserId: ctx.account,
    Arn: ownerArn({ account: ctx.account, id: ctx.account }),
    CreateDate: account ? new Date(account.created) : undefined,
    ...(password?.lastUsed ? { PasswordLastUsed: new Date(password.lastUsed) } : {}),
  };
}

const renamedUser = (user: User, input: { NewPath?: string | undefined; NewUserName?: string | undefined }): User => ({
  ...user,
  path: input.NewPath ?? user.path,
  name: input.NewUserName ?? user.name,
});

const boundaryCondition = (arn: string | undefined) => (arn === undefined ? {} : { 'iam:PermissionsBoundary': arn });

const failTaken = (name: string): never => fail(EntityAlreadyExistsException, `User with name ${name} already exists.`);
