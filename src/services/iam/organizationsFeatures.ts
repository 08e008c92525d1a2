/** Centralized root access: whether the organization's management account may act as root of its member accounts. */
import {
  AccountNotManagementOrDelegatedAdministratorException,
  CallerIsNotManagementAccountException,
  type FeatureType,
  OrganizationNotFoundException,
  OrganizationNotInAllFeaturesModeException,
  ServiceAccessNotEnabledException,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import {
  chainOf,
  isDelegatedAdministrator,
  type Organization,
  organizations,
  trustedServices,
} from '../../identity/organization.ts';

const IAM = 'iam.amazonaws.com';

interface Features {
  OrganizationId: string;
  EnabledFeatures: FeatureType[];
}

export const EnableOrganizationsRootCredentialsManagement = change('RootCredentialsManagement', true);
export const DisableOrganizationsRootCredentialsManagement = change('RootCredentialsManagement', false);
export const EnableOrganizationsRootSessions = change('RootSessions', true);
export const DisableOrganizationsRootSessions = change('RootSessions', false);

export const ListOrganizationsFeatures: Operation<object, Features> = {
  access: () => ({ resource: '*' }),
  run: async (_input, ctx) => view(await administered(ctx)),
};

/** Enabling is the management account's; a delegated administrator may disable and list. */
function change(feature: FeatureType, isEnabled: boolean): Operation<object, Features> {
  return {
    access: () => ({ resource: '*' }),
    async run(_input, ctx) {
      const organization = await administered(ctx);
      if (isEnabled && organization.management !== ctx.account) {
        fail(CallerIsNotManagementAccountException, 'The account making the request is not the management account.');
      }
      const others = (organization.rootFeatures ?? []).filter((other) => other !== feature);
      const changed = { ...organization, rootFeatures: isEnabled ? [...others, feature] : others };
      await ctx.store.replace(organizations, changed);
      return view(changed);
    },
  };
}

async function administered(ctx: Context): Promise<Organization> {
  const organization = (await chainOf(ctx.store, ctx.account))?.organization;
  if (!organization) fail(OrganizationNotFoundException, 'No organization is associated with your account.');
  const isManagement = organization.management === ctx.account;
  if (!isManagement && !(await isDelegatedAdministrator(ctx.store, organization.id, ctx.account, IAM))) {
    fail(
      AccountNotManagementOrDelegatedAdministratorException,
      'The account making the request is not the management account or delegated administrator account.',
    );
  }
  if (organization.featureSet !== 'ALL') {
    fail(OrganizationNotInAllFeaturesModeException, 'Your organization does not have All features enabled.');
  }
  if (!(await ctx.store.get(trustedServices, [organization.id, IAM]))) {
    fail(ServiceAccessNotEnabledException, 'Trusted access is not enabled for IAM in Organizations.');
  }
  return organization;
}

const view = (organization: Organization): Features => ({
  OrganizationId: organization.id,
  EnabledFeatures: [...(organization.rootFeatures ?? [])],
});
