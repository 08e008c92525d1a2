/**
 * Queries of CloudTrail Lake, in SQL over event data stores.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-lake-queries.html
 */
import {
  type CancelQueryRequest,
  type CancelQueryResponse,
  type DescribeQueryRequest,
  type DescribeQueryResponse,
  type GetQueryResultsRequest,
  type GetQueryResultsResponse,
  InactiveQueryException,
  InvalidNextTokenException,
  InvalidParameterException,
  InvalidQueryStatementException,
  type ListQueriesRequest,
  type ListQueriesResponse,
  MaxConcurrentQueriesException,
  QueryIdNotFoundException,
  type StartQueryRequest,
  type StartQueryResponse,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { notAnyMore } from '../../core/tasks.ts';
import { dashboards } from './dashboardRows.ts';
import { findStore, requireActive, storeAccess } from './eventDataStoreNames.ts';
import { type EventDataStore, type Query, queries } from './lakeRows.ts';
import { filled, placesIn, statementOf } from './lakeSql.ts';
import { MANAGED } from './managedDashboards.ts';
import { deliveryTo, undelivered } from './queryDeliveries.ts';
import { pageWith, ROWS_A_PAGE, resultsPage } from './queryResults.ts';
import { KIND, keepQuery } from './queryStarts.ts';

const RUNNING_MAX = 10;

interface Asked {
  readonly text: string;
  readonly stores: readonly EventDataStore[];
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartQuery.html */
export const StartQuery: Operation<StartQueryRequest, StartQueryResponse, Asked> = {
  async load(input, ctx) {
    const text = await textOf(ctx, input);
    if (text instanceof Missing) return text;
    const statement = statementOf(text);
    if (!statement) return wrong('Only a single SELECT statement is supported.');
    if (statement.stores.length === 0) {
      return wrong('The query statement must name an event data store ID in its FROM clause.');
    }
    const stores: EventDataStore[] = [];
    for (const id of statement.stores) {
      const store = await findStore(ctx, id);
      if (store instanceof Missing) return store;
      stores.push(store);
    }
    return { text, stores };
  },
  access: (_input, ctx, { stores }) => stores.map((store) => storeAccess(ctx, store)),
  async run({ QueryAlias: alias, DeliveryS3Uri: uri }, ctx, { text, stores }) {
    for (const store of stores) requireActive(store);
    if (!(await ctx.store.fits(queries, [ctx.account, ctx.region], RUNNING_MAX, 'running'))) {
      const sentence = 'You have reached the maximum number of concurrent queries.';
      fail(MaxConcurrentQueriesException, sentence);
    }
    const [store] = stores;
    const delivery = uri && store ? await deliveryTo(ctx, store, uri) : undefined;
    const query = await keepQuery(ctx, {
      ...{ store: store?.id ?? '', statement: text },
      ...(alias && { alias }),
      ...(delivery && { delivery }),
    });
    return { QueryId: query.id };
  },
};

/** The query itself, or the template of a widget with the values that are given for it. */
async function textOf(ctx: Context, input: StartQueryRequest): Promise<string | Missing> {
  const { QueryStatement, QueryAlias: alias, QueryParameters: values = [] } = input;
  if ((QueryStatement === undefined) === (alias === undefined)) {
    const sentence = 'Specify either QueryStatement or QueryAlias, and not both.';
    return new Missing('*', awsError(InvalidParameterException, sentence));
  }
  const template = alias === undefined ? QueryStatement : await templateOf(ctx, alias);
  if (template === undefined) {
    return new Missing('*', awsError(InvalidParameterException, `The query alias ${alias} could not be found.`));
  }
  if (alias === undefined && values.length === 0) return template;
  const places = placesIn(template);
  if (places === values.length) return filled(template, values);
  return wrong(`The query statement has ${places} placeholders for ${values.length} query parameters.`);
}

async function templateOf(ctx: Context, alias: string): Promise<string | undefined> {
  const managed = [...MANAGED.values()].flat();
  const { rows } = await ctx.store.list(dashboards, [ctx.account, ctx.region, alias], { limit: 1, index: 'alias' });
  return [...managed, ...(rows[0]?.widgets ?? [])].find((widget) => widget.alias === alias)?.statement;
}

const wrong = (sentence: string) => new Missing('*', awsError(InvalidQueryStatementException, sentence));

interface Found {
  readonly query: Query;
  readonly store: EventDataStore;
}

/** A query of the caller's account; permission is asked on its event data store. */
async function findQuery(ctx: Context, id: string | undefined): Promise<Found | Missing> {
  const query = id === undefined ? undefined : await ctx.store.get(queries, [ctx.account, ctx.region, id]);
  return seen(ctx, query, id);
}

/** The last query of that alias, or the one of a refresh. */
async function findByAlias(ctx: Context, alias: string, refresh: string | undefined): Promise<Found | Missing> {
  const where = refresh === undefined ? { index: 'alias' } : { index: 'refresh', startsWith: alias };
  const { rows } = await ctx.store.list(queries, [ctx.account, ctx.region, refresh ?? alias], { limit: 100, ...where });
  return seen(
    ctx,
    rows.find((query) => query.alias === alias),
    alias,
  );
}

async function seen(ctx: Context, query: Query | undefined, id: string | undefined): Promise<Found | Missing> {
  const store = query && (await findStore(ctx, query.store));
  if (query && store && !(store instanceof Missing)) return { query, store };
  return new Missing('*', awsError(QueryIdNotFoundException, `The query ID ${id ?? ''} could not be found.`));
}

export const DescribeQuery: Operation<DescribeQueryRequest, DescribeQueryResponse, Found> = {
  load(input, ctx) {
    const { QueryId, QueryAlias, RefreshId } = input;
    if ((QueryId === undefined) === (QueryAlias === undefined) || (RefreshId !== undefined && !QueryAlias)) {
      const sentence = 'Specify either QueryId, or QueryAlias with or without RefreshId.';
      return Promise.resolve(new Missing('*', awsError(InvalidParameterException, sentence)));
    }
    return QueryAlias === undefined ? findQuery(ctx, QueryId) : findByAlias(ctx, QueryAlias, RefreshId);
  },
  access: (_input, ctx, { store }) => storeAccess(ctx, store),
  run: async (_input, _ctx, { query }) => ({
    QueryId: query.id,
    QueryString: query.statement,
    QueryStatus: query.status,
    QueryStatistics: {
      EventsMatched: query.results ?? 0,
      EventsScanned: query.eventsScanned ?? 0,
      BytesScanned: query.bytesScanned ?? 0,
      ExecutionTimeInMillis: query.executionMs ?? 0,
      CreationTime: new Date(query.created),
    },
    ...(query.error !== undefined && { ErrorMessage: query.error }),
    ...(query.delivery && { DeliveryS3Uri: query.delivery.uri, DeliveryStatus: query.delivery.status }),
  }),
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetQueryResults.html */
export const GetQueryResults: Operation<Present<GetQueryResultsRequest>, GetQueryResultsResponse, Found> = {
  load: (input, ctx) => findQuery(ctx, input.QueryId),
  access: (_input, ctx, { store }) => storeAccess(ctx, store),
  async run(input, ctx, { query }) {
    const from = input.NextToken === undefined ? 0 : Number(cursorOf(input.NextToken));
    if (!Number.isSafeInteger(from) || from < 0) fail(InvalidNextTokenException, 'Invalid NextToken.');
    const total = query.results ?? 0;
    // A page of ours is the most that is shown at once.
    const { n, within } = pageWith(query, from);
    const page = await resultsPage(ctx, query, n);
    const rows = page.rows.slice(within, within + (input.MaxQueryResults ?? ROWS_A_PAGE));
    const next = from + rows.length;
    return {
      QueryStatus: query.status,
      QueryStatistics: {
        ResultsCount: rows.length,
        TotalResultsCount: total,
        BytesScanned: query.bytesScanned ?? 0,
      },
      QueryResultRows: rows.map((row) => row.map((value, n) => ({ [page.columns[n] ?? '']: value ?? '' }))),
      ...(rows.length > 0 && next < total && { NextToken: tokenOf(String(next)) }),
      ...(query.error !== undefined && { ErrorMessage: query.error }),
    };
  },
};

export const CancelQuery: Operation<Present<CancelQueryRequest>, CancelQueryResponse, Found> = {
  load: (input, ctx) => findQuery(ctx, input.QueryId),
  access: (_input, ctx, { store }) => storeAccess(ctx, store),
  async run(_input, ctx, { query }) {
    if (query.status !== 'QUEUED' && query.status !== 'RUNNING') {
      fail(InactiveQueryException, `The query ${query.id} is not active: its status is ${query.status}.`);
    }
    await ctx.store.replace(queries, {
      ...query,
      status: 'CANCELLED',
      ...undelivered(query, 'CANCELLED'),
      keys: undefined,
    });
    await notAnyMore(ctx.store, KIND, query.id);
    return { QueryId: query.id, QueryStatus: 'CANCELLED' };
  },
};

const PAGE = 100;

export const ListQueries: Operation<Present<ListQueriesRequest>, ListQueriesResponse, EventDataStore> = {
  load: (input, ctx) => findStore(ctx, input.EventDataStore),
  access: (_input, ctx, store) => storeAccess(ctx, store),
  async run(input, ctx, store) {
    const { StartTime: start, EndTime: end } = input;
    if (start && end && start > end) fail(InvalidParameterException, 'The start time must be before the end time.');
    const after = input.NextToken === undefined ? undefined : cursorOf(input.NextToken);
    if (input.NextToken !== undefined && after === undefined) fail(InvalidNextTokenException, 'Invalid NextToken.');
    const page = { limit: input.MaxResults ?? PAGE, after, index: 'store' };
    const { rows, next } = await ctx.store.list(queries, [store.id], page);
    const asked = rows.filter(
      ({ account, status, created }) =>
        account === ctx.account &&
        (input.QueryStatus === undefined || status === input.QueryStatus) &&
        created >= (start?.getTime() ?? 0) &&
        created <= (end?.getTime() ?? Number.POSITIVE_INFINITY),
    );
    return {
      Queries: asked.map((query) => ({
        QueryId: query.id,
        QueryStatus: query.status,
        CreationTime: new Date(query.created),
      })),
      ...(next && { NextToken: tokenOf(next) }),
    };
  },
};
