/** The role through which Organizations acts in every account of an organization with all features. */
import type { Context } from '../../core/context.ts';
import { uniqueId } from '../../core/ids.ts';
import type { Access } from '../../core/operation.ts';
import { type Role, roles } from '../../identity/principals.ts';

const NAME = 'AWSServiceRoleForOrganizations';
const PATH = '/aws-service-role/organizations.amazonaws.com/';
const SERVICE = 'organizations.amazonaws.com';
const POLICY = 'arn:aws:iam::aws:policy/aws-service-role/AWSOrganizationsServiceTrustPolicy';

/** The permission that the caller needs so that the role can be made. */
export const serviceLinkedRoleAccess = (account: string): Access => ({
  action: 'iam:CreateServiceLinkedRole',
  resource: `arn:aws:iam::${account}:role${PATH}${NAME}`,
  conditions: { 'iam:AWSServiceName': SERVICE },
});

/** Makes the role, unless it is there. */
export async function addServiceLinkedRole(ctx: Context, account: string): Promise<void> {
  await ctx.store.insert(roles, {
    ...emptyRole(ctx, account, NAME),
    path: PATH,
    attached: [POLICY],
    trust: trustOf({ Service: SERVICE }),
    linkedService: SERVICE,
  });
}

/** The role by which the management account administers an account that it created. */
export async function addAdministratorRole(ctx: Context, account: string, name: string): Promise<void> {
  await ctx.store.insert(roles, {
    ...emptyRole(ctx, account, name),
    attached: ['arn:aws:iam::aws:policy/AdministratorAccess'],
    trust: trustOf({ AWS: `arn:aws:iam::${ctx.account}:root` }),
  });
}

const emptyRole = (ctx: Context, account: string, name: string): Role => ({
  account,
  name,
  path: '/',
  id: uniqueId('AROA', ctx),
  created: ctx.now.toISOString(),
  tags: [],
  attached: [],
  inline: {},
  trust: '',
  maxSessionDuration: 3600,
});

const trustOf = (principal: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
  });
