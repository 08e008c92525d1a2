/** Whether a policy's text is what its type demands. */
import { MalformedPolicyDocumentException } from '@aws-sdk/client-organizations';
import { fail, notImplemented } from '../../core/errors.ts';
import type { OrganizationPolicyType } from '../../identity/organization.ts';
import { validatePolicy } from '../../policy/index.ts';
import { isWellFormed } from './grammar.ts';
import { policyShapes } from './policyShapes.ts';
import { policyTypes } from './policyTypes.ts';
import { violated } from './refusals.ts';

/** Throws AWS's refusal of a text that is too long, or not a policy of that type. */
export function requireWellFormed(type: OrganizationPolicyType, content: string): void {
  if (content.length > policyTypes[type].sizeMax) violated('POLICY_CONTENT_LIMIT_EXCEEDED');
  const fault = faultOf(type, content);
  if (fault !== undefined) fail(MalformedPolicyDocumentException, fault);
}

function faultOf(type: OrganizationPolicyType, content: string): string | undefined {
  if (type === 'SERVICE_CONTROL_POLICY') return validatePolicy(content, 'scp');
  if (type === 'RESOURCE_CONTROL_POLICY') return validatePolicy(content, 'rcp');
  const shape = policyShapes[type] ?? notImplemented(`The policy type ${type}`);
  return isWellFormed(content, shape) ? undefined : UNFIT;
}

const UNFIT = 'The provided policy document does not meet the requirements of the specified policy type.';
