/** Groups, and who is in them. Membership is kept in the users' rows, where every request of a member reads it. */
import {
  type AddUserToGroupRequest,
  type CreateGroupRequest,
  type CreateGroupResponse,
  DeleteConflictException,
  type DeleteGroupRequest,
  EntityAlreadyExistsException,
  type GetGroupRequest,
  type GetGroupResponse,
  LimitExceededException,
  type ListGroupsForUserRequest,
  type ListGroupsForUserResponse,
  type ListGroupsRequest,
  type ListGroupsResponse,
  type RemoveUserFromGroupRequest,
  type Group as SdkGroup,
  type UpdateGroupRequest,
} from '@aws-sdk/client-iam';
import { fail } from '../../core/errors.ts';
import { uniqueId } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { byName, type Group, groupArn, groups, type User, users } from '../../identity/principals.ts';
import { everyRow } from '../../store/everyRow.ts';
import { itemsPage, pathPage, rowsPage } from './pages.ts';
import { findGroup, findUser, groupAccess, noSuchUser, userAccess } from './subjects.ts';
import { userView } from './users.ts';

export const CreateGroup: Operation<Present<CreateGroupRequest>, CreateGroupResponse> = {
  access: (input, ctx) => ({
    resource: groupArn({ account: ctx.account, path: input.Path ?? '/', name: input.GroupName }),
  }),
  async run(input, ctx) {
    const max = quota(ctx, 'GroupsQuota', 300);
    if (!(await ctx.store.fits(groups, [ctx.account], max))) {
      fail(LimitExceededException, `Cannot exceed quota for GroupsPerAccount: ${max}`);
    }
    const group: Group = {
      account: ctx.account,
      name: input.GroupName,
      path: input.Path ?? '/',
      id: uniqueId('AGPA', ctx),
      created: ctx.now.toISOString(),
      attached: [],
      inline: {},
    };
    if (!(await ctx.store.insert(groups, group))) failTaken(group.name);
    return { Group: groupView(group) };
  },
};

export const GetGroup: Operation<Present<GetGroupRequest>, GetGroupResponse, Group> = {
  load: (input, ctx) => findGroup(ctx, input.GroupName),
  access: (_input, _ctx, group) => groupAccess(group),
  async run(input, ctx, group) {
    const { rows, page } = await rowsPage(ctx, users, membersOf(group), input, { index: 'group' });
    return { Group: groupView(group), Users: rows.map(userView), ...page };
  },
};

export const ListGroups: Operation<Present<ListGroupsRequest>, ListGroupsResponse> = {
  access: (input, ctx) => ({ resource: groupArn({ account: ctx.account, path: input.PathPrefix ?? '/', name: '' }) }),
  async run(input, ctx) {
    const { rows, page } = await pathPage(ctx, groups, input);
    return { Groups: rows.map(groupView), ...page };
  },
};

export const ListGroupsForUser: Operation<Present<ListGroupsForUserRequest>, ListGroupsForUserResponse, User> = {
  load: (input, ctx) => findUser(ctx, input.UserName),
  access: (_input, _ctx, user) => userAccess(user),
  async run(input, ctx, user) {
    const { items, page } = itemsPage(user.groups, input);
    const rows = await Promise.all(items.map((name) => ctx.store.get(groups, byName(user.account, name))));
    return { Groups: rows.filter((row) => row !== undefined).map(groupView), ...page };
  },
};

/** A new name or path is a new ARN: permission is needed on the old one and on the new one. Members follow. */
export const UpdateGroup: Operation<Present<UpdateGroupRequest>, object, Group> = {
  load: (input, ctx) => findGroup(ctx, input.GroupName),
  access: (input, _ctx, group) => {
    const renamed = renamedGroup(group, input);
    return groupArn(renamed) === groupArn(group) ? groupAccess(group) : [groupAccess(group), groupAccess(renamed)];
  },
  async run(input, ctx, group) {
    const renamed = renamedGroup(group, input);
    if (isSame(renamed.name, group.name)) await ctx.store.replace(groups, renamed);
    else {
      if (!(await ctx.store.insert(groups, renamed))) failTaken(renamed.name);
      await ctx.store.remove(groups, byName(group.account, group.name));
    }
    if (renamed.name === group.name) return {};
    const members: User[] = [];
    for await (const member of everyRow(ctx.store, users, membersOf(group), 'group')) members.push(member);
    for (const member of members) {
      const names = member.groups.map((name) => (isSame(name, group.name) ? renamed.name : name));
      await ctx.store.replace(users, { ...member, groups: names });
    }
    return {};
  },
};

export const DeleteGroup: Operation<Present<DeleteGroupRequest>, object, Group> = {
  load: (input, ctx) => findGroup(ctx, input.GroupName),
  access: (_input, _ctx, group) => groupAccess(group),
  async run(_input, ctx, group) {
    const conflict = (what: string) => fail(DeleteConflictException, `Cannot delete entity, must ${what} first.`);
    if (!(await ctx.store.fits(users, membersOf(group), 1, 'group'))) conflict('remove users from group');
    if (group.attached.length > 0) conflict('detach all policies');
    if (Object.keys(group.inline).length > 0) conflict('delete policies');
    await ctx.store.remove(groups, byName(group.account, group.name));
    return {};
  },
};

/** Adding a member again changes nothing, and is no error. A group that is joined must stay: its row is read here. */
export const AddUserToGroup: Operation<Present<AddUserToGroupRequest>, object, Group> = {
  load: (input, ctx) => findGroup(ctx, input.GroupName),
  access: (_input, _ctx, group) => groupAccess(group),
  async run(input, ctx, group) {
    const user = await ctx.store.get(users, byName(ctx.account, input.UserName));
    if (!user) throw noSuchUser(input.UserName);
    if (user.groups.some((name) => isSame(name, group.name))) return {};
    const max = quota(ctx, 'GroupsPerUserQuota', 10);
    if (user.groups.length >= max) fail(LimitExceededException, `Cannot exceed quota for GroupsPerUser: ${max}`);
    await ctx.store.replace(users, { ...user, groups: [...user.groups, group.name] });
    return {};
  },
};

/** Removing who is not a member changes nothing, and is no error. */
export const RemoveUserFromGroup: Operation<Present<RemoveUserFromGroupRequest>, object, Group> = {
  load: (input, ctx) => findGroup(ctx, input.GroupName),
  access: (_input, _ctx, group) => groupAccess(group),
  async run(input, ctx, group) {
    const user = await ctx.store.get(users, byName(ctx.account, input.UserName));
    if (!user) throw noSuchUser(input.UserName);
    const left = user.groups.filter((name) => !isSame(name, group.name));
    if (left.length < user.groups.length) await ctx.store.replace(users, { ...user, groups: left });
    return {};
  },
};

const groupView = (group: Group): SdkGroup => ({
  Path: group.path,
  GroupName: group.name,
  GroupId: group.id,
  Arn: groupArn(group),
  CreateDate: new Date(group.created),
});

/** Key of the users' `group` index. */
const membersOf = (group: Group) => byName(group.account, group.name);

const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

const renamedGroup = (group: Group, input: { NewPath?: string | undefined; NewGroupName?: string | undefined }) => ({
  ...group,
  path: input.NewPath ?? group.path,
  name: input.NewGroupName ?? group.name,
});

const failTaken = (name: string): never =>
  fail(EntityAlreadyExistsException, `Group with name ${name} already exists.`);
