/** Versions of managed policies: at most five, one of them the default, numbers never used again. */
import {
  type CreatePolicyVersionRequest,
  type CreatePolicyVersionResponse,
  DeleteConflictException,
  type DeletePolicyVersionRequest,
  type GetPolicyVersionRequest,
  type GetPolicyVersionResponse,
  LimitExceededException,
  type ListPolicyVersionsRequest,
  type ListPolicyVersionsResponse,
  NoSuchEntityException,
  type PolicyVersion as SdkVersion,
  type SetDefaultPolicyVersionRequest,
} from '@aws-sdk/client-iam';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { type ManagedPolicy, managedPolicies, type PolicyVersion } from '../../identity/principals.ts';
import { checkDocument, checkSize, encodedDocument } from './documents.ts';
import { itemsPage } from './pages.ts';
import {
  documentOf,
  findPolicy,
  ownPolicy,
  type Policy,
  policyAccess,
  policySizeMax,
  type VersionHead,
} from './policies.ts';

export const CreatePolicyVersion: Operation<
  Present<CreatePolicyVersionRequest>,
  CreatePolicyVersionResponse,
  Policy
> = {
  load: (input, ctx) => findPolicy(ctx, input.PolicyArn),
  access: (_input, _ctx, policy) => policyAccess(policy),
  async run(input, ctx, policy) {
    const row = ownPolicy(ctx, policy, 'CreatePolicyVersion');
    checkDocument(input.PolicyDocument, 'identity');
    checkSize(input.PolicyDocument, 'PolicySize', policySizeMax(ctx));
    const max = quota(ctx, 'VersionsPerPolicyQuota', 5);
    if (row.versions.length >= max) {
      const sentence =
        `A managed policy can have up to ${max} versions. Before you create a new version, ` +
        'you must delete an existing version.';
      fail(LimitExceededException, sentence);
    }
    const changed = withVersion(row, input.PolicyDocument, ctx.now.toISOString(), input.SetAsDefault === true);
    await ctx.store.replace(managedPolicies, changed);
    return { PolicyVersion: versionView(changed, changed.versions.at(-1)!) };
  },
};

function withVersion(row: ManagedPolicy, document: string, created: string, isDefault: boolean): ManagedPolicy {
  const lastVersion = row.lastVersion + 1;
  const version: PolicyVersion = { id: `v${lastVersion}`, document, created };
  const versions = [...row.versions, version];
  return { ...row, lastVersion, versions, updated: created, ...(isDefault ? { defaultVersion: version.id } : {}) };
}

export const GetPolicyVersion: Operation<Present<GetPolicyVersionRequest>, GetPolicyVersionResponse, Policy> = {
  load: (input, ctx) => findPolicy(ctx, input.PolicyArn),
  access: (_input, _ctx, policy) => policyAccess(policy),
  async run(input, _ctx, policy) {
    const version = versionOf(policy, input.VersionId);
    const document = documentOf(policy, version.id) ?? noSuchVersion(policy, version.id);
    return { PolicyVersion: { Document: encodedDocument(document), ...versionView(policy, version) } };
  },
};

/** Newest first, as AWS lists them. */
export const ListPolicyVersions: Operation<Present<ListPolicyVersionsRequest>, ListPolicyVersionsResponse, Policy> = {
  load: (input, ctx) => findPolicy(ctx, input.PolicyArn),
  access: (_input, _ctx, policy) => policyAccess(policy),
  async run(input, _ctx, policy) {
    const { items, page } = itemsPage(policy.versions.toReversed(), input);
    return { Versions: items.map((version) => versionView(policy, version)), ...page };
  },
};

export const SetDefaultPolicyVersion: Operation<Present<SetDefaultPolicyVersionRequest>, object, Policy> = {
  load: (input, ctx) => findPolicy(ctx, input.PolicyArn),
  access: (_input, _ctx, policy) => policyAccess(policy),
  async run(input, ctx, policy) {
    const row = ownPolicy(ctx, policy, 'SetDefaultPolicyVersion');
    const { id } = versionOf(policy, input.VersionId);
    await ctx.store.replace(managedPolicies, { ...row, defaultVersion: id, updated: ctx.now.toISOString() });
    return {};
  },
};

export const DeletePolicyVersion: Operation<Present<DeletePolicyVersionRequest>, object, Policy> = {
  load: (input, ctx) => findPolicy(ctx, input.PolicyArn),
  access: (_input, _ctx, policy) => policyAccess(policy),
  async run(input, ctx, policy) {
    const row = ownPolicy(ctx, policy, 'DeletePolicyVersion');
    const { id } = versionOf(policy, input.VersionId);
    if (id === row.defaultVersion) {
      fail(DeleteConflictException, 'Cannot delete the default version of a policy.');
    }
    const versions = row.versions.filter((version) => version.id !== id);
    await ctx.store.replace(managedPolicies, { ...row, versions, updated: ctx.now.toISOString() });
    return {};
  },
};

const versionOf = (policy: Policy, id: string): VersionHead =>
  policy.versions.find((known) => known.id === id) ?? noSuchVersion(policy, id);

const noSuchVersion = (policy: Policy, id: string): never =>
  fail(NoSuchEntityException, `Policy ${policy.arn} version ${id} does not exist or is not attachable.`);

export const versionView = (policy: Pick<Policy, 'defaultVersion'>, version: VersionHead): SdkVersion => ({
  VersionId: version.id,
  IsDefaultVersion: version.id === policy.defaultVersion,
  ...(version.created === undefined ? {} : { CreateDate: new Date(version.created) }),
});
