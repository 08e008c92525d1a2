/**
 * Access control lists as values: who is granted what, canned lists, grants in headers, and what a list means in the
 * words of policies.
 *
 * A list becomes statements of a resource policy, so that the policy engine decides on lists and policies in one go:
 * an account's canonical user id delegates to the account, a group means whoever is in it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
 */
import type { AccessControlPolicy, Grant, Grantee, Owner, Permission } from '@aws-sdk/client-s3';
import { CommonError } from '../../core/errors.ts';
import { canonicalUserOf, findCanonicalUser } from '../../identity/canonicalUsers.ts';
import type { Transaction } from '../../store/store.ts';

export interface AclGrant {
  /** A canonical user id, or the URI of a group. */
  readonly grantee: string;
  readonly permission: Permission;
}

/** The owner is not in it: of a bucket or object it is known anyway. */
export type Acl = readonly AclGrant[];

const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';
const AUTHENTICATED_USERS = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers';
const LOG_DELIVERY = 'http://acs.amazonaws.com/groups/s3/LogDelivery';
const GROUPS = new Set([ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY]);

/** EC2, which reads bundled images: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl */
const EC2_BUNDLES = '6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c';
/** Whoever uploads without signing. */
const ANONYMOUS_OWNER = '65a011a29cdf8ec533ec3d1ccaae921c';
const GRANTS_MAX = 100;

export const ownerId = (account: string) => (account === '' ? ANONYMOUS_OWNER : canonicalUserOf(account));

const full = (account: string): AclGrant => ({ grantee: ownerId(account), permission: 'FULL_CONTROL' });

/** `owner`: account that owns the bucket or object; `bucketOwner`: of an object, the account of its bucket. */
export interface Owners {
  readonly owner: string;
  readonly bucketOwner: string;
}

const CANNED: Readonly<Record<string, (owners: Owners) => Acl>> = {
  private: ({ owner }) => [full(owner)],
  'public-read': ({ owner }) => [full(owner), { grantee: ALL_USERS, permission: 'READ' }],
  'public-read-write': ({ owner }) => [
    full(owner),
    { grantee: ALL_USERS, permission: 'READ' },
    { grantee: ALL_USERS, permission: 'WRITE' },
  ],
  'authenticated-read': ({ owner }) => [full(owner), { grantee: AUTHENTICATED_USERS, permission: 'READ' }],
  'aws-exec-read': ({ owner }) => [full(owner), { grantee: EC2_BUNDLES, permission: 'READ' }],
  'bucket-owner-read': ({ owner, bucketOwner }) =>
    owner === bucketOwner ? [full(owner)] : [full(owner), { grantee: ownerId(bucketOwner), permission: 'READ' }],
  'bucket-owner-full-control': ({ owner, bucketOwner }) =>
    owner === bucketOwner ? [full(owner)] : [full(owner), full(bucketOwner)],
  'log-delivery-write': ({ owner }) => [
    full(owner),
    { grantee: LOG_DELIVERY, permission: 'WRITE' },
    { grantee: LOG_DELIVERY, permission: 'READ_ACP' },
  ],
};

export const privateAcl = (owner: string): Acl => [full(owner)];

/** The members by which requests give a list. */
export interface AclRequest {
  readonly ACL?: string | undefined;
  readonly GrantFullControl?: string | undefined;
  readonly GrantRead?: string | undefined;
  readonly GrantReadACP?: string | undefined;
  readonly GrantWrite?: string | undefined;
  readonly GrantWriteACP?: string | undefined;
}

const HEADER_PERMISSIONS = [
  ['GrantFullControl', 'FULL_CONTROL', 'x-amz-grant-full-control'],
  ['GrantRead', 'READ', 'x-amz-grant-read'],
  ['GrantReadACP', 'READ_ACP', 'x-amz-grant-read-acp'],
  ['GrantWrite', 'WRITE', 'x-amz-grant-write'],
  ['GrantWriteACP', 'WRITE_ACP', 'x-amz-grant-write-acp'],
] as const;

const invalid = (message: string) => new CommonError('InvalidArgument', message);

/** Whether the request says anything of a list. */
export const givesAcl = (input: AclRequest): boolean =>
  input.ACL !== undefined || HEADER_PERMISSIONS.some(([member]) => input[member] !== undefined);

/** The condition keys of a request that gives a list. */
export function aclConditions(input: AclRequest): Record<string, string | undefined> {
  const keys: Record<string, string | undefined> = { 's3:x-amz-acl': input.ACL };
  for (const [member, , header] of HEADER_PERMISSIONS) keys[`s3:${header}`] = input[member];
  return keys;
}

/** The list that the headers of a request ask for; undefined when they ask for none. */
export async function requestedAcl(tx: Transaction, input: AclRequest, owners: Owners): Promise<Acl | undefined> {
  if (!givesAcl(input)) return undefined;
  const headers = HEADER_PERMISSIONS.filter(([member]) => input[member] !== undefined);
  if (input.ACL !== undefined) {
    if (headers.length > 0) {
      throw new CommonError('InvalidRequest', 'Specifying both Canned ACLs and Header Grants is not allowed');
    }
    const canned = Object.hasOwn(CANNED, input.ACL) ? CANNED[input.ACL] : undefined;
    if (!canned) throw invalid('');
    return canned(owners);
  }
  const grants: AclGrant[] = [];
  for (const [member, permission] of headers) {
    for (const grantee of granteesIn(input[member]!)) {
      grants.push({ grantee: await knownGrantee(tx, grantee), permission });
    }
  }
  return grants;
}

const GRANTEE = /^\s*(id|uri|emailAddress)\s*=\s*(?:"([^"]*)"|([^\s",]+))\s*$/;

/** `id="…", uri="…"` */
function granteesIn(header: string): Grantee[] {
  return header.split(',').map((part): Grantee => {
    const [, kind, quoted, bare] = GRANTEE.exec(part) ?? [];
    const value = quoted ?? bare ?? '';
    if (kind === 'id') return { Type: 'CanonicalUser', ID: value };
    if (kind === 'uri') return { Type: 'Group', URI: value };
    if (kind === 'emailAddress') return { Type: 'AmazonCustomerByEmail', EmailAddress: value };
    throw invalid('Argument format not recognized');
  });
}

/** S3 takes no grants by e-mail address any more. */
async function knownGrantee(tx: Transaction, { Type, ID, URI, EmailAddress }: Grantee): Promise<string> {
  if (Type === 'AmazonCustomerByEmail' || EmailAddress !== undefined) {
    throw new CommonError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
  }
  if (Type === 'Group' || (Type === undefined && URI !== undefined)) {
    if (!GROUPS.has(URI ?? '')) throw invalid('Invalid group uri');
    return URI!;
  }
  const found = ID === EC2_BUNDLES || (await findCanonicalUser(tx, ID ?? '')) !== undefined;
  if (!found) throw invalid('Invalid id');
  return ID!;
}

const PERMISSIONS: ReadonlySet<string> = new Set(['FULL_CONTROL', 'READ', 'WRITE', 'READ_ACP', 'WRITE_ACP']);

export const malformedAcl = () =>
  new CommonError(
    'MalformedACLError',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

/** The list in a request's body. `owner`: account of the thing it is for, which a list cannot change. */
export async function aclInBody(tx: Transaction, policy: AccessControlPolicy, owner: string): Promise<Acl> {
  const { Owner, Grants = [] } = policy;
  if (!Owner?.ID || Grants.length > GRANTS_MAX) throw malformedAcl();
  if (Owner.ID !== ownerId(owner)) throw new CommonError('AccessDenied', 'Access Denied', 403);
  const grants: AclGrant[] = [];
  for (const { Grantee, Permission } of Grants) {
    if (!Grantee || !Permission || !PERMISSIONS.has(Permission)) throw malformedAcl();
    grants.push({ grantee: await knownGrantee(tx, Grantee), permission: Permission });
  }
  return grants;
}

export const shownOwner = (account: string): Owner => ({ ID: ownerId(account) });

export const shownGrants = (acl: Acl): Grant[] =>
  acl.map(({ grantee, permission }) => ({
    Grantee: GROUPS.has(grantee) ? { Type: 'Group', URI: grantee } : { Type: 'CanonicalUser', ID: grantee },
    Permission: permission,
  }));

export const isOfEverybody = (grantee: string) => grantee === ALL_USERS || grantee === AUTHENTICATED_USERS;
export const isOfLogs = (grantee: string) => grantee === LOG_DELIVERY;

const isPublicGrant = ({ grantee }: AclGrant) => isOfEverybody(grantee);

/** Grants anything to everybody, or to everybody with an account. */
export const isPublicAcl = (acl: Acl): boolean => acl.some(isPublicGrant);

/** Without its public grants: what IgnorePublicAcls leaves. */
export const withoutPublicGrants = (acl: Acl): Acl => acl.filter((grant) => !isPublicGrant(grant));

/** Nobody but the owner (and, of an object, the owner of its bucket) has anything: the one list that needs none. */
export const isOwnersOnly = (acl: Acl, bucketOwner: string): boolean =>
  acl.every(({ grantee, permission }) => grantee === ownerId(bucketOwner) && permission === 'FULL_CONTROL');

type Actions = Readonly<Record<Permission, readonly string[]>>;

const BUCKET_ACTIONS: Actions = {
  READ: ['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'],
  WRITE: ['s3:PutObject'],
  READ_ACP: ['s3:GetBucketAcl'],
  WRITE_ACP: ['s3:PutBucketAcl'],
  FULL_CONTROL: [],
};

const OBJECT_ACTIONS: Actions = {
  READ: ['s3:GetObject', 's3:GetObjectVersion'],
  WRITE: [],
  READ_ACP: ['s3:GetObjectAcl', 's3:GetObjectVersionAcl'],
  WRITE_ACP: ['s3:PutObjectAcl', 's3:PutObjectVersionAcl'],
  FULL_CONTROL: [],
};

const PARTS: readonly Permission[] = ['READ', 'WRITE', 'READ_ACP', 'WRITE_ACP'];

/** What a permission on a bucket, or on an object, permits in the words of policies. */
export function actionsOf(permission: Permission, on: 'bucket' | 'object'): readonly string[] {
  const actions = on === 'bucket' ? BUCKET_ACTIONS : OBJECT_ACTIONS;
  return permission === 'FULL_CONTROL' ? PARTS.flatMap((part) => actions[part]) : actions[permission];
}

/** The list as statements that allow. */
export function aclStatements(acl: Acl, on: 'bucket' | 'object'): object[] {
  return acl.flatMap(({ grantee, permission }) => {
    const actions = actionsOf(permission, on);
    return actions.length === 0 ? [] : [{ Effect: 'Allow', ...principalOf(grantee), Action: actions, Resource: '*' }];
  });
}

function principalOf(grantee: string): object {
  if (grantee === ALL_USERS) return { Principal: '*' };
  if (grantee === AUTHENTICATED_USERS) {
    return { Principal: '*', Condition: { StringNotEquals: { 'aws:PrincipalType': 'Anonymous' } } };
  }
  if (grantee === LOG_DELIVERY) return { Principal: { Service: 'logging.s3.amazonaws.com' } };
  return { Principal: { CanonicalUser: grantee } };
}
