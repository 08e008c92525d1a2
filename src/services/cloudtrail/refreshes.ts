/** Refreshes of dashboards: the queries of all widgets at once, found afterwards by alias and refresh. */
import {
  InvalidParameterException,
  ServiceQuotaExceededException,
  type StartDashboardRefreshRequest,
  type StartDashboardRefreshResponse,
} from '@aws-sdk/client-cloudtrail';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { digits } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { dashboardAccess, findDashboard, type Seen } from './dashboardNames.ts';
import { dashboards } from './dashboardRows.ts';
import { findStore, requireActive, storeAccess } from './eventDataStoreNames.ts';
import { type EventDataStore, queries } from './lakeRows.ts';
import { STORE_PARAMETER } from './managedDashboards.ts';
import { SERVICE } from './organizationTrails.ts';
import { keepQuery } from './queryStarts.ts';
import { queryOf, storesOf } from './widgets.ts';

const ASKED_FOR = new Set(['$StartTime$', '$EndTime$', '$Period$', STORE_PARAMETER]);

interface Refreshed {
  readonly seen: Seen;
  /** Of a managed dashboard: what the caller wants it to look at. */
  readonly store?: EventDataStore | undefined;
}

type Refresh = Operation<Present<StartDashboardRefreshRequest>, StartDashboardRefreshResponse, Refreshed>;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartDashboardRefresh.html */
export const StartDashboardRefresh: Refresh = {
  async load(input, ctx) {
    const seen = await findDashboard(ctx, input.DashboardId);
    if (seen instanceof Missing) return seen;
    const id = seen.managed && input.QueryParameterValues?.[STORE_PARAMETER];
    const store = id === undefined ? undefined : await findStore(ctx, id);
    return store instanceof Missing ? store : { seen, store };
  },
  access: (_input, ctx, { seen, store }) => [
    dashboardAccess(seen),
    ...(store ? [{ ...storeAccess(ctx, store), action: 'cloudtrail:StartQuery' }] : []),
  ],
  async run(input, ctx, { seen, store }) {
    const values = input.QueryParameterValues ?? {};
    const unknown = Object.keys(values).find((name) => !ASKED_FOR.has(name));
    if (unknown !== undefined) fail(InvalidParameterException, `Query parameter ${unknown} is not valid.`);
    if (seen.managed && !store) {
      fail(InvalidParameterException, `The query parameter ${STORE_PARAMETER} is required for managed dashboards.`);
    }
    const RefreshId = `${ctx.now.getTime()}${digits(6, ctx)}`;
    const asked: Asked[] = [];
    for (const widget of seen.managed ?? seen.dashboard.widgets) {
      const statement = queryOf(widget, values, ctx.now);
      const stores = await storesOf(ctx, ctx.account, statement);
      for (const each of stores) await requireLet(ctx, seen, each);
      asked.push({ alias: widget.alias, statement, store: stores[0]?.id ?? '' });
    }
    await requireIdle(ctx, asked);
    if (seen.dashboard) {
      const { lastFailure: _, ...rest } = seen.dashboard;
      await ctx.store.replace(dashboards, { ...rest, lastRefresh: RefreshId });
    }
    for (const query of asked) await keepQuery(ctx, { ...query, refresh: RefreshId });
    return { RefreshId };
  },
};

interface Asked {
  readonly alias: string;
  readonly statement: string;
  readonly store: string;
}

/** A dashboard of an account's own is queried for by CloudTrail, which the store's policy must let in. */
async function requireLet(ctx: Context, { arn, dashboard }: Seen, store: EventDataStore): Promise<void> {
  requireActive(store);
  if (!dashboard) return;
  const principal = servicePrincipal(SERVICE, { arn, account: dashboard.account });
  await ctx.permit('cloudtrail:StartQuery', storeAccess(ctx, store), principal);
}

/** One refresh of a dashboard at a time. */
async function requireIdle(ctx: Context, asked: readonly Asked[]): Promise<void> {
  for (const { alias } of asked) {
    const page = { limit: 1, index: 'alias' };
    const [last] = (await ctx.store.list(queries, [ctx.account, ctx.region, alias], page)).rows;
    if (last?.status === 'QUEUED' || last?.status === 'RUNNING') {
      fail(ServiceQuotaExceededException, 'A refresh of the dashboard is already in progress.');
    }
  }
}
