/**
 * What an organization has to do with trails: who may run its trails, and what must be set up before there can be one.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-an-organizational-trail-prepare.html
 */
import {
  CloudTrailAccessNotEnabledException,
  InsufficientDependencyServiceAccessPermissionException,
  NotOrganizationMasterAccountException,
  OperationNotPermittedException,
  OrganizationNotInAllFeaturesModeException,
  OrganizationsNotInUseException,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { AccessDenied, fail } from '../../core/errors.ts';
import { ensureLinkedRole } from '../../identity/linkedRoles.ts';
import {
  chainOf,
  delegatedAdministrators,
  isDelegatedAdministrator,
  type Organization,
  organizations,
  trustedServices,
} from '../../identity/organization.ts';
import type { Trail } from './trailRows.ts';

export const SERVICE = 'cloudtrail.amazonaws.com';
const ROLE = 'AWSServiceRoleForCloudTrail';

/** The caller's organization, ready for trails of its own. Throws what is missing. */
export async function requireOrganization(ctx: Context): Promise<Organization> {
  const organization = (await chainOf(ctx.store, ctx.account))?.organization;
  if (!organization) {
    fail(
      OrganizationsNotInUseException,
      'The request could not be processed because your account is not a member of an organization.',
    );
  }
  if (organization.featureSet !== 'ALL') {
    fail(
      OrganizationNotInAllFeaturesModeException,
      'The request could not be processed because your organization does not have all features enabled.',
    );
  }
  await requireSteward(ctx, organization.id);
  if (!(await ctx.store.get(trustedServices, [organization.id, SERVICE]))) {
    fail(
      CloudTrailAccessNotEnabledException,
      "The request could not be processed because your organization hasn't enabled CloudTrail service access. Enable service access for CloudTrail, and then try again.",
    );
  }
  return organization;
}

/** Whether the account runs the organization's trails: its management account, or one that it delegated this to. */
export async function isSteward(ctx: Context, organizationId: string): Promise<boolean> {
  const organization = await ctx.store.get(organizations, [organizationId]);
  if (organization?.management === ctx.account) return true;
  return isDelegatedAdministrator(ctx.store, organizationId, ctx.account, SERVICE);
}

/** Delegated administrators of CloudTrail. */
export async function stewardsOf({ store }: Context, organizationId: string): Promise<readonly string[]> {
  const page = { limit: 10, index: 'service' };
  const { rows } = await store.list(delegatedAdministrators, [organizationId, SERVICE], page);
  return rows.map(({ account }) => account);
}

export async function requireSteward(ctx: Context, organizationId: string): Promise<void> {
  if (await isSteward(ctx, organizationId)) return;
  fail(
    NotOrganizationMasterAccountException,
    'The request could not be processed because your account is neither the management account nor a delegated administrator of your organization.',
  );
}

/** Insights on data events of an organization's trail are told to those who run it, each account's to itself. */
export async function requireOwnInsights(ctx: Context, { organization }: Pick<Trail, 'organization'>): Promise<void> {
  if (organization === undefined || (await isSteward(ctx, organization))) return;
  const sentence = "Member accounts cannot get Insights on data events of an organization's trail.";
  fail(OperationNotPermittedException, sentence);
}

/** Makes the role by which CloudTrail works in the accounts of an organization, with the caller's permission. */
export async function ensureServiceLinkedRole(ctx: Context, account: string): Promise<void> {
  if (account !== ctx.account) return; // Only calls from the management account itself make its role.
  try {
    await ensureLinkedRole(ctx, SERVICE, ROLE);
  } catch (error) {
    if (!(error instanceof AccessDenied)) throw error;
    fail(
      InsufficientDependencyServiceAccessPermissionException,
      'AWS CloudTrail cannot create resources for your organization because access to one or more required APIs has been denied.',
    );
  }
}
