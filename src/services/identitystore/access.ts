/** Who may touch a store: the account of its instance, and delegated administrators, in the instance's Regions. */
import type { Context } from '../../core/context.ts';
import { type Access, Missing } from '../../core/operation.ts';
import type { ExternalIdentifier } from '../../identity/directory.ts';
import { isServedIn } from '../../identity/instanceRegions.ts';
import { administers, type Instance, identityStoreArn, instanceOfStore } from '../../identity/instances.ts';
import { type Kind, notFound } from './errors.ts';

interface InStore {
  readonly IdentityStoreId: string;
}

export async function storeOf({ IdentityStoreId: id }: InStore, ctx: Context): Promise<Instance | Missing> {
  const instance = await instanceOfStore(ctx.store, id);
  const isHere = instance && isServedIn(instance, ctx.region, ctx.now);
  if (isHere && (await administers(ctx.store, ctx.account, instance))) return instance;
  const asked = { account: ctx.account, identityStore: id };
  return new Missing(identityStoreArn(asked), notFound('IDENTITY_STORE', id));
}

const RESOURCES: Readonly<Record<Exclude<Kind, 'IDENTITY_STORE'>, string>> = {
  USER: 'user',
  GROUP: 'group',
  GROUP_MEMBERSHIP: 'membership',
};

interface Known {
  readonly externalIds: readonly ExternalIdentifier[];
}

/** Who says so of what the request is about. What lies under a key of the customer's tells nobody before it is opened. */
export function issuersOf(row: Known | { readonly sealed: string }): readonly string[] | undefined {
  if ('sealed' in row || row.externalIds.length === 0) return undefined;
  return [...new Set(row.externalIds.map(({ Issuer }) => Issuer))];
}

/**
 * The store, and what in it the request is about: each with an id, or all of their kind. `identitystore:UserId` is not
 * of the request: it tells on whose behalf the caller's session acts.
 */
export function accessTo(
  ctx: Context,
  instance: Instance,
  things: readonly (readonly [kind: keyof typeof RESOURCES, id: string])[] = [],
  conditions: Access['conditions'] = {},
): Access[] {
  const arns = things.map(([kind, id]) => `arn:aws:identitystore:::${RESOURCES[kind]}/${id}`);
  return [identityStoreArn(instance), ...arns].map((resource) => ({
    resource,
    // To a delegated administrator the store is as its own.
    resourceAccount: ctx.account,
    conditions: { 'identitystore:PrimaryRegion': instance.region, ...conditions },
  }));
}

/** Ids begin with the store's. */
export const directoryId = (identityStore: string, uuid: string) =>
  `${identityStore.startsWith('d-') ? `${identityStore.slice(2)}-` : ''}${uuid}`;

/** A row's `created` and the rest, as it is made. */
export function tracesOf(ctx: Context) {
  const now = ctx.now.toISOString();
  const by = ctx.caller.arn;
  return { created: now, createdBy: by, updated: now, updatedBy: by };
}

export const changedBy = (ctx: Context) => ({ updated: ctx.now.toISOString(), updatedBy: ctx.caller.arn });

export const tracesView = (row: { created: string; createdBy: string; updated: string; updatedBy: string }) => ({
  CreatedAt: new Date(row.created),
  CreatedBy: row.createdBy,
  UpdatedAt: new Date(row.updated),
  UpdatedBy: row.updatedBy,
});
