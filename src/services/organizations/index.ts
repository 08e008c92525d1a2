/** AWS Organizations: accounts in a tree, and the policies that bind them. */
import * as sdk from '@aws-sdk/client-organizations';
import { defineService } from '../../core/operation.ts';
import * as accounts from './accounts.ts';
import * as allFeatures from './allFeatures.ts';
import * as attachments from './attachments.ts';
import * as children from './children.ts';
import * as creations from './creations.ts';
import * as delegatedAdministrators from './delegatedAdministrators.ts';
import * as departures from './departures.ts';
import * as effectivePolicies from './effectivePolicies.ts';
import * as handshakes from './handshakes.ts';
import * as invitations from './invitations.ts';
import { limits } from './limits.ts';
import * as organization from './organizations.ts';
import * as policies from './policies.ts';
import * as resourcePolicies from './resourcePolicies.ts';
import * as roots from './roots.ts';
import * as tagging from './tagging.ts';
import * as trustedServices from './trustedServices.ts';
import * as units from './units.ts';

export const organizations = defineService<typeof sdk>({
  name: 'organizations',
  eventSource: 'organizations.amazonaws.com',
  global: true,
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'AWSOrganizationsV20161128', version: '2016-11-28' },
  limits,
  operations: {
    AcceptHandshake: handshakes.AcceptHandshake,
    AttachPolicy: attachments.AttachPolicy,
    CancelHandshake: handshakes.CancelHandshake,
    CloseAccount: departures.CloseAccount,
    CreateAccount: creations.CreateAccount,
    CreateOrganization: organization.CreateOrganization,
    CreateOrganizationalUnit: units.CreateOrganizationalUnit,
    CreatePolicy: policies.CreatePolicy,
    DeclineHandshake: handshakes.DeclineHandshake,
    DeleteOrganization: organization.DeleteOrganization,
    DeleteOrganizationalUnit: units.DeleteOrganizationalUnit,
    DeletePolicy: policies.DeletePolicy,
    DeleteResourcePolicy: resourcePolicies.DeleteResourcePolicy,
    DeregisterDelegatedAdministrator: delegatedAdministrators.DeregisterDelegatedAdministrator,
    DescribeAccount: accounts.DescribeAccount,
    DescribeCreateAccountStatus: creations.DescribeCreateAccountStatus,
    DescribeEffectivePolicy: effectivePolicies.DescribeEffectivePolicy,
    DescribeHandshake: handshakes.DescribeHandshake,
    DescribeOrganization: organization.DescribeOrganization,
    DescribeOrganizationalUnit: units.DescribeOrganizationalUnit,
    DescribePolicy: policies.DescribePolicy,
    DescribeResourcePolicy: resourcePolicies.DescribeResourcePolicy,
    DetachPolicy: attachments.DetachPolicy,
    DisableAWSServiceAccess: trustedServices.DisableAWSServiceAccess,
    DisablePolicyType: roots.DisablePolicyType,
    EnableAWSServiceAccess: trustedServices.EnableAWSServiceAccess,
    EnableAllFeatures: allFeatures.EnableAllFeatures,
    EnablePolicyType: roots.EnablePolicyType,
    InviteAccountToOrganization: invitations.InviteAccountToOrganization,
    LeaveOrganization: departures.LeaveOrganization,
    ListAWSServiceAccessForOrganization: trustedServices.ListAWSServiceAccessForOrganization,
    ListAccounts: accounts.ListAccounts,
    ListAccountsForParent: accounts.ListAccountsForParent,
    ListAccountsWithInvalidEffectivePolicy: effectivePolicies.ListAccountsWithInvalidEffectivePolicy,
    ListChildren: children.ListChildren,
    ListCreateAccountStatus: creations.ListCreateAccountStatus,
    ListDelegatedAdministrators: delegatedAdministrators.ListDelegatedAdministrators,
    ListDelegatedServicesForAccount: delegatedAdministrators.ListDelegatedServicesForAccount,
    ListEffectivePolicyValidationErrors: effectivePolicies.ListEffectivePolicyValidationErrors,
    ListHandshakesForAccount: handshakes.ListHandshakesForAccount,
    ListHandshakesForOrganization: handshakes.ListHandshakesForOrganization,
    ListOrganizationalUnitsForParent: units.ListOrganizationalUnitsForParent,
    ListParents: children.ListParents,
    ListPolicies: policies.ListPolicies,
    ListPoliciesForTarget: attachments.ListPoliciesForTarget,
    ListRoots: roots.ListRoots,
    ListTagsForResource: tagging.ListTagsForResource,
    ListTargetsForPolicy: attachments.ListTargetsForPolicy,
    MoveAccount: accounts.MoveAccount,
    PutResourcePolicy: resourcePolicies.PutResourcePolicy,
    RegisterDelegatedAdministrator: delegatedAdministrators.RegisterDelegatedAdministrator,
    RemoveAccountFromOrganization: departures.RemoveAccountFromOrganization,
    TagResource: tagging.TagResource,
    UntagResource: tagging.UntagResource,
    UpdateOrganizationalUnit: units.UpdateOrganizationalUnit,
    UpdatePolicy: policies.UpdatePolicy,
  },
});
