// The whole derivation of a decision, made only when asked: every layer, every policy, every statement, and for
// each element of a statement what it wanted, what the request had, and whether they met. The verdict is decide()'s
// own; this file only looks.

import { type Applicable, applicableOf, isAccountPrincipal } from './applicable.ts';
import { actionFits, type CompiledPolicy, resourceFits, type Statement, statementAt } from './compile.ts';
import { type ContextValue, foundAt } from './context.ts';
import { type Decision, decide, namesPrincipals, principalLevel } from './decide.ts';
import { denialReason } from './denial.ts';
import type { PrincipalElement } from './document.ts';
import { stepsOf } from './explainSteps.ts';
import { type Grant, grantLevel } from './grants.ts';
import { type Level, levelNames, levels } from './principals.ts';
import type { PolicyKind, PolicyRequest, PolicySet } from './request.ts';

export type Outcome = 'Allow' | 'Deny' | 'None';
export type MatchLevel = (typeof levelNames)[number];

/** One element of a statement: its name as written, what it lists, and whether the request meets it. */
export interface ElementExplanation {
  readonly element: string;
  readonly wanted: readonly string[];
  readonly found: string;
  readonly matched: boolean;
}

export interface ConditionExplanation {
  readonly operator: string;
  readonly key: string;
  readonly wanted: readonly string[];
  /** Undefined when the request does not carry the key. */
  readonly found: ContextValue | undefined;
  readonly matched: boolean;
}

export interface StatementExplanation {
  readonly index: number;
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  /** Span of the statement in the policy's text. */
  readonly start: number;
  readonly end: number;
  readonly applies: boolean;
  /** How the principal is meant; undefined where policies name no principals. */
  readonly level: MatchLevel | undefined;
  readonly elements: readonly ElementExplanation[];
  readonly conditions: readonly ConditionExplanation[];
}

export interface PolicyExplanation {
  readonly name: string | undefined;
  readonly result: Outcome;
  readonly level: MatchLevel;
  readonly statements: readonly StatementExplanation[];
}

/**
 * A kind of policy, or one level of SCPs or RCPs. `applies` is false for policies that do not bind this request,
 * `note` says why.
 */
export interface LayerExplanation {
  readonly kind: PolicyKind;
  readonly title: string;
  readonly applies: boolean;
  readonly note: string | undefined;
  readonly result: Outcome;
  readonly level: MatchLevel;
  readonly policies: readonly PolicyExplanation[];
}

export interface Explanation {
  readonly request: PolicyRequest;
  readonly decision: Decision;
  readonly verdict: Decision['verdict'];
  /** AWS's words for the denial; empty when allowed. */
  readonly reason: string;
  readonly layers: readonly LayerExplanation[];
  /** The road to the verdict, a sentence a step. */
  readonly steps: readonly string[];
}

/** Explains the decision on a request: the same verdict as decide(), with everything that led to it. */
export function explain(request: PolicyRequest, policies: PolicySet): Explanation {
  const applicable = applicableOf(request, policies);
  const decision = decide(request, policies);
  const layers = layersOf(request, policies, applicable);
  const reason = denialReason(decision, request.action);
  const steps = stepsOf(request, policies, applicable, layers, decision, reason);
  return { request, decision, verdict: decision.verdict, reason, layers, steps };
}

function layersOf(request: PolicyRequest, policies: PolicySet, applicable: Applicable): LayerExplanation[] {
  const look = (kind: PolicyKind, title: string, list: readonly CompiledPolicy[], note?: string) =>
    layerOf(request, applicable, kind, title, list, note);
  const layers: LayerExplanation[] = [];
  const leveled = (kind: 'rcp' | 'scp', title: string, list: PolicySet['scps'], bound: boolean) => {
    const note = bound ? undefined : freedom[kind];
    list?.forEach((level, i) => {
      layers.push(look(kind, `${title}, level ${i + 1} of ${list.length}`, level, note));
    });
  };
  leveled('rcp', 'Resource control policies', policies.rcps, applicable.rcps !== undefined);
  leveled('scp', 'Service control policies', policies.scps, applicable.scps !== undefined);
  const { resource, grants, boundary, session, vpcEndpoint } = policies;
  if (resource && applicable.trust) layers.push(look('trust', 'Role trust policy', [resource]));
  else if (resource)
    layers.push(look('resource', applicable.kmsKey ? 'Key policy' : 'Resource-based policy', [resource]));
  if (grants && applicable.kmsKey) layers.push(grantLayer(request, applicable, grants));
  const { identity } = policies;
  if (isAccountPrincipal(request) || identity.length > 0)
    layers.push(look('identity', 'Identity-based policies', identity));
  if (boundary) layers.push(look('boundary', 'Permissions boundary', [boundary]));
  if (session) layers.push(look('session', 'Session policies', session));
  if (vpcEndpoint) layers.push(look('vpcEndpoint', 'VPC endpoint policy', [vpcEndpoint]));
  return layers;
}

const freedom = {
  scp: 'SCPs do not bind the management account, service-linked roles, and callers that are no principal of an account',
  rcp: 'RCPs do not bind the management account, service-linked roles, AWS managed keys and services without RCPs',
} as const;

function layerOf(
  request: PolicyRequest,
  applicable: Applicable,
  kind: PolicyKind,
  title: string,
  list: readonly CompiledPolicy[],
  note: string | undefined,
): LayerExplanation {
  const policies = list.map((policy) => policyOf(request, applicable, kind, policy));
  const result = worst(policies.map((policy) => policy.result));
  return { kind, title, applies: note === undefined, note, result, level: best(policies), policies };
}

function policyOf(
  request: PolicyRequest,
  applicable: Applicable,
  kind: PolicyKind,
  policy: CompiledPolicy,
): PolicyExplanation {
  const lower = request.action.toLowerCase();
  const statements = policy.body.document.statements.map((_, index) =>
    statementOf(request, applicable, kind, statementAt(policy.body, index), lower),
  );
  const waived = applicable.resourceDenyWaived && kind === 'resource';
  let level: Level = levels.none;
  let denies = false;
  for (const statement of statements) {
    if (!statement.applies) continue;
    if (statement.effect === 'Deny') denies ||= !waived;
    else level = higher(level, statement.level);
  }
  const result = denies ? 'Deny' : level === levels.none ? 'None' : 'Allow';
  return { name: policy.name, result, level: levelNames[level], statements };
}

function statementOf(
  request: PolicyRequest,
  applicable: Applicable,
  kind: PolicyKind,
  statement: Statement,
  lower: string,
): StatementExplanation {
  const { index, sid, effect, start, end } = statement;
  const elements: ElementExplanation[] = [];
  let level: Level = levels.direct;
  if (namesPrincipals(kind)) {
    level = principalLevel(statement, kind, request, effect === 'Deny' && applicable.hasBoundary);
    elements.push(principalExplanation(request, statement, level));
  }
  elements.push(actionExplanation(request, statement, lower));
  const resource = resourceExplanation(request, statement);
  if (resource) elements.push(resource);
  const conditions = statement.conditions.map((condition) => ({
    operator: condition.operator,
    key: condition.key.name,
    wanted: condition.wanted,
    found: foundAt(request.context, condition.key),
    matched: condition.holds(request.context),
  }));
  const applies = elements.every((e) => e.matched) && conditions.every((c) => c.matched);
  const shown = namesPrincipals(kind) ? levelNames[level] : undefined;
  return { index, sid, effect, start, end, applies, level: shown, elements, conditions };
}

function principalExplanation(request: PolicyRequest, statement: Statement, level: Level): ElementExplanation {
  const { element } = statement;
  const { principal } = request;
  return {
    element: element.notPrincipal ? 'NotPrincipal' : 'Principal',
    wanted: principalNames(element.principal ?? element.notPrincipal),
    found: principal.arn ?? principal.service ?? principal.type,
    matched: level !== levels.none,
  };
}

function principalNames(element: PrincipalElement | undefined): readonly string[] {
  if (!element) return [];
  if (element.any) return ['*'];
  return [...element.AWS, ...element.Service, ...element.Federated, ...element.CanonicalUser];
}

function actionExplanation(request: PolicyRequest, statement: Statement, lower: string): ElementExplanation {
  const { action, notAction } = statement.element;
  const wanted = action ?? notAction ?? [];
  const listed = wanted.some((pattern) => actionFits(pattern, lower));
  return {
    element: action ? 'Action' : 'NotAction',
    wanted,
    found: request.action,
    matched: action ? listed : !listed,
  };
}

function resourceExplanation(request: PolicyRequest, statement: Statement): ElementExplanation | undefined {
  const { resource, notResource } = statement.element;
  const matched = resourceFits(statement, request.resource, request.context);
  if (!resource && !notResource && matched) return undefined;
  const element = notResource ? 'NotResource' : 'Resource';
  return { element, wanted: resource ?? notResource ?? [], found: request.resource, matched };
}

function grantLayer(request: PolicyRequest, applicable: Applicable, grants: readonly Grant[]): LayerExplanation {
  const policies = grants.map((grant, i): PolicyExplanation => {
    const level = grantLevel(grant, applicable.facts.name, request);
    const result = level === levels.none ? 'None' : 'Allow';
    return { name: grant.grantId ?? `grants[${i}]`, result, level: levelNames[level], statements: [] };
  });
  const result = worst(policies.map((policy) => policy.result));
  return { kind: 'grant', title: 'Grants', applies: true, note: undefined, result, level: best(policies), policies };
}

function worst(results: readonly Outcome[]): Outcome {
  if (results.includes('Deny')) return 'Deny';
  return results.includes('Allow') ? 'Allow' : 'None';
}

function best(policies: readonly PolicyExplanation[]): MatchLevel {
  return levelNames[policies.reduce((level: Level, policy) => higher(level, policy.level), levels.none)];
}

function higher(level: Level, other: MatchLevel | undefined): Level {
  const value = levels[other ?? 'direct'];
  return value > level ? value : level;
}
