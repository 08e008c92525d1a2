/** GetAccountAuthorizationDetails: everybody and everything that IAM decides by, in one listing. */
import type {
  GetAccountAuthorizationDetailsRequest,
  GetAccountAuthorizationDetailsResponse,
  GroupDetail,
  ManagedPolicyDetail,
  PolicyDetail,
  RoleDetail,
  UserDetail,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { managedPolicies as awsPolicies } from '../../identity/managedPolicies.ts';
import {
  type Group,
  groupArn,
  groups,
  managedPolicies,
  type PolicyHolder,
  type Role,
  roles,
  type User,
  userArn,
  users,
} from '../../identity/principals.ts';
import { attachedView } from './attachments.ts';
import { boundaryView } from './boundaries.ts';
import { encodedDocument } from './documents.ts';
import { instanceProfiles, profileView } from './instanceProfiles.ts';
import {
  attachmentCount,
  awsPolicyOf,
  boundaryCount,
  documentOf,
  type Policy,
  policyOf,
  policyView,
} from './policies.ts';
import { versionView } from './policyVersions.ts';
import { lastUsedView, plainView } from './roleViews.ts';
import { listStage, rowsStage, type Stage, walk } from './walks.ts';

type Item =
  | { readonly kind: 'User'; readonly row: User }
  | { readonly kind: 'Group'; readonly row: Group }
  | { readonly kind: 'Role'; readonly row: Role }
  | { readonly kind: 'LocalManagedPolicy' | 'AWSManagedPolicy'; readonly row: Policy };

type GetDetails = Operation<Present<GetAccountAuthorizationDetailsRequest>, GetAccountAuthorizationDetailsResponse>;
export const GetAccountAuthorizationDetails: GetDetails = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    await ctx.journal.catchUp();
    const wanted = new Set<string>(input.Filter?.length ? input.Filter : Object.keys(STAGES));
    const stages = Object.entries(STAGES).flatMap(([kind, stage]) => (wanted.has(kind) ? [stage(ctx)] : []));
    const { items, page } = await walk(stages, input, (item) => isInUse(ctx, item));
    const output = { UserDetailList: [], GroupDetailList: [], RoleDetailList: [], Policies: [] } as Output;
    for (const item of items) await add(ctx, output, item);
    return { ...output, ...page };
  },
};

interface Output {
  readonly UserDetailList: UserDetail[];
  readonly GroupDetailList: GroupDetail[];
  readonly RoleDetailList: RoleDetail[];
  readonly Policies: ManagedPolicyDetail[];
}

const STAGES: Readonly<Record<Item['kind'], (ctx: Context) => Stage<Item>>> = {
  User: (ctx) => rowsStage(ctx, users, [ctx.account], {}, (row) => ({ kind: 'User', row })),
  Group: (ctx) => rowsStage(ctx, groups, [ctx.account], {}, (row) => ({ kind: 'Group', row })),
  Role: (ctx) => rowsStage(ctx, roles, [ctx.account], {}, (row) => ({ kind: 'Role', row })),
  LocalManagedPolicy: (ctx) =>
    rowsStage(ctx, managedPolicies, [ctx.account], {}, (row) => ({ kind: 'LocalManagedPolicy', row: policyOf(row) })),
  AWSManagedPolicy: () =>
    listStage(awsPolicies().map((policy) => ({ kind: 'AWSManagedPolicy', row: awsPolicyOf(policy) }))),
};

/** Of AWS's policies only those that somebody has. */
async function isInUse(ctx: Context, item: Item): Promise<boolean> {
  if (item.kind !== 'AWSManagedPolicy') return true;
  return (await attachmentCount(ctx, item.row.arn)) > 0 || (await boundaryCount(ctx, item.row.arn)) > 0;
}

async function add(ctx: Context, output: Output, item: Item): Promise<void> {
  if (item.kind === 'User') output.UserDetailList.push(userDetail(item.row));
  else if (item.kind === 'Group') output.GroupDetailList.push(groupDetail(item.row));
  else if (item.kind === 'Role') output.RoleDetailList.push(await roleDetail(ctx, item.row));
  else output.Policies.push(await policyDetail(ctx, item.row));
}

const inlineView = (row: PolicyHolder): PolicyDetail[] =>
  Object.entries(row.inline).map(([PolicyName, document]) => ({
    PolicyName,
    PolicyDocument: encodedDocument(document),
  }));

const userDetail = (user: User): UserDetail => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.id,
  Arn: userArn(user),
  CreateDate: new Date(user.created),
  ...(Object.keys(user.inline).length > 0 ? { UserPolicyList: inlineView(user) } : {}),
  GroupList: [...user.groups],
  AttachedManagedPolicies: user.attached.map(attachedView),
  ...boundaryView(user),
  Tags: [...user.tags],
});

const groupDetail = (group: Group): GroupDetail => ({
  Path: group.path,
  GroupName: group.name,
  GroupId: group.id,
  Arn: groupArn(group),
  CreateDate: new Date(group.created),
  GroupPolicyList: inlineView(group),
  AttachedManagedPolicies: group.attached.map(attachedView),
});

async function roleDetail(ctx: Context, role: Role): Promise<RoleDetail> {
  const prefix = [ctx.account, role.id];
  const { rows } = await ctx.store.list(instanceProfiles, prefix, { index: 'role', limit: 1000 });
  return {
    ...(await plainView(ctx, role)),
    InstanceProfileList: await Promise.all(rows.map((profile) => profileView(ctx, profile))),
    RolePolicyList: inlineView(role),
    AttachedManagedPolicies: role.attached.map(attachedView),
    ...boundaryView(role),
    Tags: [...role.tags],
    RoleLastUsed: await lastUsedView(ctx, role),
  };
}

/** All versions of a customer's policy; of AWS's the one in force. */
async function policyDetail(ctx: Context, policy: Policy): Promise<ManagedPolicyDetail> {
  const versions = policy.row
    ? policy.versions.toReversed()
    : policy.versions.filter(({ id }) => id === policy.defaultVersion);
  return {
    ...(await policyView(ctx, policy)),
    ...(policy.description === undefined ? {} : { Description: policy.description }),
    PolicyVersionList: versions.map((version) => ({
      Document: encodedDocument(documentOf(policy, version.id) ?? ''),
      ...versionView(policy, version),
    })),
  };
}
