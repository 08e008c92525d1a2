/** Starting, watching and stopping queries of Logs Insights. */
import {
  type DescribeQueriesRequest,
  type DescribeQueriesResponse,
  type GetQueryResultsRequest,
  type GetQueryResultsResponse,
  InvalidParameterException,
  LimitExceededException,
  type ListLogGroupsForQueryRequest,
  type ListLogGroupsForQueryResponse,
  ResourceNotFoundException,
  type StartQueryRequest,
  type StartQueryResponse,
  type StopQueryRequest,
  type StopQueryResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { type Access, Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { groupAccess, onAccount } from './access.ts';
import { unmaskAccess } from './dataProtection.ts';
import { groupOfId, identified, unnamed } from './groupLookup.ts';
import { groupArn, groupResource, type LogGroup, logGroups } from './groupRows.ts';
import { sourceTest, tagTest } from './groupTests.ts';
import { innersOf } from './insights/innerPlans.ts';
import type { Plan } from './insights/plan.ts';
import type { Selection } from './insights/selection.ts';
import { planIn } from './languages.ts';
import { requireTable } from './lookups/lookupTables.ts';
import { invalidToken, itemsPage, rowsPage } from './pages.ts';
import { resultsBetween } from './queryResults.ts';
import { isActive, NOTHING_SCANNED, type Query, queries, statisticsOf } from './queryRows.ts';
import { deliverLater } from './scheduled/rows.ts';

const GROUPS_MAX = 50;
const SELECTED_MAX = 10_000;
const CONCURRENT_MAX = 100;

interface Started {
  readonly plan: Plan;
  readonly groups: readonly LogGroup[];
  /** Of each query within the query. */
  readonly inner: readonly (readonly LogGroup[])[];
}

export const StartQuery: Operation<Present<StartQueryRequest>, StartQueryResponse, Started> = {
  async load(input, ctx) {
    const plan = await planFor(input, ctx);
    return startedWith(ctx, input, plan).catch((error) => unnamed(ctx, error));
  },
  access: (_input, ctx, { plan, groups, inner }) => accessTo(ctx, distinct([groups, ...inner]), plan.unmasks),
  async run(input, ctx, { plan, groups, inner }) {
    requireClasses(distinct([groups, ...inner]), plan);
    for (const { lookups } of [plan, ...innersOf(plan).map((each) => each.plan)]) {
      for (const { table } of lookups) await requireTable(ctx, table);
    }
    const { account, region } = ctx;
    const most = quota(ctx, 'Concurrent queries', CONCURRENT_MAX);
    if (!(await ctx.store.fits(queries, [account, region], most, 'running'))) {
      fail(LimitExceededException, `Account maximum query concurrency limit of [${most}] reached.`);
    }
    const query: Query = {
      account,
      region,
      id: uuid(ctx),
      text: input.queryString,
      ...(input.queryLanguage !== undefined && { language: input.queryLanguage }),
      groups: groups.map(({ id }) => id),
      ...(inner.length > 0 && { inner: inner.map((each) => each.map(({ id }) => id)) }),
      groupNames: groups.map(({ name }) => name),
      from: input.startTime * 1000,
      to: input.endTime * 1000 + 999,
      limit: input.limit,
      created: ctx.now.getTime(),
      user: ctx.caller.arn,
      ...(plan.unmasks && { unmasks: true as const }),
      status: 'Scheduled',
      scanned: NOTHING_SCANNED,
      results: 0,
      pieces: 0,
    };
    await ctx.store.insert(queries, query);
    return { queryId: query.id };
  },
};

const distinct = (lists: readonly (readonly LogGroup[])[]): LogGroup[] => [
  ...new Map(lists.flat().map((group) => [group.id, group])).values(),
];

async function startedWith(ctx: Context, input: Present<StartQueryRequest>, plan: Plan): Promise<Started | Missing> {
  if (plan.selection) requireUnnamed(input);
  const groups = await (plan.selection ? selected(ctx, plan.selection) : namedGroups(ctx, namesIn(input)));
  if (groups instanceof Missing) return groups;
  const inner: (readonly LogGroup[])[] = [];
  for (const { selection } of innersOf(plan).map((each) => each.plan)) {
    const found = selection ? await selected(ctx, selection) : groups;
    if (found instanceof Missing) return found;
    inner.push(found);
  }
  return { plan, groups, inner };
}

/** To every group; and to what is masked in them. */
function accessTo(ctx: Context, groups: readonly LogGroup[], unmasks: boolean | undefined): readonly Access[] {
  if (groups.length === 0) return [{ resource: groupResource(anyName(ctx)) }];
  return groups.flatMap((group) => [groupAccess(group), ...unmaskAccess(group, unmasks)]);
}

const anyName = ({ account, region }: Context) => ({ account, region, name: '' });

/** @throws MalformedQueryException; InvalidParameterException for a range that is none. */
function planFor(input: Present<StartQueryRequest>, { now }: Context): Promise<Plan> {
  const { startTime, endTime } = input;
  if (startTime > endTime || endTime > LATEST) fail(InvalidParameterException, "Query's time range is invalid.");
  const clock = { started: now.getTime(), from: startTime * 1000, to: endTime * 1000 };
  return planIn(input.queryLanguage, input.queryString, clock, input.limit);
}

/** Seconds: times in milliseconds, given by mistake, are beyond it. */
const LATEST = 253_402_300_799;

function namesIn(input: Present<StartQueryRequest>): readonly string[] {
  const given = [input.logGroupName === undefined ? undefined : [input.logGroupName], input.logGroupNames];
  const lists = [...given, input.logGroupIdentifiers].filter((list) => list !== undefined && list.length > 0);
  if (lists.length !== 1) {
    const members = 'logGroupName, logGroupNames or logGroupIdentifiers';
    fail(InvalidParameterException, `Exactly one of ${members} must be specified.`);
  }
  return lists[0]!;
}

async function namedGroups(ctx: Context, given: readonly string[]): Promise<LogGroup[] | Missing> {
  const names = [...new Set(given)];
  if (names.length > GROUPS_MAX) fail(InvalidParameterException, `At most ${GROUPS_MAX} log groups may be specified.`);
  const found: LogGroup[] = [];
  for (const name of names) {
    const named = identified(ctx, name);
    const key = [named.account, named.region, named.name];
    const group = named.region === ctx.region ? await ctx.store.get(logGroups, key) : undefined;
    if (!group) {
      const message = `Log group '${named.name}' does not exist for account ID '${named.account}'`;
      return new Missing(groupResource(named), awsError(ResourceNotFoundException, message));
    }
    found.push(group);
  }
  return found;
}

function requireUnnamed(input: Present<StartQueryRequest>): void {
  if (input.logGroupName === undefined && !input.logGroupNames?.length && !input.logGroupIdentifiers?.length) return;
  fail(InvalidParameterException, 'Log groups cannot be specified together with those that the query names.');
}

async function selected(ctx: Context, selection: Selection): Promise<LogGroup[] | Missing> {
  const { names, prefixes, classes, accounts, tags, sources } = selection;
  const comes = sourceTest(sources);
  if (names.length > 0) {
    const found = await namedGroups(ctx, names);
    return found instanceof Missing ? found : found.filter(comes);
  }
  if (accounts.length > 0 && !accounts.includes(ctx.account)) return [];
  const fits = tagTest(tags);
  const found = new Map<string, LogGroup>();
  for (const startsWith of prefixes.length > 0 ? prefixes : [undefined]) {
    const page = { limit: SELECTED_MAX + 1, startsWith };
    const { rows } = await ctx.store.list(logGroups, [ctx.account, ctx.region], page);
    const chosen = rows.filter((group) => classes.includes(group.class) && fits(group.tags) && comes(group));
    for (const group of chosen) found.set(group.id, group);
  }
  if (found.size > SELECTED_MAX)
    fail(InvalidParameterException, 'The SOURCE command selects more than 10000 log groups.');
  return [...found.values()];
}

const INFREQUENT_STATS_MAX = 2;

function requireClasses(groups: readonly LogGroup[], { statsCount, standardOnly, unmasks }: Plan): void {
  const standard = standardOnly ?? (unmasks ? 'unmask' : undefined);
  for (const group of groups) {
    if (group.class === 'DELIVERY') {
      fail(InvalidParameterException, 'Queries are not supported for log groups in the DELIVERY log class.');
    }
    if (group.class === 'INFREQUENT_ACCESS' && statsCount > INFREQUENT_STATS_MAX) {
      fail(InvalidParameterException, 'A query of the Infrequent Access log class may have 2 stats commands.');
    }
    if (group.class === 'INFREQUENT_ACCESS' && standard !== undefined) {
      fail(InvalidParameterException, `${standard} is not supported for the Infrequent Access log class.`);
    }
  }
}

interface Target {
  readonly query: Query;
  readonly groups: readonly LogGroup[];
}

async function findQuery({ queryId }: { queryId: string }, ctx: Context): Promise<Target | Missing> {
  const query = await ctx.store.get(queries, [ctx.account, ctx.region, queryId]);
  if (!query) {
    const error = awsError(ResourceNotFoundException, `Query with id ${queryId} does not exist.`);
    return new Missing(groupResource(anyName(ctx)), error);
  }
  const groups: LogGroup[] = [];
  for (const id of new Set([query.groups, ...(query.inner ?? [])].flatMap((ids) => ids.slice(0, GROUPS_MAX)))) {
    const group = await groupOfId(ctx, id);
    if (group) groups.push(group);
  }
  return { query, groups };
}

/** Results are of the groups that were read: whoever may not read those may not have them. */
export const GetQueryResults: Operation<Present<GetQueryResultsRequest>, GetQueryResultsResponse, Target> = {
  load: findQuery,
  access: (_input, ctx, { query, groups }) => accessTo(ctx, groups, query.unmasks),
  async run(input, ctx, { query }) {
    const { results, next } = await resultsOf(ctx, query, input);
    return {
      queryLanguage: query.language ?? 'CWLI',
      results,
      status: query.status,
      statistics: { ...statisticsOf(query), resultCount: query.results },
      ...(next !== undefined && { nextToken: Buffer.from(String(next)).toString('base64url') }),
    };
  },
};

const RESULTS_MAX = 10_000;

async function resultsOf(ctx: Context, query: Query, input: GetQueryResultsRequest) {
  const text = input.nextToken === undefined ? '0' : Buffer.from(input.nextToken, 'base64url').toString();
  const from = /^\d{1,6}$/.test(text) ? Number(text) : invalidToken();
  const count = Math.min(input.maxItems ?? RESULTS_MAX, RESULTS_MAX);
  if (count < 1) fail(InvalidParameterException, 'maxItems must be at least 1.');
  const to = Math.min(from + count, query.results);
  return { results: await resultsBetween(ctx, query, from, to), next: to < query.results ? to : undefined };
}

export const StopQuery = onAccount<Present<StopQueryRequest>, StopQueryResponse>(async ({ queryId }, ctx) => {
  const query = await ctx.store.get(queries, [ctx.account, ctx.region, queryId]);
  if (!query) fail(ResourceNotFoundException, `Query with id ${queryId} does not exist.`);
  if (!isActive(query)) fail(InvalidParameterException, `Query with id ${queryId} is not running.`);
  const { holder: _, ...rest } = query;
  await ctx.store.replace(queries, { ...rest, status: 'Cancelled', ended: ctx.now.getTime() });
  if (query.scheduled) await deliverLater(ctx, query.id);
  return { success: true };
});

const DESCRIBED_MAX = 1000;

/** Newest first. */
export const DescribeQueries = onAccount<DescribeQueriesRequest, DescribeQueriesResponse>(async (input, ctx) => {
  const fits = (query: Query) =>
    (input.status === undefined || query.status === input.status) &&
    (input.logGroupName === undefined || query.groupNames.includes(input.logGroupName)) &&
    (input.queryLanguage === undefined || input.queryLanguage === (query.language ?? 'CWLI'));
  const asked = { limit: input.maxResults ?? DESCRIBED_MAX, nextToken: input.nextToken };
  const listing = { index: 'newest', keep: fits };
  const { rows, page } = await rowsPage(ctx, queries, [ctx.account, ctx.region], asked, listing);
  return { queries: rows.map(view), ...page };
});

const view = (query: Query) => ({
  queryLanguage: query.language ?? ('CWLI' as const),
  queryId: query.id,
  queryString: query.text,
  status: query.status,
  createTime: query.created,
  logGroupName: query.groupNames[0],
  ...(query.ended !== undefined && { queryDuration: query.ended - query.created }),
  bytesScanned: query.scanned.bytes,
  userIdentity: query.user,
});

export const ListLogGroupsForQuery = onAccount<Present<ListLogGroupsForQueryRequest>, ListLogGroupsForQueryResponse>(
  async (input, ctx) => {
    const found = await findQuery(input, ctx);
    if (found instanceof Missing) throw found.error;
    const asked = { limit: input.maxResults, nextToken: input.nextToken };
    const { items, page } = itemsPage(found.query.groupNames, asked);
    return { logGroupIdentifiers: items.map((name) => groupArn({ ...ctx, name })), ...page };
  },
);
