/**
 * What event data stores want added to their events, and what trails want counted.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-context-events.html
 */
import {
  type AggregationConfiguration,
  type ContextKeySelector,
  type GetEventConfigurationRequest,
  type GetEventConfigurationResponse,
  InsufficientIAMAccessPermissionException,
  InvalidEventDataStoreCategoryException,
  InvalidParameterCombinationException,
  InvalidParameterException,
  type PutEventConfigurationRequest,
  type PutEventConfigurationResponse,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { AccessDenied, awsError, fail } from '../../core/errors.ts';
import { GLOBAL_KEYS } from '../../core/eventContexts.ts';
import { Missing, type Operation } from '../../core/operation.ts';
import { ensureLinkedRole } from '../../identity/linkedRoles.ts';
import { TEMPLATES } from './aggregates.ts';
import { contextWishesAfter } from './contextWishes.ts';
import { tryBucket } from './destinations.ts';
import { CONTEXT_ROLE } from './enrichment.ts';
import { findStore, requireActive, storeAccess } from './eventDataStoreNames.ts';
import { dataSelectors } from './eventSelectors.ts';
import { type EventConfiguration, type EventDataStore, eventDataStores, kindOfStore, storeArn } from './lakeRows.ts';
import { requireSteward } from './organizationTrails.ts';
import { findTrail, requireHome, trailAccess } from './trailNames.ts';
import { type Trail, trailArn, trails } from './trailRows.ts';

type Configured =
  | { readonly store: EventDataStore; readonly trail?: undefined }
  | { readonly trail: Trail; readonly store?: undefined };

interface Named {
  readonly TrailName?: string | undefined;
  readonly EventDataStore?: string | undefined;
}

async function findNamed(ctx: Context, { TrailName, EventDataStore: id }: Named): Promise<Configured | Missing> {
  if ((TrailName === undefined) === (id === undefined)) {
    const sentence = 'Specify either TrailName or EventDataStore, and not both.';
    return new Missing('*', awsError(InvalidParameterCombinationException, sentence));
  }
  const found = TrailName === undefined ? await findStore(ctx, id ?? '') : await findTrail(ctx, TrailName);
  if (found instanceof Missing) return found;
  return 'selectors' in found && 'billing' in found ? { store: found } : { trail: found as Trail };
}

const accessTo = (_input: object, ctx: Context, { store, trail }: Configured) =>
  store ? storeAccess(ctx, store) : trailAccess(ctx, trail);

const STANDARD: EventConfiguration = { size: 'Standard', selectors: [] };

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventConfiguration.html */
export const GetEventConfiguration: Operation<GetEventConfigurationRequest, GetEventConfigurationResponse, Configured> =
  {
    load: findInput,
    access: accessTo,
    async run(_input, _ctx, { store, trail }) {
      if (trail) return trailView(trail);
      requireOfAws(store);
      return view(store);
    },
  };

function findInput(input: Named, ctx: Context): Promise<Configured | Missing> {
  return findNamed(ctx, input);
}

type Put = Operation<PutEventConfigurationRequest, PutEventConfigurationResponse, Configured>;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventConfiguration.html */
export const PutEventConfiguration: Put = {
  load: findInput,
  access: accessTo,
  async run(input, ctx, { store, trail }) {
    const { MaxEventSize, ContextKeySelectors, AggregationConfigurations } = input;
    if (trail) {
      if (MaxEventSize !== undefined || ContextKeySelectors)
        refuse('TrailName goes with AggregationConfigurations only.');
      return aggregated(ctx, trail, AggregationConfigurations);
    }
    if (AggregationConfigurations) refuse('AggregationConfigurations go with TrailName only.');
    if (store.organization !== undefined) await requireSteward(ctx, store.organization);
    requireActive(store);
    requireOfAws(store);
    const before = store.configuration ?? STANDARD;
    const configuration: EventConfiguration = {
      size: MaxEventSize ?? before.size,
      selectors: ContextKeySelectors ? requiredKeys(ContextKeySelectors) : before.selectors,
    };
    if (configuration.selectors.length > 0 && configuration.size !== 'Large') {
      refuse('MaxEventSize must be set to Large to use context key selectors.');
    }
    if (configuration.selectors.some(({ Type }) => Type === 'TagContext')) await ensureRole(ctx, store.account);
    const after: EventDataStore = { ...store, configuration };
    await ctx.store.replace(eventDataStores, after);
    await contextWishesAfter(ctx, after);
    return view(after);
  },
};

async function aggregated(ctx: Context, trail: Trail, given: readonly AggregationConfiguration[] | undefined) {
  await requireHome(ctx, trail);
  if (!given) refuse('AggregationConfigurations must be given with TrailName.');
  if (given.length > 1) fail(InvalidParameterException, 'Only one aggregation configuration can be given.');
  const templates = given.flatMap(({ EventCategory, Templates = [] }) => {
    if (EventCategory !== 'Data') fail(InvalidParameterException, `EventCategory ${EventCategory} is not valid.`);
    const wrong = Templates.find((template) => !Object.hasOwn(TEMPLATES, template));
    if (wrong !== undefined || Templates.length === 0) {
      fail(
        InvalidParameterException,
        `Template ${wrong} is not valid. Valid templates: ${Object.keys(TEMPLATES).join(', ')}.`,
      );
    }
    return Templates;
  });
  if (templates.length > 0 && dataSelectors(trail).length === 0) {
    fail(InvalidParameterException, 'Events can be aggregated only by a trail that logs data events.');
  }
  const { aggregation: _, ...rest } = trail;
  const after: Trail = { ...rest, ...(templates.length > 0 && { aggregation: [...new Set(templates)] }) };
  if (after.aggregation) await tryBucket(ctx, after, ['CloudTrail-Aggregated']);
  await ctx.store.replace(trails, after);
  return trailView(after);
}

const trailView = (trail: Trail): GetEventConfigurationResponse => ({
  TrailARN: trailArn(trail),
  AggregationConfigurations: trail.aggregation ? [{ EventCategory: 'Data', Templates: [...trail.aggregation] }] : [],
});

function refuse(sentence: string): never {
  fail(InvalidParameterCombinationException, sentence);
}

/** Only events of AWS have more to be told of. */
function requireOfAws(store: EventDataStore): void {
  if (kindOfStore(store) === 'calls') return;
  const sentence = 'Event configurations are for event data stores that collect management events or data events.';
  fail(InvalidEventDataStoreCategoryException, sentence);
}

const KEYS_MAX = 50;
const KEY_LENGTH_MAX = 128;

function requiredKeys(selectors: readonly ContextKeySelector[]): EventConfiguration['selectors'] {
  const types = selectors.map(({ Type }) => Type);
  if (new Set(types).size < types.length)
    fail(InvalidParameterException, 'Each type of context key can be given once.');
  return selectors.map(({ Type, Equals = [] }) => {
    if (Type !== 'TagContext' && Type !== 'RequestContext') {
      fail(InvalidParameterException, `Type ${Type} is not valid. Valid types: TagContext, RequestContext.`);
    }
    if (Equals.length === 0 || Equals.length > KEYS_MAX) {
      fail(InvalidParameterException, `A context key selector must have between 1 and ${KEYS_MAX} keys.`);
    }
    const wrong = Equals.find(
      (key) => key === '' || key.length > KEY_LENGTH_MAX || (Type === 'RequestContext' && !isKey(key)),
    );
    if (wrong !== undefined) fail(InvalidParameterException, `The key ${wrong} is not valid for ${Type}.`);
    return { Type, Equals };
  });
}

const isKey = (key: string) => GLOBAL_KEYS.some((known) => known.toLowerCase() === key.toLowerCase());

/** The role without which no tags are read, made with the caller's permission. */
async function ensureRole(ctx: Context, account: string): Promise<void> {
  if (account !== ctx.account) return;
  try {
    await ensureLinkedRole(ctx, 'context.cloudtrail.amazonaws.com', CONTEXT_ROLE);
  } catch (error) {
    if (!(error instanceof AccessDenied)) throw error;
    const sentence = 'The account lacks permissions to create the service-linked role for enriched events.';
    fail(InsufficientIAMAccessPermissionException, sentence);
  }
}

const view = (store: EventDataStore) => {
  const { size, selectors } = store.configuration ?? STANDARD;
  return {
    EventDataStoreArn: storeArn(store),
    MaxEventSize: size,
    ContextKeySelectors: selectors.map(({ Type, Equals }) => ({ Type, Equals: [...Equals] })),
  };
};
