/**
 * Deciding without knowing everything. A question seldom says every condition key, and a statement that asks for one
 * that was not said may apply or not. The engine stays two-valued: it is asked twice, once with every such statement
 * read in favour of the caller (an Allow applies, a Deny does not), once against. Statements never undo each other, so
 * the truth lies between; where both answers agree, it does not depend on what was not said.
 */
import {
  type CompiledPolicy,
  type PolicyBody,
  reached,
  resourceFits,
  type Statement,
  statementAt,
} from '../policy/compile.ts';
import type { Condition } from '../policy/conditions.ts';
import { contextOf, type RequestContext } from '../policy/context.ts';
import { namesPrincipals, principalLevel } from '../policy/decide.ts';
import type { PolicyKind, PolicyRequest } from '../policy/index.ts';
import { resourceTemplateOf } from '../policy/variables.ts';

export type Favour = 'for' | 'against';

/** A context that knows which keys were not said, neither their value nor their absence. */
export interface OpenContext extends RequestContext {
  /** By the key's name in lower case. */
  readonly isOpen: (key: string) => boolean;
  readonly resource: string;
}

const readings: Readonly<Record<Favour, WeakMap<PolicyBody, CompiledPolicy['body']>>> = {
  for: new WeakMap(),
  against: new WeakMap(),
};

/** The policy as it reads in favour of the caller, or against; for contexts that are open. */
export function readingOf({ name, body }: CompiledPolicy, favour: Favour): CompiledPolicy {
  let read = readings[favour].get(body);
  if (!read) {
    const statements = body.document.statements.map((_, i) => statementRead(statementAt(body, i), favour));
    const isSame = statements.every((statement, i) => statement === body.statements[i]);
    read = isSame ? body : { ...body, statements, byAction: new Map(), latestAction: undefined };
    readings[favour].set(body, read);
  }
  return read === body ? { name, body } : { name, body: read };
}

/** The keys, as they are written, on which it depends whether the policy's statements apply to this request. */
export function openKeysOf(policy: CompiledPolicy, kind: PolicyKind, request: PolicyRequest): readonly string[] {
  const context = request.context as OpenContext;
  const { denies, allows } = reached(policy.body, request.action);
  return [...denies, ...allows].flatMap((statement) => {
    if (namesPrincipals(kind) && principalLevel(statement, kind, request, false) === 0) return [];
    const { wide, keys } = asked(statement);
    if (!resourceFits(wide, context.resource, context)) return [];
    const conditions = statement.conditions.filter((condition) => !isOpen(condition, context));
    if (!conditions.every((condition) => condition.holds(context))) return [];
    return keys.filter((key) => context.isOpen(key.toLowerCase()));
  });
}

const nothingSaid = contextOf({});

/** Whether some Allow of the policy could mean the action on the resource, whatever conditions and variables hold. */
export const mayMean = ({ body }: CompiledPolicy, action: string, resource: string): boolean =>
  reached(body, action).allows.some((statement) => resourceFits(asked(statement).wide, resource, nothingSaid));

function statementRead(statement: Statement, favour: Favour): Statement {
  const { wide, keys } = asked(statement);
  if (keys.length === 0) return statement;
  const answer = (statement.effect === 'Allow') === (favour === 'for');
  const conditions = statement.conditions.map(
    (condition): Condition => ({
      ...condition,
      holds: (context) => (isOpen(condition, context as OpenContext) ? answer : condition.holds(context)),
    }),
  );
  if (wide === statement) return { ...statement, conditions };
  return { ...wide, conditions: [...conditions, resourceCondition(statement, answer)] };
}

/** Stands for a resource whose variables may be open: the statement's own resources were widened. */
function resourceCondition(statement: Statement, answer: boolean): Condition {
  const keys = [...(statement.resources ?? []), ...(statement.notResources ?? [])].flatMap((t) =>
    variablesIn(t.source),
  );
  return {
    ...{ operator: 'Resource', key: { name: '', slot: -1 }, wanted: [] },
    holds(context) {
      const { isOpen, resource } = context as OpenContext;
      return keys.some((key) => isOpen(key.toLowerCase())) ? answer : resourceFits(statement, resource, context);
    },
  };
}

const isOpen = (condition: Condition, context: OpenContext) =>
  keysOf(condition).some((key) => context.isOpen(key.toLowerCase()));

const keysOf = ({ key, wanted }: Condition): readonly string[] =>
  wanted.some((value) => value.includes('${')) ? [key.name, ...wanted.flatMap(variablesIn)] : [key.name];

interface Asked {
  /** The statement with a wildcard for each variable of its resources; NotResource is left to the condition. */
  readonly wide: Statement;
  readonly keys: readonly string[];
}

const known = new WeakMap<Statement, Asked>();

function asked(statement: Statement): Asked {
  let found = known.get(statement);
  if (!found) {
    const { resources, notResources } = statement;
    const variables = [...(resources ?? []), ...(notResources ?? [])].filter((template) => !template.pattern);
    const keys = [
      ...statement.conditions.flatMap(keysOf),
      ...variables.flatMap((template) => variablesIn(template.source)),
    ];
    const widened = resources?.map((t) =>
      t.pattern ? t : resourceTemplateOf(t.source.replace(/\$\{[^}]*\}/g, '*'), false, false),
    );
    const wide: Statement = { ...statement, resources: widened ?? [everything], notResources: undefined };
    found = { wide: variables.length === 0 ? statement : wide, keys: [...new Set(keys)] };
    known.set(statement, found);
  }
  return found;
}

const everything = resourceTemplateOf('*', false, false);

/** Names of the variables in a text; `${*}`, `${?}` and `${$}` are none. */
function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(/\$\{([^},]+)[^}]*\}/g)]
    .map((m) => (m[1] ?? '').trim())
    .filter((name) => !/^[*?$]$/.test(name));
}
