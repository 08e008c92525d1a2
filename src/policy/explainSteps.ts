// The road to a verdict in sentences, a step a sentence: what denied, else which limits allow, who had to grant,
// who did.

import { type Applicable, crossesPartitions, isAccountPrincipal, isSameAccount } from './applicable.ts';
import type { CompiledPolicy, Statement } from './compile.ts';
import { type Decision, limitOf } from './decide.ts';
import type { LayerExplanation, MatchLevel } from './explain.ts';
import type { PolicyRequest, PolicySet } from './request.ts';

/** The steps to the decision, in order. `reason` is AWS's words for a denial. */
export function stepsOf(
  request: PolicyRequest,
  policies: PolicySet,
  applicable: Applicable,
  layers: readonly LayerExplanation[],
  decision: Decision,
  reason: string,
): string[] {
  const { verdict, statement, policy } = decision;
  if (applicable.unguarded) return [`Allowed: ${request.action} needs no permission, and no policy can deny it.`];
  if (verdict === 'ExplicitlyDenied' && statement) {
    return [`${nameOf(statement, policy)} applies and denies: ${reason}.`];
  }
  const steps = ['No Deny statement applies.'];
  for (const layer of layers) {
    if (layer.applies && (layer.kind === 'rcp' || layer.kind === 'scp' || layer.kind === 'vpcEndpoint')) {
      steps.push(`${layer.title}: ${layer.result === 'Allow' ? 'allow' : 'do not allow'}.`);
    }
  }
  if (isAccountPrincipal(request)) {
    steps.push(
      isSameAccount(request)
        ? 'Principal and resource are of one account: either side can grant.'
        : `Principal (${request.principalAccount}) and resource (${request.resourceAccount}) are of two accounts: both must grant.`,
    );
  } else {
    steps.push('The caller is no principal of an account: only the resource can grant.');
  }
  if (applicable.outOfReach) steps.push(`${request.principal.type} credentials cannot call ${request.action}.`);
  if (!isSameAccount(request) && crossesPartitions(request)) steps.push('No policy reaches into another partition.');
  if (applicable.trust) steps.push("A role's trust policy must always allow who becomes the role.");
  if (applicable.kmsKey)
    steps.push('A KMS key is under its key policy and grants: IAM policies count only where it lets them.');
  steps.push(...sideSteps(request, policies, layers));
  if (verdict !== 'Allowed') steps.push(`Implicitly denied ${reason}.`);
  else if (statement) steps.push(`Allowed by ${nameOf(statement, policy)}.`);
  else
    steps.push(
      decision.kind === 'grant' ? 'Allowed by a grant.' : 'Allowed: the root user needs no policy in its own account.',
    );
  return steps;
}

const grantWords: Readonly<Record<MatchLevel, string>> = {
  none: 'does not allow this principal',
  account: "allows the principal's account, which must delegate by an identity-based policy",
  behind: 'allows the role or user behind the session, within boundary and session policies',
  direct: 'allows the principal itself; boundary and session policies do not limit that within the account',
};

function sideSteps(request: PolicyRequest, policies: PolicySet, layers: readonly LayerExplanation[]): string[] {
  const steps: string[] = [];
  for (const layer of layers) {
    if (!layer.applies) continue;
    if (layer.kind === 'resource' || layer.kind === 'trust' || layer.kind === 'grant') {
      steps.push(`${layer.title}: ${grantWords[layer.level]}.`);
    } else if (layer.kind === 'identity' || layer.kind === 'boundary' || layer.kind === 'session') {
      steps.push(`${layer.title}: ${layer.result === 'Allow' ? 'allow' : 'do not allow'}.`);
    }
  }
  const { principal } = request;
  if (principal.type === 'FederatedUser' && !policies.session?.length && limitOf(request, policies) === 'session') {
    steps.push('A federated user without a session policy has only what resource-based policies grant to it.');
  }
  return steps;
}

function nameOf(statement: Statement, policy: CompiledPolicy | undefined): string {
  const sid = statement.sid ? ` (${statement.sid})` : '';
  return `Statement ${statement.index + 1}${sid} of ${policy?.name ?? 'the policy'}`;
}
