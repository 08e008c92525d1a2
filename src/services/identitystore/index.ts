/** Identity Store: the people and groups behind IAM Identity Center. */
import * as sdk from '@aws-sdk/client-identitystore';
import { defineService, type Limits } from '../../core/operation.ts';
import { worded } from '../../identity/instanceKeys.ts';
import { keyRefusal } from './errors.ts';
import * as groups from './groups.ts';
import limits from './limits.json' with { type: 'json' };
import * as memberships from './memberships.ts';
import { underKey } from './underKey.ts';
import * as users from './users.ts';

export const identitystore = defineService<typeof sdk>({
  name: 'identitystore',
  eventSource: 'identitystore.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'AWSIdentityStore', version: '2020-06-15' },
  limits: limits as unknown as Limits,
  refusalOf: worded(keyRefusal),
  operations: underKey({
    CreateGroup: groups.CreateGroup,
    CreateGroupMembership: memberships.CreateGroupMembership,
    CreateUser: users.CreateUser,
    DeleteGroup: groups.DeleteGroup,
    DeleteGroupMembership: memberships.DeleteGroupMembership,
    DeleteUser: users.DeleteUser,
    DescribeGroup: groups.DescribeGroup,
    DescribeGroupMembership: memberships.DescribeGroupMembership,
    DescribeUser: users.DescribeUser,
    GetGroupId: groups.GetGroupId,
    GetGroupMembershipId: memberships.GetGroupMembershipId,
    GetUserId: users.GetUserId,
    IsMemberInGroups: memberships.IsMemberInGroups,
    ListGroupMemberships: memberships.ListGroupMemberships,
    ListGroupMembershipsForMember: memberships.ListGroupMembershipsForMember,
    ListGroups: groups.ListGroups,
    ListUsers: users.ListUsers,
    UpdateGroup: groups.UpdateGroup,
    UpdateUser: users.UpdateUser,
  }),
});
