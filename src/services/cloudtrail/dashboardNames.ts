/** What requests call a dashboard: its name or its ARN, of an account's own or a managed one. */
import { InvalidParameterException, ResourceNotFoundException } from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { type Access, Missing } from '../../core/operation.ts';
import { type Dashboard, type DashboardWidget, dashboardArn, dashboards } from './dashboardRows.ts';
import { MANAGED } from './managedDashboards.ts';
import type { Guarded } from './resourcePolicyRules.ts';
import type { Tagged } from './tagging.ts';

export type Seen =
  | { readonly arn: string; readonly managed?: undefined; readonly dashboard: Dashboard }
  | { readonly arn: string; readonly managed: readonly DashboardWidget[]; readonly dashboard?: undefined };

export async function findDashboard(ctx: Context, text: string): Promise<Seen | Missing> {
  const own = dashboardArn({ ...ctx, name: '' });
  const name = text.startsWith(own) ? text.slice(own.length) : text;
  const arn = text.startsWith('arn:') ? text : `${own}${name}`;
  const managed = MANAGED.get(name);
  if (managed) return { arn, managed };
  const dashboard = await ctx.store.get(dashboards, [ctx.account, ctx.region, name]);
  if (dashboard) return { arn, dashboard };
  const sentence = `The dashboard ${text} could not be found.`;
  return new Missing(/^arn:|^[\w-]+$/.test(text) ? arn : '*', awsError(ResourceNotFoundException, sentence));
}

export const dashboardAccess = ({ arn, dashboard }: Seen): Access => {
  const policy = dashboard?.policyInForce ?? dashboard?.policy;
  return {
    resource: arn,
    ...(dashboard && { resourceTags: dashboard.tags }),
    ...(policy !== undefined && { resourcePolicy: policy }),
  };
};

/** What CloudTrail itself manages nobody changes. */
export function requireCustom({ arn, dashboard }: Seen): Dashboard {
  return dashboard ?? fail(InvalidParameterException, `The dashboard ${arn} is managed by CloudTrail.`);
}

/** For the operations on tags. */
export async function taggedDashboard(ctx: Context, arn: string): Promise<Tagged | Missing> {
  const seen = await findDashboard(ctx, arn);
  if (seen instanceof Missing) return seen;
  const dashboard = requireCustom(seen);
  return {
    arn,
    access: dashboardAccess(seen),
    tags: dashboard.tags,
    write: (tags) => ctx.store.replace(dashboards, { ...dashboard, tags }),
  };
}

/** For the operations on policies. */
export async function guardedDashboard(ctx: Context, arn: string): Promise<Guarded | Missing> {
  const seen = await findDashboard(ctx, arn);
  if (seen instanceof Missing) return seen;
  const { policy, policyInForce: _, ...rest } = requireCustom(seen);
  return {
    kind: 'dashboard',
    arn,
    policy,
    access: dashboardAccess(seen),
    write: (fields) => ctx.store.replace(dashboards, { ...rest, ...fields }),
  };
}
