/**
 * People who sign in at an identity provider outside: what we asked for them, what came back, and the step by which the
 * browser that asked becomes theirs.
 *
 * A provider's answer by a form comes from another site, so the browser sends our cookie with the next request only. So
 * the answer becomes a ticket, which works once, within a minute, and for a sign-in that began here only in the browser
 * where it began.
 */
import type { Context } from '../core/context.ts';
import { byExpiry, forgetExpired } from '../core/expiring.ts';
import { uuid } from '../core/ids.ts';
import type { WireResponse } from '../core/wire.ts';
import { accessControlAttributes } from '../identity/accessControlAttributes.ts';
import { type DirectoryUser, findUser, userBy } from '../identity/directory.ts';
import { peopleOf } from '../identity/instanceKeys.ts';
import type { Instance } from '../identity/instances.ts';
import { digestOf, newToken } from '../identity/portalSessions.ts';
import { table } from '../store/store.ts';
import { problemPage } from './entry.ts';
import { sentTo } from './html.ts';
import { type Outcome, signedIn } from './people.ts';
import { recordExternal } from './records.ts';
import { cookieFor, type Visit } from './visit.ts';

/** What we asked an identity provider. */
export interface ExternalRequest {
  /** Id of the SAML request, or digest of the state of an OpenID Connect one. */
  readonly id: string;
  /** Digest of the cookie of the browser that was sent there. */
  readonly browser: string;
  readonly identityStore: string;
  /** Page of ours to go to afterwards. */
  readonly next: string;
  /** Origin where the browser has the cookie; that of the address where answers come to when absent. */
  readonly at?: string | undefined;
  /** OpenID Connect: what only we know of the request; sealed. */
  readonly proof?: string | undefined;
  /** Milliseconds. */
  readonly expires: number;
}

const externalRequests = table<ExternalRequest>('signin_external_request', {
  key: (row) => [row.id],
  indexes: { expires: byExpiry },
});

interface Ticket extends Pick<ExternalRequest, 'identityStore' | 'next' | 'expires'> {
  /** Digest */
  readonly id: string;
  /** Undefined: nobody here asked; the identity provider began. */
  readonly browser: string | undefined;
  readonly user: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Milliseconds: the provider's session ends. */
  readonly until?: number | undefined;
}

const tickets = table<Ticket>('signin_external_ticket', {
  key: (row) => [row.id],
  indexes: { expires: byExpiry },
});

const REQUEST_MS = 15 * 60_000;
const TICKET_MS = 60_000;

export async function keepRequest(
  ctx: Context,
  visit: Visit,
  request: Pick<ExternalRequest, 'id' | 'identityStore' | 'next' | 'proof' | 'at'>,
): Promise<void> {
  await forgetExpired(ctx, externalRequests);
  const expires = ctx.now.getTime() + REQUEST_MS;
  await ctx.store.insert(externalRequests, { ...request, browser: digestOf(visit.token), expires });
}

/** The request that an answer is for, which it uses up; undefined when there is none, or it waited too long. */
export async function takeRequest(
  ctx: Context,
  id: string,
  identityStore: string,
): Promise<ExternalRequest | undefined> {
  const row = await ctx.store.get(externalRequests, [id]);
  if (row?.identityStore !== identityStore) return undefined;
  await ctx.store.remove(externalRequests, [id]);
  return row.expires > ctx.now.getTime() ? row : undefined;
}

/** What an identity provider vouches for. */
export interface Vouched {
  readonly userName: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly until?: number | undefined;
}

/** Somebody of the directory, under exactly this name, who may sign in. */
export async function personOf(ctx: Context, identityStore: string, name: string): Promise<DirectoryUser | undefined> {
  await peopleOf(ctx, identityStore);
  const user = await userBy(ctx.store, identityStore, 'name', name);
  return user?.userName === name && user.status === 'ENABLED' ? user : undefined;
}

/** Attributes that become session tags: none, as long as the instance has no attributes for access control. */
export const hasAccessControl = async (ctx: Context, { id }: Instance) =>
  (await ctx.store.get(accessControlAttributes, [id])) !== undefined;

/** The address where the browser turns it into a session; undefined: nobody of the directory may sign in by it. */
export async function ticketFor(
  ctx: Context,
  { identityStore }: Instance,
  vouched: Vouched,
  asked: Pick<ExternalRequest, 'next'> & Partial<ExternalRequest>,
): Promise<string | undefined> {
  const user = await personOf(ctx, identityStore, vouched.userName);
  if (!user) return undefined;
  await forgetExpired(ctx, tickets);
  const ticket = newToken(ctx);
  await ctx.store.insert(tickets, {
    ...{ id: digestOf(ticket), browser: asked.browser, identityStore, user: user.id, next: asked.next },
    ...{ attributes: vouched.attributes, until: vouched.until },
    expires: ctx.now.getTime() + TICKET_MS,
  });
  return `${asked.at ?? ''}/start/external?ticket=${ticket}`;
}

/** `/start/external?ticket=…` */
export async function redeem(visit: Visit): Promise<WireResponse> {
  const id = digestOf(visit.query.get('ticket') ?? '');
  const outcome = await visit.around.within(async (ctx): Promise<Outcome> => {
    const ticket = await ctx.store.get(tickets, [id]);
    const isTheirs = ticket && (ticket.browser === undefined || ticket.browser === digestOf(visit.token));
    if (!isTheirs || ticket.expires <= ctx.now.getTime()) return { kind: 'refused' };
    await ctx.store.remove(tickets, [id]);
    const instance = await peopleOf(ctx, ticket.identityStore);
    const user = await findUser(ctx.store, ticket.identityStore, ticket.user);
    if (!instance || user?.status !== 'ENABLED') return { kind: 'refused' };
    return admitted(ctx, instance, user, ticket);
  });
  return outcome.kind === 'signed in' ? sentTo(outcome.next, cookieFor(visit, outcome.token)) : unexpected();
}

export const admitted = (
  ctx: Context,
  instance: Instance,
  user: DirectoryUser,
  { next, until, attributes }: Pick<Vouched, 'until' | 'attributes'> & { readonly next: string },
): Promise<Outcome> =>
  signedIn(ctx, instance, user, {
    ...{ next, workflow: uuid(ctx), credentials: 'EXTERNAL_IDP', mfa: false },
    external: { attributes, until },
  });

/** Why an answer of the identity provider lets nobody in: for the record, in the account of the instance. */
export function refused(ctx: Context, instance: Instance, why: string): WireResponse {
  recordExternal(ctx, instance, why);
  return unexpected();
}

/** AWS too says no more to the browser, whatever is wrong. */
export const unexpected = () =>
  problemPage(
    'An unexpected error has occurred',
    "It's not you, it's us. Sign in again, or ask your administrator whether you may.",
    403,
  );

const ATTRIBUTE = 'https://aws.amazon.com/SAML/Attributes/AccessControl:';
const ATTRIBUTES_MAX = 50;

/** `AccessControl:…` among what a provider says of somebody; a sentence when AWS would not take it. */
export function tagsAmong(said: Iterable<readonly [string, unknown]>): Readonly<Record<string, string>> | string {
  const tags: Record<string, string> = {};
  for (const [name, value] of said) {
    if (!name.startsWith(ATTRIBUTE)) continue;
    const key = name.slice(ATTRIBUTE.length);
    const single = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
    if (typeof single !== 'string') return `The attribute ${key} must have one value.`;
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key) || /^aws:/i.test(key)) return `${key} is no key of a tag.`;
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(single)) return `The attribute ${key} is no value of a tag.`;
    tags[key] = single;
  }
  return Object.keys(tags).length > ATTRIBUTES_MAX ? `There are more than ${ATTRIBUTES_MAX} attributes.` : tags;
}
