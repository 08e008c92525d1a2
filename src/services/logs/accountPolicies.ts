/**
 * Policies of an account: of data protection and of subscription filters (one of each), of transformers and of field
 * indexes (20, each for groups whose names begin in some way). All other types are refused.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
 */
import {
  type AccountPolicy as AccountPolicyView,
  type DeleteAccountPolicyRequest,
  type DescribeAccountPoliciesRequest,
  type DescribeAccountPoliciesResponse,
  InvalidParameterException,
  type PutAccountPolicyRequest,
  type PutAccountPolicyResponse,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { onAccount } from './access.ts';
import { type Given, kindOf } from './accountPolicyKinds.ts';
import {
  type AccountPolicy,
  accountPolicies,
  GROUP_POLICIES_MAX,
  type GroupPolicy,
  groupPolicies,
} from './accountPolicyRows.ts';

/** What is needed beside the operation's own permission. */
const also = (action: string | undefined): Access[] => (action === undefined ? [] : [{ action, resource: '*' }]);

export const PutAccountPolicy: Operation<
  Present<PutAccountPolicyRequest>,
  PutAccountPolicyResponse,
  readonly Access[]
> = {
  load: async (input, ctx) => (await kindOf(input.policyType)?.access?.(input.policyDocument, ctx)) ?? [],
  access: ({ policyType }, _ctx, more) => [{ resource: '*' }, ...also(kindOf(policyType)?.put), ...more],
  async run(input, ctx) {
    const { policyType, policyName: name, policyDocument: document, selectionCriteria: criteria, dryRun } = input;
    const kind = kindOf(policyType);
    if (!kind) fail(InvalidParameterException, `Policy type ${policyType} is not supported.`);
    if (dryRun) fail(InvalidParameterException, 'A dry run is valid for retention policies only.');
    const given: Given = { name, document, criteria };
    return { accountPolicy: view(await kind.keep(given, ctx)) };
  },
};

const view = (policy: AccountPolicy | GroupPolicy): AccountPolicyView => ({
  policyName: policy.name,
  policyDocument: policy.document,
  lastUpdatedTime: policy.updated,
  policyType: policy.type,
  scope: 'ALL',
  selectionCriteria: policy.criteria ?? writtenOf(policy),
  accountId: policy.account,
});

/** Of policies that were kept without it. */
const writtenOf = (policy: AccountPolicy | GroupPolicy) =>
  'prefixes' in policy && policy.prefixes ? `LogGroupNamePrefix IN ${JSON.stringify(policy.prefixes)}` : undefined;

/** All of a type: there are never many. */
async function policiesOf(ctx: Context, type: string): Promise<(AccountPolicy | GroupPolicy)[]> {
  const { account, region, store } = ctx;
  const one = await store.get(accountPolicies, [account, region, type]);
  const page = { limit: GROUP_POLICIES_MAX + 1 };
  const { rows } = await store.list(groupPolicies, [account, region, type], page);
  return one ? [one, ...rows] : [...rows];
}

export const DescribeAccountPolicies = onAccount<
  Present<DescribeAccountPoliciesRequest>,
  DescribeAccountPoliciesResponse
>(async ({ policyType, policyName, accountIdentifiers = [] }, ctx) => {
  if (accountIdentifiers.length > 0 && !accountIdentifiers.includes(ctx.account)) return { accountPolicies: [] };
  const policies = await policiesOf(ctx, policyType);
  return { accountPolicies: policies.filter(({ name }) => (policyName ?? name) === name).map(view) };
});

export const DeleteAccountPolicy: Operation<Present<DeleteAccountPolicyRequest>, object> = {
  access: ({ policyType }) => [{ resource: '*' }, ...also(kindOf(policyType)?.remove)],
  async run({ policyType, policyName }, ctx) {
    const policy = (await policiesOf(ctx, policyType)).find(({ name }) => name === policyName);
    if (!policy) fail(ResourceNotFoundException, 'The specified account policy does not exist.');
    const key = [ctx.account, ctx.region, policyType];
    if ('since' in policy) await ctx.store.remove(accountPolicies, key);
    else await ctx.store.remove(groupPolicies, [...key, policyName]);
    return {};
  },
};
