/** Groups of a directory. */
import type {
  CreateGroupRequest,
  CreateGroupResponse,
  DeleteGroupRequest,
  DescribeGroupRequest,
  DescribeGroupResponse,
  GetGroupIdRequest,
  GetGroupIdResponse,
  ListGroupsRequest,
  ListGroupsResponse,
  UpdateGroupRequest,
} from '@aws-sdk/client-identitystore';
import { ServiceQuotaExceededException } from '@aws-sdk/client-identitystore';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import {
  type DirectoryGroup,
  directoryGroups,
  type GroupRow,
  groupBy,
  isFree,
  keepGroup,
  openedGroup,
} from '../../identity/directory.ts';
import { unlock } from '../../identity/instanceKeys.ts';
import type { Instance } from '../../identity/instances.ts';
import { accessTo, changedBy, directoryId, issuersOf, storeOf, tracesOf, tracesView } from './access.ts';
import { failDuplicate, failInvalid, notFound } from './errors.ts';
import { rowsPage } from './pages.ts';
import { requireCreatable, updated } from './updates.ts';
import { forgetMemberships } from './users.ts';

interface Found {
  readonly instance: Instance;
  readonly group: GroupRow;
}
type OnGroup<In, Out> = Operation<In, Out, Found>;

const onGroup = {
  async load(input: { IdentityStoreId: string; GroupId: string }, ctx: Context): Promise<Found | Missing> {
    const instance = await storeOf(input, ctx);
    if (instance instanceof Missing) return instance;
    const group = await ctx.store.get(directoryGroups, [instance.identityStore, input.GroupId]);
    if (!group) return new Missing(`arn:aws:identitystore:::group/${input.GroupId}`, notFound('GROUP', input.GroupId));
    return { instance, group };
  },
  access: (_input: unknown, ctx: Context, { instance, group }: Found) =>
    accessTo(ctx, instance, [['GROUP', group.id]], { 'identitystore:GroupExternalIdIssuers': issuersOf(group) }),
};

const RESERVED = /^(Administrator|AWSAdministrators)$/i;

export const CreateGroup: Operation<Present<CreateGroupRequest>, CreateGroupResponse, Instance> = {
  load: storeOf,
  access: (_input, ctx, instance) => accessTo(ctx, instance),
  async run({ IdentityStoreId, DisplayName, Description }, ctx) {
    const name = DisplayName ?? failInvalid('displayName is a required attribute.');
    const id = directoryId(IdentityStoreId, uuid(ctx));
    const said = { identityStore: IdentityStoreId, id, name, description: Description, externalIds: [] };
    await addGroup(ctx, { ...said, ...tracesOf(ctx) });
    return { GroupId: id, IdentityStoreId };
  },
};

/** Refuses one whose name another has. */
export async function addGroup(ctx: Context, group: DirectoryGroup): Promise<void> {
  const { identityStore } = group;
  await requireFit(ctx, group, undefined);
  if (!(await ctx.store.fits(directoryGroups, [identityStore], quota(ctx, 'IdentityStoreGroupsQuota', 100_000)))) {
    fail(ServiceQuotaExceededException, 'The number of groups in the identity store exceeds the limit.');
  }
  await keepGroup(ctx, group);
}

export async function changeGroup(ctx: Context, changed: DirectoryGroup, before: DirectoryGroup): Promise<void> {
  await requireFit(ctx, changed, before);
  await keepGroup(ctx, changed);
}

/** With its memberships. */
export async function removeGroup(
  ctx: Context,
  { identityStore, id }: Pick<DirectoryGroup, 'identityStore' | 'id'>,
): Promise<void> {
  await ctx.store.remove(directoryGroups, [identityStore, id]);
  await forgetMemberships(ctx, identityStore, 'group', id);
}

async function requireFit(ctx: Context, group: DirectoryGroup, before: DirectoryGroup | undefined): Promise<void> {
  const { identityStore, name, externalIds } = group;
  if (name.toLowerCase() !== before?.name.toLowerCase()) await requireFreeName(ctx, identityStore, name);
  for (const { Issuer, Id } of externalIds) {
    if (before?.externalIds.some((had) => had.Issuer === Issuer && had.Id === Id)) continue;
    if (!(await isFree(ctx.store, identityStore, directoryGroups, 'external', Issuer, Id))) failDuplicate('ExternalId');
  }
}

async function requireFreeName(ctx: Context, store: string, name: string): Promise<void> {
  if (RESERVED.test(name)) failInvalid(`${name} is a reserved name.`);
  if (!(await isFree(ctx.store, store, directoryGroups, 'name', name))) failDuplicate('GroupDisplayName');
}

export const DescribeGroup: OnGroup<Present<DescribeGroupRequest>, DescribeGroupResponse> = {
  ...onGroup,
  run: async (_input, ctx, { group }) => groupView(openedGroup(ctx.store, group)),
};

const KNOWN = new Set(['DisplayName', 'Description']);

export const UpdateGroup: OnGroup<Present<UpdateGroupRequest>, object> = {
  ...onGroup,
  async run({ Operations }, ctx, target) {
    const group = openedGroup(ctx.store, target.group);
    const before = { DisplayName: group.name, ...(group.description && { Description: group.description }) };
    const changed = updated(before, Operations, KNOWN);
    await requireCreatable('CreateGroup', changed, group.identityStore);
    const after = changed as { DisplayName?: string; Description?: string };
    const name = after.DisplayName ?? failInvalid('displayName is a required attribute.');
    await changeGroup(ctx, { ...group, name, description: after.Description, ...changedBy(ctx) }, group);
    return {};
  },
};

export const DeleteGroup: OnGroup<Present<DeleteGroupRequest>, object> = {
  ...onGroup,
  async run(_input, ctx, { group }) {
    await removeGroup(ctx, group);
    return {};
  },
};

export const ListGroups: Operation<Present<ListGroupsRequest>, ListGroupsResponse, Instance> = {
  load: storeOf,
  access: (_input, ctx, instance) => accessTo(ctx, instance, [['GROUP', '*']]),
  async run(input, ctx, { identityStore }) {
    const [filter] = input.Filters ?? [];
    if (filter) {
      if (filter.AttributePath?.toLowerCase() !== 'displayname') {
        failInvalid(`The attribute path ${filter.AttributePath} is not supported for filters.`);
      }
      const group = await groupBy(ctx.store, identityStore, 'name', filter.AttributeValue!);
      return { Groups: group ? [groupView(group)] : [] };
    }
    const { rows, page } = await rowsPage(ctx, directoryGroups, [identityStore], input);
    return { Groups: rows.map((row) => groupView(openedGroup(ctx.store, row))), ...page };
  },
};

export const GetGroupId: Operation<Present<GetGroupIdRequest>, GetGroupIdResponse, Found> = {
  async load({ IdentityStoreId, AlternateIdentifier }, ctx) {
    const instance = await storeOf({ IdentityStoreId }, ctx);
    if (instance instanceof Missing) return instance;
    await unlock(ctx, instance, 'identitystore', 'caller');
    const group = await groupMeant(ctx, IdentityStoreId, AlternateIdentifier);
    return group ? { instance, group } : new Missing('arn:aws:identitystore:::group/*', notFound('GROUP'));
  },
  access: onGroup.access,
  run: async (_input, _ctx, { group }) => ({ GroupId: group.id, IdentityStoreId: group.identityStore }),
};

type Identifier = NonNullable<GetGroupIdRequest['AlternateIdentifier']>;

function groupMeant(ctx: Context, store: string, { ExternalId, UniqueAttribute }: Identifier) {
  if (ExternalId) return groupBy(ctx.store, store, 'external', ExternalId.Issuer!, ExternalId.Id!);
  if (UniqueAttribute?.AttributePath?.toLowerCase() !== 'displayname') {
    return failInvalid('The only valid attribute path is displayName.');
  }
  return groupBy(ctx.store, store, 'name', String(UniqueAttribute.AttributeValue));
}

export const groupView = (group: DirectoryGroup) => ({
  IdentityStoreId: group.identityStore,
  GroupId: group.id,
  DisplayName: group.name,
  ...(group.description !== undefined && { Description: group.description }),
  ...(group.externalIds.length > 0 && { ExternalIds: [...group.externalIds] }),
  ...tracesView(group),
});
