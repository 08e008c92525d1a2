/** Trusted access: services that may see the organization and act in its accounts. */
import type {
  DisableAWSServiceAccessRequest,
  EnableAWSServiceAccessRequest,
  ListAWSServiceAccessForOrganizationRequest,
  ListAWSServiceAccessForOrganizationResponse,
} from '@aws-sdk/client-organizations';
import type { Access, Present } from '../../core/operation.ts';
import { delegatedAdministrators, type TrustedService, trustedServices } from '../../identity/organization.ts';
import { everyRow } from '../../store/everyRow.ts';
import { withoutService } from './delegatedAdministrators.ts';
import { rowsPage } from './pages.ts';
import { policyTypes } from './policyTypes.ts';
import { invalid, violated } from './refusals.ts';
import { rootOf } from './roots.ts';
import { operation } from './seats.ts';

export const EnableAWSServiceAccess = operation<Present<EnableAWSServiceAccessRequest>, object>({
  who: 'management',
  access: (input) => serviceAccess(input.ServicePrincipal),
  async run({ ServicePrincipal }, ctx, { organization }) {
    requireService(ServicePrincipal);
    if (organization.featureSet !== 'ALL') violated('ORGANIZATION_NOT_IN_ALL_FEATURES_MODE');
    const since = ctx.now.toISOString();
    const row: TrustedService = { organization: organization.id, service: ServicePrincipal, since };
    await ctx.store.insert(trustedServices, row);
    return {};
  },
});

/** The service's delegated administrators lose that office with it. */
export const DisableAWSServiceAccess = operation<Present<DisableAWSServiceAccessRequest>, object>({
  who: 'management',
  access: (input) => serviceAccess(input.ServicePrincipal),
  async run({ ServicePrincipal }, ctx, { organization }) {
    requireService(ServicePrincipal);
    const root = await rootOf(ctx, organization);
    const needed = root?.enabledTypes?.some((type) => policyTypes[type].service === ServicePrincipal);
    if (needed) violated('POLICY_TYPE_ENABLED_FOR_THIS_SERVICE');
    await ctx.store.remove(trustedServices, [organization.id, ServicePrincipal]);
    const administrators = [organization.id, ServicePrincipal];
    for await (const row of everyRow(ctx.store, delegatedAdministrators, administrators, 'service')) {
      await withoutService(ctx, row, ServicePrincipal);
    }
    return {};
  },
});

export const ListAWSServiceAccessForOrganization = operation<
  ListAWSServiceAccessForOrganizationRequest,
  ListAWSServiceAccessForOrganizationResponse
>({
  who: 'readers',
  async run(input, ctx, { organization }) {
    const { rows, page } = await rowsPage(ctx, trustedServices, [organization.id], input);
    const principals = rows.map(({ service, since }) => ({ ServicePrincipal: service, DateEnabled: new Date(since) }));
    return { EnabledServicePrincipals: principals, ...page };
  },
});

/** Any host name of AWS is taken for a service: which of them integrate changes with every month. */
function requireService(principal: string): void {
  if (!/^([a-z0-9-]+\.)+amazonaws\.com$/.test(principal)) invalid('UNRECOGNIZED_SERVICE_PRINCIPAL');
}

const serviceAccess = (principal: string): Access => ({
  resource: '*',
  conditions: { 'organizations:ServicePrincipal': principal },
});
