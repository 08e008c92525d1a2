/**
 * What the policy engine says about one action on one resource, in the words of IAM's policy simulator.
 *
 * The decision is the engine's own; matched statements, boundary and organization detail are read off its explanation.
 * As in IAM, keys that only a real request has (time, source IP, MFA) are missing unless the caller gives them.
 */
import type {
  EvaluationResult,
  PolicyEvaluationDecisionType,
  PolicySourceType,
  Position,
  ResourceSpecificResult,
  Statement,
} from '@aws-sdk/client-iam';
import { accountOf } from '../../core/arn.ts';
import { actionFact, resourceType } from '../../core/facts.ts';
import {
  type CompiledPolicy,
  type ContextValue,
  compilePolicy,
  contextOf,
  type Explanation,
  explain,
  type LayerExplanation,
  matchesPattern,
  type PolicySet,
  type Principal,
  type RequestFlags,
  type Verdict,
} from '../../policy/index.ts';
import { keysOfStatement } from './contextKeys.ts';
import type { PolicySource } from './policySources.ts';

export interface Simulation {
  readonly principal: Principal;
  readonly principalAccount: string;
  /** Owner of resources whose ARN names none. */
  readonly resourceOwner: string;
  readonly identity: readonly PolicySource[];
  readonly boundary?: string | undefined;
  readonly resourcePolicy?: string | undefined;
  /** Service control policies from the root down; absent where there is no organization. */
  readonly scps?: PolicySet['scps'];
  readonly isInOrganization: boolean;
  readonly entries: Readonly<Record<string, ContextValue | undefined>>;
  readonly flags?: RequestFlags;
}

/** The result of one action over the resources asked about; none means `*`. */
export function simulate(simulation: Simulation, action: string, resources: readonly string[]): EvaluationResult {
  const specific = resources.filter((resource) => resource !== '*');
  const results = (resources.length > 0 ? resources : ['*']).map((resource) => evaluate(simulation, action, resource));
  const decision = strictest(results.map((result) => result.EvalResourceDecision!));
  const deciding = results.filter((result) => result.EvalResourceDecision === decision);
  const [first] = results as [Evaluated];
  return {
    EvalActionName: action,
    EvalResourceName: specific.length > 0 ? templateOf(action, specific[0]!) : '*',
    EvalDecision: decision,
    MatchedStatements: unique(deciding.flatMap((result) => result.MatchedStatements ?? [])),
    MissingContextValues: [...new Set(results.flatMap((result) => result.MissingContextValues ?? []))],
    ...(simulation.isInOrganization
      ? { OrganizationsDecisionDetail: { AllowedByOrganizations: results.every((result) => result.byOrganizations) } }
      : {}),
    ...(first.PermissionsBoundaryDecisionDetail ? { PermissionsBoundaryDecisionDetail: allBoundaries(results) } : {}),
    ...(specific.length > 0
      ? {
          EvalDecisionDetails: merged(results),
          ResourceSpecificResults: results.map(({ byOrganizations: _, ...r }) => r),
        }
      : {}),
  };
}

type Evaluated = ResourceSpecificResult & { readonly byOrganizations: boolean };

function evaluate(simulation: Simulation, action: string, resource: string): Evaluated {
  const policies = policiesOf(simulation);
  const resourceAccount = accountOf(resource) ?? simulation.resourceOwner;
  const entries = { 'aws:ResourceAccount': resourceAccount, ...simulation.entries };
  const explanation = explain(
    {
      principal: simulation.principal,
      action,
      resource,
      context: contextOf(entries),
      principalAccount: simulation.principalAccount,
      resourceAccount,
      flags: simulation.flags,
    },
    policies,
  );
  const boundary = explanation.layers.find((layer) => layer.kind === 'boundary');
  const isCrossAccount = resourceAccount !== simulation.principalAccount;
  return {
    EvalResourceName: resource,
    EvalResourceDecision: WORDS[explanation.verdict],
    MatchedStatements: matchedStatements(explanation, simulation),
    MissingContextValues: missingKeys(explanation, policies, entries),
    EvalDecisionDetails: isCrossAccount ? details(explanation) : {},
    ...(boundary && {
      PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: boundary.result === 'Allow' },
    }),
    byOrganizations: explanation.layers.every(isNotStoppedBySCP),
  };
}

function policiesOf(simulation: Simulation): PolicySet {
  const { boundary, resourcePolicy, scps } = simulation;
  return {
    identity: simulation.identity.map(({ document, id }) => compilePolicy(document, id)),
    ...(boundary === undefined ? {} : { boundary: compilePolicy(boundary, 'boundary') }),
    ...(resourcePolicy === undefined ? {} : { resource: compilePolicy(resourcePolicy, 'ResourcePolicy') }),
    ...(scps === undefined ? {} : { scps }),
  };
}

const WORDS: Readonly<Record<Verdict, PolicyEvaluationDecisionType>> = {
  Allowed: 'allowed',
  ExplicitlyDenied: 'explicitDeny',
  ImplicitlyDenied: 'implicitDeny',
};
const STRICTNESS: readonly PolicyEvaluationDecisionType[] = ['explicitDeny', 'implicitDeny', 'allowed'];

const strictest = (decisions: readonly PolicyEvaluationDecisionType[]) =>
  STRICTNESS.find((decision) => decisions.includes(decision)) ?? 'implicitDeny';

const isNotStoppedBySCP = (layer: LayerExplanation) =>
  layer.kind !== 'scp' || !layer.applies || layer.result === 'Allow';

const allBoundaries = (results: readonly Evaluated[]) => ({
  AllowedByPermissionsBoundary: results.every(
    (result) => result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary,
  ),
});

/** The statements of identity-based and resource-based policies that decided: all that deny, or all that allow. */
function matchedStatements(explanation: Explanation, simulation: Simulation): Statement[] {
  if (explanation.verdict === 'ImplicitlyDenied') return [];
  const effect = explanation.verdict === 'Allowed' ? 'Allow' : 'Deny';
  const matched: Statement[] = [];
  for (const { kind, policies } of explanation.layers) {
    if (kind !== 'identity' && kind !== 'resource') continue;
    policies.forEach((policy, index) => {
      const source = kind === 'identity' ? simulation.identity[index]! : resourceSource(simulation);
      for (const statement of policy.statements) {
        if (statement.applies && statement.effect === effect) matched.push(statementView(source, statement));
      }
    });
  }
  return matched;
}

type Located = Pick<PolicySource, 'id' | 'document'> & { readonly type: PolicySourceType };

const resourceSource = (simulation: Simulation): Located => ({
  id: 'ResourcePolicy',
  type: 'resource',
  document: simulation.resourcePolicy ?? '',
});

const statementView = (source: Located, span: { readonly start: number; readonly end: number }): Statement => ({
  SourcePolicyId: source.id,
  SourcePolicyType: source.type,
  StartPosition: positionOf(source.document, span.start),
  EndPosition: positionOf(source.document, span.end),
});

/** Line and column, counted from 1, of the character at an offset; of a statement's end, the one behind it. */
function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { Line: before.split('\n').length, Column: offset - (before.lastIndexOf('\n') + 1) + 1 };
}

/** Keys of statements that mean this action and resource, and that nobody gave a value for. */
function missingKeys(
  explanation: Explanation,
  policies: PolicySet,
  entries: Readonly<Record<string, ContextValue | undefined>>,
): string[] {
  const given = new Set(Object.keys(entries).map((key) => key.toLowerCase()));
  const missing = new Map<string, string>();
  for (const { kind, policies: explained } of explanation.layers) {
    const compiled = COMPILED[kind]?.(policies) ?? [];
    explained.forEach(({ statements }, index) => {
      const { document } = compiled[index]?.body ?? {};
      for (const { elements, index: at } of statements) {
        if (!document || !elements.every((element) => element.matched)) continue;
        for (const key of keysOfStatement(document.statements[at]!, document.variables)) {
          if (!given.has(key.toLowerCase())) missing.set(key.toLowerCase(), key);
        }
      }
    });
  }
  return [...missing.values()];
}

const COMPILED: Readonly<Record<string, (policies: PolicySet) => readonly CompiledPolicy[]>> = {
  identity: (policies) => policies.identity,
  resource: (policies) => (policies.resource ? [policies.resource] : []),
  boundary: (policies) => (policies.boundary ? [policies.boundary] : []),
};

/** Across accounts both sides must allow: what each said. */
function details(explanation: Explanation): Record<string, PolicyEvaluationDecisionType> {
  const said: Record<string, PolicyEvaluationDecisionType> = {};
  const outcomes = { Allow: 'allowed', Deny: 'explicitDeny', None: 'implicitDeny' } as const;
  for (const layer of explanation.layers) {
    if (layer.kind === 'identity') said['IAM Policy'] = outcomes[layer.result];
    if (layer.kind === 'resource') said['Resource Policy'] = outcomes[layer.result];
    if (layer.kind === 'boundary') said['Permissions Boundary Policy'] = outcomes[layer.result];
  }
  return said;
}

function merged(results: readonly Evaluated[]): Record<string, PolicyEvaluationDecisionType> {
  const all: Record<string, PolicyEvaluationDecisionType> = {};
  for (const { EvalDecisionDetails: said = {} } of results) {
    for (const [type, decision] of Object.entries(said) as [string, PolicyEvaluationDecisionType][]) {
      all[type] = strictest([decision, ...(all[type] ? [all[type]] : [])]);
    }
  }
  return all;
}

function unique(statements: readonly Statement[]): Statement[] {
  return [...new Map(statements.map((statement) => [JSON.stringify(statement), statement])).values()];
}

/** The ARN format of the resource type that the action works on: the one that fits, else the first that it requires. */
function templateOf(action: string, resource: string): string {
  const [prefix = '', name = ''] = action.split(':');
  const all = actionFact(prefix, name)?.resourceTypes ?? [];
  const types = [...all.filter(({ required }) => required), ...all.filter(({ required }) => !required)];
  const arns = types.map((type) => resourceType(prefix, type.name)?.arn).filter((arn) => arn !== undefined);
  return arns.find((arn) => matchesPattern(arn.replace(/\$\{\w+\}/g, '*'), resource)) ?? arns[0] ?? '*';
}
