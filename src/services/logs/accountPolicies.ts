/** Account-wide policies: of data protection. All other types are refused. */
import {
  type AccountPolicy as AccountPolicyView,
  type DeleteAccountPolicyRequest,
  type DescribeAccountPoliciesRequest,
  type DescribeAccountPoliciesResponse,
  InvalidParameterException,
  LimitExceededException,
  type PutAccountPolicyRequest,
  type PutAccountPolicyResponse,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { onAccount } from './access.ts';
import { type AccountPolicy, accountPolicies, DATA_PROTECTION } from './accountPolicyRows.ts';
import { sensitive } from './dataProtection.ts';

const keyOf = (ctx: Context) => [ctx.account, ctx.region, DATA_PROTECTION];

/** Needs the permission to put such a policy on a group, too. */
export const PutAccountPolicy: Operation<Present<PutAccountPolicyRequest>, PutAccountPolicyResponse> = {
  access: ({ policyType }) => [
    { resource: '*' },
    ...(policyType === DATA_PROTECTION ? [{ action: 'logs:PutDataProtectionPolicy', resource: '*' }] : []),
  ],
  async run({ policyType, policyName: name, policyDocument: document, selectionCriteria }, ctx) {
    if (policyType !== DATA_PROTECTION) fail(InvalidParameterException, `Policy type ${policyType} is not supported.`);
    if (selectionCriteria !== undefined) {
      fail(InvalidParameterException, 'Selection criteria are not supported for data protection policies.');
    }
    sensitive(document);
    const before = await ctx.store.get(accountPolicies, keyOf(ctx));
    if (before && before.name !== name) {
      fail(LimitExceededException, 'Only one account-level data protection policy is allowed.');
    }
    const updated = ctx.now.getTime();
    const { account, region } = ctx;
    const since = before?.since ?? updated;
    const policy: AccountPolicy = { account, region, type: DATA_PROTECTION, name, document, updated, since };
    await ctx.store.replace(accountPolicies, policy);
    return { accountPolicy: view(policy) };
  },
};

const view = (policy: AccountPolicy): AccountPolicyView => ({
  policyName: policy.name,
  policyDocument: policy.document,
  lastUpdatedTime: policy.updated,
  policyType: policy.type,
  scope: 'ALL',
  accountId: policy.account,
});

export const DescribeAccountPolicies = onAccount<
  Present<DescribeAccountPoliciesRequest>,
  DescribeAccountPoliciesResponse
>(async ({ policyType, policyName, accountIdentifiers = [] }, ctx) => {
  const policy = await ctx.store.get(accountPolicies, keyOf(ctx));
  const asked =
    policyType === DATA_PROTECTION &&
    (policyName ?? policy?.name) === policy?.name &&
    (accountIdentifiers.length === 0 || accountIdentifiers.includes(ctx.account));
  return { accountPolicies: policy && asked ? [view(policy)] : [] };
});

export const DeleteAccountPolicy: Operation<Present<DeleteAccountPolicyRequest>, object> = {
  access: ({ policyType }) => [
    { resource: '*' },
    ...(policyType === DATA_PROTECTION ? [{ action: 'logs:DeleteDataProtectionPolicy', resource: '*' }] : []),
  ],
  async run({ policyType, policyName }, ctx) {
    const policy = await ctx.store.get(accountPolicies, keyOf(ctx));
    if (policyType !== DATA_PROTECTION || policy?.name !== policyName) {
      fail(ResourceNotFoundException, 'The specified account policy does not exist.');
    }
    await ctx.store.remove(accountPolicies, keyOf(ctx));
    return {};
  },
};
