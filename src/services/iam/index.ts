import * as sdk from '@aws-sdk/client-iam';
import { defineService, type Limits } from '../../core/operation.ts';
import * as accessKeys from './accessKeys.ts';
import * as accountAlias from './accountAlias.ts';
import * as accountSummary from './accountSummary.ts';
import * as attachments from './attachments.ts';
import * as authorizationDetails from './authorizationDetails.ts';
import * as boundaries from './boundaries.ts';
import * as contextKeys from './contextKeys.ts';
import * as credentialReport from './credentialReport.ts';
import * as groups from './groups.ts';
import * as inlinePolicies from './inlinePolicies.ts';
import * as instanceProfiles from './instanceProfiles.ts';
import * as lastAccessed from './lastAccessed.ts';
import limits from './limits.json' with { type: 'json' };
import * as loginProfiles from './loginProfiles.ts';
import * as mfaDevices from './mfaDevices.ts';
import * as openIdProviders from './openIdProviders.ts';
import * as organizationsAccess from './organizationsAccess.ts';
import * as organizationsFeatures from './organizationsFeatures.ts';
import * as outboundFederation from './outboundFederation.ts';
import { withLongMarkers } from './pages.ts';
import { BeginPasskey, EnablePasskey } from './passkeyDevices.ts';
import * as passwordPolicy from './passwordPolicy.ts';
import * as policies from './policies.ts';
import * as policiesGranting from './policiesGranting.ts';
import * as policyLists from './policyLists.ts';
import * as policyVersions from './policyVersions.ts';
import * as roles from './roles.ts';
import * as samlProviders from './samlProviders.ts';
import * as serverCertificates from './serverCertificates.ts';
import * as serviceLinkedRoles from './serviceLinkedRoles.ts';
import * as serviceSpecificCredentials from './serviceSpecificCredentials.ts';
import * as signingCertificates from './signingCertificates.ts';
import * as simulate from './simulate.ts';
import * as sshKeys from './sshKeys.ts';
import * as tokenPreferences from './tokenPreferences.ts';
import * as trustPolicies from './trustPolicies.ts';
import * as users from './users.ts';

export const iam = defineService({
  name: 'iam',
  eventSource: 'iam.amazonaws.com',
  global: true,
  wholeSeconds: true,
  sdk,
  wire: {
    protocols: ['awsQuery'],
    version: '2010-05-08',
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
  },
  limits: withLongMarkers(limits as unknown as Limits),
  operations: {
    AddClientIDToOpenIDConnectProvider: openIdProviders.AddClientIDToOpenIDConnectProvider,
    AddRoleToInstanceProfile: instanceProfiles.AddRoleToInstanceProfile,
    AddUserToGroup: groups.AddUserToGroup,
    AttachGroupPolicy: attachments.AttachGroupPolicy,
    AttachRolePolicy: attachments.AttachRolePolicy,
    AttachUserPolicy: attachments.AttachUserPolicy,
    ChangePassword: loginProfiles.ChangePassword,
    CreateAccessKey: accessKeys.CreateAccessKey,
    CreateAccountAlias: accountAlias.CreateAccountAlias,
    CreateGroup: groups.CreateGroup,
    CreateInstanceProfile: instanceProfiles.CreateInstanceProfile,
    CreateLoginProfile: loginProfiles.CreateLoginProfile,
    CreateOpenIDConnectProvider: openIdProviders.CreateOpenIDConnectProvider,
    CreatePolicy: policies.CreatePolicy,
    CreatePolicyVersion: policyVersions.CreatePolicyVersion,
    CreateRole: roles.CreateRole,
    CreateSAMLProvider: samlProviders.CreateSAMLProvider,
    CreateServiceLinkedRole: serviceLinkedRoles.CreateServiceLinkedRole,
    CreateServiceSpecificCredential: serviceSpecificCredentials.CreateServiceSpecificCredential,
    CreateUser: users.CreateUser,
    CreateVirtualMFADevice: mfaDevices.CreateVirtualMFADevice,
    DeactivateMFADevice: mfaDevices.DeactivateMFADevice,
    DeleteAccessKey: accessKeys.DeleteAccessKey,
    DeleteAccountAlias: accountAlias.DeleteAccountAlias,
    DeleteAccountPasswordPolicy: passwordPolicy.DeleteAccountPasswordPolicy,
    DeleteGroup: groups.DeleteGroup,
    DeleteGroupPolicy: inlinePolicies.DeleteGroupPolicy,
    DeleteInstanceProfile: instanceProfiles.DeleteInstanceProfile,
    DeleteLoginProfile: loginProfiles.DeleteLoginProfile,
    DeleteOpenIDConnectProvider: openIdProviders.DeleteOpenIDConnectProvider,
    DeletePolicy: policies.DeletePolicy,
    DeletePolicyVersion: policyVersions.DeletePolicyVersion,
    DeleteRole: roles.DeleteRole,
    DeleteRolePermissionsBoundary: boundaries.DeleteRolePermissionsBoundary,
    DeleteRolePolicy: inlinePolicies.DeleteRolePolicy,
    DeleteSAMLProvider: samlProviders.DeleteSAMLProvider,
    DeleteSSHPublicKey: sshKeys.DeleteSSHPublicKey,
    DeleteServerCertificate: serverCertificates.DeleteServerCertificate,
    DeleteServiceLinkedRole: serviceLinkedRoles.DeleteServiceLinkedRole,
    DeleteServiceSpecificCredential: serviceSpecificCredentials.DeleteServiceSpecificCredential,
    DeleteSigningCertificate: signingCertificates.DeleteSigningCertificate,
    DeleteUser: users.DeleteUser,
    DeleteUserPermissionsBoundary: boundaries.DeleteUserPermissionsBoundary,
    DeleteUserPolicy: inlinePolicies.DeleteUserPolicy,
    DeleteVirtualMFADevice: mfaDevices.DeleteVirtualMFADevice,
    DetachGroupPolicy: attachments.DetachGroupPolicy,
    DetachRolePolicy: attachments.DetachRolePolicy,
    DetachUserPolicy: attachments.DetachUserPolicy,
    DisableOrganizationsRootCredentialsManagement: organizationsFeatures.DisableOrganizationsRootCredentialsManagement,
    DisableOrganizationsRootSessions: organizationsFeatures.DisableOrganizationsRootSessions,
    DisableOutboundWebIdentityFederation: outboundFederation.DisableOutboundWebIdentityFederation,
    EnableMFADevice: mfaDevices.EnableMFADevice,
    EnableOrganizationsRootCredentialsManagement: organizationsFeatures.EnableOrganizationsRootCredentialsManagement,
    EnableOrganizationsRootSessions: organizationsFeatures.EnableOrganizationsRootSessions,
    EnableOutboundWebIdentityFederation: outboundFederation.EnableOutboundWebIdentityFederation,
    GenerateCredentialReport: credentialReport.GenerateCredentialReport,
    GenerateOrganizationsAccessReport: organizationsAccess.GenerateOrganizationsAccessReport,
    GenerateServiceLastAccessedDetails: lastAccessed.GenerateServiceLastAccessedDetails,
    GetAccessKeyLastUsed: accessKeys.GetAccessKeyLastUsed,
    GetAccountAuthorizationDetails: authorizationDetails.GetAccountAuthorizationDetails,
    GetAccountPasswordPolicy: passwordPolicy.GetAccountPasswordPolicy,
    GetAccountSummary: accountSummary.GetAccountSummary,
    GetContextKeysForCustomPolicy: contextKeys.GetContextKeysForCustomPolicy,
    GetContextKeysForPrincipalPolicy: contextKeys.GetContextKeysForPrincipalPolicy,
    GetCredentialReport: credentialReport.GetCredentialReport,
    GetGroup: groups.GetGroup,
    GetGroupPolicy: inlinePolicies.GetGroupPolicy,
    GetInstanceProfile: instanceProfiles.GetInstanceProfile,
    GetLoginProfile: loginProfiles.GetLoginProfile,
    GetMFADevice: mfaDevices.GetMFADevice,
    GetOpenIDConnectProvider: openIdProviders.GetOpenIDConnectProvider,
    GetOrganizationsAccessReport: organizationsAccess.GetOrganizationsAccessReport,
    GetOutboundWebIdentityFederationInfo: outboundFederation.GetOutboundWebIdentityFederationInfo,
    GetPolicy: policies.GetPolicy,
    GetPolicyVersion: policyVersions.GetPolicyVersion,
    GetRole: roles.GetRole,
    GetRolePolicy: inlinePolicies.GetRolePolicy,
    GetSAMLProvider: samlProviders.GetSAMLProvider,
    GetSSHPublicKey: sshKeys.GetSSHPublicKey,
    GetServerCertificate: serverCertificates.GetServerCertificate,
    GetServiceLastAccessedDetails: lastAccessed.GetServiceLastAccessedDetails,
    GetServiceLastAccessedDetailsWithEntities: lastAccessed.GetServiceLastAccessedDetailsWithEntities,
    GetServiceLinkedRoleDeletionStatus: serviceLinkedRoles.GetServiceLinkedRoleDeletionStatus,
    GetUser: users.GetUser,
    GetUserPolicy: inlinePolicies.GetUserPolicy,
    ListAccessKeys: accessKeys.ListAccessKeys,
    ListAccountAliases: accountAlias.ListAccountAliases,
    ListAttachedGroupPolicies: attachments.ListAttachedGroupPolicies,
    ListAttachedRolePolicies: attachments.ListAttachedRolePolicies,
    ListAttachedUserPolicies: attachments.ListAttachedUserPolicies,
    ListEntitiesForPolicy: policyLists.ListEntitiesForPolicy,
    ListGroupPolicies: inlinePolicies.ListGroupPolicies,
    ListGroups: groups.ListGroups,
    ListGroupsForUser: groups.ListGroupsForUser,
    ListInstanceProfileTags: instanceProfiles.ListInstanceProfileTags,
    ListInstanceProfiles: instanceProfiles.ListInstanceProfiles,
    ListInstanceProfilesForRole: instanceProfiles.ListInstanceProfilesForRole,
    ListMFADeviceTags: mfaDevices.ListMFADeviceTags,
    ListMFADevices: mfaDevices.ListMFADevices,
    ListOpenIDConnectProviderTags: openIdProviders.ListOpenIDConnectProviderTags,
    ListOpenIDConnectProviders: openIdProviders.ListOpenIDConnectProviders,
    ListOrganizationsFeatures: organizationsFeatures.ListOrganizationsFeatures,
    ListPolicies: policyLists.ListPolicies,
    ListPoliciesGrantingServiceAccess: policiesGranting.ListPoliciesGrantingServiceAccess,
    ListPolicyTags: policies.ListPolicyTags,
    ListPolicyVersions: policyVersions.ListPolicyVersions,
    ListRolePolicies: inlinePolicies.ListRolePolicies,
    ListRoleTags: roles.ListRoleTags,
    ListRoles: roles.ListRoles,
    ListSAMLProviderTags: samlProviders.ListSAMLProviderTags,
    ListSAMLProviders: samlProviders.ListSAMLProviders,
    ListSSHPublicKeys: sshKeys.ListSSHPublicKeys,
    ListServerCertificateTags: serverCertificates.ListServerCertificateTags,
    ListServerCertificates: serverCertificates.ListServerCertificates,
    ListServiceSpecificCredentials: serviceSpecificCredentials.ListServiceSpecificCredentials,
    ListSigningCertificates: signingCertificates.ListSigningCertificates,
    ListUserPolicies: inlinePolicies.ListUserPolicies,
    ListUserTags: users.ListUserTags,
    ListUsers: users.ListUsers,
    ListVirtualMFADevices: mfaDevices.ListVirtualMFADevices,
    PutGroupPolicy: inlinePolicies.PutGroupPolicy,
    PutRolePermissionsBoundary: boundaries.PutRolePermissionsBoundary,
    PutRolePolicy: inlinePolicies.PutRolePolicy,
    PutUserPermissionsBoundary: boundaries.PutUserPermissionsBoundary,
    PutUserPolicy: inlinePolicies.PutUserPolicy,
    RemoveClientIDFromOpenIDConnectProvider: openIdProviders.RemoveClientIDFromOpenIDConnectProvider,
    RemoveRoleFromInstanceProfile: instanceProfiles.RemoveRoleFromInstanceProfile,
    RemoveUserFromGroup: groups.RemoveUserFromGroup,
    ResetServiceSpecificCredential: serviceSpecificCredentials.ResetServiceSpecificCredential,
    ResyncMFADevice: mfaDevices.ResyncMFADevice,
    SetDefaultPolicyVersion: policyVersions.SetDefaultPolicyVersion,
    SetSecurityTokenServicePreferences: tokenPreferences.SetSecurityTokenServicePreferences,
    SimulateCustomPolicy: simulate.SimulateCustomPolicy,
    SimulatePrincipalPolicy: simulate.SimulatePrincipalPolicy,
    TagInstanceProfile: instanceProfiles.TagInstanceProfile,
    TagMFADevice: mfaDevices.TagMFADevice,
    TagOpenIDConnectProvider: openIdProviders.TagOpenIDConnectProvider,
    TagPolicy: policies.TagPolicy,
    TagRole: roles.TagRole,
    TagSAMLProvider: samlProviders.TagSAMLProvider,
    TagServerCertificate: serverCertificates.TagServerCertificate,
    TagUser: users.TagUser,
    UntagInstanceProfile: instanceProfiles.UntagInstanceProfile,
    UntagMFADevice: mfaDevices.UntagMFADevice,
    UntagOpenIDConnectProvider: openIdProviders.UntagOpenIDConnectProvider,
    UntagPolicy: policies.UntagPolicy,
    UntagRole: roles.UntagRole,
    UntagSAMLProvider: samlProviders.UntagSAMLProvider,
    UntagServerCertificate: serverCertificates.UntagServerCertificate,
    UntagUser: users.UntagUser,
    UpdateAccessKey: accessKeys.UpdateAccessKey,
    UpdateAccountPasswordPolicy: passwordPolicy.UpdateAccountPasswordPolicy,
    UpdateAssumeRolePolicy: trustPolicies.UpdateAssumeRolePolicy,
    UpdateGroup: groups.UpdateGroup,
    UpdateLoginProfile: loginProfiles.UpdateLoginProfile,
    UpdateOpenIDConnectProviderThumbprint: openIdProviders.UpdateOpenIDConnectProviderThumbprint,
    UpdateRole: roles.UpdateRole,
    UpdateRoleDescription: roles.UpdateRoleDescription,
    UpdateSAMLProvider: samlProviders.UpdateSAMLProvider,
    UpdateSSHPublicKey: sshKeys.UpdateSSHPublicKey,
    UpdateServerCertificate: serverCertificates.UpdateServerCertificate,
    UpdateServiceSpecificCredential: serviceSpecificCredentials.UpdateServiceSpecificCredential,
    UpdateSigningCertificate: signingCertificates.UpdateSigningCertificate,
    UpdateUser: users.UpdateUser,
    UploadSSHPublicKey: sshKeys.UploadSSHPublicKey,
    UploadServerCertificate: serverCertificates.UploadServerCertificate,
    UploadSigningCertificate: signingCertificates.UploadSigningCertificate,
  },
  inner: { BeginPasskey, EnablePasskey },
});
