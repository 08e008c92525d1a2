/** Which managed policies there are, and who uses one. */
import type {
  ListEntitiesForPolicyRequest,
  ListEntitiesForPolicyResponse,
  ListPoliciesRequest,
  ListPoliciesResponse,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { managedPolicies as awsPolicies } from '../../identity/managedPolicies.ts';
import { type Group, groups, managedPolicies, type Role, roles, type User, users } from '../../identity/principals.ts';
import type { Table } from '../../store/store.ts';
import {
  attachmentCount,
  awsPolicyOf,
  boundaryCount,
  findPolicy,
  type Policy,
  policyAccess,
  policyOf,
  policyView,
} from './policies.ts';
import { listStage, rowsStage, type Stage, walk } from './walks.ts';

/** A customer's own policies first, then AWS's. */
export const ListPolicies: Operation<Present<ListPoliciesRequest>, ListPoliciesResponse> = {
  // AWS's own words for the resource. It is no ARN, so that only a Resource of `*` grants it.
  access: (input) => ({ resource: `policy path ${input.PathPrefix ?? '/'}` }),
  async run(input, ctx) {
    const prefix = input.PathPrefix ?? '/';
    const own = rowsStage(ctx, managedPolicies, [ctx.account], { index: 'path', startsWith: prefix }, policyOf);
    const stages: Stage<Policy>[] = input.Scope === 'AWS' ? [] : [own];
    if (input.Scope !== 'Local')
      stages.push(
        listStage(
          awsPolicies()
            .filter(({ path }) => path.startsWith(prefix))
            .map(awsPolicyOf),
        ),
      );
    const { items, page } = await walk(stages, input, (policy) => isAsked(ctx, policy, input));
    return { Policies: await Promise.all(items.map((policy) => policyView(ctx, policy))), ...page };
  },
};

/** PolicyUsageFilter keeps what is used in that way; OnlyAttached what is attached to somebody. */
async function isAsked(ctx: Context, policy: Policy, input: ListPoliciesRequest): Promise<boolean> {
  if (!policy.path.startsWith(input.PathPrefix ?? '/')) return false;
  if (input.PolicyUsageFilter === 'PermissionsBoundary') return (await boundaryCount(ctx, policy.arn)) > 0;
  const wanted = input.OnlyAttached === true || input.PolicyUsageFilter === 'PermissionsPolicy';
  return !wanted || (await attachmentCount(ctx, policy.arn)) > 0;
}

type Entity = { readonly isBounded: boolean } & (
  | { readonly kind: 'Group'; readonly row: Group }
  | { readonly kind: 'User'; readonly row: User }
  | { readonly kind: 'Role'; readonly row: Role }
);

/** Groups, then users, then roles that have the policy; then those bounded by it, who are not told twice. */
export const ListEntitiesForPolicy: Operation<
  Present<ListEntitiesForPolicyRequest>,
  ListEntitiesForPolicyResponse,
  Policy
> = {
  load: (input, ctx) => findPolicy(ctx, input.PolicyArn),
  access: (_input, _ctx, policy) => policyAccess(policy),
  async run(input, ctx, policy) {
    const isBoth = input.PolicyUsageFilter === undefined;
    const { items, page } = await walk(entityStages(ctx, policy.arn, input), input, ({ row, isBounded }) => {
      if (isBoth && isBounded && row.attached.includes(policy.arn)) return false;
      return row.path.startsWith(input.PathPrefix ?? '/');
    });
    return {
      PolicyGroups: of(items, 'Group').map(({ row }) => ({ GroupName: row.name, GroupId: row.id })),
      PolicyUsers: of(items, 'User').map(({ row }) => ({ UserName: row.name, UserId: row.id })),
      PolicyRoles: of(items, 'Role').map(({ row }) => ({ RoleName: row.name, RoleId: row.id })),
      ...page,
    };
  },
};

const of = <K extends Entity['kind']>(items: readonly Entity[], kind: K) =>
  items.filter((item): item is Extract<Entity, { kind: K }> => item.kind === kind);

function entityStages(ctx: Context, arn: string, input: ListEntitiesForPolicyRequest): Stage<Entity>[] {
  const stages: Stage<Entity>[] = [];
  const add = <R>(kind: Entity['kind'], table: Table<R>, index: string) => {
    if (input.EntityFilter !== undefined && input.EntityFilter !== kind) return;
    const entity = (row: R) => ({ kind, row, isBounded: index === 'boundary' }) as unknown as Entity;
    stages.push(rowsStage(ctx, table, [ctx.account, arn], { index }, entity));
  };
  if (input.PolicyUsageFilter !== 'PermissionsBoundary') {
    add('Group', groups, 'attached');
    add('User', users, 'attached');
    add('Role', roles, 'attached');
  }
  if (input.PolicyUsageFilter !== 'PermissionsPolicy') {
    add('User', users, 'boundary');
    add('Role', roles, 'boundary');
  }
  return stages;
}
