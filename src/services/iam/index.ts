import * as sdk from '@aws-sdk/client-iam';
import { defineService, type Limits } from '../../core/operation.ts';
import * as accessKeys from './accessKeys.ts';
import * as attachments from './attachments.ts';
import * as boundaries from './boundaries.ts';
import * as groups from './groups.ts';
import * as inlinePolicies from './inlinePolicies.ts';
import * as instanceProfiles from './instanceProfiles.ts';
import limits from './limits.json' with { type: 'json' };
import * as loginProfiles from './loginProfiles.ts';
import * as passwordPolicy from './passwordPolicy.ts';
import * as policies from './policies.ts';
import * as policyLists from './policyLists.ts';
import * as policyVersions from './policyVersions.ts';
import * as roles from './roles.ts';
import * as serviceSpecificCredentials from './serviceSpecificCredentials.ts';
import * as signingCertificates from './signingCertificates.ts';
import * as sshKeys from './sshKeys.ts';
import * as trustPolicies from './trustPolicies.ts';
import * as users from './users.ts';

export const iam = defineService({
  name: 'iam',
  eventSource: 'iam.amazonaws.com',
  global: true,
  sdk,
  wire: {
    protocols: ['awsQuery'],
    version: '2010-05-08',
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
  },
  limits: limits as unknown as Limits,
  operations: {
    AddRoleToInstanceProfile: instanceProfiles.AddRoleToInstanceProfile,
    AttachGroupPolicy: attachments.AttachGroupPolicy,
    AttachRolePolicy: attachments.AttachRolePolicy,
    AttachUserPolicy: attachments.AttachUserPolicy,
    CreateInstanceProfile: instanceProfiles.CreateInstanceProfile,
    CreatePolicy: policies.CreatePolicy,
    CreatePolicyVersion: policyVersions.CreatePolicyVersion,
    CreateRole: roles.CreateRole,
    CreateAccessKey: accessKeys.CreateAccessKey,
    DeleteAccessKey: accessKeys.DeleteAccessKey,
    GetAccessKeyLastUsed: accessKeys.GetAccessKeyLastUsed,
    ListAccessKeys: accessKeys.ListAccessKeys,
    UpdateAccessKey: accessKeys.UpdateAccessKey,

    AddUserToGroup: groups.AddUserToGroup,
    CreateGroup: groups.CreateGroup,
    DeleteGroup: groups.DeleteGroup,
    GetGroup: groups.GetGroup,
    ListGroups: groups.ListGroups,
    ListGroupsForUser: groups.ListGroupsForUser,
    RemoveUserFromGroup: groups.RemoveUserFromGroup,
    UpdateGroup: groups.UpdateGroup,

    ChangePassword: loginProfiles.ChangePassword,
    CreateLoginProfile: loginProfiles.CreateLoginProfile,
    DeleteLoginProfile: loginProfiles.DeleteLoginProfile,
    GetLoginProfile: loginProfiles.GetLoginProfile,
    UpdateLoginProfile: loginProfiles.UpdateLoginProfile,

    DeleteAccountPasswordPolicy: passwordPolicy.DeleteAccountPasswordPolicy,
    GetAccountPasswordPolicy: passwordPolicy.GetAccountPasswordPolicy,
    UpdateAccountPasswordPolicy: passwordPolicy.UpdateAccountPasswordPolicy,

    CreateServiceSpecificCredential: serviceSpecificCredentials.CreateServiceSpecificCredential,
    DeleteServiceSpecificCredential: serviceSpecificCredentials.DeleteServiceSpecificCredential,
    ListServiceSpecificCredentials: serviceSpecificCredentials.ListServiceSpecificCredentials,
    ResetServiceSpecificCredential: serviceSpecificCredentials.ResetServiceSpecificCredential,
    UpdateServiceSpecificCredential: serviceSpecificCredentials.UpdateServiceSpecificCredential,

    DeleteSigningCertificate: signingCertificates.DeleteSigningCertificate,
    ListSigningCertificates: signingCertificates.ListSigningCertificates,
    UpdateSigningCertificate: signingCertificates.UpdateSigningCertificate,
    UploadSigningCertificate: signingCertificates.UploadSigningCertificate,

    DeleteSSHPublicKey: sshKeys.DeleteSSHPublicKey,
    GetSSHPublicKey: sshKeys.GetSSHPublicKey,
    ListSSHPublicKeys: sshKeys.ListSSHPublicKeys,
    UpdateSSHPublicKey: sshKeys.UpdateSSHPublicKey,
    UploadSSHPublicKey: sshKeys.UploadSSHPublicKey,

    CreateUser: users.CreateUser,
    DeleteUser: users.DeleteUser,
    GetUser: users.GetUser,
    ListUsers: users.ListUsers,
    ListUserTags: users.ListUserTags,
    TagUser: users.TagUser,
    UntagUser: users.UntagUser,
    UpdateUser: users.UpdateUser,
    DeleteGroupPolicy: inlinePolicies.DeleteGroupPolicy,
    DeleteInstanceProfile: instanceProfiles.DeleteInstanceProfile,
    DeletePolicy: policies.DeletePolicy,
    DeletePolicyVersion: policyVersions.DeletePolicyVersion,
    DeleteRole: roles.DeleteRole,
    DeleteRolePermissionsBoundary: boundaries.DeleteRolePermissionsBoundary,
    DeleteRolePolicy: inlinePolicies.DeleteRolePolicy,
    DeleteUserPermissionsBoundary: boundaries.DeleteUserPermissionsBoundary,
    DeleteUserPolicy: inlinePolicies.DeleteUserPolicy,
    DetachGroupPolicy: attachments.DetachGroupPolicy,
    DetachRolePolicy: attachments.DetachRolePolicy,
    DetachUserPolicy: attachments.DetachUserPolicy,
    GetGroupPolicy: inlinePolicies.GetGroupPolicy,
    GetInstanceProfile: instanceProfiles.GetInstanceProfile,
    GetPolicy: policies.GetPolicy,
    GetPolicyVersion: policyVersions.GetPolicyVersion,
    GetRole: roles.GetRole,
    GetRolePolicy: inlinePolicies.GetRolePolicy,
    GetUserPolicy: inlinePolicies.GetUserPolicy,
    ListAttachedGroupPolicies: attachments.ListAttachedGroupPolicies,
    ListAttachedRolePolicies: attachments.ListAttachedRolePolicies,
    ListAttachedUserPolicies: attachments.ListAttachedUserPolicies,
    ListEntitiesForPolicy: policyLists.ListEntitiesForPolicy,
    ListGroupPolicies: inlinePolicies.ListGroupPolicies,
    ListInstanceProfileTags: instanceProfiles.ListInstanceProfileTags,
    ListInstanceProfiles: instanceProfiles.ListInstanceProfiles,
    ListInstanceProfilesForRole: instanceProfiles.ListInstanceProfilesForRole,
    ListPolicies: policyLists.ListPolicies,
    ListPolicyTags: policies.ListPolicyTags,
    ListPolicyVersions: policyVersions.ListPolicyVersions,
    ListRolePolicies: inlinePolicies.ListRolePolicies,
    ListRoleTags: roles.ListRoleTags,
    ListRoles: roles.ListRoles,
    ListUserPolicies: inlinePolicies.ListUserPolicies,
    PutGroupPolicy: inlinePolicies.PutGroupPolicy,
    PutRolePermissionsBoundary: boundaries.PutRolePermissionsBoundary,
    PutRolePolicy: inlinePolicies.PutRolePolicy,
    PutUserPermissionsBoundary: boundaries.PutUserPermissionsBoundary,
    PutUserPolicy: inlinePolicies.PutUserPolicy,
    RemoveRoleFromInstanceProfile: instanceProfiles.RemoveRoleFromInstanceProfile,
    SetDefaultPolicyVersion: policyVersions.SetDefaultPolicyVersion,
    TagInstanceProfile: instanceProfiles.TagInstanceProfile,
    TagPolicy: policies.TagPolicy,
    TagRole: roles.TagRole,
    UntagInstanceProfile: instanceProfiles.UntagInstanceProfile,
    UntagPolicy: policies.UntagPolicy,
    UntagRole: roles.UntagRole,
    UpdateAssumeRolePolicy: trustPolicies.UpdateAssumeRolePolicy,
    UpdateRole: roles.UpdateRole,
    UpdateRoleDescription: roles.UpdateRoleDescription,
  },
});
