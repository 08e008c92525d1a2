/** The organization itself: made by the account that becomes its management account, deleted when all have left. */
import {
  AlreadyInOrganizationException,
  type CreateOrganizationRequest,
  type CreateOrganizationResponse,
  type DescribeOrganizationResponse,
  OrganizationNotEmptyException,
  type Organization as View,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import type { Operation } from '../../core/operation.ts';
import {
  type Account,
  accounts,
  type Organization,
  organizationPolicies,
  organizations,
  organizationTags,
  trustedServices,
  units,
} from '../../identity/organization.ts';
import { accountArn, organizationArn } from './arns.ts';
import { creations } from './creations.ts';
import { handshakes } from './handshakeRows.ts';
import { joinedEvent } from './membershipEvents.ts';
import { removeAll } from './pages.ts';
import { resourcePolicies } from './resourcePolicyRows.ts';
import { addServiceLinkedRole, serviceLinkedRoleAccess } from './roles.ts';
import { operation } from './seats.ts';

export const CreateOrganization: Operation<CreateOrganizationRequest, CreateOrganizationResponse> = {
  access: (input, ctx) =>
    input.FeatureSet === 'CONSOLIDATED_BILLING'
      ? { resource: '*' }
      : [{ resource: '*' }, serviceLinkedRoleAccess(ctx.account)],
  async run(input, ctx) {
    const account = await ctx.store.get(accounts, [ctx.account]);
    if (!account || account.organization) {
      return fail(AlreadyInOrganizationException, 'The AWS account is already a member of an organization.');
    }
    const organization = newOrganization(ctx, input.FeatureSet ?? 'ALL');
    const { id, root } = organization;
    await ctx.store.insert(organizations, organization);
    await ctx.store.insert(units, { organization: id, id: root, name: 'Root', attachments: {}, enabledTypes: [] });
    const member = { organization: id, parent: root, joined: ctx.now.toISOString(), attachments: {} };
    await ctx.store.replace(accounts, { ...account, ...member, joinedMethod: 'INVITED' });
    if (organization.featureSet === 'ALL') await addServiceLinkedRole(ctx, ctx.account);
    ctx.audit.serviceEvents = [joinedEvent(organization, ctx.account, 'INVITED', organization.created)];
    return { Organization: viewOf(organization, account) };
  },
};

const newOrganization = (ctx: Context, featureSet: Organization['featureSet']): Organization => ({
  id: `o-${lowerId(10, ctx)}`,
  management: ctx.account,
  featureSet,
  created: ctx.now.toISOString(),
  root: `r-${lowerId(4, ctx)}`,
});

export const DescribeOrganization = operation<object, DescribeOrganizationResponse>({
  who: 'members',
  async run(_input, ctx, { organization }) {
    return { Organization: viewOf(organization, await ctx.store.get(accounts, [organization.management])) };
  },
});

export const DeleteOrganization = operation<object, object>({
  who: 'management',
  async run(_input, ctx, { organization }) {
    await requireEmpty(ctx, organization);
    const { id } = organization;
    await removeAll(ctx, handshakes, [id]);
    await removeAll(ctx, creations, [id]);
    await removeAll(ctx, trustedServices, [id]);
    await removeAll(ctx, organizationTags, [id]);
    await ctx.store.remove(resourcePolicies, [id]);
    await ctx.store.remove(units, [id, organization.root]);
    await ctx.store.remove(organizations, [id]);
    const account = await ctx.store.get(accounts, [organization.management]);
    if (account) await ctx.store.replace(accounts, standalone(account));
    return {};
  },
});

async function requireEmpty(ctx: Context, { id }: Organization): Promise<void> {
  const members = (await ctx.store.count(accounts, [id], 'organization')) - 1;
  if (members > 0) {
    const sentence = 'To delete an organization you must first remove all member accounts (except the master).';
    fail(OrganizationNotEmptyException, sentence);
  }
  const below = (await ctx.store.count(units, [id])) - 1;
  if (below > 0 || (await ctx.store.count(organizationPolicies, [id])) > 0) {
    fail(
      OrganizationNotEmptyException,
      'To delete an organization you must first remove all organizational units and policies.',
    );
  }
}

/** An account's row once it is in no organization. */
export function standalone(account: Account): Account {
  const { organization: _, parent: _parent, joined: _joined, joinedMethod: _method, ...rest } = account;
  return { ...rest, attachments: {} };
}

function viewOf(organization: Organization, management: Account | undefined): View {
  const { id, featureSet } = organization;
  const all = featureSet === 'ALL';
  return {
    Id: id,
    Arn: organizationArn(organization),
    FeatureSet: featureSet,
    MasterAccountArn: accountArn(organization, organization.management),
    MasterAccountId: organization.management,
    MasterAccountEmail: management?.email,
    AvailablePolicyTypes: all ? [{ Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' }] : [],
  };
}
