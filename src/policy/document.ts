// A policy document read into its elements, nothing interpreted yet. Strict where leniency would change a decision:
// an unknown element, a wrong effect, an operator that does not exist are errors, for a statement half understood
// is worse than none. Source: IAM User Guide, Grammar of the IAM JSON policy language.

import { parseOperator } from './conditions.ts';
import { type Json, type Member, PolicySyntaxError, readJson } from './json.ts';

export type Effect = 'Allow' | 'Deny';

/** The Principal element: `any` for "*" and {"AWS": "*"}; else the lists of the map. */
export interface PrincipalElement {
  readonly any: boolean;
  readonly AWS: readonly string[];
  readonly Service: readonly string[];
  readonly Federated: readonly string[];
  readonly CanonicalUser: readonly string[];
}

export interface ConditionElement {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** One statement as written, with its span in the text. */
export interface StatementElement {
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly sid: string | undefined;
  readonly effect: Effect;
  readonly principal: PrincipalElement | undefined;
  readonly notPrincipal: PrincipalElement | undefined;
  readonly action: readonly string[] | undefined;
  readonly notAction: readonly string[] | undefined;
  readonly resource: readonly string[] | undefined;
  readonly notResource: readonly string[] | undefined;
  readonly conditions: readonly ConditionElement[];
}

export interface PolicyDocument {
  /** True for Version 2012-10-17: the document has policy variables. */
  readonly variables: boolean;
  readonly id: string | undefined;
  readonly statements: readonly StatementElement[];
}

const versions = new Set(['2008-10-17', '2012-10-17']);
const statementsMax = 10_000;

/** Reads a policy document. Throws PolicySyntaxError with the position of what is wrong. */
export function parsePolicy(text: string): PolicyDocument {
  const root = readJson(text);
  if (root.kind !== 'object') throw wrong('A policy document is an object', root);
  let variables = false;
  let id: string | undefined;
  let statements: readonly Json[] | undefined;
  for (const { key, value, start } of root.members) {
    if (key === 'Version') {
      if (!versions.has(stringOf(value))) throw wrong('Version must be 2008-10-17 or 2012-10-17', value);
      variables = value.text === '2012-10-17';
    } else if (key === 'Id') id = stringOf(value);
    else if (key === 'Statement') statements = value.kind === 'array' ? value.items : [value];
    else throw new PolicySyntaxError(`Unknown element ${JSON.stringify(key)}`, start);
  }
  if (!statements) throw wrong('Statement is missing', root);
  if (statements.length > statementsMax) throw wrong('Too many statements', root);
  return { variables, id, statements: statements.map(readStatement) };
}

type Draft = { -readonly [Name in keyof StatementElement]: StatementElement[Name] };

function readStatement(json: Json, index: number): StatementElement {
  if (json.kind !== 'object') throw wrong('A statement is an object', json);
  const draft: Draft = {
    index,
    start: json.start,
    end: json.end,
    sid: undefined,
    effect: 'Deny',
    principal: undefined,
    notPrincipal: undefined,
    action: undefined,
    notAction: undefined,
    resource: undefined,
    notResource: undefined,
    conditions: [],
  };
  let effect = false;
  for (const member of json.members) {
    if (member.key === 'Effect') effect = true;
    const read = Object.hasOwn(elements, member.key) ? elements[member.key] : undefined;
    if (!read) throw new PolicySyntaxError(`Unknown element ${JSON.stringify(member.key)}`, member.start);
    read(draft, member.value);
  }
  if (!effect) throw wrong('Effect is missing', json);
  if ((draft.action === undefined) === (draft.notAction === undefined)) {
    throw wrong('A statement has either Action or NotAction', json);
  }
  if (draft.resource && draft.notResource) throw wrong('A statement has either Resource or NotResource', json);
  if (draft.principal && draft.notPrincipal) throw wrong('A statement has either Principal or NotPrincipal', json);
  return draft;
}

const elements: Readonly<Record<string, (draft: Draft, value: Json) => void>> = {
  Sid: (draft, value) => {
    draft.sid = stringOf(value);
  },
  Effect: (draft, value) => {
    const effect = stringOf(value);
    if (effect !== 'Allow' && effect !== 'Deny') throw wrong('Effect must be Allow or Deny', value);
    draft.effect = effect;
  },
  Principal: (draft, value) => {
    draft.principal = readPrincipal(value);
  },
  NotPrincipal: (draft, value) => {
    draft.notPrincipal = readPrincipal(value);
  },
  Action: (draft, value) => {
    draft.action = stringsOf(value);
  },
  NotAction: (draft, value) => {
    draft.notAction = stringsOf(value);
  },
  Resource: (draft, value) => {
    draft.resource = stringsOf(value);
  },
  NotResource: (draft, value) => {
    draft.notResource = stringsOf(value);
  },
  Condition: (draft, value) => {
    draft.conditions = readConditions(value);
  },
};

function readPrincipal(value: Json): PrincipalElement {
  const lists = { AWS: [], Service: [], Federated: [], CanonicalUser: [] } as Record<string, readonly string[]>;
  let any = false;
  if (value.kind === 'string') {
    if (value.text !== '*') throw wrong('A principal is "*" or a map', value);
    any = true;
  } else {
    for (const member of membersOf(value)) {
      if (!Object.hasOwn(lists, member.key)) {
        throw new PolicySyntaxError(`Unknown kind of principal ${JSON.stringify(member.key)}`, member.start);
      }
      const names = stringsOf(member.value);
      lists[member.key] = names;
      if (member.key === 'AWS' && names.includes('*')) any = true;
    }
  }
  return { any, ...(lists as unknown as Omit<PrincipalElement, 'any'>) };
}

function readConditions(value: Json): ConditionElement[] {
  const conditions: ConditionElement[] = [];
  for (const { key: operator, value: keys, start } of membersOf(value)) {
    // IAM keeps an operator that does not exist as long as it has no keys; it asks nothing.
    if (!parseOperator(operator) && membersOf(keys).length > 0) {
      throw new PolicySyntaxError(`Unknown condition operator ${JSON.stringify(operator)}`, start);
    }
    for (const member of membersOf(keys)) {
      conditions.push({ operator, key: member.key, values: listOf(member.value).map(scalarOf) });
    }
  }
  return conditions;
}

function membersOf(value: Json): readonly Member[] {
  if (value.kind !== 'object') throw wrong('Expected an object', value);
  return value.members;
}

function listOf(value: Json): readonly Json[] {
  return value.kind === 'array' ? value.items : [value];
}

function stringsOf(value: Json): readonly string[] {
  return listOf(value).map(stringOf);
}

function stringOf(value: Json): string {
  if (value.kind !== 'string') throw wrong('Expected a string', value);
  return value.text;
}

function scalarOf(value: Json): string {
  if (value.kind !== 'string' && value.kind !== 'number' && value.kind !== 'boolean') {
    throw wrong('A condition value is a string, a number or a boolean', value);
  }
  return value.text;
}

function wrong(message: string, at: Json): PolicySyntaxError {
  return new PolicySyntaxError(message, at.start);
}
