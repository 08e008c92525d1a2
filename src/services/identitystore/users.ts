/** Users of a directory. */
import type {
  CreateUserRequest,
  CreateUserResponse,
  DeleteUserRequest,
  DescribeUserRequest,
  DescribeUserResponse,
  GetUserIdRequest,
  GetUserIdResponse,
  ListUsersRequest,
  ListUsersResponse,
  UpdateUserRequest,
  User,
} from '@aws-sdk/client-identitystore';
import { ServiceQuotaExceededException } from '@aws-sdk/client-identitystore';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import {
  type DirectoryUser,
  directoryMemberships,
  directoryUsers,
  isFree,
  keepUser,
  openedUser,
  type UserAttributes,
  type UserRow,
  userBy,
} from '../../identity/directory.ts';
import { unlock } from '../../identity/instanceKeys.ts';
import type { Instance } from '../../identity/instances.ts';
import { forgetCredentials } from '../../identity/personCredentials.ts';
import { accessTo, changedBy, directoryId, issuersOf, storeOf, tracesOf, tracesView } from './access.ts';
import { failDuplicate, failInvalid, notFound } from './errors.ts';
import { rowsPage } from './pages.ts';
import { requireCreatable, updated } from './updates.ts';

interface Found {
  readonly instance: Instance;
  readonly user: UserRow;
}
type OnUser<In, Out> = Operation<In, Out, Found>;

const onUser = {
  async load(input: { IdentityStoreId: string; UserId: string }, ctx: Context): Promise<Found | Missing> {
    const instance = await storeOf(input, ctx);
    if (instance instanceof Missing) return instance;
    const user = await ctx.store.get(directoryUsers, [instance.identityStore, input.UserId]);
    if (!user) return new Missing(`arn:aws:identitystore:::user/${input.UserId}`, notFound('USER', input.UserId));
    return { instance, user };
  },
  access: (_input: unknown, ctx: Context, { instance, user }: Found) =>
    accessTo(ctx, instance, [['USER', user.id]], { 'identitystore:UserExternalIdIssuers': issuersOf(user) }),
};

const RESERVED = /^(Administrator|AWSAdministrators)$/i;
const ENTERPRISE = 'aws:identitystore:enterprise';

/** What UpdateUser may change, as rows name it. */
const KNOWN = new Set([
  ...['UserName', 'Name', 'DisplayName', 'NickName', 'ProfileUrl', 'Emails', 'Addresses', 'PhoneNumbers', 'UserType'],
  ...['Title', 'PreferredLanguage', 'Locale', 'Timezone', 'Photos', 'Website', 'Birthdate', 'Roles', 'Extensions'],
]);

export const CreateUser: Operation<Present<CreateUserRequest>, CreateUserResponse, Instance> = {
  load: storeOf,
  access: (_input, ctx, instance) => accessTo(ctx, instance),
  async run({ IdentityStoreId, UserName, ...attributes }, ctx, instance) {
    const userName = UserName ?? failInvalid('userName is a required attribute.');
    const id = directoryId(IdentityStoreId, uuid(ctx));
    const user: DirectoryUser = {
      ...{ identityStore: IdentityStoreId, id, userName, status: 'ENABLED', externalIds: [] },
      attributes: attributes as UserAttributes,
      ...tracesOf(ctx),
    };
    await addUser(ctx, user);
    return { UserId: id, IdentityStoreId: instance.identityStore };
  },
};

/** Refuses one whose name or address somebody has. */
export async function addUser(ctx: Context, user: DirectoryUser): Promise<void> {
  await requireFit(ctx, user, undefined);
  const users = quota(ctx, 'IdentityStoreUsersQuota', 100_000);
  if (!(await ctx.store.fits(directoryUsers, [user.identityStore], users))) {
    fail(ServiceQuotaExceededException, 'The number of users in the identity store exceeds the limit.');
  }
  await keepUser(ctx, user);
}

export async function changeUser(ctx: Context, changed: DirectoryUser, before: DirectoryUser): Promise<void> {
  await requireFit(ctx, changed, before);
  await keepUser(ctx, changed);
}

/** With memberships and credentials. */
export async function removeUser(
  ctx: Context,
  { identityStore, id }: Pick<DirectoryUser, 'identityStore' | 'id'>,
): Promise<void> {
  await ctx.store.remove(directoryUsers, [identityStore, id]);
  await forgetMemberships(ctx, identityStore, 'user', id);
  await forgetCredentials(ctx.store, identityStore, id);
}

export const DescribeUser: OnUser<Present<DescribeUserRequest>, DescribeUserResponse> = {
  ...onUser,
  run: async ({ Extensions }, ctx, { user }) => userView(openedUser(ctx.store, user), Extensions),
};

export const UpdateUser: OnUser<Present<UpdateUserRequest>, object> = {
  ...onUser,
  async run({ Operations }, ctx, target) {
    const user = openedUser(ctx.store, target.user);
    const before = { UserName: user.userName, ...user.attributes };
    const after = updated(before, Operations, KNOWN);
    await requireCreatable('CreateUser', after, user.identityStore);
    const { UserName, ...attributes } = after as typeof before;
    if (UserName === undefined) failInvalid('userName is a required attribute.');
    const changed = { ...user, userName: UserName, attributes, ...changedBy(ctx) };
    await changeUser(ctx, changed, user);
    return {};
  },
};

export const DeleteUser: OnUser<Present<DeleteUserRequest>, object> = {
  ...onUser,
  async run(_input, ctx, { user }) {
    await removeUser(ctx, user);
    return {};
  },
};

/** Those of a user or a group that is no more, a page at a time. */
export async function forgetMemberships(ctx: Context, store: string, index: 'user' | 'group', id: string) {
  for (;;) {
    const { rows } = await ctx.store.list(directoryMemberships, [store, id], { limit: 500, index });
    for (const row of rows) await ctx.store.remove(directoryMemberships, [store, row.id]);
    if (rows.length === 0) return;
  }
}

export const ListUsers: Operation<Present<ListUsersRequest>, ListUsersResponse, Instance> = {
  load: storeOf,
  access: (_input, ctx, instance) => accessTo(ctx, instance, [['USER', '*']]),
  async run(input, ctx, { identityStore }) {
    const [filter] = input.Filters ?? [];
    if (filter) {
      if (filter.AttributePath?.toLowerCase() !== 'username') {
        failInvalid(`The attribute path ${filter.AttributePath} is not supported for filters.`);
      }
      const user = await userBy(ctx.store, identityStore, 'name', filter.AttributeValue!);
      return { Users: user ? [userView(user, input.Extensions)] : [] };
    }
    const { rows, page } = await rowsPage(ctx, directoryUsers, [identityStore], input);
    return { Users: rows.map((row) => userView(openedUser(ctx.store, row), input.Extensions)), ...page };
  },
};

export const GetUserId: Operation<Present<GetUserIdRequest>, GetUserIdResponse, Found> = {
  async load({ IdentityStoreId, AlternateIdentifier }, ctx) {
    const instance = await storeOf({ IdentityStoreId }, ctx);
    if (instance instanceof Missing) return instance;
    await unlock(ctx, instance, 'identitystore', 'caller');
    const user = await userMeant(ctx, IdentityStoreId, AlternateIdentifier);
    return user ? { instance, user } : new Missing('arn:aws:identitystore:::user/*', notFound('USER'));
  },
  access: onUser.access,
  run: async (_input, _ctx, { user }) => ({ UserId: user.id, IdentityStoreId: user.identityStore }),
};

const PATHS = { username: 'name', 'emails.value': 'email' } as const;

function userMeant(
  ctx: Context,
  store: string,
  { ExternalId, UniqueAttribute }: GetUserIdRequest['AlternateIdentifier'] & object,
) {
  if (ExternalId) return userBy(ctx.store, store, 'external', ExternalId.Issuer!, ExternalId.Id!);
  const path = UniqueAttribute?.AttributePath?.toLowerCase() ?? '';
  const index = Object.hasOwn(PATHS, path) ? PATHS[path as keyof typeof PATHS] : undefined;
  if (index === undefined) return failInvalid('The only valid attribute paths are userName and emails.value.');
  return userBy(ctx.store, store, index, String(UniqueAttribute?.AttributeValue));
}

/** What Identity Center asks of a user, and what only one user of a store may have. */
async function requireFit(ctx: Context, user: DirectoryUser, before: DirectoryUser | undefined): Promise<void> {
  const { identityStore, userName, attributes } = user;
  if (RESERVED.test(userName)) failInvalid(`${userName} is a reserved name.`);
  if (!attributes.DisplayName) failInvalid('displayName is a required attribute.');
  if (!attributes.Name?.FamilyName) failInvalid('name.familyName is a required attribute.');
  if (!attributes.Name?.GivenName) failInvalid('name.givenName is a required attribute.');
  requireEnterprise(attributes);
  const renamed = userName.toLowerCase() !== before?.userName.toLowerCase();
  if (renamed && !(await isFree(ctx.store, identityStore, directoryUsers, 'name', userName))) failDuplicate('UserName');
  const [had] = before?.attributes.Emails ?? [];
  const [has] = attributes.Emails ?? [];
  const moved = has?.Value !== undefined && has.Value.toLowerCase() !== had?.Value?.toLowerCase();
  if (moved && !(await isFree(ctx.store, identityStore, directoryUsers, 'email', has.Value!))) failDuplicate('Email');
  for (const { Issuer, Id } of user.externalIds) {
    if (before?.externalIds.some((had) => had.Issuer === Issuer && had.Id === Id)) continue;
    if (!(await isFree(ctx.store, identityStore, directoryUsers, 'external', Issuer, Id))) failDuplicate('ExternalId');
  }
}

/** The only extension that there is. */
function requireEnterprise({ Extensions }: UserAttributes): void {
  for (const [name, value] of Object.entries(Extensions ?? {})) {
    if (name !== ENTERPRISE) failInvalid(`The extension ${name.slice(0, 100)} is not supported.`);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) failInvalid(`${name} must be an object.`);
  }
}

export function userView(user: DirectoryUser, extensions: readonly string[] = []): User & { IdentityStoreId: string } {
  const { Extensions, ...attributes } = user.attributes as UserAttributes & { Extensions?: Record<string, never> };
  const shown = Extensions && extensions.includes(ENTERPRISE) && { [ENTERPRISE]: Extensions[ENTERPRISE]! };
  return {
    ...(attributes as Partial<User>),
    IdentityStoreId: user.identityStore,
    UserId: user.id,
    UserName: user.userName,
    UserStatus: user.status,
    ...(user.externalIds.length > 0 && { ExternalIds: [...user.externalIds] }),
    ...(shown && { Extensions: shown }),
    ...tracesView(user),
  };
}
