/** Member accounts that administer a service for the organization. They may also read the organization. */
import {
  AccountAlreadyRegisteredException,
  AccountNotRegisteredException,
  type DeregisterDelegatedAdministratorRequest,
  type ListDelegatedAdministratorsRequest,
  type ListDelegatedAdministratorsResponse,
  type ListDelegatedServicesForAccountRequest,
  type ListDelegatedServicesForAccountResponse,
  type RegisterDelegatedAdministratorRequest,
  type DelegatedAdministrator as View,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import {
  accounts,
  type DelegatedAdministrator,
  delegatedAdministrators,
  trustedServices,
} from '../../identity/organization.ts';
import { accountFacts, findAccount } from './accounts.ts';
import { itemsPage, rowsPage } from './pages.ts';
import { memberOf, type Place, placeAccess } from './places.ts';
import { violated } from './refusals.ts';
import { operation } from './seats.ts';

/** Delegated administrators that a service may have; others may have any number. */
const ADMINISTRATORS_MAX: Readonly<Record<string, number>> = {
  'access-analyzer.amazonaws.com': 1,
  'auditmanager.amazonaws.com': 1,
  'cloudtrail.amazonaws.com': 3,
  'detective.amazonaws.com': 1,
  'guardduty.amazonaws.com': 1,
  'inspector2.amazonaws.com': 1,
  'ipam.amazonaws.com': 1,
  'macie.amazonaws.com': 1,
  'member.org.stacksets.cloudformation.amazonaws.com': 5,
  'securityhub.amazonaws.com': 1,
  'securitylake.amazonaws.com': 1,
  'sso.amazonaws.com': 1,
};

export const RegisterDelegatedAdministrator = operation<Present<RegisterDelegatedAdministratorRequest>, object, Place>({
  who: 'management',
  find: (input, ctx, seat) => findAccount(ctx, seat, input.AccountId),
  access: (input, _seat, place) => serviceAccess(place, input.ServicePrincipal),
  async run({ AccountId, ServicePrincipal }, ctx, { organization }) {
    if (AccountId === organization.management) violated('CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR');
    if (organization.featureSet !== 'ALL') violated('ORGANIZATION_NOT_IN_ALL_FEATURES_MODE');
    const account = await memberOf(ctx, organization, AccountId);
    if (account?.status !== 'ACTIVE' || account.closing !== undefined) {
      violated('CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR');
    }
    const service = [organization.id, ServicePrincipal];
    if (!(await ctx.store.get(trustedServices, service))) violated('SERVICE_ACCESS_NOT_ENABLED');
    const row = await ctx.store.get(delegatedAdministrators, [organization.id, AccountId]);
    if (row && ServicePrincipal in row.services) {
      fail(
        AccountAlreadyRegisteredException,
        'The provided account is already a delegated administrator for your organization.',
      );
    }
    const max = ADMINISTRATORS_MAX[ServicePrincipal];
    if (max !== undefined && !(await ctx.store.fits(delegatedAdministrators, service, max, 'service'))) {
      violated(
        max === 1
          ? 'DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE'
          : 'MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED',
      );
    }
    const services = { ...row?.services, [ServicePrincipal]: ctx.now.toISOString() };
    await ctx.store.replace(delegatedAdministrators, { organization: organization.id, account: AccountId, services });
    return {};
  },
});

export const DeregisterDelegatedAdministrator = operation<
  Present<DeregisterDelegatedAdministratorRequest>,
  object,
  Place
>({
  who: 'management',
  find: (input, ctx, seat) => findAccount(ctx, seat, input.AccountId),
  access: (input, _seat, place) => serviceAccess(place, input.ServicePrincipal),
  async run({ AccountId, ServicePrincipal }, ctx, { organization }) {
    const row = await ctx.store.get(delegatedAdministrators, [organization.id, AccountId]);
    if (!row || !(ServicePrincipal in row.services)) throw notRegistered();
    await withoutService(ctx, row, ServicePrincipal);
    return {};
  },
});

export const ListDelegatedAdministrators = operation<
  ListDelegatedAdministratorsRequest,
  ListDelegatedAdministratorsResponse
>({
  who: 'readers',
  access: (input) => ({ resource: '*', conditions: { 'organizations:ServicePrincipal': input.ServicePrincipal } }),
  async run(input, ctx, { organization }) {
    const { ServicePrincipal: service } = input;
    const { rows, page } =
      service === undefined
        ? await rowsPage(ctx, delegatedAdministrators, [organization.id], input)
        : await rowsPage(ctx, delegatedAdministrators, [organization.id, service], input, { index: 'service' });
    const views: View[] = [];
    for (const row of rows) {
      const account = await ctx.store.get(accounts, [row.account]);
      if (!account) continue;
      const since = service === undefined ? Object.values(row.services).sort()[0] : row.services[service];
      const DelegationEnabledDate = since === undefined ? undefined : new Date(since);
      views.push({ ...accountFacts(ctx, organization, account), DelegationEnabledDate });
    }
    return { DelegatedAdministrators: views, ...page };
  },
});

export const ListDelegatedServicesForAccount = operation<
  Present<ListDelegatedServicesForAccountRequest>,
  ListDelegatedServicesForAccountResponse,
  Place
>({
  who: 'readers',
  find: (input, ctx, seat) => findAccount(ctx, seat, input.AccountId),
  access: (_input, _seat, place) => placeAccess(place),
  async run(input, ctx, { organization }) {
    const row = await ctx.store.get(delegatedAdministrators, [organization.id, input.AccountId]);
    if (!row) throw notRegistered();
    const { items, page } = itemsPage(Object.entries(row.services).sort(), input);
    return {
      DelegatedServices: items.map(([service, since]) => ({
        ServicePrincipal: service,
        DelegationEnabledDate: new Date(since),
      })),
      ...page,
    };
  },
});

/** Takes one service from an administrator; the row goes with the last. */
export async function withoutService(ctx: Context, row: DelegatedAdministrator, service: string): Promise<void> {
  const { [service]: _, ...services } = row.services;
  if (Object.keys(services).length > 0) await ctx.store.replace(delegatedAdministrators, { ...row, services });
  else await ctx.store.remove(delegatedAdministrators, [row.organization, row.account]);
}

const notRegistered = () =>
  awsError(
    AccountNotRegisteredException,
    'The provided account is not a registered delegated administrator for your organization.',
  );

const serviceAccess = (place: Place, principal: string) =>
  placeAccess(place, { 'organizations:ServicePrincipal': principal });
