/** AWS Organizations: accounts in a tree, and the policies that bind them. */
import * as sdk from '@aws-sdk/client-organizations';
import { defineService } from '../../core/operation.ts';
import * as accounts from './accounts.ts';
import * as attachments from './attachments.ts';
import * as children from './children.ts';
import * as creations from './creations.ts';
import { limits } from './limits.ts';
import * as organization from './organizations.ts';
import * as policies from './policies.ts';
import * as resourcePolicies from './resourcePolicies.ts';
import * as roots from './roots.ts';
import * as tagging from './tagging.ts';
import * as units from './units.ts';

export const organizations = defineService<typeof sdk>({
  name: 'organizations',
  eventSource: 'organizations.amazonaws.com',
  global: true,
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'AWSOrganizationsV20161128', version: '2016-11-28' },
  limits,
  operations: {
    AttachPolicy: attachments.AttachPolicy,
    CreateAccount: creations.CreateAccount,
    CreateOrganization: organization.CreateOrganization,
    CreateOrganizationalUnit: units.CreateOrganizationalUnit,
    CreatePolicy: policies.CreatePolicy,
    DeleteOrganization: organization.DeleteOrganization,
    DeleteOrganizationalUnit: units.DeleteOrganizationalUnit,
    DeletePolicy: policies.DeletePolicy,
    DeleteResourcePolicy: resourcePolicies.DeleteResourcePolicy,
    DescribeAccount: accounts.DescribeAccount,
    DescribeCreateAccountStatus: creations.DescribeCreateAccountStatus,
    DescribeOrganization: organization.DescribeOrganization,
    DescribeOrganizationalUnit: units.DescribeOrganizationalUnit,
    DescribePolicy: policies.DescribePolicy,
    DescribeResourcePolicy: resourcePolicies.DescribeResourcePolicy,
    DetachPolicy: attachments.DetachPolicy,
    DisablePolicyType: roots.DisablePolicyType,
    EnablePolicyType: roots.EnablePolicyType,
    ListAccounts: accounts.ListAccounts,
    ListAccountsForParent: accounts.ListAccountsForParent,
    ListChildren: children.ListChildren,
    ListCreateAccountStatus: creations.ListCreateAccountStatus,
    ListOrganizationalUnitsForParent: units.ListOrganizationalUnitsForParent,
    ListParents: children.ListParents,
    ListPolicies: policies.ListPolicies,
    ListPoliciesForTarget: attachments.ListPoliciesForTarget,
    ListRoots: roots.ListRoots,
    ListTagsForResource: tagging.ListTagsForResource,
    ListTargetsForPolicy: attachments.ListTargetsForPolicy,
    MoveAccount: accounts.MoveAccount,
    PutResourcePolicy: resourcePolicies.PutResourcePolicy,
    TagResource: tagging.TagResource,
    UntagResource: tagging.UntagResource,
    UpdateOrganizationalUnit: units.UpdateOrganizationalUnit,
    UpdatePolicy: policies.UpdatePolicy,
  },
});
