// The decision. First a deny pass over every layer that applies; then the limits that bind everyone (RCPs, SCPs,
// the VPC endpoint); then who grants: the resource's side (resource-based policy, key policy, trust policy, grants)
// and the caller's side (identity-based policies within boundary and session policies). Within one account either
// side can grant; across accounts both must. KMS keys and roles are the exception: their own policy must always
// have a say. Source: IAM User Guide, How AWS enforcement code logic evaluates requests, and Cross-account policy
// evaluation logic.

import { type Applicable, applicableOf, crossesPartitions, isAccountPrincipal, isSameAccount } from './applicable.ts';
import { type CompiledPolicy, conditionsHold, reached, resourceFits, type Statement } from './compile.ts';
import { grantLevel } from './grants.ts';
import { isExcepted, type Level, levelOf, levels } from './principals.ts';
import type { Policies, PolicyKind, PolicyRequest, PolicySet } from './request.ts';
import { factsOf } from './services.ts';

export type Verdict = 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied';
/**
 * The verdict with what decided it: the kind of policy, and for an explicit deny or an allow the policy and its
 * statement.
 */
export interface Decision {
  readonly verdict: Verdict;
  readonly kind?: PolicyKind | undefined;
  readonly policy?: CompiledPolicy | undefined;
  readonly statement?: Statement | undefined;
}

const unguarded: Decision = Object.freeze({ verdict: 'Allowed' });

/** Decides. Pure; the same question always has the same answer, whatever the order of policies and statements. */
export function decide(request: PolicyRequest, policies: PolicySet): Decision {
  const applicable = applicableOf(request, policies);
  if (applicable.unguarded) return unguarded;
  return denied(request, policies, applicable) ?? granted(request, policies, applicable);
}

function denied(request: PolicyRequest, policies: PolicySet, applicable: Applicable): Decision | undefined {
  const { boundary, session, resource, vpcEndpoint, identity } = policies;
  return (
    denyInLevels(applicable.rcps, 'rcp', request, applicable) ??
    denyInLevels(applicable.scps, 'scp', request, applicable) ??
    (resource && !applicable.resourceDenyWaived
      ? denyIn(resource, applicable.trust ? 'trust' : 'resource', request, applicable)
      : undefined) ??
    denyInAny(identity, 'identity', request, applicable) ??
    (boundary ? denyIn(boundary, 'boundary', request, applicable) : undefined) ??
    (session ? denyInAny(session, 'session', request, applicable) : undefined) ??
    (vpcEndpoint ? denyIn(vpcEndpoint, 'vpcEndpoint', request, applicable) : undefined)
  );
}

function denyInLevels(
  list: readonly Policies[] | undefined,
  kind: PolicyKind,
  request: PolicyRequest,
  applicable: Applicable,
): Decision | undefined {
  if (!list) return undefined;
  for (let i = 0; i < list.length; i++) {
    const decision = denyInAny(list[i] as Policies, kind, request, applicable);
    if (decision) return decision;
  }
  return undefined;
}

function denyInAny(
  list: Policies,
  kind: PolicyKind,
  request: PolicyRequest,
  applicable: Applicable,
): Decision | undefined {
  for (let i = 0; i < list.length; i++) {
    const decision = denyIn(list[i] as CompiledPolicy, kind, request, applicable);
    if (decision) return decision;
  }
  return undefined;
}

function denyIn(
  policy: CompiledPolicy,
  kind: PolicyKind,
  request: PolicyRequest,
  applicable: Applicable,
): Decision | undefined {
  const { denies } = reached(policy.body, request.action);
  for (let i = 0; i < denies.length; i++) {
    const statement = denies[i] as Statement;
    if (principalLevel(statement, kind, request, applicable.hasBoundary) === levels.none) continue;
    if (resourceFits(statement, request.resource, request.context) && conditionsHold(statement, request.context)) {
      return { verdict: 'ExplicitlyDenied', kind, policy, statement };
    }
  }
  return undefined;
}

/** The kinds whose statements name principals; in the others the principal is whoever the policy is attached to. */
export function namesPrincipals(kind: PolicyKind): boolean {
  return kind === 'resource' || kind === 'trust' || kind === 'rcp' || kind === 'vpcEndpoint';
}

/**
 * The level at which a statement means the caller. NotPrincipal works with Deny only, and never excepts who has a
 * boundary.
 */
export function principalLevel(
  statement: Statement,
  kind: PolicyKind,
  request: PolicyRequest,
  hasBoundary: boolean,
): Level {
  if (!namesPrincipals(kind)) return levels.direct;
  if (statement.principal) {
    const level = levelOf(statement.principal, request);
    const endpoint = kind === 'vpcEndpoint' && level === levels.account && statement.effect === 'Allow';
    return endpoint && isNotMeantByGateway(request) ? levels.none : level;
  }
  if (!statement.notPrincipal || statement.effect === 'Allow') return levels.none;
  return hasBoundary || !isExcepted(statement.notPrincipal, request) ? levels.direct : levels.none;
}

function isNotMeantByGateway(request: PolicyRequest): boolean {
  return request.principal.type !== 'Root' && factsOf(request.action).gatewayEndpoint;
}

/** What one side found: the level at which it allows (none: it does not) and where. */
interface Found {
  readonly level: Level;
  readonly kind: PolicyKind;
  readonly policy?: CompiledPolicy | undefined;
  readonly statement?: Statement | undefined;
}

function granted(request: PolicyRequest, policies: PolicySet, applicable: Applicable): Decision {
  if (!everyLevelAllows(applicable.rcps, 'rcp', request)) return implicit('rcp');
  if (!everyLevelAllows(applicable.scps, 'scp', request)) return implicit('scp');
  const { vpcEndpoint } = policies;
  if (vpcEndpoint && allowIn(vpcEndpoint, 'vpcEndpoint', request).level === levels.none) return implicit('vpcEndpoint');
  const ownKind = applicable.trust ? 'trust' : 'resource';
  if (applicable.outOfReach) return implicit(applicable.trust ? ownKind : 'identity');
  const own = ownSide(request, policies, applicable, ownKind);
  if (!isAccountPrincipal(request)) return own.level === levels.none ? implicit(ownKind) : allowed(own);
  return isSameAccount(request)
    ? withinAccount(request, policies, applicable, own)
    : acrossAccounts(request, policies, applicable, own);
}

function withinAccount(request: PolicyRequest, policies: PolicySet, applicable: Applicable, own: Found): Decision {
  if (own.level === levels.direct) return allowed(own);
  if (own.level === levels.behind && !limitOf(request, policies)) return allowed(own);
  if (own.level === levels.none && applicable.ownPolicyDecides) return implicit(own.kind);
  return callerSide(request, policies);
}

function acrossAccounts(request: PolicyRequest, policies: PolicySet, applicable: Applicable, own: Found): Decision {
  if (applicable.kmsKey && !applicable.facts.crossAccountKms) return implicit('resource');
  if (crossesPartitions(request)) return implicit(own.kind);
  if (own.kind === 'grant' && own.level >= levels.behind) {
    const limit = own.level === levels.behind ? limitOf(request, policies) : undefined;
    return limit ? implicit(limit) : allowed(own);
  }
  const caller = callerSide(request, policies);
  if (caller.verdict !== 'Allowed') return caller;
  return own.level === levels.none ? implicit(own.kind) : caller.kind ? caller : allowed(own);
}

/** Identity-based policies, within boundary and session policies. The root user needs none of them. */
function callerSide(request: PolicyRequest, policies: PolicySet): Decision {
  if (request.principal.type === 'Root') return { verdict: 'Allowed' };
  const found = allowInAny(policies.identity, 'identity', request);
  if (found.level === levels.none) return implicit('identity');
  const limit = limitOf(request, policies);
  return limit ? implicit(limit) : allowed(found);
}

/**
 * The limit that does not allow the request: boundary, session policies, or a federated user's missing session
 * policy.
 */
export function limitOf(request: PolicyRequest, policies: PolicySet): PolicyKind | undefined {
  const { boundary, session } = policies;
  if (boundary && allowIn(boundary, 'boundary', request).level === levels.none) return 'boundary';
  const present = session !== undefined && session.length > 0;
  if (!present) return request.principal.type === 'FederatedUser' ? 'session' : undefined;
  return allowInAny(session, 'session', request).level === levels.none ? 'session' : undefined;
}

function ownSide(request: PolicyRequest, policies: PolicySet, applicable: Applicable, kind: PolicyKind): Found {
  const asked = applicable.facts.retiresGrant ? undefined : policies.resource;
  const found = asked ? allowIn(asked, kind, request) : { level: levels.none, kind };
  if (!applicable.kmsKey || !policies.grants || found.level === levels.direct) return found;
  let best: Found = found;
  for (const grant of policies.grants) {
    const level = grantLevel(grant, applicable.facts.name, request);
    if (level > best.level) best = { level, kind: 'grant' };
    else if (level >= levels.behind && level === best.level) best = { level, kind: 'grant' };
  }
  return best;
}

/** The first level of SCPs or RCPs without an allow makes the whole not allow. */
function everyLevelAllows(list: readonly Policies[] | undefined, kind: PolicyKind, request: PolicyRequest): boolean {
  if (!list) return true;
  for (let i = 0; i < list.length; i++) {
    if (allowInAny(list[i] as Policies, kind, request).level === levels.none) return false;
  }
  return true;
}

function allowInAny(list: Policies, kind: PolicyKind, request: PolicyRequest): Found {
  for (let i = 0; i < list.length; i++) {
    const found = allowIn(list[i] as CompiledPolicy, kind, request);
    if (found.level !== levels.none) return found;
  }
  return nothing;
}

const nothing: Found = { level: levels.none, kind: 'identity' };

/** The best level at which a policy's allows mean the caller and the request. */
function allowIn(policy: CompiledPolicy, kind: PolicyKind, request: PolicyRequest): Found {
  const { allows } = reached(policy.body, request.action);
  let level: Level = levels.none;
  let best: Statement | undefined;
  for (let i = 0; i < allows.length && level !== levels.direct; i++) {
    const statement = allows[i] as Statement;
    const own = principalLevel(statement, kind, request, false);
    if (own <= level || !resourceFits(statement, request.resource, request.context)) continue;
    if (!conditionsHold(statement, request.context)) continue;
    level = own;
    best = statement;
  }
  return { level, kind, policy, statement: best };
}

function allowed(found: Found): Decision {
  return { verdict: 'Allowed', kind: found.kind, policy: found.policy, statement: found.statement };
}

const implicits = new Map<PolicyKind, Decision>();

function implicit(kind: PolicyKind): Decision {
  let decision = implicits.get(kind);
  if (!decision) {
    decision = Object.freeze({ verdict: 'ImplicitlyDenied' as const, kind });
    implicits.set(kind, decision);
  }
  return decision;
}
