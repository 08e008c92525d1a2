/**
 * One request of a browser: its cookie, its form, and the token that a form must bring back. The token is made of the
 * cookie, which no other site can read or set, so nothing is kept for who only looks.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FrontAround } from '../core/front.ts';
import type { WireRequest } from '../core/wire.ts';
import { newToken } from '../identity/portalSessions.ts';
import { html, type Markup } from './html.ts';

export interface Visit {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  /** Of the cookie; made anew when the browser brought none. */
  readonly token: string;
  /** All that the browser brought. */
  readonly cookies: ReadonlyMap<string, string>;
  /** `Set-Cookie`, if the cookie is new. */
  readonly cookie: string | undefined;
  readonly around: FrontAround;
  /** The form came from a page of ours. */
  readonly trusted: boolean;
  readonly secure: boolean;
  readonly room: Room;
  /** What a browser is known by that somebody trusts; see secondFactor.ts. */
  readonly browser: string | undefined;
}

/** People of a directory and users of accounts may be signed in beside each other. */
type Room = 'portal' | 'console';

const BODY_BYTES_MAX = 64 * 1024;

export function visitOf(request: WireRequest, around: FrontAround): Visit {
  const secure = around.source.tls !== undefined;
  const room = /^\/(signin|federation|v1)(\/|$)/.test(request.path) ? 'console' : 'portal';
  const cookies = cookiesIn(request.headers.cookie ?? '');
  const known = tokenIn(cookies.get(cookieName(room, secure)));
  const token = known ?? newToken(around);
  const small = request.body.length <= BODY_BYTES_MAX;
  const form = new URLSearchParams(
    small && request.method === 'POST' ? Buffer.from(request.body).toString('utf8') : '',
  );
  return {
    method: request.method === 'HEAD' ? 'GET' : request.method,
    path: request.path,
    query: new URLSearchParams(request.query),
    form,
    token,
    cookies,
    cookie: known === undefined ? cookieFor({ room, secure }, token) : undefined,
    around,
    trusted: known !== undefined && isOurs(request) && isSame(form.get('csrf') ?? '', csrfOf(token)),
    secure,
    room,
    browser: tokenIn(cookies.get(cookieName('browser', secure))),
  };
}

const cookieName = (room: Room | 'browser', secure: boolean) => `${secure ? '__Host-' : ''}gatehouse-${room}`;

/** Gone with the browser; the session behind it ends by itself. */
export const cookieFor = ({ room, secure }: { room: Room | 'browser'; secure: boolean }, token: string) =>
  `${cookieName(room, secure)}=${token}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;

/** That stays for a year, so that a browser is known again. */
export const browserCookieFor = ({ secure, around }: Visit) =>
  `${cookieFor({ room: 'browser', secure }, newToken(around))}; Max-Age=31536000`;

/** The first one of each name. */
function cookiesIn(header: string): ReadonlyMap<string, string> {
  const pairs = header.split(';').map((pair) => pair.trim().split(/=(.*)/s, 2) as [string, string]);
  return new Map(pairs.filter(([, value]) => value !== undefined).reverse());
}

const tokenIn = (value: string | undefined) => (value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined);

/** Browsers say where a form comes from. */
function isOurs({ headers }: WireRequest): boolean {
  const { origin, host = '' } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  return origin === undefined || URL.parse(origin)?.host === host;
}

const csrfOf = (token: string) => createHash('sha256').update(`form:${token}`).digest('base64url');

function isSame(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Members of a form that its user does not see. */
export function hidden(visit: Visit, values: Readonly<Record<string, string>> = {}): Markup {
  const all = Object.entries({ ...values, csrf: csrfOf(visit.token) });
  return html`${all.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`;
}

/** Where to go after signing in: a page of ours, or the portal. */
export const pageOfOurs = (next: string | null): string =>
  next !== null && /^\/(start|authorize|saml\/assertion)([/?][^\\\s]*)?$/.test(next) ? next : '/start';
