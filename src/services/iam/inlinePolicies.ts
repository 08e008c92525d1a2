/** Inline policies of users, groups and roles. They are part of the row of who holds them. */
import { LimitExceededException, NoSuchEntityException } from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import type { PolicyHolder, User } from '../../identity/principals.ts';
import { checkDocument, encodedDocument, sizeOf } from './documents.ts';
import { groupKind, type HolderKind, type NamedBy, roleKind, userKind } from './holders.ts';
import { itemsPage, type PageEnd, type PageInput } from './pages.ts';

type Row = PolicyHolder & { readonly name: string; readonly boundary?: string };
type Named<M extends string> = NamedBy<M> & { readonly PolicyName: string };
type Put<M extends string> = Named<M> & { readonly PolicyDocument: string };

export const PutUserPolicy = put(userKind);
export const PutGroupPolicy = put(groupKind);
export const PutRolePolicy = put(roleKind);
export const GetGroupPolicy = get(groupKind);
export const DeleteUserPolicy = remove(userKind);
export const DeleteGroupPolicy = remove(groupKind);
export const DeleteRolePolicy = remove(roleKind);
export const ListUserPolicies = list(userKind);
export const ListGroupPolicies = list(groupKind);
export const ListRolePolicies = list(roleKind);
export const GetUserPolicy = get(userKind);
export const GetRolePolicy = get(roleKind);

function put<R extends Row, M extends string>(kind: HolderKind<R, M>): Operation<Put<M>, object, R> {
  return {
    load: (input, ctx) => kind.find(ctx, input[kind.member]),
    access: (_input, _ctx, row) => kind.access(row, { 'iam:PermissionsBoundary': row.boundary }),
    async run(input, ctx, row) {
      kind.protect(ctx, row);
      checkDocument(input.PolicyDocument, 'inline');
      const inline = { ...row.inline, [input.PolicyName]: input.PolicyDocument };
      checkTotal(ctx, kind, row, inline);
      await ctx.store.replace(kind.table, { ...row, inline });
      return {};
    },
  };
}

type Sized = Pick<HolderKind<User, string>, 'title' | 'noun' | 'inlineSizeMax'>;

function checkTotal(ctx: Context, kind: Sized, row: Row, inline: Row['inline']): void {
  const max = quota(ctx, `${kind.title}PolicySizeQuota`, kind.inlineSizeMax);
  const total = Object.values(inline).reduce((sum, document) => sum + sizeOf(document), 0);
  if (total <= max) return;
  fail(LimitExceededException, `Maximum policy size of ${max} bytes exceeded for ${kind.noun} ${row.name}`);
}

function get<R extends Row, M extends string>(
  kind: HolderKind<R, M>,
): Operation<Named<M>, NamedBy<M> & { PolicyName: string; PolicyDocument: string }, R> {
  return {
    load: (input, ctx) => kind.find(ctx, input[kind.member]),
    access: (_input, _ctx, row) => kind.access(row),
    async run(input, _ctx, row) {
      const document = documentOf(kind.noun, row, input.PolicyName);
      const holder = { [kind.member]: row.name } as NamedBy<M>;
      return { ...holder, PolicyName: input.PolicyName, PolicyDocument: encodedDocument(document) };
    },
  };
}

function remove<R extends Row, M extends string>(kind: HolderKind<R, M>): Operation<Named<M>, object, R> {
  return {
    load: (input, ctx) => kind.find(ctx, input[kind.member]),
    access: (_input, _ctx, row) => kind.access(row, { 'iam:PermissionsBoundary': row.boundary }),
    async run(input, ctx, row) {
      kind.protect(ctx, row);
      documentOf(kind.noun, row, input.PolicyName);
      const { [input.PolicyName]: _gone, ...inline } = row.inline;
      await ctx.store.replace(kind.table, { ...row, inline });
      return {};
    },
  };
}

function list<R extends Row, M extends string>(
  kind: HolderKind<R, M>,
): Operation<NamedBy<M> & PageInput, PageEnd & { PolicyNames: string[] }, R> {
  return {
    load: (input, ctx) => kind.find(ctx, input[kind.member]),
    access: (_input, _ctx, row) => kind.access(row),
    async run(input, _ctx, row) {
      const { items, page } = itemsPage(Object.keys(row.inline).sort(), input);
      return { PolicyNames: items, ...page };
    },
  };
}

/** The document of an inline policy. Names are the user's, so they may be those of Object's own members. */
function documentOf(noun: string, row: Row, name: string): string {
  const document = Object.hasOwn(row.inline, name) ? row.inline[name] : undefined;
  return document ?? fail(NoSuchEntityException, `The ${noun} policy with name ${name} cannot be found.`);
}
