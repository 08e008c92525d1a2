/** `/Users`. https://docs.aws.amazon.com/singlesignon/latest/developerguide/supported-apis.html */
import { checkLimits } from '../../core/constraints.ts';
import { uuid } from '../../core/ids.ts';
import {
  type DirectoryUser,
  directoryGroups,
  directoryMemberships,
  directoryUsers,
  findUser,
  openedUser,
  userBy,
} from '../../identity/directory.ts';
import { schemaFacts } from '../../protocols/schema.ts';
import { changedBy, directoryId, tracesOf } from './access.ts';
import { notFound } from './errors.ts';
import { identitystore } from './index.ts';
import {
  CORE_USER,
  type Complex,
  checkedParts,
  documentOf,
  ENTERPRISE_USER,
  rowOf,
  USER,
  unknownOf,
  type Written,
} from './scimAttributes.ts';
import { failInvalid } from './scimErrors.ts';
import { listRequestOf, listResponse, shapeOf } from './scimFilters.ts';
import { operationsOf, patched } from './scimPatch.ts';
import { bodyOf, metaOf, type ScimOperation, type ScimRequest } from './scimRequests.ts';
import { addUser, changeUser, removeUser } from './users.ts';

export const CreateUser: ScimOperation = {
  name: 'CreateUser',
  async run({ ctx, instance: { identityStore }, issuer, body }) {
    const written = checked(identityStore, checkedParts(USER, bodyOf(body)), issuer);
    const id = directoryId(identityStore, uuid(ctx));
    const user: DirectoryUser = { identityStore, id, ...written, ...tracesOf(ctx) };
    await addUser(ctx, user);
    return { status: 201, body: userView(user, issuer) };
  },
};

export const GetUser: ScimOperation = {
  name: 'GetUser',
  readOnly: true,
  run: async (request) => ({ status: 200, body: userView(await userOf(request), request.issuer) }),
};

/** What is not said is gone, but for what SCIM knows nothing of. */
export const PutUser: ScimOperation = {
  name: 'PutUser',
  async run(request) {
    const before = await userOf(request);
    return written(request, before, checkedParts(USER, bodyOf(request.body)));
  },
};

export const PatchUser: ScimOperation = {
  name: 'PatchUser',
  async run(request) {
    const before = await userOf(request);
    return written(request, before, patched(documentOf(before, request.issuer), operationsOf(bodyOf(request.body))));
  },
};

async function written({ ctx, instance, issuer }: ScimRequest, before: DirectoryUser, document: Complex) {
  const others = before.externalIds.filter(({ Issuer }) => Issuer !== issuer);
  const said = checked(instance.identityStore, document, issuer);
  const user: DirectoryUser = {
    ...before,
    ...said,
    externalIds: [...others, ...said.externalIds],
    attributes: { ...unknownOf(before), ...said.attributes },
    ...changedBy(ctx),
  };
  await changeUser(ctx, user, before);
  return { status: 200, body: userView(user, issuer) };
}

export const DeleteUser: ScimOperation = {
  name: 'DeleteUser',
  async run(request) {
    await removeUser(request.ctx, await userOf(request));
    return { status: 204 };
  },
};

const FILTERS = ['username', 'externalid', 'id', 'groups', 'id+manager'];

export const ListUsers: ScimOperation = {
  name: 'ListUsers',
  readOnly: true,
  async run(request) {
    const asked = listRequestOf(request.query);
    const { users, next } = await usersMeant(request, asked);
    const views = users.map((user) => userView(user, request.issuer));
    return { status: 200, body: listResponse(asked, views, next) };
  },
};

interface Found {
  readonly users: readonly DirectoryUser[];
  readonly next?: string | undefined;
}

async function usersMeant(request: ScimRequest, asked: ReturnType<typeof listRequestOf>): Promise<Found> {
  const { ctx, issuer } = request;
  const { identityStore } = request.instance;
  const { filter, count: limit, after } = asked;
  if (!filter) {
    const { rows, next } = await ctx.store.list(directoryUsers, [identityStore], { limit, after });
    return { users: rows.map((row) => openedUser(ctx.store, row)), next };
  }
  const shape = shapeOf(filter, FILTERS);
  if (shape === 'groups') return membersOf(request, filter.groups!, limit, after);
  const user =
    shape === 'username'
      ? await userBy(ctx.store, identityStore, 'name', filter.username!)
      : shape === 'externalid'
        ? await userBy(ctx.store, identityStore, 'external', issuer, filter.externalid!)
        : await findUser(ctx.store, identityStore, filter.id!);
  const isMeant = user && (filter.manager === undefined || managerOf(user, issuer) === filter.manager);
  return { users: isMeant ? [user] : [] };
}

const managerOf = (user: DirectoryUser, issuer: string) =>
  ((documentOf(user, issuer)[ENTERPRISE_USER] as Complex | undefined)?.manager as Complex | undefined)?.value;

async function membersOf({ ctx, instance }: ScimRequest, group: string, limit: number, after: string | undefined) {
  const { identityStore } = instance;
  if (!(await ctx.store.get(directoryGroups, [identityStore, group]))) throw notFound('GROUP', group);
  const page = { limit, after, index: 'group' };
  const { rows, next } = await ctx.store.list(directoryMemberships, [identityStore, group], page);
  const users: DirectoryUser[] = [];
  for (const { user } of rows) {
    const row = await findUser(ctx.store, identityStore, user);
    if (row) users.push(row);
  }
  return { users, next };
}

async function userOf({ ctx, instance, id }: ScimRequest): Promise<DirectoryUser> {
  const user = await findUser(ctx.store, instance.identityStore, id);
  if (!user) throw notFound('USER', id);
  return user;
}

/** A document within the API's limits, as the directory keeps it. */
function checked(identityStore: string, document: Complex, issuer: string): Written {
  const written = rowOf(document, issuer);
  const { userName: UserName, attributes, externalIds } = written;
  const input = { IdentityStoreId: identityStore, UserName, ...attributes };
  checkLimits(identitystore, 'CreateUser', input, schemaFacts(identitystore));
  for (const { Id } of externalIds) requireText('externalId', Id, 256);
  const { manager, ...enterprise } = (document[ENTERPRISE_USER] ?? {}) as Complex;
  for (const [name, value] of Object.entries({ ...enterprise, ...(manager as Complex | undefined) })) {
    requireText(name, value as string, 1024);
  }
  const [email] = (document.emails ?? []) as readonly Complex[];
  if (email && email.primary !== true) failInvalid('The emails attribute value must be marked as primary.');
  return written;
}

function requireText(name: string, text: string, lengthMax: number): void {
  if (text.length >= 1 && text.length <= lengthMax && /^[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r \u00a0]+$/u.test(text)) return;
  failInvalid(
    `1 validation error detected: Value at '${name}' must have 1 to ${lengthMax} characters, none a control.`,
  );
}

function userView(user: DirectoryUser, issuer: string): object {
  const { externalId, ...document } = documentOf(user, issuer);
  const enterprise = document[ENTERPRISE_USER] as Complex | undefined;
  const manager = enterprise?.manager as Complex | undefined;
  return {
    id: user.id,
    ...(externalId !== undefined && { externalId }),
    meta: metaOf('User', user),
    schemas: [CORE_USER, ...(enterprise ? [ENTERPRISE_USER] : [])],
    ...document,
    ...(manager && { [ENTERPRISE_USER]: { ...enterprise, manager: { value: manager.value } } }),
  };
}
