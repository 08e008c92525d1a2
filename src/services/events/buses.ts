/** Event buses. */
import {
  type CreateEventBusRequest,
  type CreateEventBusResponse,
  type DeleteEventBusRequest,
  type DescribeEventBusRequest,
  type DescribeEventBusResponse,
  type EventBus,
  type ListEventBusesRequest,
  type ListEventBusesResponse,
  ResourceAlreadyExistsException,
  type UpdateEventBusRequest,
  type UpdateEventBusResponse,
} from '@aws-sdk/client-eventbridge';
import type { Context } from '../../core/context.ts';
import { fail, notImplemented } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { showPrincipals } from '../../identity/principalBinding.ts';
import { type Bus, buses, findBus } from './busRows.ts';
import { noBus, overLimit, refuse } from './errors.ts';
import { letGo, takeUp } from './eventSources.ts';
import { requireKey } from './kmsKeys.ts';
import { busArn, busNamed, DEFAULT_BUS } from './names.ts';
import { rowsPage } from './pages.ts';
import { rules } from './ruleRows.ts';
import { acceptedTags } from './tagging.ts';

type Settings = Pick<CreateEventBusRequest, 'Description' | 'KmsKeyIdentifier' | 'DeadLetterConfig' | 'LogConfig'>;

export const CreateEventBus: Operation<Present<CreateEventBusRequest>, CreateEventBusResponse> = {
  access: (input, ctx) => ({
    resource: busArn({ ...ctx, name: input.Name }),
    conditions: requestTags(input.Tags),
  }),
  async run(input, ctx) {
    const { EventSourceName: source } = input;
    if (source !== undefined) await takeUp(ctx, input.Name, source);
    else if (input.Name.includes('/')) {
      refuse(
        `Event bus name ${input.Name} is not valid. Reason: A custom event bus name can't contain the / character.`,
      );
    }
    const now = ctx.now.toISOString();
    const place = { account: ctx.account, region: ctx.region };
    const tags = acceptedTags([], input.Tags ?? []);
    // The default bus counts, too.
    const fits = await ctx.store.fits(buses, [ctx.account, ctx.region], quota(ctx, 'EventBuses', 100) - 1, 'place');
    const bus: Bus = {
      ...place,
      name: input.Name,
      ...(await settingsOf(ctx, input.Name, input)),
      tags,
      created: now,
      modified: now,
    };
    if (input.Name === DEFAULT_BUS || !(await ctx.store.insert(buses, bus))) {
      fail(ResourceAlreadyExistsException, `Event bus ${input.Name} already exists.`);
    }
    if (!fits) overLimit();
    return { EventBusArn: busArn(bus), ...shownSettings(bus) };
  },
};

type Set = Pick<Bus, 'description' | 'deadLetter' | 'logs' | 'kmsKey'>;

async function settingsOf(ctx: Context, name: string, input: Settings): Promise<Set> {
  if (input.KmsKeyIdentifier) await requireKey(ctx, { ...ctx, name }, input.KmsKeyIdentifier);
  const { Level, IncludeDetail } = input.LogConfig ?? {};
  if (input.KmsKeyIdentifier && IncludeDetail === 'FULL' && Level !== undefined && Level !== 'OFF') {
    notImplemented('Details in the logs of an event bus with a key (IncludeDetail FULL)');
  }
  return {
    ...(input.KmsKeyIdentifier && { kmsKey: input.KmsKeyIdentifier }),
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.DeadLetterConfig?.Arn !== undefined && { deadLetter: input.DeadLetterConfig.Arn }),
    ...(input.LogConfig && { logs: { ...(IncludeDetail && { IncludeDetail }), ...(Level && { Level }) } }),
  };
}

const shownSettings = (bus: Bus) => ({
  ...(bus.description !== undefined && { Description: bus.description }),
  ...(bus.kmsKey !== undefined && { KmsKeyIdentifier: bus.kmsKey }),
  ...(bus.deadLetter !== undefined && { DeadLetterConfig: { Arn: bus.deadLetter } }),
  ...(bus.logs && { LogConfig: bus.logs }),
});

const loaded = async (ctx: Context, name: string | undefined): Promise<Bus | Missing> => {
  const named = busNamed(ctx, name);
  return (await findBus(ctx.store, named)) ?? new Missing(busArn(named), noBus(named.name));
};

const access = (_input: unknown, _ctx: Context, bus: Bus) => ({
  resource: busArn(bus),
  resourcePolicy: bus.policy,
  resourceTags: bus.tags,
});

export const UpdateEventBus: Operation<Present<UpdateEventBusRequest>, UpdateEventBusResponse, Bus> = {
  load: (input, ctx) => loaded(ctx, input.Name),
  access,
  async run(input, ctx, { description: _d, deadLetter: _q, logs: _l, kmsKey: _k, ...kept }) {
    const bus: Bus = { ...kept, ...(await settingsOf(ctx, kept.name, input)), modified: ctx.now.toISOString() };
    await ctx.store.replace(buses, bus);
    return { Arn: busArn(bus), Name: bus.name, ...shownSettings(bus) };
  },
};

export const DeleteEventBus: Operation<Present<DeleteEventBusRequest>, object, Bus | undefined> = {
  load: (input, ctx) => findBus(ctx.store, { ...ctx, name: input.Name }),
  access: (input, ctx, bus) => ({ resource: busArn({ ...ctx, name: input.Name }), resourceTags: bus?.tags }),
  async run(input, ctx, bus) {
    if (input.Name === DEFAULT_BUS) refuse(`Cannot delete event bus ${DEFAULT_BUS}.`);
    if (!bus) return {};
    if ((await ctx.store.count(rules, [bus.account, bus.region, bus.name], 'bus')) > 0) {
      refuse(`Event bus ${bus.name} can't be deleted since it has rules.`);
    }
    await ctx.store.remove(buses, [bus.account, bus.region, bus.name]);
    if (bus.name.includes('/')) await letGo(ctx, bus.name);
    return {};
  },
};

export const DescribeEventBus: Operation<Present<DescribeEventBusRequest>, DescribeEventBusResponse, Bus> = {
  load: (input, ctx) => loaded(ctx, input.Name),
  access,
  run: async (_input, ctx, bus) => ({ ...(await view(ctx, bus)), ...shownSettings(bus) }),
};

async function view(ctx: Context, bus: Bus): Promise<EventBus> {
  return {
    Name: bus.name,
    Arn: busArn(bus),
    ...(bus.description !== undefined && { Description: bus.description }),
    ...(bus.policy !== undefined && { Policy: await showPrincipals(ctx.store, bus.policy) }),
    ...(bus.created !== undefined && { CreationTime: new Date(bus.created) }),
    ...(bus.modified !== undefined && { LastModifiedTime: new Date(bus.modified) }),
  };
}

/** The default bus comes first in AWS's lists as in any order: it has a place of its own here, as it may have no row. */
export const ListEventBuses: Operation<Present<ListEventBusesRequest>, ListEventBusesResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { rows, page } = await rowsPage(ctx, buses, [ctx.account, ctx.region], input, {
      startsWith: input.NamePrefix,
      keep: ({ name }) => name !== DEFAULT_BUS,
    });
    const first = input.NextToken === undefined && DEFAULT_BUS.startsWith(input.NamePrefix ?? '');
    const standard = first ? [(await findBus(ctx.store, { ...ctx, name: DEFAULT_BUS }))!] : [];
    return { EventBuses: await Promise.all([...standard, ...rows].map((bus) => view(ctx, bus))), ...page };
  },
};
