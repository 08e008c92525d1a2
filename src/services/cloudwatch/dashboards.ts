/** Dashboards: one body each, kept byte for byte, for all Regions of the account. */
import {
  DashboardInvalidInputError,
  DashboardNotFoundError,
  type DeleteDashboardsInput,
  type GetDashboardInput,
  type GetDashboardOutput,
  type ListDashboardsInput,
  type ListDashboardsOutput,
  type PutDashboardInput,
  type PutDashboardOutput,
} from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present, type Tag } from '../../core/operation.ts';
import { requestTags } from '../../core/tags.ts';
import { table } from '../../store/store.ts';
import { checkTags } from './alarmChecks.ts';
import { checkBody } from './dashboardBody.ts';
import { wholePage } from './pages.ts';
import { invalidValue, missing } from './words.ts';

export interface Dashboard {
  readonly account: string;
  readonly name: string;
  readonly body: string;
  readonly tags: readonly Tag[];
  /** Milliseconds. */
  readonly modified: number;
}

export const dashboards = table<Dashboard>('cw_dashboard', { key: ({ account, name }) => [account, name] });

export const dashboardArn = ({ account, partition }: Pick<Context, 'account' | 'partition'>, name: string) =>
  `arn:${partition}:cloudwatch::${account}:dashboard/${name}`;

const find = (ctx: Context, name: string) => ctx.store.get(dashboards, [ctx.account, name]);

export const PutDashboard: Operation<Present<PutDashboardInput>, PutDashboardOutput, Dashboard | undefined> = {
  load: (input, ctx) => find(ctx, input.DashboardName),
  access(input, ctx, existing) {
    const resource = dashboardArn(ctx, input.DashboardName);
    const put = { resource, resourceTags: existing?.tags, conditions: requestTags(input.Tags) };
    if (existing || !input.Tags?.length) return put;
    return [put, { action: 'cloudwatch:TagResource', resource, conditions: requestTags(input.Tags) }];
  },
  async run(input, ctx, existing) {
    if (!/^[\w-]*$/.test(input.DashboardName)) {
      invalidValue(
        'The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n',
      );
    }
    if (input.DashboardName === '') missing('DashboardName');
    if (input.DashboardName.length > 255)
      invalidValue('The value for field DashboardName exceeds the maximum length of 255.');
    const { errors, warnings } = checkBody(input.DashboardBody);
    if (errors.length > 0) {
      fail(DashboardInvalidInputError, `The field DashboardBody must be a valid JSON object`, {
        message: `The dashboard body is invalid, there are ${errors.length} validation errors`,
        dashboardValidationMessages: errors,
      });
    }
    const { account, now } = ctx;
    const tags = existing?.tags ?? checkTags(input.Tags);
    const row = { account, name: input.DashboardName, body: input.DashboardBody, tags, modified: now.getTime() };
    await ctx.store.replace(dashboards, row);
    return { DashboardValidationMessages: warnings };
  },
};

const notFound = (name: string) => awsError(DashboardNotFoundError, `Dashboard ${name} does not exist`);

export const GetDashboard: Operation<Present<GetDashboardInput>, GetDashboardOutput, Dashboard> = {
  async load(input, ctx) {
    const name = input.DashboardName;
    return (await find(ctx, name)) ?? new Missing(dashboardArn(ctx, name), notFound(name));
  },
  access: (_input, ctx, { name, tags }) => ({ resource: dashboardArn(ctx, name), resourceTags: tags }),
  run: async (_input, ctx, { name, body }) => ({
    DashboardArn: dashboardArn(ctx, name),
    DashboardBody: body,
    DashboardName: name,
  }),
};

const PAGE = 1000;

export const ListDashboards: Operation<ListDashboardsInput, ListDashboardsOutput> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const startsWith = input.DashboardNamePrefix;
    const listing = { standard: PAGE, startsWith };
    const { rows, page } = await wholePage(ctx, dashboards, [ctx.account], input, listing);
    return {
      DashboardEntries: rows.map(({ name, body, modified }) => ({
        DashboardName: name,
        DashboardArn: dashboardArn(ctx, name),
        LastModified: new Date(modified),
        Size: Buffer.byteLength(body),
      })),
      ...page,
    };
  },
};

/** All of them, or none where one does not exist. */
export const DeleteDashboards: Operation<Present<DeleteDashboardsInput>, object, (Dashboard | undefined)[]> = {
  async load(input, ctx) {
    const found: (Dashboard | undefined)[] = [];
    for (const name of input.DashboardNames) found.push(await find(ctx, name));
    return found;
  },
  access: (input, ctx, found) =>
    input.DashboardNames.map((name, at) => ({ resource: dashboardArn(ctx, name), resourceTags: found[at]?.tags })),
  async run(input, ctx, found) {
    if (input.DashboardNames.length === 0) missing('DashboardNames');
    const absent = input.DashboardNames.find((_, at) => !found[at]);
    if (absent !== undefined) throw notFound(absent);
    for (const dashboard of found) await ctx.store.remove(dashboards, dashboards.key(dashboard!));
    return {};
  },
};
