/** IAM Identity Center: instances, permission sets, and who has them where. */
import * as sdk from '@aws-sdk/client-sso-admin';
import { defineService, type Limits } from '../../core/operation.ts';
import * as attributes from './accessControlAttributes.ts';
import * as accountAssignments from './accountAssignments.ts';
import * as instances from './instances.ts';
import limits from './limits.json' with { type: 'json' };
import * as permissionSets from './permissionSets.ts';
import * as setPolicies from './setPolicies.ts';
import * as statuses from './statuses.ts';
import * as tagging from './tagging.ts';

export const ssoadmin = defineService<typeof sdk>({
  name: 'sso',
  eventSource: 'sso.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'SWBExternalService', version: '2020-07-20' },
  limits: limits as unknown as Limits,
  operations: {
    AttachCustomerManagedPolicyReferenceToPermissionSet:
      setPolicies.AttachCustomerManagedPolicyReferenceToPermissionSet,
    AttachManagedPolicyToPermissionSet: setPolicies.AttachManagedPolicyToPermissionSet,
    CreateAccountAssignment: accountAssignments.CreateAccountAssignment,
    CreateInstance: instances.CreateInstance,
    CreateInstanceAccessControlAttributeConfiguration: attributes.CreateInstanceAccessControlAttributeConfiguration,
    CreatePermissionSet: permissionSets.CreatePermissionSet,
    DeleteAccountAssignment: accountAssignments.DeleteAccountAssignment,
    DeleteInlinePolicyFromPermissionSet: setPolicies.DeleteInlinePolicyFromPermissionSet,
    DeleteInstance: instances.DeleteInstance,
    DeleteInstanceAccessControlAttributeConfiguration: attributes.DeleteInstanceAccessControlAttributeConfiguration,
    DeletePermissionSet: permissionSets.DeletePermissionSet,
    DeletePermissionsBoundaryFromPermissionSet: setPolicies.DeletePermissionsBoundaryFromPermissionSet,
    DescribeAccountAssignmentCreationStatus: statuses.DescribeAccountAssignmentCreationStatus,
    DescribeAccountAssignmentDeletionStatus: statuses.DescribeAccountAssignmentDeletionStatus,
    DescribeInstance: instances.DescribeInstance,
    DescribeInstanceAccessControlAttributeConfiguration: attributes.DescribeInstanceAccessControlAttributeConfiguration,
    DescribePermissionSet: permissionSets.DescribePermissionSet,
    DescribePermissionSetProvisioningStatus: statuses.DescribePermissionSetProvisioningStatus,
    DescribeRegion: instances.DescribeRegion,
    DetachCustomerManagedPolicyReferenceFromPermissionSet:
      setPolicies.DetachCustomerManagedPolicyReferenceFromPermissionSet,
    DetachManagedPolicyFromPermissionSet: setPolicies.DetachManagedPolicyFromPermissionSet,
    GetInlinePolicyForPermissionSet: setPolicies.GetInlinePolicyForPermissionSet,
    GetPermissionsBoundaryForPermissionSet: setPolicies.GetPermissionsBoundaryForPermissionSet,
    ListAccountAssignmentCreationStatus: statuses.ListAccountAssignmentCreationStatus,
    ListAccountAssignmentDeletionStatus: statuses.ListAccountAssignmentDeletionStatus,
    ListAccountAssignments: accountAssignments.ListAccountAssignments,
    ListAccountAssignmentsForPrincipal: accountAssignments.ListAccountAssignmentsForPrincipal,
    ListAccountsForProvisionedPermissionSet: accountAssignments.ListAccountsForProvisionedPermissionSet,
    ListCustomerManagedPolicyReferencesInPermissionSet: setPolicies.ListCustomerManagedPolicyReferencesInPermissionSet,
    ListInstances: instances.ListInstances,
    ListManagedPoliciesInPermissionSet: setPolicies.ListManagedPoliciesInPermissionSet,
    ListPermissionSetProvisioningStatus: statuses.ListPermissionSetProvisioningStatus,
    ListPermissionSets: permissionSets.ListPermissionSets,
    ListPermissionSetsProvisionedToAccount: accountAssignments.ListPermissionSetsProvisionedToAccount,
    ListRegions: instances.ListRegions,
    ListTagsForResource: tagging.ListTagsForResource,
    ProvisionPermissionSet: accountAssignments.ProvisionPermissionSet,
    PutInlinePolicyToPermissionSet: setPolicies.PutInlinePolicyToPermissionSet,
    PutPermissionsBoundaryToPermissionSet: setPolicies.PutPermissionsBoundaryToPermissionSet,
    TagResource: tagging.TagResource,
    UntagResource: tagging.UntagResource,
    UpdateInstance: instances.UpdateInstance,
    UpdateInstanceAccessControlAttributeConfiguration: attributes.UpdateInstanceAccessControlAttributeConfiguration,
    UpdatePermissionSet: permissionSets.UpdatePermissionSet,
  },
});
