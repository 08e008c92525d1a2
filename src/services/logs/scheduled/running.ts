/**
 * Scheduled queries at work: a query is started in the execution role when it is time; when it has ended, what came out
 * goes to S3 in the destination's role, and an event tells that it is done.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/scheduled-queries-concepts.html
 */
import type { ExecutionStatus, ResultField, ScheduledQueryDestination } from '@aws-sdk/client-cloudwatch-logs';
import { type Caller, type Context, servicePrincipal } from '../../../core/context.ts';
import { emit } from '../../../core/events.ts';
import { nextTime, parseSchedule } from '../../../core/schedule.ts';
import { type Again, later, notAnyMore, type Task } from '../../../core/tasks.ts';
import { assumedByService } from '../../../identity/serviceRoles.ts';
import { lookupTableArn, lookupTables } from '../lookups/rows.ts';
import { allResults } from '../queryResults.ts';
import { type Query, queries, statisticsOf } from '../queryRows.ts';
import { momentBack } from '../segments.ts';
import { momentOf, type Run, runs, type ScheduledQuery, scheduledQueries, scheduledQueryArn, TRIGGER } from './rows.ts';

/** An hour, where nobody says. */
const RANGE_SECONDS = 3_600;
const HISTORY_MS = 30 * 86_400_000;
const FORGOTTEN_AT_ONCE = 20;

interface Trigger {
  readonly id: string;
  /** Milliseconds: the time that the schedule says. */
  readonly at: number;
}

/** Gives, moves or takes back the next run. */
export async function planNext(ctx: Context, query: ScheduledQuery, after: number): Promise<void> {
  const { account, region, id } = query;
  const at = query.state === 'ENABLED' ? nextOf(query, after) : undefined;
  if (at === undefined) await notAnyMore(ctx.store, TRIGGER, id);
  else await later<Trigger>(ctx, { kind: TRIGGER, id, account, region, due: at, body: { id, at } });
}

/** Its next run, which it will not have any more, forgets those it had. */
export const forgetLater = (ctx: Context, { account, region, id }: ScheduledQuery): Promise<void> => {
  const at = ctx.now.getTime();
  return later<Trigger>(ctx, { kind: TRIGGER, id, account, region, due: at, body: { id, at } });
};

const GONE_AT_ONCE = 200;

async function forgetSome({ store, account, region }: Context, id: string): Promise<Again> {
  const { rows } = await store.list(runs, [account, region, id], { limit: GONE_AT_ONCE });
  for (const run of rows) await store.remove(runs, runs.key(run));
  return rows.length === GONE_AT_ONCE ? 0 : undefined;
}

function nextOf({ expression, timezone, start = 0, end }: ScheduledQuery, after: number): number | undefined {
  const schedule = parseSchedule(expression);
  const from = Math.max(after, momentOf(start) - 1);
  const at = schedule && nextTime(schedule, from, from, timezone);
  return at !== undefined && (end === undefined || at <= momentOf(end)) ? at : undefined;
}

const roleFor = (ctx: Context, query: ScheduledQuery, arn: string): Promise<Caller> => {
  const source = { arn: scheduledQueryArn(query), account: query.account };
  return assumedByService(ctx, arn, servicePrincipal('logs.amazonaws.com', source));
};

export async function trigger({ body }: Task<Trigger>, ctx: Context): Promise<Again> {
  const query = await ctx.store.get(scheduledQueries, [ctx.account, ctx.region, body.id]);
  if (!query) return forgetSome(ctx, body.id);
  if (query.state !== 'ENABLED') return undefined;
  const role = await roleFor(ctx, query, query.role);
  const { startOffset = RANGE_SECONDS, endOffset = 0 } = query;
  const at = Math.floor(body.at / 1000);
  const { queryId } = await ctx.call<{ queryId: string }>(
    'logs',
    'StartQuery',
    {
      ...(query.groups.length > 0 && { logGroupIdentifiers: [...query.groups] }),
      queryString: query.text,
      queryLanguage: query.language,
      startTime: at - startOffset,
      endTime: at - endOffset,
    },
    role,
  );
  const started = await ctx.store.get(queries, [ctx.account, ctx.region, queryId]);
  if (started) await ctx.store.replace(queries, { ...started, scheduled: true as const });
  await ran(ctx, query, { ...runOf(query, body), query: queryId, status: 'Running' });
  return undefined;
}

const runOf = ({ account, region, id }: ScheduledQuery, { at }: Trigger): Omit<Run, 'status'> => ({
  account,
  region,
  scheduled: id,
  triggered: at,
});

/** Keeps how a run stands, and gives the next one. */
async function ran(ctx: Context, query: ScheduledQuery, run: Run): Promise<void> {
  await ctx.store.replace(runs, run);
  const triggered = { ...query, triggered: run.triggered, status: run.status };
  await ctx.store.replace(scheduledQueries, triggered);
  await planNext(ctx, triggered, Math.max(run.triggered, ctx.now.getTime()));
  const from = momentBack(run.triggered - HISTORY_MS);
  const prefix = [run.account, run.region, run.scheduled];
  const { rows } = await ctx.store.list(runs, prefix, { from, limit: FORGOTTEN_AT_ONCE });
  for (const old of rows) await ctx.store.remove(runs, runs.key(old));
}

/** It could not even be started: it is for the next time. */
export async function notTriggered({ body }: Task<Trigger>, ctx: Context, error: unknown): Promise<Again> {
  const query = await ctx.store.get(scheduledQueries, [ctx.account, ctx.region, body.id]);
  if (!query) return undefined;
  const { name, message } = error as Error;
  const status: ExecutionStatus = name === 'MalformedQueryException' ? 'InvalidQuery' : 'Failed';
  await ran(ctx, query, { ...runOf(query, body), status, error: message });
  return undefined;
}

interface Result {
  readonly query: string;
}

interface Ended {
  readonly run: Run;
  readonly scheduled: ScheduledQuery;
  readonly query: Query;
}

async function endedOf(ctx: Context, { query: id }: Result): Promise<Ended | undefined> {
  const run = (await ctx.store.list(runs, [id], { limit: 1, index: 'query' })).rows[0];
  const scheduled = run && (await ctx.store.get(scheduledQueries, [ctx.account, ctx.region, run.scheduled]));
  const query = await ctx.store.get(queries, [ctx.account, ctx.region, id]);
  return run && scheduled && query ? { run, scheduled, query } : undefined;
}

/** One destination after the other; then it is over. */
export async function deliver({ body }: Task<Result>, ctx: Context): Promise<Again> {
  const ended = await endedOf(ctx, body);
  if (!ended) return undefined;
  const [next] = leftOf(ended);
  if (!next) return over(ctx, ended);
  const processedIdentifier = await next.carry(ctx, ended);
  return delivered(ctx, ended, { ...next.told, status: 'COMPLETE', processedIdentifier });
}

export async function notDelivered({ body }: Task<Result>, ctx: Context, error: unknown): Promise<Again> {
  const ended = await endedOf(ctx, body);
  const [next] = ended ? leftOf(ended) : [];
  if (!ended || !next) return undefined;
  return delivered(ctx, ended, { ...next.told, status: 'CLIENT_ERROR', errorMessage: (error as Error).message });
}

async function delivered(ctx: Context, ended: Ended, how: ScheduledQueryDestination): Promise<Again> {
  const run = { ...ended.run, destinations: [...(ended.run.destinations ?? []), how] };
  await ctx.store.replace(runs, run);
  return leftOf({ ...ended, run }).length > 0 ? 0 : over(ctx, { ...ended, run });
}

interface Destination {
  readonly told: Pick<ScheduledQueryDestination, 'destinationType' | 'destinationIdentifier'>;
  /** What was made of the results. */
  readonly carry: (ctx: Context, ended: Ended) => Promise<string>;
}

/** Those that have not had the results, if there are any. */
function leftOf({ run, scheduled, query }: Ended): Destination[] {
  if (query.status !== 'Complete') return [];
  const { s3Configuration: s3, lookupTableConfiguration: table } = scheduled.destination ?? {};
  const all: Destination[] = [];
  if (s3) {
    const destinationIdentifier = s3.destinationIdentifier ?? '';
    all.push({ told: { destinationType: 'S3', destinationIdentifier }, carry: (ctx, ended) => put(ctx, ended, s3) });
  }
  if (table) {
    const told = { destinationType: 'LOOKUP_TABLE' as const, destinationIdentifier: table.tableName ?? '' };
    all.push({ told, carry: (ctx, ended) => fill(ctx, ended, table) });
  }
  return all.slice(run.destinations?.length ?? 0);
}

type Tabled = NonNullable<NonNullable<ScheduledQuery['destination']>['lookupTableConfiguration']>;

/** The table is made when it is not there yet. */
async function fill(ctx: Context, { scheduled, query }: Ended, { tableName = '', ...table }: Tabled): Promise<string> {
  const role = await roleFor(ctx, scheduled, table.roleArn ?? '');
  const { account, region } = scheduled;
  const there = await ctx.store.get(lookupTables, [account, region, tableName]);
  const { description, tags, kmsKeyId } = table;
  const arn = lookupTableArn({ account, region, name: tableName });
  const content = { queryId: query.id, description, kmsKeyId };
  if (there) await ctx.call('logs', 'UpdateLookupTable', { lookupTableArn: arn, ...content }, role);
  else await ctx.call('logs', 'CreateLookupTable', { lookupTableName: tableName, tags, ...content }, role);
  return arn;
}

type S3 = NonNullable<NonNullable<ScheduledQuery['destination']>['s3Configuration']>;

/** The results as GetQueryResults gives them; where they are put. */
async function put(ctx: Context, { scheduled, query }: Ended, s3: S3): Promise<string> {
  const role = await roleFor(ctx, scheduled, s3.roleArn ?? '');
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(s3.destinationIdentifier ?? '') ?? [];
  const key = `${prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`}${query.id}.json`;
  const results: ResultField[][] = await allResults(ctx, query);
  const body = {
    queryLanguage: query.language ?? 'CWLI',
    results,
    statistics: statisticsOf(query),
    status: query.status,
  };
  const { ownerAccountId, kmsKeyId } = s3;
  const input = {
    Bucket: bucket,
    Key: key,
    Body: Buffer.from(JSON.stringify(body)),
    ContentType: 'application/json',
    ...(ownerAccountId && { ExpectedBucketOwner: ownerAccountId }),
    ...(kmsKeyId && { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId }),
  };
  await ctx.call('s3', 'PutObject', input, role);
  return `s3://${bucket}/${key}`;
}

const STATUS: Readonly<Record<string, ExecutionStatus>> = { Complete: 'Complete', Timeout: 'Timeout' };

async function over(ctx: Context, { run, scheduled, query }: Ended): Promise<undefined> {
  const status = STATUS[query.status] ?? 'Failed';
  await ctx.store.replace(runs, { ...run, status });
  if (scheduled.triggered === run.triggered) await ctx.store.replace(scheduledQueries, { ...scheduled, status });
  emit(ctx, {
    source: 'aws.logs',
    detailType: 'Scheduled Query Completed',
    resources: [scheduledQueryArn(scheduled)],
    detail: {
      queryId: query.id,
      queryString: query.text,
      logGroupIdentifiers: scheduled.groups,
      status: query.status,
      startTime: Math.floor(query.created / 1000),
      statistics: statisticsOf(query),
    },
  });
}
