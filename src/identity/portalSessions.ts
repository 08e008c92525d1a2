/**
 * People who are signed in through IAM Identity Center, and what led there: devices that wait to be confirmed, codes
 * that a page gave out, tokens. Tokens are random; the store knows their digests only.
 */
import { createHash } from 'node:crypto';
import type { Context } from '../core/context.ts';
import { byExpiry } from '../core/expiring.ts';
import { pagesAt } from '../core/pagesAddress.ts';
import { regionOfHost } from '../core/regionalHosts.ts';
import { everyRow } from '../store/everyRow.ts';
import { type Transaction, table } from '../store/store.ts';
import { type DirectoryUser, findUser } from './directory.ts';
import { peopleOf } from './instanceKeys.ts';
import { isServedIn } from './instanceRegions.ts';
import { type Instance, identityStoreArn, instanceOfStore, instances } from './instances.ts';

export interface PortalSession {
  /** Digest of the token. */
  readonly token: string;
  readonly use: 'access' | 'refresh';
  /** The tokens of one sign-in: they end together. */
  readonly signIn: string;
  readonly identityStore: string;
  readonly user: string;
  /** Id of the client that it was given to; `BROWSER` for the page itself. */
  readonly client: string;
  readonly scopes: readonly string[];
  /** ISO 8601 */
  readonly created: string;
  /** Milliseconds. */
  readonly expires: number;
  readonly mfa?: boolean | undefined;
  /** Where a client got it, if it said where it asked: unlike a browser's session it is of no use elsewhere. */
  readonly region?: string | undefined;
}

/** Index `signIn`: [sign-in]. `user`: [identity store, user]. `expires`: [moment]. */
export const portalSessions = table<PortalSession>('portal_session', {
  key: (session) => [session.token],
  indexes: {
    signIn: (session) => [[session.signIn]],
    user: (session) => [[session.identityStore, session.user]],
    expires: byExpiry,
  },
});

/** A command line on a device that somebody confirms in a browser (RFC 8628). */
export interface DeviceAuthorization {
  /** Digest of the device code. */
  readonly device: string;
  /** `ABCD-EFGH`, as its user sees it. */
  readonly userCode: string;
  readonly client: string;
  readonly clientName: string;
  readonly scopes: readonly string[];
  readonly identityStore: string;
  readonly expires: number;
  readonly decision: 'PENDING' | 'ALLOWED' | 'DENIED';
  /** Who allowed it. */
  readonly user?: string;
  readonly mfa?: boolean | undefined;
  /** The sign-in in the browser that allowed it: with it end the tokens. */
  readonly signIn?: string;
  /** Where it asked, if it said so. */
  readonly region?: string | undefined;
}

export const deviceAuthorizations = table<DeviceAuthorization>('portal_device', {
  key: (row) => [row.device],
  indexes: { userCode: (row) => [[row.userCode]], expires: byExpiry },
});

/** A code that the authorization page gave a client, to be exchanged once (RFC 6749, with PKCE). */
export interface AuthorizationCode {
  /** Digest of the code. */
  readonly code: string;
  readonly client: string;
  readonly redirectUri: string;
  /** Base64url of the SHA-256 of the verifier. */
  readonly challenge: string;
  readonly scopes: readonly string[];
  readonly identityStore: string;
  readonly user: string;
  readonly expires: number;
  readonly mfa?: boolean | undefined;
  /** The sign-in in the browser that it came of: with it end the tokens. */
  readonly signIn?: string;
  /** Where it was given out, if the page was asked for in a Region. */
  readonly region?: string | undefined;
}

export const authorizationCodes = table<AuthorizationCode>('portal_code', {
  key: (row) => [row.code],
  indexes: { expires: byExpiry },
});

export const digestOf = (token: string) => createHash('sha256').update(token).digest('base64url');

/** 43 characters that nobody guesses. */
export const newToken = (from: { readonly random: (bytes: number) => Uint8Array }) =>
  Buffer.from(from.random(32)).toString('base64url');

/** How a person's tokens end: all of one sign-in, or those that one client has of it. */
export async function endSignIn(tx: Transaction, signIn: string, client?: string): Promise<void> {
  for await (const row of everyRow(tx, portalSessions, [signIn], 'signIn')) {
    if (client === undefined || row.client === client) await tx.remove(portalSessions, [row.token]);
  }
}

/** All that somebody has open, in browsers and command lines. */
export async function endSessionsOf(tx: Transaction, identityStore: string, user: string): Promise<void> {
  for await (const { token } of everyRow(tx, portalSessions, [identityStore, user], 'user')) {
    await tx.remove(portalSessions, [token]);
  }
}

/** Client of a browser's own session, which is what the tokens of a sign-in come of. */
export const BROWSER = 'portal';

/**
 * When a sign-in in a browser ends, in milliseconds: what came of it lasts no longer. Undefined: it is over, there was
 * none, or whoever it was has signed out or chosen another password.
 */
export async function endOfSignIn({ store, now }: Pick<Context, 'store' | 'now'>, signIn: string) {
  for await (const { client, expires } of everyRow(store, portalSessions, [signIn], 'signIn')) {
    if (client === BROWSER) return expires > now.getTime() ? expires : undefined;
  }
  return undefined;
}

/**
 * Somebody of a directory, as CloudTrail has it; with the session of a browser, or the token of a client, by which they
 * act. https://docs.aws.amazon.com/singlesignon/latest/userguide/sso-cloudtrail-use-cases.html
 */
export const personIdentity = (
  instance: Instance,
  { id: userId }: Pick<DirectoryUser, 'id'>,
  session?: PortalSession,
): object => ({
  ...{ type: 'IdentityCenterUser', accountId: instance.account },
  onBehalfOf: { userId, identityStoreArn: identityStoreArn(instance) },
  ...(session && { credentialId: session.client === BROWSER ? session.signIn : session.token }),
});

export interface SignedIn {
  readonly session: PortalSession;
  readonly instance: Instance;
  readonly user: DirectoryUser;
}

type Asking = Pick<Context, 'source'>;

/** The Region whose host name a client uses; undefined where it uses the plane's own address. */
export const regionAsked = ({ source }: Asking): string | undefined => regionOfHost(source.host);

/** What clients were given in one Region is of no use in another. */
export function isUsableHere({ region }: { readonly region?: string | undefined }, asking: Asking): boolean {
  const asked = regionAsked(asking);
  return region === undefined || asked === undefined || region === asked;
}

/** Whether an instance answers where a client asks. */
export function answersHere(instance: Instance, ctx: Asking & { readonly now: Date }): boolean {
  const asked = regionAsked(ctx);
  return asked === undefined || isServedIn(instance, asked, ctx.now);
}

/**
 * Who presents an access token; undefined when it is none of ours, has ended or is of another Region, or its user is
 * disabled or gone.
 */
export async function signedInBy(ctx: Context, token: string): Promise<SignedIn | undefined> {
  const { store, now } = ctx;
  const session = await store.get(portalSessions, [digestOf(token)]);
  if (session?.use !== 'access' || session.expires <= now.getTime() || !opensAccounts(session)) return undefined;
  if (!isUsableHere(session, ctx)) return undefined;
  const instance = await peopleOf(ctx, session.identityStore);
  const user = await findUser(store, session.identityStore, session.user);
  return user?.status === 'ENABLED' && instance && answersHere(instance, ctx) ? { session, instance, user } : undefined;
}

/** Who visits the pages: tokens of command lines open the API, but are nobody's cookie. */
export async function visitorBy(ctx: Context, token: string): Promise<SignedIn | undefined> {
  const person = await signedInBy(ctx, token);
  return person?.session.client === BROWSER ? person : undefined;
}

/** Tokens with scopes open accounts and roles only with the scope for that. */
const opensAccounts = ({ scopes }: PortalSession) => scopes.length === 0 || scopes.includes('sso:account:access');

/**
 * The instance that a start or issuer URL means: it names the identity store; the plane's own `/start` without a name is
 * the one of the management account.
 */
export async function instanceOfUrl(
  tx: Transaction,
  url: string,
  { endpoint, managementAccount }: { readonly endpoint: string; readonly managementAccount: string },
): Promise<Instance | undefined> {
  const store = /\b(d-[0-9a-f]{10})\b/.exec(url)?.[1];
  if (store !== undefined) return instanceOfStore(tx, store);
  const id = /\b(ssoins-[0-9a-f]{16})\b/.exec(url)?.[1];
  if (id !== undefined) return tx.get(instances, [id]);
  const isOurs = [endpoint, pagesAt({ endpoint })].some((address) => url.startsWith(`${address}/start`));
  if (!isOurs) return undefined;
  return (await tx.list(instances, [managementAccount], { limit: 1, index: 'account' })).rows[0];
}
