/**
 * An OpenID Connect provider as identity source, which AWS does not have: authorization code with PKCE, state and nonce
 * (OpenID Connect Core 1.0, RFC 7636, RFC 9207).
 */
import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { Context } from '../core/context.ts';
import type { FrontAround } from '../core/front.ts';
import { mayReach } from '../core/outbound.ts';
import type { WireResponse } from '../core/wire.ts';
import { type ProviderKeys, providerKeys, type Trust } from '../federation/providerKeys.ts';
import { asked, isIssuerUrl } from '../federation/providerRequests.ts';
import { Refused, refuse } from '../federation/refused.ts';
import { audiencesOf, claimsOf, requireText, requireTimely, verifySignature } from '../federation/tokens.ts';
import { type OidcSource, SOURCE_PURPOSE, serviceProviderOf, sourceOf } from '../identity/identitySources.ts';
import { type Instance, instances } from '../identity/instances.ts';
import { digestOf, newToken } from '../identity/portalSessions.ts';
import { noPortal } from './entry.ts';
import {
  admitted,
  hasAccessControl,
  keepRequest,
  personOf,
  refused,
  tagsAmong,
  takeRequest,
  unexpected,
} from './externalSignIns.ts';
import { sentTo } from './html.ts';
import { cookieFor, type Visit } from './visit.ts';

/** Known to us alone while somebody is away. */
interface Proof {
  readonly verifier: string;
  readonly nonce: string;
  /** Who was asked: a code of one provider is shown to no other, when the source changed meanwhile. */
  readonly issuer: string;
}

const PROOF = 'external-oidc';

const trustOf = ({ settings }: Pick<FrontAround, 'settings'>): Trust => ({
  thumbprints: [],
  mayReach: (url) => mayReach(settings, url),
});

export async function toOidcProvider(
  visit: Visit,
  instance: Instance,
  source: OidcSource,
  next: string,
): Promise<WireResponse> {
  const { around } = visit;
  try {
    const now = await around.within(async (ctx) => ctx.now);
    const { discovery } = await providerKeys(source.issuer, trustOf(around), now);
    const location = discovery.authorization_endpoint;
    if (typeof location !== 'string' || !isIssuerUrl(location)) refuse('invalid', 'no authorization endpoint');
    const query = await around.within((ctx) => authorization(ctx, visit, instance, source, next));
    const url = new URL(location as string);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return sentTo(url.href, visit.cookie);
  } catch (error) {
    if (error instanceof Refused) return unexpected();
    throw error;
  }
}

async function authorization(ctx: Context, visit: Visit, instance: Instance, source: OidcSource, next: string) {
  const state = newToken(ctx);
  const proof: Proof = { verifier: newToken(ctx), nonce: newToken(ctx), issuer: source.issuer };
  await keepRequest(ctx, visit, {
    ...{ id: digestOf(state), identityStore: instance.identityStore, next },
    proof: ctx.secrets.seal(PROOF, JSON.stringify(proof), ctx.random(12)),
  });
  return {
    response_type: 'code',
    client_id: source.clientId,
    redirect_uri: serviceProviderOf(ctx.settings, instance).redirectUri,
    scope: ['openid', ...source.scopes].join(' '),
    state,
    nonce: proof.nonce,
    code_challenge: createHash('sha256').update(proof.verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
}

/** `GET /platform/oidc/callback/<instance>`: somebody is back, with a code or an error. */
export async function callback(visit: Visit, id: string): Promise<WireResponse> {
  const { around, query } = visit;
  const back = await around.within((ctx) => returned(ctx, visit, id));
  if (!back) return noPortal();
  const { instance, source, request, now } = back;
  const told = (why: string) => around.within(async (ctx) => refused(ctx, instance, why));
  // Somebody else's answer, or none to a question of ours: strangers could fill the journal.
  if (!request) return unexpected();
  try {
    const code = query.get('code');
    if (code === null)
      return told(`The identity provider answered ${(query.get('error') ?? 'nothing').slice(0, 100)}.`);
    const claims = await claimsFor(around, {
      instance,
      source,
      proof: request.proof,
      code,
      iss: query.get('iss'),
      now,
    });
    return await around.within((ctx) => arrived(ctx, visit, { instance, source, claims, next: request.next }));
  } catch (error) {
    if (error instanceof Refused) return told(error.message);
    throw error;
  }
}

async function returned(ctx: Context, visit: Visit, id: string) {
  const instance = await ctx.store.get(instances, [id]);
  const source = instance && (await sourceOf(ctx.store, instance.identityStore));
  if (!instance || source?.kind !== 'oidc') return undefined;
  const request = await takeRequest(ctx, digestOf(visit.query.get('state') ?? ''), instance.identityStore);
  const proof = request?.proof === undefined ? undefined : ctx.secrets.open(PROOF, request.proof);
  const own = request?.browser === digestOf(visit.token) && proof;
  const known = own ? { next: request.next, proof: JSON.parse(own.toString('utf8')) as Proof } : undefined;
  return { instance, source, request: known?.proof.issuer === source.issuer ? known : undefined, now: ctx.now };
}

interface Returned {
  readonly instance: Instance;
  readonly source: OidcSource;
  readonly proof: Proof;
  readonly code: string;
  readonly iss: string | null;
  readonly now: Date;
}

/** Of the ID token for which the code was traded; no transaction is open meanwhile. */
async function claimsFor(around: FrontAround, back: Returned): Promise<JWTPayload> {
  const { source, proof, iss, now } = back;
  const trust = trustOf(around);
  const provider = await providerKeys(source.issuer, trust, now);
  const mustSay = provider.discovery.authorization_response_iss_parameter_supported === true;
  if ((iss !== null || mustSay) && iss !== source.issuer) refuse('invalid', 'The answer is of another issuer.');
  const token = await traded(around, provider, back);
  const claims = claimsOf(token);
  if (requireText(claims, 'iss') !== source.issuer) refuse('invalid', 'The ID token is of another issuer.');
  const audiences = audiencesOf(claims);
  const party = claims.azp ?? (audiences.length === 1 ? source.clientId : undefined);
  if (!audiences.includes(source.clientId) || party !== source.clientId) refuse('invalid', 'Incorrect token audience');
  if (claims.nonce !== proof.nonce) refuse('invalid', 'The ID token answers another request.');
  requireText(claims, 'sub');
  requireTimely(claims, now);
  await verifySignature(token, source.issuer, trust, now);
  return claims;
}

async function traded(around: FrontAround, { discovery }: ProviderKeys, back: Returned): Promise<string> {
  const { instance, source, proof, code, now } = back;
  const url = URL.parse(String(discovery.token_endpoint));
  const near = url && (url.hostname === new URL(source.issuer).hostname || mayReach(around.settings, url));
  if (!url || !near) return refuse('invalid', 'The token endpoint of the identity provider is not on its host.');
  const { form, headers } = authentication(around, discovery, source);
  const grant = { grant_type: 'authorization_code', code, code_verifier: proof.verifier };
  const { redirectUri } = serviceProviderOf(around.settings, instance);
  const { status, json } = await asked({
    ...{ url, thumbprints: [], now, headers },
    form: new URLSearchParams({ ...grant, redirect_uri: redirectUri, ...form }),
  });
  const token = (json as { id_token?: unknown } | null | undefined)?.id_token;
  if (status === 200 && typeof token === 'string') return token;
  return refuse('rejected', `The identity provider gave no ID token for the code: status ${status}.`);
}

/** How we prove to be the client: by header, or in the form where the provider takes only that. */
function authentication(
  { secrets }: FrontAround,
  { token_endpoint_auth_methods_supported: methods }: ProviderKeys['discovery'],
  { clientId, secret }: OidcSource,
): { readonly form: Record<string, string>; readonly headers: Record<string, string> } {
  if (secret === undefined) return { form: { client_id: clientId }, headers: {} };
  const opened = secrets.open(SOURCE_PURPOSE, secret)?.toString('utf8');
  if (opened === undefined) throw new Error('The secret of the identity source was sealed under another root key.');
  const inForm = Array.isArray(methods) && !methods.includes('client_secret_basic');
  if (inForm) return { form: { client_id: clientId, client_secret: opened }, headers: {} };
  const pair = [clientId, opened].map((text) => new URLSearchParams({ a: text }).toString().slice(2)).join(':');
  return { form: {}, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

interface Arrived {
  readonly instance: Instance;
  readonly source: OidcSource;
  readonly claims: JWTPayload;
  readonly next: string;
}

async function arrived(ctx: Context, visit: Visit, { instance, source, claims, next }: Arrived): Promise<WireResponse> {
  const name = claims[source.claim];
  if (typeof name !== 'string') return refused(ctx, instance, `The ID token has no claim ${source.claim}.`);
  if (source.claim === 'email' && claims.email_verified === false) {
    return refused(ctx, instance, 'The e-mail address is not verified.');
  }
  const user = await personOf(ctx, instance.identityStore, name);
  if (!user) return refused(ctx, instance, `The directory has no enabled user of the name in ${source.claim}.`);
  const attributes = (await hasAccessControl(ctx, instance)) ? tagsAmong(Object.entries(claims)) : {};
  if (typeof attributes === 'string') return refused(ctx, instance, attributes);
  const outcome = await admitted(ctx, instance, user, { next, attributes, until: undefined });
  return outcome.kind === 'signed in' ? sentTo(outcome.next, cookieFor(visit, outcome.token)) : unexpected();
}
