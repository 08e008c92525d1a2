/** The page of `aws login`: who is signed in to the console lets a command line act as them. */
import type { Context } from '../core/context.ts';
import { forgetExpired } from '../core/expiring.ts';
import type { WireResponse } from '../core/wire.ts';
import { digestOf, newToken } from '../identity/portalSessions.ts';
import { type ConsoleSession, enter } from './consoleSessions.ts';
import { html, sentTo, shown } from './html.ts';
import { recordLogin, refusalOf } from './loginRecords.ts';
import { ASKED, isAnswer, type LoginRequest, loginRequestIn, refusedBy, regionOf, returnTo } from './loginRequests.ts';
import { holderOf, loginCodes, logins, newLogin } from './logins.ts';
import { hidden, type Visit } from './visit.ts';

const signedIn = ({ around, token }: Visit): Promise<ConsoleSession | undefined> =>
  around.within((ctx) => enter(ctx, token, 'in'));

export async function loginPage(visit: Visit): Promise<WireResponse> {
  const request = loginRequestIn(visit.query, visit.around.source.host);
  if (isAnswer(request)) return request;
  const session = await signedIn(visit);
  return session ? consentPage(visit, request, session) : signInFirst(visit, visit.query);
}

const WHERE = {
  localhost: 'The AWS command line on this device',
  remote: 'An AWS command line on another device',
} as const;

function consentPage(visit: Visit, { client, redirectUri }: LoginRequest, { holder }: ConsoleSession): WireResponse {
  const asked = ASKED.flatMap((name) => [[name, visit.query.get(name)]]).filter(([, value]) => value !== null);
  const body = html`<p>${WHERE[client.resource]} asks to act as you: it will be able to do what you can do, for up to
twelve hours. Allow it only if you have just started it yourself${
    client.redirects ? '' : ', and nobody sent you the address of this page'
  }.</p>
<p>Account <strong>${holder.account}</strong></p><p><code>${holder.arn}</code></p>
<form method="post" action="/v1/authorize">${hidden(visit, Object.fromEntries(asked) as Record<string, string>)}
<button name="decision" value="ALLOWED">Allow access</button><button name="decision" value="DENIED">Deny</button>
<button name="decision" value="OTHER">Sign in as somebody else</button></form>`;
  return shown({ title: 'Allow a command line to act as you?', body, leadsTo: new URL(redirectUri).origin });
}

export async function postLogin(visit: Visit): Promise<WireResponse> {
  const request = loginRequestIn(visit.form, visit.around.source.host);
  if (isAnswer(request)) return request;
  const decision = visit.form.get('decision');
  if (decision === 'OTHER') return signInFirst(visit, visit.form);
  if (decision !== 'ALLOWED') return refusedBy(request, 'access_denied', 'Access was not allowed.');
  const region = regionOf(visit.around);
  const outcome = await visit.around.within((ctx) => allowed(ctx, visit.token, request, region));
  if (outcome === undefined) return signInFirst(visit, visit.form);
  if ('refusal' in outcome) return refusedBy(request, 'access_denied', outcome.refusal);
  return request.client.redirects ? sentTo(returnTo(request, outcome)) : codeShown(request, outcome.code);
}

async function allowed(ctx: Context, token: string, request: LoginRequest, region: string) {
  const session = await enter(ctx, token, 'in');
  if (!session) return undefined;
  const { client, redirectUri, challenge, method, scope } = request;
  const login = await newLogin(ctx, session, { client: client.id, redirectUri, region });
  const caller = holderOf(login);
  const conditions = { 'signin:OAuthClientId': client.id, 'signin:OAuthRedirectUri': redirectUri };
  const asked = { caller, region, resource: client.resource, conditions };
  const refusal = await refusalOf(ctx, 'AuthorizeOAuth2Access', asked);
  recordLogin(ctx, 'AuthorizeOAuth2Access', {
    ...{ caller, region, refusal },
    parameters: {
      ...(scope !== null && { scope }),
      ...{ redirect_uri: redirectUri, code_challenge_method: method, client_id: client.id },
    },
  });
  if (refusal !== undefined) return { refusal };
  const code = newToken(ctx);
  await forgetExpired(ctx, logins);
  await forgetExpired(ctx, loginCodes);
  await ctx.store.insert(logins, login);
  const expires = ctx.now.getTime() + client.codeMs;
  await ctx.store.insert(loginCodes, { code: digestOf(code), login: login.id, challenge, used: false, expires });
  return { code };
}

/** In the form in which the command line wants it typed in. */
function codeShown({ state }: LoginRequest, code: string): WireResponse {
  const text = new URLSearchParams({ ...(state !== null && { state }), code }).toString();
  const body = html`<p>Copy this code to where you started <code>aws login --remote</code>. It works once, within ten
minutes. Give it to nobody: whoever types it in is you.</p>
<pre id="code">${Buffer.from(text).toString('base64')}</pre><p>You can close this window afterwards.</p>`;
  return shown({ title: 'Your authorization code', body });
}

const PENDING_SECONDS = 600;
const pendingName = (secure: boolean) => `${secure ? '__Host-' : ''}gatehouse-login`;

const pendingCookie = ({ secure }: Visit, value: string, seconds: number) =>
  `${pendingName(secure)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure ? '; Secure' : ''}`;

/** What was asked waits in a cookie while somebody signs in, however many pages that takes. */
function signInFirst(visit: Visit, asked: URLSearchParams): WireResponse {
  const kept = new URLSearchParams(ASKED.flatMap((name) => (asked.has(name) ? [[name, asked.get(name)!]] : [])));
  const value = Buffer.from(kept.toString()).toString('base64url');
  return sentTo('/signin', pendingCookie(visit, value, PENDING_SECONDS));
}

/** Back to what was asked before the sign-in; undefined when nothing was. */
export async function loginResumed(visit: Visit): Promise<WireResponse | undefined> {
  const value = visit.cookies.get(pendingName(visit.secure));
  if (value === undefined || !/^[\w-]+$/.test(value) || !(await signedIn(visit))) return undefined;
  const query = new URLSearchParams(Buffer.from(value, 'base64url').toString('utf8'));
  return sentTo(`/v1/authorize?${query}`, pendingCookie(visit, '', 0));
}
