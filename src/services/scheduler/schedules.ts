/** Schedules. */
import type {
  CreateScheduleInput,
  CreateScheduleOutput,
  DeleteScheduleInput,
  GetScheduleInput,
  GetScheduleOutput,
  ListSchedulesInput,
  ListSchedulesOutput,
  Target,
  UpdateScheduleInput,
  UpdateScheduleOutput,
} from '@aws-sdk/client-scheduler';
import type { Context } from '../../core/context.ts';
import { AccessDenied } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { parseSchedule } from '../../core/schedule.ts';
import { notAnyMore } from '../../core/tasks.ts';
import { isTimeZone } from '../../core/zones.ts';
import { passRole } from '../../identity/passRole.ts';
import { conflict, noGroup, noSchedule, overQuota, refuse } from './errors.ts';
import { FIRE, rescheduled } from './firing.ts';
import { roleOf } from './invoking.ts';
import { rowsPage } from './pages.ts';
import { kept, opened } from './payloads.ts';
import {
  DEFAULT_GROUP,
  findGroup,
  type Group,
  groupArn,
  type Schedule,
  type ScheduleName,
  scheduleArn,
  scheduleKey,
  schedules,
} from './rows.ts';
import { checkTarget } from './targets.ts';

type Put = Present<CreateScheduleInput> | Present<UpdateScheduleInput>;

interface Place {
  readonly group: Group;
  readonly named: ScheduleName;
  readonly schedule: Schedule | undefined;
}

async function placeOf(
  ctx: Context,
  { Name, GroupName = DEFAULT_GROUP }: { Name: string; GroupName?: string | undefined },
) {
  const named = { account: ctx.account, region: ctx.region, group: GroupName, name: Name };
  const group = await findGroup(ctx.store, ctx, GroupName);
  if (!group) return new Missing(scheduleArn(named), noGroup(GroupName));
  return { group, named, schedule: await ctx.store.get(schedules, scheduleKey(named)) };
}

async function existing(ctx: Context, input: Parameters<typeof placeOf>[1]): Promise<Place | Missing> {
  const place = await placeOf(ctx, input);
  if (place instanceof Missing || place.schedule) return place;
  return new Missing(scheduleArn(place.named), noSchedule(input.Name));
}

const accessOf = ({ named, group }: Place) => ({ resource: scheduleArn(named), resourceTags: group.tags });

const putAccess = (input: Put, place: Place) => [
  accessOf(place),
  passRole(input.Target.RoleArn!, 'scheduler.amazonaws.com', scheduleArn(place.named)),
];

export const CreateSchedule: Operation<Present<CreateScheduleInput>, CreateScheduleOutput, Place> = {
  load: (input, ctx) => placeOf(ctx, input),
  access: (input, _ctx, place) => putAccess(input, place),
  async run(input, ctx, { group, named, schedule: before }) {
    const { ClientToken: token } = input;
    if (before && token !== undefined && before.token === token) return { ScheduleArn: scheduleArn(before) };
    if (before) conflict(`Schedule ${named.name} already exists.`);
    if (group.state === 'DELETING') conflict(`Schedule group ${group.name} is being deleted.`);
    const max = quota(ctx, 'Schedules', 10_000_000);
    if (!(await ctx.store.fits(schedules, [ctx.account, ctx.region], max, 'place'))) {
      overQuota(`The maximum number of schedules (${max}) has been reached.`);
    }
    const now = ctx.now.toISOString();
    const made = { created: now, modified: now, since: ctx.now.getTime(), ...(token !== undefined && { token }) };
    const schedule = await drafted(ctx, input, named, made);
    await ctx.store.replace(schedules, schedule);
    await rescheduled(ctx, schedule, ctx.now.getTime() - 1);
    return { ScheduleArn: scheduleArn(schedule) };
  },
};

export const UpdateSchedule: Operation<Present<UpdateScheduleInput>, UpdateScheduleOutput, Place> = {
  load: (input, ctx) => existing(ctx, input),
  access: (input, _ctx, place) => putAccess(input, place),
  async run(input, ctx, { named, schedule: before }) {
    const { created, token } = before!;
    const made = { created, modified: ctx.now.toISOString(), since: ctx.now.getTime() };
    const schedule = await drafted(ctx, input, named, { ...made, ...(token !== undefined && { token }) });
    await ctx.store.replace(schedules, schedule);
    await rescheduled(ctx, schedule, ctx.now.getTime() - 1);
    return { ScheduleArn: scheduleArn(schedule) };
  },
};

type Made = Pick<Schedule, 'created' | 'modified' | 'since' | 'token'>;

/** All values are those of the request: what it leaves out takes its default, also in an update. */
async function drafted(ctx: Context, input: Put, named: ScheduleName, made: Made): Promise<Schedule> {
  const { Input, ...target } = input.Target;
  checkTimes(input, ctx);
  checkTarget(input.Target);
  await requireRole(ctx, named, target);
  const payload = await kept(ctx, named, Input, input.KmsKeyArn);
  const { Mode, MaximumWindowInMinutes: window } = input.FlexibleTimeWindow;
  return {
    ...named,
    ...made,
    ...(input.Description !== undefined && { description: input.Description }),
    expression: input.ScheduleExpression,
    zone: input.ScheduleExpressionTimezone ?? 'UTC',
    ...(input.StartDate && { start: input.StartDate.getTime() }),
    ...(input.EndDate && { end: input.EndDate.getTime() }),
    ...(Mode === 'FLEXIBLE' && window !== undefined && { window }),
    state: input.State ?? 'ENABLED',
    target: { ...target, RetryPolicy: { ...STANDARD_RETRY, ...target.RetryPolicy } },
    ...(payload && { payload }),
    deletedAfter: input.ActionAfterCompletion === 'DELETE',
    ...(input.KmsKeyArn !== undefined && { kmsKey: input.KmsKeyArn }),
  };
}

const STANDARD_RETRY = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 };

function checkTimes(input: Put, ctx: Context): void {
  const { ScheduleExpression: expression, ScheduleExpressionTimezone: zone, StartDate, EndDate } = input;
  if (!parseSchedule(expression, { lenient: true })) refuse(`Invalid Schedule Expression ${expression}.`);
  if (zone !== undefined && !isTimeZone(zone)) refuse(`Invalid Schedule Expression Timezone ${zone}.`);
  if (StartDate && EndDate && StartDate >= EndDate)
    refuse('The StartDate you specify must be earlier than the EndDate.');
  if (EndDate && EndDate <= ctx.now) refuse('The EndDate you specify must be in the future.');
  const { Mode, MaximumWindowInMinutes: window } = input.FlexibleTimeWindow;
  if (Mode === 'FLEXIBLE' && window === undefined) {
    refuse('MaximumWindowInMinutes must be specified when Mode is FLEXIBLE.');
  }
  if (Mode === 'OFF' && window !== undefined) refuse('MaximumWindowInMinutes must not be specified when Mode is OFF.');
}

/** The role must let the service in already now. */
async function requireRole(ctx: Context, named: ScheduleName, { RoleArn }: Omit<Target, 'Input'>): Promise<void> {
  try {
    await roleOf(ctx, named, RoleArn!);
  } catch (error) {
    if (!(error instanceof AccessDenied)) throw error;
    refuse('The execution role you provide must allow AWS EventBridge Scheduler to assume the role.');
  }
}

export const DeleteSchedule: Operation<Present<DeleteScheduleInput>, object, Place> = {
  load: (input, ctx) => existing(ctx, input),
  access: (_input, _ctx, place) => accessOf(place),
  async run(_input, ctx, { named }) {
    await ctx.store.remove(schedules, scheduleKey(named));
    await notAnyMore(ctx.store, FIRE, scheduleKey(named).join(' '));
    return {};
  },
};

export const GetSchedule: Operation<Present<GetScheduleInput>, GetScheduleOutput, Place> = {
  load: (input, ctx) => existing(ctx, input),
  access: (_input, _ctx, place) => accessOf(place),
  async run(_input, ctx, { schedule: found }) {
    const schedule = found!;
    const Input = await opened(ctx, schedule, schedule.payload);
    return {
      Arn: scheduleArn(schedule),
      GroupName: schedule.group,
      Name: schedule.name,
      ScheduleExpression: schedule.expression,
      ScheduleExpressionTimezone: schedule.zone,
      ...(schedule.start !== undefined && { StartDate: new Date(schedule.start) }),
      ...(schedule.end !== undefined && { EndDate: new Date(schedule.end) }),
      ...(schedule.description !== undefined && { Description: schedule.description }),
      State: schedule.state,
      ...(schedule.kmsKey !== undefined && { KmsKeyArn: schedule.kmsKey }),
      Target: { ...schedule.target, ...(Input !== undefined && { Input }) } as Target,
      FlexibleTimeWindow:
        schedule.window === undefined ? { Mode: 'OFF' } : { Mode: 'FLEXIBLE', MaximumWindowInMinutes: schedule.window },
      ActionAfterCompletion: schedule.deletedAfter ? 'DELETE' : 'NONE',
      CreationDate: new Date(schedule.created),
      LastModificationDate: new Date(schedule.modified),
    };
  },
};

export const ListSchedules: Operation<Present<ListSchedulesInput>, ListSchedulesOutput, Group | undefined> = {
  async load({ GroupName }, ctx) {
    if (GroupName === undefined) return undefined;
    const group = await findGroup(ctx.store, ctx, GroupName);
    return group ?? new Missing(groupArn({ ...ctx, name: GroupName }), noGroup(GroupName));
  },
  access: () => ({ resource: '*' }),
  async run(input, ctx, group) {
    const place = [ctx.account, ctx.region];
    const { State } = input;
    const keep = State === undefined ? undefined : (schedule: Schedule) => schedule.state === State;
    const listing = { startsWith: input.NamePrefix, keep };
    const { rows, page } = group
      ? await rowsPage(ctx, schedules, [...place, group.name], input, listing)
      : await rowsPage(ctx, schedules, place, input, { ...listing, index: 'all' });
    return { Schedules: rows.map(summary), ...page };
  },
};

const summary = (schedule: Schedule) => ({
  Arn: scheduleArn(schedule),
  Name: schedule.name,
  GroupName: schedule.group,
  State: schedule.state,
  CreationDate: new Date(schedule.created),
  LastModificationDate: new Date(schedule.modified),
  Target: { Arn: schedule.target.Arn },
});
