/** What the endpoint says of itself: configuration, schemas, types of resources. */
import { notFound } from './errors.ts';
import {
  type Attribute,
  CORE_GROUP,
  CORE_USER,
  ENTERPRISE_ATTRIBUTES,
  ENTERPRISE_USER,
  USER_ATTRIBUTES,
} from './scimAttributes.ts';
import { listRequestOf, listResponse } from './scimFilters.ts';
import type { ScimOperation } from './scimRequests.ts';

const GUIDE = 'https://docs.aws.amazon.com/singlesignon/latest/userguide';

const CONFIG = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  documentationUri: `${GUIDE}/manage-your-identity-source-idp.html`,
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'OAuth Bearer Token',
      description: 'Authentication scheme using the OAuth Bearer Token Standard',
      specUri: 'https://www.rfc-editor.org/info/rfc6750',
      documentationUri: `${GUIDE}/provision-automatically.html`,
      primary: true,
    },
  ],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 1, maxPayloadSize: 1_048_576 },
  filter: { supported: true, maxResults: 100 },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: false },
};

const REQUIRED = new Set(['userName', 'displayName', 'name', 'familyName', 'givenName']);
const UNIQUE = new Set(['userName', 'externalId']);

const attributeView = ({ name, type, list, parts }: Attribute, isGroup = false): object => ({
  name,
  type,
  multiValued: list === true,
  required: !isGroup && REQUIRED.has(name),
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: UNIQUE.has(name) || (isGroup && name === 'displayName') ? 'server' : 'none',
  ...(parts && { subAttributes: parts.map((part) => attributeView(part)) }),
});

const schema = (id: string, name: string, attributes: readonly object[]) => ({
  id,
  name,
  description: `${name} Schema`,
  attributes,
  meta: { resourceType: 'Schema', location: `/Schemas/${id}` },
});

const MEMBERS = {
  ...attributeView({ name: 'members', type: 'complex', list: true, parts: [{ name: 'value', type: 'string' }] }),
  returned: 'never',
};

const SCHEMAS = [
  schema(
    CORE_USER,
    'User',
    USER_ATTRIBUTES.map((each) => attributeView(each)),
  ),
  schema(CORE_GROUP, 'Group', [
    { ...attributeView({ name: 'displayName', type: 'string' }, true), required: true },
    attributeView({ name: 'externalId', type: 'string' }, true),
    MEMBERS,
  ]),
  schema(
    ENTERPRISE_USER,
    'EnterpriseUser',
    ENTERPRISE_ATTRIBUTES.map((each) => attributeView(each)),
  ),
];

const resourceType = (name: string, endpoint: string, id: string, schemaExtensions: readonly object[] = []) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
  ...{ id: name, name, description: `${name} resource type`, endpoint, schema: id, schemaExtensions },
  meta: { resourceType: 'ResourceType', location: `/ResourceTypes/${name}` },
});

const RESOURCE_TYPES = [
  resourceType('User', '/Users', CORE_USER, [{ schema: ENTERPRISE_USER, required: false }]),
  resourceType('Group', '/Groups', CORE_GROUP),
];

export const ServiceProviderConfig: ScimOperation = {
  name: 'ServiceProviderConfig',
  readOnly: true,
  run: () => ({ status: 200, body: CONFIG }),
};

const listOf = (name: string, resources: readonly object[]): ScimOperation => ({
  name,
  readOnly: true,
  run: () => ({ status: 200, body: listResponse(listRequestOf(''), resources) }),
});

export const ListSchemas = listOf('ListSchemas', SCHEMAS);
export const ListResourceTypes = listOf('ListResourceTypes', RESOURCE_TYPES);

export const GetSchema: ScimOperation = {
  name: 'GetSchema',
  readOnly: true,
  run({ id }) {
    const found = SCHEMAS.find((each) => each.id.toLowerCase() === id.toLowerCase());
    if (!found) throw notFound('IDENTITY_STORE', id);
    return { status: 200, body: found };
  },
};
