// AWS's words for a denial (IAM User Guide, Troubleshoot access denied error messages).

import type { Decision } from './decide.ts';
import type { PolicyKind } from './request.ts';

const words: Readonly<Record<PolicyKind, readonly [withDeny: string, noAllow: string]>> = {
  identity: ['an identity-based policy', 'identity-based policy'],
  resource: ['a resource-based policy', 'resource-based policy'],
  boundary: ['a permissions boundary', 'permissions boundary'],
  session: ['a session policy', 'session policy'],
  scp: ['a service control policy', 'service control policy'],
  rcp: ['a resource control policy', 'resource control policy'],
  vpcEndpoint: ['a VPC endpoint policy', 'VPC endpoint policy'],
  trust: ['the role trust policy', 'role trust policy'],
  grant: ['a resource-based policy', 'resource-based policy'],
};

/** The end of the sentence `User: … is not authorized to perform: … on resource: …`; empty for an allowed request. */
export function denialReason(decision: Decision, action: string): string {
  const [withDeny, noAllow] = words[decision.kind ?? 'identity'];
  if (decision.verdict === 'ExplicitlyDenied') return `with an explicit deny in ${withDeny}`;
  return decision.verdict === 'ImplicitlyDenied' ? `because no ${noAllow} allows the ${action} action` : '';
}
