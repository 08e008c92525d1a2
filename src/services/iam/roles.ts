/** IAM roles: their names, paths, descriptions and tags. Their trust policies are in trustPolicies.ts. */
import {
  type CreateRoleRequest,
  type CreateRoleResponse,
  DeleteConflictException,
  type DeleteRoleRequest,
  EntityAlreadyExistsException,
  type GetRoleRequest,
  type GetRoleResponse,
  InvalidInputException,
  LimitExceededException,
  type ListRolesRequest,
  type ListRolesResponse,
  type Role as SdkRole,
  type UpdateRoleDescriptionRequest,
  type UpdateRoleDescriptionResponse,
  type UpdateRoleRequest,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uniqueId } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { byName, type Role, roleArn, roles } from '../../identity/principals.ts';
import { boundaryView, requireBoundary } from './boundaries.ts';
import { findRole, protectRole, roleAccess } from './holders.ts';
import { instanceProfiles } from './instanceProfiles.ts';
import { pathPage } from './pages.ts';
import { lastUsedView, listedView, plainView } from './roleViews.ts';
import { tagging } from './tagging.ts';
import { newTags, tagsView } from './tags.ts';
import { trustOf } from './trustPolicies.ts';

const SESSION_SECONDS_STANDARD = 3600;

export const CreateRole: Operation<Present<CreateRoleRequest>, CreateRoleResponse> = {
  access: (input, ctx) => ({
    resource: roleArn({ account: ctx.account, path: input.Path ?? '/', name: input.RoleName }),
    conditions: { ...requestTags(input.Tags), 'iam:PermissionsBoundary': input.PermissionsBoundary },
  }),
  async run(input, ctx) {
    refuseReservedPath(ctx, input.Path ?? '/');
    if (input.PermissionsBoundary !== undefined) await requireBoundary(ctx, input.PermissionsBoundary);
    const role = newRole(input, ctx, await trustOf(ctx, input.AssumeRolePolicyDocument));
    await insertRole(ctx, role);
    return { Role: await createdView(ctx, role, input) };
  },
};

/** The paths of roles that services own. */
function refuseReservedPath(ctx: Context, path: string): void {
  if (ctx.caller.type === 'Service' || !/^\/aws-(?:service-role|reserved)\//.test(path)) return;
  fail(InvalidInputException, `The path ${path} is reserved for roles that AWS services create.`);
}

function newRole(input: Present<CreateRoleRequest>, ctx: Context, trust: string): Role {
  return {
    account: ctx.account,
    name: input.RoleName,
    path: input.Path ?? '/',
    id: uniqueId('AROA', ctx),
    created: ctx.now.toISOString(),
    tags: newTags(input.Tags, 'TagsPerRole'),
    trust,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    maxSessionDuration: input.MaxSessionDuration ?? SESSION_SECONDS_STANDARD,
    ...(input.PermissionsBoundary === undefined ? {} : { boundary: input.PermissionsBoundary }),
    attached: [],
    inline: {},
  };
}

/** Keeps a new role, if its name is free and the account has room. */
export async function insertRole(ctx: Context, role: Role): Promise<void> {
  const max = quota(ctx, 'RolesQuota', 1000);
  if (!(await ctx.store.fits(roles, [ctx.account], max))) {
    fail(LimitExceededException, `Cannot exceed quota for RolesPerAccount: ${max}`);
  }
  if (!(await ctx.store.insert(roles, role))) {
    fail(EntityAlreadyExistsException, `Role with name ${role.name} already exists.`);
  }
}

async function createdView(ctx: Context, role: Role, input: CreateRoleRequest): Promise<SdkRole> {
  return {
    ...(await plainView(ctx, role)),
    ...(input.Description ? { Description: input.Description } : {}),
    ...(input.MaxSessionDuration === undefined ? {} : { MaxSessionDuration: input.MaxSessionDuration }),
    ...boundaryView(role),
    ...tagsView(role.tags),
  };
}

export const GetRole: Operation<Present<GetRoleRequest>, GetRoleResponse, Role> = {
  load: (input, ctx) => findRole(ctx, input.RoleName),
  access: (_input, _ctx, role) => roleAccess(role, { 'iam:PermissionsBoundary': role.boundary }),
  async run(_input, ctx, role) {
    await ctx.journal.catchUp();
    const view = { ...(await listedView(ctx, role)), ...boundaryView(role), ...tagsView(role.tags) };
    return { Role: { ...view, RoleLastUsed: await lastUsedView(ctx, role) } };
  },
};

export const ListRoles: Operation<Present<ListRolesRequest>, ListRolesResponse> = {
  access: (input, ctx) => ({ resource: roleArn({ account: ctx.account, path: input.PathPrefix ?? '/', name: '' }) }),
  async run(input, ctx) {
    const { rows, page } = await pathPage(ctx, roles, input);
    return { Roles: await Promise.all(rows.map((role) => listedView(ctx, role))), ...page };
  },
};

export const UpdateRole: Operation<Present<UpdateRoleRequest>, object, Role> = {
  load: (input, ctx) => findRole(ctx, input.RoleName),
  access: (_input, _ctx, role) => roleAccess(role, { 'iam:PermissionsBoundary': role.boundary }),
  /** A description is the one change that a customer may make to a service-linked role. */
  async run(input, ctx, role) {
    if (input.MaxSessionDuration !== undefined || input.Description === undefined) protectRole(ctx, role);
    const seconds = input.MaxSessionDuration ?? role.maxSessionDuration;
    await ctx.store.replace(roles, { ...described(role, input.Description), maxSessionDuration: seconds });
    return {};
  },
};

export const UpdateRoleDescription: Operation<
  Present<UpdateRoleDescriptionRequest>,
  UpdateRoleDescriptionResponse,
  Role
> = {
  load: (input, ctx) => findRole(ctx, input.RoleName),
  access: (_input, _ctx, role) => roleAccess(role, { 'iam:PermissionsBoundary': role.boundary }),
  async run(input, ctx, role) {
    const changed = described(role, input.Description);
    await ctx.store.replace(roles, changed);
    return { Role: { ...(await listedView(ctx, changed)), ...boundaryView(changed), ...tagsView(changed.tags) } };
  },
};

/** An empty description is none. */
function described(role: Role, description: string | undefined): Role {
  if (description === undefined) return role;
  const { description: _old, ...rest } = role;
  return description === '' ? rest : { ...rest, description };
}

export const DeleteRole: Operation<Present<DeleteRoleRequest>, object, Role> = {
  load: (input, ctx) => findRole(ctx, input.RoleName),
  access: (_input, _ctx, role) => roleAccess(role, { 'iam:PermissionsBoundary': role.boundary }),
  async run(_input, ctx, role) {
    protectRole(ctx, role);
    if (!(await ctx.store.fits(instanceProfiles, [ctx.account, role.id], 1, 'role'))) {
      fail(DeleteConflictException, 'Cannot delete entity, must remove roles from instance profile first.');
    }
    if (role.attached.length > 0) {
      fail(DeleteConflictException, 'Cannot delete entity, must detach all policies first.');
    }
    if (Object.keys(role.inline).length > 0) {
      fail(DeleteConflictException, 'Cannot delete entity, must delete policies first.');
    }
    await ctx.store.remove(roles, byName(role.account, role.name));
    return {};
  },
};

export const {
  Tag: TagRole,
  Untag: UntagRole,
  List: ListRoleTags,
} = tagging<Role, { readonly RoleName: string }>({
  find: (ctx, input) => findRole(ctx, input.RoleName),
  access: roleAccess,
  quotaName: 'TagsPerRole',
  save: (ctx, role, tags) => ctx.store.replace(roles, { ...role, tags }),
});
