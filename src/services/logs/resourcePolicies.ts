/**
 * Resource policies: which AWS services may make streams and put events in the account's groups. They count for
 * service principals only; everybody else is ruled by IAM.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
 */
import {
  type DeleteResourcePolicyRequest,
  type DescribeResourcePoliciesRequest,
  type DescribeResourcePoliciesResponse,
  InvalidParameterException,
  LimitExceededException,
  OperationAbortedException,
  type PutResourcePolicyRequest,
  type PutResourcePolicyResponse,
  ResourceNotFoundException,
  type ResourcePolicy as ResourcePolicyView,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { validatePolicy } from '../../policy/index.ts';
import { table } from '../../store/store.ts';
import { onAccount } from './access.ts';
import { identified, noSuchGroup } from './groupLookup.ts';
import { groupArn, type LogGroup, logGroups } from './groupRows.ts';
import { rowsPage } from './pages.ts';

export interface ResourcePolicy {
  readonly account: string;
  readonly region: string;
  /** Name of an account's policy; ARN of the group that it is for, and then no name. */
  readonly scope: 'ACCOUNT' | 'RESOURCE';
  readonly name: string;
  readonly document: string;
  /** Milliseconds. */
  readonly updated: number;
  readonly revision: string;
}

export const resourcePolicies = table<ResourcePolicy>('logs_resource_policy', {
  key: (policy) => [policy.account, policy.region, policy.scope, policy.name],
});

const POLICIES_MAX = 10;

interface Where {
  readonly scope: ResourcePolicy['scope'];
  readonly name: string;
}

async function where(ctx: Context, input: { policyName?: string | undefined; resourceArn?: string | undefined }) {
  const { policyName, resourceArn } = input;
  if (resourceArn !== undefined) {
    const named = identified(ctx, resourceArn);
    const { account, region } = ctx;
    const own = named.account === account && named.region === region;
    if (!own || !(await ctx.store.get(logGroups, [account, region, named.name]))) throw noSuchGroup();
    return { scope: 'RESOURCE', name: groupArn(named) } satisfies Where;
  }
  if (!policyName) fail(InvalidParameterException, 'Policy name is required');
  return { scope: 'ACCOUNT', name: policyName } satisfies Where;
}

export const PutResourcePolicy = onAccount<PutResourcePolicyRequest, PutResourcePolicyResponse>(async (input, ctx) => {
  const { account, region } = ctx;
  const { scope, name } = await where(ctx, input);
  const document = input.policyDocument;
  if (!document) fail(InvalidParameterException, 'Policy document is required');
  requireSound(document);
  const before = await ctx.store.get(resourcePolicies, [account, region, scope, name]);
  requireRevision(before, input.expectedRevisionId);
  if (!before && scope === 'ACCOUNT') await requireRoom(ctx);
  const updated = ctx.now.getTime();
  const policy: ResourcePolicy = { account, region, scope, name, document, updated, revision: uuid(ctx) };
  await ctx.store.replace(resourcePolicies, policy);
  return { resourcePolicy: view(policy), revisionId: policy.revision };
});

async function requireRoom(ctx: Context): Promise<void> {
  const { account, region } = ctx;
  const { rows } = await ctx.store.list(resourcePolicies, [account, region, 'ACCOUNT'], { limit: POLICIES_MAX });
  if (rows.length === POLICIES_MAX) fail(LimitExceededException, 'Resource limit exceeded.');
}

function requireSound(document: string): void {
  const fault = validatePolicy(document, 'resource');
  if (fault !== undefined) fail(InvalidParameterException, fault);
}

/** Whoever changes the policy of one group must say which. */
function requireRevision(policy: ResourcePolicy | undefined, expected: string | undefined): void {
  const need = expected !== undefined || policy?.scope === 'RESOURCE';
  if (!need || policy?.revision === expected) return;
  fail(OperationAbortedException, 'The expected revision ID does not match the current revision of the policy.');
}

const view = (policy: ResourcePolicy): ResourcePolicyView => ({
  ...(policy.scope === 'ACCOUNT' ? { policyName: policy.name } : { resourceArn: policy.name }),
  policyDocument: policy.document,
  lastUpdatedTime: policy.updated,
  policyScope: policy.scope,
  revisionId: policy.revision,
});

export const DeleteResourcePolicy = onAccount<DeleteResourcePolicyRequest, object>(async (input, ctx) => {
  const { scope, name } = await where(ctx, input);
  const key = [ctx.account, ctx.region, scope, name];
  requireRevision(await ctx.store.get(resourcePolicies, key), input.expectedRevisionId);
  if (await ctx.store.remove(resourcePolicies, key)) return {};
  fail(ResourceNotFoundException, `Policy with name [${name}] does not exist`);
});

export const DescribeResourcePolicies = onAccount<DescribeResourcePoliciesRequest, DescribeResourcePoliciesResponse>(
  async (input, ctx) => {
    const { account, region } = ctx;
    if (input.resourceArn !== undefined) {
      const { scope, name } = await where(ctx, { resourceArn: input.resourceArn });
      const policy = await ctx.store.get(resourcePolicies, [account, region, scope, name]);
      return { resourcePolicies: policy ? [view(policy)] : [] };
    }
    const prefix = [account, region, input.policyScope ?? 'ACCOUNT'];
    const { rows, page } = await rowsPage(ctx, resourcePolicies, prefix, input);
    return { resourcePolicies: rows.map(view), ...page };
  },
);

export const groupPolicyGone = (ctx: Context, group: LogGroup) =>
  ctx.store.remove(resourcePolicies, [group.account, group.region, 'RESOURCE', groupArn(group)]);

/** The statements of all policies that bear on a group, as one document; undefined unless a service calls. */
export async function policyFor(ctx: Context, group: LogGroup): Promise<string | undefined> {
  if (ctx.caller.type !== 'Service') return undefined;
  const { account, region } = group;
  const { rows } = await ctx.store.list(resourcePolicies, [account, region, 'ACCOUNT'], { limit: POLICIES_MAX });
  const own = await ctx.store.get(resourcePolicies, [account, region, 'RESOURCE', groupArn(group)]);
  const all = own ? [...rows, own] : rows;
  if (all.length <= 1) return all[0]?.document;
  const Statement = all.flatMap(({ document }) => statementsOf(document));
  return JSON.stringify({ Version: '2012-10-17', Statement });
}

function statementsOf(document: string): readonly unknown[] {
  const parsed = JSON.parse(document) as { readonly Statement?: unknown };
  return [parsed.Statement].flat();
}
