/** What requests call an event data store: its ARN, or the id at its end. */
import {
  EventDataStoreARNInvalidException,
  EventDataStoreNotFoundException,
  InactiveEventDataStoreException,
} from '@aws-sdk/client-cloudtrail';
import { parseArn } from '../../core/arn.ts';
import { type Caller, type Context, servicePrincipal } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { type Access, Missing } from '../../core/operation.ts';
import { type EventDataStore, eventDataStores, storeArn } from './lakeRows.ts';
import { isSteward, SERVICE, stewardsOf } from './organizationTrails.ts';
import type { Guarded } from './resourcePolicyRules.ts';
import type { Tagged } from './tagging.ts';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The account's own, or its organization's where the account runs those, or one that has a policy: then that is asked.
 */
export async function findStore(ctx: Context, text: string): Promise<EventDataStore | Missing> {
  const id = idIn(text);
  if (id === undefined) {
    return new Missing('*', awsError(EventDataStoreARNInvalidException, `Invalid event data store ARN: ${text}`));
  }
  const { rows } = await ctx.store.list(eventDataStores, [id], { limit: 1, index: 'id' });
  const [store] = rows;
  if (store && store.region === ctx.region && (await isVisible(ctx, store))) return store;
  const error = awsError(EventDataStoreNotFoundException, `The event data store ${text} could not be found.`);
  return new Missing(storeArn({ ...ctx, id }), error);
}

function idIn(text: string): string | undefined {
  if (!text.startsWith('arn:')) return text;
  const { service, resource = '' } = parseArn(text) ?? {};
  const [kind, id] = resource.split('/');
  return service === 'cloudtrail' && kind === 'eventdatastore' && ID.test(id ?? '') ? id : undefined;
}

/** Stores of organizations → accounts that were found to run them, when they last asked. */
const runners = new WeakMap<EventDataStore, Set<string>>();

async function isVisible(ctx: Context, store: EventDataStore): Promise<boolean> {
  if (store.account === ctx.account) return true;
  const known = runners.get(store) ?? new Set();
  runners.set(store, known);
  if (store.organization !== undefined && (await isSteward(ctx, store.organization))) {
    known.add(ctx.account);
    return true;
  }
  known.delete(ctx.account);
  return store.policy !== undefined;
}

/** Permission on a store. Who runs the organization's stores has them as if they were the account's own. */
export const storeAccess = (ctx: Context, store: EventDataStore): Access => ({
  resource: storeArn(store),
  resourceAccount: runners.get(store)?.has(ctx.account) ? ctx.account : store.account,
  resourceTags: store.tags,
  ...(store.policy !== undefined && { resourcePolicy: store.policyInForce ?? store.policy }),
});

/** CloudTrail on behalf of a store: what policies know by aws:SourceArn and aws:SourceAccount. */
export const inNameOf = (store: Pick<EventDataStore, 'account' | 'region' | 'id'>): Caller =>
  servicePrincipal(SERVICE, { arn: storeArn(store), account: store.account });

export function requireActive(store: EventDataStore): void {
  if (store.deleted === undefined) return;
  fail(InactiveEventDataStoreException, 'The event data store is inactive: it is pending deletion.');
}

/** For the operations on tags. */
export async function taggedStore(ctx: Context, arn: string): Promise<Tagged | Missing> {
  const store = await findStore(ctx, arn);
  if (store instanceof Missing) return store;
  return {
    arn: storeArn(store),
    access: storeAccess(ctx, store),
    tags: store.tags,
    write: (tags) => ctx.store.replace(eventDataStores, { ...store, tags }),
  };
}

/** For the operations on policies. */
export async function guardedStore(ctx: Context, arn: string): Promise<Guarded | Missing> {
  const store = await findStore(ctx, arn);
  if (store instanceof Missing) return store;
  const { policy, policyInForce: _, ...rest } = store;
  return {
    kind: 'eventdatastore',
    arn: storeArn(store),
    policy,
    access: storeAccess(ctx, store),
    standing: await stewardsPolicy(ctx, store),
    write: (fields) => ctx.store.replace(eventDataStores, { ...rest, ...fields }),
  };
}

const STEWARDS_ACTIONS = [
  'CancelQuery',
  'DeleteEventDataStore',
  'DescribeQuery',
  'GetEventConfiguration',
  'GetEventDataStore',
  'GetQueryResults',
  'ListQueries',
  'PutEventConfiguration',
  'RestoreEventDataStore',
  'StartEventDataStoreIngestion',
  'StartQuery',
  'StopEventDataStoreIngestion',
  'UpdateEventDataStore',
];

/** What delegated administrators may do with a store of the organization, as a policy. */
async function stewardsPolicy(ctx: Context, store: EventDataStore): Promise<string | undefined> {
  const stewards = store.organization === undefined ? [] : await stewardsOf(ctx, store.organization);
  if (stewards.length === 0) return undefined;
  const Statement = {
    Sid: 'DelegatedAdminResourcePolicy',
    Effect: 'Allow',
    Principal: { AWS: stewards.map((account) => `arn:aws:iam::${account}:root`) },
    Action: STEWARDS_ACTIONS.map((action) => `cloudtrail:${action}`),
    Resource: storeArn(store),
  };
  return JSON.stringify({ Version: '2012-10-17', Statement: [Statement] });
}
