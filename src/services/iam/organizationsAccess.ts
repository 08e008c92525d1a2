/** Which of the services that an organization's guardrails leave open its accounts have used. */
import {
  type AccessDetail,
  type GenerateOrganizationsAccessReportRequest,
  type GenerateOrganizationsAccessReportResponse,
  type GetOrganizationsAccessReportRequest,
  type GetOrganizationsAccessReportResponse,
  InvalidInputException,
  type SortKeyType,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { CommonError, fail } from '../../core/errors.ts';
import { serviceName, servicePrefixes } from '../../core/facts.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { grantedServices } from '../../identity/grantedServices.ts';
import { type AccountUse, accountUses } from '../../identity/lastUsed.ts';
import {
  accounts,
  type Chain,
  chainOf,
  FULL_AWS_ACCESS,
  type Organization,
  organizationPath,
  organizationPolicies,
  type Unit,
  units,
} from '../../identity/organization.ts';
import { everyRow } from '../../store/everyRow.ts';
import { findJob, isTracked, jobView, newJob } from './accessJobs.ts';
import { itemsPage } from './pages.ts';

const SCP = 'SERVICE_CONTROL_POLICY';

type Generate = Operation<Present<GenerateOrganizationsAccessReportRequest>, GenerateOrganizationsAccessReportResponse>;
export const GenerateOrganizationsAccessReport: Generate = {
  readOnly: true,
  access: (input, ctx) => ({
    resource: `arn:aws:iam::${ctx.account}:access-report/${input.EntityPath}`,
    conditions: { 'iam:OrganizationsPolicyId': input.OrganizationsPolicyId },
  }),
  async run(input, ctx) {
    await entityOf(ctx, input.EntityPath);
    if (input.OrganizationsPolicyId !== undefined) await documentOf(ctx, input.OrganizationsPolicyId);
    return newJob(ctx, {
      kind: 'organization',
      entityPath: input.EntityPath,
      policy: input.OrganizationsPolicyId,
    });
  },
};

type Get = Operation<Present<GetOrganizationsAccessReportRequest>, GetOrganizationsAccessReportResponse>;
export const GetOrganizationsAccessReport: Get = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const job = await findJob(ctx, input.JobId, 'organization');
    const entity = await entityOf(ctx, job.subject.entityPath);
    const policy = entity.isManagement ? undefined : job.subject.policy;
    const services = await servicesOf(ctx, entity, policy);
    await ctx.journal.catchUp();
    const uses = await usesOf(ctx, await accountsUnder(ctx, entity, policy));
    const details = services.map((service) => detailOf(service, uses.get(service) ?? []));
    const { items, page } = itemsPage(details.toSorted(ORDERS[input.SortKey ?? 'SERVICE_NAMESPACE_ASCENDING']), input);
    return {
      ...jobView(job),
      NumberOfServicesAccessible: services.length,
      NumberOfServicesNotAccessed: details.filter((detail) => detail.LastAuthenticatedTime === undefined).length,
      AccessDetails: items,
      ...page,
    };
  },
};

interface OrganizationEntity {
  readonly organization: Organization;
  /** From the root down to the entity or the account's parent. */
  readonly units: readonly Unit[];
  /** The entity is this account. */
  readonly account?: Chain['account'];
  readonly isManagement: boolean;
}

/** `o-a1b2/r-f6g7/ou-…/ou-…` or an account at its end. The caller must be the management account. */
async function entityOf(ctx: Context, path: string): Promise<OrganizationEntity> {
  const own = await chainOf(ctx.store, ctx.account);
  const [id, ...steps] = path.replace(/\/$/, '').split('/');
  if (own?.organization.management !== ctx.account || own.organization.id !== id || steps.length === 0) {
    return noEntity(path);
  }
  if (!own.units[0]?.enabledTypes?.includes(SCP)) {
    throw new CommonError('InvalidInput', 'Service control policies are not enabled for the organization.');
  }
  const { organization } = own;
  const last = steps.at(-1)!;
  if (/^\d{12}$/.test(last)) {
    const chain = await chainOf(ctx.store, last);
    if (!chain || `${organizationPath(chain)}${last}` !== [id, ...steps].join('/')) return noEntity(path);
    return { ...chain, isManagement: last === organization.management };
  }
  const found: Unit[] = [];
  for (const step of steps) {
    const unit = await ctx.store.get(units, [organization.id, step]);
    if (!unit || unit.parent !== found.at(-1)?.id) return noEntity(path);
    found.push(unit);
  }
  return { organization, units: found, isManagement: false };
}

const noEntity = (path: string): never => fail(InvalidInputException, `Invalid entity path: ${path}`);

async function documentOf(ctx: Context, policy: string): Promise<string> {
  if (policy === FULL_AWS_ACCESS.id) return FULL_AWS_ACCESS.content;
  const organization = (await chainOf(ctx.store, ctx.account))?.organization.id ?? '';
  const row = await ctx.store.get(organizationPolicies, [organization, policy]);
  if (row?.type === SCP) return row.content;
  return fail(InvalidInputException, `Invalid organizations policy id: ${policy}`);
}

/** What the policy allows; without one, what every level above and of the entity allows. */
async function servicesOf(ctx: Context, entity: OrganizationEntity, policy: string | undefined): Promise<string[]> {
  if (entity.isManagement) return [...servicePrefixes()];
  if (policy !== undefined) return grantedServices([await documentOf(ctx, policy)]);
  let services = [...servicePrefixes()];
  for (const target of [...entity.units, ...(entity.account ? [entity.account] : [])]) {
    const documents: string[] = [];
    for (const id of target.attachments[SCP] ?? []) documents.push(await documentOf(ctx, id));
    const allowed = new Set(grantedServices(documents));
    services = services.filter((service) => allowed.has(service));
  }
  return services;
}

/** Accounts in the entity, never the management account unless it is asked for; with a policy, those under it. */
async function accountsUnder(
  ctx: Context,
  entity: OrganizationEntity,
  policy: string | undefined,
): Promise<readonly Chain[]> {
  const { organization, account } = entity;
  const ids = account ? [account.id] : [];
  if (!account) {
    for await (const row of everyRow(ctx.store, accounts, [organization.id], 'organization')) {
      if (row.id !== organization.management) ids.push(row.id);
    }
  }
  const chains: Chain[] = [];
  const last = entity.units.at(-1)?.id;
  for (const id of ids) {
    const chain = await chainOf(ctx.store, id);
    if (chain?.units.some((unit) => unit.id === last) && isUnder(chain, policy)) chains.push(chain);
  }
  return chains;
}

const isUnder = (chain: Chain, policy: string | undefined) =>
  policy === undefined ||
  [...chain.units, chain.account].some((target) => target.attachments[SCP]?.includes(policy) === true);

interface Used {
  readonly use: AccountUse;
  readonly chain: Chain;
}

async function usesOf(ctx: Context, chains: readonly Chain[]): Promise<Map<string, Used[]>> {
  const uses = new Map<string, Used[]>();
  for (const chain of chains) {
    for await (const use of everyRow(ctx.store, accountUses, [chain.account.id])) {
      if (isTracked(ctx, use)) uses.set(use.service, [...(uses.get(use.service) ?? []), { use, chain }]);
    }
  }
  return uses;
}

function detailOf(service: string, used: readonly Used[]): AccessDetail {
  const last = used.toSorted((a, b) => (a.use.time < b.use.time ? 1 : -1))[0];
  return {
    ServiceName: serviceName(service) ?? service,
    ServiceNamespace: service,
    TotalAuthenticatedEntities: used.length,
    ...(last && {
      Region: last.use.region,
      EntityPath: `${organizationPath(last.chain)}${last.chain.account.id}`,
      LastAuthenticatedTime: new Date(last.use.time),
    }),
  };
}

type Order = (a: AccessDetail, b: AccessDetail) => number;
const byNamespace: Order = (a, b) => (a.ServiceNamespace! < b.ServiceNamespace! ? -1 : 1);
const time = (detail: AccessDetail) => detail.LastAuthenticatedTime?.getTime() ?? 0;

const ORDERS: Readonly<Record<SortKeyType, Order>> = {
  SERVICE_NAMESPACE_ASCENDING: byNamespace,
  SERVICE_NAMESPACE_DESCENDING: (a, b) => byNamespace(b, a),
  LAST_AUTHENTICATED_TIME_ASCENDING: (a, b) => time(a) - time(b) || byNamespace(a, b),
  LAST_AUTHENTICATED_TIME_DESCENDING: (a, b) => time(b) - time(a) || byNamespace(a, b),
};
