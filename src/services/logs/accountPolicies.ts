/**
 * Policies of an account: of data protection and of subscription filters (one of each), of transformers, field indexes
 * and retention (20, each for groups whose names begin in some way).
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
 */
import {
  type AccountPolicy as AccountPolicyView,
  type DeleteAccountPolicyRequest,
  type DeleteAccountPolicyResponse,
  type DescribeAccountPoliciesRequest,
  type DescribeAccountPoliciesResponse,
  InvalidParameterException,
  type PutAccountPolicyRequest,
  type PutAccountPolicyResponse,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { fail } from '../../core/errors.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { onAccount } from './access.ts';
import { type Given, type Kept, kindOf } from './accountPolicyKinds.ts';

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
    const given: Given = { name, document, criteria };
    if (dryRun) return { dryRunResult: await (kind.impact ?? noDryRun()).ofPut(given, ctx) };
    return { accountPolicy: view(await kind.keep(given, ctx)) };
  },
};

const noDryRun = () => fail(InvalidParameterException, 'A dry run is valid for retention policies only.');

const view = (policy: Kept): AccountPolicyView => ({
  policyName: policy.name,
  policyDocument: policy.document,
  lastUpdatedTime: policy.updated,
  policyType: policy.type,
  scope: 'ALL',
  selectionCriteria: policy.criteria ?? writtenOf(policy),
  accountId: policy.account,
});

/** Of policies that were kept without it. */
const writtenOf = (policy: Kept) =>
  'prefixes' in policy && policy.prefixes ? `LogGroupNamePrefix IN ${JSON.stringify(policy.prefixes)}` : undefined;

export const DescribeAccountPolicies = onAccount<
  Present<DescribeAccountPoliciesRequest>,
  DescribeAccountPoliciesResponse
>(async ({ policyType, policyName, accountIdentifiers = [] }, ctx) => {
  if (accountIdentifiers.length > 0 && !accountIdentifiers.includes(ctx.account)) return { accountPolicies: [] };
  const policies = (await kindOf(policyType)?.all(ctx)) ?? [];
  return { accountPolicies: policies.filter(({ name }) => (policyName ?? name) === name).map(view) };
});

export const DeleteAccountPolicy: Operation<Present<DeleteAccountPolicyRequest>, DeleteAccountPolicyResponse> = {
  access: ({ policyType }) => [{ resource: '*' }, ...also(kindOf(policyType)?.remove)],
  async run({ policyType, policyName, dryRun }, ctx) {
    const kind = kindOf(policyType);
    const policies = (await kind?.all(ctx)) ?? [];
    if (!kind || !policies.some(({ name }) => name === policyName)) {
      return fail(ResourceNotFoundException, 'The specified account policy does not exist.');
    }
    if (dryRun) return { dryRunResult: await (kind.impact ?? noDryRun()).ofDeletion(policyName, ctx) };
    await kind.drop(policyName, ctx);
    return {};
  },
};
