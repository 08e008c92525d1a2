/** IAM Identity Center: instances, permission sets, and who has them where. */
import * as sdk from '@aws-sdk/client-sso-admin';
import { defineService, type Limits } from '../../core/operation.ts';
import { worded } from '../../identity/instanceKeys.ts';
import * as attributes from './accessControlAttributes.ts';
import * as accountAssignments from './accountAssignments.ts';
import * as applicationAssignments from './applicationAssignments.ts';
import * as applicationSettings from './applicationSettings.ts';
import * as applications from './applications.ts';
import { keyRefusal } from './errors.ts';
import * as instances from './instances.ts';
import limits from './limits.json' with { type: 'json' };
import * as permissionSets from './permissionSets.ts';
import * as regions from './regions.ts';
import * as setPolicies from './setPolicies.ts';
import * as statuses from './statuses.ts';
import * as tagging from './tagging.ts';
import * as trustedTokenIssuers from './trustedTokenIssuers.ts';
import { underKey } from './underKey.ts';

export const ssoadmin = defineService<typeof sdk>({
  name: 'sso',
  eventSource: 'sso.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'SWBExternalService', version: '2020-07-20' },
  limits: limits as unknown as Limits,
  refusalOf: worded(keyRefusal),
  operations: underKey({
    AddRegion: regions.AddRegion,
    AttachCustomerManagedPolicyReferenceToPermissionSet:
      setPolicies.AttachCustomerManagedPolicyReferenceToPermissionSet,
    AttachManagedPolicyToPermissionSet: setPolicies.AttachManagedPolicyToPermissionSet,
    CreateAccountAssignment: accountAssignments.CreateAccountAssignment,
    CreateApplication: applications.CreateApplication,
    CreateApplicationAssignment: applicationAssignments.CreateApplicationAssignment,
    CreateInstance: instances.CreateInstance,
    CreateInstanceAccessControlAttributeConfiguration: attributes.CreateInstanceAccessControlAttributeConfiguration,
    CreatePermissionSet: permissionSets.CreatePermissionSet,
    CreateTrustedTokenIssuer: trustedTokenIssuers.CreateTrustedTokenIssuer,
    DeleteAccountAssignment: accountAssignments.DeleteAccountAssignment,
    DeleteApplication: applications.DeleteApplication,
    DeleteApplicationAccessScope: applicationSettings.DeleteApplicationAccessScope,
    DeleteApplicationAssignment: applicationAssignments.DeleteApplicationAssignment,
    DeleteApplicationAuthenticationMethod: applicationSettings.DeleteApplicationAuthenticationMethod,
    DeleteApplicationGrant: applicationSettings.DeleteApplicationGrant,
    DeleteInlinePolicyFromPermissionSet: setPolicies.DeleteInlinePolicyFromPermissionSet,
    DeleteInstance: instances.DeleteInstance,
    DeleteInstanceAccessControlAttributeConfiguration: attributes.DeleteInstanceAccessControlAttributeConfiguration,
    DeletePermissionSet: permissionSets.DeletePermissionSet,
    DeletePermissionsBoundaryFromPermissionSet: setPolicies.DeletePermissionsBoundaryFromPermissionSet,
    DeleteTrustedTokenIssuer: trustedTokenIssuers.DeleteTrustedTokenIssuer,
    DescribeAccountAssignmentCreationStatus: statuses.DescribeAccountAssignmentCreationStatus,
    DescribeAccountAssignmentDeletionStatus: statuses.DescribeAccountAssignmentDeletionStatus,
    DescribeApplication: applications.DescribeApplication,
    DescribeApplicationAssignment: applicationAssignments.DescribeApplicationAssignment,
    DescribeApplicationProvider: applications.DescribeApplicationProvider,
    DescribeInstance: instances.DescribeInstance,
    DescribeInstanceAccessControlAttributeConfiguration: attributes.DescribeInstanceAccessControlAttributeConfiguration,
    DescribePermissionSet: permissionSets.DescribePermissionSet,
    DescribePermissionSetProvisioningStatus: statuses.DescribePermissionSetProvisioningStatus,
    DescribeRegion: regions.DescribeRegion,
    DescribeTrustedTokenIssuer: trustedTokenIssuers.DescribeTrustedTokenIssuer,
    DetachCustomerManagedPolicyReferenceFromPermissionSet:
      setPolicies.DetachCustomerManagedPolicyReferenceFromPermissionSet,
    DetachManagedPolicyFromPermissionSet: setPolicies.DetachManagedPolicyFromPermissionSet,
    GetApplicationAccessScope: applicationSettings.GetApplicationAccessScope,
    GetApplicationAssignmentConfiguration: applicationAssignments.GetApplicationAssignmentConfiguration,
    GetApplicationAuthenticationMethod: applicationSettings.GetApplicationAuthenticationMethod,
    GetApplicationGrant: applicationSettings.GetApplicationGrant,
    GetApplicationSessionConfiguration: applicationSettings.GetApplicationSessionConfiguration,
    GetInlinePolicyForPermissionSet: setPolicies.GetInlinePolicyForPermissionSet,
    GetPermissionsBoundaryForPermissionSet: setPolicies.GetPermissionsBoundaryForPermissionSet,
    ListAccountAssignmentCreationStatus: statuses.ListAccountAssignmentCreationStatus,
    ListAccountAssignmentDeletionStatus: statuses.ListAccountAssignmentDeletionStatus,
    ListAccountAssignments: accountAssignments.ListAccountAssignments,
    ListAccountAssignmentsForPrincipal: accountAssignments.ListAccountAssignmentsForPrincipal,
    ListAccountsForProvisionedPermissionSet: accountAssignments.ListAccountsForProvisionedPermissionSet,
    ListApplicationAccessScopes: applicationSettings.ListApplicationAccessScopes,
    ListApplicationAssignments: applicationAssignments.ListApplicationAssignments,
    ListApplicationAssignmentsForPrincipal: applicationAssignments.ListApplicationAssignmentsForPrincipal,
    ListApplicationAuthenticationMethods: applicationSettings.ListApplicationAuthenticationMethods,
    ListApplicationGrants: applicationSettings.ListApplicationGrants,
    ListApplicationProviders: applications.ListApplicationProviders,
    ListApplications: applications.ListApplications,
    ListCustomerManagedPolicyReferencesInPermissionSet: setPolicies.ListCustomerManagedPolicyReferencesInPermissionSet,
    ListInstances: instances.ListInstances,
    ListManagedPoliciesInPermissionSet: setPolicies.ListManagedPoliciesInPermissionSet,
    ListPermissionSetProvisioningStatus: statuses.ListPermissionSetProvisioningStatus,
    ListPermissionSets: permissionSets.ListPermissionSets,
    ListPermissionSetsProvisionedToAccount: accountAssignments.ListPermissionSetsProvisionedToAccount,
    ListRegions: regions.ListRegions,
    ListTagsForResource: tagging.ListTagsForResource,
    ListTrustedTokenIssuers: trustedTokenIssuers.ListTrustedTokenIssuers,
    ProvisionPermissionSet: accountAssignments.ProvisionPermissionSet,
    PutApplicationAccessScope: applicationSettings.PutApplicationAccessScope,
    PutApplicationAssignmentConfiguration: applicationAssignments.PutApplicationAssignmentConfiguration,
    PutApplicationAuthenticationMethod: applicationSettings.PutApplicationAuthenticationMethod,
    PutApplicationGrant: applicationSettings.PutApplicationGrant,
    PutApplicationSessionConfiguration: applicationSettings.PutApplicationSessionConfiguration,
    PutInlinePolicyToPermissionSet: setPolicies.PutInlinePolicyToPermissionSet,
    PutPermissionsBoundaryToPermissionSet: setPolicies.PutPermissionsBoundaryToPermissionSet,
    RemoveRegion: regions.RemoveRegion,
    TagResource: tagging.TagResource,
    UntagResource: tagging.UntagResource,
    UpdateApplication: applications.UpdateApplication,
    UpdateInstance: instances.UpdateInstance,
    UpdateInstanceAccessControlAttributeConfiguration: attributes.UpdateInstanceAccessControlAttributeConfiguration,
    UpdatePermissionSet: permissionSets.UpdatePermissionSet,
    UpdateTrustedTokenIssuer: trustedTokenIssuers.UpdateTrustedTokenIssuer,
  }),
});
