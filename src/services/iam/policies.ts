/** Managed policies: a customer's own, and AWS's, which look the same to whoever reads them. */
import {
  type CreatePolicyRequest,
  type CreatePolicyResponse,
  DeleteConflictException,
  type DeletePolicyRequest,
  EntityAlreadyExistsException,
  type GetPolicyRequest,
  type GetPolicyResponse,
  LimitExceededException,
  NoSuchEntityException,
  type Policy as SdkPolicy,
} from '@aws-sdk/client-iam';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { AccessDenied, awsError, fail, ValidationFailure } from '../../core/errors.ts';
import { uniqueId } from '../../core/ids.ts';
import { type Access, Missing, type Operation, type Present, type Tag } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { type AwsManagedPolicy, managedPolicy, managedPolicyDocument } from '../../identity/managedPolicies.ts';
import {
  byName,
  groups,
  type ManagedPolicy,
  managedPolicies,
  type PolicyVersion,
  policyArn,
  roles,
  users,
} from '../../identity/principals.ts';
import { checkDocument, checkSize } from './documents.ts';
import { tagging } from './tagging.ts';
import { iamResourceTags, newTags, tagsView } from './tags.ts';

/** A managed policy, whoever made it. `row` is there for a customer's. */
export interface Policy {
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly created: string;
  readonly updated: string;
  readonly description: string | undefined;
  readonly tags: readonly Tag[];
  readonly defaultVersion: string;
  readonly versions: readonly VersionHead[];
  readonly row?: ManagedPolicy;
}

/** A version without its document. When an old version of one of AWS's policies was made is not always known. */
export type VersionHead = Pick<PolicyVersion, 'id'> & { readonly created: string | undefined };

/** The document of a version, as it was written; undefined if there is no such version. */
export const documentOf = (policy: Policy, version: string): string | undefined =>
  policy.row
    ? policy.row.versions.find(({ id }) => id === version)?.document
    : managedPolicyDocument(policy.arn, version);

export const CreatePolicy: Operation<Present<CreatePolicyRequest>, CreatePolicyResponse> = {
  access: (input, ctx) => ({
    resource: policyArn({ account: ctx.account, path: input.Path ?? '/', name: input.PolicyName }),
    conditions: requestTags(input.Tags),
  }),
  async run(input, ctx) {
    checkDocument(input.PolicyDocument, 'identity');
    checkSize(input.PolicyDocument, 'PolicySize', policySizeMax(ctx));
    const row = newPolicy(input, ctx);
    const max = quota(ctx, 'PoliciesQuota', 1500);
    if (!(await ctx.store.fits(managedPolicies, [ctx.account], max))) {
      fail(LimitExceededException, `Cannot exceed quota for PoliciesPerAccount: ${max}`);
    }
    if (!(await ctx.store.insert(managedPolicies, row))) {
      const sentence = `A policy called ${input.PolicyName} already exists. Duplicate names are not allowed.`;
      fail(EntityAlreadyExistsException, sentence);
    }
    return { Policy: { ...(await policyView(ctx, policyOf(row))), ...tagsView(row.tags) } };
  },
};

export const policySizeMax = (ctx: Context) => quota(ctx, 'PolicySizeQuota', 6144);

function newPolicy(input: Present<CreatePolicyRequest>, ctx: Context): ManagedPolicy {
  const created = ctx.now.toISOString();
  return {
    account: ctx.account,
    name: input.PolicyName,
    path: input.Path ?? '/',
    id: uniqueId('ANPA', ctx),
    created,
    updated: created,
    ...(input.Description ? { description: input.Description } : {}),
    tags: newTags(input.Tags, 'TagsPerPolicy'),
    defaultVersion: 'v1',
    lastVersion: 1,
    versions: [{ id: 'v1', document: input.PolicyDocument, created }],
  };
}

export const GetPolicy: Operation<Present<GetPolicyRequest>, GetPolicyResponse, Policy> = {
  load: (input, ctx) => findPolicy(ctx, input.PolicyArn),
  access: (_input, _ctx, policy) => policyAccess(policy),
  async run(_input, ctx, policy) {
    const description = policy.description === undefined ? {} : { Description: policy.description };
    return { Policy: { ...(await policyView(ctx, policy)), ...description, Tags: [...policy.tags] } };
  },
};

export const DeletePolicy: Operation<Present<DeletePolicyRequest>, object, Policy> = {
  load: (input, ctx) => findPolicy(ctx, input.PolicyArn),
  access: (_input, _ctx, policy) => policyAccess(policy),
  async run(_input, ctx, policy) {
    const row = ownPolicy(ctx, policy, 'DeletePolicy');
    if (!(await isUnused(ctx, policy.arn))) {
      fail(DeleteConflictException, 'Cannot delete a policy attached to entities.');
    }
    if (row.versions.length > 1) {
      const sentence =
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. " +
        'The default version is deleted with the policy.';
      fail(DeleteConflictException, sentence);
    }
    await ctx.store.remove(managedPolicies, byName(row.account, row.name));
    return {};
  },
};

export const {
  Tag: TagPolicy,
  Untag: UntagPolicy,
  List: ListPolicyTags,
} = tagging<Policy, { readonly PolicyArn: string }>({
  find: (ctx, input) => findPolicy(ctx, input.PolicyArn),
  access: policyAccess,
  quotaName: 'TagsPerPolicy',
  async save(ctx, policy, tags, operation) {
    await ctx.store.replace(managedPolicies, { ...ownPolicy(ctx, policy, operation), tags });
  },
});

/** The managed policy of an ARN, AWS's or one of the caller's account; undefined if there is none. */
export async function lookUpPolicy(ctx: Context, arn: string): Promise<Policy | undefined> {
  const parsed = parseArn(arn);
  if (!parsed) throw new ValidationFailure('Invalid ARN:  Could not be parsed!');
  if (parsed.service !== 'iam' || !parsed.resource.startsWith('policy/')) {
    throw new ValidationFailure(`ARN ${arn} is not valid.`);
  }
  if (parsed.account === 'aws') {
    const policy = managedPolicy(arn);
    return policy && awsPolicyOf(policy);
  }
  if (parsed.account !== ctx.account) return undefined;
  const row = await ctx.store.get(managedPolicies, byName(parsed.account, parsed.resource.split('/').at(-1)!));
  return row && policyArn(row) === arn ? policyOf(row) : undefined;
}

/** The managed policy that an operation is about. */
export async function findPolicy(ctx: Context, arn: string): Promise<Policy | Missing> {
  const policy = await lookUpPolicy(ctx, arn);
  return policy ?? new Missing(arn, awsError(NoSuchEntityException, `Policy ${arn} was not found.`));
}

/** The row of a policy that the caller's account made: AWS's own policies cannot be changed. */
export function ownPolicy(ctx: Context, policy: Policy, operation: string): ManagedPolicy {
  if (policy.row) return policy.row;
  const sentence = `User: ${ctx.caller.arn} is not authorized to perform: iam:${operation} on resource: policy ${policy.arn}`;
  throw new AccessDenied(sentence);
}

export function policyAccess(policy: Policy, conditions: Access['conditions'] = {}): Access {
  return {
    resource: policy.arn,
    resourceTags: policy.tags,
    conditions: { ...iamResourceTags(policy.tags), ...conditions },
  };
}

export const policyOf = (row: ManagedPolicy): Policy => ({
  ...row,
  arn: policyArn(row),
  description: row.description,
  row,
});

export const awsPolicyOf = ({ version, document: _, ...policy }: AwsManagedPolicy): Policy => ({
  ...policy,
  description: undefined,
  tags: [],
  defaultVersion: version,
});

/** How a policy looks in lists. */
export async function policyView(ctx: Context, policy: Policy): Promise<SdkPolicy> {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: await attachmentCount(ctx, policy.arn),
    PermissionsBoundaryUsageCount: await boundaryCount(ctx, policy.arn),
    IsAttachable: policy.path !== '/root-task/',
    CreateDate: new Date(policy.created),
    UpdateDate: new Date(policy.updated),
  };
}

/** Users, groups and roles of the caller's account that have the policy attached. */
export async function attachmentCount(ctx: Context, arn: string): Promise<number> {
  const key = [ctx.account, arn];
  let total = 0;
  for (const table of [users, groups, roles]) total += await ctx.store.count(table as typeof users, key, 'attached');
  return total;
}

export async function boundaryCount(ctx: Context, arn: string): Promise<number> {
  const key = [ctx.account, arn];
  return (await ctx.store.count(users, key, 'boundary')) + (await ctx.store.count(roles, key, 'boundary'));
}

/** Nobody has it attached or as a boundary. Asked by quota, so that it is asked again when the write set commits. */
async function isUnused(ctx: Context, arn: string): Promise<boolean> {
  const key = [ctx.account, arn];
  for (const table of [users, groups, roles] as (typeof users)[]) {
    if (!(await ctx.store.fits(table, key, 1, 'attached'))) return false;
  }
  return (await ctx.store.fits(users, key, 1, 'boundary')) && ctx.store.fits(roles, key, 1, 'boundary');
}
