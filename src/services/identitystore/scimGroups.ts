/** `/Groups`. Members are written and asked for, never shown. */
import { checkLimits } from '../../core/constraints.ts';
import { uuid } from '../../core/ids.ts';
import {
  type DirectoryGroup,
  directoryGroups,
  directoryMemberships,
  directoryUsers,
  findGroup,
  groupBy,
  membershipOf,
  openedGroup,
} from '../../identity/directory.ts';
import { schemaFacts } from '../../protocols/schema.ts';
import { changedBy, directoryId, tracesOf } from './access.ts';
import { notFound } from './errors.ts';
import { addGroup, changeGroup, removeGroup } from './groups.ts';
import { identitystore } from './index.ts';
import { addMember } from './memberships.ts';
import { CORE_GROUP } from './scimAttributes.ts';
import { failInvalid } from './scimErrors.ts';
import { listRequestOf, listResponse, shapeOf } from './scimFilters.ts';
import { operationsOf, type PatchOperation } from './scimPatch.ts';
import { bodyOf, metaOf, type ScimOperation, type ScimRequest } from './scimRequests.ts';

const MEMBERS_MAX = 100;

export const CreateGroup: ScimOperation = {
  name: 'CreateGroup',
  async run(request) {
    const { ctx, issuer, instance } = request;
    const { identityStore } = instance;
    const { displayName, externalId, members } = bodyOf(request.body);
    const group: DirectoryGroup = {
      ...{ identityStore, id: directoryId(identityStore, uuid(ctx)), name: nameOf(displayName, identityStore) },
      externalIds: externalIdsOf(externalId, issuer),
      ...tracesOf(ctx),
    };
    await addGroup(ctx, group);
    for (const member of membersIn(members ?? [])) await join(request, group.id, member);
    const { members: _, ...view } = groupView(group, issuer);
    return { status: 201, body: view };
  },
};

export const GetGroup: ScimOperation = {
  name: 'GetGroup',
  readOnly: true,
  run: async (request) => ({ status: 200, body: groupView(await groupOf(request), request.issuer) }),
};

export const DeleteGroup: ScimOperation = {
  name: 'DeleteGroup',
  async run(request) {
    await removeGroup(request.ctx, await groupOf(request));
    return { status: 204 };
  },
};

export const PatchGroup: ScimOperation = {
  name: 'PatchGroup',
  async run(request) {
    const group = await groupOf(request);
    const changes = operationsOf(bodyOf(request.body)).flatMap(changesOf);
    const members = changes.filter(({ path }) => path === 'members');
    const memberCount = members.reduce((sum, { value }) => sum + membersIn(value).length, 0);
    if (memberCount > MEMBERS_MAX) failInvalid(`At most ${MEMBERS_MAX} membership changes are allowed in a request.`);
    const changed = changes.reduce((now, change) => withChange(now, change, request), group);
    if (changed !== group) await changeGroup(request.ctx, { ...changed, ...changedBy(request.ctx) }, group);
    for (const { op, value } of members) {
      for (const member of membersIn(value)) await (op === 'remove' ? leave : join)(request, group.id, member);
    }
    return { status: 204 };
  },
};

interface Change {
  readonly op: PatchOperation['op'];
  readonly path: 'displayName' | 'externalId' | 'members';
  readonly value: unknown;
}

const PATHS: Readonly<Record<string, Change['path']>> = {
  displayname: 'displayName',
  externalid: 'externalId',
  members: 'members',
};
const MEMBER = /^members\[\s*value\s+eq\s+"([^"]+)"\s*\]$/i;

/** An operation, or those that its value stands for; each on one attribute. */
function changesOf({ op, path, value }: PatchOperation): Change[] {
  if (path === undefined) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      failInvalid('Missing path in PATCH request');
    const said = Object.entries(value as object).filter(([name]) => name !== 'id' && name !== 'schemas');
    return said.map(([name, inner]) => allowed({ op, path: pathNamed(name), value: inner }));
  }
  const member = MEMBER.exec(path)?.[1];
  if (member !== undefined) return [allowed({ op, path: 'members', value: [{ value: member }] })];
  return [allowed({ op, path: pathNamed(path), value })];
}

const pathNamed = (path: string): Change['path'] =>
  PATHS[path.replace(`${CORE_GROUP}:`, '').toLowerCase()] ??
  failInvalid(`The path ${path.slice(0, 200)} is not supported.`);

/** All members at once are neither replaced nor removed. */
function allowed(change: Change): Change {
  if (change.path !== 'members') return change;
  if (change.op === 'replace') failInvalid('Replacing all members is not supported.');
  if (change.op === 'remove' && membersIn(change.value ?? []).length === 0) {
    failInvalid('Removing all members is not supported.');
  }
  return change;
}

function withChange(group: DirectoryGroup, { op, path, value }: Change, { issuer }: ScimRequest): DirectoryGroup {
  if (path === 'members') return group;
  if (path === 'displayName') {
    if (op === 'remove') failInvalid('displayName is a required attribute.');
    return { ...group, name: nameOf(value, group.identityStore) };
  }
  const others = group.externalIds.filter(({ Issuer }) => Issuer !== issuer);
  return { ...group, externalIds: [...others, ...(op === 'remove' ? [] : externalIdsOf(value, issuer))] };
}

function nameOf(value: unknown, IdentityStoreId: string): string {
  if (typeof value !== 'string') return failInvalid('displayName is a required attribute.');
  checkLimits(identitystore, 'CreateGroup', { IdentityStoreId, DisplayName: value }, schemaFacts(identitystore));
  return value;
}

function externalIdsOf(value: unknown, Issuer: string) {
  if (value === undefined || value === null) return [];
  const isOne = typeof value === 'string' && value.length >= 1 && value.length <= 256;
  return isOne ? [{ Issuer, Id: value }] : failInvalid('externalId must have 1 to 256 characters.');
}

/** Ids of users. */
function membersIn(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > MEMBERS_MAX) failInvalid(`At most ${MEMBERS_MAX} membership changes are allowed in a request.`);
  return list.map((each) => {
    const id = (each as { value?: unknown } | null)?.value;
    return typeof id === 'string' && id !== '' ? id : failInvalid('A member must have a value.');
  });
}

async function join({ ctx, instance }: ScimRequest, group: string, user: string): Promise<void> {
  if (await membershipOf(ctx.store, instance.identityStore, group, user)) return;
  await addMember(ctx, instance.identityStore, group, user);
}

async function leave({ ctx, instance }: ScimRequest, group: string, user: string): Promise<void> {
  const membership = await membershipOf(ctx.store, instance.identityStore, group, user);
  if (membership) await ctx.store.remove(directoryMemberships, [instance.identityStore, membership.id]);
}

const FILTERS = ['displayname', 'externalid', 'id', 'members', 'id+members', 'id+member'];

export const ListGroups: ScimOperation = {
  name: 'ListGroups',
  readOnly: true,
  async run(request) {
    const asked = listRequestOf(request.query);
    const { groups, next } = await groupsMeant(request, asked);
    return {
      status: 200,
      body: listResponse(
        asked,
        groups.map((group) => groupView(group, request.issuer)),
        next,
      ),
    };
  },
};

interface Found {
  readonly groups: readonly DirectoryGroup[];
  readonly next?: string | undefined;
}

async function groupsMeant(request: ScimRequest, asked: ReturnType<typeof listRequestOf>): Promise<Found> {
  const { ctx, issuer } = request;
  const { identityStore } = request.instance;
  const { filter, count: limit, after } = asked;
  if (!filter) {
    const { rows, next } = await ctx.store.list(directoryGroups, [identityStore], { limit, after });
    return { groups: rows.map((row) => openedGroup(ctx.store, row)), next };
  }
  const shape = shapeOf(filter, FILTERS);
  if (shape === 'members') return groupsWith(request, filter.members!, limit, after);
  const group =
    shape === 'displayname'
      ? await groupBy(ctx.store, identityStore, 'name', filter.displayname!)
      : shape === 'externalid'
        ? await groupBy(ctx.store, identityStore, 'external', issuer, filter.externalid!)
        : await findGroup(ctx.store, identityStore, filter.id!);
  const member = filter.members ?? filter.member;
  const isMeant = group && (member === undefined || (await membershipOf(ctx.store, identityStore, group.id, member)));
  return { groups: isMeant ? [group] : [] };
}

async function groupsWith({ ctx, instance }: ScimRequest, user: string, limit: number, after: string | undefined) {
  const { identityStore } = instance;
  if (!(await ctx.store.get(directoryUsers, [identityStore, user]))) throw notFound('USER', user);
  const page = { limit, after, index: 'user' };
  const { rows, next } = await ctx.store.list(directoryMemberships, [identityStore, user], page);
  const groups: DirectoryGroup[] = [];
  for (const { group } of rows) {
    const row = await findGroup(ctx.store, identityStore, group);
    if (row) groups.push(row);
  }
  return { groups, next };
}

async function groupOf({ ctx, instance, id }: ScimRequest): Promise<DirectoryGroup> {
  const group = await findGroup(ctx.store, instance.identityStore, id);
  if (!group) throw notFound('GROUP', id);
  return group;
}

function groupView(group: DirectoryGroup, issuer: string) {
  const externalId = group.externalIds.find(({ Issuer }) => Issuer === issuer)?.Id;
  return {
    id: group.id,
    ...(externalId !== undefined && { externalId }),
    meta: metaOf('Group', group),
    schemas: [CORE_GROUP],
    displayName: group.name,
    members: [],
  };
}
