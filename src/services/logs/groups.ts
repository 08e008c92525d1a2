/** Making, listing and deleting log groups. */
import {
  type CreateLogGroupRequest,
  type DeleteLogGroupRequest,
  type DescribeLogGroupsRequest,
  type DescribeLogGroupsResponse,
  InvalidParameterException,
  type ListLogGroupsRequest,
  type ListLogGroupsResponse,
  type LogGroup as LogGroupView,
  type PutLogGroupDeletionProtectionRequest,
  ResourceAlreadyExistsException,
  ValidationException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { later } from '../../core/tasks.ts';
import { namedAccess, onGroup } from './access.ts';
import { retained, retentionPoliciesOf } from './accountRetention/rows.ts';
import { isFrom } from './dataSources/sources.ts';
import { encryptUnder } from './encryption.ts';
import { namePattern, ofClass } from './groupFilters.ts';
import { identified } from './groupLookup.ts';
import { indexingIn } from './groupPolicies.ts';
import { groupArn, groupResource, type LogGroup, logGroups, retentionOf } from './groupRows.ts';
import { rowsPage } from './pages.ts';
import { PURGE, type Purge } from './purge.ts';
import { groupPolicyGone } from './resourcePolicies.ts';
import { acceptedTags, tagConditions } from './tags.ts';
import { storedBytes } from './usage.ts';

const GROUPS_MAX = 1_000_000;

export const CreateLogGroup: Operation<Present<CreateLogGroupRequest>, object> = {
  access: (input, ctx) => ({ ...namedAccess(ctx, input.logGroupName), conditions: tagConditions(input.tags) }),
  async run(input, ctx) {
    const name = input.logGroupName;
    if (/^aws\//i.test(name)) fail(InvalidParameterException, 'Log groups starting with AWS/ are reserved for AWS.');
    const logGroupClass = input.logGroupClass ?? 'STANDARD';
    if (logGroupClass === 'ESSENTIALS') unknownClass(logGroupClass);
    if (await ctx.store.get(logGroups, [ctx.account, ctx.region, name])) alreadyThere();
    if (!(await ctx.store.fits(logGroups, [ctx.account], quota(ctx, 'Log groups', GROUPS_MAX)))) {
      fail(InvalidParameterException, 'Resource limit exceeded.');
    }
    const group: LogGroup = {
      account: ctx.account,
      region: ctx.region,
      name,
      id: lowerId(16, ctx),
      created: ctx.now.getTime(),
      class: logGroupClass,
      tags: acceptedTags([], input.tags),
      metricFilters: 0,
      ...(input.deletionProtectionEnabled && { deletionProtected: true as const }),
    };
    const kms = input.kmsKeyId === undefined ? undefined : await encryptUnder(ctx, group, input.kmsKeyId);
    const kept = retained(group, await retentionPoliciesOf(ctx, ctx));
    await ctx.store.insert(logGroups, kms ? { ...kept, kms } : kept);
    return {};
  },
};

const alreadyThere = () => fail(ResourceAlreadyExistsException, 'The specified log group already exists');
const unknownClass = (name: string) => fail(InvalidParameterException, `Log group class ${name} is not supported.`);

export const DeleteLogGroup = onGroup<Present<DeleteLogGroupRequest>, object>({
  async run(_input, ctx, group) {
    requireUnprotected(group);
    await ctx.store.remove(logGroups, [group.account, group.region, group.name]);
    await groupPolicyGone(ctx, group);
    await later<Purge>(ctx, { kind: PURGE, body: { group: group.id } });
    return {};
  },
});

/** @throws ValidationException where deletion protection is on. */
export function requireUnprotected(group: LogGroup): void {
  if (!group.deletionProtected) return;
  fail(
    ValidationException,
    `Deletion protection is enabled for log group ${group.name}. Disable deletion protection and try again.`,
  );
}

export const PutLogGroupDeletionProtection = onGroup<Present<PutLogGroupDeletionProtectionRequest>, object>({
  async run({ deletionProtectionEnabled }, ctx, group) {
    const { deletionProtected: _, ...rest } = group;
    await ctx.store.replace(logGroups, deletionProtectionEnabled ? { ...rest, deletionProtected: true } : rest);
    return {};
  },
});

/** An empty group name: policies say `log-group:*`. */
const anyGroup = (ctx: Context) => ({
  resource: groupResource({ account: ctx.account, region: ctx.region, name: '' }),
});

export const DescribeLogGroups: Operation<DescribeLogGroupsRequest, DescribeLogGroupsResponse> = {
  access: (_input, ctx) => anyGroup(ctx),
  async run(input, ctx) {
    const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern, logGroupIdentifiers } = input;
    if (prefix !== undefined && pattern !== undefined) {
      const message = 'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.';
      fail(InvalidParameterException, message);
    }
    if (logGroupIdentifiers !== undefined) return { logGroups: await viewsOf(ctx, await named(ctx, input)) };
    const fits = (group: LogGroup) => (pattern === undefined || group.name.includes(pattern)) && ofClass(input, group);
    const { rows, page } = await ownPage(ctx, input, fits, prefix);
    return { logGroups: await viewsOf(ctx, rows), ...page };
  },
};

const IDENTIFIERS_MAX = 50;

async function named(ctx: Context, input: DescribeLogGroupsRequest): Promise<LogGroup[]> {
  const { logGroupIdentifiers = [] } = input;
  if (input.logGroupNamePrefix !== undefined || input.logGroupNamePattern !== undefined) {
    fail(InvalidParameterException, 'LogGroup identifiers cannot be combined with a name prefix or pattern.');
  }
  if (logGroupIdentifiers.length > IDENTIFIERS_MAX) {
    fail(InvalidParameterException, `At most ${IDENTIFIERS_MAX} log group identifiers may be specified.`);
  }
  const found: LogGroup[] = [];
  for (const identifier of new Set(logGroupIdentifiers)) {
    const { account, region, name } = identified(ctx, identifier);
    if (account !== ctx.account || region !== ctx.region) continue;
    const group = await ctx.store.get(logGroups, [account, region, name]);
    if (group) found.push(group);
  }
  return found;
}

/** No other account is linked to this one: naming others finds nothing. */
async function ownPage(
  ctx: Context,
  input: { accountIdentifiers?: string[] | undefined; nextToken?: string | undefined; limit?: number | undefined },
  fits: (group: LogGroup) => boolean,
  startsWith?: string,
) {
  const accounts = input.accountIdentifiers ?? [];
  if (accounts.length > 0 && !accounts.includes(ctx.account)) return { rows: [], page: {} };
  return rowsPage(ctx, logGroups, [ctx.account, ctx.region], input, { startsWith, keep: fits });
}

async function viewsOf(ctx: Context, groups: readonly LogGroup[]): Promise<LogGroupView[]> {
  const views: LogGroupView[] = [];
  for (const group of groups) views.push(view(group, await storedBytes(ctx.store, group.id)));
  return views;
}

const view = (group: LogGroup, storedBytes: number): LogGroupView => ({
  logGroupName: group.name,
  creationTime: group.created,
  retentionInDays: retentionOf(group),
  metricFilterCount: group.metricFilters,
  arn: `${groupArn(group)}:*`,
  storedBytes,
  kmsKeyId: group.kms?.keyArn,
  dataProtectionStatus: group.dataProtection ? 'ACTIVATED' : undefined,
  logGroupClass: group.class,
  logGroupArn: groupArn(group),
  deletionProtectionEnabled: group.deletionProtected ?? false,
  bearerTokenAuthenticationEnabled: group.bearerTokens ?? false,
  retentionPolicyName: group.accountRetention?.policy,
});

export const ListLogGroups: Operation<ListLogGroupsRequest, ListLogGroupsResponse> = {
  access: (_input, ctx) => anyGroup(ctx),
  async run(input, ctx) {
    const names = input.fieldIndexNames ?? [];
    const indexingFor = names.length > 0 ? await indexingIn(ctx, ctx) : () => undefined;
    const pattern = input.logGroupNamePattern === undefined ? undefined : namePattern(input.logGroupNamePattern);
    const fits = (group: LogGroup) =>
      (pattern?.test(group.name) ?? true) &&
      ofClass(input, group) &&
      isFrom(input.dataSources ?? [], group) &&
      tagged(input.logGroupTags ?? [], group) &&
      names.every((name) => indexingFor(group)?.fields.some((field) => field.name === name));
    const { rows, page } = await ownPage(ctx, { ...input, limit: listLimit(input.limit) }, fits);
    const logGroups = rows.map((group) => ({
      logGroupName: group.name,
      logGroupArn: groupArn(group),
      logGroupClass: group.class,
    }));
    return { logGroups, ...page };
  },
};

const LISTED_MAX = 1000;

function listLimit(limit: number | undefined): number {
  if (limit === undefined) return 50;
  if (limit >= 1 && limit <= LISTED_MAX) return limit;
  fail(InvalidParameterException, `The limit must be between 1 and ${LISTED_MAX}.`);
}

const tagged = (filters: NonNullable<ListLogGroupsRequest['logGroupTags']>, { tags }: LogGroup): boolean =>
  filters.every(({ key, values }) =>
    tags.some((tag) => tag.Key === key && (!values?.length || values.includes(tag.Value))),
  );
