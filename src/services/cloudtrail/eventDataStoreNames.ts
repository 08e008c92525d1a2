/** What requests call an event data store: its ARN, or the id at its end. */
import {
  EventDataStoreARNInvalidException,
  EventDataStoreNotFoundException,
  InactiveEventDataStoreException,
} from '@aws-sdk/client-cloudtrail';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { type Access, Missing } from '../../core/operation.ts';
import { type EventDataStore, eventDataStores, storeArn } from './lakeRows.ts';
import { isSteward } from './organizationTrails.ts';
import type { Tagged } from './tagging.ts';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The account's own, or its organization's where the account runs those. */
export async function findStore(ctx: Context, text: string): Promise<EventDataStore | Missing> {
  const id = idIn(text);
  const { rows } = await ctx.store.list(eventDataStores, [id], { limit: 1, index: 'id' });
  const [store] = rows;
  if (store && store.region === ctx.region && (await isVisible(ctx, store))) return store;
  const error = awsError(EventDataStoreNotFoundException, `The event data store ${text} could not be found.`);
  return new Missing(storeArn({ ...ctx, id }), error);
}

function idIn(text: string): string {
  if (!text.startsWith('arn:')) return text;
  const { service, resource = '' } = parseArn(text) ?? {};
  const [kind, id] = resource.split('/');
  if (service === 'cloudtrail' && kind === 'eventdatastore' && ID.test(id ?? '')) return id!;
  return fail(EventDataStoreARNInvalidException, `Invalid event data store ARN: ${text}`);
}

async function isVisible(ctx: Context, store: EventDataStore): Promise<boolean> {
  if (store.account === ctx.account) return true;
  return store.organization !== undefined && (await isSteward(ctx, store.organization));
}

export const storeAccess = (ctx: Context, store: EventDataStore): Access => ({
  resource: storeArn(store),
  resourceAccount: ctx.account,
  resourceTags: store.tags,
});

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
    account: store.account,
    tags: store.tags,
    write: (tags) => ctx.store.replace(eventDataStores, { ...store, tags }),
  };
}
