// What a check is given: the policy as read, what kind it is, facts about AWS's services, and where to report. A check
// is a function over the policy, over each statement or over each condition; index.ts lists them all.

import type { IssueCode, Values } from './catalog.ts';
import type { At, Entry, Node, Text } from './document.ts';
import type { Facts } from './facts.ts';
import type { Operator } from './operators.ts';
import type { ResourceType } from './resourceTypes.ts';

export type PolicyType = 'IDENTITY_POLICY' | 'RESOURCE_POLICY' | 'SERVICE_CONTROL_POLICY' | 'RESOURCE_CONTROL_POLICY';

/** `trust`: a resource policy that is, or by its actions can only be, a role's trust policy. */
export type Kind = 'identity' | 'resource' | 'trust' | 'scp' | 'rcp';

export interface Run {
  readonly text: string;
  readonly policyType: PolicyType;
  readonly resourceType: ResourceType | undefined;
  readonly kind: Kind;
  readonly facts: Facts;
  readonly policy: Policy;
  readonly report: Report;
  /**
   * Takes from the work that may be spent on comparing pairs of things; false when it is used up. What grows faster
   * than the document stops there, so that a hostile document costs no more than a large one.
   */
  readonly spend: (steps: number) => boolean;
}

export type Report = (code: IssueCode, values: Values, at: At | readonly At[], sentence?: number) => void;

export interface Policy {
  readonly root: Node;
  readonly version: Text | undefined;
  /** Whether policy variables work: Version 2012-10-17. */
  readonly variables: boolean;
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly at: Node;
  /** Undefined when it is neither Allow nor Deny. */
  readonly effect: 'Allow' | 'Deny' | undefined;
  readonly elements: ReadonlyMap<string, Entry>;
  readonly sid: Text | undefined;
  readonly action: readonly Text[];
  readonly notAction: readonly Text[];
  readonly resource: readonly Text[];
  readonly notResource: readonly Text[];
  readonly principal: Principal | undefined;
  readonly notPrincipal: Principal | undefined;
  readonly conditions: readonly Condition[];
}

export interface Principal {
  /** Written as "*". */
  readonly everyone: boolean;
  readonly AWS: readonly Text[];
  readonly Service: readonly Text[];
  readonly Federated: readonly Text[];
  readonly CanonicalUser: readonly Text[];
}

/** One operator, key and its values. */
export interface Condition {
  readonly operator: Operator;
  readonly key: string;
  readonly lowerKey: string;
  readonly keyAt: At;
  /** The value or the list of values. */
  readonly at: Node;
  /** Strings, numbers and booleans, as texts. */
  readonly values: readonly Text[];
}

export type PolicyCheck = (run: Run) => void;
export type StatementCheck = (run: Run, statement: Statement) => void;
export type ConditionCheck = (run: Run, condition: Condition, statement: Statement) => void;

/** `s3` of `s3:GetObject`; empty without a colon. In lower case. */
export function prefixOf(name: string): string {
  return name.slice(0, Math.max(name.indexOf(':'), 0)).toLowerCase();
}

/** The first of each, whatever the case. */
export function distinct(list: readonly Text[]): readonly Text[] {
  const seen = new Set<string>();
  return list.filter(({ text }) => {
    const lower = text.toLowerCase();
    return !seen.has(lower) && seen.add(lower);
  });
}

export function isWild(text: string): boolean {
  return text.includes('*') || text.includes('?');
}

export function hasKey(statement: Statement, ...lowerKeys: readonly string[]): boolean {
  return statement.conditions.some(({ lowerKey }) => lowerKeys.includes(lowerKey));
}
