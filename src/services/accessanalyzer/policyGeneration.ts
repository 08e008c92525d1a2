/**
 * Policy generation: a policy that permits what a user or role did in a span of time, and no more. The activity comes
 * from the plane's own audit journal, which holds what every trail of the account would.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html
 */
import type {
  CancelPolicyGenerationRequest,
  CancelPolicyGenerationResponse,
  CloudTrailDetails,
  GetGeneratedPolicyRequest,
  GetGeneratedPolicyResponse,
  JobError,
  JobStatus,
  ListPolicyGenerationsRequest,
  ListPolicyGenerationsResponse,
  StartPolicyGenerationRequest,
  StartPolicyGenerationResponse,
} from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { passRole } from '../../identity/passRole.ts';
import { byName, type Role, roleArn, roles, userArn, users } from '../../identity/principals.ts';
import { compilePolicy, contextOf, decide } from '../../policy/index.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import { failField, failQuota } from './errors.ts';
import { actionLevelPolicy, serviceLevelPolicy } from './generatedPolicies.ts';
import { rowsPage } from './pages.ts';
import { SERVICE } from './serviceLinkedRole.ts';
import { type Used, usedActions } from './usedActions.ts';

interface PolicyGeneration {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  readonly principal: string;
  readonly started: string;
  readonly canceled?: string;
  readonly error?: JobError;
  readonly used?: Used;
  readonly trail?: Trail;
  readonly clientToken?: string;
}

/** The request's CloudTrail details, as rows keep times. */
interface Trail {
  readonly trails: CloudTrailDetails['trails'];
  readonly from: string;
  readonly to: string;
}

/** Index `principal`: [account, region, ARN]. */
const generations = table<PolicyGeneration>('accessanalyzer_generation', {
  key: (g) => [g.account, g.region, g.id],
  indexes: { principal: (g) => [[g.account, g.region, g.principal]] },
});

/** A job is worked out when it starts, and shows its result this much later: so it can be canceled. */
const WORKING = 5000;
const DAY = 24 * 3600 * 1000;
const KEPT = 7 * DAY;
const SPAN_MAX = 90 * DAY;

const onAccount = { access: () => ({ resource: '*' }) };

type Start = Operation<Present<StartPolicyGenerationRequest>, StartPolicyGenerationResponse>;
export const StartPolicyGeneration: Start = {
  access({ cloudTrailDetails }): readonly Access[] {
    const role = cloudTrailDetails?.accessRole;
    return [{ resource: '*' }, ...(role === undefined ? [] : [passRole(role, SERVICE)])];
  },
  async run(input, ctx) {
    const { cloudTrailDetails: details, clientToken } = input;
    const principal = input.policyGenerationDetails.principalArn ?? '';
    const trail = details && trailOf(ctx, details);
    const known = await forgetOld(ctx, clientToken);
    if (known) return { jobId: known.id };
    const id = uuid(ctx);
    const row = { account: ctx.account, region: ctx.region, id, principal, started: ctx.now.toISOString() };
    const outcome = await outcomeOf(ctx, principal, trail, details?.accessRole);
    await ctx.store.insert(generations, {
      ...row,
      ...outcome,
      ...(trail && { trail }),
      ...(clientToken !== undefined && { clientToken }),
    });
    return { jobId: id };
  },
};

function trailOf(ctx: Context, { trails, startTime, endTime = ctx.now }: CloudTrailDetails): Trail {
  const from = startTime ?? ctx.now;
  if (from > endTime) failField('cloudTrailDetails.startTime', 'The start time must be before the end time.');
  if (endTime.getTime() - from.getTime() > SPAN_MAX) {
    failField('cloudTrailDetails', 'The time period cannot be longer than 90 days.');
  }
  if (!trails?.length) failField('cloudTrailDetails.trails', 'At least one trail must be specified.');
  return { trails, from: from.toISOString(), to: endTime.toISOString() };
}

/** Also says which earlier job this request repeats; another job at work is one too many. */
async function forgetOld(ctx: Context, token: string | undefined): Promise<PolicyGeneration | undefined> {
  let same: PolicyGeneration | undefined;
  let working = false;
  for await (const job of everyRow(ctx.store, generations, [ctx.account, ctx.region])) {
    if (ctx.now.getTime() - Date.parse(job.started) > KEPT) await ctx.store.remove(generations, generations.key(job));
    else if (token !== undefined && job.clientToken === token) same = job;
    else if (statusOf(ctx, job) === 'IN_PROGRESS') working = true;
  }
  if (!same && working) {
    failQuota('PolicyGeneration', ctx.account, 'You have reached the limit of 1 concurrent policy generation.');
  }
  return same;
}

type Outcome = { readonly used: Used } | { readonly error: JobError };

async function outcomeOf(
  ctx: Context,
  arn: string,
  trail: Trail | undefined,
  role: string | undefined,
): Promise<Outcome> {
  const principal = await principalIdOf(ctx, arn);
  if (principal === undefined) return failure('RESOURCE_NOT_FOUND_ERROR', `The principal ${arn} cannot be found.`);
  if (role !== undefined && !(await isTrusting(ctx, role))) {
    return failure('AUTHORIZATION_ERROR', `${SERVICE} is not authorized to assume the role ${role}.`);
  }
  const from = trail ? Date.parse(trail.from) : ctx.now.getTime() - SPAN_MAX;
  const to = trail ? Date.parse(trail.to) : ctx.now.getTime();
  const span = { principal, account: ctx.account, from, to, regions: regionsOf(trail) };
  return { used: await usedActions(ctx, span) };
}

const failure = (code: NonNullable<JobError['code']>, message: string) => ({ error: { code, message } });

/** Trails without a list of Regions watch all of them. */
function regionsOf(trail: Trail | undefined): string[] | undefined {
  const trails = trail?.trails ?? [];
  if (trails.length === 0 || trails.some(({ allRegions, regions }) => allRegions || !regions?.length)) return undefined;
  return [...new Set(trails.flatMap(({ regions }) => regions ?? []))];
}

async function principalIdOf(ctx: Context, arn: string): Promise<string | undefined> {
  const [, account, kind, name = ''] = /^arn:aws:iam::(\d{12}):(role|user)\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
  if (account !== ctx.account) return failField('policyGenerationDetails.principalArn', `Invalid principal: ${arn}`);
  if (kind === 'user') {
    const user = await ctx.store.get(users, byName(account, name));
    return user && userArn(user) === arn ? user.id : undefined;
  }
  const role = await ctx.store.get(roles, byName(account, name));
  return role && roleArn(role) === arn ? role.id : undefined;
}

/** Whether the role lets Access Analyzer assume it. */
async function isTrusting(ctx: Context, arn: string): Promise<boolean> {
  const role: Role | undefined = await ctx.store.get(roles, byName(ctx.account, arn.split('/').at(-1) ?? ''));
  if (!role || roleArn(role) !== arn) return false;
  const request = {
    principal: { type: 'Service' as const, service: SERVICE },
    action: 'sts:AssumeRole',
    resource: arn,
    context: contextOf({ 'aws:SourceAccount': ctx.account, 'aws:PrincipalIsAWSService': 'true' }),
    principalAccount: null,
    resourceAccount: role.account,
  };
  return decide(request, { identity: [], resource: compilePolicy(role.trust) }).verdict === 'Allowed';
}

export const GetGeneratedPolicy: Operation<Present<GetGeneratedPolicyRequest>, GetGeneratedPolicyResponse> = {
  ...onAccount,
  async run(input, ctx) {
    const job = await findJob(ctx, input.jobId);
    const { principal, trail, used } = job;
    const properties = {
      principalArn: principal,
      ...(trail && { cloudTrailProperties: propertiesOf(trail) }),
      ...(used && { isComplete: used.isComplete }),
    };
    const jobDetails = { ...jobView(ctx, job), ...(job.error && { jobError: { ...job.error } }) };
    if (!used || jobDetails.status !== 'SUCCEEDED') return { jobDetails, generatedPolicyResult: { properties } };
    const policies = [actionLevelPolicy(used.actions, input.includeResourcePlaceholders ?? false)];
    if (input.includeServiceLevelTemplate) policies.push(serviceLevelPolicy(used.services));
    const generatedPolicies = policies.map((policy) => ({ policy }));
    return { jobDetails, generatedPolicyResult: { properties, generatedPolicies } };
  },
};

const propertiesOf = ({ trails, from, to }: Trail) => ({
  trailProperties: (trails ?? []).map((trail) => ({ ...trail })),
  startTime: new Date(from),
  endTime: new Date(to),
});

export const ListPolicyGenerations: Operation<ListPolicyGenerationsRequest, ListPolicyGenerationsResponse> = {
  ...onAccount,
  async run(input, ctx) {
    const prefix = [ctx.account, ctx.region, ...(input.principalArn ? [input.principalArn] : [])];
    const listing = input.principalArn ? { index: 'principal' } : {};
    const { rows, page } = await rowsPage(ctx, generations, prefix, input, listing);
    const policyGenerations = rows.map((job) => ({ ...jobView(ctx, job), principalArn: job.principal }));
    return { policyGenerations, ...page };
  },
};

type Cancel = Operation<Present<CancelPolicyGenerationRequest>, CancelPolicyGenerationResponse>;
export const CancelPolicyGeneration: Cancel = {
  ...onAccount,
  async run(input, ctx) {
    const job = await findJob(ctx, input.jobId);
    const status = statusOf(ctx, job);
    if (status !== 'IN_PROGRESS') failField('jobId', `The job ${job.id} cannot be canceled: it is ${status}.`);
    await ctx.store.replace(generations, { ...job, canceled: ctx.now.toISOString() });
    return {};
  },
};

async function findJob(ctx: Context, id: string): Promise<PolicyGeneration> {
  const job = await ctx.store.get(generations, [ctx.account, ctx.region, id]);
  return job ?? failField('jobId', `Invalid jobId: ${id}`);
}

const doneAt = (job: PolicyGeneration) => Date.parse(job.started) + WORKING;

function statusOf(ctx: Context, job: PolicyGeneration): JobStatus {
  if (job.canceled !== undefined) return 'CANCELED';
  if (ctx.now.getTime() < doneAt(job)) return 'IN_PROGRESS';
  return job.error ? 'FAILED' : 'SUCCEEDED';
}

function jobView(ctx: Context, job: PolicyGeneration) {
  const status = statusOf(ctx, job);
  const completedOn = job.canceled === undefined ? new Date(doneAt(job)) : new Date(job.canceled);
  const done = status === 'IN_PROGRESS' ? {} : { completedOn };
  return { jobId: job.id, status, startedOn: new Date(job.started), ...done };
}
