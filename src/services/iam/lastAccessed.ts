/** When the services that a user, group, role or policy grants were used last, and by whom. */
import {
  type GenerateServiceLastAccessedDetailsRequest,
  type GenerateServiceLastAccessedDetailsResponse,
  type GetServiceLastAccessedDetailsRequest,
  type GetServiceLastAccessedDetailsResponse,
  type GetServiceLastAccessedDetailsWithEntitiesRequest,
  type GetServiceLastAccessedDetailsWithEntitiesResponse,
  InvalidInputException,
  type ServiceLastAccessed,
  type TrackedActionLastAccessed,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { serviceName } from '../../core/facts.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { grantedActions, grantedServices } from '../../identity/grantedServices.ts';
import { actionUses, type ServiceUse, serviceUses } from '../../identity/lastUsed.ts';
import { type Group, groups, type Role, roleArn, roles, type User, userArn, users } from '../../identity/principals.ts';
import { everyRow } from '../../store/everyRow.ts';
import { findJob, isTracked, jobView, later, newJob } from './accessJobs.ts';
import { itemsPage } from './pages.ts';
import { findPolicy, type Policy, policyAccess } from './policies.ts';
import { type Entity, findEntity, managedSource, policySources } from './policySources.ts';

type Subject = Entity | (Policy & { readonly kind: 'policy' });

type Generate = Operation<
  Present<GenerateServiceLastAccessedDetailsRequest>,
  GenerateServiceLastAccessedDetailsResponse,
  Subject
>;
export const GenerateServiceLastAccessedDetails: Generate = {
  readOnly: true,
  load: (input, ctx) => findSubject(ctx, input.Arn),
  access: (_input, _ctx, subject) => (subject.kind === 'policy' ? policyAccess(subject) : { resource: subject.arn }),
  run: (input, ctx) =>
    newJob(ctx, { kind: 'service', arn: input.Arn, isByAction: input.Granularity === 'ACTION_LEVEL' }),
};

const onAccount = { access: () => ({ resource: '*' }) };

type Get = Operation<Present<GetServiceLastAccessedDetailsRequest>, GetServiceLastAccessedDetailsResponse>;
export const GetServiceLastAccessedDetails: Get = {
  ...onAccount,
  async run(input, ctx) {
    const job = await findJob(ctx, input.JobId, 'service');
    const { documents, principals } = await scopeOf(ctx, job.subject.arn);
    const uses = await usesOf(ctx, principals);
    const { items, page } = itemsPage(grantedServices(documents), input);
    const services: ServiceLastAccessed[] = [];
    for (const service of items) {
      const used = uses.get(service) ?? [];
      const actions = job.subject.isByAction && used.length > 0 ? await actionsView(ctx, service, documents, used) : [];
      const tracked = actions.length > 0 ? { TrackedActionsLastAccessed: actions } : {};
      services.push({ ...serviceView(service, used), ...tracked });
    }
    const JobType = job.subject.isByAction ? 'ACTION_LEVEL' : 'SERVICE_LEVEL';
    return { ...jobView(job), JobType, ServicesLastAccessed: services, ...page };
  },
};

type WithEntities = Operation<
  Present<GetServiceLastAccessedDetailsWithEntitiesRequest>,
  GetServiceLastAccessedDetailsWithEntitiesResponse
>;
/** Latest use first; then those who never used the service, by name. */
export const GetServiceLastAccessedDetailsWithEntities: WithEntities = {
  ...onAccount,
  async run(input, ctx) {
    const job = await findJob(ctx, input.JobId, 'service');
    const { principals } = await scopeOf(ctx, job.subject.arn);
    if (serviceName(input.ServiceNamespace) === undefined) {
      fail(InvalidInputException, `Invalid service namespace: ${input.ServiceNamespace}`);
    }
    const uses = new Map<string, ServiceUse>();
    for (const { row } of principals) {
      const use = await ctx.store.get(serviceUses, [row.id, input.ServiceNamespace]);
      if (use && isTracked(ctx, use)) uses.set(row.id, use);
    }
    const time = ({ row }: Principal) => uses.get(row.id)?.time ?? '';
    const sorted = principals.toSorted((a, b) => compare(time(b), time(a)) || compare(a.row.name, b.row.name));
    const { items, page } = itemsPage(sorted, input);
    const EntityDetailsList = items.map((principal) => {
      const use = uses.get(principal.row.id);
      return { EntityInfo: infoOf(principal), ...(use ? { LastAuthenticated: new Date(use.time) } : {}) };
    });
    return { ...jobView(job), EntityDetailsList, ...page };
  },
};

async function findSubject(ctx: Context, arn: string): Promise<Subject | Missing> {
  if (!/^arn:aws:iam::[^:]+:policy\//.test(arn)) return findEntity(ctx, arn);
  const policy = await findPolicy(ctx, arn);
  return policy instanceof Missing ? policy : { ...policy, kind: 'policy' };
}

type Principal = { readonly kind: 'user'; readonly row: User } | { readonly kind: 'role'; readonly row: Role };

interface Scope {
  /** The policies whose services are reported. */
  readonly documents: readonly string[];
  /** The users and roles whose calls count. */
  readonly principals: readonly Principal[];
}

async function scopeOf(ctx: Context, arn: string): Promise<Scope> {
  const subject = await findSubject(ctx, arn);
  if (subject instanceof Missing) throw subject.error;
  await ctx.journal.catchUp();
  if (subject.kind === 'policy') {
    const source = await managedSource(ctx, arn);
    return { documents: source ? [source.document] : [], principals: await attachedPrincipals(ctx, arn) };
  }
  const documents = (await policySources(ctx, subject)).map(({ document }) => document);
  return { documents, principals: subject.kind === 'group' ? await membersOf(ctx, subject.row) : [subject] };
}

async function membersOf(ctx: Context, group: Group): Promise<Principal[]> {
  const members: Principal[] = [];
  const prefix = [group.account, group.name.toLowerCase()];
  for await (const row of everyRow(ctx.store, users, prefix, 'group')) members.push({ kind: 'user', row });
  return members;
}

/** Users and roles that have the policy, themselves or through a group. */
async function attachedPrincipals(ctx: Context, arn: string): Promise<Principal[]> {
  const found = new Map<string, Principal>();
  const prefix = [ctx.account, arn];
  for await (const row of everyRow(ctx.store, users, prefix, 'attached')) found.set(row.id, { kind: 'user', row });
  for await (const row of everyRow(ctx.store, roles, prefix, 'attached')) found.set(row.id, { kind: 'role', row });
  for await (const group of everyRow(ctx.store, groups, prefix, 'attached')) {
    for (const member of await membersOf(ctx, group)) found.set(member.row.id, member);
  }
  return [...found.values()];
}

/** Service → its last use by each principal. */
async function usesOf(ctx: Context, principals: readonly Principal[]): Promise<Map<string, ServiceUse[]>> {
  const uses = new Map<string, ServiceUse[]>();
  for (const { row } of principals) {
    for await (const use of everyRow(ctx.store, serviceUses, [row.id])) {
      if (isTracked(ctx, use)) uses.set(use.service, [...(uses.get(use.service) ?? []), use]);
    }
  }
  return uses;
}

function serviceView(service: string, used: readonly ServiceUse[]): ServiceLastAccessed {
  const last = used.reduce<ServiceUse | undefined>(later, undefined);
  return {
    ServiceName: serviceName(service) ?? service,
    ServiceNamespace: service,
    TotalAuthenticatedEntities: used.length,
    ...(last && {
      LastAuthenticated: new Date(last.time),
      LastAuthenticatedEntity: last.arn,
      LastAuthenticatedRegion: last.region,
    }),
  };
}

/** Every action of the service that the policies allow or somebody tried, with its last use where there was one. */
async function actionsView(
  ctx: Context,
  service: string,
  documents: readonly string[],
  used: readonly ServiceUse[],
): Promise<TrackedActionLastAccessed[]> {
  const last = new Map<string, ServiceUse | undefined>();
  for (const name of grantedActions(documents, service)) last.set(name, undefined);
  for (const { principal } of used) {
    for await (const use of everyRow(ctx.store, actionUses, [principal, service])) {
      if (isTracked(ctx, use)) last.set(use.action, later(last.get(use.action), use));
    }
  }
  return [...last]
    .toSorted(([a], [b]) => compare(a, b))
    .map(([ActionName, use]) => ({
      ActionName,
      ...(use && {
        LastAccessedEntity: use.arn,
        LastAccessedTime: new Date(use.time),
        LastAccessedRegion: use.region,
      }),
    }));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const infoOf = ({ kind, row }: Principal) => ({
  Arn: kind === 'user' ? userArn(row) : roleArn(row),
  Name: row.name,
  Type: kind === 'user' ? ('USER' as const) : ('ROLE' as const),
  Id: row.id,
  Path: row.path,
});
