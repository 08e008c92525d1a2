/** Subscription filters of a group: at most two. What they send on: forwarding.ts. */
import {
  type DeleteSubscriptionFilterRequest,
  type DescribeSubscriptionFiltersRequest,
  type DescribeSubscriptionFiltersResponse,
  InvalidParameterException,
  LimitExceededException,
  type PutSubscriptionFilterRequest,
  ResourceNotFoundException,
  type SubscriptionFilter as SubscriptionFilterView,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Caller, Context } from '../../../core/context.ts';
import { fail } from '../../../core/errors.ts';
import { type Access, Missing, type Operation, type Present } from '../../../core/operation.ts';
import { groupAccess, onGroup, requireStandard } from '../access.ts';
import { fieldSelection, requireSystemFields } from '../fieldSelection.ts';
import { findGroup, groupNamed, unnamed } from '../groupLookup.ts';
import { transformerOfGroup } from '../groupPolicies.ts';
import { groupArn, type LogGroup, logGroups } from '../groupRows.ts';
import { rowsPage } from '../pages.ts';
import { filterPattern } from '../patterns/index.ts';
import { requireRegexRoom } from '../regexQuota.ts';
import { destinationAccess, destinationNamed, findDestination } from './routes.ts';
import { type Destination, FILTERS_MAX, type Putter, type SubscriptionFilter, subscriptionFilters } from './rows.ts';
import type { Behalf } from './targets.ts';
import { requireDeliverable, roleAccess } from './trial.ts';

type Put = Present<PutSubscriptionFilterRequest>;

interface Place {
  readonly group: LogGroup;
  readonly destination: Destination | undefined;
}

export const PutSubscriptionFilter: Operation<Put, object, Place> = {
  async load(input, ctx) {
    try {
      const group = await findGroup(ctx, groupNamed(ctx, input));
      if (group instanceof Missing) return group;
      return { group, destination: await findDestination(ctx, input.destinationArn) };
    } catch (error) {
      return unnamed(ctx, error);
    }
  },
  access: (input, ctx, { group, destination }) => [
    groupAccess(group),
    ...subscribingAccess(ctx, input.destinationArn, input.roleArn, destination),
  ],
  async run(input, ctx, { group }) {
    const before = await ctx.store.get(subscriptionFilters, [group.id, input.filterName]);
    await requireHonoured(input, ctx, group);
    await requireRoom(ctx, group, input);
    const wanted = {
      destination: input.destinationArn,
      role: input.roleArn,
      operation: 'PutSubscriptionFilter',
    };
    await requireDeliverable(ctx, wanted, behalfOf(group));
    const filter: SubscriptionFilter = {
      group: group.id,
      groupName: group.name,
      name: input.filterName,
      pattern: input.filterPattern,
      destination: input.destinationArn,
      role: input.roleArn,
      distribution: input.distribution ?? 'ByLogStream',
      onTransformed: input.applyOnTransformedLogs ?? false,
      ...(input.emitSystemFields?.length && { systemFields: input.emitSystemFields }),
      criteria: input.fieldSelectionCriteria,
      created: before?.created ?? ctx.now.getTime(),
      by: putterOf(ctx.caller, input.destinationArn),
    };
    await ctx.store.replace(subscriptionFilters, filter);
    if (!before) await counted(ctx, group, 1);
    return {};
  },
};

/** What whoever subscribes needs beside: to pass the role, and to be let in by the destination. */
export function subscribingAccess(
  ctx: Context,
  destinationArn: string,
  role: string | undefined,
  destination: Destination | undefined,
): Access[] {
  const there = destinationNamed(destinationArn) ? [destinationAccess(destinationArn, destination)] : [];
  return [...there, ...roleAccess(ctx, role)];
}

/** For whom the service acts that forwards a group's events. */
export const behalfOf = (group: LogGroup): Behalf => ({ arn: `${groupArn(group)}:*`, account: group.account });

/** Who is to be remembered: whoever sends to another account's destination. */
export function putterOf({ type, account, arn, userId, session }: Caller, destination: string): Putter | undefined {
  if (type !== 'User' && type !== 'AssumedRole' && type !== 'FederatedUser' && type !== 'Root') return undefined;
  const there = destinationNamed(destination);
  if (!there || there.account === account) return undefined;
  return { type, account, arn, userId, principal: session?.kind === 'AssumedRole' ? session.principalArn : arn };
}

async function requireHonoured(input: Put, ctx: Context, group: LogGroup): Promise<void> {
  requireStandard(group, 'Subscription filters');
  if (input.applyOnTransformedLogs && !(await transformerOfGroup(ctx, group))) {
    fail(InvalidParameterException, 'The log group has no transformer.');
  }
  if (input.fieldSelectionCriteria !== undefined) fieldSelection(input.fieldSelectionCriteria);
  requireSystemFields(input.emitSystemFields ?? []);
}

async function requireRoom(ctx: Context, group: LogGroup, { filterName, filterPattern: text }: Put): Promise<void> {
  const pattern = filterPattern(text);
  const { rows } = await ctx.store.list(subscriptionFilters, [group.id], { limit: FILTERS_MAX + 1 });
  const others = rows.filter(({ name }) => name !== filterName);
  if (others.length >= FILTERS_MAX) fail(LimitExceededException, 'Resource limit exceeded.');
  await requireRegexRoom(ctx, group, pattern, { subscriptionFilter: filterName });
}

const counted = (ctx: Context, group: LogGroup, more: number) =>
  ctx.store.replace(logGroups, { ...group, subscriptionFilters: (group.subscriptionFilters ?? 0) + more });

export const DeleteSubscriptionFilter = onGroup<Present<DeleteSubscriptionFilterRequest>, object>({
  async run({ filterName }, ctx, group) {
    if (!(await ctx.store.remove(subscriptionFilters, [group.id, filterName]))) {
      fail(ResourceNotFoundException, 'The specified subscription filter does not exist.');
    }
    await counted(ctx, group, -1);
    return {};
  },
});

export const DescribeSubscriptionFilters = onGroup<
  Present<DescribeSubscriptionFiltersRequest>,
  DescribeSubscriptionFiltersResponse
>({
  async run(input, ctx, group) {
    const page = { startsWith: input.filterNamePrefix };
    const found = await rowsPage(ctx, subscriptionFilters, [group.id], input, page);
    return { subscriptionFilters: found.rows.map(view), ...found.page };
  },
});

const view = (filter: SubscriptionFilter): SubscriptionFilterView => ({
  filterName: filter.name,
  logGroupName: filter.groupName,
  filterPattern: filter.pattern,
  destinationArn: filter.destination,
  roleArn: filter.role,
  distribution: filter.distribution,
  applyOnTransformedLogs: filter.onTransformed,
  creationTime: filter.created,
  fieldSelectionCriteria: filter.criteria,
  emitSystemFields: filter.systemFields && [...filter.systemFields],
});
