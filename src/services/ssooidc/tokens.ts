/** Tokens for what somebody confirmed: a device, a code of the authorization page, an older token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { CreateTokenRequest, CreateTokenResponse } from '@aws-sdk/client-sso-oidc';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { entitled, mayUse } from '../../identity/applications.ts';
import { type DirectoryUser, findUser } from '../../identity/directory.ts';
import { peopleOf } from '../../identity/instanceKeys.ts';
import type { Instance } from '../../identity/instances.ts';
import type { OidcClient } from '../../identity/oidcClients.ts';
import {
  answersHere,
  authorizationCodes,
  deviceAuthorizations,
  digestOf,
  endOfSignIn,
  endSignIn,
  isUsableHere,
  newToken,
  type PortalSession,
  personIdentity,
  portalSessions,
  regionAsked,
} from '../../identity/portalSessions.ts';
import { DEVICE_CODE, requireClient, UNSIGNED } from './clients.ts';
import { pending } from './devices.ts';
import { refuse } from './errors.ts';

/** Clients with scopes get short tokens, and others for them while the sign-in lasts. */
const SCOPED_SECONDS = 3600;

type Input = Present<CreateTokenRequest>;

/** Who confirmed what. */
export interface Grant extends Pick<PortalSession, 'identityStore' | 'user' | 'scopes' | 'mfa'> {
  readonly signIn?: string | undefined;
  /** Milliseconds: of the sign-in, or of an application's session. */
  readonly ends?: number | undefined;
}

/** Of somebody in a browser, in which it ends. */
type BrowserGrant = Grant & { readonly signIn: string; readonly ends: number };

/** https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html */
export const CreateToken: Operation<Input, CreateTokenResponse> = {
  unsigned: true,
  readOnly: false,
  // https://docs.aws.amazon.com/singlesignon/latest/userguide/sso-info-in-cloudtrail.html
  eventSource: 'sso.amazonaws.com',
  access: () => UNSIGNED,
  async run(input, ctx) {
    const found = await entitledClient(ctx, requireClient(ctx, input.clientId, input.clientSecret));
    const { client } = found;
    const exchange = Object.hasOwn(GRANTS, input.grantType) ? GRANTS[input.grantType] : undefined;
    if (!exchange) return refuse('unsupported_grant_type', `Unsupported grant type ${input.grantType.slice(0, 100)}`);
    if (!client.grantTypes.includes(input.grantType))
      refuse('unauthorized_client', 'The client may not use this grant.');
    return issued(ctx, found, await exchange(ctx, client, input));
  },
};

type Entitled = NonNullable<Awaited<ReturnType<typeof entitled>>>;

/** As far as its application lets it be one. */
const entitledClient = async (ctx: Context, registered: OidcClient): Promise<Entitled> =>
  (await entitled(ctx.store, registered)) ??
  refuse('unauthorized_client', 'The application of the client is not there.');

/** Of a client with an application: only people who may use that. */
async function requireAssigned({ store }: Context, { application }: Entitled, instance: Instance, user: DirectoryUser) {
  if (!application) return;
  if (instance.id === application.instance && (await mayUse(store, instance, application, user.id))) return;
  refuse('access_denied', 'The user is not assigned to the application.');
}

type Exchange = (ctx: Context, client: OidcClient, input: Input) => Promise<BrowserGrant>;

const GRANTS: Readonly<Record<string, Exchange>> = {
  [DEVICE_CODE]: ofDevice,
  authorization_code: ofCode,
  refresh_token: async (ctx, client, input) => whileSignedIn(ctx, await ofRefreshToken(ctx, client, input)),
};

async function ofDevice(ctx: Context, client: OidcClient, { deviceCode }: Input): Promise<BrowserGrant> {
  if (deviceCode === undefined) return refuse('invalid_request', 'deviceCode is required.');
  const row = await ctx.store.get(deviceAuthorizations, [digestOf(deviceCode)]);
  if (row?.client !== client.id || !isUsableHere(row, ctx)) {
    return refuse('invalid_grant', 'Invalid device code provided');
  }
  if (row.expires <= ctx.now.getTime()) return refuse('expired_token', 'Device code has expired');
  if (row.decision === 'DENIED') return refuse('access_denied', 'The user denied the request.');
  if (row.decision === 'PENDING' || row.user === undefined) return pending(ctx, row);
  await ctx.store.remove(deviceAuthorizations, [row.device]);
  const { identityStore, user, scopes, mfa, signIn } = row;
  return whileSignedIn(ctx, { identityStore, user, scopes, mfa, signIn });
}

/** Whoever allowed it is still signed in: tokens of a sign-in that has ended would outlive it. */
async function whileSignedIn(ctx: Context, grant: Grant): Promise<BrowserGrant> {
  const { signIn } = grant;
  const ends = signIn === undefined ? undefined : await endOfSignIn(ctx, signIn);
  if (signIn === undefined || ends === undefined) {
    return refuse('access_denied', 'The sign-in that allowed the request has ended.');
  }
  return { ...grant, signIn, ends };
}

type CodeInput = Pick<Input, 'code' | 'redirectUri' | 'codeVerifier'>;

export async function ofCode(
  ctx: Context,
  client: Pick<OidcClient, 'id'>,
  { code, redirectUri, codeVerifier }: CodeInput,
): Promise<BrowserGrant> {
  if (code === undefined) return refuse('invalid_request', 'code is required.');
  const row = await ctx.store.get(authorizationCodes, [digestOf(code)]);
  if (row?.client !== client.id || !isUsableHere(row, ctx)) {
    return refuse('invalid_grant', 'Invalid authorization code');
  }
  await ctx.store.remove(authorizationCodes, [row.code]);
  if (row.expires <= ctx.now.getTime()) return refuse('expired_token', 'The authorization code has expired');
  if (row.redirectUri !== redirectUri) return refuse('invalid_grant', 'The redirect URI is another one.');
  if (!isProven(row.challenge, codeVerifier ?? '')) return refuse('invalid_grant', 'Invalid code verifier');
  const { identityStore, user, scopes, mfa, signIn } = row;
  return whileSignedIn(ctx, { identityStore, user, scopes, mfa, signIn });
}

/** PKCE (RFC 7636), method S256. */
function isProven(challenge: string, verifier: string): boolean {
  const shown = Buffer.from(createHash('sha256').update(verifier).digest('base64url'));
  const asked = Buffer.from(challenge);
  return shown.length === asked.length && timingSafeEqual(shown, asked);
}

/** A refresh token works once; the access token it came with goes too. */
export async function ofRefreshToken(
  ctx: Context,
  client: Pick<OidcClient, 'id'>,
  { refreshToken }: Pick<Input, 'refreshToken'>,
): Promise<Grant> {
  if (refreshToken === undefined) return refuse('invalid_request', 'refreshToken is required.');
  const row = await ctx.store.get(portalSessions, [digestOf(refreshToken)]);
  if (row?.use !== 'refresh' || row.client !== client.id || !isUsableHere(row, ctx))
    return refuse('invalid_grant', 'Invalid refresh token provided');
  if (row.expires <= ctx.now.getTime()) return refuse('expired_token', 'The refresh token has expired');
  await endSignIn(ctx.store, row.signIn, client.id);
  const { identityStore, user, scopes, mfa, signIn, expires: ends } = row;
  return { identityStore, user, scopes, mfa, signIn, ends };
}

async function issued(ctx: Context, found: Entitled, grant: BrowserGrant): Promise<CreateTokenResponse> {
  const instance = await peopleOf(ctx, grant.identityStore);
  if (!instance || !answersHere(instance, ctx)) return refuse('access_denied', 'The instance is not in this Region.');
  const user = await findUser(ctx.store, grant.identityStore, grant.user);
  if (user?.status !== 'ENABLED') return refuse('access_denied', 'The user may not sign in.');
  await requireAssigned(ctx, found, instance, user);
  const { client } = found;
  const renewable = client.grantTypes.includes('refresh_token') && grant.scopes.length > 0;
  const left = Math.floor((grant.ends - ctx.now.getTime()) / 1000);
  const seconds = renewable ? Math.min(left, SCOPED_SECONDS) : left;
  if (seconds <= 0) return refuse('expired_token', 'The sign-in has expired.');
  const accessToken = await keep(ctx, client, grant, 'access', seconds);
  const refreshToken = renewable ? await keep(ctx, client, grant, 'refresh', left) : undefined;
  note(ctx, instance, user);
  return { accessToken, tokenType: 'Bearer', expiresIn: seconds, ...(refreshToken && { refreshToken }) };
}

export async function keep(
  ctx: Context,
  client: Pick<OidcClient, 'id'>,
  grant: Grant & { readonly signIn: string },
  use: PortalSession['use'],
  seconds: number,
): Promise<string> {
  const token = newToken(ctx);
  await ctx.store.insert(portalSessions, {
    ...{ token: digestOf(token), use, client: client.id, created: ctx.now.toISOString() },
    ...{ signIn: grant.signIn, identityStore: grant.identityStore, user: grant.user, scopes: grant.scopes },
    expires: ctx.now.getTime() + seconds * 1000,
    mfa: grant.mfa,
    region: regionAsked(ctx),
  });
  return token;
}

/** Recorded in the account of the instance, as its user's doing. */
function note(ctx: Context, instance: Instance, user: DirectoryUser): void {
  ctx.audit.recipientAccountId = instance.account;
  ctx.audit.userIdentity = personIdentity(instance, user);
}
