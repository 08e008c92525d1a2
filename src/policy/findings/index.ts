// IAM Access Analyzer's policy validation: a document in, findings out, in the order in which they stand in the document.
// Whatever the document, the work is bounded by its length: see `spend` in run.ts.

import { type Json, PolicySyntaxError, readJson } from '../json.ts';
import { actionsOfKeys, keysOfActions } from './actionKeys.ts';
import { actions, redundantActions, redundantResources } from './actions.ts';
import { maskedBits, privateAddresses } from './addresses.ts';
import { type Finding, findingOf } from './catalog.ts';
import { existence, multiplicity, pairedKeys, untrustworthyKeys, vpceSupport } from './conditionKeys.ts';
import { operatorType, redundantNumbers, valueForms, valueTypes } from './conditionValues.ts';
import { type At, locator, rootNode } from './document.ts';
import type { Facts } from './facts.ts';
import { rcpConditions, rcpSyntax, scpActions } from './organizations.ts';
import { openRoles } from './passRole.ts';
import { federated, notPrincipal, principalValues, servicePrincipals } from './principals.ts';
import { readPolicy } from './read.ts';
import { resources } from './resources.ts';
import { attached, type ResourceType } from './resourceTypes.ts';
import type { ConditionCheck, Kind, Policy, PolicyCheck, PolicyType, Report, Run, StatementCheck } from './run.ts';
import {
  emptyConditions,
  missingElements,
  missingVersion,
  principalElement,
  redundantStatements,
  sids,
  size,
} from './structure.ts';
import { tagConditions } from './tags.ts';
import {
  federatedPrincipals,
  githubSubjects,
  redundantSessions,
  rolesAnywhereActions,
  trustActions,
  trustElements,
} from './trust.ts';
import { variableOperators, variables } from './variables.ts';
import { meaninglessWildcards, openValues } from './wildcards.ts';

export { type Check, checks, type Finding, type FindingType, type IssueCode } from './catalog.ts';
export type { Location, PathElement, Position } from './document.ts';
export type { Facts } from './facts.ts';
export type { ResourceType } from './resourceTypes.ts';
export type { PolicyType } from './run.ts';

export interface Subject {
  readonly policyType: PolicyType;
  /** What a resource policy is attached to, where that is known. */
  readonly resourceType?: ResourceType | undefined;
}

const policyChecks: readonly PolicyCheck[] = [missingVersion, size, sids, redundantStatements, rolesAnywhereActions];

const statementChecks: readonly StatementCheck[] = [
  ...[missingElements, principalElement, emptyConditions, variables],
  ...[actions, redundantActions, scpActions, attached, openRoles],
  ...[resources, redundantResources],
  ...[principalValues, notPrincipal, federated, servicePrincipals],
  ...[trustElements, federatedPrincipals, githubSubjects, redundantSessions],
  ...[keysOfActions, actionsOfKeys, tagConditions, vpceSupport],
  ...[rcpSyntax, rcpConditions],
];

const conditionChecks: readonly ConditionCheck[] = [
  ...[existence, multiplicity, untrustworthyKeys, pairedKeys],
  ...[operatorType, valueTypes, valueForms, redundantNumbers, variableOperators],
  ...[privateAddresses, maskedBits, openValues, meaninglessWildcards],
];

/** Steps that may go into comparing pairs, beyond what is linear in the document. */
const stepsMax = 20_000_000;

/** Findings of one document: a hostile one could have one for every other character. */
const findingsMax = 10_000;
const locationsMax = 20_000;

/** The findings of ValidatePolicy. Never throws on any text. */
export function findingsOf(text: string, subject: Subject, facts: Facts): readonly Finding[] {
  const locate = locator(text);
  const found: { readonly start: number; readonly finding: Finding }[] = [];
  let locations = 0;
  const report: Report = (code, values, at, sentence) => {
    if (found.length >= findingsMax) return;
    const places = (isList(at) ? at : [at]).slice(0, Math.max(locationsMax - locations, 1));
    locations += places.length;
    found.push({ start: places[0]?.start ?? 0, finding: findingOf(code, values, places.map(locate), sentence) });
  };
  const root = readText(text, report);
  if (root) check(text, root, subject, facts, report);
  return found.toSorted((a, b) => a.start - b.start).map(({ finding }) => finding);
}

function isList(at: At | readonly At[]): at is readonly At[] {
  return Array.isArray(at);
}

function readText(text: string, report: Report): Json | undefined {
  try {
    return readJson(text);
  } catch (error) {
    if (!(error instanceof PolicySyntaxError)) throw error;
    const start = Math.min(error.position, text.length);
    const line = text.slice(0, start).split('\n').length;
    const column = start - (text.lastIndexOf('\n', start - 1) + 1);
    const at = { start, end: start, parent: undefined, step: undefined };
    // Text past the reader's bound has no wrong place.
    report('JSON_SYNTAX_ERROR', { index: start, line, column }, at, /too large/.test(error.message) ? 1 : 0);
    return undefined;
  }
}

function check(text: string, root: Json, { policyType, resourceType }: Subject, facts: Facts, report: Report): void {
  const policy = readPolicy(rootNode(root), report);
  let steps = stepsMax;
  const spend = (wanted: number) => {
    steps -= wanted;
    return steps >= 0;
  };
  const kind = kindOf(policy, policyType, resourceType);
  const run: Run = { text, policyType, resourceType, kind, facts, policy, report, spend };
  for (const each of policyChecks) each(run);
  for (const statement of policy.statements) {
    for (const each of statementChecks) each(run, statement);
    for (const condition of statement.conditions) {
      for (const each of conditionChecks) each(run, condition, statement);
    }
  }
}

const kinds: Readonly<Record<Exclude<PolicyType, 'RESOURCE_POLICY'>, Kind>> = {
  IDENTITY_POLICY: 'identity',
  SERVICE_CONTROL_POLICY: 'scp',
  RESOURCE_CONTROL_POLICY: 'rcp',
};

/** A resource policy that only grants the assuming of roles, on no resource, is a trust policy. */
function kindOf({ statements }: Policy, policyType: PolicyType, resourceType: ResourceType | undefined): Kind {
  if (policyType !== 'RESOURCE_POLICY') return kinds[policyType];
  if (resourceType) return resourceType === 'AWS::IAM::AssumeRolePolicyDocument' ? 'trust' : 'resource';
  const assumes = statements.every(
    ({ action, elements }) =>
      action.length > 0 &&
      action.every(({ text }) => trustActions.has(text.toLowerCase())) &&
      !elements.has('Resource') &&
      !elements.has('NotResource'),
  );
  return statements.length > 0 && assumes ? 'trust' : 'resource';
}
