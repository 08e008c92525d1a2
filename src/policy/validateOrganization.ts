// Service and resource control policies as Organizations accepts them: the tables of the Organizations User Guide,
// SCP syntax and RCP syntax. SCPs take every element but principals with either effect: the page's elements summary
// lists Resource and NotResource for Allow too. Customer RCPs only deny, name everyone, and say a service in every
// action.

import type { Json } from './json.ts';
import { rcpServices } from './services.ts';
import { conditionsAreSound } from './validateResource.ts';

const scpElements = new Set(['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']);
const rcpElements = new Set(['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'NotResource', 'Condition']);

export function isAcceptableScp(document: Json): boolean {
  return isAcceptable(document, scpElements, () => true);
}

export function isAcceptableRcp(document: Json): boolean {
  return isAcceptable(document, rcpElements, (members) => {
    const actions = textsOf(members.get('Action')) ?? [];
    const served = actions.every((action) =>
      rcpServices.has(action.slice(0, Math.max(action.indexOf(':'), 0)).toLowerCase()),
    );
    return members.get('Effect')?.text === 'Deny' && isEveryone(members.get('Principal')) && served;
  });
}

function isEveryone(principal: Json | undefined): boolean {
  if (principal?.kind === 'string') return principal.text === '*';
  const [entry, ...more] = principal?.members ?? [];
  return entry?.key === 'AWS' && more.length === 0 && textsOf(entry.value)?.join() === '*';
}

type Members = ReadonlyMap<string, Json>;

function isAcceptable(document: Json, elements: ReadonlySet<string>, fits: (members: Members) => boolean): boolean {
  if (document.kind !== 'object') return false;
  const top = new Map(document.members.map((member) => [member.key, member.value]));
  const block = top.get('Statement');
  if ([...top.keys()].some((key) => key !== 'Version' && key !== 'Statement' && key !== 'Id')) return false;
  if ((top.get('Id')?.kind ?? 'string') !== 'string') return false;
  if (top.get('Version')?.text !== '2012-10-17' || !block) return false;
  const statements = block.kind === 'array' ? block.items : [block];
  return (
    statements.length > 0 &&
    statements.every((statement) => isStatement(statement, elements) && fits(membersOf(statement)))
  );
}

function isStatement(statement: Json, elements: ReadonlySet<string>): boolean {
  if (statement.kind !== 'object') return false;
  const members = membersOf(statement);
  if ([...members.keys()].some((key) => !elements.has(key))) return false;
  const effect = members.get('Effect');
  if (effect?.kind !== 'string' || (effect.text !== 'Allow' && effect.text !== 'Deny')) return false;
  if ((members.get('Sid')?.kind ?? 'string') !== 'string') return false;
  return (
    isOneList(members, 'Action', /^(\*|[A-Za-z0-9-]+:[^:]+)$/) &&
    isOneList(members, 'Resource', /^(\*|arn:.+)$/) &&
    conditionsAreSound(members.get('Condition'))
  );
}

/** Exactly one of the element and its negation, as a list of strings of this form. */
function isOneList(members: Members, name: string, form: RegExp): boolean {
  const value = members.get(name);
  const negated = members.get(`Not${name}`);
  if ((value === undefined) === (negated === undefined)) return false;
  const texts = textsOf(value ?? negated);
  return texts !== undefined && texts.length > 0 && texts.every((text) => form.test(text));
}

function membersOf(statement: Json): Members {
  return new Map(statement.members.map((member) => [member.key, member.value]));
}

function textsOf(value: Json | undefined): string[] | undefined {
  if (value === undefined) return undefined;
  const items = value.kind === 'array' ? value.items : [value];
  return items.every((item) => item.kind === 'string') ? items.map((item) => item.text) : undefined;
}
