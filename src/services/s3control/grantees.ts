/**
 * Whom grants are to: users and roles, and users and groups of the directory that an instance is associated with. A
 * session on behalf of somebody of the directory has the grants of that person, of the person's groups and of its role.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-directory-ids.html
 */
import type { CreateAccessGrantRequest, GranteeType } from '@aws-sdk/client-s3-control';
import type { Caller, Context, SessionIdentity } from '../../core/context.ts';
import type { Access } from '../../core/operation.ts';
import { applicationNamed } from '../../identity/applications.ts';
import { directoryGroups, directoryUsers, groupsOf } from '../../identity/directory.ts';
import { type Instance, instanceArn } from '../../identity/instances.ts';
import { grantError } from './grantErrors.ts';
import type { AccessGrant, GrantsInstance, IdentityCenter } from './grantRows.ts';
import { directoryOf } from './identityCenters.ts';

/** An access scope: without it an application's tokens do not open Access Grants. */
const SCOPE = 's3:access_grants:read_write';
const PRINCIPAL = /^arn:aws:iam::\d{12}:(?:user|role)\/.+$/;

const KINDS = {
  DIRECTORY_USER: { action: 'identitystore:DescribeUser', thing: 'user' },
  DIRECTORY_GROUP: { action: 'identitystore:DescribeGroup', thing: 'group' },
} as const;

type Asked = Pick<CreateAccessGrantRequest, 'Grantee' | 'ApplicationArn'>;

const kindOf = (type: GranteeType | undefined) =>
  type === 'DIRECTORY_USER' || type === 'DIRECTORY_GROUP' ? KINDS[type] : undefined;

/** What AWS asks of whoever grants something to an identity of a directory, or through an application. */
export function granteeAccess(
  { account }: Context,
  { Grantee, ApplicationArn }: Asked,
  center: IdentityCenter | undefined,
  directory: Instance | undefined,
): readonly Access[] {
  if (!center || !directory) return [];
  const kind = kindOf(Grantee?.GranteeType);
  const id = Grantee?.GranteeIdentifier ?? '';
  const describe = (resource: string) => ({ action: 'sso:DescribeApplication', resource, resourceAccount: account });
  const inStore = (resource: string) => ({ action: kind!.action, resource, resourceAccount: account });
  return [
    ...(kind
      ? [
          { action: 'sso:DescribeInstance', resource: instanceArn(directory) },
          describe(center.application),
          inStore(`arn:aws:identitystore::${directory.account}:identitystore/${directory.identityStore}`),
          inStore(`arn:aws:identitystore:::${kind.thing}/${id}`),
        ]
      : []),
    ...(ApplicationArn === undefined ? [] : [describe(ApplicationArn)]),
  ];
}

/** The grantee of a new grant, and the application that it is through. Throws InvalidAccessGrant. */
export async function requireGrantee({ store }: Context, asked: Asked, directory: Instance | undefined) {
  const { GranteeType: type = 'IAM', GranteeIdentifier: grantee = '' } = asked.Grantee ?? {};
  const { ApplicationArn: application } = asked;
  if (!directory && (type !== 'IAM' || application !== undefined)) throw grantError('InvalidIdentityCenterInstance');
  const key = [directory?.identityStore ?? '', grantee];
  const known =
    (type === 'IAM' && PRINCIPAL.test(grantee)) ||
    (type === 'DIRECTORY_USER' && (await store.get(directoryUsers, key))) ||
    (type === 'DIRECTORY_GROUP' && (await store.get(directoryGroups, key)));
  if (!known) throw grantError('InvalidAccessGrant');
  if (application !== undefined && (await applicationNamed(store, application))?.instance !== directory?.id) {
    throw grantError('InvalidAccessGrant');
  }
  return {
    grantee,
    ...(type !== 'IAM' && { granteeType: type }),
    ...(application !== undefined && { application }),
  };
}

export const granteeView = ({ granteeType, grantee }: AccessGrant) => ({
  GranteeType: granteeType ?? ('IAM' as const),
  GranteeIdentifier: grantee,
});

/** Whose grants a caller has, in the order of pages, and on whose behalf it calls. */
export interface CallerGrantees {
  readonly grantees: readonly string[];
  readonly identity?: SessionIdentity & { readonly identityStore: string };
}

/** As grants name whoever calls: a user, or the role of a session. */
const principalOf = ({ arn, session }: Caller) => (session?.kind === 'AssumedRole' ? session.principalArn : arn);

export async function granteesOf(ctx: Context, instance: GrantsInstance): Promise<CallerGrantees> {
  const own = principalOf(ctx.caller);
  const identity = ctx.caller.session?.onBehalfOf;
  const directory = identity?.kind === 'identity' ? await directoryOf(ctx, instance) : undefined;
  if (!identity || !directory || identity.instanceArn !== instanceArn(directory)) return { grantees: [own] };
  const application = await applicationNamed(ctx.store, identity.applicationArn);
  const { identityStore } = directory;
  const user = await ctx.store.get(directoryUsers, [identityStore, identity.userId]);
  if (!application?.scopes.some(({ name }) => name === SCOPE) || user?.status !== 'ENABLED') return { grantees: [own] };
  const groups = await groupsOf(ctx.store, identityStore, user.id);
  return { grantees: [own, user.id, ...groups].sort(), identity: { ...identity, identityStore } };
}

/** Whether a grant that names an application is used through it. */
export const isThrough = ({ application }: AccessGrant, { identity }: CallerGrantees): boolean =>
  application === undefined || application === identity?.applicationArn;
