// Identity-based and session policies as IAM's write APIs judge them. The order of the checks is AWS's: the first
// fault found is the sentence that the caller sees. Source of order and sentences: answers of IAM as recorded in
// public test suites.

import { parseOperator } from './conditions.ts';
import type { Json } from './json.ts';

const syntax = 'Syntax errors in policy.';
const legacy = 'The policy failed legacy parsing';
const sidForm =
  'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*';

type Statement = ReadonlyMap<string, Json>;

/**
 * The fault of an identity-based policy, undefined when there is none. Session policies take no incomplete ARN. Only
 * inline policies may be of the old version, which is also what no Version means (IAM User Guide, Version).
 */
export function identityFault(document: Json, kind: 'identity' | 'inline' | 'session'): string | undefined {
  if (!isDocument(document)) return syntax;
  const statements = listOf(member(document, 'Statement')).map(
    (json) => new Map(json.members.map((m) => [m.key, m.value])),
  );
  if (kind !== 'inline' && member(document, 'Version')?.text !== '2012-10-17')
    return 'Policy document must be version 2012-10-17 or greater.';
  if (statements.some((statement) => statement.has('Principal') || statement.has('NotPrincipal'))) {
    return 'Policy document should not specify a principal.';
  }
  if (statements.some(failsLegacyParsing)) return legacy;
  const resources = statements.flatMap((statement) => texts(statement, 'Resource', 'NotResource'));
  if (resources.some(hasEarlyVariable)) return legacy;
  const resourceError = first(resources, resourceFault);
  if (
    resourceError === undefined &&
    resources.some((resource) => resourceFailsLegacyParsing(resource, kind === 'session'))
  )
    return legacy;
  const sids = statements.flatMap((statement) => statement.get('Sid')?.text || []);
  if (sids.some((sid) => !/^[0-9A-Za-z]*$/.test(sid))) return sidForm;
  if (new Set(sids).size < sids.length) return 'Statement IDs (SID) in a single policy must be unique.';
  if (statements.some((statement) => texts(statement, 'Action', 'NotAction').length === 0)) {
    return 'Policy statement must contain actions.';
  }
  if (statements.some((statement) => texts(statement, 'Resource', 'NotResource').length === 0)) {
    return 'Policy statement must contain resources.';
  }
  return (
    resourceError ??
    first(
      statements.flatMap((statement) => texts(statement, 'Action', 'NotAction')),
      actionFault,
    )
  );
}

function isDocument(document: Json): boolean {
  if (document.kind !== 'object') return false;
  for (const { key, value } of document.members) {
    if (key === 'Version' ? value.kind !== 'string' || !/^(2008|2012)-10-17$/.test(value.text) : false) return false;
    if (key === 'Id' && value.kind !== 'string') return false;
    if (key !== 'Version' && key !== 'Id' && key !== 'Statement') return false;
  }
  const statements = listOf(member(document, 'Statement'));
  return statements.length > 0 && statements.every(isStatement);
}

const shapes: Readonly<Record<string, (value: Json) => boolean>> = {
  Sid: (value) => value.kind === 'string',
  Effect: (value) => value.kind === 'string' && /^(allow|deny)$/i.test(value.text),
  Action: isTextList,
  NotAction: isTextList,
  Resource: isTextList,
  NotResource: isTextList,
  Principal: () => true,
  NotPrincipal: () => true,
  Condition: (value) => value.kind === 'object' && value.members.every((m) => isConditionBlock(m.key, m.value)),
};

function isStatement(json: Json): boolean {
  if (json.kind !== 'object') return false;
  const has = (name: string) => member(json, name) !== undefined;
  if (!has('Effect') || (has('Action') && has('NotAction')) || (has('Resource') && has('NotResource'))) return false;
  return json.members.every((m) => Object.hasOwn(shapes, m.key) && shapes[m.key]?.(m.value));
}

function isConditionBlock(operator: string, keys: Json): boolean {
  if (keys.kind !== 'object') return false;
  if (keys.members.length === 0) return true;
  if (!parseOperator(operator)) return false;
  return keys.members.every((m) => listOf(m.value).every((v) => /^(string|number|boolean)$/.test(v.kind)));
}

function failsLegacyParsing(statement: Statement): boolean {
  const effect = statement.get('Effect')?.text;
  if (effect !== 'Allow' && effect !== 'Deny') return true;
  return (statement.get('Condition')?.members ?? []).some(
    (block) =>
      /^(for(all|any)values?:)?date/i.test(block.key) &&
      block.value.members.some((m) => listOf(m.value).some((value) => !isLegacyDate(value.text))),
  );
}

const legacyZone = '(?:[zZ]|[-+](\\d\\d)(?::?(\\d\\d))?)';
const legacyClock = `(\\d{1,2})(?::(\\d{1,2})(?::(\\d{1,2})(?:\\.\\d{1,9})?)?)?${legacyZone}?`;
const legacyDate = new RegExp(`^-?\\d+(?:-(\\d{1,2})(?:-(\\d{1,2}))?)?(?:[tT](?:${legacyClock})?)?$`);

/** Dates are read more loosely when a policy is written than when it is evaluated: `01T` passes, month 13 does not. */
function isLegacyDate(text: string): boolean {
  if (/^-?\d+$/.test(text)) return BigInt(text) <= 9223372036854775807n && BigInt(text) >= -9223372036854775808n;
  const found = legacyDate.exec(text);
  const maxima = [12, 31, 24, 59, 60, 23, 59];
  return found !== null && maxima.every((max, i) => found[i + 1] === undefined || Number(found[i + 1]) <= max);
}

/** A variable before the fifth colon, where an ARN takes none. */
function hasEarlyVariable(resource: string): boolean {
  const at = resource.indexOf('${');
  return at >= 0 && resource.slice(0, at).split(':').length < 6 && resource.startsWith('arn:');
}

/** ARNs with a field left out in the middle. */
function resourceFailsLegacyParsing(resource: string, session: boolean): boolean {
  if (resource === '*') return false;
  const fields = resource.split(':');
  if (fields[2] === '' || (fields.length < 6 && resource.includes('::'))) return true;
  return session && fields.length < 6;
}

const partitions = new Set([
  'aws',
  'aws-cn',
  'aws-us-gov',
  'aws-iso',
  'aws-iso-b',
  'aws-iso-e',
  'aws-iso-f',
  'aws-eusc',
  '*',
]);
const regionErrors: Readonly<Record<string, (resource: string) => string>> = {
  iam: (resource) => `IAM resource ${resource} cannot contain region information.`,
  s3: (resource) => `Resource ${resource} can not contain region information.`,
};
const iamPaths = [
  'user/',
  'federated-user/',
  'role/',
  'group/',
  'instance-profile/',
  'mfa/',
  'server-certificate/',
  'policy/',
  'sms-mfa/',
  'saml-provider/',
  'oidc-provider/',
  'report/',
  'access-report/',
];

function resourceFault(resource: string): string | undefined {
  if (resource === '*') return undefined;
  if (!resource.includes(':')) return `Resource ${resource} must be in ARN format or "*".`;
  const [, partition = '', ...rest] = resource.split(':');
  if (!partitions.has(partition)) {
    const shown = [0, 1, 2].map((i) => rest[i] ?? '*');
    const last = rest.length > 3 ? rest.slice(3).join(':') : '*';
    return `Partition "${partition}" is not valid for resource "arn:${[partition, ...shown, last].join(':')}".`;
  }
  const [service, region, account, ...path] = rest;
  if (service === undefined) return 'Resource vendor must be fully qualified and cannot contain regexes.';
  if (rest.length < 3) return undefined;
  const regionError = Object.hasOwn(regionErrors, service) ? regionErrors[service] : undefined;
  // Access points, unlike buckets, live in a Region and an account.
  const regional = service === 's3' && account !== '';
  if (regionError && region !== '' && region !== '*' && !regional) return regionError(resource);
  if (service === 'iam' && path.length > 0 && !isIamPath(path.join(':'))) {
    return `IAM resource path must either be "*" or start with ${iamPaths.join(', ')}.`;
  }
  return undefined;
}

function isIamPath(path: string): boolean {
  return path === '*' || iamPaths.some((start) => path.startsWith(start)) || /^[a-z-]*\*/.test(path);
}

function actionFault(action: string): string | undefined {
  if (action === '*') return undefined;
  const parts = action.split(':');
  if (parts.length === 1) return 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.';
  if (parts.length > 2) return 'Actions/Condition can contain only one colon.';
  return /^[a-zA-Z0-9\-.]+$/.test(parts[0] ?? '') || parts[0] === '*' ? undefined : `Vendor ${parts[0]} is not valid`;
}

function first(values: readonly string[], fault: (value: string) => string | undefined): string | undefined {
  for (const value of values) {
    const found = fault(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function texts(statement: Statement, name: string, negated: string): string[] {
  return listOf(statement.get(name) ?? statement.get(negated)).map((value) => value.text);
}

function member(json: Json, name: string): Json | undefined {
  return json.members.find((m) => m.key === name)?.value;
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return value.kind === 'array' ? value.items : [value];
}

function isTextList(value: Json): boolean {
  return listOf(value).every((item) => item.kind === 'string');
}
