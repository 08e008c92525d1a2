/**
 * Making, changing and listing scheduled queries.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/ScheduledQueries.html
 */
import {
  ConflictException,
  type CreateScheduledQueryRequest,
  type CreateScheduledQueryResponse,
  type DeleteScheduledQueryRequest,
  type DeleteScheduledQueryResponse,
  type DestinationConfiguration,
  type GetScheduledQueryHistoryRequest,
  type GetScheduledQueryHistoryResponse,
  type GetScheduledQueryRequest,
  type GetScheduledQueryResponse,
  type ListScheduledQueriesRequest,
  type ListScheduledQueriesResponse,
  type QueryLanguage,
  ResourceNotFoundException,
  type ScheduledQuerySummary,
  ServiceQuotaExceededException,
  type UpdateScheduledQueryRequest,
  type UpdateScheduledQueryResponse,
  ValidationException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../../core/context.ts';
import { awsError, fail } from '../../../core/errors.ts';
import { uuid } from '../../../core/ids.ts';
import { type Access, Missing, type Operation, type Present } from '../../../core/operation.ts';
import { quota } from '../../../core/quotas.ts';
import { parseSchedule } from '../../../core/schedule.ts';
import { isTimeZone } from '../../../core/zones.ts';
import { passRole } from '../../../identity/passRole.ts';
import { planIn } from '../languages.ts';
import { rowsPage } from '../pages.ts';
import { momentBack } from '../segments.ts';
import { acceptedTags, tagConditions } from '../tags.ts';
import { momentOf, type Run, runs, type ScheduledQuery, scheduledQueries, scheduledQueryArn } from './rows.ts';
import { forgetLater, planNext } from './running.ts';

const QUERIES_MAX = 1_000;
const SERVICE = 'logs.amazonaws.com';
const invalid = (message: string): never => fail(ValidationException, message);

type Settings = Omit<CreateScheduledQueryRequest, 'name' | 'tags'>;

export const CreateScheduledQuery: Operation<Present<CreateScheduledQueryRequest>, CreateScheduledQueryResponse> = {
  access: (input, { account, region }) => [
    { resource: scheduledQueryArn({ account, region, id: '' }), conditions: tagConditions(input.tags) },
    ...rolesOf(input),
  ],
  async run(input, ctx) {
    const { account, region } = ctx;
    if (!/^[\w.#/ -]{1,300}$/.test(input.name)) invalid('The name must be between 1 and 300 characters.');
    const settings = await settingsOf(input);
    const named = await ctx.store.list(scheduledQueries, [account, region, input.name], { limit: 1, index: 'name' });
    if (named.rows.length > 0) fail(ConflictException, `A scheduled query named ${input.name} already exists.`);
    if (!(await ctx.store.fits(scheduledQueries, [account], quota(ctx, 'Scheduled queries', QUERIES_MAX)))) {
      fail(ServiceQuotaExceededException, 'The maximum number of scheduled queries has been reached.');
    }
    const created = ctx.now.getTime();
    const query: ScheduledQuery = {
      account,
      region,
      id: uuid(ctx),
      name: input.name,
      ...settings,
      tags: acceptedTags([], input.tags),
      created,
      updated: created,
    };
    await ctx.store.insert(scheduledQueries, query);
    await planNext(ctx, query, created);
    return { scheduledQueryArn: scheduledQueryArn(query), state: query.state };
  },
};

/** Whoever hands roles to the service must be allowed to. */
function rolesOf({ executionRoleArn, destinationConfiguration }: Partial<Settings>): Access[] {
  const { s3Configuration, lookupTableConfiguration } = destinationConfiguration ?? {};
  const roles = [executionRoleArn, s3Configuration?.roleArn, lookupTableConfiguration?.roleArn];
  return roles.flatMap((role) => (role === undefined ? [] : [passRole(role, SERVICE)]));
}

const ROLE_ARN = /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/;
const GROUPS_MAX = 50;
const TEXT_LENGTH_MAX = 10_000;

/** @throws ValidationException for what could never run */
async function settingsOf(input: Present<Settings>) {
  const { queryString, scheduleExpression, timezone, logGroupIdentifiers = [], executionRoleArn } = input;
  if (queryString.length > TEXT_LENGTH_MAX) invalid('The query string is too long.');
  await requireQuery(queryString, input.queryLanguage, logGroupIdentifiers);
  if (parseSchedule(scheduleExpression)?.kind !== 'cron') invalid('The schedule expression must be a cron expression.');
  if (timezone !== undefined && !isTimeZone(timezone)) invalid(`The time zone ${timezone} is not valid.`);
  if (!ROLE_ARN.test(executionRoleArn)) invalid(`${executionRoleArn} is not the ARN of a role.`);
  const { startTimeOffset, endTimeOffset = 0, scheduleStartTime: start, scheduleEndTime: end } = input;
  if ((startTimeOffset ?? 1) < 1 || endTimeOffset < 0 || endTimeOffset >= (startTimeOffset ?? endTimeOffset + 1)) {
    invalid('The time range of the query is empty.');
  }
  if (start !== undefined && end !== undefined && start >= end) invalid('The schedule ends before it starts.');
  requireDestination(input.destinationConfiguration);
  return {
    description: input.description,
    text: queryString,
    language: input.queryLanguage,
    groups: logGroupIdentifiers,
    expression: scheduleExpression,
    timezone,
    startOffset: startTimeOffset,
    endOffset: input.endTimeOffset,
    destination: input.destinationConfiguration,
    start,
    end,
    role: executionRoleArn,
    state: input.state ?? ('ENABLED' as const),
  };
}

async function requireQuery(text: string, language: QueryLanguage, groups: readonly string[]): Promise<void> {
  if (groups.length > GROUPS_MAX) invalid(`At most ${GROUPS_MAX} log groups may be specified.`);
  if ((await selectsGroups(text, language)) === groups.length > 0) {
    invalid('Log groups must be specified, either by logGroupIdentifiers or by the SOURCE command.');
  }
}

async function selectsGroups(text: string, language: QueryLanguage): Promise<boolean> {
  try {
    return (await planIn(language, text, { started: 0, from: 0, to: 0 })).selection !== undefined;
  } catch (error) {
    return invalid((error as Error).message);
  }
}

function requireDestination(destination: DestinationConfiguration | undefined): void {
  if (!destination) return;
  const { s3Configuration: s3, lookupTableConfiguration: table } = destination;
  if (table) {
    if (!ROLE_ARN.test(table.roleArn ?? '')) invalid(`${table.roleArn} is not the ARN of a role.`);
  }
  if (!s3) return;
  const { destinationIdentifier = '', roleArn = '' } = s3;
  if (!/^s3:\/\/[a-z0-9][a-z0-9.-]{2,62}(\/.*)?$/.test(destinationIdentifier)) {
    invalid(`${destinationIdentifier} is not the URI of an S3 bucket.`);
  }
  if (!ROLE_ARN.test(roleArn)) invalid(`${roleArn} is not the ARN of a role.`);
}

interface Identified {
  readonly identifier: string;
}

const ARN = /^arn:aws:logs:([a-z0-9-]+):(\d{12}):scheduled-query:([^:]+)$/;

/** By its ARN or its name. */
async function findScheduled({ identifier }: Identified, ctx: Context): Promise<ScheduledQuery | Missing> {
  const [arn, region, account = '', id = ''] = ARN.exec(identifier) ?? [];
  const here = [ctx.account, ctx.region, identifier];
  const found =
    arn === undefined
      ? (await ctx.store.list(scheduledQueries, here, { limit: 1, index: 'name' })).rows[0]
      : region === ctx.region
        ? await ctx.store.get(scheduledQueries, [account, region, id])
        : undefined;
  const resource = arn ?? scheduledQueryArn({ account: ctx.account, region: ctx.region, id: '' });
  return found ?? new Missing(resource, awsError(ResourceNotFoundException, 'The scheduled query does not exist.'));
}

function onScheduled<In extends Identified, Out>(
  run: (input: In, ctx: Context, query: ScheduledQuery) => Promise<Out>,
  also: (input: In) => readonly Access[] = () => [],
): Operation<In, Out, ScheduledQuery> {
  return {
    load: findScheduled,
    access: (input, _ctx, query) => [{ resource: scheduledQueryArn(query), resourceTags: query.tags }, ...also(input)],
    run,
  };
}

const summary = (query: ScheduledQuery) => ({
  scheduledQueryArn: scheduledQueryArn(query),
  name: query.name,
  state: query.state,
  scheduleType: 'CUSTOMER_MANAGED' as const,
  lastTriggeredTime: query.triggered,
  lastExecutionStatus: query.status,
  scheduleExpression: query.expression,
  timezone: query.timezone,
  destinationConfiguration: query.destination,
  creationTime: query.created,
  lastUpdatedTime: query.updated,
});

const details = (query: ScheduledQuery) => ({
  ...summary(query),
  description: query.description,
  queryLanguage: query.language ?? ('CWLI' as const),
  queryString: query.text,
  logGroupIdentifiers: [...query.groups],
  startTimeOffset: query.startOffset,
  endTimeOffset: query.endOffset,
  scheduleStartTime: query.start,
  scheduleEndTime: query.end,
  executionRoleArn: query.role,
});

export const GetScheduledQuery = onScheduled<Present<GetScheduledQueryRequest>, GetScheduledQueryResponse>(
  async (_input, _ctx, query) => details(query),
);

/** Says all anew: what is left out is not there any more. */
export const UpdateScheduledQuery = onScheduled<Present<UpdateScheduledQueryRequest>, UpdateScheduledQueryResponse>(
  async (input, ctx, query) => {
    const updated = ctx.now.getTime();
    const { account, region, id, name, tags, created, triggered, status } = query;
    const kept = { account, region, id, name, tags, created, triggered, status };
    const settings = await settingsOf({ ...input, state: input.state ?? query.state });
    const changed: ScheduledQuery = { ...kept, ...settings, updated };
    await ctx.store.replace(scheduledQueries, changed);
    await planNext(ctx, changed, updated);
    return details(changed);
  },
  rolesOf,
);

export const DeleteScheduledQuery = onScheduled<Present<DeleteScheduledQueryRequest>, DeleteScheduledQueryResponse>(
  async (_input, ctx, query) => {
    await ctx.store.remove(scheduledQueries, scheduledQueries.key(query));
    await forgetLater(ctx, query);
    return {};
  },
);

export const ListScheduledQueries: Operation<ListScheduledQueriesRequest, ListScheduledQueriesResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const keep = ({ state }: ScheduledQuery) =>
      (input.state === undefined || input.state === state) && input.scheduleType !== 'AWS_MANAGED';
    const asked = { limit: input.maxResults, nextToken: input.nextToken };
    const { rows, page } = await rowsPage(ctx, scheduledQueries, [ctx.account, ctx.region], asked, { keep });
    return { scheduledQueries: rows.map((query): ScheduledQuerySummary => summary(query)), ...page };
  },
};

/** Newest first. */
export const GetScheduledQueryHistory = onScheduled<
  Present<GetScheduledQueryHistoryRequest>,
  GetScheduledQueryHistoryResponse
>(async (input, ctx, query) => {
  const { startTime, endTime, executionStatuses, maxResults } = input;
  const [from, to] = [momentOf(startTime), momentOf(endTime) + 999];
  if (from > to) invalid('The start time is after the end time.');
  const keep = ({ status, triggered }: Run) =>
    triggered >= from && triggered <= to && (!executionStatuses?.length || executionStatuses.includes(status));
  const prefix = scheduledQueries.key(query);
  const asked = { limit: maxResults, nextToken: input.nextToken };
  const { rows, page } = await rowsPage(ctx, runs, prefix, asked, { from: momentBack(to), keep });
  const triggerHistory = rows.map((run) => ({
    queryId: run.query,
    executionStatus: run.status,
    triggeredTimestamp: run.triggered,
    errorMessage: run.error,
    destinations: run.destinations && [...run.destinations],
  }));
  return { name: query.name, scheduledQueryArn: scheduledQueryArn(query), triggerHistory, ...page };
});
