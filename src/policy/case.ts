// Policy cases: one question, all policies that bear on it, and the expected verdict, as users keep them in files
// beside their policies. Reads the policies and flags strictly, so that a misspelt one is an error and not a case
// that proves nothing.

import { type CompiledPolicy, compilePolicy } from './compile.ts';
import { type ContextValue, contextOf } from './context.ts';
import type { Verdict } from './decide.ts';
import type { Grant } from './grants.ts';
import { PolicySyntaxError } from './json.ts';
import type { PrincipalType } from './principals.ts';
import type { PolicyRequest, PolicySet, RequestFlags } from './request.ts';

export interface PolicyCase {
  readonly id: string;
  readonly title: string;
  readonly request: PolicyRequest;
  readonly policies: PolicySet;
  readonly expected: Verdict;
}

/** A case that cannot be read; the message says which element is wrong and how. */
export class PolicyCaseError extends Error {}

type Fields = Readonly<Record<string, unknown>>;

const principalTypes: readonly string[] = [
  'User',
  'AssumedRole',
  'FederatedUser',
  'Root',
  'Service',
  'WebIdentity',
  'SAML',
  'Anonymous',
];
const verdicts: readonly string[] = ['Allowed', 'ExplicitlyDenied', 'ImplicitlyDenied'];
const policyNames = [
  'identity',
  'resource',
  'boundary',
  'session',
  'scps',
  'rcps',
  'vpcEndpoint',
  'grants',
  'resourceAccountScps',
  'principalAccountRcps',
];
const flagNames = [
  'principalAccountIsManagement',
  'resourceAccountIsManagement',
  'principalIsServiceLinkedRole',
  'resourceIsAwsManagedKmsKey',
];

/** Reads one case. Throws PolicyCaseError naming the element that is wrong. */
export function readPolicyCase(value: unknown): PolicyCase {
  const fields = fieldsOf(value, 'case');
  const expected = fields.expected;
  if (typeof expected !== 'string' || !verdicts.includes(expected)) {
    throw new PolicyCaseError(`expected: must be one of ${verdicts.join(', ')}`);
  }
  // Policies first: the condition keys they mention are then known when the context is built.
  const policies = readPolicies(fieldsOf(fields.policies ?? {}, 'policies', policyNames));
  return {
    id: typeof fields.id === 'string' ? fields.id : '',
    title: typeof fields.title === 'string' ? fields.title : '',
    request: readRequest(fields),
    policies,
    expected: expected as Verdict,
  };
}

function readRequest(fields: Fields): PolicyRequest {
  const request = fieldsOf(fields.request, 'request');
  const principal = fieldsOf(request.principal, 'request.principal');
  const type = textOf(principal.type, 'request.principal.type');
  if (!principalTypes.includes(type)) {
    throw new PolicyCaseError(`request.principal.type: must be one of ${principalTypes.join(', ')}`);
  }
  const optional = (name: string) =>
    principal[name] === undefined || principal[name] === null
      ? undefined
      : textOf(principal[name], `request.principal.${name}`);
  const flags = fieldsOf(fields.flags ?? {}, 'flags', flagNames);
  for (const [name, flag] of Object.entries(flags)) {
    if (typeof flag !== 'boolean') throw new PolicyCaseError(`flags.${name}: must be true or false`);
  }
  return {
    principal: {
      type: type as PrincipalType,
      arn: optional('arn'),
      service: optional('service'),
      userArn: optional('userArn'),
      userId: optional('userId'),
      canonicalUser: optional('canonicalUser'),
    },
    action: textOf(request.action, 'request.action'),
    resource: textOf(request.resource, 'request.resource'),
    context: contextOf(readContext(fieldsOf(request.context ?? {}, 'request.context'))),
    principalAccount: accountOf(fields, 'principalAccount'),
    resourceAccount: accountOf(fields, 'resourceAccount'),
    flags: flags as RequestFlags,
  };
}

function readContext(fields: Fields): Record<string, ContextValue> {
  const entries: Record<string, ContextValue> = {};
  for (const [name, value] of Object.entries(fields)) {
    entries[name] = Array.isArray(value)
      ? value.map((item) => scalarOf(item, `request.context[${name}]`))
      : scalarOf(value, `request.context[${name}]`);
  }
  return entries;
}

function readPolicies(fields: Fields): PolicySet {
  const one = (name: string) => {
    const value = fields[name];
    return value === undefined || value === null ? undefined : policyOf(value, `policies.${name}`, name);
  };
  const levels = (name: string) => {
    const value = fields[name];
    if (value === undefined || value === null) return undefined;
    return listOf(value, `policies.${name}`).map((level, index) => documents(level, `policies.${name}[${index}]`));
  };
  const session = fields.session;
  const grants = fields.grants;
  return {
    identity: documents(fields.identity ?? [], 'policies.identity'),
    resource: one('resource'),
    boundary: one('boundary'),
    session: session === undefined || session === null ? undefined : documents(session, 'policies.session'),
    scps: levels('scps'),
    rcps: levels('rcps'),
    vpcEndpoint: one('vpcEndpoint'),
    grants: grants === undefined || grants === null ? undefined : listOf(grants, 'policies.grants').map(readGrant),
  };
}

function documents(value: unknown, where: string): CompiledPolicy[] {
  return listOf(value, where).map((document, index) => {
    const place = `${where}[${index}]`;
    return policyOf(document, place, place.slice('policies.'.length));
  });
}

function policyOf(value: unknown, where: string, name: string): CompiledPolicy {
  if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) {
    throw new PolicyCaseError(`${where}: must be a policy document`);
  }
  try {
    return compilePolicy(value, name);
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw new PolicyCaseError(`${where}: ${error.message}`);
    throw error;
  }
}

function readGrant(value: unknown, index: number): Grant {
  const where = `policies.grants[${index}]`;
  const fields = fieldsOf(value, where);
  const either = (name: string) => fields[name] ?? fields[name.charAt(0).toUpperCase() + name.slice(1)];
  const text = (name: string) => {
    const found = either(name);
    return found === undefined || found === null ? undefined : textOf(found, `${where}.${name}`);
  };
  return {
    grantId: text('grantId'),
    granteePrincipal: text('granteePrincipal'),
    granteeServicePrincipal: text('granteeServicePrincipal'),
    retiringPrincipal: text('retiringPrincipal'),
    operations: listOf(either('operations') ?? [], `${where}.operations`).map((name) =>
      textOf(name, `${where}.operations`),
    ),
    constraints: readConstraints(either('constraints'), `${where}.constraints`),
  };
}

function readConstraints(value: unknown, where: string): Grant['constraints'] {
  if (value === undefined || value === null) return undefined;
  const fields = fieldsOf(value, where);
  const pairs = (name: string) => {
    const found = fields[name] ?? fields[name.charAt(0).toUpperCase() + name.slice(1)];
    if (found === undefined) return undefined;
    const entries = Object.entries(fieldsOf(found, `${where}.${name}`));
    return Object.fromEntries(entries.map(([key, text]) => [key, textOf(text, `${where}.${name}`)]));
  };
  const source = fields.sourceArn ?? fields.SourceArn;
  return {
    encryptionContextEquals: pairs('encryptionContextEquals'),
    encryptionContextSubset: pairs('encryptionContextSubset'),
    sourceArn: source === undefined ? undefined : textOf(source, `${where}.sourceArn`),
  };
}

function accountOf(fields: Fields, name: string): string | null {
  const value = fields[name];
  return value === undefined || value === null ? null : textOf(value, name);
}

function fieldsOf(value: unknown, where: string, names?: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PolicyCaseError(`${where}: must be an object`);
  }
  for (const name of names ? Object.keys(value) : []) {
    if (!names?.includes(name)) throw new PolicyCaseError(`${where}: unknown element ${JSON.stringify(name)}`);
  }
  return value as Fields;
}

function listOf(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new PolicyCaseError(`${where}: must be a list`);
  return value;
}

function textOf(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new PolicyCaseError(`${where}: must be a string`);
  return value;
}

function scalarOf(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new PolicyCaseError(`${where}: must be a string or a list of strings`);
}
