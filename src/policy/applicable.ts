// What is known before any policy is read: which layers bind the request and which special rules hold. The rules of
// services come from the tables of services.ts; here they meet the request and its flags.

import type { Policies, PolicyRequest, PolicySet } from './request.ts';
import { type ActionFacts, factsOf } from './services.ts';

export interface Applicable {
  readonly facts: ActionFacts;
  readonly scps: readonly Policies[] | undefined;
  readonly rcps: readonly Policies[] | undefined;
  /** The resource's own policy is a role's trust policy. */
  readonly trust: boolean;
  readonly kmsKey: boolean;
  /** The resource's own policy must allow, also within one account. */
  readonly ownPolicyDecides: boolean;
  /** Denies of the resource policy do not bind the caller. */
  readonly resourceDenyWaived: boolean;
  readonly hasBoundary: boolean;
  /** The caller is of a kind that the action does not take. */
  readonly outOfReach: boolean;
  /** No policy is asked. */
  readonly unguarded: boolean;
}

export function applicableOf(request: PolicyRequest, policies: PolicySet): Applicable {
  const { principal, resource, principalAccount, resourceAccount, flags } = request;
  const facts = factsOf(request.action);
  const trust = facts.assumes && resource.includes(':role/');
  const kmsKey = facts.service === 'kms' && resource.includes(':key/');
  const isOwnerRoot = principal.type === 'Root' && principalAccount === resourceAccount;
  const linked = flags?.principalIsServiceLinkedRole === true;
  // An action without a resource type is authorized on *, which is the caller's: the RCPs of its account apply.
  const rcpFree =
    linked ||
    flags?.resourceAccountIsManagement === true ||
    flags?.resourceIsAwsManagedKmsKey === true ||
    !facts.rcp ||
    (facts.assumes && resource.includes(':role/aws-service-role/'));
  const outOfReach = facts.callers !== undefined && isAccountPrincipal(request) && !facts.callers.has(principal.type);
  const scpFree = linked || flags?.principalAccountIsManagement === true || !isAccountPrincipal(request);
  return {
    facts,
    scps: scpFree ? undefined : policies.scps,
    rcps: rcpFree ? undefined : policies.rcps,
    trust,
    kmsKey,
    ownPolicyDecides: trust || facts.actorPolicy || (kmsKey && !facts.retiresGrant),
    resourceDenyWaived: facts.retiresGrant || (facts.ownerRootAlways && isOwnerRoot),
    hasBoundary: policies.boundary !== undefined && (principal.type === 'User' || principal.type === 'AssumedRole'),
    outOfReach,
    unguarded: facts.unguarded && !outOfReach && isAccountPrincipal(request),
  };
}

/** True for users, roles, federated users and root: those whom SCPs and identity-based policies bind. */
export function isAccountPrincipal(request: PolicyRequest): boolean {
  if (request.principalAccount === null) return false;
  const { type } = request.principal;
  return type === 'User' || type === 'AssumedRole' || type === 'FederatedUser' || type === 'Root';
}

/** A resource that belongs to no account (`*`) is the caller's. */
export function isSameAccount(request: PolicyRequest): boolean {
  return request.resourceAccount === null || request.resourceAccount === request.principalAccount;
}

/** True when the caller's ARN and the resource's are of two partitions: no policy reaches from one to the other. */
export function crossesPartitions({ principal, resource }: PolicyRequest): boolean {
  const [, own] = /^arn:([^:]+):/.exec(principal.arn ?? '') ?? [];
  const [, other] = /^arn:([^:*?]+):/.exec(resource) ?? [];
  return own !== undefined && other !== undefined && own !== other;
}
