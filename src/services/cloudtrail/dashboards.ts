/**
 * Dashboards: queries of event data stores, made anew when somebody asks or at intervals.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/lake-dashboard.html
 */
import {
  ConflictException,
  type CreateDashboardRequest,
  type CreateDashboardResponse,
  type DeleteDashboardRequest,
  type DeleteDashboardResponse,
  type GetDashboardRequest,
  type GetDashboardResponse,
  InvalidNextTokenException,
  type ListDashboardsRequest,
  type ListDashboardsResponse,
  type RefreshSchedule,
  ServiceQuotaExceededException,
  type UpdateDashboardRequest,
  type UpdateDashboardResponse,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { fail, notImplemented } from '../../core/errors.ts';
import { type Access, Missing, type Operation, type Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { dashboardAccess, findDashboard, requireCustom, type Seen } from './dashboardNames.ts';
import { type Dashboard, dashboardArn, dashboards } from './dashboardRows.ts';
import { scheduleAfter, scheduleRefresh } from './dashboardSchedules.ts';
import { findStore, storeAccess } from './eventDataStoreNames.ts';
import type { EventDataStore } from './lakeRows.ts';
import { MANAGED } from './managedDashboards.ts';
import { newTags } from './tagging.ts';
import { requiredWidgets, storeIdsOf, widgetView } from './widgets.ts';

const DASHBOARDS_A_REGION = 100;
const HIGHLIGHTS = 'AWSCloudTrail-Highlights';

type Widgets = CreateDashboardRequest['Widgets'];

/** Stores that widgets query: what is not there is told by `run`, to those who may. */
async function queried(ctx: Context, widgets: Widgets): Promise<readonly EventDataStore[]> {
  const found = await Promise.all(storeIdsOf(widgets ?? []).map((id) => findStore(ctx, id)));
  return found.filter((store): store is EventDataStore => !(store instanceof Missing));
}

/** Whoever lets a dashboard query stores, or refresh itself, needs the permission to do so. */
const further = (
  ctx: Context,
  access: Access,
  stores: readonly EventDataStore[],
  schedule?: RefreshSchedule,
): Access[] => [
  ...stores.map((store) => ({ ...storeAccess(ctx, store), action: 'cloudtrail:StartQuery' })),
  ...(schedule ? [{ ...access, action: 'cloudtrail:StartDashboardRefresh' }] : []),
];

type Create = Operation<Present<CreateDashboardRequest>, CreateDashboardResponse, readonly EventDataStore[]>;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateDashboard.html */
export const CreateDashboard: Create = {
  load: (input, ctx) => queried(ctx, input.Widgets),
  access(input, ctx, stores) {
    const access = { resource: dashboardArn({ ...ctx, name: input.Name }), conditions: requestTags(input.TagsList) };
    return [access, ...further(ctx, access, stores, input.RefreshSchedule)];
  },
  async run(input, ctx) {
    if (input.Name === HIGHLIGHTS) notImplemented('The Highlights dashboard');
    const taken = MANAGED.has(input.Name) || (await ctx.store.get(dashboards, [ctx.account, ctx.region, input.Name]));
    if (taken) fail(ConflictException, `A dashboard with the name ${input.Name} already exists.`);
    const max = quota(ctx, 'DashboardsPerRegion', DASHBOARDS_A_REGION);
    if (!(await ctx.store.fits(dashboards, [ctx.account, ctx.region], max, 'region'))) {
      fail(ServiceQuotaExceededException, `Your account has reached the maximum of ${max} dashboards.`);
    }
    const now = ctx.now.getTime();
    const dashboard: Dashboard = {
      account: ctx.account,
      region: ctx.region,
      name: input.Name,
      widgets: await requiredWidgets(ctx, input.Widgets ?? []),
      schedule: scheduleAfter(undefined, input.RefreshSchedule),
      isProtected: input.TerminationProtectionEnabled ?? false,
      tags: newTags([], input.TagsList ?? []),
      created: now,
      updated: now,
    };
    await ctx.store.insert(dashboards, dashboard);
    await scheduleRefresh(ctx, dashboard);
    return { ...view(dashboard), TagsList: dashboard.tags.map((tag) => ({ ...tag })) };
  },
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetDashboard.html */
export const GetDashboard: Operation<Present<GetDashboardRequest>, GetDashboardResponse, Seen> = {
  load: (input, ctx) => findDashboard(ctx, input.DashboardId),
  access: (_input, _ctx, seen) => dashboardAccess(seen),
  async run(_input, _ctx, { arn, dashboard, managed }) {
    if (managed) return { DashboardArn: arn, Type: 'MANAGED', Status: 'CREATED', Widgets: managed.map(widgetView) };
    const { Name: _, ...shown } = view(dashboard);
    return {
      ...shown,
      Status: dashboard.updated === dashboard.created ? 'CREATED' : 'UPDATED',
      CreatedTimestamp: new Date(dashboard.created),
      UpdatedTimestamp: new Date(dashboard.updated),
      ...(dashboard.lastRefresh !== undefined && { LastRefreshId: dashboard.lastRefresh }),
      ...(dashboard.lastFailure !== undefined && { LastRefreshFailureReason: dashboard.lastFailure }),
    };
  },
};

interface Updated {
  readonly seen: Seen;
  readonly stores: readonly EventDataStore[];
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateDashboard.html */
export const UpdateDashboard: Operation<Present<UpdateDashboardRequest>, UpdateDashboardResponse, Updated> = {
  async load(input, ctx) {
    const seen = await findDashboard(ctx, input.DashboardId);
    return seen instanceof Missing ? seen : { seen, stores: await queried(ctx, input.Widgets) };
  },
  access(input, ctx, { seen, stores }) {
    const access = dashboardAccess(seen);
    return [access, ...further(ctx, access, stores, input.RefreshSchedule)];
  },
  async run(input, ctx, { seen }) {
    const before = requireCustom(seen);
    const after: Dashboard = {
      ...before,
      widgets: input.Widgets ? await requiredWidgets(ctx, input.Widgets, before.widgets) : before.widgets,
      schedule: scheduleAfter(before.schedule, input.RefreshSchedule),
      isProtected: input.TerminationProtectionEnabled ?? before.isProtected,
      updated: Math.max(ctx.now.getTime(), before.created + 1),
    };
    await ctx.store.replace(dashboards, after);
    if (input.RefreshSchedule) await scheduleRefresh(ctx, after);
    return {
      ...view(after),
      CreatedTimestamp: new Date(after.created),
      UpdatedTimestamp: new Date(after.updated),
    };
  },
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteDashboard.html */
export const DeleteDashboard: Operation<Present<DeleteDashboardRequest>, DeleteDashboardResponse, Seen> = {
  load: (input, ctx) => findDashboard(ctx, input.DashboardId),
  access: (_input, _ctx, seen) => dashboardAccess(seen),
  async run(_input, ctx, seen) {
    const dashboard = requireCustom(seen);
    if (dashboard.isProtected) {
      const sentence = 'The dashboard cannot be deleted because termination protection is enabled for it.';
      fail(ConflictException, sentence);
    }
    await ctx.store.remove(dashboards, dashboards.key(dashboard));
    await scheduleRefresh(ctx, { ...dashboard, schedule: undefined });
    return {};
  },
};

const PAGE = 100;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListDashboards.html */
export const ListDashboards: Operation<ListDashboardsRequest, ListDashboardsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { NamePrefix: startsWith = '', Type } = input;
    const limit = input.MaxResults ?? PAGE;
    const from = placeOf(input.NextToken);
    const page = { limit, after: from.row, startsWith };
    const custom = Type !== 'MANAGED' && from.managed === undefined;
    const { rows, next } = custom
      ? await ctx.store.list(dashboards, [ctx.account, ctx.region], page)
      : { rows: [], next: undefined };
    const names = Type === 'CUSTOM' ? [] : [...MANAGED.keys()].filter((name) => name.startsWith(startsWith));
    const first = from.managed ?? 0;
    const shown = next === undefined ? names.slice(first, first + limit - rows.length) : [];
    const end = first + shown.length;
    const more = next === undefined ? (end < names.length ? `managed ${end}` : undefined) : `row ${next}`;
    return {
      Dashboards: [
        ...rows.map((row) => ({ DashboardArn: dashboardArn(row), Type: 'CUSTOM' as const })),
        ...shown.map((name) => ({ DashboardArn: dashboardArn({ ...ctx, name }), Type: 'MANAGED' as const })),
      ],
      ...(more !== undefined && { NextToken: tokenOf(more) }),
    };
  },
};

/** Behind which row, or at which of the managed dashboards, the page begins: those come last. */
function placeOf(token: string | undefined): { readonly row?: string; readonly managed?: number } {
  if (token === undefined) return {};
  const [, kind, place = ''] = /^(row|managed) (.+)$/s.exec(cursorOf(token) ?? '') ?? [];
  if (kind === 'row') return { row: place };
  if (kind === 'managed' && /^\d{1,4}$/.test(place)) return { managed: Number(place) };
  fail(InvalidNextTokenException, 'Invalid NextToken.');
}

const view = (dashboard: Dashboard) => ({
  DashboardArn: dashboardArn(dashboard),
  Name: dashboard.name,
  Type: 'CUSTOM' as const,
  Widgets: dashboard.widgets.map(widgetView),
  ...(dashboard.schedule && { RefreshSchedule: { ...dashboard.schedule } }),
  TerminationProtectionEnabled: dashboard.isProtected,
});
