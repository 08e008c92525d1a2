/** Managed policies on users, groups and roles. */
import {
  type AttachedPolicy,
  LimitExceededException,
  NoSuchEntityException,
  PolicyNotAttachableException,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import type { PolicyHolder } from '../../identity/principals.ts';
import { groupKind, type HolderKind, type NamedBy, roleKind, userKind } from './holders.ts';
import { itemsPage, type PageEnd, type PageInput } from './pages.ts';
import { lookUpPolicy } from './policies.ts';

type Row = PolicyHolder & { readonly boundary?: string };
type Attachment<M extends string> = NamedBy<M> & { readonly PolicyArn: string };

export const AttachUserPolicy = attach(userKind);
export const AttachGroupPolicy = attach(groupKind);
export const AttachRolePolicy = attach(roleKind);
export const DetachUserPolicy = detach(userKind);
export const DetachGroupPolicy = detach(groupKind);
export const DetachRolePolicy = detach(roleKind);
export const ListAttachedUserPolicies = list(userKind);
export const ListAttachedGroupPolicies = list(groupKind);
export const ListAttachedRolePolicies = list(roleKind);

function attach<R extends Row, M extends string>(kind: HolderKind<R, M>): Operation<Attachment<M>, object, R> {
  return {
    load: (input, ctx) => kind.find(ctx, input[kind.member]),
    access: (input, _ctx, row) => kind.access(row, attachmentConditions(row, input.PolicyArn)),
    async run(input, ctx, row) {
      const arn = input.PolicyArn;
      kind.protect(ctx, row);
      await requireAttachable(ctx, arn, kind.title);
      if (row.attached.includes(arn)) return {};
      const max = quota(ctx, `AttachedPoliciesPer${kind.title}Quota`, 10);
      if (row.attached.length >= max) {
        fail(LimitExceededException, `Cannot exceed quota for PoliciesPer${kind.title}: ${max}`);
      }
      await ctx.store.replace(kind.table, { ...row, attached: [...row.attached, arn] });
      return {};
    },
  };
}

const attachmentConditions = (row: Row, arn: string) => ({
  'iam:PolicyARN': arn,
  'iam:PermissionsBoundary': row.boundary,
});

async function requireAttachable(ctx: Context, arn: string, title: string): Promise<void> {
  const policy = await lookUpPolicy(ctx, arn);
  if (!policy) fail(NoSuchEntityException, `Policy ${arn} does not exist or is not attachable.`);
  if (policy.path === '/root-task/') {
    fail(PolicyNotAttachableException, `Policy ${arn} is not attachable.`);
  }
  if (policy.path.startsWith('/aws-service-role/') && ctx.caller.type !== 'Service') {
    fail(PolicyNotAttachableException, `Cannot attach a Service Role Policy to a Customer ${title}.`);
  }
}

function detach<R extends Row, M extends string>(kind: HolderKind<R, M>): Operation<Attachment<M>, object, R> {
  return {
    load: (input, ctx) => kind.find(ctx, input[kind.member]),
    access: (input, _ctx, row) => kind.access(row, attachmentConditions(row, input.PolicyArn)),
    async run(input, ctx, row) {
      const arn = input.PolicyArn;
      kind.protect(ctx, row);
      if (!row.attached.includes(arn)) fail(NoSuchEntityException, `Policy ${arn} was not found.`);
      await ctx.store.replace(kind.table, { ...row, attached: row.attached.filter((other) => other !== arn) });
      return {};
    },
  };
}

function list<R extends Row, M extends string>(
  kind: HolderKind<R, M>,
): Operation<
  NamedBy<M> & PageInput & { readonly PathPrefix?: string | undefined },
  PageEnd & { AttachedPolicies: AttachedPolicy[] },
  R
> {
  return {
    load: (input, ctx) => kind.find(ctx, input[kind.member]),
    access: (_input, _ctx, row) => kind.access(row),
    async run(input, _ctx, row) {
      const prefix = input.PathPrefix ?? '/';
      const { items, page } = itemsPage(
        row.attached.filter((arn) => pathOfPolicy(arn).startsWith(prefix)),
        input,
      );
      return { AttachedPolicies: items.map(attachedView), ...page };
    },
  };
}

/** The path in a policy's ARN: `/`, `/service-role/`. */
const pathOfPolicy = (arn: string) => arn.slice(arn.indexOf(':policy/') + ':policy'.length, arn.lastIndexOf('/') + 1);

export const attachedView = (arn: string): AttachedPolicy => ({
  PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
  PolicyArn: arn,
});
