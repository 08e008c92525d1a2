/** Permissions boundaries: the one managed policy that limits what a user or role can be granted. */
import {
  type AttachedPermissionsBoundary,
  type DeleteRolePermissionsBoundaryRequest,
  type DeleteUserPermissionsBoundaryRequest,
  NoSuchEntityException,
  type PutRolePermissionsBoundaryRequest,
  type PutUserPermissionsBoundaryRequest,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import type { Role, User } from '../../identity/principals.ts';
import { type HolderKind, type NamedBy, roleKind, userKind } from './holders.ts';
import { lookUpPolicy } from './policies.ts';

export const PutUserPermissionsBoundary: Operation<Present<PutUserPermissionsBoundaryRequest>, object, User> = put(
  userKind,
);
export const PutRolePermissionsBoundary: Operation<Present<PutRolePermissionsBoundaryRequest>, object, Role> = put(
  roleKind,
);
export const DeleteUserPermissionsBoundary: Operation<
  Present<DeleteUserPermissionsBoundaryRequest>,
  object,
  User
> = remove(userKind);
export const DeleteRolePermissionsBoundary: Operation<
  Present<DeleteRolePermissionsBoundaryRequest>,
  object,
  Role
> = remove(roleKind);

/** Refuses a boundary that is no managed policy of AWS or of the caller's account. */
export async function requireBoundary(ctx: Context, arn: string): Promise<void> {
  const policy = await lookUpPolicy(ctx, arn);
  if (!policy) fail(NoSuchEntityException, `Scope ARN: ${arn} does not exist or is not attachable.`);
}

/** A user's or role's `PermissionsBoundary` member, where there is one. */
export const boundaryView = (row: {
  readonly boundary?: string;
}): { PermissionsBoundary?: AttachedPermissionsBoundary } =>
  row.boundary === undefined
    ? {}
    : { PermissionsBoundary: { PermissionsBoundaryType: 'Policy' as never, PermissionsBoundaryArn: row.boundary } };

function put<R extends User | Role, M extends string>(
  kind: HolderKind<R, M>,
): Operation<NamedBy<M> & { readonly PermissionsBoundary: string }, object, R> {
  return {
    load: (input, ctx) => kind.find(ctx, input[kind.member]),
    access: (input, _ctx, row) => kind.access(row, { 'iam:PermissionsBoundary': input.PermissionsBoundary }),
    async run(input, ctx, row) {
      kind.protect(ctx, row);
      await requireBoundary(ctx, input.PermissionsBoundary);
      await ctx.store.replace(kind.table, { ...row, boundary: input.PermissionsBoundary });
      return {};
    },
  };
}

function remove<R extends User | Role, M extends string>(kind: HolderKind<R, M>): Operation<NamedBy<M>, object, R> {
  return {
    load: (input, ctx) => kind.find(ctx, input[kind.member]),
    access: (_input, _ctx, row) => kind.access(row, { 'iam:PermissionsBoundary': row.boundary }),
    async run(_input, ctx, row) {
      kind.protect(ctx, row);
      if (row.boundary === undefined) {
        fail(NoSuchEntityException, `${kind.title} ${row.name} does not have a permissions boundary.`);
      }
      const { boundary: _gone, ...rest } = row;
      await ctx.store.replace(kind.table, rest as R);
      return {};
    },
  };
}
