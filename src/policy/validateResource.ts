// Role trust policies and resource-based policies as their write APIs judge them: which elements are required,
// prohibited or unknown. Whether a principal exists is not asked here; the service that owns the policy does that.

import { parseOperator } from './conditions.ts';
import type { Json, Member } from './json.ts';

const required = ['Effect', 'Principal', 'Action'] as const;
const known = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);
const principalKinds = new Set(['AWS', 'Service', 'Federated', 'CanonicalUser']);
const syntax = 'Syntax errors in policy.';

/** The fault of a trust policy (`trust`) or of another resource-based policy, undefined when there is none. */
export function resourceFault(document: Json, trust: boolean): string | undefined {
  if (document.kind !== 'object') return 'This policy contains invalid Json';
  for (const { key, value } of document.members) {
    if (key === 'Version' && !isVersion(value)) return 'The policy must contain a valid version string';
    if (key === 'Id' && value.kind !== 'string') return syntax;
    if (key !== 'Version' && key !== 'Id' && key !== 'Statement') return `Unknown field ${key}`;
  }
  const block = document.members.find((member) => member.key === 'Statement');
  if (!block) return 'Missing required field Statement';
  const statements = block.value.kind === 'array' ? block.value.items : [block.value];
  if (statements.length === 0) return 'Could not parse the policy: Statement is empty!';
  for (const statement of statements) {
    const fault = statementFault(statement, trust);
    if (fault !== undefined) return fault;
  }
  const sids = statements.flatMap((statement) => statement.members.find((m) => m.key === 'Sid')?.value.text || []);
  return new Set(sids).size < sids.length ? 'The Statement Ids in the policy are not unique' : undefined;
}

function statementFault(statement: Json, trust: boolean): string | undefined {
  if (statement.kind !== 'object') return syntax;
  const members = new Map(statement.members.map((member) => [member.key, member.value]));
  for (const { key } of statement.members) {
    if (!known.has(key)) return `Unknown field ${key}`;
  }
  for (const name of trust ? required : [...required, 'Resource']) {
    if (!members.has(name) && !members.has(`Not${name}`)) return `Missing required field ${name}`;
    if (members.has(name) && members.has(`Not${name}`)) return syntax;
  }
  const effect = members.get('Effect');
  if (effect?.kind !== 'string' || (effect.text !== 'Allow' && effect.text !== 'Deny')) {
    return `Invalid effect: ${effect?.text ?? ''}`;
  }
  if (members.has('NotPrincipal') && effect.text === 'Allow') return 'Allow with NotPrincipal is not allowed.';
  if (members.has('NotPrincipal') && trust) return 'AssumeRole policy must not contain NotPrincipal field.';
  return (
    principalFault(members.get('Principal') ?? members.get('NotPrincipal')) ??
    (conditionsAreSound(members.get('Condition')) ? undefined : syntax) ??
    actionFault(members.get('Action') ?? members.get('NotAction'), trust) ??
    (trust ? prohibitedFault(members) : textsFault(members.get('Resource') ?? members.get('NotResource'))) ??
    (members.get('Sid')?.kind === 'string' || !members.has('Sid') ? undefined : syntax)
  );
}

function prohibitedFault(members: ReadonlyMap<string, Json>): string | undefined {
  if (members.has('Resource')) return 'Has prohibited field Resource.';
  return members.has('NotResource') ? 'AssumeRole policy must not contain resources.' : undefined;
}

function textsFault(value: Json | undefined): string | undefined {
  return listOf(value).every((item) => item.kind === 'string') ? undefined : syntax;
}

function isVersion(value: Json): boolean {
  return value.kind === 'string' && /^(2008|2012)-10-17$/.test(value.text);
}

function principalFault(principal: Json | undefined): string | undefined {
  if (principal === undefined || (principal.kind === 'string' && principal.text === '*')) return undefined;
  if (principal.kind !== 'object') return 'Invalid principal in policy';
  if (principal.members.length === 0) return 'Missing required field Principal cannot be empty!';
  return principal.members.every(isPrincipalEntry) ? undefined : 'Invalid principal in policy';
}

function isPrincipalEntry(entry: Member): boolean {
  const names = listOf(entry.value);
  return (
    principalKinds.has(entry.key) && names.length > 0 && names.every((name) => name.kind === 'string' && name.text)
  );
}

function actionFault(action: Json | undefined, trust: boolean): string | undefined {
  const actions = listOf(action);
  if (actions.length === 0) return 'Policy statement must contain actions.';
  if (!actions.every((value) => value.kind === 'string')) return syntax;
  if (trust && !actions.every((value) => /^sts:/i.test(value.text))) {
    return 'AssumeRole policy may only specify STS AssumeRole actions.';
  }
  if (!actions.every((value) => value.text === '*' || value.text.includes(':'))) return 'Policy has invalid action';
  return undefined;
}

/** Conditions as every policy has them: operators that exist, keys with scalars. */
export function conditionsAreSound(condition: Json | undefined): boolean {
  if (condition === undefined) return true;
  if (condition.kind !== 'object') return false;
  return condition.members.every(
    ({ key, value }) =>
      parseOperator(key) !== undefined &&
      value.kind === 'object' &&
      value.members.every((m) =>
        listOf(m.value).every((v) => v.kind !== 'object' && v.kind !== 'array' && v.kind !== 'null'),
      ),
  );
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return value.kind === 'array' ? value.items : [value];
}
