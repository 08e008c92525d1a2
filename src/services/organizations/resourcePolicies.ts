/**
 * The delegation policy: a resource-based policy of the organization, by which the management account lets member
 * accounts manage policies. It is narrower than IAM's language: member accounts as principals, actions that can be
 * delegated, no NotAction and no NotResource ("Create a resource-based delegation policy" in the user guide).
 */
import {
  type DescribeResourcePolicyResponse,
  InvalidInputException,
  type PutResourcePolicyRequest,
  type PutResourcePolicyResponse,
  ResourcePolicyNotFoundException,
  type ResourcePolicy as View,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import { Missing, type Present, type Tag } from '../../core/operation.ts';
import { requestTags } from '../../core/tags.ts';
import type { Organization } from '../../identity/organization.ts';
import { matchesPattern, parsePolicy, type StatementElement, validatePolicy } from '../../policy/index.ts';
import { resourcePolicyArn } from './arns.ts';
import { memberOf, putTags, tagsOf } from './places.ts';
import { invalid } from './refusals.ts';
import { type ResourcePolicy, resourcePolicies } from './resourcePolicyRows.ts';
import { operation, type Seat } from './seats.ts';
import { checkedNewTags } from './tagging.ts';

interface Found {
  readonly policy?: ResourcePolicy | undefined;
  readonly tags: readonly Tag[];
}

export const PutResourcePolicy = operation<Present<PutResourcePolicyRequest>, PutResourcePolicyResponse, Found>({
  who: 'management',
  find: async (_input, ctx, { organization }) => (await found(ctx, organization)) ?? { tags: [] },
  access: (input, seat, { policy, tags }) => ({
    resource: resourcePolicyArn(seat.organization, policy?.id ?? 'rp-*'),
    resourceTags: tags,
    conditions: requestTags(input.Tags),
  }),
  async run({ Content, Tags }, ctx, { organization }, { policy }) {
    await requireDelegation(ctx, organization, Content);
    if (policy && Tags?.length) {
      fail(InvalidInputException, 'You can specify tags only when you create the resource policy.');
    }
    const row = { organization: organization.id, id: policy?.id ?? `rp-${lowerId(8, ctx)}`, content: Content };
    await ctx.store.replace(resourcePolicies, row);
    if (!policy) await putTags(ctx, organization, row.id, checkedNewTags(Tags));
    return { ResourcePolicy: viewOf(organization, row) };
  },
});

export const DescribeResourcePolicy = operation<object, DescribeResourcePolicyResponse, Found>({
  who: 'readers',
  find: (_input, ctx, seat) => findPolicy(ctx, seat),
  run: async (_input, _ctx, { organization }, { policy }) => ({
    ResourcePolicy: policy && viewOf(organization, policy),
  }),
});

export const DeleteResourcePolicy = operation<object, object, Found>({
  who: 'management',
  find: (_input, ctx, seat) => findPolicy(ctx, seat),
  async run(_input, ctx, { organization }, { policy }) {
    await ctx.store.remove(resourcePolicies, [organization.id]);
    if (policy) await putTags(ctx, organization, policy.id, []);
    return {};
  },
});

async function found(ctx: Context, organization: Organization): Promise<Found | undefined> {
  const policy = await ctx.store.get(resourcePolicies, [organization.id]);
  return policy && { policy, tags: await tagsOf(ctx, organization, policy.id) };
}

async function findPolicy(ctx: Context, { organization }: Seat): Promise<Found | Missing> {
  const error = awsError(
    ResourcePolicyNotFoundException,
    "We can't find a resource policy request with the parameter that you specified.",
  );
  return (await found(ctx, organization)) ?? new Missing('*', error);
}

const DELEGABLE = [
  ...['AttachPolicy', 'CreatePolicy', 'DeletePolicy', 'DescribeAccount', 'DescribeCreateAccountStatus'],
  ...['DescribeEffectivePolicy', 'DescribeHandshake', 'DescribeOrganization', 'DescribeOrganizationalUnit'],
  ...['DescribePolicy', 'DescribeResourcePolicy', 'DetachPolicy', 'DisablePolicyType', 'EnablePolicyType'],
  ...['ListAccounts', 'ListAccountsForParent', 'ListAWSServiceAccessForOrganization', 'ListChildren'],
  ...['ListCreateAccountStatus', 'ListDelegatedAdministrators', 'ListDelegatedServicesForAccount'],
  ...['ListHandshakesForAccount', 'ListHandshakesForOrganization', 'ListOrganizationalUnitsForParent', 'ListParents'],
  ...['ListPolicies', 'ListPoliciesForTarget', 'ListRoots', 'ListTagsForResource', 'ListTargetsForPolicy'],
  ...['TagResource', 'UntagResource', 'UpdatePolicy'],
].map((name) => `organizations:${name}`.toLowerCase());

async function requireDelegation(ctx: Context, organization: Organization, content: string): Promise<void> {
  const fault = validatePolicy(content, 'resource');
  if (fault !== undefined) invalid('INVALID_RESOURCE_POLICY_JSON', fault);
  for (const statement of parsePolicy(content).statements) {
    const actions = statement.action ?? invalid('UNSUPPORTED_ACTION_IN_RESOURCE_POLICY');
    if (!actions.every(isDelegable)) invalid('UNSUPPORTED_ACTION_IN_RESOURCE_POLICY');
    const resources = statement.resource ?? invalid('UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY');
    if (!resources.every((resource) => isOwn(organization, resource)))
      invalid('UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY');
    await requireMembers(ctx, organization, statement);
  }
}

const isDelegable = (action: string) =>
  action.toLowerCase().startsWith('organizations:') &&
  DELEGABLE.some((name) => matchesPattern(action.toLowerCase(), name));

const isOwn = ({ management }: Organization, resource: string) =>
  resource === '*' || new RegExp(`^arn:aws:organizations::(${management}|aws|\\*):`).test(resource);

async function requireMembers(ctx: Context, organization: Organization, statement: StatementElement): Promise<void> {
  const { principal } = statement;
  if (!principal || principal.any || principal.AWS.length === 0) return invalid('INVALID_PRINCIPAL');
  if (principal.Service.length + principal.Federated.length + principal.CanonicalUser.length > 0) {
    invalid('INVALID_PRINCIPAL');
  }
  for (const name of principal.AWS) {
    const account = /^(?:arn:aws:(?:iam|sts)::)?(\d{12})(?::.+)?$/.exec(name)?.[1] ?? invalid('INVALID_PRINCIPAL');
    if (!(await memberOf(ctx, organization, account))) invalid('INVALID_PRINCIPAL');
  }
}

const viewOf = (organization: Organization, { id, content }: ResourcePolicy): View => ({
  ResourcePolicySummary: { Id: id, Arn: resourcePolicyArn(organization, id) },
  Content: content,
});
