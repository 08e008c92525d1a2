/**
 * Custom policy checks: what a policy allows, compared with another, with a list of access, with the public. The
 * analysis is src/policy/analysis; nothing is kept.
 */
import {
  type Access as AccessList,
  type CheckAccessNotGrantedRequest,
  type CheckAccessNotGrantedResponse,
  type CheckNoNewAccessRequest,
  type CheckNoNewAccessResponse,
  type CheckNoPublicAccessRequest,
  type CheckNoPublicAccessResponse,
  InvalidParameterException,
  UnprocessableEntityException,
} from '@aws-sdk/client-accessanalyzer';
import { fail } from '../../core/errors.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import {
  accessFault,
  type CheckResult,
  checkAccessNotGranted,
  checkNoNewAccess,
  checkNoPublicAccess,
  formFault,
  type PolicyType,
} from '../../policy/analysis/index.ts';
import { type CompiledPolicy, compilePolicy, PolicySyntaxError } from '../../policy/index.ts';

const access = (): Access => ({ resource: '*' });

export const CheckNoNewAccess: Operation<Present<CheckNoNewAccessRequest>, CheckNoNewAccessResponse> = {
  readOnly: true,
  access,
  async run({ existingPolicyDocument, newPolicyDocument, policyType }) {
    const existing = policyIn('existingPolicyDocument', existingPolicyDocument, policyType);
    return view(checkNoNewAccess(existing, policyIn('newPolicyDocument', newPolicyDocument, policyType), policyType));
  },
};

type NotGranted = Operation<Present<CheckAccessNotGrantedRequest>, CheckAccessNotGrantedResponse>;
export const CheckAccessNotGranted: NotGranted = {
  readOnly: true,
  access,
  async run({ policyDocument, policyType, access: listed }) {
    const policy = policyIn('policyDocument', policyDocument, policyType);
    for (const one of listed) requireAccess(one);
    return view(checkAccessNotGranted(policy, listed, policyType));
  },
};

export const CheckNoPublicAccess: Operation<Present<CheckNoPublicAccessRequest>, CheckNoPublicAccessResponse> = {
  readOnly: true,
  access,
  async run({ policyDocument, resourceType }) {
    return view(checkNoPublicAccess(policyIn('policyDocument', policyDocument, 'RESOURCE_POLICY'), resourceType));
  },
};

const lengthMax = 262_144;

function policyIn(name: string, text: string, type: PolicyType): CompiledPolicy {
  if (text.length > lengthMax) fail(UnprocessableEntityException, `The ${name} is too large to be analyzed.`);
  try {
    const policy = compilePolicy(text);
    const fault = formFault(policy, type);
    return fault === undefined ? policy : fail(InvalidParameterException, `Invalid ${name}: ${fault}`);
  } catch (error) {
    if (!(error instanceof PolicySyntaxError)) throw error;
    return fail(InvalidParameterException, `Invalid ${name}: ${error.message}.`);
  }
}

function requireAccess(listed: AccessList): void {
  const fault = accessFault(listed);
  if (fault !== undefined) fail(InvalidParameterException, fault);
}

function view({ result, message, reasons }: CheckResult) {
  return reasons.length === 0 ? { result, message } : { result, message, reasons: [...reasons] };
}
