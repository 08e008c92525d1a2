/**
 * The authorization page (RFC 6749 with PKCE, RFC 7636): a client sends somebody's browser here, and it comes back with
 * a code. An error is told to the client only once it is sure that the address is the client's own.
 */
import type { Context } from '../core/context.ts';
import { forgetExpired } from '../core/expiring.ts';
import type { WireResponse } from '../core/wire.ts';
import { type Application, applicationClient, applicationNamed, entitled, mayUse } from '../identity/applications.ts';
import type { Instance } from '../identity/instances.ts';
import { clientOfId, type OidcClient } from '../identity/oidcClients.ts';
import {
  answersHere,
  authorizationCodes,
  digestOf,
  instanceOfUrl,
  newToken,
  regionAsked,
  type SignedIn,
} from '../identity/portalSessions.ts';
import { noAccess, noPortal, problemPage, signInPage } from './entry.ts';
import { html, sentTo, shown } from './html.ts';
import { instanceAt } from './people.ts';
import { whoVisits } from './portal.ts';
import { toPages } from './sources.ts';
import { hidden, type Visit } from './visit.ts';

const CODE_MS = 60_000;
const ASKED = [
  'response_type',
  'client_id',
  'redirect_uri',
  'state',
  'code_challenge',
  'code_challenge_method',
  'scopes',
  'scope',
] as const;

interface Request {
  readonly client: OidcClient;
  /** The client is this one, which its administrator set up; people may need to be assigned to it. */
  readonly application: Application | undefined;
  readonly instance: Instance;
  /** As the client gave it. */
  readonly redirectUri: string;
  readonly state: string | null;
  readonly challenge: string;
  readonly scopes: readonly string[];
}

/** An application, by its ARN, or a client that registered itself, as far as its application lets it. */
async function clientNamed(ctx: Context, id: string) {
  const application = id.startsWith('arn:') ? await applicationNamed(ctx.store, id) : undefined;
  if (application) return { client: applicationClient(application), application };
  const registered = clientOfId(ctx.secrets, id);
  return registered && entitled(ctx.store, registered);
}

/** A request, or the answer to what is none. */
async function requestIn(ctx: Context, asked: URLSearchParams): Promise<Request | WireResponse> {
  const id = asked.get('client_id') ?? '';
  const { client, application } = (await clientNamed(ctx, id)) ?? {};
  if (!client || client.expires <= ctx.now.getTime()) {
    return problemPage('Unknown client', 'The client that sent you here is not registered, or not any more.');
  }
  const redirectUri = asked.get('redirect_uri') ?? '';
  if (!client.redirectUris.some((registered) => isSamePlace(registered, redirectUri))) {
    return problemPage('Wrong address', 'The client that sent you here did not register the address to return to.');
  }
  const state = asked.get('state');
  const refused = (error: string) => sentTo(returnTo(redirectUri, { error, state }));
  if (asked.get('response_type') !== 'code') return refused('unsupported_response_type');
  if (!client.grantTypes.includes('authorization_code')) return refused('unauthorized_client');
  const challenge = asked.get('code_challenge') ?? '';
  if (asked.get('code_challenge_method') !== 'S256' || !/^[\w-]{43}$/.test(challenge))
    return refused('invalid_request');
  const scopes = (asked.get('scopes') ?? asked.get('scope') ?? '').split(/[\s,]+/).filter((scope) => scope !== '');
  if (scopes.some((scope) => !client.scopes.includes(scope))) return refused('invalid_scope');
  const { issuerUrl } = client;
  const instance = await (issuerUrl === undefined
    ? instanceAt(ctx, undefined)
    : instanceOfUrl(ctx.store, issuerUrl, ctx.settings));
  if (!instance || !answersHere(instance, ctx)) return noPortal();
  return {
    client,
    application,
    instance,
    redirectUri,
    state,
    challenge,
    scopes: scopes.length > 0 ? scopes : client.scopes,
  };
}

/** A command line listens on whatever port is free. */
function isSamePlace(registered: string, given: string): boolean {
  if (registered === given) return true;
  const [a, b] = [URL.parse(registered), URL.parse(given)];
  if (!a || !b || a.protocol !== 'http:' || a.port !== '') return false;
  b.port = '';
  return a.href === b.href;
}

function returnTo(redirectUri: string, values: Readonly<Record<string, string | null>>): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(values)) if (value !== null) url.searchParams.set(name, value);
  return url.href;
}

const isAnswer = (found: Request | WireResponse): found is WireResponse => 'status' in found;

export async function authorizePage(visit: Visit): Promise<WireResponse> {
  const request = await visit.around.within((ctx) => requestIn(ctx, visit.query));
  if (isAnswer(request)) return request;
  const { client, instance } = request;
  const person = await whoVisits(visit);
  if (person?.instance.id !== instance.id) {
    const next = `/authorize?${visit.query}`;
    return (await toPages(visit, instance.identityStore, next)) ?? signInPage(visit, instance.identityStore, next);
  }
  const members = Object.fromEntries(
    ASKED.flatMap((name) => [[name, visit.query.get(name)]]).filter(([, v]) => v !== null),
  );
  const body = html`<p>The client <strong>${client.name}</strong> asks to act as you (${person.user.userName}): it will
see your accounts and get credentials of your roles. Allow it only if you have just started it.</p>
<form method="post" action="/authorize">${hidden(visit, members as Record<string, string>)}
<button name="decision" value="ALLOWED">Allow access</button><button name="decision" value="DENIED">Deny</button></form>`;
  return shown({ title: 'Allow access?', body, leadsTo: new URL(request.redirectUri).origin });
}

export async function postAuthorize(visit: Visit): Promise<WireResponse> {
  const person = await whoVisits(visit);
  return visit.around.within(async (ctx) => {
    const request = await requestIn(ctx, visit.form);
    if (isAnswer(request)) return request;
    const { redirectUri, state, instance } = request;
    if (person?.instance.id !== instance.id) return problemPage('Not signed in', 'Sign in, and start again.', 403);
    const { application } = request;
    if (application && !(await mayUse(ctx.store, instance, application, person.user.id))) return noAccess();
    if (visit.form.get('decision') !== 'ALLOWED')
      return sentTo(returnTo(redirectUri, { error: 'access_denied', state }));
    return sentTo(returnTo(redirectUri, { code: await newCode(ctx, request, person), state }));
  });
}

async function newCode(ctx: Context, request: Request, { session, user }: SignedIn): Promise<string> {
  const code = newToken(ctx);
  const { client, redirectUri, challenge, scopes } = request;
  await forgetExpired(ctx, authorizationCodes);
  await ctx.store.insert(authorizationCodes, {
    ...{ code: digestOf(code), client: client.id, redirectUri, challenge, scopes, region: regionAsked(ctx) },
    ...{ identityStore: user.identityStore, user: user.id, mfa: session.mfa, signIn: session.signIn },
    expires: ctx.now.getTime() + CODE_MS,
  });
  return code;
}
