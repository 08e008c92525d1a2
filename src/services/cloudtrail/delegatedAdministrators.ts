/** Member accounts that run the organization's trails and event data stores beside its management account. */
import {
  AccountNotFoundException,
  AccountNotRegisteredException,
  AccountRegisteredException,
  CannotDelegateManagementAccountException,
  CloudTrailAccessNotEnabledException,
  DelegatedAdminAccountLimitExceededException,
  type DeregisterOrganizationDelegatedAdminRequest,
  type DeregisterOrganizationDelegatedAdminResponse,
  InsufficientDependencyServiceAccessPermissionException,
  NotOrganizationManagementAccountException,
  OrganizationNotInAllFeaturesModeException,
  OrganizationsNotInUseException,
  type RegisterOrganizationDelegatedAdminRequest,
  type RegisterOrganizationDelegatedAdminResponse,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import {
  accounts,
  chainOf,
  delegatedAdministrators,
  isDelegatedAdministrator,
  type Organization,
} from '../../identity/organization.ts';
import { codeOf } from './destinations.ts';
import { ensureServiceLinkedRole, SERVICE } from './organizationTrails.ts';

const ADMINISTRATORS_MAX = 3;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_RegisterOrganizationDelegatedAdmin.html */
export const RegisterOrganizationDelegatedAdmin: Operation<
  Present<RegisterOrganizationDelegatedAdminRequest>,
  RegisterOrganizationDelegatedAdminResponse
> = {
  access: () => ({ resource: '*' }),
  async run({ MemberAccountId: account }, ctx) {
    const organization = await managedOrganization(ctx);
    if (account === organization.management) {
      fail(CannotDelegateManagementAccountException, 'The management account cannot be a delegated administrator.');
    }
    if ((await ctx.store.get(accounts, [account]))?.organization !== organization.id) {
      fail(AccountNotFoundException, `Account ${account} is not a member of your organization.`);
    }
    if (await isDelegatedAdministrator(ctx.store, organization.id, account, SERVICE)) {
      fail(AccountRegisteredException, `Account ${account} is already a delegated administrator.`);
    }
    if (!(await ctx.store.fits(delegatedAdministrators, [organization.id, SERVICE], ADMINISTRATORS_MAX, 'service'))) {
      const sentence = `An organization can have up to ${ADMINISTRATORS_MAX} CloudTrail delegated administrators.`;
      fail(DelegatedAdminAccountLimitExceededException, sentence);
    }
    await ensureServiceLinkedRole(ctx, ctx.account);
    await throughOrganizations(ctx, 'EnableAWSServiceAccess', { ServicePrincipal: SERVICE });
    await throughOrganizations(ctx, 'RegisterDelegatedAdministrator', {
      AccountId: account,
      ServicePrincipal: SERVICE,
    });
    return {};
  },
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeregisterOrganizationDelegatedAdmin.html */
export const DeregisterOrganizationDelegatedAdmin: Operation<
  Present<DeregisterOrganizationDelegatedAdminRequest>,
  DeregisterOrganizationDelegatedAdminResponse
> = {
  access: () => ({ resource: '*' }),
  async run({ DelegatedAdminAccountId: account }, ctx) {
    const organization = await managedOrganization(ctx);
    if (!(await isDelegatedAdministrator(ctx.store, organization.id, account, SERVICE))) {
      fail(AccountNotRegisteredException, `Account ${account} is not a delegated administrator.`);
    }
    await throughOrganizations(ctx, 'DeregisterDelegatedAdministrator', {
      AccountId: account,
      ServicePrincipal: SERVICE,
    });
    return {};
  },
};

async function managedOrganization(ctx: Context): Promise<Organization> {
  const organization = (await chainOf(ctx.store, ctx.account))?.organization;
  if (!organization) {
    fail(OrganizationsNotInUseException, 'Your account is not a member of an organization.');
  }
  if (organization.management !== ctx.account) {
    fail(NotOrganizationManagementAccountException, 'Your account is not the management account of its organization.');
  }
  if (organization.featureSet !== 'ALL') {
    fail(OrganizationNotInAllFeaturesModeException, 'Your organization does not have all features enabled.');
  }
  return organization;
}

/** As the caller: they need the permissions in Organizations too. */
async function throughOrganizations(ctx: Context, operation: string, input: object): Promise<void> {
  try {
    await ctx.call('organizations', operation, input);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'AccessDenied') {
      fail(
        InsufficientDependencyServiceAccessPermissionException,
        'AWS CloudTrail cannot change your organization because access to one or more required APIs has been denied.',
      );
    }
    if (code === 'ConstraintViolation') fail(CloudTrailAccessNotEnabledException, (error as Error).message);
    throw error;
  }
}
