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
import { awsError, fail, notImplemented } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { later, notAnyMore } from '../../core/tasks.ts';
import { findStore, requireActive, storeAccess } from './eventDataStoreNames.ts';
import { type EventDataStore, type Query, queries } from './lakeRows.ts';
import { type Statement, statementOf } from './lakeSql.ts';
import { type ResultsPage, ROWS_A_PAGE, resultsId } from './queryResults.ts';

const KIND = 'cloudtrail.query';
const RUNNING_MAX = 10;
const KEPT_MS = 7 * 86_400_000;
const FORGOTTEN_AT_ONCE = 5;

interface Asked {
  readonly statement: Statement;
  readonly stores: readonly EventDataStore[];
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartQuery.html */
export const StartQuery: Operation<StartQueryRequest, StartQueryResponse, Asked> = {
  async load(input, ctx) {
    if (input.QueryAlias !== undefined || input.QueryParameters) notImplemented('Queries by alias');
    if (input.DeliveryS3Uri) notImplemented('DeliveryS3Uri');
    const statement = statementOf(input.QueryStatement ?? '');
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
    return { statement, stores };
  },
  access: (_input, ctx, { stores }) => stores.map((store) => storeAccess(ctx, store)),
  async run(input, ctx, { stores }) {
    for (const store of stores) requireActive(store);
    if (!(await ctx.store.fits(queries, [ctx.account, ctx.region], RUNNING_MAX, 'running'))) {
      const sentence = 'You have reached the maximum number of concurrent queries.';
      fail(MaxConcurrentQueriesException, sentence);
    }
    await forgetOld(ctx);
    const query: Query = {
      id: uuid(ctx),
      account: ctx.account,
      region: ctx.region,
      store: stores[0]?.id ?? '',
      statement: input.QueryStatement ?? '',
      status: 'QUEUED',
      created: ctx.now.getTime(),
    };
    await ctx.store.insert(queries, query);
    await later<readonly string[]>(ctx, { kind: KIND, id: query.id, body: queries.key(query) });
    return { QueryId: query.id };
  },
};

const wrong = (sentence: string) => new Missing('*', awsError(InvalidQueryStatementException, sentence));

async function forgetOld(ctx: Context): Promise<void> {
  const { rows } = await ctx.store.list(queries, ['created'], { limit: FORGOTTEN_AT_ONCE, index: 'created' });
  for (const query of rows) {
    if (query.created >= ctx.now.getTime() - KEPT_MS) break;
    for (let page = 0; page < (query.pages ?? 0); page++) ctx.store.dropBytes(resultsId(query, page));
    await ctx.store.remove(queries, queries.key(query));
  }
}

interface Found {
  readonly query: Query;
  readonly store: EventDataStore;
}

/** A query of the caller's account; permission is asked on its event data store. */
async function findQuery(ctx: Context, id: string | undefined): Promise<Found | Missing> {
  const query = id === undefined ? undefined : await ctx.store.get(queries, [ctx.account, ctx.region, id]);
  const store = query && (await findStore(ctx, query.store));
  if (query && store && !(store instanceof Missing)) return { query, store };
  return new Missing('*', awsError(QueryIdNotFoundException, `The query ID ${id ?? ''} could not be found.`));
}

export const DescribeQuery: Operation<DescribeQueryRequest, DescribeQueryResponse, Found> = {
  load(input, ctx) {
    if (input.QueryAlias !== undefined || input.RefreshId !== undefined) notImplemented('Queries by alias');
    return findQuery(ctx, input.QueryId);
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
    const page = await pageOf(ctx, query, Math.floor(from / ROWS_A_PAGE));
    const within = from % ROWS_A_PAGE;
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

async function pageOf(ctx: Context, query: Query, page: number): Promise<ResultsPage> {
  if (page >= (query.pages ?? 0)) return { columns: [], rows: [] };
  const bytes = await ctx.store.bytes(resultsId(query, page));
  return bytes ? (JSON.parse(Buffer.from(bytes).toString()) as ResultsPage) : { columns: [], rows: [] };
}

export const CancelQuery: Operation<Present<CancelQueryRequest>, CancelQueryResponse, Found> = {
  load: (input, ctx) => findQuery(ctx, input.QueryId),
  access: (_input, ctx, { store }) => storeAccess(ctx, store),
  async run(_input, ctx, { query }) {
    if (query.status !== 'QUEUED' && query.status !== 'RUNNING') {
      fail(InactiveQueryException, `The query ${query.id} is not active: its status is ${query.status}.`);
    }
    await ctx.store.replace(queries, { ...query, status: 'CANCELLED' });
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
