/** Policies: customer-made ones are rows, AWS's own (`p-FullAWSAccess`) are not. */
import {
  type CreatePolicyRequest,
  type CreatePolicyResponse,
  type DeletePolicyRequest,
  type DescribePolicyRequest,
  type DescribePolicyResponse,
  DuplicatePolicyException,
  type ListPoliciesRequest,
  type ListPoliciesResponse,
  PolicyInUseException,
  PolicyNotFoundException,
  type PolicySummary,
  type UpdatePolicyRequest,
  type UpdatePolicyResponse,
  type Policy as View,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import { type Access, Missing, type Present, type Tag } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import {
  accounts,
  type Organization,
  type OrganizationPolicy,
  type OrganizationPolicyType,
  organizationPolicies,
  units,
} from '../../identity/organization.ts';
import { everyRow } from '../../store/everyRow.ts';
import { awsPolicyArn, policyArn } from './arns.ts';
import { requireWellFormed } from './documents.ts';
import { keepingValid } from './heldPolicies.ts';
import { pageOfStages } from './pages.ts';
import { putTags, tagsOf } from './places.ts';
import { awsPolicy, policyTypes } from './policyTypes.ts';
import { invalid, violated } from './refusals.ts';
import { requireAllFeatures } from './roots.ts';
import { operation, type Seat } from './seats.ts';
import { checkedNewTags } from './tagging.ts';

/** A policy as callers see it, whoever made it. */
export interface Found {
  readonly id: string;
  readonly arn: string;
  readonly type: OrganizationPolicyType;
  readonly name: string;
  readonly description: string;
  readonly content: string;
  readonly awsManaged: boolean;
  readonly tags: readonly Tag[];
}

export const CreatePolicy = operation<Present<CreatePolicyRequest>, CreatePolicyResponse>({
  who: 'delegates',
  access: (input, seat) => ({
    resource: policyArn(seat.organization, input.Type, 'p-*'),
    conditions: { ...requestTags(input.Tags), 'organizations:PolicyType': input.Type },
  }),
  async run({ Type, Name, Description, Content, Tags }, ctx, { organization }) {
    requireAllFeatures(organization);
    const tags = checkedNewTags(Tags);
    requireWellFormed(Type, Content);
    await requireFreeName(ctx, organization, Type, Name);
    const max = quota(ctx, 'OrganizationPoliciesQuota', policyTypes[Type].policiesMax);
    if (!(await ctx.store.fits(organizationPolicies, [organization.id, Type], max, 'type'))) {
      violated('POLICY_NUMBER_LIMIT_EXCEEDED');
    }
    const policy: OrganizationPolicy = {
      organization: organization.id,
      id: `p-${lowerId(10, ctx)}`,
      type: Type,
      name: Name,
      description: Description,
      content: Content,
      updated: ctx.now.toISOString(),
    };
    await ctx.store.insert(organizationPolicies, policy);
    await putTags(ctx, organization, policy.id, tags);
    return { Policy: viewOf(customerPolicy(organization, policy, tags)) };
  },
});

export const UpdatePolicy = operation<Present<UpdatePolicyRequest>, UpdatePolicyResponse, Found>({
  who: 'delegates',
  find: (input, ctx, seat) => findPolicy(ctx, seat, input.PolicyId),
  access: (_input, _seat, policy) => policyAccess(policy),
  async run(input, ctx, { organization }, found) {
    if (found.awsManaged) invalid('IMMUTABLE_POLICY');
    if (input.Content !== undefined) requireWellFormed(found.type, input.Content);
    if (input.Name !== undefined && input.Name !== found.name) {
      await requireFreeName(ctx, organization, found.type, input.Name);
    }
    const policy: OrganizationPolicy = {
      organization: organization.id,
      id: found.id,
      type: found.type,
      name: input.Name ?? found.name,
      description: input.Description ?? found.description,
      content: input.Content ?? found.content,
      updated: ctx.now.toISOString(),
    };
    const places = input.Content === undefined ? [] : await targetsOf(ctx, policy);
    await keepingValid(ctx, organization, { types: [found.type], places }, () =>
      ctx.store.replace(organizationPolicies, policy),
    );
    return { Policy: viewOf(customerPolicy(organization, policy, found.tags)) };
  },
});

export const DeletePolicy = operation<Present<DeletePolicyRequest>, object, Found>({
  who: 'delegates',
  find: (input, ctx, seat) => findPolicy(ctx, seat, input.PolicyId),
  access: (_input, _seat, policy) => policyAccess(policy),
  async run(_input, ctx, { organization }, { id, awsManaged }) {
    if (awsManaged) invalid('IMMUTABLE_POLICY');
    const attached = [organization.id, id];
    const free =
      (await ctx.store.fits(units, attached, 1, 'attached')) &&
      (await ctx.store.fits(accounts, attached, 1, 'attached'));
    if (!free) {
      fail(
        PolicyInUseException,
        'The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts ' +
          'before performing this operation.',
      );
    }
    await ctx.store.remove(organizationPolicies, attached);
    await putTags(ctx, organization, id, []);
    return {};
  },
});

export const DescribePolicy = operation<Present<DescribePolicyRequest>, DescribePolicyResponse, Found>({
  who: 'readers',
  find: (input, ctx, seat) => findPolicy(ctx, seat, input.PolicyId),
  access: (_input, _seat, policy) => policyAccess(policy),
  run: async (_input, _ctx, _seat, policy) => ({ Policy: viewOf(policy) }),
});

export const ListPolicies = operation<Present<ListPoliciesRequest>, ListPoliciesResponse>({
  who: 'readers',
  access: (input) => ({ resource: '*', conditions: { 'organizations:PolicyType': input.Filter } }),
  async run(input, ctx, { organization }) {
    const type = input.Filter;
    const own = policyTypes[type].own;
    const ofAws = async () => ({ rows: own ? [managedPolicy({ type, ...own })] : [] });
    const ofCustomer = async (limit: number, after: string | undefined) => {
      const asked = { limit, after, index: 'type' };
      const { rows, next } = await ctx.store.list(organizationPolicies, [organization.id, type], asked);
      const found = rows.map((policy) => customerPolicy(organization, policy, []));
      return { rows: found, ...(next !== undefined && { next }) };
    };
    const { rows, page } = await pageOfStages<Found>([ofAws, ofCustomer], input);
    return { Policies: rows.map(summaryOf), ...page };
  },
});

async function targetsOf(ctx: Context, { organization, id }: OrganizationPolicy): Promise<string[]> {
  const targets: string[] = [];
  for await (const unit of everyRow(ctx.store, units, [organization, id], 'attached')) targets.push(unit.id);
  for await (const account of everyRow(ctx.store, accounts, [organization, id], 'attached')) targets.push(account.id);
  return targets;
}

export async function findPolicy(ctx: Context, { organization }: Seat, id: string): Promise<Found | Missing> {
  const found = await policyOf(ctx, organization, id);
  return found ?? new Missing('*', awsError(PolicyNotFoundException, "You specified a policy that doesn't exist."));
}

export async function policyOf(ctx: Context, organization: Organization, id: string): Promise<Found | undefined> {
  const managed = awsPolicy(id);
  if (managed) return managedPolicy(managed);
  const row = await ctx.store.get(organizationPolicies, [organization.id, id]);
  return row && customerPolicy(organization, row, await tagsOf(ctx, organization, id));
}

export const policyAccess = (policy: Found): Access => ({
  resource: policy.arn,
  resourceTags: policy.tags,
  conditions: { 'organizations:PolicyType': policy.type },
});

export const summaryOf = ({ id, arn, name, description, type, awsManaged }: Found): PolicySummary => ({
  Id: id,
  Arn: arn,
  Name: name,
  Description: description,
  Type: type,
  AwsManaged: awsManaged,
});

const viewOf = (policy: Found): View => ({ PolicySummary: summaryOf(policy), Content: policy.content });

function customerPolicy(organization: Organization, policy: OrganizationPolicy, tags: readonly Tag[]): Found {
  const { id, type, name, description, content } = policy;
  return { id, arn: policyArn(organization, type, id), type, name, description, content, awsManaged: false, tags };
}

const managedPolicy = (policy: NonNullable<ReturnType<typeof awsPolicy>>): Found => ({
  ...policy,
  arn: awsPolicyArn(policy.type, policy.id),
  awsManaged: true,
  tags: [],
});

async function requireFreeName(ctx: Context, { id }: Organization, type: OrganizationPolicyType, name: string) {
  if (await ctx.store.fits(organizationPolicies, [id, type, name], 1, 'name')) return;
  fail(DuplicatePolicyException, 'A policy with the specified name and type already exists.');
}
