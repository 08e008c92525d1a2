/**
 * Event data stores: events kept for queries.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-event-data-store-cloudtrail.html
 */
import {
  type AdvancedEventSelector,
  ChannelExistsForEDSException,
  type CreateEventDataStoreRequest,
  type CreateEventDataStoreResponse,
  type DeleteEventDataStoreRequest,
  type DeleteEventDataStoreResponse,
  EventDataStoreAlreadyExistsException,
  EventDataStoreMaxLimitExceededException,
  type EventDataStoreStatus,
  EventDataStoreTerminationProtectedException,
  type GetEventDataStoreRequest,
  type GetEventDataStoreResponse,
  InvalidEventDataStoreCategoryException,
  InvalidEventDataStoreStatusException,
  InvalidEventSelectorsException,
  InvalidNextTokenException,
  InvalidParameterException,
  type ListEventDataStoresRequest,
  type ListEventDataStoresResponse,
  type RestoreEventDataStoreRequest,
  type RestoreEventDataStoreResponse,
  type StartEventDataStoreIngestionRequest,
  type StartEventDataStoreIngestionResponse,
  type StopEventDataStoreIngestionRequest,
  type StopEventDataStoreIngestionResponse,
  type UpdateEventDataStoreRequest,
  type UpdateEventDataStoreResponse,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { fail, notImplemented } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { channels } from './channelRows.ts';
import { beginCollecting } from './collectorPositions.ts';
import { contextWishesAfter } from './contextWishes.ts';
import { findStore, requireActive, storeAccess } from './eventDataStoreNames.ts';
import { type EventDataStore, eventDataStores, kindOfStore, storeArn } from './lakeRows.ts';
import { ensureServiceLinkedRole, requireOrganization, requireSteward } from './organizationTrails.ts';
import { fullRegion } from './regionQuotas.ts';
import { requireAdvancedSelectors, STORE_FIELDS } from './selectorRules.ts';
import { requireLogged } from './storeInsights.ts';
import { keyAfter } from './storeKeys.ts';
import { oweUpkeep } from './storeUpkeep.ts';
import { newTags } from './tagging.ts';
import { writeWishes } from './wishes.ts';

const STORES_A_REGION = 10;

const EVERYTHING: readonly AdvancedEventSelector[] = [
  { Name: 'Default management events', FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] },
];

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateEventDataStore.html */
export const CreateEventDataStore: Operation<Present<CreateEventDataStoreRequest>, CreateEventDataStoreResponse> = {
  access: (input, ctx) => ({
    resource: storeArn({ ...ctx, id: '*' }),
    conditions: requestTags(input.TagsList),
  }),
  async run(input, ctx) {
    const organization = input.OrganizationEnabled ? await requireOrganization(ctx) : undefined;
    const account = organization?.management ?? ctx.account;
    await requireFree(ctx, account, input.Name);
    const max = quota(ctx, 'EventDataStoresPerRegion', STORES_A_REGION);
    const { region } = ctx;
    const multiRegion = input.MultiRegionEnabled ?? true;
    if (await fullRegion(ctx, eventDataStores, { account, region, multiRegion }, max)) {
      fail(
        EventDataStoreMaxLimitExceededException,
        `Your account has reached the maximum of ${max} event data stores.`,
      );
    }
    if (organization) await ensureServiceLinkedRole(ctx, account);
    const plain = newStore(ctx, account, input, organization?.id);
    requireOfAws(plain);
    const store = input.KmsKeyId ? { ...plain, key: await keyAfter(ctx, plain, input.KmsKeyId) } : plain;
    await ctx.store.insert(eventDataStores, store);
    await stored(ctx, store);
    await oweUpkeep(ctx, store);
    const { TagsList, ...shown } = { ...view(store), TagsList: store.tags.map((tag) => ({ ...tag })) };
    return { ...shown, Status: store.ingesting ? 'CREATED' : shown.Status, TagsList };
  },
};

function newStore(
  ctx: Context,
  account: string,
  input: Present<CreateEventDataStoreRequest>,
  organization: string | undefined,
): EventDataStore {
  const billing = input.BillingMode ?? 'EXTENDABLE_RETENTION_PRICING';
  const now = ctx.now.getTime();
  const ingesting = input.StartIngestion ?? true;
  return {
    account,
    region: ctx.region,
    id: uuid(ctx),
    name: input.Name,
    multiRegion: input.MultiRegionEnabled ?? true,
    ...(organization && { organization }),
    selectors: requiredSelectors(input.AdvancedEventSelectors ?? EVERYTHING),
    billing,
    retention: requiredRetention(input.RetentionPeriod ?? RETENTION[billing].standard, billing),
    isProtected: input.TerminationProtectionEnabled ?? true,
    ingesting,
    since: now,
    created: now,
    updated: now,
    tags: newTags([], input.TagsList ?? []),
  };
}

/** Days. */
const RETENTION = {
  EXTENDABLE_RETENTION_PRICING: { standard: 366, max: 3653 },
  FIXED_RETENTION_PRICING: { standard: 2557, max: 2557 },
} as const;

function requiredRetention(days: number, billing: EventDataStore['billing']): number {
  const { max } = RETENTION[billing];
  if (days <= max) return days;
  return fail(InvalidParameterException, `The retention period cannot be longer than ${max} days for ${billing}.`);
}

/** Categories that something of ours writes. */
const WRITTEN = ['Management', 'Data', 'NetworkActivity', 'ActivityAuditLog', 'Insight'];
/** Categories that a store collects alone. */
const ALONE = ['ActivityAuditLog', 'Insight'];

function requiredSelectors(selectors: readonly AdvancedEventSelector[]): readonly AdvancedEventSelector[] {
  requireAdvancedSelectors(selectors, STORE_FIELDS);
  const categories = new Set(
    selectors.map(
      ({ FieldSelectors = [] }) => FieldSelectors.find(({ Field }) => Field === 'eventCategory')?.Equals?.[0],
    ),
  );
  for (const category of categories) {
    if (!WRITTEN.includes(category ?? '')) notImplemented(`An event data store for ${category} events`);
  }
  for (const category of categories.size > 1 ? ALONE.filter((each) => categories.has(each)) : []) {
    const sentence = `An event data store for ${category} events cannot collect events of another category.`;
    fail(InvalidEventSelectorsException, sentence);
  }
  return selectors;
}

/** Events from outside come into one account. */
function requireOfAws(store: EventDataStore): void {
  if (store.organization === undefined || kindOfStore(store) !== 'activity') return;
  const sentence = 'An organization event data store cannot collect events from outside of AWS.';
  fail(InvalidParameterException, sentence);
}

async function requireFree(ctx: Context, account: string, name: string): Promise<void> {
  const { rows } = await ctx.store.list(eventDataStores, [account, ctx.region, name], { limit: 1, index: 'name' });
  if (rows.length === 0) return;
  fail(EventDataStoreAlreadyExistsException, `An event data store with the name ${name} already exists.`);
}

/** What follows from a change: what is gathered, and what is wished for. */
async function stored(ctx: Context, store: EventDataStore): Promise<void> {
  if (store.ingesting) await beginCollecting(ctx);
  await writeWishes(ctx, store);
  await contextWishesAfter(ctx, store);
}

export const GetEventDataStore: Operation<
  Present<GetEventDataStoreRequest>,
  GetEventDataStoreResponse,
  EventDataStore
> = {
  load: (input, ctx) => findStore(ctx, input.EventDataStore),
  access: (_input, ctx, store) => storeAccess(ctx, store),
  run: async (_input, _ctx, store) => view(store),
};

const PAGE = 100;

export const ListEventDataStores: Operation<ListEventDataStoresRequest, ListEventDataStoresResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const after = input.NextToken === undefined ? undefined : cursorOf(input.NextToken);
    if (input.NextToken !== undefined && after === undefined) fail(InvalidNextTokenException, 'Invalid NextToken.');
    const page = { limit: input.MaxResults ?? PAGE, after };
    const { rows, next } = await ctx.store.list(eventDataStores, [ctx.account, ctx.region], page);
    return {
      EventDataStores: rows.map((store) => ({ EventDataStoreArn: storeArn(store), Name: store.name })),
      ...(next && { NextToken: tokenOf(next) }),
    };
  },
};

type Update = Operation<Present<UpdateEventDataStoreRequest>, UpdateEventDataStoreResponse, EventDataStore>;
export const UpdateEventDataStore: Update = {
  load: (input, ctx) => findStore(ctx, input.EventDataStore),
  access: (_input, ctx, store) => storeAccess(ctx, store),
  async run(input, ctx, before) {
    await requireMine(ctx, before);
    requireActive(before);
    if (input.Name !== undefined && input.Name !== before.name) await requireFree(ctx, before.account, input.Name);
    const organization = await organizationAfter(ctx, before, input.OrganizationEnabled);
    const billing = billingAfter(before, input.BillingMode);
    const { organization: _, ...rest } = before;
    let after: EventDataStore = {
      ...rest,
      ...(organization && { organization }),
      name: input.Name ?? before.name,
      multiRegion: input.MultiRegionEnabled ?? before.multiRegion,
      selectors: input.AdvancedEventSelectors ? requiredSelectors(input.AdvancedEventSelectors) : before.selectors,
      billing,
      retention: requiredRetention(input.RetentionPeriod ?? before.retention, billing),
      isProtected: input.TerminationProtectionEnabled ?? before.isProtected,
      updated: ctx.now.getTime(),
    };
    requireOfAws(after);
    requireLogged(after, after.insights?.kinds ?? []);
    if (input.KmsKeyId) after = { ...after, key: await keyAfter(ctx, before, input.KmsKeyId) };
    if (kindOfStore(after) !== kindOfStore(before)) {
      fail(
        InvalidEventSelectorsException,
        'The category of events that an event data store collects cannot be changed.',
      );
    }
    await ctx.store.replace(eventDataStores, after);
    await writeWishes(ctx, before, after);
    await contextWishesAfter(ctx, before, after);
    return view(after);
  },
};

function billingAfter(before: EventDataStore, wanted: EventDataStore['billing'] | undefined) {
  if (wanted === 'FIXED_RETENTION_PRICING' && before.billing === 'EXTENDABLE_RETENTION_PRICING') {
    const sentence = 'The billing mode cannot be changed from EXTENDABLE_RETENTION_PRICING to FIXED_RETENTION_PRICING.';
    fail(InvalidParameterException, sentence);
  }
  return wanted ?? before.billing;
}

async function organizationAfter(ctx: Context, before: EventDataStore, wanted: boolean | undefined) {
  if (wanted === undefined || wanted === (before.organization !== undefined)) return before.organization;
  const organization = await requireOrganization(ctx);
  if (organization.management !== ctx.account) {
    fail(InvalidParameterException, 'Only the management account can convert an event data store.');
  }
  return wanted ? organization.id : undefined;
}

async function requireMine(ctx: Context, store: EventDataStore): Promise<void> {
  if (store.organization !== undefined) await requireSteward(ctx, store.organization);
}

type Delete = Operation<Present<DeleteEventDataStoreRequest>, DeleteEventDataStoreResponse, EventDataStore>;
export const DeleteEventDataStore: Delete = {
  load: (input, ctx) => findStore(ctx, input.EventDataStore),
  access: (_input, ctx, store) => storeAccess(ctx, store),
  async run(_input, ctx, store) {
    await requireMine(ctx, store);
    requireActive(store);
    if (store.isProtected) {
      fail(
        EventDataStoreTerminationProtectedException,
        'The event data store cannot be deleted because termination protection is enabled for it.',
      );
    }
    const used = await ctx.store.list(channels, [storeArn(store)], { limit: 1, index: 'destination' });
    if (used.rows.length > 0) {
      const sentence = 'The event data store cannot be deleted because it is in use by a channel.';
      fail(ChannelExistsForEDSException, sentence);
    }
    const now = ctx.now.getTime();
    const { draining: _, ...rest } = store;
    const after: EventDataStore = { ...rest, ingesting: false, deleted: now, updated: now };
    await ctx.store.replace(eventDataStores, after);
    await stored(ctx, after);
    await oweUpkeep(ctx, after);
    return {};
  },
};

type Restore = Operation<Present<RestoreEventDataStoreRequest>, RestoreEventDataStoreResponse, EventDataStore>;
export const RestoreEventDataStore: Restore = {
  load: (input, ctx) => findStore(ctx, input.EventDataStore),
  access: (_input, ctx, store) => storeAccess(ctx, store),
  async run(_input, ctx, store) {
    await requireMine(ctx, store);
    if (store.deleted === undefined) {
      fail(InvalidEventDataStoreStatusException, 'The event data store is not pending deletion.');
    }
    const after = beginning(store, ctx.now.getTime());
    await ctx.store.replace(eventDataStores, after);
    await stored(ctx, after);
    await oweUpkeep(ctx, after);
    return view(after);
  },
};

type Start = Operation<
  Present<StartEventDataStoreIngestionRequest>,
  StartEventDataStoreIngestionResponse,
  EventDataStore
>;
export const StartEventDataStoreIngestion: Start = {
  load: (input, ctx) => findStore(ctx, input.EventDataStore),
  access: (_input, ctx, store) => storeAccess(ctx, store),
  run: (_input, ctx, store) => ingest(ctx, store, true),
};

type Stop = Operation<Present<StopEventDataStoreIngestionRequest>, StopEventDataStoreIngestionResponse, EventDataStore>;
export const StopEventDataStoreIngestion: Stop = {
  load: (input, ctx) => findStore(ctx, input.EventDataStore),
  access: (_input, ctx, store) => storeAccess(ctx, store),
  run: (_input, ctx, store) => ingest(ctx, store, false),
};

async function ingest(ctx: Context, store: EventDataStore, ingesting: boolean): Promise<object> {
  await requireMine(ctx, store);
  requireActive(store);
  if (kindOfStore(store) !== 'calls') {
    const sentence = 'Ingestion can only be stopped and started for events of AWS other than Insights.';
    fail(InvalidEventDataStoreCategoryException, sentence);
  }
  if (store.ingesting === ingesting) {
    const state = ingesting ? 'already ingesting' : 'not ingesting';
    fail(InvalidEventDataStoreStatusException, `The event data store is ${state} events.`);
  }
  const now = ctx.now.getTime();
  const stopped: EventDataStore = { ...store, ingesting: false, stopped: now, draining: true, updated: now };
  const after = ingesting ? beginning(store, now) : stopped;
  await ctx.store.replace(eventDataStores, after);
  await stored(ctx, after);
  return {};
}

/** Its Insights learn anew what is usual: of the time between they know nothing. */
function beginning(store: EventDataStore, now: number): EventDataStore {
  const { deleted: _, stopped: __, draining: ___, insights, ...rest } = store;
  const learning = insights && { insights: { ...insights, since: now } };
  return { ...rest, ...learning, ingesting: true, since: now, updated: now };
}

function statusOf(store: EventDataStore): EventDataStoreStatus {
  if (store.deleted !== undefined) return 'PENDING_DELETION';
  return store.ingesting ? 'ENABLED' : 'STOPPED_INGESTION';
}

const view = (store: EventDataStore) => ({
  EventDataStoreArn: storeArn(store),
  Name: store.name,
  Status: statusOf(store),
  AdvancedEventSelectors: store.selectors.map((selector) => ({ ...selector })),
  MultiRegionEnabled: store.multiRegion,
  OrganizationEnabled: store.organization !== undefined,
  RetentionPeriod: store.retention,
  TerminationProtectionEnabled: store.isProtected,
  CreatedTimestamp: new Date(store.created),
  UpdatedTimestamp: new Date(store.updated),
  BillingMode: store.billing,
  ...(store.key && { KmsKeyId: store.key.arn }),
});
