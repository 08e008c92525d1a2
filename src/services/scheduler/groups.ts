/** Schedule groups: what has tags, and is deleted with all its schedules. */
import type {
  CreateScheduleGroupInput,
  CreateScheduleGroupOutput,
  DeleteScheduleGroupInput,
  GetScheduleGroupInput,
  GetScheduleGroupOutput,
  ListScheduleGroupsInput,
  ListScheduleGroupsOutput,
  ListTagsForResourceInput,
  ListTagsForResourceOutput,
  TagResourceInput,
  UntagResourceInput,
} from '@aws-sdk/client-scheduler';
import type { Context } from '../../core/context.ts';
import { Missing, type Operation, type Present, type Tag } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { later } from '../../core/tasks.ts';
import { conflict, noGroup, overQuota, refuse } from './errors.ts';
import { CLEAR } from './groupTask.ts';
import { rowsPage } from './pages.ts';
import { DEFAULT_GROUP, findGroup, type Group, groupArn, groups, scheduleArn } from './rows.ts';

export const CreateScheduleGroup: Operation<Present<CreateScheduleGroupInput>, CreateScheduleGroupOutput> = {
  access: (input, ctx) => ({
    resource: groupArn({ ...ctx, name: input.Name }),
    conditions: requestTags(input.Tags),
  }),
  async run(input, ctx) {
    const { ClientToken: token } = input;
    const now = ctx.now.toISOString();
    const before = await findGroup(ctx.store, ctx, input.Name);
    if (before && token !== undefined && before.token === token) return { ScheduleGroupArn: groupArn(before) };
    if (before) conflict(`Schedule group ${input.Name} already exists.`);
    const max = quota(ctx, 'ScheduleGroups', 500);
    if (!(await ctx.store.fits(groups, [ctx.account, ctx.region], max, 'place'))) {
      overQuota(`The maximum number of schedule groups (${max}) has been reached.`);
    }
    const group: Group = {
      account: ctx.account,
      region: ctx.region,
      name: input.Name,
      state: 'ACTIVE',
      tags: acceptedTags([], input.Tags ?? []),
      created: now,
      modified: now,
      ...(token !== undefined && { token }),
    };
    await ctx.store.replace(groups, group);
    return { ScheduleGroupArn: groupArn(group) };
  },
};

const TAGS_MAX = 50;

function acceptedTags(
  tags: readonly Tag[],
  given: readonly { Key?: string | undefined; Value?: string | undefined }[],
) {
  const changes = given.map(({ Key, Value }) => ({ Key: Key ?? '', Value: Value ?? '' }));
  if (changes.some(({ Key }) => /^aws:/i.test(Key))) refuse('Tag keys starting with aws: are reserved for system use.');
  if (new Set(changes.map(({ Key }) => Key)).size < changes.length) refuse('Duplicate tag keys are not allowed.');
  const merged = withTags(tags, changes);
  if (merged.length > TAGS_MAX) refuse(`A schedule group can have at most ${TAGS_MAX} tags.`);
  return merged;
}

async function loadNamed(ctx: Context, name: string): Promise<Group | Missing> {
  return (await findGroup(ctx.store, ctx, name)) ?? new Missing(groupArn({ ...ctx, name }), noGroup(name));
}

const accessOf = (group: Group, conditions = {}) => ({
  resource: groupArn(group),
  resourceTags: group.tags,
  conditions,
});

export const GetScheduleGroup: Operation<Present<GetScheduleGroupInput>, GetScheduleGroupOutput, Group> = {
  load: (input, ctx) => loadNamed(ctx, input.Name),
  access: (_input, _ctx, group) => accessOf(group),
  run: async (_input, _ctx, group) => view(group),
};

const view = (group: Group) => ({
  Arn: groupArn(group),
  Name: group.name,
  State: group.state,
  ...(group.created !== undefined && { CreationDate: new Date(group.created) }),
  ...(group.modified !== undefined && { LastModificationDate: new Date(group.modified) }),
});

export const DeleteScheduleGroup: Operation<Present<DeleteScheduleGroupInput>, object, Group> = {
  load: (input, ctx) => loadNamed(ctx, input.Name),
  access: (_input, _ctx, group) => [
    accessOf(group),
    {
      action: 'scheduler:DeleteSchedule',
      resource: scheduleArn({ ...group, group: group.name, name: '*' }),
      resourceTags: group.tags,
    },
  ],
  async run(_input, ctx, group) {
    if (group.name === DEFAULT_GROUP) refuse('The default schedule group cannot be deleted.');
    const { account, region, name } = group;
    await ctx.store.replace(groups, { ...group, state: 'DELETING', modified: ctx.now.toISOString() });
    await later(ctx, { kind: CLEAR, id: [account, region, name].join(' '), body: { account, region, name } });
    return {};
  },
};

export const ListScheduleGroups: Operation<Present<ListScheduleGroupsInput>, ListScheduleGroupsOutput> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const isDefault = ({ name }: Group) => name === DEFAULT_GROUP;
    const listing = { startsWith: input.NamePrefix, keep: (group: Group) => !isDefault(group) };
    const { rows, page } = await rowsPage(ctx, groups, [ctx.account, ctx.region], input, listing);
    const first = input.NextToken === undefined && DEFAULT_GROUP.startsWith(input.NamePrefix ?? '');
    const standard = first ? [(await findGroup(ctx.store, ctx, DEFAULT_GROUP))!] : [];
    return { ScheduleGroups: [...standard, ...rows].map(view), ...page };
  },
};

async function loadByArn({ ResourceArn }: { ResourceArn: string }, ctx: Context): Promise<Group | Missing> {
  const [, region, account, name] =
    /^arn:[^:]+:scheduler:([^:]+):(\d{12}):schedule-group\/(.+)$/.exec(ResourceArn) ?? [];
  if (region === undefined || account === undefined || name === undefined) {
    refuse('Provided Arn is not in correct format.');
  }
  const found = await findGroup(ctx.store, { account, region }, name);
  return found ?? new Missing(ResourceArn, noGroup(name));
}

const retag = (ctx: Context, group: Group, tags: readonly Tag[]) => {
  const now = ctx.now.toISOString();
  return ctx.store.replace(groups, { ...group, tags, created: group.created ?? now, modified: now });
};

export const TagResource: Operation<Present<TagResourceInput>, object, Group> = {
  load: loadByArn,
  access: (input, _ctx, group) => accessOf(group, requestTags(input.Tags)),
  async run(input, ctx, group) {
    await retag(ctx, group, acceptedTags(group.tags, input.Tags));
    return {};
  },
};

export const UntagResource: Operation<Present<UntagResourceInput>, object, Group> = {
  load: loadByArn,
  access: (input, _ctx, group) => accessOf(group, requestTagKeys(input.TagKeys)),
  async run(input, ctx, group) {
    await retag(ctx, group, withoutTags(group.tags, input.TagKeys));
    return {};
  },
};

export const ListTagsForResource: Operation<Present<ListTagsForResourceInput>, ListTagsForResourceOutput, Group> = {
  load: loadByArn,
  access: (_input, _ctx, group) => accessOf(group),
  run: async (_input, _ctx, group) => ({ Tags: [...group.tags] }),
};
