// Documents compiled once. A document is parsed and checked at once; its statements are prepared when a request's
// action first reaches them, and which statements an action reaches is remembered. Compiled documents are kept by
// their text, up to a bound.

import { type Condition, conditionOf } from './conditions.ts';
import type { RequestContext } from './context.ts';
import { type Effect, type PolicyDocument, parsePolicy, type StatementElement } from './document.ts';
import { PolicySyntaxError } from './json.ts';
import { encode, matchesCode } from './match.ts';
import { type PrincipalSet, principalSetOf } from './principals.ts';
import { fits, resourceTemplateOf, type Template } from './variables.ts';

/** A statement ready for evaluation. `index` counts from 0; the span is in the document's text. */
export interface Statement {
  readonly index: number;
  readonly sid: string | undefined;
  readonly effect: Effect;
  readonly start: number;
  readonly end: number;
  readonly element: StatementElement;
  readonly principal: PrincipalSet | undefined;
  readonly notPrincipal: PrincipalSet | undefined;
  readonly resources: readonly Template[] | undefined;
  readonly notResources: readonly Template[] | undefined;
  readonly conditions: readonly Condition[];
}

/** The statements that an action reaches, by effect. */
export interface Reached {
  readonly denies: readonly Statement[];
  readonly allows: readonly Statement[];
}

export interface PolicyBody {
  readonly text: string;
  readonly document: PolicyDocument;
  readonly statements: (Statement | undefined)[];
  readonly byAction: Map<string, Reached>;
  /** The latest look-up in byAction: a decision asks twice, for denies and for allows. */
  latestAction: string | undefined;
  latest: Reached;
}

/** A compiled policy with the name that explanations show (an ARN or an inline policy's name). */
export interface CompiledPolicy {
  readonly name: string | undefined;
  readonly body: PolicyBody;
}

const actionsMax = 256;
// Two generations of compiled documents: what is used moves to the young one; when that is full, the old one is
// forgotten.
const generationTextMax = 16 * 1_048_576;
const generationCountMax = 5_000;
let young = new Map<string, CompiledPolicy>();
let old = new Map<string, CompiledPolicy>();
let youngText = 0;

/**
 * Compiles a policy document given as text or as an object. Throws PolicySyntaxError when it is not a policy.
 * The same text compiles once; `name` costs a wrapper.
 */
export function compilePolicy(document: string | object, name?: string): CompiledPolicy {
  const text = typeof document === 'string' ? document : textOfObject(document);
  const policy = young.get(text) ?? kept(text, old.get(text) ?? { name: undefined, body: bodyOf(text) });
  return name === undefined ? policy : named(policy, name);
}

function kept(text: string, policy: CompiledPolicy): CompiledPolicy {
  if (young.size >= generationCountMax || youngText + text.length > generationTextMax) {
    old = young;
    young = new Map();
    youngText = 0;
  }
  young.set(text, policy);
  youngText += text.length;
  return policy;
}

const nothing: Reached = { denies: [], allows: [] };

function bodyOf(text: string): PolicyBody {
  const document = parsePolicy(text);
  return { text, document, statements: [], byAction: new Map(), latestAction: undefined, latest: nothing };
}

/** The same compiled policy under another name. */
export function named(policy: CompiledPolicy, name: string): CompiledPolicy {
  return { name, body: policy.body };
}

function textOfObject(document: object): string {
  try {
    return JSON.stringify(document);
  } catch {
    throw new PolicySyntaxError('The document is nested too deeply or not JSON', 0);
  }
}

/** The statements of a policy that an action reaches. The action's spelling is the request's. */
export function reached(body: PolicyBody, action: string): Reached {
  if (body.latestAction === action) return body.latest;
  const found = body.byAction.get(action) ?? reachedAnew(body, action);
  body.latestAction = action;
  body.latest = found;
  return found;
}

function reachedAnew(body: PolicyBody, action: string): Reached {
  const lower = action.toLowerCase();
  const denies: Statement[] = [];
  const allows: Statement[] = [];
  for (const element of body.document.statements) {
    if (!reaches(element, lower)) continue;
    (element.effect === 'Deny' ? denies : allows).push(statementAt(body, element.index));
  }
  if (body.byAction.size >= actionsMax) body.byAction.clear();
  const result = { denies, allows };
  body.byAction.set(action, result);
  return result;
}

/** The prepared statement at an index. */
export function statementAt(body: PolicyBody, index: number): Statement {
  const found = body.statements[index];
  if (found) return found;
  const element = body.document.statements[index] as StatementElement;
  const statement = prepare(element, body.document.variables);
  body.statements[index] = statement;
  return statement;
}

/** True when a statement's Action or NotAction means the action, given in lower case. */
function reaches(element: StatementElement, lower: string): boolean {
  if (element.action) return element.action.some((pattern) => actionFits(pattern, lower));
  return !element.notAction?.some((pattern) => actionFits(pattern, lower));
}

/** Matches one action pattern; prefix and name are case-insensitive. */
export function actionFits(pattern: string, lower: string): boolean {
  if (pattern === '*') return true;
  const wanted = pattern.toLowerCase();
  const star = wanted.indexOf('*');
  if (star < 0 && !wanted.includes('?')) return wanted === lower;
  if (star === wanted.length - 1 && !wanted.includes('?')) return lower.startsWith(wanted.slice(0, -1));
  return matchesCode(encode(wanted), lower);
}

function prepare(element: StatementElement, variables: boolean): Statement {
  const { index, sid, effect, start, end } = element;
  const complete = !element.principal && !element.notPrincipal;
  const template = (source: string) => resourceTemplateOf(source, variables, complete);
  return {
    index,
    sid,
    effect,
    start,
    end,
    element,
    principal: element.principal && principalSetOf(element.principal),
    notPrincipal: element.notPrincipal && principalSetOf(element.notPrincipal),
    resources: element.resource?.map(template),
    notResources: element.notResource?.map(template),
    conditions: element.conditions.map(({ operator, key, values }) => {
      const condition = conditionOf(operator, key, values, variables);
      if (!condition) throw new PolicySyntaxError(`Unknown condition operator ${operator}`, start);
      return condition;
    }),
  };
}

/**
 * True when the statement's Resource or NotResource means the resource. A trust policy has neither: it means its
 * role.
 */
export function resourceFits(statement: Statement, resource: string, context: RequestContext): boolean {
  const { resources, notResources } = statement;
  if (resources) return anyFits(resources, resource, context);
  if (notResources) return !anyFits(notResources, resource, context);
  return statement.principal !== undefined || statement.notPrincipal !== undefined;
}

/** True when every condition of the statement holds. */
export function conditionsHold(statement: Statement, context: RequestContext): boolean {
  const { conditions } = statement;
  for (let i = 0; i < conditions.length; i++) {
    if (!(conditions[i] as Condition).holds(context)) return false;
  }
  return true;
}

function anyFits(templates: readonly Template[], resource: string, context: RequestContext): boolean {
  for (let i = 0; i < templates.length; i++) {
    if (fits(templates[i] as Template, resource, context)) return true;
  }
  return false;
}
