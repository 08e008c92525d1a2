/**
 * Attributes as SCIM and as the directory have them: which there are, what they are made of, and how one becomes the
 * other. What AWS does not support is refused by name; what is empty says nothing.
 * https://docs.aws.amazon.com/singlesignon/latest/developerguide/limitations.html
 */
import type { DirectoryUser, ExternalIdentifier, UserAttributes } from '../../identity/directory.ts';
import { failInvalid } from './scimErrors.ts';

export const CORE_USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const CORE_GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE_USER = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const ENTERPRISE = 'aws:identitystore:enterprise';

type Value = string | boolean | Complex | readonly Complex[];
/** A part of a document; names in SCIM's spelling. */
export interface Complex {
  readonly [name: string]: Value;
}

export interface Attribute {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'complex';
  /** At most one value, in a list. */
  readonly list?: true;
  readonly parts?: readonly Attribute[];
}

const texts = (...names: readonly string[]): Attribute[] => names.map((name) => ({ name, type: 'string' }));
const primary: Attribute = { name: 'primary', type: 'boolean' };
const list = (name: string, ...parts: readonly Attribute[]): Attribute => ({
  ...{ name, type: 'complex', list: true },
  parts,
});

export const USER_ATTRIBUTES: readonly Attribute[] = [
  ...texts('externalId', 'userName', 'displayName', 'nickName', 'profileUrl', 'title', 'userType'),
  ...texts('preferredLanguage', 'locale', 'timezone'),
  { name: 'active', type: 'boolean' },
  {
    ...{ name: 'name', type: 'complex' },
    parts: texts('formatted', 'familyName', 'givenName', 'middleName', 'honorificPrefix', 'honorificSuffix'),
  },
  list('emails', ...texts('value', 'type'), primary),
  list(
    'addresses',
    ...texts('formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country', 'type'),
    primary,
  ),
  list('phoneNumbers', ...texts('value', 'type'), primary),
  list('roles', ...texts('value', 'type'), primary),
];

export const ENTERPRISE_ATTRIBUTES: readonly Attribute[] = [
  ...texts('employeeNumber', 'costCenter', 'organization', 'division', 'department'),
  { name: 'manager', type: 'complex', parts: texts('value', '$ref') },
];

export const USER: Attribute = {
  ...{ name: 'User', type: 'complex' },
  parts: [...USER_ATTRIBUTES, { name: ENTERPRISE_USER, type: 'complex', parts: ENTERPRISE_ATTRIBUTES }],
};

/** Members of a resource that are not a client's to write, and say nothing. */
const IGNORED = new Set(['schemas', 'id', 'meta']);

/** Names are the same whatever their case. */
export const partOf = (attribute: Attribute, name: string) =>
  attribute.parts?.find((part) => part.name.toLowerCase() === name.toLowerCase());

const isEmpty = (value: unknown) =>
  value === null || value === undefined || (Array.isArray(value) && value.length === 0);

/** What a client sent for an attribute, checked. */
export function checkedValue(attribute: Attribute, value: unknown, at = attribute.name): Value {
  if (attribute.list) return checkedList(attribute, value, at);
  if (attribute.type === 'boolean') return checkedBoolean(value, at);
  if (attribute.type === 'string') return typeof value === 'string' ? value : failInvalid(`${at} must be a string.`);
  if (attribute.name === 'manager' && typeof value === 'string') return { value };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return failInvalid(`${at} must be an object.`);
  return checkedParts(attribute, value as Record<string, unknown>, at);
}

function checkedList(attribute: Attribute, value: unknown, at: string): readonly Complex[] {
  const items = Array.isArray(value) ? value : [value];
  if (items.length > 1) failInvalid(`List attribute ${at} exceeds allowed limit of 1`);
  const { list: _, ...item } = attribute;
  return items.map((each) => checkedValue(item, each, at) as Complex);
}

/** Some providers say `"False"`. */
function checkedBoolean(value: unknown, at: string): boolean {
  if (typeof value === 'boolean') return value;
  const text = String(value).toLowerCase();
  return text === 'true' || text === 'false' ? text === 'true' : failInvalid(`${at} must be a boolean.`);
}

export function checkedParts(attribute: Attribute, value: Readonly<Record<string, unknown>>, at = ''): Complex {
  const parts: Record<string, Value> = {};
  for (const [name, inner] of Object.entries(value)) {
    if (isEmpty(inner) || (at === '' && IGNORED.has(name))) continue;
    const part = partOf(attribute, name);
    const path = at === '' ? name : `${at}.${name}`;
    if (!part) return failInvalid(`The attribute ${path.slice(0, 200)} is not supported.`);
    parts[part.name] = checkedValue(part, inner, at === '' ? part.name : `${at}.${part.name}`);
  }
  return parts;
}

/** `givenName` → `GivenName`. */
const memberOf = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
const partNamed = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [rename(name), renamed(inner, rename)]));
}

export type Written = Pick<DirectoryUser, 'userName' | 'status' | 'externalIds' | 'attributes'>;

/** What the directory keeps of a document. `others` are external ids of other issuers. */
export function rowOf(document: Complex, issuer: string, others: readonly ExternalIdentifier[] = []): Written {
  const { userName, active, externalId, [ENTERPRISE_USER]: enterprise, ...rest } = document;
  const attributes = renamed(rest, memberOf) as UserAttributes;
  return {
    userName: typeof userName === 'string' ? userName : failInvalid('userName is a required attribute.'),
    status: active === false ? 'DISABLED' : 'ENABLED',
    externalIds: [...others, ...(typeof externalId === 'string' ? [{ Issuer: issuer, Id: externalId }] : [])],
    attributes: { ...attributes, ...(enterprise !== undefined && { Extensions: { [ENTERPRISE]: enterprise } }) },
  };
}

const KNOWN = new Set(USER_ATTRIBUTES.map(({ name }) => name));

/** A user as a document; what SCIM knows nothing of (a birthdate) is not in it. */
export function documentOf(user: DirectoryUser, issuer: string): Complex {
  const { Extensions, ...attributes } = user.attributes as UserAttributes & { Extensions?: Record<string, Complex> };
  const known = Object.entries(renamed(attributes, partNamed) as Complex).filter(([name]) => KNOWN.has(name));
  const externalId = user.externalIds.find(({ Issuer }) => Issuer === issuer)?.Id;
  const enterprise = Extensions?.[ENTERPRISE];
  return {
    ...(externalId !== undefined && { externalId }),
    userName: user.userName,
    ...Object.fromEntries(known),
    active: user.status === 'ENABLED',
    ...(enterprise && { [ENTERPRISE_USER]: enterprise }),
  };
}

/** What a user has that SCIM knows nothing of: it stays. */
export const unknownOf = ({ attributes }: DirectoryUser): UserAttributes =>
  Object.fromEntries(
    Object.entries(attributes).filter(([name]) => !KNOWN.has(partNamed(name)) && name !== 'Extensions'),
  );
