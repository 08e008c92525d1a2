/**
 * Deciding with gaps. A trail does not carry every condition key, so a statement may match, not match, or nobody can
 * tell. The engine itself is two-valued and stays so: it is asked twice, once with statements that count as matching
 * only when they certainly do, once with statements that count when they possibly do. If denies are taken as certain
 * and allows as possible and the answer is still no, then it is no whatever the gaps hold; the other way round for yes.
 */
import {
  type CompiledPolicy,
  conditionsHold,
  type Reached,
  reached,
  resourceFits,
  type Statement,
} from '../policy/compile.ts';
import type { Condition } from '../policy/conditions.ts';
import type { RequestContext } from '../policy/context.ts';
import { matchesPattern } from '../policy/match.ts';
import { resourceTemplateOf, type Template } from '../policy/variables.ts';

/** The context of a recorded call: what it carries, what it does not tell, and what it was about. */
export interface PartialContext extends RequestContext {
  /** Lower-case names of keys of which the record does not say whether the request had them. */
  readonly unknown: ReadonlySet<string>;
  readonly resource: string;
  /** False: `resource` is a pattern that the real one fits. */
  readonly exact: boolean;
}

export const NO = 0;
export const MAYBE = 1;
export const YES = 2;
export type Match = typeof NO | typeof MAYBE | typeof YES;

/** Whether a statement's resources and conditions meet the call. Principal and action are the engine's to ask. */
export function matchOf(statement: Statement, context: PartialContext): Match {
  const resource = resourceMatch(statement, context);
  if (resource === NO) return NO;
  const conditions = conditionsMatch(statement, context);
  return conditions < resource ? conditions : resource;
}

function conditionsMatch(statement: Statement, context: PartialContext): Match {
  if (context.unknown.size === 0) return conditionsHold(statement, context) ? YES : NO;
  let match: Match = YES;
  for (const condition of statement.conditions) {
    if (keysOf(condition).some((key) => context.unknown.has(key))) match = MAYBE;
    else if (!condition.holds(context)) return NO;
  }
  return match;
}

const conditionKeys = new WeakMap<Condition, readonly string[]>();

/** In lower case: the key that is asked, and those of the variables among the values. */
export function keysOf(condition: Condition): readonly string[] {
  const found = conditionKeys.get(condition);
  if (found) return found;
  const made = [lowered(condition.key.name), ...condition.wanted.flatMap(variablesIn)];
  conditionKeys.set(condition, made);
  return made;
}

/** Keys as policies spell them, by their lower case. */
const spellings = new Map<string, string>();
const spellingsMax = 10_000;

function lowered(name: string): string {
  const lower = name.toLowerCase();
  if (!spellings.has(lower) && spellings.size < spellingsMax) spellings.set(lower, name);
  return lower;
}

function variablesIn(text: string): string[] {
  const names = [...text.matchAll(/\$\{([^},]+)[^}]*\}/g)].map((match) => lowered((match[1] ?? '').trim()));
  return names.filter((name) => !['*', '?', '$'].includes(name));
}

/** All condition keys a statement asks, variables of its resources among them, in lower case. */
export function keysOfStatement(statement: Statement): readonly string[] {
  const resources = [...(statement.resources ?? []), ...(statement.notResources ?? [])];
  return [...statement.conditions.flatMap(keysOf), ...resources.flatMap(({ source }) => variablesIn(source))];
}

/**
 * The keys, as the policy spells them, that keep a statement undecided, `resource` among them when it is the resource
 * that is not told.
 */
export function gapsOf(statement: Statement, context: PartialContext): readonly string[] {
  if (matchOf(statement, context) !== MAYBE) return [];
  const unknown = keysOfStatement(statement).filter((key) => context.unknown.has(key));
  const keys = unknown.map((key) => spellings.get(key) ?? key);
  return resourceMatch(statement, context) === MAYBE && !context.exact ? [...keys, 'the resource'] : keys;
}

function resourceMatch(statement: Statement, context: PartialContext): Match {
  const { resources, notResources } = statement;
  if (!resources && !notResources) return resourceFits(statement, context.resource, context) ? YES : NO;
  if (context.exact && (context.unknown.size === 0 || !(resources ?? notResources)?.some(hasVariables))) {
    return resourceFits(statement, context.resource, context) ? YES : NO;
  }
  const match = best((resources ?? notResources ?? []).map((template) => templateMatch(template, context)));
  return resources ? match : ((YES - match) as Match);
}

const hasVariables = (template: Template) => template.pattern === undefined;
const best = (matches: readonly Match[]) => matches.reduce<Match>((a, b) => (b > a ? b : a), NO);

function templateMatch(template: Template, context: PartialContext): Match {
  const { source } = template;
  if (source === '*') return YES;
  const gap = hasVariables(template) && variablesIn(source).some((key) => context.unknown.has(key));
  const wide = source.replaceAll(/\$\{[^}]*\}/g, '*');
  if (!gap) {
    const one: Statement = { ...bare, resources: [template] };
    // A `?` may have met the `*` of a resource that is not told: no proof that it covers all of them.
    if (resourceFits(one, context.resource, context) && (context.exact || !source.includes('?'))) return YES;
    if (context.exact) return NO;
  }
  const meets = context.exact ? matchesPattern(wide, context.resource) : overlap(wide, context.resource);
  return meets ? MAYBE : NO;
}

const bare: Statement = {
  ...{ index: 0, sid: undefined, effect: 'Deny', start: 0, end: 0 },
  element: undefined as never,
  ...{ principal: undefined, notPrincipal: undefined, resources: undefined, notResources: undefined, conditions: [] },
};

/** Whether some text fits both patterns of `*` and `?`. |a| x |b| steps. */
export function overlap(a: string, b: string): boolean {
  let row = new Uint8Array(b.length + 1);
  row[0] = 1;
  for (let j = 0; j < b.length; j++) row[j + 1] = row[j] && b[j] === '*' ? 1 : 0;
  for (const want of a) {
    const next = new Uint8Array(b.length + 1);
    next[0] = row[0] && want === '*' ? 1 : 0;
    for (let j = 0; j < b.length; j++) {
      const other = b[j];
      const star = want === '*' || other === '*';
      const step = star
        ? row[j + 1] || next[j] || row[j]
        : want === other || want === '?' || other === '?'
          ? row[j]
          : 0;
      next[j + 1] = step ? 1 : 0;
    }
    row = next;
  }
  return row[b.length] === 1;
}

interface Readings {
  readonly certain: Statement;
  readonly possible: Statement;
}

const readings = new WeakMap<Statement, Readings>();
const anything = [resourceTemplateOf('*', false, true)];

/** A statement under both readings: its conditions and resources become one question to matchOf. */
export function readingsOf(statement: Statement): Readings {
  const found = readings.get(statement);
  if (found) return found;
  const reading = (least: Match): Statement => ({
    ...statement,
    ...(statement.resources || statement.notResources ? { resources: anything, notResources: undefined } : {}),
    conditions: [
      {
        operator: 'Partial',
        key: { name: '', slot: -1 },
        wanted: [],
        holds: (context) => matchOf(statement, context as PartialContext) >= least,
      },
    ],
  });
  const made = { certain: reading(YES), possible: reading(MAYBE) };
  readings.set(statement, made);
  return made;
}

/** A policy made of chosen statements, for one action. */
export function policyFrom(statements: Reached, action: string, name?: string): CompiledPolicy {
  const document = { variables: false, id: undefined, statements: [] };
  const byAction = new Map([[action, statements]]);
  const body = { text: '', document, statements: [], byAction, latestAction: action, latest: statements };
  return { name, body };
}

/** `denies` count when they certainly match and `allows` when they possibly do, or the other way round. */
export function read(found: Reached, towards: 'allowed' | 'denied'): Reached {
  const allows = found.allows.map((s) => (towards === 'allowed' ? readingsOf(s).possible : readingsOf(s).certain));
  const denies = found.denies.map((s) => (towards === 'allowed' ? readingsOf(s).certain : readingsOf(s).possible));
  return { denies, allows };
}

/** The policies as one reading sees them, for one action. */
export function readPolicies(
  policies: readonly CompiledPolicy[],
  action: string,
  towards: 'allowed' | 'denied',
): CompiledPolicy[] {
  return policies.map(({ name, body }) => policyFrom(read(reached(body, action), towards), action, name));
}
