/** Who is in which group. */
import {
  ConflictException,
  type CreateGroupMembershipRequest,
  type CreateGroupMembershipResponse,
  type DeleteGroupMembershipRequest,
  type DescribeGroupMembershipRequest,
  type DescribeGroupMembershipResponse,
  type GetGroupMembershipIdRequest,
  type GetGroupMembershipIdResponse,
  type IsMemberInGroupsRequest,
  type IsMemberInGroupsResponse,
  type ListGroupMembershipsForMemberRequest,
  type ListGroupMembershipsForMemberResponse,
  type ListGroupMembershipsRequest,
  type ListGroupMembershipsResponse,
  type MemberId,
} from '@aws-sdk/client-identitystore';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import {
  type DirectoryMembership,
  directoryGroups,
  directoryMemberships,
  directoryUsers,
  membershipOf,
} from '../../identity/directory.ts';
import type { Instance } from '../../identity/instances.ts';
import { accessTo, directoryId, storeOf, tracesOf, tracesView } from './access.ts';
import { failInvalid, notFound } from './errors.ts';
import { rowsPage } from './pages.ts';

const userOf = (member: MemberId) => member.UserId ?? failInvalid('memberId must name a user.');

/** The store, with the group and the user that the request names; neither need exist. */
interface Pair {
  readonly instance: Instance;
  readonly group: string;
  readonly user: string;
}

async function pairOf(
  input: { IdentityStoreId: string; GroupId: string; MemberId: MemberId },
  ctx: Context,
): Promise<Pair | Missing> {
  const instance = await storeOf(input, ctx);
  if (instance instanceof Missing) return instance;
  return { instance, group: input.GroupId, user: userOf(input.MemberId) };
}

export const CreateGroupMembership: Operation<
  Present<CreateGroupMembershipRequest>,
  CreateGroupMembershipResponse,
  Pair
> = {
  load: pairOf,
  access: (_input, ctx, { instance, group, user }) =>
    accessTo(ctx, instance, [
      ['GROUP', group],
      ['USER', user],
    ]),
  async run({ IdentityStoreId }, ctx, { group, user }) {
    if (!(await ctx.store.get(directoryGroups, [IdentityStoreId, group]))) throw notFound('GROUP', group);
    return { MembershipId: await addMember(ctx, IdentityStoreId, group, user), IdentityStoreId };
  },
};

/** Id of the membership. Refuses who is a member already. */
export async function addMember(ctx: Context, identityStore: string, group: string, user: string): Promise<string> {
  if (!(await ctx.store.get(directoryUsers, [identityStore, user]))) throw notFound('USER', user);
  if (!(await ctx.store.fits(directoryMemberships, [identityStore, group, user], 1, 'pair'))) {
    fail(ConflictException, 'Member and Group relationship already exists.', {
      Reason: 'UNIQUENESS_CONSTRAINT_VIOLATION',
    });
  }
  const id = directoryId(identityStore, uuid(ctx));
  await ctx.store.insert(directoryMemberships, { ...{ identityStore, id, group, user }, ...tracesOf(ctx) });
  return id;
}

interface Found {
  readonly instance: Instance;
  readonly membership: DirectoryMembership;
}

const onMembership = {
  async load(input: { IdentityStoreId: string; MembershipId: string }, ctx: Context): Promise<Found | Missing> {
    const instance = await storeOf(input, ctx);
    if (instance instanceof Missing) return instance;
    const membership = await ctx.store.get(directoryMemberships, [instance.identityStore, input.MembershipId]);
    return membership ? { instance, membership } : missing(input.MembershipId);
  },
  access: (_input: unknown, ctx: Context, { instance, membership: { id, group, user } }: Found) =>
    accessTo(ctx, instance, [
      ['GROUP_MEMBERSHIP', id],
      ['GROUP', group],
      ['USER', user],
    ]),
};

const missing = (id: string) =>
  new Missing(`arn:aws:identitystore:::membership/${id}`, notFound('GROUP_MEMBERSHIP', id === '*' ? undefined : id));

export const DescribeGroupMembership: Operation<
  Present<DescribeGroupMembershipRequest>,
  DescribeGroupMembershipResponse,
  Found
> = { ...onMembership, run: async (_input, _ctx, { membership }) => membershipView(membership) };

export const DeleteGroupMembership: Operation<Present<DeleteGroupMembershipRequest>, object, Found> = {
  ...onMembership,
  async run(_input, ctx, { membership }) {
    await ctx.store.remove(directoryMemberships, [membership.identityStore, membership.id]);
    return {};
  },
};

export const GetGroupMembershipId: Operation<
  Present<GetGroupMembershipIdRequest>,
  GetGroupMembershipIdResponse,
  Found
> = {
  async load(input, ctx) {
    const pair = await pairOf(input, ctx);
    if (pair instanceof Missing) return pair;
    const { instance, group, user } = pair;
    const membership = await membershipOf(ctx.store, instance.identityStore, group, user);
    return membership ? { instance, membership } : missing('*');
  },
  access: onMembership.access,
  run: async (_input, _ctx, { membership }) => ({
    MembershipId: membership.id,
    IdentityStoreId: membership.identityStore,
  }),
};

export const ListGroupMemberships: Operation<
  Present<ListGroupMembershipsRequest>,
  ListGroupMembershipsResponse,
  Instance
> = {
  load: storeOf,
  access: ({ GroupId }, ctx, instance) =>
    accessTo(ctx, instance, [
      ['GROUP', GroupId],
      ['GROUP_MEMBERSHIP', '*'],
    ]),
  async run(input, ctx, { identityStore }) {
    const { GroupId } = input;
    if (!(await ctx.store.get(directoryGroups, [identityStore, GroupId]))) throw notFound('GROUP', GroupId);
    const { rows, page } = await rowsPage(ctx, directoryMemberships, [identityStore, GroupId], input, {
      index: 'group',
    });
    return { GroupMemberships: rows.map(membershipView), ...page };
  },
};

export const ListGroupMembershipsForMember: Operation<
  Present<ListGroupMembershipsForMemberRequest>,
  ListGroupMembershipsForMemberResponse,
  Instance
> = {
  load: storeOf,
  access: ({ MemberId }, ctx, instance) =>
    accessTo(ctx, instance, [
      ['USER', userOf(MemberId)],
      ['GROUP_MEMBERSHIP', '*'],
    ]),
  async run(input, ctx, { identityStore }) {
    const user = userOf(input.MemberId);
    if (!(await ctx.store.get(directoryUsers, [identityStore, user]))) throw notFound('USER', user);
    const { rows, page } = await rowsPage(ctx, directoryMemberships, [identityStore, user], input, { index: 'user' });
    return { GroupMemberships: rows.map(membershipView), ...page };
  },
};

export const IsMemberInGroups: Operation<Present<IsMemberInGroupsRequest>, IsMemberInGroupsResponse, Instance> = {
  readOnly: true,
  load: storeOf,
  access: ({ MemberId, GroupIds }, ctx, instance) =>
    accessTo(ctx, instance, [
      ['USER', userOf(MemberId)],
      ...GroupIds.map((group) => ['GROUP', group] as const),
      ['GROUP_MEMBERSHIP', '*'],
    ]),
  async run({ MemberId, GroupIds }, ctx, { identityStore }) {
    const user = userOf(MemberId);
    if (!(await ctx.store.get(directoryUsers, [identityStore, user]))) throw notFound('USER', user);
    const Results = [];
    for (const GroupId of GroupIds) {
      if (!(await ctx.store.get(directoryGroups, [identityStore, GroupId]))) throw notFound('GROUP', GroupId);
      const membership = await membershipOf(ctx.store, identityStore, GroupId, user);
      Results.push({ GroupId, MemberId, MembershipExists: membership !== undefined });
    }
    return { Results };
  },
};

const membershipView = (row: DirectoryMembership) => ({
  IdentityStoreId: row.identityStore,
  MembershipId: row.id,
  GroupId: row.group,
  MemberId: { UserId: row.user },
  ...tracesView(row),
});
