/**
 * Details of users, groups, roles and policies as `aws iam get-account-authorization-details` gives them, made rows.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
 *
 * Members that are not known are passed over: AWS adds new ones.
 */
import { parseArn } from '../core/arn.ts';
import type { Group, ManagedPolicy, PolicyHolder, PolicyVersion, User } from '../identity/principals.ts';
import {
  document,
  type Fields,
  fail,
  fieldsOf,
  has,
  object,
  objects,
  optionalNumber,
  optionalText,
  optionalTime,
  tags,
  text,
  texts,
  time,
} from './fields.ts';
import { AWS, type ShadowRole } from './tables.ts';

export type Detail =
  | { readonly kind: 'user'; readonly row: User }
  | { readonly kind: 'group'; readonly row: Group }
  | { readonly kind: 'role'; readonly row: ShadowRole }
  | { readonly kind: 'policy'; readonly row: ManagedPolicy };

/** The lists of a dump, and what their items become. Throws Malformed. */
export const details: Readonly<Record<string, (value: unknown) => Detail>> = {
  UserDetailList: (value) => ({ kind: 'user', row: userOf(fieldsOf(value)) }),
  GroupDetailList: (value) => ({ kind: 'group', row: groupOf(fieldsOf(value)) }),
  RoleDetailList: (value) => ({ kind: 'role', row: roleOf(fieldsOf(value)) }),
  Policies: (value) => ({ kind: 'policy', row: policyOf(fieldsOf(value)) }),
};

function userOf(fields: Fields): User {
  const passwordLastUsed = optionalTime(fields, 'PasswordLastUsed');
  return {
    ...named(fields, 'user', 'UserName', 'UserId'),
    ...held(fields, 'UserPolicyList'),
    ...boundaryOf(fields),
    tags: tags(fields),
    groups: texts(fields, 'GroupList'),
    ...(passwordLastUsed !== undefined && { passwordLastUsed }),
  };
}

const groupOf = (fields: Fields): Group => ({
  ...named(fields, 'group', 'GroupName', 'GroupId'),
  ...held(fields, 'GroupPolicyList'),
});

function roleOf(fields: Fields): ShadowRole {
  const used = object(fields, 'RoleLastUsed');
  const lastUsed = used && optionalTime(used, 'LastUsedDate');
  const lastUsedRegion = used && optionalText(used, 'Region');
  const name = named(fields, 'role', 'RoleName', 'RoleId');
  const linkedService = /^\/aws-service-role\/([^/]+)\//.exec(name.path)?.[1];
  return {
    ...name,
    ...held(fields, 'RolePolicyList'),
    ...boundaryOf(fields),
    tags: tags(fields),
    trust: document(fields, 'AssumeRolePolicyDocument'),
    maxSessionDuration: optionalNumber(fields, 'MaxSessionDuration') ?? 3600,
    ...(linkedService !== undefined && { linkedService }),
    ...(lastUsed !== undefined && { lastUsed }),
    ...(lastUsedRegion !== undefined && { lastUsedRegion }),
    isTracked: used !== undefined,
    instanceProfiles: objects(fields, 'InstanceProfileList').map((profile) => text(profile, 'InstanceProfileName')),
  };
}

function policyOf(fields: Fields): ManagedPolicy {
  const { name, path, id, account, created } = named(fields, 'policy', 'PolicyName', 'PolicyId', true);
  const versions = objects(fields, 'PolicyVersionList').map((version): PolicyVersion => {
    const made = optionalTime(version, 'CreateDate') ?? created;
    return { id: text(version, 'VersionId'), document: document(version, 'Document'), created: made };
  });
  const defaultVersion = text(fields, 'DefaultVersionId');
  if (!versions.some((version) => version.id === defaultVersion)) {
    fail(fields, 'PolicyVersionList', `has no version ${defaultVersion}, the default one`);
  }
  const numbers = versions.map((version) => Number(version.id.slice(1)) || 0);
  return {
    ...{ account, name, path, id, created, updated: optionalTime(fields, 'UpdateDate') ?? created },
    ...{ tags: tags(fields), defaultVersion, lastVersion: Math.max(...numbers), versions: versions.reverse() },
  };
}

function named(fields: Fields, type: string, nameKey: string, idKey: string, orAws = false) {
  const name = text(fields, nameKey);
  const path = optionalText(fields, 'Path') ?? '/';
  const account = accountIn(fields, orAws);
  const arn = `arn:aws:iam::${account}:${type}${path}${name}`;
  if (text(fields, 'Arn') !== arn) fail(fields, 'Arn', `is not that of ${type} ${path}${name}, which is ${arn}`);
  return { account, name, path, id: text(fields, idKey), created: time(fields, 'CreateDate') };
}

function accountIn(fields: Fields, orAws: boolean): string {
  const arn = parseArn(text(fields, 'Arn'));
  if (arn === undefined) return fail(fields, 'Arn', 'is not an ARN');
  if (arn.partition !== 'aws') fail(fields, 'Arn', `is of partition ${arn.partition}: only aws can be loaded`);
  if (/^\d{12}$/.test(arn.account) || (orAws && arn.account === AWS)) return arn.account;
  return fail(fields, 'Arn', 'has no account of twelve digits');
}

function held(fields: Fields, inlineKey: string): PolicyHolder {
  const attached = objects(fields, 'AttachedManagedPolicies').map((policy) => text(policy, 'PolicyArn'));
  const inline = objects(fields, inlineKey).map((policy) => [
    text(policy, 'PolicyName'),
    document(policy, 'PolicyDocument'),
  ]);
  return { attached, inline: Object.fromEntries(inline) };
}

function boundaryOf(fields: Fields): { boundary?: string } {
  const boundary = object(fields, 'PermissionsBoundary');
  return boundary && has(boundary, 'PermissionsBoundaryArn')
    ? { boundary: text(boundary, 'PermissionsBoundaryArn') }
    : {};
}
