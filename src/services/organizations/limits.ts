/** The published limits, with the policy types and operations that AWS added after they were published. */
import { EffectivePolicyType, PolicyType } from '@aws-sdk/client-organizations';
import type { Limits } from '../../core/operation.ts';
import published from './limits.json' with { type: 'json' };

const given = published as unknown as Limits;
const policyType = { required: true, enum: Object.values(PolicyType) };
const effectiveType = { required: true, enum: Object.values(EffectivePolicyType) };
const page = { NextToken: { length: [0, 100_000] }, MaxResults: { range: [1, 20] } } as const;
const account = { required: true, length: [0, 12], pattern: '^\\d{12}$' } as const;

export const limits: Limits = {
  ...given,
  CreatePolicy: { ...given.CreatePolicy, Type: policyType },
  EnablePolicyType: { ...given.EnablePolicyType, PolicyType: policyType },
  DisablePolicyType: { ...given.DisablePolicyType, PolicyType: policyType },
  ListPolicies: { ...given.ListPolicies, Filter: policyType },
  ListPoliciesForTarget: { ...given.ListPoliciesForTarget, Filter: policyType },
  DescribeEffectivePolicy: { ...given.DescribeEffectivePolicy, PolicyType: effectiveType },
  ListAccountsWithInvalidEffectivePolicy: { PolicyType: effectiveType, ...page },
  ListEffectivePolicyValidationErrors: { AccountId: account, PolicyType: effectiveType, ...page },
};
