/**
 * Refreshes at intervals: a task of the dashboard's own, carried out in CloudTrail's name, as far as the dashboard's
 * policy lets it.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/lake-dashboard-refresh.html
 */
import { InvalidParameterException, type RefreshSchedule } from '@aws-sdk/client-cloudtrail';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { later, notAnyMore, type TaskHandler } from '../../core/tasks.ts';
import { type Dashboard, dashboardArn, dashboards } from './dashboardRows.ts';
import { SERVICE } from './organizationTrails.ts';

const KIND = 'cloudtrail.dashboard';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const HOURS = [1, 6, 12, 24];

/** The schedule with what a request says of it. */
export function scheduleAfter(
  before: RefreshSchedule | undefined,
  given: RefreshSchedule | undefined,
): RefreshSchedule | undefined {
  if (!given) return before;
  const after = { ...before, ...given };
  const { Unit, Value } = after.Frequency ?? {};
  const sound = Unit === 'DAYS' ? Value === 1 : Unit === 'HOURS' && HOURS.includes(Value ?? 0);
  if (!sound && (after.Frequency || after.Status !== 'DISABLED')) {
    const sentence = `The refresh schedule must have a frequency of ${HOURS.join(', ')} HOURS or 1 DAYS.`;
    fail(InvalidParameterException, sentence);
  }
  const [hours = 0, minutes = 0] = timeOfDay(after);
  if (hours > 23 || minutes > 59) fail(InvalidParameterException, `TimeOfDay ${after.TimeOfDay} is not a time.`);
  return { Status: 'ENABLED', TimeOfDay: '00:00', ...after };
}

const timeOfDay = ({ TimeOfDay = '00:00' }: RefreshSchedule) => TimeOfDay.split(':').map(Number);

/** Owes the next refresh; takes back what is owed where there is to be none. */
export async function scheduleRefresh(ctx: Context, dashboard: Dashboard): Promise<void> {
  const id = dashboardArn(dashboard);
  const due = nextRefresh(dashboard.schedule, ctx.now.getTime());
  if (due === undefined) await notAnyMore(ctx.store, KIND, id);
  else await later<readonly string[]>(ctx, { kind: KIND, id, body: dashboards.key(dashboard), due });
}

/** Milliseconds: the first time after `now`. Hours are counted from midnight, and begin at the minute of the schedule. */
function nextRefresh(schedule: RefreshSchedule | undefined, now: number): number | undefined {
  if (schedule?.Status !== 'ENABLED') return undefined;
  const [hours = 0, minutes = 0] = timeOfDay(schedule);
  const daily = schedule.Frequency?.Unit === 'DAYS';
  const period = daily ? 24 * HOUR_MS : (schedule.Frequency?.Value ?? 24) * HOUR_MS;
  const offset = (daily ? hours : 0) * HOUR_MS + minutes * MINUTE_MS;
  return (Math.floor((now - offset) / period) + 1) * period + offset;
}

export const scheduledRefresh: Pick<TaskHandler<readonly string[]>, 'settle' | 'failed'> = {
  async settle({ body: key }, ctx) {
    const dashboard = await ctx.store.get(dashboards, key);
    if (!dashboard) return undefined;
    const arn = dashboardArn(dashboard);
    const principal = servicePrincipal(SERVICE, { arn, account: dashboard.account });
    await ctx.call('cloudtrail', 'StartDashboardRefresh', { DashboardId: arn }, principal);
    return untilNext(dashboard, ctx);
  },
  async failed({ body: key }, ctx, error) {
    const dashboard = await ctx.store.get(dashboards, key);
    if (!dashboard) return undefined;
    const lastFailure = error instanceof Error ? error.message : String(error);
    await ctx.store.replace(dashboards, { ...dashboard, lastFailure });
    return untilNext(dashboard, ctx);
  },
};

function untilNext({ schedule }: Dashboard, { now }: Context): number | undefined {
  const next = nextRefresh(schedule, now.getTime());
  return next === undefined ? undefined : next - now.getTime();
}
